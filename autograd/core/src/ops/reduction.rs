//! What all reductions share: an array seen as groups of entries, each reduced into one.

use super::runs::each_run;
use crate::numbers::Real;
use crate::op::Draw;
use crate::op::Saved;
use crate::shape::{Axes, Shape, ShapeError};

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
    super::elementwise::walk([axes.kept_in(x)], x, |[i_y], i_x| visit(i_x, i_y));
}

/// `y = f(y, x)` for each entry of `x`, in order, with the entry of the result it is reduced into.
pub fn accumulate<T: Real>(axes: Axes, x_shape: Shape, x: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    each_run([axes.kept_in(x_shape)], x_shape, |run| {
        let (x, y) = (run.result(x), run.operand_mut(0, y));
        match y {
            [y] => *y = x.iter().fold(*y, |y, &x| f(y, x)),
            y => y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(*y, x)),
        }
    });
}

/// `y = Σ x` over `axes`; overwrites `y`.
pub fn sum_into<T: Real>(axes: Axes, x_shape: Shape, x: &[T], y: &mut [T]) {
    y.fill(T::ZERO);
    each_run([axes.kept_in(x_shape)], x_shape, |run| {
        let (x, y) = (run.result(x), run.operand_mut(0, y));
        match y {
            [y] => *y += T::sum_slice(x),
            y => y.iter_mut().zip(x).for_each(|(y, &x)| *y += x),
        }
    });
}

/// Counts in `ties` how many entries of each group equal its result, for a result that is one of the entries.
pub fn count_ties<T: Real>(axes: Axes, x_shape: Shape, x: &[T], y: &[T], ties: &mut [T]) {
    ties.fill(T::ZERO);
    walk(axes, x_shape, |i, o| {
        if x[i] == y[o] {
            ties[o] += T::ONE;
        }
    });
}

/// The gradient of a reduction that picks one entry: `g_x = g_y / ties` where `x = y`, and 0 elsewhere.
pub fn share_among_ties<T: Real>(axes: Axes, at: &Saved<'_, T>, g_y: &[T], g_x: &mut [T]) {
    let (x, y, ties) = (&at.x[0], at.y, at.notes);
    walk(axes, at.x.shape(0), |i, o| {
        g_x[i] = if x[i] == y[o] { g_y[o] / ties[o] } else { T::ZERO };
    });
}

/// The positions of the entries of `x` that are reduced into entry `i_y` of the result, in order.
pub fn group(axes: Axes, x: Shape, i_y: usize) -> impl DoubleEndedIterator<Item = usize> + Clone {
    let first = offset(x, |axis| !axes.contains(axis), i_y);
    (0..axes.count_in(x)).map(move |k| first + offset(x, |axis| axes.contains(axis), k))
}

/// Where entry `k` of the array made of the `chosen` axes lies in `x`, all other indices being 0.
fn offset(x: Shape, chosen: impl Fn(usize) -> bool, mut k: usize) -> usize {
    let mut stride = 1;
    let mut position = 0;
    for (axis, size) in x.iter().enumerate().rev() {
        if chosen(axis) {
            position += k % size * stride;
            k /= size;
        }
        stride *= size;
    }
    position
}

/// A random shape and axes of it for an op that needs something to reduce.
pub fn draw_nonempty(draw: &mut Draw) -> (Shape, Axes) {
    loop {
        let x = draw.shape();
        let axes = draw.axes(x);
        if reduced_nonempty(axes, x, "a sample").is_ok() {
            return (x, axes);
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

    #[test]
    fn the_groups_of_a_reduction_are_what_the_walk_visits() {
        let x = Shape::new(&[2, 3, 1, 4]);
        for axes in [
            Axes::ALL,
            Axes::of(&[]),
            Axes::of(&[1]),
            Axes::of(&[0, 3]),
            Axes::of(&[2, 3]),
        ] {
            let mut by_walk = vec![Vec::new(); axes.removed_from(x).len()];
            walk(axes, x, |i_x, i_y| by_walk[i_y].push(i_x));
            for (i_y, entries) in by_walk.iter().enumerate() {
                assert_eq!(&group(axes, x, i_y).collect::<Vec<_>>(), entries, "{axes:?}");
            }
        }
    }

    #[test]
    fn sums_agree_with_adding_entry_by_entry_whichever_axes_are_reduced() {
        let shape = Shape::new(&[2, 3, 2]);
        let x: Vec<f64> = (0..12).map(f64::from).collect();
        let sum = |axes: Axes| {
            let mut y = vec![f64::NAN; axes.removed_from(shape).len()];
            sum_into(axes, shape, &x, &mut y);
            y
        };
        assert_eq!(sum(Axes::ALL), [66.0]);
        assert_eq!(sum(Axes::of(&[2])), [1.0, 5.0, 9.0, 13.0, 17.0, 21.0]);
        assert_eq!(sum(Axes::of(&[0, 1])), [30.0, 36.0]);
        assert_eq!(sum(Axes::of(&[1])), [6.0, 9.0, 24.0, 27.0]);
    }
}
