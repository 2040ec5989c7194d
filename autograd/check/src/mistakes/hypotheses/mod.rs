//! The wrong gradient that each mistake would produce, computed from the right derivative.
//!
//! Nothing here knows a particular op. A hypothesis is made from the Jacobian (a forgotten sign, the upstream gradient
//! ignored, only the diagonal), from the shapes (a broadcast not summed, a transposed result), from other values (a
//! stale cache, shifted ids), from the graph of the function with one thing wrong in it (a path left out), or from the
//! derived backward program with one edit.

mod arrays;
mod graph;
mod jacobian;
mod local_derivative;
mod other_factor;
mod result;
mod scaled_path;
mod upstream;
mod value;

use std::collections::BTreeSet;

use ndarray::ArrayD;

use super::program_edit;
use super::{Mistake, SecondMistake};
use crate::witness::jacobian::Jacobian;
use crate::witness::reference::Reference;

pub use super::program_edit::ProgramMistake;
pub(crate) use arrays::{beside, only, reversed, rolled};
pub use graph::GraphMistake;
pub use jacobian::JacobianMistake;
pub use local_derivative::LocalDerivativeMistake;
pub use other_factor::OtherFactor;
pub use result::ResultMistake;
pub(crate) use result::size_powers;
pub use scaled_path::ScaledPath;
pub use upstream::UpstreamMistake;
pub use value::ValueMistake;

/// A mistake with the gradient that it would give at one case.
#[derive(Clone, Debug)]
pub struct Hypothesis {
    /// The mistake.
    pub mistake: Mistake,
    /// The gradient that the mistake gives.
    pub gradient: ArrayD<f64>,
}

/// All mistakes that can be made with one operand of a case; none if its Jacobian is not known in full.
pub fn hypotheses(reference: &Reference, operand: usize) -> Vec<Hypothesis> {
    let Some(jacobian) = Jacobian::new(reference, operand) else {
        return Vec::new();
    };
    let mut hypotheses = Hypotheses::default();
    for family in Family::ALL {
        hypotheses.of_a_family(family, &jacobian);
    }
    hypotheses.pairs();
    hypotheses.found
}

/// The gradient that one mistake would give at a case: only its family is made.
pub(crate) fn gradient_of(reference: &Reference, operand: usize, mistake: &Mistake) -> Option<ArrayD<f64>> {
    let jacobian = Jacobian::new(reference, operand)?;
    if let Mistake::ScaledPath(path) = mistake {
        return path.gradient(&jacobian);
    }
    let mut hypotheses = Hypotheses::default();
    hypotheses.of_a_family(Family::of(mistake.first())?, &jacobian);
    if mistake.first() != mistake {
        hypotheses.pairs();
    }
    let found = hypotheses.found.into_iter().find(|h| h.mistake == *mistake)?;
    Some(found.gradient)
}

/// What the mistakes of one kind are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Result,
    Upstream,
    Jacobian,
    LocalDerivative,
    Value,
    OtherFactor,
    Graph,
    Program,
}

impl Family {
    const ALL: [Self; 8] = [
        Self::Result,
        Self::Upstream,
        Self::Jacobian,
        Self::LocalDerivative,
        Self::Value,
        Self::OtherFactor,
        Self::Graph,
        Self::Program,
    ];

    /// The family of a single mistake that can be made at one case.
    fn of(mistake: &Mistake) -> Option<Self> {
        Some(match mistake {
            Mistake::Result(_) => Self::Result,
            Mistake::Upstream(_) => Self::Upstream,
            // A local derivative that is missing may be found with the local derivatives of broadcast operands.
            Mistake::Jacobian(JacobianMistake::LocalDerivativeMissing { .. }) => Self::LocalDerivative,
            Mistake::Jacobian(_) => Self::Jacobian,
            Mistake::LocalDerivative(_) => Self::LocalDerivative,
            Mistake::Value(_) => Self::Value,
            Mistake::Graph(_) => Self::Graph,
            Mistake::Program(_) => Self::Program,
            Mistake::OtherFactor(_) => Self::OtherFactor,
            Mistake::ScaledPath(_)
            | Mistake::ConstantFactor(_)
            | Mistake::PartFactor(_)
            | Mistake::ConstantTerm(_)
            | Mistake::Both(..) => return None,
        })
    }
}

/// The hypotheses found so far.
#[derive(Default)]
struct Hypotheses {
    found: Vec<Hypothesis>,
    /// Two mistakes that are called the same are one: the first counts.
    causes: BTreeSet<String>,
}

/// A mistake of more than this cost is not considered together with a second one.
const PAIRED_MAX: f64 = 1.9;

impl Hypotheses {
    fn of_a_family(&mut self, family: Family, jacobian: &Jacobian<'_>) {
        let (reference, operand) = (jacobian.reference, jacobian.operand);
        match family {
            Family::Result => self.of_the_result(jacobian),
            Family::Upstream => self.of_the_upstream(jacobian),
            Family::Jacobian => {
                self.of_the_jacobian(jacobian);
                self.of_the_shapes(jacobian);
                self.of_places(jacobian);
            }
            Family::LocalDerivative => {
                self.of_the_shapes(jacobian);
                self.of_the_local_derivative(jacobian);
            }
            Family::Value => self.of_other_values(reference, operand),
            Family::OtherFactor => self.of_other_factors(jacobian),
            Family::Graph => self.of_the_graph(jacobian),
            Family::Program => {
                for edited in program_edit::all(reference) {
                    if let Some(gradient) = edited.gradients.into_iter().nth(operand).flatten() {
                        self.add(edited.mistake, gradient);
                    }
                }
            }
        }
    }

    fn add(&mut self, mistake: impl Into<Mistake>, gradient: ArrayD<f64>) {
        let mistake = mistake.into();
        if gradient.iter().all(|g| g.is_finite()) && self.causes.insert(mistake.cause()) {
            self.found.push(Hypothesis { mistake, gradient });
        }
    }

    /// Two mistakes at once: any of the common ones, and a sign, a factor or a transposition besides.
    fn pairs(&mut self) {
        let is_common = |h: &&Hypothesis| {
            let is_plain = matches!(h.mistake, Mistake::Result(ResultMistake::Sign | ResultMistake::Zero));
            let is_exchange =
                matches!(&h.mistake, Mistake::Graph(GraphMistake::Edit { edit, .. }) if edit.is_exchange());
            h.mistake.description().cost <= PAIRED_MAX && !is_plain && !is_exchange
        };
        let common: Vec<Hypothesis> = self.found.iter().filter(is_common).cloned().collect();
        for Hypothesis { mistake, gradient } in common {
            let mut add = |second, gradient| self.add(Mistake::Both(Box::new(mistake.clone()), second), gradient);
            add(SecondMistake::Sign, -&gradient);
            add(SecondMistake::Doubled, &gradient * 2.0);
            add(SecondMistake::Halved, &gradient * 0.5);
            if gradient.ndim() == 2 {
                add(
                    SecondMistake::Transposed,
                    gradient.t().as_standard_layout().into_owned(),
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
