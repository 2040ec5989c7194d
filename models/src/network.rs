//! What a neural language model is to the training loop: two formulas over variables, and no number type.

use tapegrad_autograd::{Shape, Var};

/// A network that turns ids into logits, whole sequences at once or one token at a time.
///
/// The two formulas are the same function; a test says so for each network. Everything else, from gradients to
/// checkpoints, is done for all networks alike by [`Neural`](crate::Neural).
pub trait Network: std::fmt::Debug + Send + 'static {
    /// The number of token ids.
    fn vocabulary(&self) -> usize;

    /// The longest sequence the network can read; `None` if there is no limit.
    fn block(&self) -> Option<usize>;

    /// The logits of the next token after each position.
    ///
    /// **Shapes** `ids: [B, T] → [B, T, V]`.
    fn logits<'t>(&self, ids: Var<'t>) -> Var<'t>;

    /// What the network remembers of one sequence, array by array.
    fn memory(&self) -> Vec<Memory>;

    /// The logits after one more token, and what it leaves for each array of the memory.
    ///
    /// `place` is given to a network that has a block.
    /// **Shapes** `id: [1, 1]` → `[1, 1, V]`; the memory before as [`Memory::shape`] says.
    fn step<'t>(&self, id: Var<'t>, place: Option<Place<'t>>, memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>);
}

/// One array of what a network remembers of one sequence; before the first token all its numbers are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// A state of this shape, which every step gives anew.
    State(Shape),
    /// A row of this width for each token of the block, of which every step gives the next, `[1, 1, width]`.
    Rows(usize),
}

impl Memory {
    /// The shape of the whole array, in a network with this block.
    pub fn shape(self, block: usize) -> Shape {
        match self {
            Self::State(shape) => shape,
            Self::Rows(width) => Shape::new(&[1, block, width]),
        }
    }
}

/// Where in its block a token stands.
///
/// Its numbers are given from outside, so the graph of a step is the same for every token.
#[derive(Clone, Copy, Debug)]
pub struct Place<'t> {
    /// The number of tokens before it, as an id. **Shapes** `[1, 1]`.
    pub position: Var<'t>,
    /// 1 for each row of the memory that is filled and, behind them, for the token's own row; else 0.
    /// **Shapes** `[1, T + 1]`.
    pub seen: Var<'t>,
}

impl Place<'_> {
    /// The numbers of `seen` for a token with so many before it.
    pub fn seen_at(position: usize, block: usize) -> impl Iterator<Item = bool> {
        (0..=block).map(move |row| row < position || row == block)
    }
}
