//! Each entry, kept between two constants.
//!
//! `z = min(max(a, lo), hi)` has the slope 1 between the bounds and 0 beyond them, where `z` stands still. Between the
//! bounds is where `lo < z < hi`, so the result is all that backward needs.
//! **Kink**: at exactly `lo` or `hi` any slope between 0 and 1 is a subgradient; here it is 0, as for `relu`, which is
//! `clip(0, ∞)`. A NaN stays a NaN. **Shapes**: `a` → the same. Cost: two comparisons an entry. Source: the definition.

use crate::op::prelude::*;

/// Each entry, kept between two constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clip {
    /// The lower bound, perhaps -∞.
    pub lo: f64,
    /// The upper bound, perhaps ∞.
    pub hi: f64,
}

impl<'t> Var<'t> {
    /// Each entry, kept between `lo` and `hi`; the slope at the bounds and beyond them is 0.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![-3.0, 0.5, 1.0, 4.0]);
    /// let z = a.clip(-1.0, 1.0);
    /// assert_eq!(tape.value(z), array![-1.0, 0.5, 1.0, 1.0].into_dyn());
    /// assert_eq!(tape.backward(z.sum()).of(a), array![0.0, 1.0, 0.0, 0.0].into_dyn());
    /// ```
    ///
    /// **Panics** if `lo` is above `hi`, or one of them is not a number.
    #[track_caller]
    pub fn clip(self, lo: f64, hi: f64) -> Var<'t> {
        Var::record(Clip { lo, hi }, &[self])
    }
}

impl Op for Clip {
    const NAME: &'static str = "clip";
    const MEANING: &'static str = "Each entry, kept between two constants.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::own("clip", "clip(x, low, high)", "the result has the axes of x", "y = clip(x, 0, 1)")];
    const FORWARD: Equations = &[("z", "if a < lo then lo else if a > hi then hi else a")];
    const BACKWARD: Equations = &[("g_a", "if z > lo and z < hi then g_z else 0")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {
        lo: f64, "the lower bound";
        hi: f64, "the upper bound";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if self.lo <= self.hi {
            return Ok(x[0]);
        }
        Err(ShapeError::new(format!(
            "the lower bound {} must not be above the upper bound {}",
            self.lo, self.hi
        )))
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        let [lo, hi] = [self.lo, self.hi].map(T::from_f64);
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = a.maximum(lo).minimum(hi);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let [lo, hi] = [self.lo, self.hi].map(T::from_f64);
        for ((g_a, &g_z), &z) in g_a.iter_mut().zip(g_z).zip(at.y) {
            *g_a = if z > lo && z < hi { g_z } else { T::ZERO };
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(2 * x[0].len(), 2 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        let lo = draw.one_of(&[f64::NEG_INFINITY, -2.0, -1.2, -0.4]);
        let hi = draw.one_of(&[0.0, 0.8, 1.6, f64::INFINITY]);
        // The entries lie on a comb whose teeth are 0.2 away from every bound.
        let a = draw.ids(a, 12).mapv(|tooth| 0.4 * tooth - 2.2);
        Sample::new(Self { lo, hi }, [a])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use crate::Tape;

    #[test]
    fn the_slope_at_exactly_a_bound_is_zero() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![-1.0, 2.0]);
        assert_eq!(
            tape.backward(a.clip(-1.0, 2.0).sum()).of(a),
            array![0.0, 0.0].into_dyn()
        );
    }

    #[test]
    #[should_panic(expected = "the lower bound 2 must not be above the upper bound 1")]
    fn bounds_in_the_wrong_order_are_an_error() {
        let tape = Tape::<f64>::new();
        tape.input("a", array![0.0]).clip(2.0, 1.0);
    }
}
