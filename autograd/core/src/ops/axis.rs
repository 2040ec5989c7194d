//! The one axis that some ops work along.

use crate::shape::{Shape, ShapeError};

/// The size of an axis, or an error if `x` has no such axis.
pub fn existing(axis: usize, x: Shape) -> Result<usize, ShapeError> {
    if axis < x.rank() {
        Ok(x.size(axis))
    } else {
        Err(ShapeError::new(format!(
            "there is no axis {axis} in {x}: it has {} axes, counted from 0",
            x.rank()
        )))
    }
}
