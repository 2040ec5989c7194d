//! The gradient of the module is held against its definition; a failure prints the smallest wrong case and its cause.

use std::sync::Arc;

use my_module::Softmax;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw, ModuleSubject, Options, Report, Subject, Verdict, check, render};
use tapegrad_autograd::ops::softmax;

/// Operands to try it on: the axes have random sizes, the values are random.
///
/// Ids and masks, which have no gradient, are added by `.with_data(name, OperandKind::Id, draw.ids(shape, end))`, and the
/// module's own parameters by `.with_param(name, value)`. Make a module whose parameters have the shapes of the case by
/// `ModuleSubject::made_for_case`.
fn case(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero()]);
    Case::of([("x", draw.normal(shape))])
}

#[test]
fn the_gradient_of_my_softmax_is_right() {
    // Without `defined_by`, forward() itself is believed and only backward() is checked.
    let subject = ModuleSubject::new("my softmax", case, Softmax::default).defined_by(|x| softmax(x[0], -1));
    let subject: Arc<dyn Subject> = Arc::new(subject);
    let options = Options::default();
    let report = check(&subject, &options);
    let verdict = report.verdict;
    let text = render::text(&Report {
        seed: options.seed,
        targets: vec![report],
    });
    eprintln!("{text}");
    assert!(verdict == Verdict::Pass, "the report above says what is wrong");
}
