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

    /// The shapes of what the network remembers before the first token, for one sequence; all numbers are 0.
    fn memory(&self) -> Vec<Shape>;

    /// The logits after one more token, and what is remembered then.
    ///
    /// **Shapes** `id: [1, 1]` → `[1, 1, V]`. `position` counts the tokens already in `memory`.
    fn step<'t>(&self, id: Var<'t>, position: usize, memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>);
}
