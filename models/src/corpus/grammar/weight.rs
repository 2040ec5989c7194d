//! Exact weights of alternatives: `3`, `0.25`, `2/5`.

use super::error::Problem;

/// A positive rational number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    numerator: u64,
    denominator: u64,
}

impl Weight {
    /// The weight of an alternative for which none is written.
    pub(super) const ONE: Weight = Weight {
        numerator: 1,
        denominator: 1,
    };

    /// Reads `3`, `0.25` or `2/5`.
    ///
    /// **Errors.** Signs, exponents and more than 9 digits a part are not weights; zero is an error of its own.
    pub(super) fn parse(text: &str) -> Result<Weight, Problem> {
        let bad = || Problem::BadWeight {
            found: text.to_string(),
        };
        let digits = |part: &str| match part.len() {
            1..=9 if part.bytes().all(|b| b.is_ascii_digit()) => part.parse::<u64>().map_err(|_| bad()),
            _ => Err(bad()),
        };
        let (numerator, denominator) = if let Some((above, below)) = text.split_once('/') {
            (digits(above)?, digits(below)?)
        } else if let Some((whole, fraction)) = text.split_once('.') {
            let scale = 10_u64.pow(u32::try_from(fraction.len().min(9)).map_err(|_| bad())?);
            (digits(whole)? * scale + digits(fraction)?, scale)
        } else {
            (digits(text)?, 1)
        };
        match (numerator, denominator) {
            (_, 0) => Err(bad()),
            (0, _) => Err(Problem::ZeroWeight),
            _ => Ok(Weight { numerator, denominator }),
        }
    }

    /// An equal share of the weight among `count` alternatives.
    pub(super) fn shared(self, count: usize) -> Result<Weight, Problem> {
        let denominator = u64::try_from(count)
            .ok()
            .and_then(|count| self.denominator.checked_mul(count));
        denominator
            .map(|denominator| Weight { denominator, ..self })
            .ok_or(Problem::UnwieldyWeights)
    }
}

/// The probabilities `w_i / Σ_j w_j`, each correctly rounded whenever the sum in lowest terms stays below 2⁵³.
pub(super) fn probabilities(weights: &[Weight]) -> Result<Vec<f64>, Problem> {
    let common = weights
        .iter()
        .try_fold(1_u64, |common, w| {
            (common / gcd(common, w.denominator)).checked_mul(w.denominator)
        })
        .ok_or(Problem::UnwieldyWeights)?;
    let mut whole = Vec::with_capacity(weights.len());
    for w in weights {
        whole.push(
            (common / w.denominator)
                .checked_mul(w.numerator)
                .ok_or(Problem::UnwieldyWeights)?,
        );
    }
    let divisor = whole.iter().fold(0, |divisor, &w| gcd(divisor, w));
    let total = whole
        .iter()
        .try_fold(0_u64, |total, &w| total.checked_add(w / divisor))
        .ok_or(Problem::UnwieldyWeights)?;
    Ok(whole.iter().map(|&w| (w / divisor) as f64 / total as f64).collect())
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(texts: &[&str]) -> Vec<f64> {
        let weights: Vec<_> = texts.iter().map(|text| Weight::parse(text).unwrap()).collect();
        probabilities(&weights).unwrap()
    }

    #[test]
    fn weights_in_every_notation_are_normalised_exactly() {
        assert_eq!(normalised(&["1", "1", "1"]), [1.0 / 3.0; 3]);
        assert_eq!(normalised(&["0.25", "2/5", "1"]), [5.0 / 33.0, 8.0 / 33.0, 20.0 / 33.0]);
        assert_eq!(normalised(&["0.1", "0.2"]), [1.0 / 3.0, 2.0 / 3.0]);
    }

    #[test]
    fn what_is_not_a_positive_number_is_refused() {
        for text in [
            "-1",
            "1e3",
            ".5",
            "1.",
            "1/0",
            "1/2/3",
            "1234567890",
            "0.1234567890",
            "³",
        ] {
            assert_eq!(
                Weight::parse(text),
                Err(Problem::BadWeight {
                    found: text.to_string()
                }),
                "{text}"
            );
        }
        for text in ["0", "0.000", "0/3"] {
            assert_eq!(Weight::parse(text), Err(Problem::ZeroWeight), "{text}");
        }
    }

    #[test]
    fn weights_without_a_common_denominator_are_refused() {
        let weights = ["1/999999937", "1/999999929", "1/999999893"].map(|text| Weight::parse(text).unwrap());
        assert_eq!(probabilities(&weights), Err(Problem::UnwieldyWeights));
    }
}
