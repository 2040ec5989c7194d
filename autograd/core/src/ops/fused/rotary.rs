//! Rotary position embedding: each pair of channels is turned by an angle that grows with the position.
//!
//! Within a head of width `D`, pair `i` is the neighbours `(x_2i, x_(2i+1))`, as the paper has them, or
//! `(x_i, x_(i + D/2))`, one of each half, as Llama and GPT-NeoX have them. Both are the same up to an order of the
//! channels, so weights of one do not fit the other. With `(x_u, x_w)` as the pair, at position `p` the angle is `φ = p · base^(-2i/D)`, and
//! `y_u = x_u cos φ - x_w sin φ`, `y_w = x_u sin φ + x_w cos φ`.
//! 1. A rotation is linear with an orthogonal matrix, so backward turns the upstream gradient back by `φ`:
//!    `g_x_u = g_y_u cos φ + g_y_w sin φ`, `g_x_w = -g_y_u sin φ + g_y_w cos φ`.
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
    /// Which two channels are a pair.
    pub pairs: Pairs,
}

/// Which two channels of a head turn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Channels `2i` and `2i + 1`, as in the paper.
    Neighbours,
    /// Channels `i` and `i + D/2`, as in Llama.
    Halves,
}

flag!(Pairs: yes Halves, no Neighbours);

impl Rotary {
    /// The rotation of the paper, with base 10000, from position 0 on.
    pub const fn new(heads: usize) -> Self {
        Self {
            heads,
            base: 10_000.0,
            start: 0,
            pairs: Pairs::Neighbours,
        }
    }

    /// The same with pairs of one channel of each half of a head, as in Llama.
    pub const fn with_halves(self) -> Self {
        Self {
            pairs: Pairs::Halves,
            ..self
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
        (
            "y[t, u[i]]",
            "x[t, u[i]] * cos(phi[t, i]) - x[t, w[i]] * sin(phi[t, i])",
        ),
        (
            "y[t, w[i]]",
            "x[t, u[i]] * sin(phi[t, i]) + x[t, w[i]] * cos(phi[t, i])",
        ),
    ];
    const BACKWARD: Equations = &[
        (
            "g_x[t, u[i]]",
            "g_y[t, u[i]] * cos(phi[t, i]) + g_y[t, w[i]] * sin(phi[t, i])",
        ),
        (
            "g_x[t, w[i]]",
            "-g_y[t, u[i]] * sin(phi[t, i]) + g_y[t, w[i]] * cos(phi[t, i])",
        ),
    ];
    const OPERANDS: &'static [Operand] = &[Operand::real(
        "x",
        "queries or keys; channels u[i] and w[i] of a head are a pair: 2i and 2i + 1, or i and i + D / 2",
    )];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        heads: usize, "how many heads share the last axis";
        base: f64, "the base of the angles";
        start: usize, "the position of the first row";
        pairs as "halves": Pairs, "whether pairs are channels i and i + D / 2, as in Llama, and not neighbours";
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
        self.each_pair(shape, notes, |[u, w], cos, sin| {
            y[u] = x[0][u] * cos - x[0][w] * sin;
            y[w] = x[0][u] * sin + x[0][w] * cos;
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        self.each_pair(at.x.shape(0), at.notes, |[u, w], cos, sin| {
            g_x[u] = g_y[u] * cos + g_y[w] * sin;
            g_x[w] = g_y[w] * cos - g_y[u] * sin;
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
        let op = if draw.coin() { op.with_halves() } else { op };
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
            stack(&numbers, 0)
        };
        // The two channels of a pair stand along the axis `apart`.
        let (apart, to, turns) = match self.pairs {
            Pairs::Neighbours => (-1, [width / 2, 2], [t, 1, width / 2, 1]),
            Pairs::Halves => (-2, [2, width / 2], [t, 1, 1, width / 2]),
        };
        let (cos, sin) = (table(f64::cos).reshape(turns), table(f64::sin).reshape(turns));
        let pairs = x.reshape([b, t, self.heads, to[0], to[1]]);
        let (u, w) = (pairs.slice(apart, 0..1), pairs.slice(apart, 1..2));
        concat(&[u * cos - w * sin, u * sin + w * cos], apart).reshape(shape)
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

    /// Calls `visit` with the positions of each pair of channels, and cosine and sine of their angle.
    fn each_pair<T: Real>(&self, x: Shape, turns: &[T], mut visit: impl FnMut([usize; 2], T, T)) {
        let (time, width) = (x.size(1), self.width(x));
        for head in 0..x.len().checked_div(width).unwrap_or(0) {
            let t = head / self.heads % time;
            for pair in 0..width / 2 {
                let [u, w] = match self.pairs {
                    Pairs::Neighbours => [2 * pair, 2 * pair + 1],
                    Pairs::Halves => [pair, pair + width / 2],
                };
                let turn = &turns[t * width + 2 * pair..][..2];
                visit([head * width + u, head * width + w], turn[0], turn[1]);
            }
        }
    }
}
