//! Special values in the place of those that were drawn: where a formula is most easily wrong.

use ndarray::ArrayD;

use super::Case;
use crate::magnitude::largest;
use tapegrad_core::op::OperandKind;

/// A set of special values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpecialValues {
    /// All given operands are 0.
    Zeros,
    /// The first entry of each operand is 0, and the last -0.
    OneZero,
    /// All entries of an operand are equal.
    EqualEntries,
    /// Operands of the same shape are equal.
    EqualOperands,
    /// Whole numbers, of which several are equal.
    WholeNumbers,
    /// Numbers beyond 3, where an approximation may end and a function saturates.
    Tails,
}

impl SpecialValues {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Zeros,
        Self::OneZero,
        Self::EqualEntries,
        Self::EqualOperands,
        Self::WholeNumbers,
        Self::Tails,
    ];

    /// The values in words, after "at".
    pub fn text(self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::OneZero => "single zeros, 0 and -0",
            Self::EqualEntries => "equal entries",
            Self::EqualOperands => "equal operands",
            Self::WholeNumbers => "whole numbers",
            Self::Tails => "numbers up to 8 in magnitude",
        }
    }

    /// The case with these values; `None` if it is the same case. Parameters stay as they are, but for equal operands.
    fn of(self, case: &Case) -> Option<Case> {
        let mut x = case.values();
        let real: Vec<usize> = case.real().collect();
        let given = real.iter().copied().filter(|&i| i < case.given);
        match self {
            Self::Zeros => given.for_each(|i| x[i].fill(0.0)),
            Self::OneZero => given.for_each(|i| {
                let last = x[i].len().saturating_sub(1);
                x[i].iter_mut().take(1).for_each(|x| *x = 0.0);
                x[i].iter_mut().skip(last.max(1)).for_each(|x| *x = -0.0);
            }),
            Self::EqualEntries => given.for_each(|i| {
                let first = x[i].iter().next().copied().unwrap_or(0.0);
                x[i].fill(first);
            }),
            Self::EqualOperands => {
                for (n, &i) in real.iter().enumerate() {
                    let twin = real[..n].iter().find(|&&j| x[j].shape() == x[i].shape()).copied();
                    if let Some(j) = twin {
                        x[i] = x[j].clone();
                    }
                }
            }
            Self::WholeNumbers => given.for_each(|i| x[i].mapv_inplace(f64::round)),
            Self::Tails => given.for_each(|i| {
                let most = largest(&x[i]);
                if most > 0.1 && most < TAIL {
                    x[i] *= TAIL / most;
                }
            }),
        }
        (x != case.values()).then(|| case.with_values(&x))
    }
}

/// The ranges that the operands were drawn from, as far as was seen: what a caller never draws may have no value.
#[derive(Debug, Default)]
pub(crate) struct DrawnRange(Vec<(f64, f64)>);

impl DrawnRange {
    /// Takes the values of a drawn case into the ranges.
    pub fn note(&mut self, case: &Case) {
        self.0.resize(
            case.operands.len().max(self.0.len()),
            (f64::INFINITY, f64::NEG_INFINITY),
        );
        for ((low, high), operand) in self.0.iter_mut().zip(&case.operands) {
            for &x in &operand.value {
                (*low, *high) = (low.min(x), high.max(x));
            }
        }
    }

    /// A case at special values; `None` if it is the same case, or outside of the ranges.
    pub fn at(&self, special: SpecialValues, case: &Case) -> Option<Case> {
        special.of(case).filter(|case| self.admits(case))
    }

    /// True if the real operands of a case lie in the ranges. One that reaches beyond 1 on both sides is taken for the
    /// whole line.
    fn admits(&self, case: &Case) -> bool {
        let lies_in = |i: usize| {
            let (low, high) = self.0.get(i).copied().unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
            let is_line = low < -1.0 && high > 1.0;
            is_line || case.operands[i].value.iter().all(|x| (low..=high).contains(x))
        };
        case.real().all(lies_in)
    }
}

/// How far the tails reach: `exp`, `tanh` and the error function still have slopes there.
const TAIL: f64 = 8.0;

/// True if some entries of a real operand, or of two, are equal or 0: where the value may have a tie.
pub(crate) fn has_ties(case: &Case) -> bool {
    let mut seen: Vec<f64> = Vec::new();
    for i in case.real() {
        seen.extend(case.operands[i].value.iter());
    }
    let count = seen.len();
    if count > TIES_MAX {
        return false;
    }
    seen.sort_by(f64::total_cmp);
    seen.windows(2).any(|pair| pair[0] == pair[1]) || seen.contains(&0.0)
}

/// Ties are looked for among this many numbers at most.
const TIES_MAX: usize = 400;

/// The operands that hold whole numbers only, though they are said to be real: ids or a mask, perhaps.
pub(crate) fn whole_operands(case: &Case) -> Vec<usize> {
    let is_whole = |x: &ArrayD<f64>| x.len() > 1 && x.iter().all(|x| x.fract() == 0.0 && *x >= 0.0);
    let all = (0..case.given).filter(|&i| case.operands[i].kind == OperandKind::Real);
    all.filter(|&i| is_whole(&case.operands[i].value)).collect()
}
