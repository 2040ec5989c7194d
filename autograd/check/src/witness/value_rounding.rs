//! How much the values of a function are rounded, measured from the values alone.
//!
//! Along a line the third differences of a smooth function fall with the cube of the spacing; those of rounding stay. A
//! function that computes in `f32` inside shows values that are rounded by `6e-8` and not by `1e-16`.

use ndarray::ArrayD;

use crate::function::Function;
use crate::guard::caught;
use crate::magnitude::largest;

/// The spacings, as a share of each operand: some steps of `f32` wide.
const SPACINGS: [f64; 2] = [1.0 / 1_048_576.0, 1.0 / 4_194_304.0];
/// A spacing that shows no rounding is taken in other widths too: values a whole number of steps apart show none.
const WIDTHS: [f64; 2] = [0.731, 1.373];
/// How many values are taken along a line.
const VALUES: usize = 9;
/// More than this is no rounding: the values change from call to call.
const MOST: f64 = 1e-5;
/// Less than this is what `f64` does.
const USUAL: f64 = 256.0 * f64::EPSILON;

/// The rounding of the values as a share of the largest; `None` if it is that of `f64`.
pub(crate) fn value_rounding(function: &dyn Function, x: &[ArrayD<f64>], real: &[usize]) -> Option<f64> {
    let along = |spacing: f64| -> Option<f64> {
        let value = |k: usize| -> Option<Vec<f64>> {
            let mut x = x.to_vec();
            for &i in real {
                // Entries move by different amounts, so that no symmetry keeps the value.
                let mut n = 0.0_f64;
                x[i].mapv_inplace(|entry| {
                    n += 1.0;
                    entry + spacing * k as f64 * (1.0 + (n * 0.618).fract()) * entry.abs().max(1e-3)
                });
            }
            caught(|| function.value(&x)).ok().map(|y| y.iter().copied().collect())
        };
        let values: Vec<Vec<f64>> = (0..VALUES).map(value).collect::<Option<_>>()?;
        let height = largest(values.iter().flatten().filter(|y| y.is_finite()));
        let third = |window: &[Vec<f64>], entry: usize| {
            let y = |k: usize| window[k].get(entry).copied().unwrap_or(f64::NAN);
            (y(3) - 3.0 * y(2) + 3.0 * y(1) - y(0)).abs()
        };
        let entries = values[0].len();
        let most = values
            .windows(4)
            .flat_map(|window| (0..entries).map(move |entry| third(window, entry)))
            .filter(|difference| difference.is_finite())
            .fold(0.0, f64::max);
        (height > 0.0).then(|| most / (4.0 * height))
    };
    let rounding = SPACINGS
        .iter()
        .map(|spacing| -> Option<f64> {
            let usual = along(*spacing)?;
            if usual >= USUAL {
                return Some(usual);
            }
            let of_widths = WIDTHS.iter().map(|width| along(spacing * width));
            of_widths
                .collect::<Option<Vec<f64>>>()
                .map(|of_widths| of_widths.into_iter().fold(0.0, f64::max))
        })
        .collect::<Option<Vec<f64>>>()?;
    let rounding = rounding.into_iter().fold(f64::INFINITY, f64::min);
    (USUAL..MOST).contains(&rounding).then_some(rounding)
}
