//! Rotary position embedding: each pair of channels is turned by an angle that grows with the position.
//!
//! Within a head of width `D`, pair `i` is the neighbours `(x_2i, x_(2i+1))`, as the paper has them; other programs
//! pair `x_i` with `x_(i + D/2)`, which is the same up to an order of the channels, and weights do not carry over.
//! At position `p` the angle is `φ = p · base^(-2i/D)`, and
//! `y_2i = x_2i cos φ - x_(2i+1) sin φ`, `y_(2i+1) = x_2i sin φ + x_(2i+1) cos φ`.
//! 1. A rotation is linear with an orthogonal matrix, so backward turns the upstream gradient back by `φ`:
//!    `g_x_2i = g_y_2i cos φ + g_y_(2i+1) sin φ`, `g_x_(2i+1) = -g_y_2i sin φ + g_y_(2i+1) cos φ`.
//! 2. Lengths stay, and `q · k` of a query at `p` and a key at `s` depends on `p - s` only: that is the point.
//!
//! **Shapes**: `x: [B, T, H·D]`, `D` even → `y: [B, T, H·D]`; row `t` has position `start + t`, so that decoding can go
//! on behind a cache. Cost: 3 operations an entry in each direction. The notes are cosine and sine of each position and
//! pair, computed in f64 because an angle of many turns has lost its fraction in f32.
//! Source: Su et al., "RoFormer" (2021), equations 14, 15 and 34; deck S3, the table of models.

use super::Fused;
use crate::op::prelude::*;
use crate::ops::{concat, stack};

/// Turns each pair of channels of each head by the angle of its position.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::{rotary, Rotary}, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.input("x", array![[[1.0, 0.0], [1.0, 0.0]]]);
/// let y = tape.value(rotary(x, Rotary::new(1)));
/// assert_eq!(y, array![[[1.0, 0.0], [1.0_f64.cos(), 1.0_f64.sin()]]].into_dyn());
/// ```
///
/// **Panics** unless `x` has the axes `[B, T, H·D]` with an even `D`.
#[track_caller]
pub fn rotary(x: Var<'_>, rotary: Rotary) -> Var<'_> {
    Var::record(rotary, &[x])
}

/// The op of [`rotary`], and how it turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotary {
    /// How many heads share the last axis; each is turned alike.
    pub heads: usize,
    /// The base of the angles: the larger, the slower the last pairs turn.
    pub base: f64,
    /// The position of the first row.
    pub start: usize,
}

impl Rotary {
    /// The rotation of the paper, with base 10000, from position 0 on.
    pub const fn new(heads: usize) -> Self {
        Self {
            heads,
            base: 10_000.0,
            start: 0,
        }
    }

    /// The same with another position of the first row.
    pub const fn start_at(self, start: usize) -> Self {
        Self { start, ..self }
    }

    /// The same with another base.
    pub const fn with_base(self, base: f64) -> Self {
        Self { base, ..self }
    }
}

impl Op for Rotary {
    const NAME: &'static str = "rotary";
    const MEANING: &'static str =
        "Rotary position embedding: each pair of channels is turned by an angle that grows with the position.";
    const SHAPES: &'static str = "[B, T, H D] -> [B, T, H D], D even";
    const FORWARD: Equations = &[
        ("y[t, 2i]", "x[t, 2i] * cos(phi[t, i]) - x[t, 2i+1] * sin(phi[t, i])"),
        ("y[t, 2i+1]", "x[t, 2i] * sin(phi[t, i]) + x[t, 2i+1] * cos(phi[t, i])"),
    ];
    const BACKWARD: Equations = &[
        (
            "g_x[t, 2i]",
            "g_y[t, 2i] * cos(phi[t, i]) + g_y[t, 2i+1] * sin(phi[t, i])",
        ),
        (
            "g_x[t, 2i+1]",
            "-g_y[t, 2i] * sin(phi[t, i]) + g_y[t, 2i+1] * cos(phi[t, i])",
        ),
    ];
    const OPERANDS: &'static [Operand] = &[Operand::real(
        "x",
        "queries or keys; neighbouring channels are the pairs that turn",
    )];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        heads: usize, "how many heads share the last axis";
        base: f64, "the base of the angles";
        start: usize, "the position of the first row";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if x[0].rank() != 3 || self.heads == 0 || !x[0].size(2).is_multiple_of(2 * self.heads) {
            return Err(ShapeError::new(format!(
                "x needs the axes [B, T, H·D] with H = {} heads of an even width D",
                self.heads
            )));
        }
        Ok(x[0])
    }

    fn notes(&self, x: &[Shape]) -> usize {
        x[0].size(1) * self.width(x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        let shape = x.shape(0);
        let width = self.width(shape);
        for (n, turn) in notes.chunks_exact_mut(2).enumerate() {
            let (t, pair) = (n / (width / 2), n % (width / 2));
            let (sin, cos) = self.angle(t, pair, width).sin_cos();
            turn.copy_from_slice(&[T::from_f64(cos), T::from_f64(sin)]);
        }
        self.each_pair(shape, notes, |i, cos, sin| {
            y[i] = x[0][i] * cos - x[0][i + 1] * sin;
            y[i + 1] = x[0][i] * sin + x[0][i + 1] * cos;
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        self.each_pair(at.x.shape(0), at.notes, |i, cos, sin| {
            g_x[i] = g_y[i] * cos + g_y[i + 1] * sin;
            g_x[i + 1] = g_y[i + 1] * cos - g_y[i] * sin;
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(3 * x[0].len(), 3 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (heads, width) = (draw.size_nonzero(), 2 * draw.size());
        let x = Shape::new(&[draw.size(), draw.size(), heads * width]);
        let base = draw.one_of(&[10_000.0, 100.0]);
        let op = Self::new(heads).with_base(base).start_at(draw.below(5));
        Sample::new(op, [draw.normal(x)])
    }
}

impl Fused for Rotary {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let x = x[0];
        let (shape, width) = (x.shape(), self.width(x.shape()));
        let [b, t] = [shape.size(0), shape.size(1)];
        if x.shape().is_empty() {
            return x * 1.0;
        }
        let table = |of: fn(f64) -> f64| {
            let angles = (0..t).flat_map(|t| (0..width / 2).map(move |pair| (t, pair)));
            let numbers: Vec<_> = angles
                .map(|(t, pair)| x.constant(of(self.angle(t, pair, width))))
                .collect();
            stack(&numbers, 0).reshape([t, 1, width / 2, 1])
        };
        let (cos, sin) = (table(f64::cos), table(f64::sin));
        let pairs = x.reshape([b, t, self.heads, width / 2, 2]);
        let (even, odd) = (pairs.slice(-1, 0..1), pairs.slice(-1, 1..2));
        concat(&[even * cos - odd * sin, even * sin + odd * cos], -1).reshape(shape)
    }
}

impl Rotary {
    /// The width of one head, `D`.
    fn width(&self, x: Shape) -> usize {
        x.size(2) / self.heads
    }

    /// The angle of row `t` and one pair of channels, in radians.
    fn angle(&self, t: usize, pair: usize, width: usize) -> f64 {
        (self.start + t) as f64 * self.base.powf(-2.0 * pair as f64 / width as f64)
    }

    /// Calls `visit` with the position of the first of each two channels, and cosine and sine of their angle.
    fn each_pair<T: Real>(&self, x: Shape, turns: &[T], mut visit: impl FnMut(usize, T, T)) {
        let (time, width) = (x.size(1), self.width(x));
        for head in 0..x.len().checked_div(width).unwrap_or(0) {
            let t = head / self.heads % time;
            for d in (0..width).step_by(2) {
                visit(head * width + d, turns[t * width + d], turns[t * width + d + 1]);
            }
        }
    }
}
