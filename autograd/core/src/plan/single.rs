//! Steps between single numbers, as a scalar formula has them by the hundred thousand.
//!
//! To take arrays out of their places and to put them back costs several times what such an op costs, and a step with
//! all its shapes and places fills ten lines of the cache. So these steps are stored tightly, and the few numbers that
//! one needs are copied; the op that runs is the same.

use super::step::{At, BackwardStep, ForwardStep, NUMBERS, Target};
use crate::numbers::Real;
use crate::op::{InGradients, Inputs, Saved, ValueError};
use crate::ops::AnyOp;
use crate::params::{Params, Weights};
use crate::shape::Shape;

/// The most operands of such a step.
pub(super) const OPERANDS_MAX: usize = 2;

/// The shapes of its operands.
static SHAPES: [Shape; OPERANDS_MAX] = [Shape::SCALAR; OPERANDS_MAX];

/// Where a single number lies: among the numbers, at the start of an array, or in the parameters.
#[derive(Clone, Copy, Debug)]
enum Place {
    Number(u32),
    Array(u32),
    Param(u32),
    Nothing,
}

impl Place {
    fn of(at: At) -> Self {
        let index = |index: usize| u32::try_from(index).expect("a plan has fewer than 2^32 arrays and parameters");
        match at {
            At::Number(position) => Self::Number(position),
            At::Array { array, .. } => Self::Array(index(array)),
            At::Param { begin, .. } => Self::Param(index(begin)),
            At::Nothing => Self::Nothing,
        }
    }

    fn read<T: Copy>(self, arrays: &[Vec<T>], param: impl Fn(usize) -> T) -> Option<T> {
        match self {
            Self::Number(position) => Some(arrays[NUMBERS][position as usize]),
            Self::Array(array) => Some(arrays[array as usize][0]),
            Self::Param(begin) => Some(param(begin as usize)),
            Self::Nothing => None,
        }
    }

    fn gradient_mut<'a, T>(self, arrays: &'a mut [Vec<T>], params: &'a mut Params<T>) -> Option<&'a mut T> {
        match self {
            Self::Number(position) => arrays[NUMBERS].get_mut(position as usize),
            Self::Array(array) => arrays[array as usize].first_mut(),
            Self::Param(begin) => params.gradients.get_mut(begin as usize),
            Self::Nothing => None,
        }
    }
}

/// The places of the operands, and how many there are.
#[derive(Clone, Copy, Debug)]
struct Operands {
    places: [Place; OPERANDS_MAX],
    count: u8,
}

impl Operands {
    fn of(x: &[At]) -> Self {
        let mut places = [Place::Nothing; OPERANDS_MAX];
        places.iter_mut().zip(x).for_each(|(place, &at)| *place = Place::of(at));
        Self {
            places,
            count: x.len() as u8,
        }
    }

    /// What `work` makes of the numbers; an operand that was not kept is empty.
    fn with<T: Real, R>(
        &self,
        arrays: &[Vec<T>],
        param: impl Fn(usize) -> T,
        work: impl FnOnce(Inputs<'_, T>) -> R,
    ) -> R {
        let numbers = self.places.map(|place| place.read(arrays, &param));
        let slices = numbers.each_ref().map(Option::as_slice);
        let count = usize::from(self.count);
        work(Inputs::new(&slices[..count], &SHAPES[..count]))
    }
}

/// The forward step of an op between single numbers.
#[derive(Clone, Debug)]
pub(super) struct SingleForward {
    op: AnyOp,
    x: Operands,
    y: Place,
}

impl SingleForward {
    /// `None` unless the result and every operand are scalars, few enough, and nothing is noted.
    pub fn of(step: &ForwardStep) -> Option<Self> {
        let fits = step.shapes.len() <= OPERANDS_MAX
            && step.shapes.iter().all(|&shape| shape == Shape::SCALAR)
            && step.y.len() == 1
            && step.notes.len() == 0
            && !step.rewrites;
        fits.then(|| Self {
            op: step.op.clone(),
            x: Operands::of(&step.x),
            y: Place::of(step.y),
        })
    }

    pub fn run<T: Real>(&self, arrays: &mut [Vec<T>], params: &impl Weights<T>) -> Result<(), ValueError> {
        let mut y = [T::ZERO];
        self.x.with(
            arrays,
            |begin| params.numbers(begin, 1)[0],
            |x| {
                self.op.admits(x)?;
                self.op.forward(x, &mut y, &mut []);
                Ok(())
            },
        )?;
        match self.y {
            Place::Number(position) => arrays[NUMBERS][position as usize] = y[0],
            Place::Array(array) => arrays[array as usize][0] = y[0],
            Place::Param(_) | Place::Nothing => {}
        }
        Ok(())
    }
}

/// The backward step of an op between single numbers.
#[derive(Clone, Debug)]
pub(super) struct SingleBackward {
    op: AnyOp,
    x: Operands,
    y: Place,
    g_y: Place,
    g_x: [Target<Place>; OPERANDS_MAX],
}

impl SingleBackward {
    /// `None` unless every operand and the result are scalars, few enough, and nothing is noted.
    pub fn of(step: &BackwardStep) -> Option<Self> {
        let forward = &step.forward;
        let fits = forward.shapes.len() <= OPERANDS_MAX
            && forward.shapes.iter().all(|&shape| shape == Shape::SCALAR)
            && step.y_shape == Shape::SCALAR
            && forward.notes.len() == 0;
        let mut g_x = [Target::Unwanted; OPERANDS_MAX];
        for (goal, target) in g_x.iter_mut().zip(&step.g_x) {
            *goal = match *target {
                Target::Unwanted => Target::Unwanted,
                Target::First(at) => Target::First(Place::of(at)),
                Target::Later(at) => Target::Later(Place::of(at)),
            };
        }
        fits.then(|| Self {
            op: forward.op.clone(),
            x: Operands::of(&forward.x),
            y: Place::of(forward.y),
            g_y: Place::of(step.g_y),
            g_x,
        })
    }

    pub fn run<T: Real>(&self, arrays: &mut [Vec<T>], params: &mut Params<T>) {
        let value = |begin: usize| params.values()[begin];
        let [y, g_y] = [self.y, self.g_y].map(|place| place.read(arrays, value));
        let mut g_x = [[T::ZERO]; OPERANDS_MAX];
        self.x.with(arrays, value, |x| {
            let at = Saved {
                x,
                y: y.as_slice(),
                y_shape: Shape::SCALAR,
                notes: &[],
            };
            let slots = self.g_x.iter().zip(&mut g_x).take(x.len());
            let slots = slots.map(|(goal, g)| (!matches!(goal, Target::Unwanted)).then_some(&mut g[..]));
            self.op.backward(at, g_y.as_slice(), &mut InGradients::new(slots));
        });
        for (&goal, [g]) in self.g_x.iter().zip(g_x) {
            match goal {
                Target::Unwanted => {}
                Target::First(place) => place.gradient_mut(arrays, params).into_iter().for_each(|g_x| *g_x = g),
                Target::Later(place) => place.gradient_mut(arrays, params).into_iter().for_each(|g_x| *g_x += g),
            }
        }
    }
}
