//! Numbers for kernels: never aligned, and poisoned where nothing was written yet.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use crate::Kernels;

thread_local! {
    /// What fresh room is full of.
    static POISON: Cell<f64> = const { Cell::new(f64::NAN) };
}

/// What `work` gives when all the room that it makes is full of `poison`.
pub fn poisoned<R>(poison: f64, work: impl FnOnce() -> R) -> R {
    let before = POISON.replace(poison);
    let result = work();
    POISON.set(before);
    result
}

/// Numbers that start one number after the start of their allocation, so that no vector is aligned.
///
/// Fresh room is full of NaN, or of another [poison](poisoned): what a kernel does not write, or reads before it writes, shows.
#[derive(Clone, Debug)]
pub struct Shifted<T>(Vec<T>);

impl<T: Kernels> Shifted<T> {
    pub fn room(len: usize) -> Self {
        Self(vec![T::from_f64(POISON.get()); len + 1])
    }

    pub fn from(x: &[f64]) -> Self {
        Self(std::iter::once(&f64::NAN).chain(x).map(|&x| T::from_f64(x)).collect())
    }
}

impl<T> Deref for Shifted<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0[1..]
    }
}

impl<T> DerefMut for Shifted<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0[1..]
    }
}
