//! What the two directions of an op read, and where they write.

use std::ops::Index;

use smallvec::SmallVec;

use crate::shape::Shape;

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
/// Only what the op's [`Keeps`](super::Keeps) names may be read; the rest holds anything, or is empty. Shapes are always there.
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
    /// As many in place as the op with the most operands has, so that a planned step allocates nothing.
    slots: SmallVec<[Option<&'a mut [T]>; 8]>,
}

impl<'a, T> InGradients<'a, T> {
    /// The places for the gradients of the operands, in order.
    pub fn new(slots: impl IntoIterator<Item = Option<&'a mut [T]>>) -> Self {
        Self {
            slots: slots.into_iter().collect(),
        }
    }

    /// No places yet.
    #[inline]
    pub(crate) fn none() -> Self {
        Self { slots: SmallVec::new() }
    }

    /// Adds the place for the gradient of the next operand, if it is wanted.
    #[inline]
    pub(crate) fn push(&mut self, slot: Option<&'a mut [T]>) {
        self.slots.push(slot);
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
