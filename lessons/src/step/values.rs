//! The numbers put into the two-layer network: the lecture's, random ones, or a person's own.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// The numbers put into the two-layer network.
///
/// **Shapes**: `x: [M]`, `alpha: [D, M]`, `beta: [D]`, with any sizes from 1 on.
/// As JSON: `{"x": [1, 2], "t": 1, "alpha": [[0.1, 0.2], [0.3, -0.1]], "beta": [0.5, -0.4]}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// The input.
    pub x: Vec<f64>,
    /// The target: the probability that the answer is yes, from 0 to 1.
    pub t: f64,
    /// The weights of the first layer, a row for each hidden unit.
    pub alpha: Vec<Vec<f64>>,
    /// The weights of the second layer, one for each hidden unit.
    pub beta: Vec<f64>,
}

/// The largest number allowed: a sum of products of two such numbers is still finite.
const LARGEST: f64 = 1e100;

/// Why the network cannot be run on these numbers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ValuesError {
    /// The text is not JSON, or a field is missing, unknown or of another kind.
    #[error("these are not the values of the network: {0}")]
    Syntax(String),
    /// A list has another length than the others ask for.
    #[error("the length of {place} is {found} and should be {wanted}: {reason}")]
    Length {
        /// The name of the list.
        place: String,
        /// Its length.
        found: usize,
        /// The length that fits.
        wanted: usize,
        /// What asks for that length.
        reason: &'static str,
    },
    /// A list without numbers.
    #[error("{place} is empty; the network needs at least one input and one hidden unit")]
    Empty {
        /// The name of the list.
        place: &'static str,
    },
    /// A number so large that products of it may overflow.
    #[error("{place} has the number {number:e}; numbers from -1e100 to 1e100 are allowed")]
    Large {
        /// The name of the list.
        place: &'static str,
        /// The number.
        number: f64,
    },
    /// The target is no probability.
    #[error("t is {t}; the target is a probability, from 0 to 1")]
    Target {
        /// The target.
        t: f64,
    },
    /// The sigmoid was rounded to exactly 0 or 1, whose logarithm is infinite.
    #[error("J is {j}, because y was rounded to exactly {y}: log 0 is infinite; use values nearer to 0")]
    Saturated {
        /// The result of the second sigmoid.
        y: f64,
        /// The loss.
        j: f64,
    },
}

impl ValuesError {
    /// Where in the values the mistake is.
    pub fn place(&self) -> &str {
        match self {
            Self::Syntax(_) => "the text",
            Self::Length { place, .. } => place,
            Self::Empty { place } | Self::Large { place, .. } => place,
            Self::Target { .. } => "t",
            Self::Saturated { .. } => "y",
        }
    }
}

impl Values {
    /// The small values with which the table can be checked by hand.
    pub fn lecture() -> Self {
        Self {
            x: vec![1.0, 2.0],
            t: 1.0,
            alpha: vec![vec![0.1, 0.2], vec![0.3, -0.1]],
            beta: vec![0.5, -0.4],
        }
    }

    /// Random values of the same sizes: hundredths from -1 to 1, and a target that is 0 or 1.
    pub fn random(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut number = || f64::from(rng.random_range(-100..=100)) / 100.0;
        let (x, beta) = (vec![number(), number()], vec![number(), number()]);
        let alpha = vec![vec![number(), number()], vec![number(), number()]];
        let t = f64::from(u8::from(rng.random_bool(0.5)));
        Self { x, t, alpha, beta }
    }

    /// Reads values from JSON text.
    ///
    /// **Errors** if it is not JSON, has a wrong field, or the sizes do not fit together.
    pub fn parse(text: &str) -> Result<Self, ValuesError> {
        let values: Self = serde_json::from_str(text).map_err(|error| ValuesError::Syntax(error.to_string()))?;
        values.validate()?;
        Ok(values)
    }

    /// An error if the sizes do not fit together or the target is no probability.
    pub fn validate(&self) -> Result<(), ValuesError> {
        let lists = [("x", self.x.is_empty()), ("beta", self.beta.is_empty())];
        if let Some(&(place, _)) = lists.iter().find(|(_, empty)| *empty) {
            return Err(ValuesError::Empty { place });
        }
        let length = |place: String, found: usize, wanted: usize, reason| match found == wanted {
            true => Ok(()),
            false => Err(ValuesError::Length {
                place,
                found,
                wanted,
                reason,
            }),
        };
        length(
            "alpha".into(),
            self.alpha.len(),
            self.beta.len(),
            "a row for each entry of beta",
        )?;
        for (row, weights) in self.alpha.iter().enumerate() {
            let place = format!("row {} of alpha", row + 1);
            length(place, weights.len(), self.x.len(), "a weight for each entry of x")?;
        }
        let numbers = [("x", &self.x), ("beta", &self.beta)].into_iter();
        let numbers = numbers.chain(self.alpha.iter().map(|weights| ("alpha", weights)));
        for (place, list) in numbers {
            let large = |number: &&f64| !(-LARGEST..=LARGEST).contains(*number);
            if let Some(&number) = list.iter().find(large) {
                return Err(ValuesError::Large { place, number });
            }
        }
        match (0.0..=1.0).contains(&self.t) {
            true => Ok(()),
            false => Err(ValuesError::Target { t: self.t }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_depend_on_the_seed_alone_and_fit_together() {
        assert_eq!(Values::random(3), Values::random(3));
        assert_ne!(Values::random(3), Values::random(4));
        (0..50).for_each(|seed| Values::random(seed).validate().unwrap());
    }

    #[test]
    fn values_of_other_sizes_are_read() {
        let text = r#"{"x": [1, 2, 3], "t": 0.25, "alpha": [[0, 0.5, 1]], "beta": [2]}"#;
        assert_eq!(Values::parse(text).unwrap().alpha, [[0.0, 0.5, 1.0]]);
    }

    #[test]
    fn a_mistake_in_the_values_is_named_with_its_place() {
        let texts = [
            r#"{"x": [1], "t": 1, "alpha": [[1, 2]], "beta": [1]}"#,
            r#"{"x": [1], "t": 1, "alpha": [[1], [2]], "beta": [1]}"#,
            r#"{"x": [], "t": 1, "alpha": [[]], "beta": [1]}"#,
            r#"{"x": [1], "t": 2, "alpha": [[1]], "beta": [1]}"#,
            r#"{"x": [1e200], "t": 1, "alpha": [[1]], "beta": [1]}"#,
            "x = 1",
        ];
        let said = texts.map(|text| Values::parse(text).unwrap_err().to_string());
        insta::assert_snapshot!(said.join("\n"), @r"
        the length of row 1 of alpha is 2 and should be 1: a weight for each entry of x
        the length of alpha is 2 and should be 1: a row for each entry of beta
        x is empty; the network needs at least one input and one hidden unit
        t is 2; the target is a probability, from 0 to 1
        x has the number 1e200; numbers from -1e100 to 1e100 are allowed
        these are not the values of the network: expected value at line 1 column 1
        ");
        let unknown = Values::parse(r#"{"x": [1], "t": 1, "alfa": [[1]], "beta": [1]}"#).unwrap_err();
        assert!(unknown.to_string().contains("unknown field `alfa`"), "{unknown}");
    }
}
