//! One differentiable function with hand-written forward() and backward().

mod attribute;
mod broadcast;
mod draw;
mod flops;
mod keeps;
mod operand;
pub(crate) mod prelude;
mod values;
mod word;

use std::fmt::Debug;

pub use attribute::{Attribute, AttributeType, AttributeValue, WrongAttribute, read as read_attribute};
pub(crate) use attribute::{attribute_name, attributes, choices, flag};
pub use broadcast::broadcast;
pub use draw::{Draw, Sample};
pub use flops::Flops;
pub use keeps::Keeps;
pub use operand::{Arity, Operand, OperandKind, operand_at};
pub use values::{InGradients, Inputs, Saved};
pub use word::{Form, Word};

use crate::numbers::Real;
use crate::shape::{Shape, ShapeError};
use crate::var::Var;

/// Equations of the graph language: left and right sides.
pub type Equations = &'static [(&'static str, &'static str)];

/// A differentiable function of arrays, with its derivative written by hand.
///
/// Everything about an op stands in its file: what it means, the word the graph language has for it, the equations, the
/// attributes, the shape rule, what `backward` needs to remember, both directions, the cost, and the inputs it is tested
/// on. Whoever needs one of these asks the op.
/// An op only computes; adding up contributions of several uses of a variable is the work of the driver.
pub trait Op: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The name in graphs, messages and the graph language.
    const NAME: &'static str;

    /// What the op does, in one sentence.
    const MEANING: &'static str;

    /// The axes of the operands and of the result: `[.., C], [C] -> [.., C]`.
    const SHAPES: &'static str;

    /// The words and signs by which the graph language calls it, besides `engine.NAME(..)`.
    const WORDS: &'static [Word] = &[];

    /// True if the operands are lined up at their last axes, and repeated along missing ones and those of size 1.
    const BROADCASTS: bool = false;

    /// The equations of `forward`, in the graph language: `z = 1 / (1 + exp(-a))`.
    const FORWARD: Equations;

    /// The equations of `backward`, where `g_z` is ∂J/∂z: `g_a = g_z * z * (1 - z)`.
    ///
    /// The graph language derives programs by this text, so it says what holds at ties and edges too.
    const BACKWARD: Equations;

    /// The operands in order, with the letters of the formula.
    const OPERANDS: &'static [Operand];

    /// What `backward` reads besides `g_y` and the notes; the driver may discard everything else.
    const KEEPS: Keeps;

    /// The attributes in order; `attributes!` writes it, and the two functions below.
    const ATTRIBUTES: &'static [Attribute];

    /// The values of the attributes, in their order.
    fn attributes(&self) -> Vec<AttributeValue>;

    /// The op with these attributes, or which of them cannot be.
    fn from_attributes(given: &dyn Fn(&str) -> AttributeValue) -> Result<Self, WrongAttribute>;

    /// The same function over simpler ops, where the lectures write it so; a fused op has its composite instead.
    fn expanded<'t>(&self, _x: &[Var<'t>]) -> Option<Var<'t>> {
        None
    }

    /// The shape of the result, or what is wrong with the shapes of the operands.
    ///
    /// Unless an op says otherwise it is the common shape of the operands, if they broadcast, or that of the first.
    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if Self::BROADCASTS { broadcast(x) } else { Ok(x[0]) }
    }

    /// How many numbers `forward` leaves for `backward`, besides operands and result.
    fn notes(&self, _x: &[Shape]) -> usize {
        0
    }

    /// An error if some values have no result: an id beyond its table, a row in which everything is masked.
    ///
    /// Called before [`forward`](Self::forward), which may then rely on it.
    fn admits<T: Real>(&self, _x: Inputs<'_, T>) -> Result<(), ValueError> {
        Ok(())
    }

    /// Computes the result, writing every entry of `y` and of `notes`.
    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]);

    /// The operand that the result may be written over, if nobody reads it afterwards; it has the shape of the result.
    ///
    /// For an op that changes few entries of a large array: in a plan it writes these alone.
    /// An op that notes something does not rewrite.
    fn rewrites(&self, _x: &[Shape]) -> Option<usize> {
        None
    }

    /// Computes the result over the operand that [`rewrites`](Self::rewrites) names: it stands in `y`, and is empty in `x`.
    fn rewrite<T: Real>(&self, _x: Inputs<'_, T>, _y: &mut [T]) {
        unreachable!("invariant: only an op that names the operand it rewrites is asked to: {self:?}")
    }

    /// True if the in-gradient of this operand is the gradient of the result as it is, number by number in memory.
    ///
    /// A plan then computes nothing: it lets both be one array where it can.
    fn passes_gradient(&self, _x: &[Shape], _position: usize) -> bool {
        false
    }

    /// Computes ∂J/∂x from ∂J/∂y, overwriting every in-gradient that is asked for; it never adds.
    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>);

    /// The cost in floating-point operations.
    fn flops(&self, x: &[Shape]) -> Flops;

    /// A random instance of the op with operands inside its domain, away from kinks, for the laws.
    fn sample(draw: &mut Draw) -> Sample<Self>;
}

/// The operands have shapes that fit, but values for which the op has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(String);

impl ValueError {
    /// An error with a sentence that names the entry and what would be right.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}
