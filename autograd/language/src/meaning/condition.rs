//! Conditions between sizes and positions of loops, which say whether a branch is computed.

use std::fmt;

use super::size::Size;
use crate::syntax::ast::Binary;

/// A comparison of sizes and positions of loops, or several.
#[derive(Clone, Debug)]
pub enum Condition {
    /// One comparison.
    Compare(Size, Binary, Size),
    /// Two conditions with `and` or `or` between.
    Both(Binary, Box<(Condition, Condition)>),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(left, comparison, right) => write!(f, "{left} {} {right}", comparison.sign()),
            Self::Both(operator, parts) => write!(f, "{} {} {}", parts.0, operator.sign(), parts.1),
        }
    }
}

impl Condition {
    /// Its comparisons.
    pub fn comparisons(&self) -> Vec<(&Size, Binary, &Size)> {
        match self {
            Self::Compare(left, comparison, right) => vec![(left, *comparison, right)],
            Self::Both(_, parts) => {
                let mut all = crate::stack::deeper(|| parts.0.comparisons());
                all.extend(parts.1.comparisons());
                all
            }
        }
    }

    /// Whether it holds, with these numbers for sizes.
    pub fn holds<E>(&self, number: &dyn Fn(&Size) -> Result<i64, E>) -> Result<bool, E> {
        Ok(match self {
            Self::Compare(left, comparison, right) => {
                let (left, right) = (number(left)?, number(right)?);
                match comparison {
                    Binary::Less => left < right,
                    Binary::LessEqual => left <= right,
                    Binary::Equal => left == right,
                    Binary::NotEqual => left != right,
                    Binary::GreaterEqual => left >= right,
                    _ => left > right,
                }
            }
            Self::Both(Binary::And, parts) => parts.0.holds(number)? && parts.1.holds(number)?,
            Self::Both(_, parts) => parts.0.holds(number)? || parts.1.holds(number)?,
        })
    }
}
