//! Mistakes in what becomes of the right gradient: its sign, size, order, and entries that are lost.

use ndarray::{ArrayD, Axis, IxDyn};

use super::Hypotheses;
use super::arrays::{axis_names, only, permutations, reversed, rolled};
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
    /// Each entry gets the sum over an axis.
    Summed(String),
    /// Each entry gets the mean over an axis.
    Averaged(String),
    /// The mean over an axis is taken away.
    Centred(String),
    /// The entries are added up along an axis.
    Cumulated(&'static str, String),
    /// Each slice along an axis is multiplied by a power of its number.
    ByPlace(&'static str, String),
    /// Each slice along an axis is multiplied by a power of an entry of another operand.
    ByOperand(&'static str, String, String),
    /// The upstream gradient is added, or taken away.
    PlusUpstream(i8),
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
    /// Only the first or the last slice along an axis has a gradient.
    OnlySlice(&'static str, String),
    /// The first or the last slice along an axis has no gradient.
    WithoutSlice(&'static str, String),
    /// The gradient is divided by the size of the first of these axes where that of the second belongs.
    OtherSize(String, String),
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
            Self::Sign => Description::new(1.0, "sign", "{g} has the wrong sign"),
            Self::Zero => Description::new(1.0, "zero", "it were never computed: it is 0"),
            Self::Factor(text) => {
                Description::new(2.0, format!("factor {text}"), format!("it were multiplied by {text}"))
            }
            Self::SizeFactor { power, of, size } => {
                let n = format!("{of} ({} here)", Shown(size.0).0);
                let sentence = match *power {
                    "n" => format!("{{g}} is multiplied by {n}: a sum where a mean is meant, or counted once for each"),
                    "1/n" => format!("{{g}} is divided by {n}: a mean where a sum is meant"),
                    power => format!("{{g}} is multiplied by a factor {power}, where n is {n}"),
                };
                Description::new(2.05 + extra_cost(power), format!("factor {power}, n of {of}"), sentence)
            }
            Self::ConstantFactor { power, name, value } => {
                let sentence = format!(
                    "{{g}} is multiplied by a factor {power}, where c = {} is {name}",
                    value.0
                );
                Description::new(2.1 + extra_cost(power), format!("factor {power}, {name}"), sentence)
            }
            Self::Summed(axis) => Description::new(
                1.9,
                format!("summed over {axis}"),
                format!(
                    "{{g}} is summed over {axis}, and each entry gets the whole sum; entries along {axis} have gradients of their own"
                ),
            ),
            Self::Averaged(axis) => Description::new(
                1.9,
                format!("averaged over {axis}"),
                format!(
                    "{{g}} is averaged over {axis}, and each entry gets the mean; entries along {axis} have gradients of their own"
                ),
            ),
            Self::Centred(axis) => Description::new(
                2.0,
                format!("centred along {axis}"),
                format!("the mean over {axis} were taken away from {{g}}"),
            ),
            Self::Cumulated(direction, axis) => Description::new(
                1.9,
                format!("cumulated {direction} along {axis}"),
                format!(
                    "{{g}} is added up along {axis}, {direction}: each place holds the sum so far, as of a buffer that is not reset"
                ),
            ),
            Self::ByPlace(power, axis) => Description::new(
                2.15,
                format!("by place {power} along {axis}"),
                format!("{{g}} is multiplied by {power} at place i along {axis}"),
            ),
            Self::ByOperand(power, name, axis) => Description::new(
                2.1,
                format!("by operand {power} {name} along {axis}"),
                format!("{{g}} is multiplied by {power} along {axis}, where v is {name}"),
            ),
            Self::PlusUpstream(sign) => match *sign {
                1 => Description::new(
                    1.95,
                    "upstream added",
                    "g_y were added to {g} once more: a path straight past the function counts that is not there, or twice",
                ),
                _ => Description::new(
                    1.95,
                    "upstream missing",
                    "g_y itself is missing from {g}: the path straight past the function (a residual connection) does not count",
                ),
            },
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
            Self::OnlySlice(end, axis) => Description::new(
                1.68,
                format!("only {end} slice along {axis}"),
                format!(
                    "only the {end} slice of {{g}} along {axis} is filled in, and the others stay 0: a step or a loop is missing"
                ),
            ),
            Self::WithoutSlice(end, axis) => Description::new(
                1.69,
                format!("without {end} slice along {axis}"),
                format!("the {end} slice of {{g}} along {axis} stays 0: a step of a loop is missing"),
            ),
            Self::OtherSize(own, right) => Description::new(
                2.08,
                format!("divided by {own} for {right}"),
                format!(
                    "{{g}} is divided by the size of {own} where the size of {right} belongs: the mean counts along another axis"
                ),
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

/// The powers of a size that a gradient is easily multiplied by.
pub(crate) fn size_powers(size: f64) -> Vec<(f64, &'static str)> {
    let root = size.sqrt();
    let mut powers = vec![
        (size, "n"),
        (1.0 / size, "1/n"),
        (root, "√n"),
        (1.0 / root, "1/√n"),
        (size * size, "n²"),
        (1.0 / (size * size), "1/n²"),
    ];
    if size > 1.0 {
        powers.extend([
            (size / (size - 1.0), "n/(n-1)"),
            ((size - 1.0) / size, "(n-1)/n"),
            (size - 1.0, "n-1"),
            (1.0 / (size - 1.0), "1/(n-1)"),
        ]);
    }
    powers
}

/// A less usual power is less likely.
fn extra_cost(power: &str) -> f64 {
    match power {
        "n" | "1/n" | "c" | "1/c" => 0.0,
        "√n" | "1/√n" | "√c" | "1/√c" => 0.01,
        _ => 0.05,
    }
}

/// The sums of the entries up to each place along an axis.
fn cumulated(x: &ArrayD<f64>, axis: usize) -> ArrayD<f64> {
    let mut sums = x.clone();
    sums.accumulate_axis_inplace(Axis(axis), |before, now| *now += before);
    sums
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
        self.divided_by_others(n);
        self.along_axes(jacobian);
        if jacobian.reference.g_y.shape() == n.shape() {
            self.add(ResultMistake::PlusUpstream(1), n + &jacobian.reference.g_y);
            self.add(ResultMistake::PlusUpstream(-1), n - &jacobian.reference.g_y);
        }
        self.add(ResultMistake::Magnitude, n.mapv(f64::abs));
        self.add(ResultMistake::ClippedAtZero, n.mapv(|g| g.max(0.0)));
        self.add(ResultMistake::ClippedAtOne, n.mapv(|g| g.clamp(-1.0, 1.0)));
    }

    /// Multiplied or divided by a size or a constant that has to do with it.
    fn scaled(&mut self, jacobian: &Jacobian<'_>) {
        let n = &jacobian.right;
        for (of, size) in jacobian.sizes() {
            for (factor, power) in size_powers(size) {
                let (of, size) = (of.clone(), Shown(size));
                self.add(ResultMistake::SizeFactor { power, of, size }, n * factor);
            }
        }
        for (name, value) in &jacobian.constants() {
            for (factor, power) in [
                (*value, "c"),
                (1.0 / value, "1/c"),
                (value.sqrt(), "√c"),
                (1.0 / value.sqrt(), "1/√c"),
                (value * value, "c²"),
                (1.0 / (value * value), "1/c²"),
            ] {
                let (name, value) = (name.clone(), Shown(*value));
                self.add(ResultMistake::ConstantFactor { power, name, value }, n * factor);
            }
        }
    }

    /// Summed or averaged over an axis and given to every entry, added up along it, or weighted along it.
    fn along_axes(&mut self, jacobian: &Jacobian<'_>) {
        let n = &jacobian.right;
        let everywhere = |x: f64| n.mapv(|_| x);
        if n.len() > 1 {
            self.add(ResultMistake::Summed("all axes".to_string()), everywhere(n.sum()));
            let mean = n.sum() / n.len() as f64;
            self.add(ResultMistake::Averaged("all axes".to_string()), everywhere(mean));
            self.add(ResultMistake::Centred("all axes".to_string()), n - mean);
        }
        for (axis, name) in axis_names(n.ndim()) {
            let size = n.shape()[axis];
            if size < 2 {
                continue;
            }
            let sum = n.sum_axis(Axis(axis)).insert_axis(Axis(axis));
            let all = |x: &ArrayD<f64>| x.broadcast(n.raw_dim()).map(|x| x.to_owned());
            if let Some(sum) = all(&sum) {
                let mean = &sum / size as f64;
                self.add(ResultMistake::Centred(name.clone()), n - &mean);
                self.add(ResultMistake::Averaged(name.clone()), mean);
                self.add(ResultMistake::Summed(name.clone()), sum);
            }
            let forwards = cumulated(n, axis);
            let backwards = reversed(&cumulated(&reversed(n, axis), axis), axis);
            self.add(ResultMistake::Cumulated("from the first on", name.clone()), forwards);
            self.add(ResultMistake::Cumulated("from the last on", name.clone()), backwards);
            self.weighted(jacobian, axis, &name);
        }
    }

    /// Each slice along an axis multiplied by a number of its own.
    fn weighted(&mut self, jacobian: &Jacobian<'_>, axis: usize, name: &str) {
        let n = &jacobian.right;
        let size = n.shape()[axis];
        let by = |weight: &dyn Fn(usize) -> f64| {
            let mut weighted = n.clone();
            for (i, mut slice) in weighted.axis_iter_mut(Axis(axis)).enumerate() {
                slice *= weight(i);
            }
            weighted
        };
        let place = |text| ResultMistake::ByPlace(text, name.to_string());
        self.add(place("i + 1"), by(&|i| (i + 1) as f64));
        self.add(place("1 / (i + 1)"), by(&|i| 1.0 / (i + 1) as f64));
        self.add(place("i"), by(&|i| i as f64));
        self.add(place("n - i"), by(&|i| (size - i) as f64));
        self.add(place("1 / (n - i)"), by(&|i| 1.0 / (size - i) as f64));
        for operand in &jacobian.reference.case.operands {
            if operand.value.shape() == [size] {
                let v: Vec<f64> = operand.value.iter().copied().collect();
                let is_own = operand.name == jacobian.reference.case.operands[jacobian.operand].name;
                let itself = if is_own { " itself, its own factor" } else { "" };
                let of = |text| ResultMistake::ByOperand(text, format!("{}{itself}", operand.name), name.to_string());
                self.add(of("v"), by(&|i| v[i]));
                self.add(of("1/v"), by(&|i| 1.0 / v[i]));
                self.add(of("v²"), by(&|i| v[i] * v[i]));
            }
        }
    }

    /// Divided by the size of one axis where that of another belongs.
    fn divided_by_others(&mut self, n: &ArrayD<f64>) {
        let rank = n.ndim();
        for (own, own_name) in axis_names(rank).into_iter().take(rank) {
            for (right, right_name) in axis_names(rank).into_iter().take(rank) {
                let (own, right) = (n.shape()[own] as f64, n.shape()[right] as f64);
                if own_name != right_name && own > 0.0 {
                    let mistake = ResultMistake::OtherSize(own_name.clone(), right_name);
                    self.add(mistake, n * (right / own));
                }
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
            if let Some(last) = n.shape()[axis].checked_sub(1) {
                for (end, at) in [("first", 0), ("last", last)] {
                    let kept = only(n, axis, at);
                    self.add(ResultMistake::WithoutSlice(end, name.clone()), n - &kept);
                    self.add(ResultMistake::OnlySlice(end, name.clone()), kept);
                }
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
