//! Connects a submission to the tests of this assignment.

use ndarray::{ArrayD, Ix1, Ix2};
use submission::{Linear, Sigmoid, SoftmaxCrossEntropy};
use tapegrad_autograd::Module;

/// Makes a module of the submission.
pub fn make(name: &str, params: &[ArrayD<f64>]) -> Option<Box<dyn Module<f64>>> {
    Some(match (name, params) {
        ("Linear", [w, b]) => Box::new(Linear::new(
            w.clone().into_dimensionality::<Ix2>().ok()?,
            b.clone().into_dimensionality::<Ix1>().ok()?,
        )),
        ("Sigmoid", []) => Box::new(Sigmoid::default()),
        ("SoftmaxCrossEntropy", []) => Box::new(SoftmaxCrossEntropy::default()),
        _ => return None,
    })
}

/// This assignment has modules only.
pub fn call(_: &str, _: &[ArrayD<f64>]) -> Option<Vec<ArrayD<f64>>> {
    None
}
