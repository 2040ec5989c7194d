//! The shapes of a graph's nodes, each stored once for many nodes that have it.
//!
//! A shape is nine times as large as its number here, and a node mostly has the shape of the node before it.

use crate::shape::Shape;

/// The position of a shape among those of its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShapeId(u32);

impl ShapeId {
    /// The shape of a single number, in every graph.
    pub const NUMBER: Self = Self(0);
}

/// All shapes of a graph; the first is that of a single number.
#[derive(Clone, Debug)]
pub(super) struct Shapes(Vec<Shape>);

impl Default for Shapes {
    fn default() -> Self {
        Self(vec![Shape::SCALAR])
    }
}

impl Shapes {
    #[inline]
    pub fn get(&self, id: ShapeId) -> Shape {
        self.0[id.0 as usize]
    }

    /// The position of a shape: that of a single number, the last one, or a new one.
    #[inline]
    pub fn id(&mut self, shape: Shape) -> ShapeId {
        if shape.rank() == 0 {
            return ShapeId::NUMBER;
        }
        if self.0.last() != Some(&shape) {
            self.0.push(shape);
        }
        ShapeId(u32::try_from(self.0.len() - 1).expect("a graph has fewer shapes than nodes"))
    }
}
