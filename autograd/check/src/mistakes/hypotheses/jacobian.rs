//! Mistakes in what is done with the Jacobian, and in the shapes of what comes out.

use ndarray::{ArrayD, Axis, IxDyn};

use super::Hypotheses;
use super::arrays::axis_names;
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
    /// Of the result only some places along an axis count for each place of the operand.
    Places(PlaceMask, String),
}

/// Which places of the result, along an axis that both have, count for a place of the operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceMask {
    /// The same place.
    Same,
    /// All places but the same one.
    Others,
    /// The same place and the next one.
    OneStep,
    /// Later places, without the same one.
    Later,
    /// Earlier places, without the same one.
    Earlier,
}

impl PlaceMask {
    const ALL: [Self; 5] = [Self::Same, Self::Others, Self::OneStep, Self::Later, Self::Earlier];

    /// True if the place `i` of the result counts for the place `j` of the operand.
    fn counts(self, i: usize, j: usize) -> bool {
        match self {
            Self::Same => i == j,
            Self::Others => i != j,
            Self::OneStep => i == j || i == j + 1,
            Self::Later => i > j,
            Self::Earlier => i < j,
        }
    }

    fn sentence(self, axis: &str) -> String {
        match self {
            Self::Same => format!(
                "{{g}} counts only what happens at the same place along {axis}: what an entry does at other places is lost"
            ),
            Self::Others => format!("{{g}} lacks what each entry does at its own place along {axis}"),
            Self::OneStep => format!(
                "{{g}} goes back by one step only along {axis}: what an entry does two and more places later is lost"
            ),
            Self::Later => format!("{{g}} counts only what an entry does at later places along {axis}"),
            Self::Earlier => format!("{{g}} counts only what an entry does at earlier places along {axis}"),
        }
    }
}

impl JacobianMistake {
    pub(crate) fn description(&self) -> Description {
        let (cost, cause, sentence) = match self {
            Self::Diagonal => (
                1.72,
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
                "{g} counts only the last use of each entry: what acts on later outputs overwrites what acts on earlier ones, `=` where `+=` is needed; all paths must be added",
            ),
            Self::FirstUseOnly => (
                1.25,
                "first use only",
                "{g} counts only the first use of each entry; it must be the sum over all uses, each of which acts on other outputs",
            ),
            Self::AveragedOverUses => (
                2.2,
                "averaged over uses",
                "{g} is the mean over the uses of each entry; it must be the sum",
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
                "{g} is not summed over the axes along which the operand is repeated (broadcast), such as the batch",
            ),
            Self::BroadcastAveraged => (
                1.3,
                "averaged",
                "{g} is the mean over the axes along which the operand is repeated (broadcast), such as the batch; it must be the sum",
            ),
            Self::BroadcastFirst => (
                1.3,
                "first of broadcast",
                "{g} counts only the first entry along the axes along which the operand is repeated (broadcast); it must be the sum over all",
            ),
            Self::BroadcastLast => (
                1.3,
                "last of broadcast",
                "{g} counts only the last entry along the axes along which the operand is repeated (broadcast); it must be the sum over all",
            ),
            Self::SwappedWith(name) => {
                let sentence =
                    format!("{{g}} is the gradient of {name}: the two are exchanged, or one stands for both");
                return Description::new(1.6, format!("swapped with {name}"), sentence);
            }
            Self::Places(mask, axis) => {
                let key = match mask {
                    PlaceMask::Same => "same place",
                    PlaceMask::Others => "other places",
                    PlaceMask::OneStep => "one step",
                    PlaceMask::Later => "later places",
                    PlaceMask::Earlier => "earlier places",
                };
                return Description::new(1.75, format!("{key} along {axis}"), mask.sentence(axis));
            }
        };
        Description::new(cost, cause, sentence)
    }
}

impl Hypotheses {
    /// Only some places of the result count for each place of the operand.
    pub(super) fn of_places(&mut self, jacobian: &Jacobian<'_>) {
        let (y, x) = (jacobian.reference.y.shape(), jacobian.right.shape());
        let g: Vec<f64> = jacobian.reference.g_y.iter().copied().collect();
        let index = |shape: &[usize], axis: usize, at: usize| {
            let inner: usize = shape[axis + 1..].iter().product();
            at / inner % shape[axis]
        };
        for (own, name) in axis_names(x.len()).into_iter().take(x.len()) {
            for (other, _) in y.iter().enumerate().filter(|(_, size)| **size == x[own] && **size > 1) {
                let is_twin = y.len() == x.len() && other != own
                    || y.len() != x.len() && y.len() - other != x.len() - own && other != own;
                if is_twin {
                    continue;
                }
                for mask in PlaceMask::ALL {
                    let mut sum = vec![0.0; jacobian.columns];
                    for (i, g) in g.iter().enumerate() {
                        for (j, sum) in sum.iter_mut().enumerate() {
                            if mask.counts(index(y, other, i), index(x, own, j)) && jacobian.at(i, j) != 0.0 {
                                *sum += jacobian.at(i, j) * g;
                            }
                        }
                    }
                    if let Ok(gradient) = ArrayD::from_shape_vec(jacobian.right.raw_dim(), sum) {
                        self.add(JacobianMistake::Places(mask, name.clone()), gradient);
                    }
                }
            }
        }
    }

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
