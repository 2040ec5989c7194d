//! What is added to attention scores so that nobody sees the future: 0 where a query may look, -∞ where it may not.
//!
//! It has no operands and so no backward. Softmax turns the -∞ into exactly 0. With fewer queries than keys, as when
//! one more token is decoded against cached keys, the last query is aligned with the last key: query `q` then sees the
//! keys `k ≤ q + (keys - queries)`.
//! **Shapes**: → `M: [queries, keys]`. Cost: none.
//! Source: deck S2, the poll over three masks, where the one with -∞ above the diagonal is right.

use crate::op::prelude::*;

/// 0 where a query may see a key, -∞ where the key lies in its future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CausalMask {
    /// The number of rows.
    pub queries: usize,
    /// The number of columns; the last query sees the last key.
    pub keys: usize,
}

impl<'t> Var<'t> {
    /// The causal mask `[queries, keys]`, on the record of this variable.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let scores = tape.input("s", array![[1.0, 2.0], [3.0, 4.0]]);
    /// let masked = scores + scores.causal_mask(2, 2);
    /// assert_eq!(tape.value(masked), array![[1.0, f64::NEG_INFINITY], [3.0, 4.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn causal_mask(self, queries: usize, keys: usize) -> Var<'t> {
        self.record_here(CausalMask { queries, keys }, &[])
    }
}

impl Op for CausalMask {
    const NAME: &'static str = "causal_mask";
    const MEANING: &'static str = "What is added to attention scores so that nobody sees the future: 0 where a query may look, -∞ where it may not.";
    const SHAPES: &'static str = "-> [queries, keys]";
    const FORWARD: Equations = &[("M[q:T, k:T]", "if k <= q then 0 else -inf")];
    const BACKWARD: Equations = &[];
    const OPERANDS: &'static [Operand] = &[];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        queries: usize, "the number of rows";
        keys: usize, "the number of columns; the last query sees the last key";
    }

    fn shape(&self, _: &[Shape]) -> Result<Shape, ShapeError> {
        Ok(Shape::new(&[self.queries, self.keys]))
    }

    fn forward<T: Real>(&self, _: Inputs<'_, T>, m: &mut [T], _: &mut [T]) {
        for (q, row) in m.chunks_exact_mut(self.keys.max(1)).enumerate() {
            for (k, m) in row.iter_mut().enumerate() {
                let seen = k + self.queries <= q + self.keys;
                *m = if seen { T::ZERO } else { T::minus_infinity() };
            }
        }
    }

    fn backward<T: Real>(&self, _: Saved<'_, T>, _: &[T], _: &mut InGradients<'_, T>) {}

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let [queries, keys] = [draw.size(), draw.size()];
        Sample::new(Self { queries, keys }, [])
    }
}
