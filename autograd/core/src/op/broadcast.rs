//! The common shape of operands that are lined up at their last axes.

use crate::shape::{Shape, ShapeError};

/// The common shape of all operands, or an error that says which two do not broadcast.
pub fn broadcast(x: &[Shape]) -> Result<Shape, ShapeError> {
    let mut common = x[0];
    for &shape in x[1..].iter().filter(|&&shape| shape != x[0]) {
        common = Shape::broadcast(common, shape).ok_or_else(|| {
            ShapeError::new(format!(
                "{common} and {shape} do not broadcast: aligned at the last axis, two sizes must be equal or one of \
                 them 1"
            ))
        })?;
    }
    Ok(common)
}
