//! Independent witnesses of a derivative: dual numbers, finite differences, and symbolic derivatives.
//!
//! They share no code: dual numbers apply exact rules to the formula, differences only call it, and [`symbolic`] derives
//! a program of the graph language. [`reference`] puts them together.

pub mod finite_difference;
pub(crate) mod jacobian;
pub(crate) mod precision;
pub mod reference;
pub(crate) mod reference_gradient;
pub(crate) mod value_rounding;

use ndarray::ArrayD;

use crate::function::Function;
use crate::function::double_double::DoubleDouble;
use crate::guard::caught;
use crate::witness::finite_difference::{Slope, slopes_of_rounded};
use crate::witness::precision::Precision;

/// A way to differentiate a function without its backward().
pub trait Witness {
    /// The derivatives of all entries of the value along `v` in one operand; `None` if the witness has none.
    fn along(&self, function: &dyn Function, x: &[ArrayD<f64>], operand: usize, v: &[f64]) -> Option<Vec<Slope>>;
}

/// Forward-mode differentiation by dual numbers: exact up to rounding.
#[derive(Clone, Copy, Debug)]
pub struct DualNumbers;

impl Witness for DualNumbers {
    fn along(&self, function: &dyn Function, x: &[ArrayD<f64>], operand: usize, v: &[f64]) -> Option<Vec<Slope>> {
        let tangent = caught(|| function.along(x, operand, v)).ok().flatten()?;
        let slope = |&value: &f64| Slope::Smooth {
            value,
            bound: EXACT * value.abs(),
        };
        Some(tangent.iter().map(slope).collect())
    }
}

/// The relative rounding of a derivative by dual numbers or by hand: some hundred operations of `ε` each.
pub const EXACT: f64 = 1024.0 * f64::EPSILON;

/// Finite differences in `f64` with Richardson extrapolation; they only call the function.
#[derive(Clone, Copy, Debug)]
pub struct FiniteDifferences;

impl Witness for FiniteDifferences {
    fn along(&self, function: &dyn Function, x: &[ArrayD<f64>], operand: usize, v: &[f64]) -> Option<Vec<Slope>> {
        self.of_rounded(function, x, (operand, v), <f64 as Precision>::ROUNDING)
    }
}

impl FiniteDifferences {
    /// The same of a function whose values are rounded by this share of themselves.
    pub(crate) fn of_rounded(
        self,
        function: &dyn Function,
        x: &[ArrayD<f64>],
        (operand, v): (usize, &[f64]),
        rounding: f64,
    ) -> Option<Vec<Slope>> {
        let slopes = moving(x, operand, v, rounding, |x: &[ArrayD<f64>]| {
            caught(|| function.value(x)).ok().map(|y| y.iter().copied().collect())
        });
        (!slopes.is_empty() || function_is_empty(function, x)).then_some(slopes)
    }
}

/// Finite differences in double-double precision, for cases where rounding in `f64` leaves too few digits.
#[derive(Clone, Copy, Debug)]
pub struct DoubleDoubleDifferences;

impl Witness for DoubleDoubleDifferences {
    fn along(&self, function: &dyn Function, x: &[ArrayD<f64>], operand: usize, v: &[f64]) -> Option<Vec<Slope>> {
        let rounding = <DoubleDouble as Precision>::ROUNDING;
        let slopes = moving(x, operand, v, rounding, |x: &[ArrayD<DoubleDouble>]| {
            let y = caught(|| function.value_double_double(x)).ok().flatten()?;
            Some(y.iter().copied().collect())
        });
        (!slopes.is_empty()).then_some(slopes)
    }
}

/// The slopes of `value` while one operand moves along `v`.
fn moving<T: Precision>(
    x: &[ArrayD<f64>],
    operand: usize,
    v: &[f64],
    rounding: f64,
    value: impl Fn(&[ArrayD<T>]) -> Option<Vec<T>>,
) -> Vec<Slope> {
    let start: Vec<ArrayD<T>> = x.iter().map(|x| x.mapv(T::from_f64)).collect();
    let moved: Vec<usize> = (0..v.len()).filter(|&i| v[i] != 0.0).collect();
    // One entry moves from where it stands; several move by a common step from 0.
    let single = (moved.len() == 1 && v[moved[0]] == 1.0).then(|| moved[0]);
    let origin = single.and_then(|i| x[operand].iter().nth(i)).copied().unwrap_or(0.0);
    slopes_of_rounded(origin, rounding, |t: T| {
        let mut x = start.clone();
        for (i, entry) in x[operand].iter_mut().enumerate() {
            match single {
                Some(only) if only == i => *entry = t,
                None => *entry += t * T::from_f64(v[i]),
                _ => {}
            }
        }
        value(&x)
    })
}

fn function_is_empty(function: &dyn Function, x: &[ArrayD<f64>]) -> bool {
    caught(|| function.value(x)).is_ok_and(|y| y.is_empty())
}
