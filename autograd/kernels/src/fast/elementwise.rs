//! Elementwise functions in vectors and on all threads.

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::dispatch::run;
use super::float::Float;
use super::lane::Lane;
use super::lanes;
use super::tasks::{by_row_pairs, by_rows};
use crate::Function;

/// `y = f(x)` for each number.
pub fn map<T: Float, F: Function>(x: &[T], y: &mut [T]) {
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
pub fn map_backward<T: Float, F: Function>(x: &[T], g_y: &[T], g_x: &mut [T]) {
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

impl<T: Float, F: Function> WithSimd for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        lanes::map(self.x, self.y, |x| F::at(Lane::<T, S>::new(x)).x);
    }
}

struct MapBackward<'a, T, F> {
    x: &'a [T],
    g_y: &'a [T],
    g_x: &'a mut [T],
    f: PhantomData<F>,
}

impl<T: Float, F: Function> WithSimd for MapBackward<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        lanes::map_pairs(self.x, self.g_y, self.g_x, |x, g_y| g_y * F::at(Lane::<T, S>::new(x)).x);
    }
}
