//! The verdict on a gradient, entry by entry, from the reference gradient and the one that the subject computes.
//!
//! An entry passes if it lies within the computed error of the numeric derivative and that error is small; it is wrong
//! if it lies outside; everything else is unchecked, with the reason. No tolerance here is an absolute number: each is
//! a bound on rounding or truncation at this very case.

use ndarray::ArrayD;

use crate::evaluation::Evaluation;
use crate::witness::reference::Reference;
use crate::witness::reference_gradient::{ReferenceEntry, ReferenceGradient};

/// How many computed bounds a gradient may be away from the numeric one.
const BOUNDS: f64 = 8.0;
/// A bound above this share of the scale says too little to certify anything.
const CERTIFIES: f64 = 1e-6;

/// A check that cannot detect an error of this share is invalid.
const COARSEST: f64 = 1e-2;

/// The verdict on one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryVerdict {
    /// The entry agrees with all witnesses, and their error bounds are small.
    Pass,
    /// The entry disagrees with the witnesses.
    Wrong,
    /// No witness can decide.
    Unchecked(Reason),
}

/// Why an entry could not be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The slopes from the left and from the right differ; the gradient lies between them.
    Kink,
    /// The numeric derivative is too uncertain at this place.
    IllConditioned,
    /// The function has no value on one side.
    DomainEdge,
    /// Rounding in `f32` hides more than one part in a hundred.
    SinglePrecision,
    /// Dual numbers, differences and the symbolic derivative contradict each other: a fault of the checker.
    WitnessesDisagree,
}

impl Reason {
    /// The reason as a phrase for reports.
    pub fn text(self) -> &'static str {
        match self {
            Self::Kink => "a kink: the slopes from both sides differ, and the gradient lies between them",
            Self::IllConditioned => "the numeric derivative is too uncertain here",
            Self::DomainEdge => "the function has no value on one side",
            Self::SinglePrecision => "rounding in single precision hides more than one part in a hundred",
            Self::WitnessesDisagree => {
                "the witnesses contradict each other: a matter of the checker, not of the gradient"
            }
        }
    }
}

/// The verdict on one number of a gradient.
pub fn judge(analytic: f64, entry: &ReferenceEntry, scale: f64) -> EntryVerdict {
    use EntryVerdict::{Pass, Unchecked, Wrong};
    if !analytic.is_finite() {
        return Wrong;
    }
    if let Some((low, high)) = entry.kink {
        let slack = CERTIFIES * scale.max(entry.terms);
        let is_between = analytic >= low - slack && analytic <= high + slack;
        return if is_between { Unchecked(Reason::Kink) } else { Wrong };
    }
    let off_exact = entry.exact.map(|exact| (analytic - exact).abs());
    let scale = scale.max(entry.best().abs()).max(entry.terms);
    let Some((numeric, bound)) = entry.numeric else {
        let is_off = off_exact.is_some_and(|off| off > entry.floor);
        return if is_off { Wrong } else { Unchecked(Reason::DomainEdge) };
    };
    let is_off_numeric = (analytic - numeric).abs() > BOUNDS * bound + entry.floor;
    let is_off_exact = off_exact.is_some_and(|off| off > entry.floor);
    let is_contradicted = |s: f64| (s - entry.best()).abs() > CERTIFIES * scale + 16.0 * entry.floor;
    let is_sure = BOUNDS * bound + entry.floor <= CERTIFIES * scale || bound <= 16.0 * entry.floor;
    match (off_exact, is_off_exact, is_off_numeric) {
        (None, _, true) | (Some(_), true, true) => Wrong,
        (Some(off), true, false) if off > CERTIFIES * scale => Wrong,
        (Some(_), false, true) => Unchecked(Reason::WitnessesDisagree),
        _ if entry.symbolic.is_some_and(is_contradicted) => Unchecked(Reason::WitnessesDisagree),
        _ if analytic == 0.0 && entry.exact == Some(0.0) && numeric == 0.0 => Pass,
        _ if is_sure => Pass,
        _ => Unchecked(Reason::IllConditioned),
    }
}

/// The verdicts on the gradient of one operand, with the entry each is about.
pub fn judge_operand(analytic: &ArrayD<f64>, expected: &ReferenceGradient) -> Vec<(ReferenceEntry, f64, EntryVerdict)> {
    let flat: Vec<f64> = analytic.iter().copied().collect();
    let single = expected.entries.iter().map(|entry| {
        let a = flat.get(entry.index).copied().unwrap_or(f64::NAN);
        (*entry, a, judge(a, entry, expected.scale))
    });
    let along = expected.probes.iter().map(|(v, entry)| {
        let a: f64 = flat.iter().zip(v).map(|(g, v)| g * v).sum();
        // A sum of many entries has the rounding of its terms.
        let terms: f64 = flat.iter().zip(v).map(|(g, v)| (g * v).abs()).sum();
        let entry = ReferenceEntry {
            floor: entry.floor + crate::witness::EXACT * terms,
            ..*entry
        };
        (entry, a, judge(a, &entry, expected.scale))
    });
    single.chain(along).collect()
}

/// A fault of a subject other than a wrong number in its gradient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The identifier of the fault in JSON.
    pub cause: &'static str,
    /// The description of the fault as a sentence.
    pub sentence: String,
}

/// All faults that show without comparing entries of gradients, in the order in which they are reported.
pub fn faults(reference: &Reference, evaluation: &Evaluation) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |cause, sentence: String| faults.push(Fault { cause, sentence });
    if let Some(sentence) = forward_fault(reference, evaluation) {
        add("forward", sentence);
    }
    for (i, operand) in reference.case.operands.iter().enumerate() {
        let Some(g) = evaluation.g_x.get(i).filter(|_| reference.gradients[i].is_some()) else {
            continue;
        };
        let name = &operand.name;
        if g.shape() != operand.value.shape() {
            add(
                "shape",
                format!(
                    "g_{name} has the shape {:?}, and {name} has {:?}",
                    g.shape(),
                    operand.value.shape()
                ),
            );
            continue;
        }
        if let Some(j) = g.iter().position(|g| !g.is_finite()) {
            add(
                "not-finite",
                format!(
                    "g_{name}[{j}] is {}, and the function is finite",
                    g.iter().nth(j).unwrap_or(&f64::NAN)
                ),
            );
            continue;
        }
        if differ(&evaluation.again[i], g, 0.0) {
            add(
                "impure",
                format!(
                    "a second backward() gives another g_{name}: a buffer is added to and not reset, or the upstream gradient was changed"
                ),
            );
        }
        if evaluation.at_zero[i].iter().any(|&g| g != 0.0) {
            add(
                "not-linear",
                format!("for an upstream gradient of 0, g_{name} is not 0"),
            );
        } else if differ_above(
            &evaluation.combined[i],
            &(g + &evaluation.at_other[i] * 2.0),
            1e-9,
            100.0 * reference.rounding_of(i),
        ) {
            add(
                "not-linear",
                format!("g_{name} is not linear in the upstream gradient: it is ignored, squared or clipped"),
            );
        }
        for (layout, of_layout) in &evaluation.by_layout {
            if differ_above(&of_layout[i], g, 1e-12, 100.0 * reference.rounding_of(i)) {
                let how = layout.text();
                add(
                    "layout",
                    format!("g_{name} depends on how the operands lie in memory: it changes when they are {how}"),
                );
                break;
            }
        }
    }
    faults
}

/// Compares the value with the definition in double-double precision, which shares no fast kernel with it.
fn forward_fault(reference: &Reference, evaluation: &Evaluation) -> Option<String> {
    if evaluation.y.shape() != reference.y.shape() {
        return Some(format!(
            "forward() gives the shape {:?}, the definition {:?}",
            evaluation.y.shape(),
            reference.y.shape()
        ));
    }
    let finite = reference.y.iter().filter(|y| y.is_finite());
    let scale = finite.fold(0.0, |most: f64, y| most.max(y.abs()));
    let definition = reference.value_double_double().unwrap_or_else(|| reference.y.clone());
    let off = |(given, right): (&f64, &f64)| !(given == right || (given - right).abs() <= 1e-10 * scale);
    let at = evaluation.y.iter().zip(&definition).position(off)?;
    let (given, right) = (evaluation.y.iter().nth(at)?, definition.iter().nth(at)?);
    Some(format!("forward() gives {given} at entry {at}, the definition {right}"))
}

/// True if the arrays differ by more than this share of their largest entry.
pub(crate) fn differ(a: &ArrayD<f64>, b: &ArrayD<f64>, share: f64) -> bool {
    differ_above(a, b, share, 0.0)
}

/// The same, where differences up to `floor` are rounding: a gradient that is 0 has no scale of its own.
fn differ_above(a: &ArrayD<f64>, b: &ArrayD<f64>, share: f64, floor: f64) -> bool {
    if a.shape() != b.shape() {
        return true;
    }
    let scale = a
        .iter()
        .chain(b)
        .filter(|x| x.is_finite())
        .fold(0.0, |most: f64, x| most.max(x.abs()));
    a.iter()
        .zip(b)
        .any(|(a, b)| !(a == b || (a - b).abs() <= share * scale + floor))
}

/// The smallest share by which one entry may be wrong and is found out, if the judge accepts the right gradient of this
/// operand and rejects it doubled, negated, set to 0, and wrong by that share in one entry.
///
/// The share is one part in a million, or more where rounding in `f64` hides that much; 0 for a gradient of 0, of which
/// there is no share.
///
/// **Errors** if the judge cannot tell; `Ok(None)` if there is nothing to tell.
pub fn controls(expected: &ReferenceGradient) -> Result<Option<f64>, Uncontrolled> {
    let is_open = |entry: &ReferenceEntry| entry.kink.is_some() || entry.numeric.is_none();
    if expected.entries.iter().any(is_open) {
        return Ok(None);
    }
    let right: Vec<f64> = expected.entries.iter().map(ReferenceEntry::best).collect();
    let is_rejected = |wrong: &dyn Fn(usize, f64) -> f64| {
        let judged = |(j, entry): (usize, &ReferenceEntry)| {
            judge(wrong(j, right[j]), entry, expected.scale) == EntryVerdict::Wrong
        };
        expected.entries.iter().enumerate().any(judged)
    };
    let largest = (0..right.len()).max_by(|&a, &b| right[a].abs().total_cmp(&right[b].abs()));
    let Some(largest) = largest else { return Ok(None) };
    if expected.scale <= 4.0 * expected.entries[largest].floor {
        // The gradient is 0 but for rounding, as that of a function with steps: what must be told from it is 1.
        let is_told = !is_rejected(&|_, g| g) && is_rejected(&|_, _| 1.0);
        return Ok(is_told.then_some(0.0));
    }
    let share = (2.0 * expected.entries[largest].floor / expected.scale).max(1e-6);
    let slightly_off = |j: usize, g: f64| if j == largest { g * (1.0 + share) } else { g };
    let is_told = !is_rejected(&|_, g| g)
        && is_rejected(&|_, g| 2.0 * g)
        && is_rejected(&|_, g| -g)
        && is_rejected(&|_, _| 0.0)
        && is_rejected(&slightly_off);
    if is_told && share <= COARSEST {
        Ok(Some(share))
    } else {
        Err(Uncontrolled)
    }
}

/// The error of a control: the judge cannot tell the right gradient from wrong ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncontrolled;
