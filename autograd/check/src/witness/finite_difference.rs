//! Derivatives by differences, with a bound on their error that is computed and not chosen.
//!
//! The central difference `(f(x+h) - f(x-h)) / 2h` is wrong by `c_2 h² + c_4 h⁴ + ..` and by rounding, `ε |f| / h`.
//! Halving `h` and combining, `T_m(h/2) + (T_m(h/2) - T_m(h)) / (4^(m+1) - 1)`, takes one power out at a time; how
//! much a combination still moves bounds what is left of the first error, and the second is known. The entry of the
//! tableau with the least sum is taken. Source: Richardson (1911); Ridders, "Accurate computation of F'(x)" (1982).
//!
//! Steps are powers of two, so that `x + h` is exact. In `f64` they begin at 1/4 and at a quarter of `|x|`, because a
//! function may vary on a scale of 1 or of `x`, and become smaller while the bound is poor. In doubled precision they
//! begin so small that a few halvings do. A step that leaves the domain gives no value and is left out. Where the
//! slopes from the left and from the right keep their distance when `h` is halved there is a kink, and no derivative
//! is given.

use crate::witness::precision::Precision;

/// A relative bound that is good enough to stop at.
const GOOD: f64 = 1e-10;
/// A bound of so many roundings of the value is all that steps of a size can give.
const LIMITED: f64 = 16.0;
/// How far beyond its last movement a combination may still be from the derivative.
const SAFETY: f64 = 8.0;

/// The derivative of one entry by differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slope {
    /// The derivative and a bound on its error.
    Smooth {
        /// The derivative.
        value: f64,
        /// The bound on its error.
        bound: f64,
    },
    /// The slopes from the left and from the right, which differ.
    Kink {
        /// The smaller slope.
        low: f64,
        /// The larger slope.
        high: f64,
    },
    /// No step gave a value on both sides.
    NoValue,
}

/// The derivatives of all entries of `f` at `x`; `f` gives no value outside its domain.
///
/// **Errors** of rounding are bounded from the values of `f` alone: a function that loses digits inside, which its
/// result does not show, has a larger error than is said here.
pub fn slopes<T: Precision>(x: f64, f: impl Fn(T) -> Option<Vec<T>>) -> Vec<Slope> {
    slopes_of_rounded(x, T::ROUNDING, f)
}

/// The same of a function whose values are rounded by this share of themselves.
pub(crate) fn slopes_of_rounded<T: Precision>(x: f64, rounding: f64, f: impl Fn(T) -> Option<Vec<T>>) -> Vec<Slope> {
    let Some(here) = f(T::from_f64(x)) else {
        return Vec::new();
    };
    if !x.is_finite() {
        // What stands at -∞ is masked and cannot be moved.
        return vec![Slope::Smooth { value: 0.0, bound: 0.0 }; here.len()];
    }
    let heights = here.iter().map(|y| y.to_f64().abs()).filter(|y| y.is_finite());
    let height = heights.fold(0.0, f64::max);
    let mut best = vec![Slope::NoValue; here.len()];
    for first in T::first_steps(x) {
        let ladder = Ladder::climb(x, first, &here, rounding, &f);
        for (entry, best) in best.iter_mut().enumerate() {
            *best = finer_or_better(*best, ladder.slope(entry));
        }
        // Where rounding is what is left of the error, smaller steps make it larger.
        let limit = LIMITED * rounding * height / first;
        let is_done =
            |slope: &Slope| is_good::<T>(slope) || matches!(slope, Slope::Smooth { bound, .. } if *bound <= limit);
        if best.iter().all(is_done) && is_confirmed(x, first, &here, &best, &f) {
            break;
        }
    }
    best
}

/// The finer of two estimates that exclude each other, because coarse steps may jump over whole waves; else the better.
fn finer_or_better(coarse: Slope, finer: Slope) -> Slope {
    match (coarse, finer) {
        (
            Slope::Smooth {
                value: a,
                bound: a_bound,
            },
            Slope::Smooth {
                value: b,
                bound: b_bound,
            },
        ) if (a - b).abs() > a_bound + b_bound => finer,
        _ => better(coarse, finer),
    }
}

/// True if one difference at a far smaller step agrees roughly: the steps of the ladder missed no detail.
fn is_confirmed<T: Precision>(
    x: f64,
    first: f64,
    here: &[T],
    best: &[Slope],
    f: &impl Fn(T) -> Option<Vec<T>>,
) -> bool {
    let Some(far) = StepLevel::at(x, first * 2.0_f64.powi(-16), here, T::ROUNDING, f) else {
        return false;
    };
    best.iter().enumerate().all(|(i, slope)| {
        let Slope::Smooth { value, bound } = *slope else {
            return false;
        };
        let central = (far.right[i] + far.left[i]) / (2.0 * far.h);
        !here[i].to_f64().is_finite() || (central - value).abs() <= 0.01 * value.abs() + bound + far.noise(i)
    })
}

fn is_good<T: Precision>(slope: &Slope) -> bool {
    matches!(slope, Slope::Smooth { value, bound } if *bound <= GOOD * value.abs() || *bound <= T::NOTHING)
}

fn better(a: Slope, b: Slope) -> Slope {
    match (a, b) {
        (Slope::Smooth { bound: a_bound, .. }, Slope::Smooth { bound, .. }) if bound < a_bound => b,
        (Slope::Smooth { .. }, _) | (_, Slope::NoValue) => a,
        _ => b,
    }
}

/// How far `f` moves on both sides of `x` at one step.
struct StepLevel {
    h: f64,
    /// `f(x+h) - f(x)`.
    right: Vec<f64>,
    /// `f(x) - f(x-h)`.
    left: Vec<f64>,
    /// The largest of the three values in magnitude.
    height: Vec<f64>,
    /// Rounding of the values, as a share of each.
    rounding: f64,
}

impl StepLevel {
    fn at<T: Precision>(x: f64, h: f64, here: &[T], rounding: f64, f: &impl Fn(T) -> Option<Vec<T>>) -> Option<Self> {
        let (x, step) = (T::from_f64(x), T::from_f64(h));
        let (right, left) = (f(x + step)?, f(x - step)?);
        let width = (x + step) - (x - step);
        let each = |i: usize| {
            right[i]
                .to_f64()
                .abs()
                .max(left[i].to_f64().abs())
                .max(here[i].to_f64().abs())
        };
        Some(Self {
            h: width.to_f64() / 2.0,
            rounding,
            height: (0..here.len()).map(each).collect(),
            right: right.iter().zip(here).map(|(&r, &f)| (r - f).to_f64()).collect(),
            left: left.iter().zip(here).map(|(&l, &f)| (f - l).to_f64()).collect(),
        })
    }

    /// What rounding of the values makes of a slope.
    fn noise(&self, entry: usize) -> f64 {
        self.rounding * self.height[entry] / self.h
    }
}

/// The levels at halving steps.
struct Ladder<'a, T> {
    here: &'a [T],
    levels: Vec<StepLevel>,
}

impl<'a, T: Precision> Ladder<'a, T> {
    fn climb(x: f64, first: f64, here: &'a [T], rounding: f64, f: &impl Fn(T) -> Option<Vec<T>>) -> Self {
        let at = |level: usize| StepLevel::at(x, first * 0.5_f64.powi(level as i32), here, rounding, f);
        let levels = (0..T::LEVELS).filter_map(at).filter(|level| level.h != 0.0).collect();
        Self { here, levels }
    }

    /// The best entry of the tableau over the levels that show no kink.
    fn slope(&self, entry: usize) -> Slope {
        if !self.here[entry].to_f64().is_finite() {
            return Slope::Smooth { value: 0.0, bound: 0.0 };
        }
        let mut best = Slope::NoValue;
        let mut row: Vec<f64> = Vec::new();
        let mut jump_before = f64::INFINITY;
        for level in &self.levels {
            let (d_left, d_right) = (level.left[entry] / level.h, level.right[entry] / level.h);
            if !(d_left.is_finite() && d_right.is_finite()) {
                row.clear();
                continue;
            }
            // The tableau itself is computed in f64.
            let central = (d_left + d_right) / 2.0;
            let noise = level.noise(entry) + 4.0 * f64::EPSILON * central.abs();
            let jump = (d_right - d_left).abs();
            let is_smooth = jump <= 4.0 * noise || jump <= 0.75 * jump_before;
            jump_before = if jump_before.is_infinite() && !is_smooth {
                jump
            } else {
                jump.max(noise)
            };
            if !is_smooth {
                row.clear();
                let (low, high) = (d_left.min(d_right), d_left.max(d_right));
                best = better(best, Slope::Kink { low, high });
                continue;
            }
            let next = extrapolate(central, &row);
            if !row.is_empty() {
                best = better(best, least(&row, &next, noise));
            }
            row = next;
        }
        best
    }
}

/// The next row of the tableau: `central` and what it gives with the row before.
fn extrapolate(central: f64, before: &[f64]) -> Vec<f64> {
    let mut row = vec![central];
    let mut power = 1.0;
    for (m, &coarse) in before.iter().enumerate() {
        power *= 4.0;
        row.push(row[m] + (row[m] - coarse) / (power - 1.0));
    }
    row
}

/// The entry of a row that moved least, with what its movement and rounding allow it to be wrong.
fn least(before: &[f64], row: &[f64], noise: f64) -> Slope {
    let mut best = Slope::NoValue;
    for m in 0..row.len() {
        let moved = match m {
            0 => (row[0] - before[0]).abs(),
            _ => (row[m] - row[m - 1]).abs().max((row[m] - before[m - 1]).abs()),
        };
        best = better(
            best,
            Slope::Smooth {
                value: row[m],
                bound: SAFETY * moved + 2.0 * noise,
            },
        );
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::double_double::DoubleDouble;
    use tapegrad_core::numbers::Scalar;

    fn slope(x: f64, f: impl Fn(f64) -> f64) -> Slope {
        slopes(x, |x: f64| Some(vec![f(x)]))[0]
    }

    fn assert_covers(x: f64, f: impl Fn(f64) -> f64, truth: f64, relative: f64) {
        let Slope::Smooth { value, bound } = slope(x, f) else {
            panic!("no slope at {x}")
        };
        assert!(
            (value - truth).abs() <= bound,
            "{value} ± {bound} does not cover {truth}"
        );
        assert!(bound <= relative * truth.abs(), "± {bound} at {x}");
    }

    #[test]
    fn the_step_follows_the_scale_of_the_function_and_of_its_argument() {
        assert_covers(0.7, f64::exp, 0.7_f64.exp(), 1e-10);
        assert_covers(1e6, f64::sin, 1e6_f64.cos(), 1e-7);
        assert_covers(1e-6, f64::ln, 1e6, 1e-10);
        assert_covers(1e6, |x| x * x, 2e6, 1e-10);
        assert_covers(1e-6, |x| (1e6 * x).exp(), 1e6 * 1.0_f64.exp(), 1e-9);
    }

    #[test]
    fn in_doubled_precision_a_slope_of_a_billionth_of_the_value_is_certain() {
        // x / √(x² + ε) is the sign of x but for ε; its slope is ε / (x² + ε)^(3/2).
        let (x, epsilon) = (2.0, 1e-9);
        let truth = epsilon / (x * x + epsilon).powf(1.5);
        let flat = |x: DoubleDouble| Some(vec![x / (x * x + DoubleDouble::from_f64(epsilon)).sqrt()]);
        let Slope::Smooth { value, bound } = slopes(x, flat)[0] else {
            panic!("no slope")
        };
        assert!(
            (value - truth).abs() <= bound + 1e-14 * truth && bound <= 1e-9 * truth,
            "{value} ± {bound}, {truth}"
        );
        let relu = |x: DoubleDouble| Some(vec![x.maximum(DoubleDouble::from_f64(0.0))]);
        assert_eq!(slopes(0.0, relu), [Slope::Kink { low: 0.0, high: 1.0 }]);
        assert!(matches!(slopes(1e-9, relu)[0], Slope::Smooth { value: 1.0, .. }));
    }

    #[test]
    fn a_kink_beside_the_point_is_avoided_and_one_at_the_point_is_named() {
        let relu = |x: f64| x.max(0.0);
        assert_covers(1e-4, relu, 1.0, 1e-9);
        assert_eq!(slope(0.0, relu), Slope::Kink { low: 0.0, high: 1.0 });
        assert_eq!(slope(0.0, f64::abs), Slope::Kink { low: -1.0, high: 1.0 });
    }

    #[test]
    fn a_function_without_values_on_one_side_has_no_slope() {
        let root = |x: f64| (x >= 0.0).then(|| vec![x.sqrt()]);
        assert_eq!(slopes(0.0, root), [Slope::NoValue]);
    }
}
