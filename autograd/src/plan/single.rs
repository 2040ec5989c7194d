//! Steps between single numbers, as a scalar formula has them by the hundred thousand.
//!
//! To take arrays out of their places and to put them back costs several times what such an op costs. Here the few
//! numbers are copied instead; the op that runs is the same.

use super::schedule::{At, BackwardStep, ForwardStep, Target};
use crate::numbers::Real;
use crate::op::{InGradients, Inputs, Saved, ValueError};
use crate::params::Params;

/// The most operands of such a step.
const OPERANDS_MAX: usize = 2;

impl ForwardStep {
    /// True if the result and every operand are single numbers, few enough, and nothing is noted.
    pub fn is_single(&self) -> bool {
        let single = |at: &At| at.len() == 1;
        self.x.len() <= OPERANDS_MAX && self.x.iter().all(single) && single(&self.y) && self.notes.len() == 0
    }

    /// Runs a step of which [`is_single`](Self::is_single) is true.
    pub fn run_single<T: Real>(&self, arrays: &mut [Vec<T>], params: &Params<T>) -> Result<(), ValueError> {
        let numbers = Numbers::of(&self.x, arrays, params.values());
        let x = numbers.slices();
        let inputs = Inputs::new(&x[..self.x.len()], &self.shapes);
        self.op.admits(inputs)?;
        let mut y = [T::ZERO];
        self.op.forward(inputs, &mut y, &mut []);
        if let At::Array { array, .. } = self.y {
            arrays[array][0] = y[0];
        }
        Ok(())
    }
}

impl BackwardStep {
    /// Runs a step whose forward step is single.
    pub fn run_single<T: Real>(&self, arrays: &mut [Vec<T>], params: &mut Params<T>) {
        let step = &self.forward;
        let numbers = Numbers::of(&step.x, arrays, params.values());
        let others = Numbers::of(&[step.y, self.g_y], arrays, params.values());
        let (x, [y, g_y]) = (numbers.slices(), others.slices());
        let at = Saved {
            x: Inputs::new(&x[..step.x.len()], &step.shapes),
            y,
            y_shape: self.y_shape,
            notes: &[],
        };
        let mut g_x = [[T::ZERO]; OPERANDS_MAX];
        let slots = self.g_x.iter().zip(&mut g_x);
        let slots = slots.map(|(target, g)| (!matches!(target, Target::Unwanted)).then_some(&mut g[..]));
        step.op.backward(at, g_y, &mut InGradients::new(slots));
        for (target, [g]) in self.g_x.iter().zip(g_x) {
            match *target {
                Target::Unwanted => {}
                Target::First(at) => at.gradient_mut(arrays, params)[0] = g,
                Target::Later(at) => at.gradient_mut(arrays, params)[0] += g,
            }
        }
    }
}

/// Copies of the numbers at a few places; what is at no place is missing.
struct Numbers<T>([Option<T>; OPERANDS_MAX]);

impl<T: Real> Numbers<T> {
    fn of(places: &[At], arrays: &[Vec<T>], params: &[T]) -> Self {
        let mut numbers = [None; OPERANDS_MAX];
        for (number, at) in numbers.iter_mut().zip(places) {
            *number = at.read(arrays, params).first().copied();
        }
        Self(numbers)
    }

    fn slices(&self) -> [&[T]; OPERANDS_MAX] {
        self.0.each_ref().map(Option::as_slice)
    }
}
