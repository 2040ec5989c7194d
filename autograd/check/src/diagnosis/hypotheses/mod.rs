//! The bank of mistakes: the wrong gradient that each would produce, computed from the right derivative.
//!
//! Nothing here knows a particular op. A candidate is made from the Jacobian (a forgotten sign, the upstream gradient
//! ignored, only the diagonal), from the shapes (a broadcast not summed, a transposed result), from other values (a
//! stale cache, shifted ids), from the graph of the function with one thing wrong in it (a path left out), or from the
//! derived backward program with one edit.

mod arrays;
mod derivative;
mod local_derivative;
mod other;
mod result;
mod upstream;

use std::collections::BTreeSet;

use ndarray::ArrayD;

use crate::diagnosis::program_edit;
use crate::witness::jacobian::Jacobian;
use crate::witness::reference::Reference;

pub(crate) use arrays::{only, reversed, rolled};

/// A mistake with the gradient that it would give here.
#[derive(Clone, Debug)]
pub struct Hypothesis {
    /// What distinguishes it, on cases of any size.
    pub key: String,
    /// How unusual it is; the cheapest that fits is reported.
    pub cost: f64,
    /// What follows "your gradient behaves as if".
    pub sentence: String,
    /// The gradient that the mistake gives.
    pub gradient: ArrayD<f64>,
}

/// All mistakes that can be made with one operand of a case; none if its Jacobian is not known in full.
pub fn hypotheses(reference: &Reference, operand: usize) -> Vec<Hypothesis> {
    let Some(jacobian) = Jacobian::new(reference, operand) else {
        return Vec::new();
    };
    let mut hypotheses = Hypotheses::default();
    hypotheses.of_the_result(&jacobian);
    hypotheses.of_the_upstream(&jacobian);
    hypotheses.of_the_jacobian(&jacobian);
    hypotheses.of_the_shapes(reference, &jacobian);
    local_derivative::add(reference, operand, &jacobian, &mut hypotheses);
    hypotheses.of_other_values(reference, operand);
    hypotheses.of_the_graph(reference, operand, &jacobian);
    for edited in program_edit::all(reference) {
        if let Some(gradient) = edited.gradients.into_iter().nth(operand).flatten() {
            hypotheses.add(1.75, edited.key, edited.sentence, gradient);
        }
    }
    hypotheses.pairs();
    hypotheses.found
}

/// The candidates found so far.
#[derive(Default)]
pub(crate) struct Hypotheses {
    found: Vec<Hypothesis>,
    keys: BTreeSet<String>,
}

impl Hypotheses {
    pub fn add(&mut self, cost: f64, key: impl Into<String>, sentence: impl Into<String>, gradient: ArrayD<f64>) {
        let key = key.into();
        if gradient.iter().all(|g| g.is_finite()) && self.keys.insert(key.clone()) {
            let sentence = sentence.into();
            self.found.push(Hypothesis {
                key,
                cost,
                sentence,
                gradient,
            });
        }
    }

    /// Two mistakes at once: any of the common ones, and a sign, a factor or a transposition besides.
    fn pairs(&mut self) {
        let single: Vec<Hypothesis> = self
            .found
            .iter()
            .filter(|h| h.cost <= 1.9 && h.key != "zero" && h.key != "sign")
            .cloned()
            .collect();
        for h in single {
            let besides = |text: &str| format!("{}, and {text}", h.sentence);
            self.add(
                h.cost + 1.0,
                format!("{} & sign", h.key),
                besides("the sign were flipped"),
                -&h.gradient,
            );
            for (factor, text) in [(2.0, "2"), (0.5, "1/2")] {
                self.add(
                    h.cost + 2.0,
                    format!("{} & factor {text}", h.key),
                    besides(&format!("multiplied by {text}")),
                    &h.gradient * factor,
                );
            }
            if h.gradient.ndim() == 2 {
                let turned = h.gradient.t().as_standard_layout().into_owned();
                self.add(
                    h.cost + 1.5,
                    format!("{} & transposed", h.key),
                    besides("transposed"),
                    turned,
                );
            }
        }
    }
}

/// How far two gradients are apart, from 0 to 1; another shape is as far as can be.
pub fn residual(a: &ArrayD<f64>, b: &ArrayD<f64>) -> f64 {
    residual_above(a, b, 0.0)
}

/// The same, where differences up to `floor` are rounding.
pub fn residual_above(a: &ArrayD<f64>, b: &ArrayD<f64>, floor: f64) -> f64 {
    if a.shape() != b.shape() {
        return 1.0;
    }
    let (mut off, mut scale) = (0.0_f64, 0.0_f64);
    for (a, b) in a.iter().zip(b) {
        if !(a - b).is_finite() {
            return 1.0;
        }
        off = off.max((a - b).abs());
        scale = scale.max(a.abs() + b.abs());
    }
    if off <= floor { 0.0 } else { off / scale }
}
