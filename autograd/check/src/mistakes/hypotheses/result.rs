//! Mistakes in what becomes of the right gradient: its sign, size, order, and entries that are lost.

use ndarray::{ArrayD, IxDyn};

use super::Hypotheses;
use super::arrays::{axis_names, permutations, reversed, rolled};
use crate::mistakes::{Description, Shown};
use crate::witness::jacobian::Jacobian;

/// A mistake in what becomes of the right gradient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResultMistake {
    /// The sign is flipped.
    Sign,
    /// The gradient is never computed.
    Zero,
    /// The gradient is multiplied by a small number.
    Factor(&'static str),
    /// The gradient is multiplied by a power of a size.
    SizeFactor {
        /// The power: `n`, `1/n`, `√n` or `1/√n`.
        power: &'static str,
        /// What has the size.
        of: String,
        /// The size.
        size: Shown<f64>,
    },
    /// The gradient is multiplied by a power of a constant of the definition.
    ConstantFactor {
        /// The power: `c`, `1/c`, `√c` or `1/√c`.
        power: &'static str,
        /// The name of the constant.
        name: String,
        /// Its value.
        value: Shown<f64>,
    },
    /// Only the magnitude is kept.
    Magnitude,
    /// Negative entries are replaced by 0.
    ClippedAtZero,
    /// Entries are clipped to [-1, 1].
    ClippedAtOne,
    /// The axes are reordered.
    Permuted(Vec<usize>),
    /// The axes are reordered, and the numbers read in the order of memory.
    ReadAs(Vec<usize>),
    /// The entries are shifted along an axis.
    Shifted(isize, String),
    /// The entries are reversed along an axis.
    Reversed(String),
    /// The first entry is left out.
    FirstEntryMissing,
    /// The last entry is left out.
    LastEntryMissing,
}

/// The small numbers that a gradient is easily multiplied by.
const FACTORS: [(f64, &str); 6] = [
    (2.0, "2"),
    (0.5, "1/2"),
    (3.0, "3"),
    (1.0 / 3.0, "1/3"),
    (4.0, "4"),
    (0.25, "1/4"),
];

impl ResultMistake {
    pub(crate) fn description(&self) -> Description {
        let reordered = |order: &[usize]| match order.len() {
            2 => "it were transposed".to_string(),
            _ => format!("its axes were reordered to {order:?}"),
        };
        match self {
            Self::Sign => Description::new(1.0, "sign", "its sign were flipped"),
            Self::Zero => Description::new(1.0, "zero", "it were never computed: it is 0"),
            Self::Factor(text) => {
                Description::new(2.0, format!("factor {text}"), format!("it were multiplied by {text}"))
            }
            Self::SizeFactor { power, of, size } => Description::new(
                2.05,
                format!("factor {power}, n of {of}"),
                format!(
                    "it were multiplied by {power}, where n = {} is the size of {of}",
                    size.0
                ),
            ),
            Self::ConstantFactor { power, name, value } => Description::new(
                2.1,
                format!("factor {power}, {name}"),
                format!("it were multiplied by {power}, where c = {} is {name}", value.0),
            ),
            Self::Magnitude => Description::new(2.5, "magnitude", "only its magnitude were kept"),
            Self::ClippedAtZero => Description::new(2.5, "clipped at 0", "negative entries were replaced by 0"),
            Self::ClippedAtOne => Description::new(2.6, "clipped at 1", "it were clipped to [-1, 1]"),
            Self::Permuted(order) => Description::new(1.5, format!("permuted {order:?}"), reordered(order)),
            Self::ReadAs(order) => Description::new(
                1.9,
                format!("read as {order:?}"),
                format!("{} and read in the order of memory", reordered(order)),
            ),
            Self::Shifted(by, axis) => Description::new(
                2.0,
                format!("shifted {by} {axis}"),
                format!("it were shifted by {by} along {axis}"),
            ),
            Self::Reversed(axis) => Description::new(
                2.0,
                format!("reversed {axis}"),
                format!("it were reversed along {axis}"),
            ),
            Self::FirstEntryMissing => Description::new(
                1.65,
                "first entry missing",
                "the first entry were forgotten: a loop misses it",
            ),
            Self::LastEntryMissing => Description::new(
                1.65,
                "last entry missing",
                "the last entry were forgotten: a loop misses it",
            ),
        }
    }
}

impl Hypotheses {
    /// The right gradient, changed afterwards.
    pub(super) fn of_the_result(&mut self, jacobian: &Jacobian<'_>) {
        let n = &jacobian.right;
        self.add(ResultMistake::Sign, -n);
        self.add(ResultMistake::Zero, n * 0.0);
        for (factor, text) in FACTORS {
            self.add(ResultMistake::Factor(text), n * factor);
        }
        self.scaled(jacobian);
        self.moved(n);
        self.add(ResultMistake::Magnitude, n.mapv(f64::abs));
        self.add(ResultMistake::ClippedAtZero, n.mapv(|g| g.max(0.0)));
        self.add(ResultMistake::ClippedAtOne, n.mapv(|g| g.clamp(-1.0, 1.0)));
    }

    /// Multiplied or divided by a size or a constant that has to do with it.
    fn scaled(&mut self, jacobian: &Jacobian<'_>) {
        let n = &jacobian.right;
        for (of, size) in jacobian.sizes() {
            let root = size.sqrt();
            for (factor, power) in [(size, "n"), (1.0 / size, "1/n"), (root, "√n"), (1.0 / root, "1/√n")] {
                let (of, size) = (of.clone(), Shown(size));
                self.add(ResultMistake::SizeFactor { power, of, size }, n * factor);
            }
        }
        for (name, value) in &jacobian.reference.case.constants {
            for (factor, power) in [
                (*value, "c"),
                (1.0 / value, "1/c"),
                (value.sqrt(), "√c"),
                (1.0 / value.sqrt(), "1/√c"),
            ] {
                let (name, value) = (name.clone(), Shown(*value));
                self.add(ResultMistake::ConstantFactor { power, name, value }, n * factor);
            }
        }
    }

    /// The same numbers in other places, or one of them lost.
    fn moved(&mut self, n: &ArrayD<f64>) {
        for order in permutations(n.ndim()) {
            let turned = n.clone().permuted_axes(IxDyn(&order)).as_standard_layout().into_owned();
            self.add(ResultMistake::Permuted(order.clone()), turned.clone());
            if let Ok(read) = ArrayD::from_shape_vec(n.raw_dim(), turned.iter().copied().collect()) {
                self.add(ResultMistake::ReadAs(order), read);
            }
        }
        for (axis, name) in axis_names(n.ndim()) {
            for by in [1, -1] {
                self.add(ResultMistake::Shifted(by, name.clone()), rolled(n, axis, by));
            }
            self.add(ResultMistake::Reversed(name), reversed(n, axis));
        }
        for (mistake, at) in [
            (ResultMistake::FirstEntryMissing, 0),
            (ResultMistake::LastEntryMissing, n.len().saturating_sub(1)),
        ] {
            let mut lost = n.clone();
            lost.iter_mut().skip(at).take(1).for_each(|g| *g = 0.0);
            self.add(mistake, lost);
        }
    }
}
