//! Functions applied to each number of a slice.
//!
//! The functions themselves are written elsewhere, once for every number type: an op states its own as a [`Function`].

use crate::numbers::Scalar;

/// A function of one number, written once for every number type.
///
/// The fast kernels run it in vectors, so it should have no branches but choices between two numbers.
pub trait Function {
    /// The function at `x`.
    fn at<T: Scalar>(x: T) -> T;
}

/// `y = f(x)` for each number.
pub(super) fn each<T: Scalar>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    assert!(x.len() == y.len(), "elementwise: x and y must be of one length");
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// `g_x = g_y · slope(x)` for each number.
pub(super) fn each_backward<T: Scalar>(x: &[T], g_y: &[T], g_x: &mut [T], slope: impl Fn(T) -> T) {
    assert!(
        x.len() == g_y.len() && x.len() == g_x.len(),
        "elementwise: x, g_y and g_x must be of one length"
    );
    for ((g_x, &x), &g_y) in g_x.iter_mut().zip(x).zip(g_y) {
        *g_x = g_y * slope(x);
    }
}
