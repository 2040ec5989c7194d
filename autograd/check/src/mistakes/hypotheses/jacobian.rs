//! Mistakes in what is done with the Jacobian, and in the shapes of what comes out.

use ndarray::{ArrayD, Axis, IxDyn};

use super::Hypotheses;
use crate::mistakes::{Description, Shown};
use crate::witness::jacobian::Jacobian;

/// A mistake in what is done with the Jacobian, or in the shape of the gradient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JacobianMistake {
    /// Only the diagonal is used.
    Diagonal,
    /// The Jacobian is not transposed.
    NotTransposed,
    /// Later uses of an entry overwrite earlier ones.
    LastUseOverwrites,
    /// Only the first use of each entry counts.
    FirstUseOnly,
    /// The gradient is averaged over the uses of each entry.
    AveragedOverUses,
    /// The upstream gradient is passed on without the local derivative.
    LocalDerivativeMissing {
        /// Whether it is summed over broadcast axes.
        is_summed: Shown<bool>,
    },
    /// The sum over the broadcast axes is missing.
    BroadcastNotSummed,
    /// The mean over the broadcast axes is taken instead of the sum.
    BroadcastAveraged,
    /// Only the first entry along the broadcast axes counts.
    BroadcastFirst,
    /// Only the last entry along the broadcast axes counts.
    BroadcastLast,
    /// The gradient is that of another operand.
    SwappedWith(String),
}

impl JacobianMistake {
    pub(crate) fn description(&self) -> Description {
        let (cost, cause, sentence) = match self {
            Self::Diagonal => (
                1.8,
                "diagonal",
                "each output depended on its own input only: the diagonal of the Jacobian",
            ),
            Self::NotTransposed => (
                1.8,
                "not transposed",
                "the Jacobian were not transposed: `J g` instead of `Jᵀ g`",
            ),
            Self::LastUseOverwrites => (
                1.2,
                "last use overwrites",
                "only the last use of each entry counted: later uses overwrite earlier ones, `=` where `+=` is needed",
            ),
            Self::FirstUseOnly => (1.25, "first use only", "only the first use of each entry counted"),
            Self::AveragedOverUses => (
                1.95,
                "averaged over uses",
                "it were averaged over the uses of each entry instead of summed",
            ),
            Self::LocalDerivativeMissing { is_summed } => (
                1.5,
                "local derivative missing",
                match is_summed.0 {
                    false => "the local derivative were missing: the upstream gradient is handed on",
                    true => "the local derivative were missing: the upstream gradient is summed as it is",
                },
            ),
            Self::BroadcastNotSummed => (
                1.2,
                "broadcast not summed",
                "the sum over the broadcast axes were missing",
            ),
            Self::BroadcastAveraged => (
                1.3,
                "averaged",
                "the gradients were averaged over the broadcast axes instead of summed",
            ),
            Self::BroadcastFirst => (
                1.3,
                "first of broadcast",
                "only the first entry along the broadcast axes counted",
            ),
            Self::BroadcastLast => (
                1.3,
                "last of broadcast",
                "only the last entry along the broadcast axes counted",
            ),
            Self::SwappedWith(name) => {
                let sentence = format!("it were the gradient of {name}");
                return Description::new(1.6, format!("swapped with {name}"), sentence);
            }
        };
        Description::new(cost, cause, sentence)
    }
}

impl Hypotheses {
    /// The Jacobian used in another way.
    pub(super) fn of_the_jacobian(&mut self, jacobian: &Jacobian<'_>) {
        let g: Vec<f64> = jacobian.reference.g_y.iter().copied().collect();
        let (rows, columns) = (jacobian.rows, jacobian.columns);
        let mut add = |mistake: JacobianMistake, values: Vec<f64>| {
            if let Ok(gradient) = ArrayD::from_shape_vec(jacobian.right.raw_dim(), values) {
                self.add(mistake, gradient);
            }
        };
        if rows == columns {
            let diagonal = (0..rows).map(|i| jacobian.at(i, i) * g[i]).collect();
            add(JacobianMistake::Diagonal, diagonal);
            let forwards = (0..rows).map(|i| (0..columns).map(|j| jacobian.at(i, j) * g[j]).sum());
            add(JacobianMistake::NotTransposed, forwards.collect());
        }
        let uses = |j: usize| (0..rows).filter(move |&i| jacobian.at(i, j) != 0.0);
        let part = |i: usize, j: usize| jacobian.at(i, j) * g[i];
        let last = (0..columns).map(|j| uses(j).next_back().map_or(0.0, |i| part(i, j)));
        add(JacobianMistake::LastUseOverwrites, last.collect());
        let first = (0..columns).map(|j| uses(j).next().map_or(0.0, |i| part(i, j)));
        add(JacobianMistake::FirstUseOnly, first.collect());
        let mean = (0..columns).map(|j| {
            let count = uses(j).count().max(1) as f64;
            uses(j).map(|i| part(i, j)).sum::<f64>() / count
        });
        add(JacobianMistake::AveragedOverUses, mean.collect());
    }

    /// Shapes confused: a broadcast not summed, or one gradient given for another.
    pub(super) fn of_the_shapes(&mut self, jacobian: &Jacobian<'_>) {
        let reference = jacobian.reference;
        if reference.g_y.shape() == jacobian.right.shape() {
            let is_summed = Shown(false);
            self.add(
                JacobianMistake::LocalDerivativeMissing { is_summed },
                reference.g_y.clone(),
            );
        }
        if let Some(parts) = jacobian.per_entry() {
            self.add(JacobianMistake::BroadcastNotSummed, parts.clone());
            self.of_broadcast(&parts, jacobian.right.shape());
        }
        for other in reference.case.real().filter(|&other| other != jacobian.operand) {
            let Some(n) = reference.gradient(other) else { continue };
            if n.shape() == jacobian.right.shape() {
                let name = reference.case.operands[other].name.clone();
                self.add(JacobianMistake::SwappedWith(name), n);
            }
        }
    }

    /// The sum over the axes along which an operand of shape `x` is broadcast, replaced by the mean or by one summand.
    fn of_broadcast(&mut self, parts: &ArrayD<f64>, x: &[usize]) {
        let missing = parts.ndim() - x.len();
        let (mut mean, mut first, mut last) = (parts.clone(), parts.clone(), parts.clone());
        for axis in (0..parts.ndim()).rev() {
            if axis >= missing && x[axis - missing] == parts.shape()[axis] {
                continue;
            }
            let size = mean.shape()[axis];
            let Some(averaged) = mean.mean_axis(Axis(axis)) else {
                return;
            };
            mean = averaged.insert_axis(Axis(axis));
            first = first.select(Axis(axis), &[0]);
            last = last.select(Axis(axis), &[size - 1]);
        }
        for (mistake, part) in [
            (JacobianMistake::BroadcastAveraged, mean),
            (JacobianMistake::BroadcastFirst, first),
            (JacobianMistake::BroadcastLast, last),
        ] {
            if let Ok(part) = ArrayD::from_shape_vec(IxDyn(x), part.iter().copied().collect()) {
                self.add(mistake, part);
            }
        }
    }
}
