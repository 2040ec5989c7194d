//! Comparisons as masks: `a > b` holds where `relu(a - b)` is not 0, `a == b` where `abs(a - b)` is 0.

use crate::syntax::ast::Binary;

/// A comparison as `measure(left - right)`, whose sides may be swapped and whose branches may be too.
pub(crate) struct Mask {
    /// True if the sides of the comparison are swapped.
    pub swapped: bool,
    /// The function that is not 0 where the mask says yes.
    pub measure: &'static str,
    /// True if the comparison holds where the mask says no.
    pub negated: bool,
}

impl Mask {
    /// The mask of a comparison.
    pub fn of(comparison: Binary) -> Self {
        let (swapped, measure, negated) = match comparison {
            Binary::Greater => (false, "relu", false),
            Binary::Less => (true, "relu", false),
            Binary::GreaterEqual => (true, "relu", true),
            Binary::LessEqual => (false, "relu", true),
            Binary::Equal => (false, "abs", true),
            _ => (false, "abs", false),
        };
        Self {
            swapped,
            measure,
            negated,
        }
    }

    /// Left and right as the mask takes them.
    pub fn sides<T>(&self, [left, right]: [T; 2]) -> [T; 2] {
        if self.swapped { [right, left] } else { [left, right] }
    }

    /// What is taken where the mask says yes, and where it says no.
    pub fn branches<T>(&self, [yes, no]: [T; 2]) -> [T; 2] {
        if self.negated { [no, yes] } else { [yes, no] }
    }
}
