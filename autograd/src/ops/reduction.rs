//! What all reductions share: an array seen as rows of entries that are reduced into one.

use crate::shape::{Axes, RANK_MAX, Shape, ShapeError};

/// The shape that is left when `axes` are reduced away.
pub fn reduced(axes: Axes, x: Shape) -> Result<Shape, ShapeError> {
    axes.check(x)?;
    Ok(axes.removed_from(x))
}

/// The same, with an error if there would be nothing to reduce: the largest of no numbers does not exist.
pub fn reduced_nonempty(axes: Axes, x: Shape, what: &str) -> Result<Shape, ShapeError> {
    let y = reduced(axes, x)?;
    if axes.count_in(x) == 0 && !y.is_empty() {
        return Err(ShapeError::new(format!(
            "{what} of no entries does not exist, and {x} has an axis of size 0"
        )));
    }
    Ok(y)
}

/// Calls `visit(i_x, i_y)` for each entry of `x`, in order, with the entry of the result it is reduced into.
pub fn walk(axes: Axes, x: Shape, mut visit: impl FnMut(usize, usize)) {
    if x.is_empty() {
        return;
    }
    let y_strides = axes.removed_from(x).strides();
    let mut kept = (0..).zip(y_strides);
    let strides: [usize; RANK_MAX] = std::array::from_fn(|axis| {
        if axis < x.rank() && !axes.contains(axis) {
            kept.next().map_or(0, |(_, stride)| stride)
        } else {
            0
        }
    });
    let mut index = [0usize; RANK_MAX];
    let mut i_y = 0;
    for i_x in 0..x.len() {
        visit(i_x, i_y);
        for axis in (0..x.rank()).rev() {
            index[axis] += 1;
            i_y += strides[axis];
            if index[axis] < x.size(axis) {
                break;
            }
            i_y -= index[axis] * strides[axis];
            index[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walking_over_the_middle_axis_visits_each_result_once_for_each_entry() {
        let mut uses = [0; 8];
        walk(Axes::of(&[1]), Shape::new(&[2, 3, 4]), |i_x, i_y| {
            assert_eq!(i_y, i_x / 12 * 4 + i_x % 4);
            uses[i_y] += 1;
        });
        assert_eq!(uses, [3; 8]);
    }
}
