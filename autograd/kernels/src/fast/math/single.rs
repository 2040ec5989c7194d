//! Elementary functions in `f32` without branches, so that a loop over them becomes vector instructions.
//!
//! `exp(x) = 2ⁿ e^r` with `n = round(x / ln 2)`, `|r| ≤ ½ ln 2`, and a polynomial for `e^r - 1`.
//! Source of the reduction and of the coefficients: Moshier, Cephes library, `expf`.
//!
//! The largest errors against `f64`, which the tests of the elementwise kernels hold for results of every size,
//! subnormal ones included, are in units in the last place: exp 1.1, tanh 3, sigmoid 3.

use pulp::Simd;

use super::Elementary;
use crate::fast::float::Float;

impl Elementary for f32 {
    #[inline(always)]
    fn exp_at<S: Simd>(self) -> Self {
        // Beyond these exp is 0 or ∞; a NaN passes the comparisons and stays.
        let (lowest, highest) = (-104.0, 89.0);
        let x = if self < lowest { lowest } else { self };
        let x = if x > highest { highest } else { x };
        let (n, p) = reduce::<S>(x);
        // Two factors: 2ⁿ itself may be out of range where the result is not. The second is 0 for what is surely 0, such
        // as exp(-∞) behind a mask: to let the product underflow would cost a hundred times as much.
        let half = n >> 1;
        let rest = if self < lowest {
            0.0
        } else {
            power_of_two(n.wrapping_sub(half))
        };
        (1.0 + p) * power_of_two(half) * rest
    }

    /// `sign(x) m / (m + 2)` with `m = exp(2|x|) - 1`.
    #[inline(always)]
    fn tanh_at<S: Simd>(self) -> Self {
        // From 10 on tanh is 1 in f32.
        let size = if self.abs() > 10.0 { 10.0 } else { self.abs() };
        let (n, p) = reduce::<S>(2.0 * size);
        let scale = power_of_two(n);
        let m = scale.mul_add_at::<S>(p, scale - 1.0);
        (m / (m + 2.0)).copysign(self)
    }

    /// `1 / (1 + e)` and `e / (1 + e)` with `e = exp(-|x|)`, in the order that the sign of `x` asks for.
    #[inline(always)]
    fn sigmoids_at<S: Simd>(self) -> (Self, Self) {
        let e = (-self.abs()).exp_at::<S>();
        let large = 1.0 / (1.0 + e);
        let (this, other) = if self < 0.0 { (e, 1.0) } else { (1.0, e) };
        (this * large, other * large)
    }
}

/// `1.5 · 2²³`: adding it rounds to a whole number, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// `x` as `n` and `e^r - 1`, where `exp(x) = 2ⁿ e^r`; `|x|` must be below 2²¹.
#[inline(always)]
fn reduce<S: Simd>(x: f32) -> (i32, f32) {
    // ln 2 in two parts; the first has few bits, so that n times it is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let shifted = x.mul_add_at::<S>(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add_at::<S>(-LN_2_LOW, n.mul_add_at::<S>(-LN_2_HIGH, x));
    let mut q: f32 = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        q = q.mul_add_at::<S>(r, coefficient);
    }
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    (n, q.mul_add_at::<S>(r * r, r))
}

/// `2ⁿ` for `-127 < n < 128`.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}
