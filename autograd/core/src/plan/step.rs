//! One step of a plan: an op, and the places of the arrays that it reads and writes.

use smallvec::SmallVec;

use crate::kernels::add;
use crate::numbers::Real;
use crate::op::{InGradients, Inputs, Saved, ValueError};
use crate::ops::AnyOp;
use crate::params::{Params, Weights};
use crate::shape::Shape;

use super::packed;

/// The index of the array in which single numbers lie side by side; the other arrays come behind it.
pub(super) const NUMBERS: usize = 0;

/// Where an array lies.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    /// Among the numbers, at this position.
    Number(u32),
    /// At the beginning of one of the plan's arrays.
    Array { array: usize, len: usize },
    /// In the parameters' own memory.
    Param { begin: usize, len: usize },
    /// It has no entries, or nobody needs it.
    Nothing,
}

impl At {
    pub fn read<'a, T>(self, arrays: &'a [Vec<T>], params: &'a [T]) -> &'a [T] {
        match self {
            Self::Number(position) => std::slice::from_ref(&arrays[NUMBERS][position as usize]),
            Self::Array { array, len } => &arrays[array][..len],
            Self::Param { begin, len } => &params[begin..begin + len],
            Self::Nothing => &[],
        }
    }

    /// The same where parameters may be packed; a packed one is empty here.
    pub fn read_weights<'a, T>(self, arrays: &'a [Vec<T>], params: &'a impl Weights<T>) -> &'a [T] {
        match self {
            Self::Param { begin, len } => params.numbers(begin, len),
            _ => self.read(arrays, &[]),
        }
    }

    /// The gradient that lies here, to be written or added to.
    pub fn gradient_mut<'a, T>(self, arrays: &'a mut [Vec<T>], params: &'a mut Params<T>) -> &'a mut [T] {
        match self {
            Self::Number(position) => std::slice::from_mut(&mut arrays[NUMBERS][position as usize]),
            Self::Array { array, len } => &mut arrays[array][..len],
            Self::Param { begin, len } => &mut params.gradients[begin..begin + len],
            Self::Nothing => &mut [],
        }
    }

    /// Takes the array out of its place, to be written while others are read.
    fn take<T>(self, arrays: &mut [Vec<T>]) -> Vec<T> {
        match self {
            Self::Number(_) => unreachable!("invariant: only steps between single numbers write among the numbers"),
            Self::Array { array, .. } => std::mem::take(&mut arrays[array]),
            Self::Param { .. } | Self::Nothing => Vec::new(),
        }
    }

    fn put<T>(self, arrays: &mut [Vec<T>], taken: Vec<T>) {
        if let Self::Array { array, .. } = self {
            arrays[array] = taken;
        }
    }

    /// Two places, unless they are the same one or hold nothing.
    pub fn apart(from: Self, to: Self) -> Option<[Self; 2]> {
        match (from, to) {
            (Self::Array { array: from_array, .. }, Self::Array { array, .. }) => {
                (from_array != array).then_some([from, to])
            }
            _ => None,
        }
    }

    /// Copies what lies at another place.
    pub fn copy_from<T: Copy>(self, from: Self, arrays: &mut [Vec<T>]) {
        let mut to = self.take(arrays);
        to[..self.len()].copy_from_slice(from.read(arrays, &[]));
        self.put(arrays, to);
    }

    pub fn len(self) -> usize {
        match self {
            Self::Number(_) => 1,
            Self::Array { len, .. } | Self::Param { len, .. } => len,
            Self::Nothing => 0,
        }
    }
}

/// One op of the forward pass with the places of its arrays.
#[derive(Clone, Debug)]
pub(super) struct ForwardStep {
    pub op: AnyOp,
    pub x: SmallVec<[At; 4]>,
    pub shapes: SmallVec<[Shape; 4]>,
    pub y: At,
    pub notes: At,
    /// Whether the result is written over an operand, which then stands in `y` alone.
    pub rewrites: bool,
}

impl ForwardStep {
    pub fn run<T: Real>(&self, arrays: &mut [Vec<T>], params: &impl Weights<T>) -> Result<(), ValueError> {
        let (mut y, mut notes) = (self.y.take(arrays), self.notes.take(arrays));
        let x: SmallVec<[&[T]; 8]> = self.x.iter().map(|at| at.read_weights(arrays, params)).collect();
        let results = (&mut y[..self.y.len()], &mut notes[..self.notes.len()]);
        let admitted = match packed::operands(&self.x, params) {
            None => self.compute(Inputs::new(&x, &self.shapes), results),
            Some(packed) => packed::compute(self, &x, &packed, results),
        };
        drop(x);
        self.y.put(arrays, y);
        self.notes.put(arrays, notes);
        admitted
    }

    pub(super) fn compute<T: Real>(
        &self,
        inputs: Inputs<'_, T>,
        (y, notes): (&mut [T], &mut [T]),
    ) -> Result<(), ValueError> {
        self.op.admits(inputs)?;
        match self.rewrites {
            true => self.op.rewrite(inputs, y),
            false => self.op.forward(inputs, y, notes),
        }
        Ok(())
    }

    /// The same step without the arrays that backward() does not read: their memory may hold something else by then.
    pub fn kept(mut self) -> Self {
        let keeps = self.op.keeps();
        for (position, x) in self.x.iter_mut().enumerate() {
            *x = if keeps.reads_input(position) { *x } else { At::Nothing };
        }
        self.y = if keeps.reads_output() { self.y } else { At::Nothing };
        self
    }
}

/// Where a contribution to an operand's gradient is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<Place = At> {
    /// Nobody wants it.
    Unwanted,
    /// It is the first one: it is written where the gradient lies.
    First(Place),
    /// It is a later one: it is written beside and then added to what lies there.
    Later(Place),
}

/// One op of the backward pass with the places of its arrays.
#[derive(Clone, Debug)]
pub(super) struct BackwardStep {
    pub forward: ForwardStep,
    pub y_shape: Shape,
    pub g_y: At,
    pub g_x: SmallVec<[Target; 4]>,
    pub later: At,
}

impl BackwardStep {
    pub fn run<T: Real>(&self, arrays: &mut [Vec<T>], params: &mut Params<T>) {
        let mut first: SmallVec<[Vec<T>; 8]> = self.g_x.iter().map(|target| target.take_first(arrays)).collect();
        let mut later = self.later.take(arrays);
        self.differentiate(arrays, params, &mut first, &mut later);
        for (target, taken) in self.g_x.iter().zip(first) {
            if let Target::First(at) = target {
                at.put(arrays, taken);
            }
        }
        self.add_later(arrays, params, &later);
        self.later.put(arrays, later);
    }

    fn differentiate<T: Real>(
        &self,
        arrays: &[Vec<T>],
        params: &mut Params<T>,
        first: &mut [Vec<T>],
        mut later: &mut [T],
    ) {
        let step = &self.forward;
        let (values, gradients) = (&params.values, &mut params.gradients);
        let x: SmallVec<[&[T]; 8]> = step.x.iter().map(|at| at.read(arrays, values)).collect();
        let at = Saved {
            x: Inputs::new(&x, &step.shapes),
            y: step.y.read(arrays, values),
            y_shape: self.y_shape,
            notes: step.notes.read(arrays, values),
        };
        let mut in_params = disjoint(gradients, &self.g_x);
        let slots = self
            .g_x
            .iter()
            .zip(first)
            .enumerate()
            .map(|(position, (target, first))| match *target {
                Target::Unwanted => None,
                Target::First(At::Param { .. }) => in_params[position].take(),
                Target::First(at) => Some(&mut first[..at.len()]),
                Target::Later(at) => {
                    let (slot, rest) = std::mem::take(&mut later).split_at_mut(at.len());
                    later = rest;
                    Some(slot)
                }
            });
        step.op
            .backward(at, self.g_y.read(arrays, values), &mut InGradients::new(slots));
    }

    /// `g_x += contribution`, for every contribution that is not the first.
    fn add_later<T: Real>(&self, arrays: &mut [Vec<T>], params: &mut Params<T>, mut later: &[T]) {
        for target in &self.g_x {
            let Target::Later(at) = *target else { continue };
            let (contribution, rest) = later.split_at(at.len());
            later = rest;
            add(contribution, at.gradient_mut(arrays, params));
        }
    }
}

impl Target {
    fn take_first<T>(&self, arrays: &mut [Vec<T>]) -> Vec<T> {
        match self {
            Self::First(at) => at.take(arrays),
            Self::Unwanted | Self::Later(_) => Vec::new(),
        }
    }
}

/// The parts of the flat gradients that are written directly, side by side.
fn disjoint<'a, T>(gradients: &'a mut [T], targets: &[Target]) -> SmallVec<[Option<&'a mut [T]>; 8]> {
    let mut parts: SmallVec<[(usize, usize, usize); 8]> = targets
        .iter()
        .enumerate()
        .filter_map(|(position, target)| match *target {
            Target::First(At::Param { begin, len }) => Some((begin, len, position)),
            _ => None,
        })
        .collect();
    parts.sort_unstable();
    let mut slots: SmallVec<[Option<&mut [T]>; 8]> = targets.iter().map(|_| None).collect();
    let (mut rest, mut at) = (gradients, 0);
    for (begin, len, position) in parts {
        let (part, behind) = std::mem::take(&mut rest).split_at_mut(begin - at).1.split_at_mut(len);
        slots[position] = Some(part);
        (rest, at) = (behind, begin + len);
    }
    slots
}
