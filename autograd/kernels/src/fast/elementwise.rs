//! Elementwise functions in vectors and on all threads.

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::dispatch::run;
use super::float::Float;
use super::lanes;
use super::tasks::{by_row_pairs, by_rows};
use crate::elementwise::{GATE_CEILING, GATE_FLOOR, GELU_CUBE, GELU_INNER};

/// A function of one number, inlined into its loop.
pub trait Function<T> {
    /// The function at `x`, at the level `S`.
    fn at<S: Simd>(x: T) -> T;
}

/// `y = f(x)` for each number.
pub fn map<T: Float, F: Function<T>>(x: &[T], y: &mut [T]) {
    assert!(x.len() == y.len(), "elementwise: x and y must be of one length");
    by_rows(1, x, y, |x, y| {
        run(Map {
            x,
            y,
            f: PhantomData::<F>,
        })
    });
}

/// `g_x = g_y · f(x)` for each number, with `f` the slope.
pub fn map_backward<T: Float, F: Function<T>>(x: &[T], g_y: &[T], g_x: &mut [T]) {
    assert!(
        x.len() == g_y.len() && x.len() == g_x.len(),
        "elementwise: x, g_y and g_x must be of one length"
    );
    by_row_pairs(1, (x, g_y), g_x, |x, g_y, g_x| {
        run(MapBackward {
            x,
            g_y,
            g_x,
            f: PhantomData::<F>,
        });
    });
}

struct Map<'a, T, F> {
    x: &'a [T],
    y: &'a mut [T],
    f: PhantomData<F>,
}

impl<T: Float, F: Function<T>> WithSimd for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        lanes::map(self.x, self.y, |x| F::at::<S>(x));
    }
}

struct MapBackward<'a, T, F> {
    x: &'a [T],
    g_y: &'a [T],
    g_x: &'a mut [T],
    f: PhantomData<F>,
}

impl<T: Float, F: Function<T>> WithSimd for MapBackward<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        lanes::map_pairs(self.x, self.g_y, self.g_x, |x, g_y| g_y * F::at::<S>(x));
    }
}

/// `exp(x)`.
pub struct Exp;

impl<T: Float> Function<T> for Exp {
    #[inline(always)]
    fn at<S: Simd>(x: T) -> T {
        x.exp_at::<S>()
    }
}

/// `tanh(x)`.
pub struct Tanh;

impl<T: Float> Function<T> for Tanh {
    #[inline(always)]
    fn at<S: Simd>(x: T) -> T {
        x.tanh_at::<S>()
    }
}

/// `σ(x)`.
pub struct Sigmoid;

impl<T: Float> Function<T> for Sigmoid {
    #[inline(always)]
    fn at<S: Simd>(x: T) -> T {
        x.sigmoids_at::<S>().0
    }
}

/// `x σ(x)`.
pub struct Silu;

impl<T: Float> Function<T> for Silu {
    #[inline(always)]
    fn at<S: Simd>(x: T) -> T {
        let x = at_least(x);
        x * x.sigmoids_at::<S>().0
    }
}

/// `σ(x) (1 + x σ(-x))`.
pub struct SiluSlope;

impl<T: Float> Function<T> for SiluSlope {
    #[inline(always)]
    fn at<S: Simd>(x: T) -> T {
        let x = at_most(at_least(x));
        let (s, rest) = x.sigmoids_at::<S>();
        s * (T::ONE + x * rest)
    }
}

/// `x σ(2u)` with `u = √(2/π) (x + 0.044715 x³)`.
pub struct GeluTanh;

impl<T: Float> Function<T> for GeluTanh {
    #[inline(always)]
    fn at<S: Simd>(x: T) -> T {
        let x = at_least(x);
        x * twice_u(x).sigmoids_at::<S>().0
    }
}

/// `σ(2u) (1 + x σ(-2u) 2u')`.
pub struct GeluTanhSlope;

impl<T: Float> Function<T> for GeluTanhSlope {
    #[inline(always)]
    fn at<S: Simd>(x: T) -> T {
        let x = at_most(at_least(x));
        let (s, rest) = twice_u(x).sigmoids_at::<S>();
        let slope = T::from_f64(2.0 * GELU_INNER) + T::from_f64(6.0 * GELU_INNER * GELU_CUBE) * (x * x);
        s * (T::ONE + x * rest * slope)
    }
}

#[inline(always)]
fn twice_u<T: Float>(x: T) -> T {
    x * (T::from_f64(2.0 * GELU_INNER) + T::from_f64(2.0 * GELU_INNER * GELU_CUBE) * (x * x))
}

/// Keeps away from `-∞ · 0`; a NaN stays.
#[inline(always)]
fn at_least<T: Float>(x: T) -> T {
    let floor = T::from_f64(GATE_FLOOR);
    if x < floor { floor } else { x }
}

/// Keeps away from `∞ · 0`; a NaN stays.
#[inline(always)]
fn at_most<T: Float>(x: T) -> T {
    let ceiling = T::from_f64(GATE_CEILING);
    if x > ceiling { ceiling } else { x }
}
