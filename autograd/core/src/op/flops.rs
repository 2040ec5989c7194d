//! The cost of an op.

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
