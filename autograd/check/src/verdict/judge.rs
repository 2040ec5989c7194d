//! The verdict on a gradient, entry by entry, from the reference gradient and the one that the subject computes.
//!
//! An entry passes if it lies within the computed error of the numeric derivative and that error is small; it is wrong
//! if it lies outside; everything else is unchecked, with the reason. No tolerance here is an absolute number: each is
//! a bound on rounding or truncation at this very case.

use ndarray::ArrayD;

use crate::witness::reference::CERTIFIES;
use crate::witness::reference_gradient::{ReferenceEntry, ReferenceGradient};

/// How many computed bounds a gradient may be away from the numeric one.
const BOUNDS: f64 = 8.0;

/// So many rounding floors are a billionth of the value by which a gradient is measured.
const TINY: f64 = 1e4;
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
    /// The identifier in JSON.
    pub fn cause(self) -> &'static str {
        match self {
            Self::Kink => "Kink",
            Self::IllConditioned => "IllConditioned",
            Self::DomainEdge => "DomainEdge",
            Self::SinglePrecision => "SinglePrecision",
            Self::WitnessesDisagree => "WitnessesDisagree",
        }
    }

    /// The reason as a phrase for reports.
    pub fn text(self) -> &'static str {
        match self {
            Self::Kink => "a kink: the slopes from both sides differ, and the gradient lies between them",
            Self::IllConditioned => "the numeric derivative is too uncertain here",
            Self::DomainEdge => "the function has no value on one side",
            Self::SinglePrecision => "rounding in single precision hides more than one part in a hundred",
            Self::WitnessesDisagree => {
                "the witnesses contradict each other: this is a weakness of the checker, not of the gradient"
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
    let is_sure = BOUNDS * bound + entry.floor <= entry.resolution * scale || bound <= 16.0 * entry.floor;
    // Without dual numbers a gradient that is next to nothing beside the value is known to a part of that only.
    let is_tiny = entry.exact.is_none() && bound <= TINY * entry.floor;
    match (off_exact, is_off_exact, is_off_numeric) {
        (None, _, true) | (Some(_), true, true) => Wrong,
        // Differences that are certain agree with what was given, and dual numbers, on one side of a kink, do not.
        (Some(off), true, false) if BOUNDS * bound + entry.floor < 0.1 * off => Unchecked(Reason::WitnessesDisagree),
        (Some(off), true, false) if off > CERTIFIES * scale => Wrong,
        (Some(_), false, true) => Unchecked(Reason::WitnessesDisagree),
        _ if entry.symbolic.is_some_and(is_contradicted) => Unchecked(Reason::WitnessesDisagree),
        _ if analytic == 0.0 && entry.exact == Some(0.0) && numeric == 0.0 => Pass,
        _ if is_sure || is_tiny => Pass,
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
    let entry = &expected.entries[largest];
    let uncertain = entry.floor + entry.numeric.map_or(0.0, |(_, bound)| BOUNDS * bound);
    if expected.scale <= 2.0 / COARSEST * uncertain {
        // The gradient is 0 but for rounding, as that of a function with steps: what must be told from it is 1.
        let is_told = !is_rejected(&|_, g| g) && is_rejected(&|_, _| 1.0);
        return Ok(is_told.then_some(0.0));
    }
    let share = (2.0 * uncertain / expected.scale).max(1e-6);
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
