//! Derivatives by differences, with a bound on their error that is computed and not chosen.
//!
//! The central difference `(f(x+h) - f(x-h)) / 2h` is wrong by `c_2 h² + c_4 h⁴ + ..` and by rounding, `ε |f| / h`.
//! Halving `h` and combining, `T_m(h/2) + (T_m(h/2) - T_m(h)) / (4^(m+1) - 1)`, takes one power out at a time; how
//! much a combination still moves bounds what is left of the first error, and the second is known. The entry of the
//! tableau with the least sum is taken. Source: Richardson (1911); Ridders, "Accurate computation of F'(x)" (1982).
//!
//! Steps are powers of two, so that `x + h` is exact; they begin at 1/4 and at a quarter of `|x|`, because a function
//! may vary on a scale of 1 or of `x`, and become smaller while the bound is poor. A step that leaves the domain
//! gives no value and is left out. Where the slopes from the left and from the right keep their distance when `h` is
//! halved there is a kink, and no derivative is given.

/// The halvings within one ladder of steps.
const LEVELS: usize = 7;
/// How many times a ladder is begun anew with smaller steps while the bound is poor.
const LADDERS: usize = 5;
/// A relative bound that is good enough to stop at.
const GOOD: f64 = 1e-10;
/// Rounding of one evaluation, in units of `ε |f|`: a sum of a few dozen terms loses about this.
const ROUNDING: f64 = 16.0;
/// How far beyond its last movement a combination may still be from the truth.
const SAFETY: f64 = 8.0;

/// What the differences say of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slope {
    /// The derivative and a bound on its error.
    Smooth {
        /// The derivative.
        value: f64,
        /// How far it may be from the truth.
        bound: f64,
    },
    /// The slopes from the left and from the right, which differ.
    Kink {
        /// The smaller one.
        low: f64,
        /// The larger one.
        high: f64,
    },
    /// No step gave a value on both sides.
    NoValue,
}

/// The derivatives of all entries of `f` at `x`; `f` gives no value outside its domain.
///
/// **Errors** of rounding are bounded from the values of `f` alone: a function that loses digits inside, which its
/// result does not show, has a larger error than is said here.
pub fn slopes(x: f64, f: impl Fn(f64) -> Option<Vec<f64>>) -> Vec<Slope> {
    let Some(here) = f(x) else { return Vec::new() };
    if !x.is_finite() {
        // What stands at -∞ is masked and cannot be moved.
        return vec![Slope::Smooth { value: 0.0, bound: 0.0 }; here.len()];
    }
    let mut best = vec![Slope::NoValue; here.len()];
    for first in first_steps(x) {
        let ladder = Ladder::climb(x, first, &here, &f);
        for (entry, best) in best.iter_mut().enumerate() {
            *best = finer_or_better(*best, ladder.slope(entry));
        }
        if best.iter().all(is_good) && is_confirmed(x, first, &here, &best, &f) {
            break;
        }
    }
    best
}

/// The first steps of all ladders: powers of two near 1/4 and `|x|/4`, then smaller and smaller.
fn first_steps(x: f64) -> Vec<f64> {
    let power = |step: f64| 2.0_f64.powi(step.log2().floor() as i32);
    let mut steps = vec![0.25];
    if x != 0.0 && x.is_finite() && !(0.3..3.0).contains(&x.abs()) {
        steps.push(power(x.abs() / 4.0).max(f64::MIN_POSITIVE * 1e20));
    }
    let smallest = steps.iter().copied().fold(f64::INFINITY, f64::min);
    let finest = (x.abs() * f64::EPSILON * 1024.0).max(1e-250);
    let narrower = (1..=LADDERS).map(|i| smallest * 2.0_f64.powi(-((LEVELS * i) as i32)));
    steps.extend(narrower.filter(|&step| step > finest));
    steps.sort_by(|a, b| b.total_cmp(a));
    steps
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

/// True if one difference at a far smaller step agrees roughly: nothing happens between the steps of the ladder.
fn is_confirmed(x: f64, first: f64, here: &[f64], best: &[Slope], f: &impl Fn(f64) -> Option<Vec<f64>>) -> bool {
    let h = first * 2.0_f64.powi(-16);
    let (Some(right), Some(left)) = (f(x + h), f(x - h)) else {
        return false;
    };
    let width = (x + h) - (x - h);
    best.iter().enumerate().all(|(i, slope)| {
        let Slope::Smooth { value, bound } = *slope else {
            return false;
        };
        let noise = ROUNDING * f64::EPSILON * here[i].abs().max(right[i].abs()) / h;
        !here[i].is_finite() || ((right[i] - left[i]) / width - value).abs() <= 0.01 * value.abs() + bound + noise
    })
}

fn is_good(slope: &Slope) -> bool {
    matches!(slope, Slope::Smooth { value, bound } if *bound <= GOOD * value.abs() || *bound <= 1e-13)
}

fn better(a: Slope, b: Slope) -> Slope {
    match (a, b) {
        (Slope::Smooth { bound: a_bound, .. }, Slope::Smooth { bound, .. }) => {
            if bound < a_bound {
                b
            } else {
                a
            }
        }
        (Slope::Smooth { .. }, _) | (_, Slope::NoValue) => a,
        _ => b,
    }
}

/// The values of `f` on both sides of `x` at halving steps.
struct Ladder<'a> {
    here: &'a [f64],
    steps: Vec<f64>,
    right: Vec<Vec<f64>>,
    left: Vec<Vec<f64>>,
}

impl<'a> Ladder<'a> {
    fn climb(x: f64, first: f64, here: &'a [f64], f: &impl Fn(f64) -> Option<Vec<f64>>) -> Self {
        let mut ladder = Self {
            here,
            steps: Vec::new(),
            right: Vec::new(),
            left: Vec::new(),
        };
        for level in 0..LEVELS {
            let h = first * 0.5_f64.powi(level as i32);
            let (Some(right), Some(left)) = (f(x + h), f(x - h)) else {
                continue;
            };
            ladder.steps.push(((x + h) - (x - h)) / 2.0);
            ladder.right.push(right);
            ladder.left.push(left);
        }
        ladder
    }

    /// The best entry of the tableau over the levels that show no kink.
    fn slope(&self, entry: usize) -> Slope {
        let f = self.here[entry];
        if !f.is_finite() {
            return Slope::Smooth { value: 0.0, bound: 0.0 };
        }
        let mut best = Slope::NoValue;
        let mut row: Vec<f64> = Vec::new();
        let mut jump_before = f64::INFINITY;
        for (level, &h) in self.steps.iter().enumerate() {
            let (right, left) = (self.right[level][entry], self.left[level][entry]);
            if !(right.is_finite() && left.is_finite()) || h == 0.0 {
                row.clear();
                continue;
            }
            let noise = ROUNDING * f64::EPSILON * f.abs().max(right.abs()).max(left.abs()) / h;
            let (d_left, d_right) = ((f - left) / h, (right - f) / h);
            let jump = (d_right - d_left).abs();
            let is_smooth = jump <= 4.0 * noise || jump <= 0.75 * jump_before;
            jump_before = if jump_before.is_infinite() && !is_smooth {
                jump
            } else {
                jump.max(noise)
            };
            if !is_smooth {
                row.clear();
                best = better(
                    best,
                    Slope::Kink {
                        low: d_left.min(d_right),
                        high: d_left.max(d_right),
                    },
                );
                continue;
            }
            let next = extrapolate((right - left) / (2.0 * h), &row);
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

    fn slope(x: f64, f: impl Fn(f64) -> f64) -> Slope {
        slopes(x, |x| Some(vec![f(x)]))[0]
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
