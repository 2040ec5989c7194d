//! Elementary functions in `f64`: the standard library's, one number at a time.
//!
//! `f64` is for checking, where the accuracy of the library counts for more than speed.

use pulp::Simd;

use super::Elementary;

impl Elementary for f64 {
    #[inline(always)]
    fn exp_at<S: Simd>(self) -> Self {
        self.exp()
    }

    #[inline(always)]
    fn tanh_at<S: Simd>(self) -> Self {
        self.tanh()
    }

    #[inline(always)]
    fn sigmoids_at<S: Simd>(self) -> (Self, Self) {
        let e = (-self.abs()).exp();
        let (large, small) = (1.0 / (1.0 + e), e / (1.0 + e));
        if self < 0.0 { (small, large) } else { (large, small) }
    }
}
