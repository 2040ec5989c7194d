//! What a neural language model is to the training loop: two formulas over variables, and no number type.

use tapegrad_core::{Shape, Var};

/// A network that turns ids into logits, whole sequences at once or one token at a time.
///
/// The two formulas are the same function; a test says so for each network. Everything else, from gradients to
/// checkpoints, is done for all networks alike by [`Neural`](crate::Neural).
pub trait Network: std::fmt::Debug + Send + 'static {
    /// The number of token ids.
    fn vocabulary(&self) -> usize;

    /// The longest sequence the network can read; `None` if there is no limit.
    fn block(&self) -> Option<usize>;

    /// Whether a network with a block can also read longer sequences, because its positions go on beyond it.
    ///
    /// It was not trained on such distances, so what it says there may be worse.
    fn reads_beyond_block(&self) -> bool {
        false
    }

    /// The logits of the next token after each position.
    ///
    /// **Shapes** `ids: [B, T] → [B, T, V]`.
    fn logits<'t>(&self, ids: Var<'t>) -> Var<'t>;

    /// The same in training, where `drop` is what becomes of the places that dropout concerns.
    fn training_logits<'t>(&self, ids: Var<'t>, _drop: Drop<'_, 't>) -> Var<'t> {
        self.logits(ids)
    }

    /// What training minimises, where the network has a loss of its own; else it is the mean cross-entropy of the labels.
    ///
    /// **Shapes** `ids, labels: [B, T]`; every label is an id.
    fn own_loss<'t>(&self, _ids: Var<'t>, _labels: Var<'t>) -> Option<Var<'t>> {
        None
    }

    /// The share of numbers that training drops where `training_logits` says so.
    fn dropout(&self) -> f64 {
        0.0
    }

    /// The shape of each array that the network remembers of one sequence; before the first token all numbers are 0.
    ///
    /// These are the shapes for one sequence, in which the first axis of size 1 is that of the batch. In a network with a
    /// block the second axis has a row for each token, of which every step replaces that of its token; a network that
    /// reads beyond its block takes any number of such rows.
    fn memory(&self) -> Vec<Shape>;

    /// The logits after one more token, and each array of the memory after it.
    ///
    /// `place` is given to a network that has a block.
    /// **Shapes** `id: [B, 1]` → `[B, 1, V]`; the memory, before and after, as [`memory`](Self::memory) says.
    fn step<'t>(&self, id: Var<'t>, place: Option<Place<'t>>, memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>);
}

/// What dropout does to a value: nothing outside training.
pub type Drop<'a, 't> = &'a mut dyn FnMut(Var<'t>) -> Var<'t>;

/// Where in its block a token stands.
///
/// Its numbers are given from outside, so the graph of a step is the same for every token.
#[derive(Clone, Copy, Debug)]
pub struct Place<'t> {
    /// The number of tokens before it, as an id. **Shapes** `[B, 1]`.
    pub position: Var<'t>,
    /// 1 for the token's own row of the memory, else 0. **Shapes** `[B, T, 1]`.
    pub here: Var<'t>,
    /// 1 for each row of the memory that is filled, the token's own among them, else 0. **Shapes** `[B, T]`.
    pub seen: Var<'t>,
}

impl<'t> Place<'t> {
    /// How many positions before the token each row of the memory is, `[B, T]`; below 0 for rows that come after it.
    pub fn distances(self) -> Var<'t> {
        self.position - counted(self.position, self.seen.shape().size(1))
    }
}

/// The numbers from 0 to `time - 1`, `[T]`, on the record of `x`: the graph holds none, so they are counted.
pub fn counted(x: Var<'_>, time: usize) -> Var<'_> {
    x.constant(1.0).broadcast_to([time]).cumsum(0) - 1.0
}
