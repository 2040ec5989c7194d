//! Probabilities as they were counted: a fraction that is not reduced.

use std::fmt;

/// How often something happened, out of how often it could have.
///
/// It is shown as it was counted, 2/8 and not 1/4, because the counts are what a reader can check.
///
/// ```
/// use tapegrad_models::ngram::Fraction;
/// let p = Fraction { numerator: 2, denominator: 8 };
/// assert_eq!((p.to_string().as_str(), p.value()), ("2/8", 0.25));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    /// How often it happened.
    pub numerator: u64,
    /// How often it could have; never 0.
    pub denominator: u64,
}

impl Fraction {
    /// Gives the nearest floating-point number.
    pub fn value(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}
