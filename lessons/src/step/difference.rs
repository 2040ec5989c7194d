//! The check of a gradient: how much J changes when one number is moved a little to both sides.
//!
//! `dJ/du ≈ (J(u + h) - J(u - h)) / 2h`, with an error of the order `h²`, and a noise of the order `ε/h` as J is
//! rounded: at `h = 1e-5` both are about `1e-10`.

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

use super::network::objective;
use super::values::Values;

/// The step to each side, for numbers of the size of 1.
const STEP: f64 = 1e-5;
/// The largest difference to the gradient, as a share of it, that counts as agreement.
pub const RELATIVE_BOUND: f64 = 1e-6;

/// What the central difference says about one entry of a gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The central difference; `None` where rounding leaves no room for one.
    pub value: Option<f64>,
    /// `|difference - gradient|` as a share of the larger of the two; 0 if both are 0.
    pub relative_error: Option<f64>,
    /// Whether the two agree.
    pub verdict: Verdict,
}

/// Whether a gradient and its central difference agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// They agree as far as rounding allows.
    Agrees,
    /// They do not.
    Differs,
    /// The difference would show nothing but rounding: the number is too close to a limit of the function.
    Unchecked,
}

/// Compares one entry of a gradient with the central difference of J.
///
/// `value` is the value of the variable with this `letter`, `index` the entry's position in it, `slope` the steepest
/// derivative on the way to J, through which roundings reach it.
pub fn difference(
    values: &Values,
    letter: &str,
    value: &ArrayD<f64>,
    index: usize,
    gradient: f64,
    slope: f64,
) -> Difference {
    let moved = |by: f64| {
        let mut moved = value.clone();
        let entry = moved
            .iter_mut()
            .nth(index)
            .expect("the entry is one of the value's own");
        *entry += by;
        (*entry, objective(values, Some((letter, &moved))))
    };
    let at = value
        .iter()
        .nth(index)
        .copied()
        .expect("the entry is one of the value's own");
    // y must stay between 0 and 1, where its logarithms are.
    let step = if letter == "y" {
        STEP * at.min(1.0 - at)
    } else {
        STEP * at.abs().max(1.0)
    };
    let noise = 4.0 * f64::EPSILON * (1.0 + at.abs() + slope.abs()) / step;
    let unchecked = Difference {
        value: None,
        relative_error: None,
        verdict: Verdict::Unchecked,
    };
    if noise.is_nan() || noise > 1e-3 * gradient.abs().max(1.0) {
        return unchecked;
    }
    let ((above, j_above), (below, j_below)) = (moved(step), moved(-step));
    let difference = (j_above - j_below) / (above - below);
    if !difference.is_finite() {
        return unchecked;
    }
    let error = (difference - gradient).abs();
    let size = difference.abs().max(gradient.abs());
    Difference {
        value: Some(difference),
        relative_error: Some(if error == 0.0 { 0.0 } else { error / size }),
        verdict: if error <= RELATIVE_BOUND * size + noise {
            Verdict::Agrees
        } else {
            Verdict::Differs
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr0;

    #[test]
    fn the_right_gradient_agrees_and_a_wrong_sign_differs() {
        let values = Values::lecture();
        let y = arr0(0.6).into_dyn();
        let right = difference(&values, "y", &y, 0, 1.0 / 0.6, 1.0);
        assert_eq!(right.verdict, Verdict::Agrees);
        assert!(right.relative_error.unwrap() < 1e-8);
        assert_eq!(
            difference(&values, "y", &y, 0, -1.0 / 0.6, 1.0).verdict,
            Verdict::Differs
        );
        assert_eq!(
            difference(&values, "y", &y, 0, 1.00001 / 0.6, 1.0).verdict,
            Verdict::Differs
        );
    }

    #[test]
    fn a_number_too_close_to_its_limit_is_unchecked_and_not_called_right() {
        let y = arr0(1.0 - 1e-15).into_dyn();
        let close = difference(&Values::lecture(), "y", &y, 0, 1.0, 1.0);
        assert_eq!((close.value, close.verdict), (None, Verdict::Unchecked));
    }
}
