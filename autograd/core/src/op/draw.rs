//! Random shapes and values for the laws: seeded, small, and inside the domain of the op.

use ndarray::{ArrayD, IxDyn};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use super::Op;
use crate::ops::AnyOp;
use crate::shape::{Axes, Shape};

/// A seeded source of shapes and values.
#[derive(Debug)]
pub struct Draw {
    rng: ChaCha8Rng,
    sizes: Vec<usize>,
}

impl Draw {
    /// A source whose axes have at most `size_max` entries; the same arguments give the same draws.
    pub fn new(seed: u64, size_max: usize) -> Self {
        Self::of_sizes(seed, 1..=size_max.max(1))
    }

    /// A source whose axes have one of these sizes; 0 is among the possibilities besides, but rare.
    ///
    /// **Panics** if no size is given.
    pub fn of_sizes(seed: u64, sizes: impl IntoIterator<Item = usize>) -> Self {
        let sizes: Vec<usize> = sizes.into_iter().collect();
        assert!(!sizes.is_empty(), "a source of shapes needs at least one size to draw");
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            sizes,
        }
    }

    /// A whole number below `end`.
    ///
    /// **Panics** if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    /// True or false with equal chance.
    pub fn coin(&mut self) -> bool {
        self.rng.random()
    }

    /// One of these.
    pub fn one_of<A: Copy>(&mut self, choices: &[A]) -> A {
        choices[self.below(choices.len())]
    }

    /// The size of an axis; 0 is among the possibilities, but rare.
    pub fn size(&mut self) -> usize {
        if self.below(20) == 0 { 0 } else { self.size_nonzero() }
    }

    /// The size of an axis that is not empty.
    pub fn size_nonzero(&mut self) -> usize {
        let drawn = self.below(self.sizes.len());
        self.sizes[drawn]
    }

    /// A shape with 0 to 3 axes.
    pub fn shape(&mut self) -> Shape {
        let rank = self.below(4);
        (0..rank).map(|_| self.size()).collect()
    }

    /// A shape with 0 to 3 axes, none of them empty.
    pub fn shape_nonempty(&mut self) -> Shape {
        let rank = self.below(4);
        (0..rank).map(|_| self.size_nonzero()).collect()
    }

    /// A shape with 1 to 3 axes, and one of them.
    pub fn shape_with_axis(&mut self) -> (Shape, usize) {
        let rank = 1 + self.below(3);
        let shape: Shape = (0..rank).map(|_| self.size()).collect();
        (shape, self.below(rank))
    }

    /// Two shapes that broadcast, with 0 to 3 axes each.
    pub fn broadcast_pair(&mut self) -> (Shape, Shape) {
        self.broadcast_pair_of_rank(3)
    }

    /// Two shapes that broadcast, with at most `rank_max` axes each.
    pub fn broadcast_pair_of_rank(&mut self, rank_max: usize) -> (Shape, Shape) {
        let common: Shape = (0..self.below(rank_max + 1)).map(|_| self.size()).collect();
        (self.broadcasts_to(common), self.broadcasts_to(common))
    }

    /// A shape that broadcasts to `common`: leading axes missing, others shrunk to 1.
    pub fn broadcasts_to(&mut self, common: Shape) -> Shape {
        let missing = if self.coin() { 0 } else { self.below(common.rank() + 1) };
        common
            .iter()
            .skip(missing)
            .map(|size| if self.below(4) == 0 { 1 } else { size })
            .collect()
    }

    /// A random set of the axes of `x`, often all.
    pub fn axes(&mut self, x: Shape) -> Axes {
        if self.below(3) == 0 {
            return Axes::ALL;
        }
        let chosen: Vec<usize> = (0..x.rank()).filter(|_| self.coin()).collect();
        Axes::of(&chosen)
    }

    /// Independent standard normal values.
    pub fn normal(&mut self, shape: Shape) -> ArrayD<f64> {
        self.fill(shape, |draw| StandardNormal.sample(&mut draw.rng))
    }

    /// Values of both signs whose distance to 0 is between 0.2 and 2: on both sides of a kink, not in it.
    pub fn away_from_zero(&mut self, shape: Shape) -> ArrayD<f64> {
        self.fill(shape, |draw| {
            let size = draw.rng.random_range(0.2..2.0);
            if draw.coin() { size } else { -size }
        })
    }

    /// Values between `low` and `high`.
    pub fn between(&mut self, shape: Shape, low: f64, high: f64) -> ArrayD<f64> {
        self.fill(shape, |draw| draw.rng.random_range(low..high))
    }

    /// Values that all differ by at least 0.1, in random order: a largest one is the largest by far.
    pub fn distinct(&mut self, shape: Shape) -> ArrayD<f64> {
        let count = shape.len();
        let mut values: Vec<f64> = (0..count)
            .map(|i| (i as f64 - count as f64 / 2.0) * 0.1 + 0.03)
            .collect();
        values.shuffle(&mut self.rng);
        self.fill(shape, |_| values.pop().expect("there is a value for each entry"))
    }

    /// Whole numbers below `end`.
    pub fn ids(&mut self, shape: Shape, end: usize) -> ArrayD<f64> {
        self.fill(shape, |draw| draw.below(end) as f64)
    }

    /// Zeros and ones.
    pub fn mask(&mut self, shape: Shape) -> ArrayD<f64> {
        self.ids(shape, 2)
    }

    /// Multiples of 1/64 between -2 and 2, never 0: exact in binary, short in print, and no two alike by habit.
    pub fn upstream(&mut self, shape: Shape) -> ArrayD<f64> {
        self.fill(shape, |draw| {
            let size = (1 + draw.below(128)) as f64 / 64.0;
            if draw.coin() { size } else { -size }
        })
    }

    fn fill(&mut self, shape: Shape, mut value: impl FnMut(&mut Self) -> f64) -> ArrayD<f64> {
        ArrayD::from_shape_simple_fn(IxDyn(&shape.to_vec()), || value(self))
    }
}

/// An op with operands it can be tried on.
#[derive(Clone, Debug)]
pub struct Sample<O> {
    /// The op, with random attributes.
    pub op: O,
    /// Its operands.
    pub operands: Vec<ArrayD<f64>>,
}

impl<O> Sample<O> {
    /// An op with these operands.
    pub fn new(op: O, operands: impl Into<Vec<ArrayD<f64>>>) -> Self {
        Self {
            op,
            operands: operands.into(),
        }
    }
}

impl<O: Op + Into<AnyOp>> Sample<O> {
    /// The same sample for the registry.
    pub fn any(self) -> Sample<AnyOp> {
        Sample {
            op: self.op.into(),
            operands: self.operands,
        }
    }
}
