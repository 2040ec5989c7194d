//! The gradient of the module is compared with its definition; a failure prints the smallest wrong case and its cause.

use std::sync::Arc;

use tapegrad_autograd::check::{Options, Report, Subject, Verdict, check, render};

#[test]
fn the_gradient_of_my_softmax_is_right() {
    let subject: Arc<dyn Subject> = Arc::new(my_module::subject());
    let options = Options::default();
    let report = check(&subject, &options);
    let verdict = report.verdict;
    let text = render::text(&Report {
        seed: options.seed,
        targets: vec![report],
    });
    assert!(verdict == Verdict::Pass, "\n{text}");
}
