//! One differentiable function with hand-written forward() and backward().

use std::fmt::Debug;
use std::ops::Index;

use smallvec::SmallVec;

use crate::check::{Draw, Sample};
use crate::numbers::Real;
use crate::shape::{Shape, ShapeError};
use crate::var::Var;

/// A differentiable function of arrays, with its derivative written by hand.
///
/// Everything about an op stands in its file: the formulas as text, the shape rule, what `backward` needs to
/// remember, both directions, the cost, and the inputs it is tested on.
/// An op only computes; adding up contributions of several uses of a variable is the work of the driver.
pub trait Op: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The name in graphs, messages and the graph language.
    const NAME: &'static str;

    /// The formula of `forward`, in the graph language: `z = 1 / (1 + exp(-a))`.
    const FORWARD: &'static str;

    /// The formula of `backward`, where `g_z` is ∂J/∂z: `g_a = g_z * z * (1 - z)`.
    const BACKWARD: &'static str;

    /// The operands in order, with the letters of the formula.
    const OPERANDS: &'static [Operand];

    /// What `backward` reads besides `g_y` and the notes; the driver may discard everything else.
    const KEEPS: Keeps;

    /// The shape of the result, or what is wrong with the shapes of the operands.
    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError>;

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

    /// Computes ∂J/∂x from ∂J/∂y, overwriting every in-gradient that is asked for; it never adds.
    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>);

    /// The cost in floating-point operations.
    fn flops(&self, x: &[Shape]) -> Flops;

    /// A random instance of the op with operands inside its domain, away from kinks, for the laws of `check`.
    fn sample(draw: &mut Draw) -> Sample<Self>;
}

/// An op that is defined by a formula over other ops and computed faster than by it.
pub trait Fused: Op {
    /// The same function in primitives: the definition, of which the kernel is an optimisation.
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t>;
}

/// One operand of an op: its letter in the formula and what kind of numbers it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// The letter of the formula.
    pub name: &'static str,
    /// What the numbers mean.
    pub kind: OperandKind,
    /// Whether the operand may be left out, or may stand any number of times.
    pub arity: Arity,
}

/// What the numbers of an operand mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandKind {
    /// Real numbers; the op gives a gradient for them.
    Real,
    /// Whole numbers counted from 0 that pick a row; there is no gradient.
    Id,
    /// Numbers where 0 means no and anything else yes; there is no gradient.
    Mask,
}

/// How often an operand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly once.
    One,
    /// Once or not at all; only trailing operands may be left out.
    Optional,
    /// Any number of times, at least once.
    Many,
}

impl Operand {
    /// A real operand that must be given.
    pub const fn real(name: &'static str) -> Self {
        Self {
            name,
            kind: OperandKind::Real,
            arity: Arity::One,
        }
    }
    /// Ids that must be given.
    pub const fn id(name: &'static str) -> Self {
        Self {
            name,
            kind: OperandKind::Id,
            arity: Arity::One,
        }
    }
    /// A mask that must be given.
    pub const fn mask(name: &'static str) -> Self {
        Self {
            name,
            kind: OperandKind::Mask,
            arity: Arity::One,
        }
    }
    /// The same operand, which may be left out.
    pub const fn optional(self) -> Self {
        Self {
            arity: Arity::Optional,
            ..self
        }
    }
    /// The same operand, any number of times.
    pub const fn many(self) -> Self {
        Self {
            arity: Arity::Many,
            ..self
        }
    }
}

/// What `backward` reads of the forward pass.
///
/// The least is best: whatever is not kept can be freed or overwritten in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeps {
    inputs: u8,
    output: bool,
}

impl Keeps {
    /// Nothing: the derivative does not depend on the values.
    pub const NOTHING: Self = Self {
        inputs: 0,
        output: false,
    };
    /// The result only.
    pub const OUTPUT: Self = Self {
        inputs: 0,
        output: true,
    };
    /// All operands.
    pub const INPUTS: Self = Self {
        inputs: u8::MAX,
        output: false,
    };

    /// Only the operands with these positions.
    pub const fn inputs(positions: &[usize]) -> Self {
        let mut inputs = 0;
        let mut i = 0;
        while i < positions.len() {
            inputs |= 1 << positions[i];
            i += 1;
        }
        Self { inputs, output: false }
    }

    /// The same, and the result besides.
    pub const fn and_output(self) -> Self {
        Self { output: true, ..self }
    }

    /// True if the operand at this position is read; of a repeated operand all are.
    pub const fn reads_input(self, position: usize) -> bool {
        self.inputs == u8::MAX || (position < 8 && self.inputs & (1 << position) != 0)
    }

    /// True if the result is read.
    pub const fn reads_output(self) -> bool {
        self.output
    }
}

/// The values and shapes of an op's operands.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    values: &'a [&'a [T]],
    shapes: &'a [Shape],
}

impl<'a, T> Inputs<'a, T> {
    /// Operands with these values and shapes.
    pub fn new(values: &'a [&'a [T]], shapes: &'a [Shape]) -> Self {
        debug_assert_eq!(values.len(), shapes.len());
        Self { values, shapes }
    }

    /// The values of the operand at `i`.
    pub fn value(&self, i: usize) -> &'a [T] {
        self.values[i]
    }

    /// The values of the operand at `i`, if it was given.
    pub fn get(&self, i: usize) -> Option<&'a [T]> {
        self.values.get(i).copied()
    }

    /// The shape of the operand at `i`.
    pub fn shape(&self, i: usize) -> Shape {
        self.shapes[i]
    }

    /// The shapes of all operands.
    pub fn shapes(&self) -> &'a [Shape] {
        self.shapes
    }

    /// The number of operands.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True for an op without operands.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<T> Index<usize> for Inputs<'_, T> {
    type Output = [T];
    fn index(&self, i: usize) -> &[T] {
        self.values[i]
    }
}

/// What is left of the forward pass when `backward` runs.
///
/// Only what the op's [`Keeps`] names may be read; the rest holds anything, or is empty. Shapes are always there.
#[derive(Clone, Copy, Debug)]
pub struct Saved<'a, T> {
    /// The operands.
    pub x: Inputs<'a, T>,
    /// The result.
    pub y: &'a [T],
    /// The shape of the result.
    pub y_shape: Shape,
    /// What `forward` noted.
    pub notes: &'a [T],
}

/// Where `backward` writes: one slice per operand, absent where nobody asked.
#[derive(Debug)]
pub struct InGradients<'a, T> {
    slots: SmallVec<[Option<&'a mut [T]>; 4]>,
}

impl<'a, T> InGradients<'a, T> {
    /// The places for the gradients of the operands, in order.
    pub fn new(slots: impl IntoIterator<Item = Option<&'a mut [T]>>) -> Self {
        Self {
            slots: slots.into_iter().collect(),
        }
    }

    /// The place for the gradient of the operand at `i`, if it is wanted.
    pub fn get(&mut self, i: usize) -> Option<&mut [T]> {
        self.slots.get_mut(i)?.as_deref_mut()
    }

    /// The places of the first `N` operands at once.
    pub fn each<const N: usize>(&mut self) -> [Option<&mut [T]>; N] {
        let mut slots = self.slots.iter_mut();
        std::array::from_fn(|_| slots.next().and_then(|slot| slot.as_deref_mut()))
    }

    /// All places in the order of the operands.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = Option<&mut [T]>> {
        self.slots.iter_mut().map(|slot| slot.as_deref_mut())
    }
}

/// The cost of an op in floating-point operations; a multiplication with an addition counts as two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flops {
    /// The cost of `forward`.
    pub forward: u64,
    /// The cost of `backward` when every gradient is wanted.
    pub backward: u64,
}

impl Flops {
    /// These costs of the two directions.
    pub fn new(forward: usize, backward: usize) -> Self {
        Self {
            forward: forward as u64,
            backward: backward as u64,
        }
    }

    /// An op that only moves numbers.
    pub const NONE: Self = Self {
        forward: 0,
        backward: 0,
    };
}

impl std::ops::Add for Flops {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            forward: self.forward + other.forward,
            backward: self.backward + other.backward,
        }
    }
}

impl std::iter::Sum for Flops {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::NONE, |total, item| total + item)
    }
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
