//! How a Transformer knows where a token stands: what is added to its embedding, and what to the scores of its heads.
//!
//! Each formula stands twice, for whole sequences and for one token at a time; a test says that both agree.

use crate::layers::Embedding;
use crate::layers::architecture::Positions;
use crate::network::{Place, counted};
use tapegrad_core::ops::{self, Pairs, Rotary};
use tapegrad_core::{Init, Param, ParamList, Var};

/// The positions of a network with their parameters.
#[derive(Clone, Copy, Debug)]
pub(super) enum Places {
    /// A learned table, `[T, C]`.
    Learned(Embedding),
    /// A table of sines and cosines, `[T, C]`.
    Sinusoidal { block: usize, width: usize },
    /// A learned number for each distance and head, `[T, H]`.
    Relative { table: Param, block: usize },
    /// A slope for each head.
    Alibi { heads: usize },
    /// The embedding and the scores tell nothing: rotary positions act inside the heads.
    Unmarked,
}

impl Places {
    /// Declares what the positions need.
    pub fn new(list: &mut ParamList, positions: Positions, [block, width, heads]: [usize; 3], embedding: Init) -> Self {
        match positions {
            Positions::Learned => Self::Learned(Embedding::new(list, "positions", block, width, embedding)),
            Positions::Sinusoidal => Self::Sinusoidal { block, width },
            Positions::Relative => Self::Relative {
                table: list.add("relative", [block, heads], embedding),
                block,
            },
            Positions::Alibi => Self::Alibi { heads },
            Positions::Rotary | Positions::None => Self::Unmarked,
        }
    }

    /// The embedded tokens of whole sequences with their positions. **Shapes** `[B, T, C] → [B, T, C]`.
    pub fn added<'t>(&self, x: Var<'t>, ids: Var<'t>) -> Var<'t> {
        let time = x.shape().size(1);
        match *self {
            Self::Learned(table) => x + table.table(ids).slice(0, 0..time),
            Self::Sinusoidal { width, .. } => scaled(x, width) + sines(x, time, width),
            _ => x,
        }
    }

    /// The same for one token of each sequence at its place. **Shapes** `[B, 1, C] → [B, 1, C]`.
    pub fn added_at<'t>(&self, x: Var<'t>, place: Place<'t>) -> Var<'t> {
        match *self {
            Self::Learned(table) => x + table.rows(place.position),
            Self::Sinusoidal { block, width } => {
                scaled(x, width) + ops::embedding(sines(x, block, width), place.position)
            }
            _ => x,
        }
    }

    /// What is added to the scores of sequences of `time` tokens, `[H, T, T]`.
    pub fn bias<'t>(&self, x: Var<'t>, time: usize) -> Option<Var<'t>> {
        let places = counted(x, time);
        let distances = || places.reshape([time, 1]) - places.reshape([1, time]);
        match *self {
            Self::Relative { table, block } => Some(relative(table, distances(), block)),
            Self::Alibi { heads } => Some(slopes(x, heads) * distances()),
            _ => None,
        }
    }

    /// The same for one token of each sequence at its place, `[B, H, 1, T]`.
    pub fn bias_at<'t>(&self, place: Place<'t>) -> Option<Var<'t>> {
        let [rows, time] = [0, 1].map(|axis| place.seen.shape().size(axis));
        match *self {
            Self::Relative { table, block } => {
                let of_heads = relative(table, place.distances(), block);
                Some(
                    of_heads
                        .permute(&[1, 0, 2])
                        .reshape([rows, of_heads.shape().size(0), 1, time]),
                )
            }
            Self::Alibi { heads } => {
                let distances = place.distances().reshape([rows, 1, 1, time]);
                Some(slopes(place.position, heads) * distances)
            }
            _ => None,
        }
    }
}

/// Embeddings as large as sines: `√C x`. Vaswani et al. 2017, section 3.4.
fn scaled(x: Var<'_>, width: usize) -> Var<'_> {
    x * (width as f64).sqrt()
}

/// `PE(t, 2i) = sin(t / 10000^(2i/C))`, `PE(t, 2i + 1) = cos(..)`, `[T, C]`. Vaswani et al. 2017, section 3.5.
///
/// Turning `(0, 1)` by the angle of rotary positions, which is the same, gives `(-sin, cos)`.
fn sines(x: Var<'_>, time: usize, width: usize) -> Var<'_> {
    let pairs = |one: f64, other: f64| {
        let [one, other] = [one, other].map(|number| x.constant(number).broadcast_to([width / 2]));
        ops::stack(&[one, other], -1).reshape([width])
    };
    let rotary = Rotary {
        pairs: Pairs::Neighbours,
        ..Rotary::new(1)
    };
    let turned = ops::rotary(pairs(0.0, 1.0).broadcast_to([1, time, width]), rotary);
    (turned * pairs(-1.0, 1.0)).reshape([time, width])
}

/// The learned number of each distance, head by head: `[.., Tk] → [H, .., Tk]`.
///
/// Distances below 0 belong to tokens that are not seen.
fn relative<'t>(table: Param, distances: Var<'t>, block: usize) -> Var<'t> {
    let ids = distances.clip(0.0, block as f64 - 1.0);
    ops::embedding(distances.on().param(table), ids).permute(&[2, 0, 1])
}

/// `-m_h` with `m_h = 2^(-8h/H)` for the heads `h = 1, .., H`, `[H, 1, 1]`. Press et al. 2022, section 3.
fn slopes(x: Var<'_>, heads: usize) -> Var<'_> {
    let slope = |head: usize| -(-8.0 * head as f64 / heads as f64).exp2();
    let slopes: Vec<Var<'_>> = (1..=heads).map(|head| x.constant(slope(head))).collect();
    ops::stack(&slopes, 0).reshape([heads, 1, 1])
}
