//! Shapes: the sizes of the axes of an array, and the arithmetic of axes.

use std::fmt;

/// The largest number of axes an array may have.
pub const RANK_MAX: usize = 8;

/// The sizes of an array's axes, outermost first; a scalar has none.
///
/// A `Shape` is small and `Copy`: a node of the graph carries one, and ten million nodes must fit into memory.
///
/// ```
/// use tapegrad_kernels::shape::Shape;
/// let x = Shape::new(&[2, 3]);
/// assert_eq!((x.rank(), x.size(1), x.len()), (2, 3, 6));
/// assert_eq!(x.to_string(), "[2, 3]");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Shape {
    sizes: [u32; RANK_MAX],
    rank: u8,
}

impl Shape {
    /// The shape of a single number.
    pub const SCALAR: Self = Self {
        sizes: [0; RANK_MAX],
        rank: 0,
    };

    /// A shape with these sizes, outermost axis first.
    ///
    /// **Panics** if there are more than [`RANK_MAX`] axes, or an axis or the whole array has 2³² entries or more.
    #[track_caller]
    pub fn new(sizes: &[usize]) -> Self {
        sizes.iter().copied().collect()
    }

    /// The number of axes.
    #[inline]
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    /// The size of one axis.
    ///
    /// **Panics** if there is no such axis.
    #[track_caller]
    pub fn size(&self, axis: usize) -> usize {
        assert!(axis < self.rank(), "the shape {self} has no axis {axis}");
        self.sizes[axis] as usize
    }

    /// The size of the last axis; 1 for a scalar.
    pub fn last(&self) -> usize {
        self.iter().next_back().unwrap_or(1)
    }

    /// The sizes in order, outermost first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator + Clone + '_ {
        self.sizes[..self.rank()].iter().map(|&size| size as usize)
    }

    /// The sizes as a vector, as ndarray wants them.
    pub fn to_vec(&self) -> Vec<usize> {
        self.iter().collect()
    }

    /// The number of entries: the product of the sizes, 1 for a scalar.
    #[inline]
    pub fn len(&self) -> usize {
        self.iter().product()
    }

    /// True if some axis has size 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How far apart in memory neighbours along each axis are (row-major, without gaps).
    pub fn strides(&self) -> [usize; RANK_MAX] {
        let mut strides = [0; RANK_MAX];
        let mut step = 1;
        for axis in (0..self.rank()).rev() {
            strides[axis] = step;
            step *= self.size(axis);
        }
        strides
    }

    /// The same shape with one axis resized.
    #[track_caller]
    pub fn with_size(mut self, axis: usize, size: usize) -> Self {
        assert!(axis < self.rank(), "the shape {self} has no axis {axis}");
        self.sizes[axis] = u32::try_from(size).expect("an axis has fewer than 2^32 entries");
        self
    }

    /// The same shape with a new axis of `size` put in front of `axis`.
    #[track_caller]
    pub fn insert(&self, axis: usize, size: usize) -> Self {
        let mut sizes = self.to_vec();
        sizes.insert(axis, size);
        Self::new(&sizes)
    }

    /// The same shape without one axis.
    #[track_caller]
    pub fn remove(&self, axis: usize) -> Self {
        let mut sizes = self.to_vec();
        sizes.remove(axis);
        Self::new(&sizes)
    }

    /// The entries before, along and after one axis: an array `[outer, size, inner]`.
    #[track_caller]
    pub fn around(&self, axis: usize) -> (usize, usize, usize) {
        let outer = self.iter().take(axis).product();
        let inner = self.iter().skip(axis + 1).product();
        (outer, self.size(axis), inner)
    }

    /// The common shape of two broadcast operands, as NumPy defines it, if there is one.
    ///
    /// Axes are aligned at the end; two sizes meet if they are equal or one of them is 1.
    #[inline]
    pub fn broadcast(a: Self, b: Self) -> Option<Self> {
        if a == b {
            return Some(a);
        }
        let rank = a.rank().max(b.rank());
        let aligned = |shape: Self, axis: usize| {
            let missing = rank - shape.rank();
            if axis < missing { 1 } else { shape.size(axis - missing) }
        };
        (0..rank)
            .map(|axis| match (aligned(a, axis), aligned(b, axis)) {
                (m, n) if m == n => Some(m),
                (1, n) | (n, 1) => Some(n),
                _ => None,
            })
            .collect()
    }
}

impl FromIterator<usize> for Shape {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = usize>>(sizes: I) -> Self {
        let mut shape = Self::SCALAR;
        let mut len: usize = 1;
        for size in sizes {
            assert!(shape.rank() < RANK_MAX, "an array has at most {RANK_MAX} axes");
            shape.sizes[shape.rank()] = u32::try_from(size).expect("an axis has fewer than 2^32 entries");
            shape.rank += 1;
            len = len.saturating_mul(size.max(1));
        }
        assert!(
            u32::try_from(len).is_ok(),
            "an array has fewer than 2^32 entries; {shape} has more"
        );
        shape
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(sizes: [usize; N]) -> Self {
        Self::new(&sizes)
    }
}

impl From<&[usize]> for Shape {
    #[track_caller]
    fn from(sizes: &[usize]) -> Self {
        Self::new(sizes)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A set of axes that an op reduces or normalises over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Axes(u8);

impl Axes {
    /// Every axis, whatever the rank.
    pub const ALL: Self = Self(u8::MAX);

    /// The axes with these positions, counted from 0.
    ///
    /// **Panics** if a position is beyond [`RANK_MAX`].
    #[track_caller]
    pub fn of(axes: &[usize]) -> Self {
        axes.iter().fold(Self(0), |set, &axis| {
            assert!(
                axis < RANK_MAX,
                "an array has at most {RANK_MAX} axes, so there is no axis {axis}"
            );
            Self(set.0 | 1 << axis)
        })
    }

    /// True if the set holds this axis.
    pub fn contains(self, axis: usize) -> bool {
        axis < RANK_MAX && self.0 & (1 << axis) != 0
    }

    /// An error unless every named axis exists in `x`.
    pub fn check(self, x: Shape) -> Result<(), ShapeError> {
        let beyond = (x.rank()..RANK_MAX).find(|&axis| self.contains(axis));
        match beyond {
            Some(axis) if self != Self::ALL => Err(ShapeError::new(format!("there is no axis {axis} in {x}"))),
            _ => Ok(()),
        }
    }

    /// What is left of `x` when these axes are summed away.
    pub fn removed_from(self, x: Shape) -> Shape {
        (0..x.rank())
            .filter(|&axis| !self.contains(axis))
            .map(|axis| x.size(axis))
            .collect()
    }

    /// `x` with these axes shrunk to size 1: the shape that broadcasts back to `x`.
    pub fn kept_in(self, x: Shape) -> Shape {
        (0..x.rank())
            .map(|axis| if self.contains(axis) { 1 } else { x.size(axis) })
            .collect()
    }

    /// How many entries of `x` are reduced into one.
    pub fn count_in(self, x: Shape) -> usize {
        (0..x.rank())
            .filter(|&axis| self.contains(axis))
            .map(|axis| x.size(axis))
            .product()
    }
}

/// The operands of an op do not fit together.
///
/// The op says what is wrong; the driver that records it adds the op's name and formula.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShapeError(String);

impl ShapeError {
    /// An error with a sentence that names the operands, their shapes and what was expected.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_aligns_axes_at_the_end() {
        let broadcast = |a: &[usize], b: &[usize]| Shape::broadcast(Shape::new(a), Shape::new(b)).map(|s| s.to_vec());
        assert_eq!(broadcast(&[2, 3], &[3]), Some(vec![2, 3]));
        assert_eq!(broadcast(&[2, 1], &[1, 4]), Some(vec![2, 4]));
        assert_eq!(broadcast(&[0, 3], &[1, 3]), Some(vec![0, 3]));
        assert_eq!(broadcast(&[], &[5]), Some(vec![5]));
        assert_eq!(broadcast(&[2], &[3]), None);
    }

    #[test]
    fn reducing_all_axes_leaves_a_scalar() {
        let x = Shape::new(&[2, 3, 4]);
        assert_eq!(Axes::ALL.removed_from(x), Shape::SCALAR);
        assert_eq!(Axes::of(&[1]).removed_from(x), Shape::new(&[2, 4]));
        assert_eq!(Axes::of(&[1]).kept_in(x), Shape::new(&[2, 1, 4]));
        assert_eq!(Axes::of(&[0, 2]).count_in(x), 8);
        assert!(Axes::of(&[3]).check(x).is_err());
        assert!(Axes::ALL.check(x).is_ok());
    }

    #[test]
    #[should_panic(expected = "at most 8 axes")]
    fn nine_axes_are_refused() {
        Shape::new(&[1; 9]);
    }
}
