//! The numbers put into the two-layer network: the lecture's, random ones, or a person's own.

use ndarray::{Array2, ArrayD};
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

/// Why the network cannot be run on these numbers, and where the mistake is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ValuesError {
    /// The name of the number or list.
    pub place: String,
    message: String,
}

impl ValuesError {
    pub(super) fn new(place: impl Into<String>, message: String) -> Self {
        let place = place.into();
        Self { place, message }
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
        let wrong = |error| ValuesError::new("the text", format!("these are not the values of the network: {error}"));
        let values: Self = serde_json::from_str(text).map_err(wrong)?;
        values.validate()?;
        Ok(values)
    }

    /// An error if the sizes do not fit together or the target is no probability.
    pub fn validate(&self) -> Result<(), ValuesError> {
        for (place, list) in [("x", &self.x), ("beta", &self.beta)] {
            require(!list.is_empty(), place, || {
                format!("{place} is empty; the network needs at least one input and one hidden unit")
            })?;
        }
        let length = |place: &str, found: usize, wanted: usize, reason: &str| {
            require(found == wanted, place, || {
                format!("the length of {place} is {found} and should be {wanted}: {reason}")
            })
        };
        length(
            "alpha",
            self.alpha.len(),
            self.beta.len(),
            "a row for each entry of beta",
        )?;
        for (row, weights) in self.alpha.iter().enumerate() {
            let place = format!("row {} of alpha", row + 1);
            length(&place, weights.len(), self.x.len(), "a weight for each entry of x")?;
        }
        let lists = [("x", &self.x), ("beta", &self.beta)].into_iter();
        for (place, list) in lists.chain(self.alpha.iter().map(|weights| ("alpha", weights))) {
            for number in list {
                require((-LARGEST..=LARGEST).contains(number), place, || {
                    format!("{place} has the number {number:e}; numbers from -1e100 to 1e100 are allowed")
                })?;
            }
        }
        require((0.0..=1.0).contains(&self.t), "t", || {
            format!("t is {}; the target is a probability, from 0 to 1", self.t)
        })
    }
}

fn require(holds: bool, place: &str, message: impl FnOnce() -> String) -> Result<(), ValuesError> {
    match holds {
        true => Ok(()),
        false => Err(ValuesError::new(place, message())),
    }
}

/// The rows as a matrix.
///
/// **Panics** if they differ in length, which validated values do not.
pub(super) fn matrix(rows: &[Vec<f64>]) -> ArrayD<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    let matrix = Array2::from_shape_vec((rows.len(), columns), rows.concat());
    matrix.expect("validated rows have the same length").into_dyn()
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
