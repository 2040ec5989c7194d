//! The `k` largest entries of each row, from the largest down.
//!
//! Which entries are chosen does not change with small changes of them, so each chosen entry gets the gradient of the
//! place that it went to, and all others get 0. Of equal entries the earlier one comes first, as a stable sort has it.
//! An entry's rank is the number of entries before it in that order: `rank[i] = Σ_j [x_j > x_i or (x_j = x_i, j < i)]`;
//! the result at `m` is the entry of rank `m - 1`. The notes are the positions of the chosen entries.
//! **Shapes**: `x: [.., N]` → `y: [.., k]`, `k ≤ N`. Cost: N log N comparisons a row.
//! Source: deck S4, sampling from the `k` most likely tokens.

use super::Fused;
use crate::op::prelude::*;
use crate::ops::{Broadcast, Cumsum, abs, relu, where_};

/// The op of [`Var::top_k`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK {
    /// How many entries of each row are chosen.
    pub k: usize,
}

impl<'t> Var<'t> {
    /// The `k` largest entries along the last axis, from the largest down.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![1.0, 5.0, 3.0]);
    /// let y = x.top_k(2);
    /// assert_eq!(tape.value(y), array![5.0, 3.0].into_dyn());
    /// assert_eq!(tape.backward(y.sum()).of(x), array![0.0, 1.0, 1.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn top_k(self, k: usize) -> Var<'t> {
        Var::record(TopK { k }, &[self])
    }
}

impl Op for TopK {
    const NAME: &'static str = "top_k";
    const MEANING: &'static str = "The k largest entries of each row, from the largest down.";
    const SHAPES: &'static str = "[.., N] -> [.., k]";
    const FORWARD: Equations = &[
        (
            "rank[i]",
            "sum(j: if x[j] > x[i] or x[j] == x[i] and j < i then 1 else 0)",
        ),
        ("y[m]", "sum(i: if rank[i] == m - 1 then x[i] else 0)"),
    ];
    const BACKWARD: Equations = &[("g_x[i]", "sum(m: if rank[i] == m - 1 then g_y[m] else 0)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "what is chosen from")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        k: usize, "how many entries of each row are chosen";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if x[0].rank() == 0 || self.k > x[0].last() {
            return Err(ShapeError::new(format!("no row of {} has {} entries", x[0], self.k)));
        }
        Ok(x[0].with_size(x[0].rank() - 1, self.k))
    }

    fn notes(&self, x: &[Shape]) -> usize {
        x[0].remove(x[0].rank() - 1).len() * self.k
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        let (n, k) = (x.shape(0).last().max(1), self.k.max(1));
        let mut order: Vec<usize> = Vec::new();
        for ((x, y), notes) in x[0]
            .chunks_exact(n)
            .zip(y.chunks_exact_mut(k))
            .zip(notes.chunks_exact_mut(k))
        {
            order.clear();
            order.extend(0..n);
            order.sort_by(|&i, &j| x[j].partial_cmp(&x[i]).unwrap_or(std::cmp::Ordering::Equal));
            for ((y, note), &i) in y.iter_mut().zip(notes).zip(&order) {
                (*y, *note) = (x[i], T::from_count(i));
            }
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        let (n, k) = (at.x.shape(0).last().max(1), self.k.max(1));
        g_x.fill(T::ZERO);
        for ((g_x, g_y), notes) in g_x
            .chunks_exact_mut(n)
            .zip(g_y.chunks_exact(k))
            .zip(at.notes.chunks_exact(k))
        {
            for (&g_y, &i) in g_y.iter().zip(notes) {
                g_x[i.to_f64() as usize] = g_y;
            }
        }
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let rows = draw.shape_with_axis().0;
        let x = rows.with_size(rows.rank() - 1, draw.size_nonzero());
        let k = 1 + draw.below(x.last());
        Sample::new(Self { k }, [draw.distinct(x)])
    }
}

impl Fused for TopK {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let (x, shape) = (x[0], x[0].shape());
        let (last, n) = (shape.rank() - 1, shape.last());
        let positions = |n: usize| {
            let to = Shape::new(&[n]);
            let ones = Var::record(Broadcast { to }, &[x.constant(1.0)]);
            Var::record(Cumsum { axis: 0 }, &[ones])
        };
        let column = |v: Var<'t>| v.reshape(v.shape().insert(v.shape().rank(), 1));
        let row = |v: Var<'t>| v.reshape(v.shape().insert(v.shape().rank() - 1, 1));
        let [one, zero] = [1.0, 0.0].map(|value| x.constant(value));
        // rank[i] = Σ_j [x_j > x_i or (x_j = x_i and j < i)]
        let difference = (row(x) - column(x)).detach();
        let is_earlier = where_(relu(column(positions(n)) - row(positions(n))), one, zero);
        let is_before = where_(abs(difference), where_(relu(difference), one, zero), is_earlier);
        let rank = is_before.sum_over(&[last as isize + 1]);
        // y[m] = Σ_i [rank[i] = m - 1] x[i]
        let elsewhere = abs(row(rank) - (column(positions(self.k)) - 1.0));
        where_(elsewhere, zero, row(x)).sum_over(&[last as isize + 1])
    }
}
