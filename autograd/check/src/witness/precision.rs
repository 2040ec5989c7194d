//! The number types that differences are taken in, and the steps that suit each.

use crate::function::double_double::DoubleDouble;
use tapegrad_core::numbers::Real;

/// How many times a ladder in `f64` is begun anew with smaller steps while the bound is poor.
const LADDERS: usize = 5;

/// A number type that differences are taken in.
pub trait Precision: Real {
    /// How many halvings one ladder of steps has.
    const LEVELS: usize;
    /// Rounding of one evaluation, as a share of `|f|`: a sum of a few dozen terms loses about this.
    const ROUNDING: f64;
    /// A bound this small is good enough to stop at, whatever the derivative.
    const NOTHING: f64;

    /// The first steps of all ladders, the largest first.
    fn first_steps(x: f64) -> Vec<f64>;
}

impl Precision for f64 {
    const LEVELS: usize = 7;
    const ROUNDING: f64 = 16.0 * f64::EPSILON;
    const NOTHING: f64 = 1e-13;

    /// Powers of two near 1/4 and `|x|/4`, then smaller and smaller.
    fn first_steps(x: f64) -> Vec<f64> {
        let mut steps = vec![0.25];
        if x != 0.0 && x.is_finite() && !(0.3..3.0).contains(&x.abs()) {
            steps.push(power_of_two(x.abs() / 4.0).max(f64::MIN_POSITIVE * 1e20));
        }
        let smallest = steps.iter().copied().fold(f64::INFINITY, f64::min);
        let finest = (x.abs() * f64::EPSILON * 1024.0).max(1e-250);
        let narrower = (1..=LADDERS).map(|i| smallest * 2.0_f64.powi(-((Self::LEVELS * i) as i32)));
        steps.extend(narrower.filter(|&step| step > finest));
        steps.sort_by(|a, b| b.total_cmp(a));
        steps
    }
}

impl Precision for DoubleDouble {
    const LEVELS: usize = 4;
    const ROUNDING: f64 = 64.0 * f64::EPSILON * f64::EPSILON;
    const NOTHING: f64 = 1e-28;

    fn first_steps(x: f64) -> Vec<f64> {
        let scale = if x == 0.0 { 1.0 } else { power_of_two(x.abs()).min(1.0) };
        [-16, -26, -36, -46].map(|power| scale * 2.0_f64.powi(power)).into()
    }
}

fn power_of_two(step: f64) -> f64 {
    2.0_f64.powi(step.log2().floor() as i32)
}
