//! The gradient of a whole model, along random directions, by two witnesses that know nothing of backward().

use super::{BLOCK, Subject, direction, networks, words};
use tapegrad_autograd::Params;
use tapegrad_autograd::numbers::Dual;
use tapegrad_models::NO_LABEL;
use tapegrad_models::corpus::Batch;

/// Forward mode is exact: what is left is rounding over some thousand operations.
const ROUNDING: f64 = 1e-11;
/// A central difference with this step has an error of its square, and rounding divided by it.
const STEP: f64 = 1e-5;
const DIFFERENCE: f64 = 1e-8;

fn batch() -> Batch {
    let (inputs, mut labels) = (words(3 * BLOCK, 18), words(3 * BLOCK, 19));
    labels[2 * BLOCK + 3..].fill(NO_LABEL);
    Batch::new(BLOCK, inputs, labels)
}

/// The slope of the loss along a random direction, by backward() and by dual numbers.
pub fn slopes(subject: &Subject, params: &Params<f64>, batch: &Batch, seed: u64) -> [f64; 2] {
    let (_, gradients) = subject.loss_and_gradient(params, batch);
    let v = direction(params.len(), seed);
    let slope = gradients.gradients().iter().zip(&v).map(|(g, v)| g * v).sum();
    let mut dual: Params<Dual> = params.cast();
    dual.values_mut().iter_mut().zip(&v).for_each(|(w, &v)| w.tangent = v);
    [slope, subject.loss(&dual, batch).tangent]
}

#[test]
fn the_gradient_of_each_model_agrees_with_dual_numbers_and_central_differences() {
    for subject in networks() {
        let params = subject.params(20);
        let (_, gradients) = subject.loss_and_gradient(&params, &batch());
        for seed in 21..24 {
            let v = direction(params.len(), seed);
            let slope: f64 = gradients.gradients().iter().zip(&v).map(|(g, v)| g * v).sum();
            assert!(slope.abs() > 1e-3, "a slope of 0 shows nothing");

            let mut dual: Params<Dual> = params.cast();
            dual.values_mut().iter_mut().zip(&v).for_each(|(w, &v)| w.tangent = v);
            let tangent = subject.loss(&dual, &batch()).tangent;
            assert!(
                (slope - tangent).abs() < ROUNDING,
                "{}: {slope}, by dual numbers {tangent}",
                subject.name
            );

            let moved = |step: f64| {
                let values = params.values().iter().zip(&v).map(|(w, v)| w + step * v).collect();
                subject.loss(&Params::from_values(&subject.list, values), &batch())
            };
            let difference = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            let distance = (slope - difference).abs();
            assert!(
                distance < DIFFERENCE,
                "{}: {slope}, by differences {difference}",
                subject.name
            );
        }
    }
}
