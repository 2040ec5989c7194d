//! Stochastic gradient descent, with or without momentum.
//!
//! `m = μ m + g`, `w = w - η m`; with `μ = 0` this is `w = w - η g`, the rule of the lectures.
//! Source: deck S0, recipe step 4; momentum as in Sutskever et al. 2013, section 2, in the form without damping.

use super::{Optimizer, RestoreError, restore_vector};
use crate::numbers::Real;
use crate::params::Params;

/// Gradient descent with momentum `μ`.
#[derive(Clone, Debug)]
pub struct Sgd<T> {
    momentum: f64,
    velocity: Vec<T>,
    steps: u64,
}

impl<T: Real> Sgd<T> {
    /// Gradient descent for `len` numbers; `momentum` 0 means none.
    pub fn new(len: usize, momentum: f64) -> Self {
        let velocity = if momentum == 0.0 {
            Vec::new()
        } else {
            vec![T::ZERO; len]
        };
        Self {
            momentum,
            velocity,
            steps: 0,
        }
    }
}

impl<T: Real> Optimizer<T> for Sgd<T> {
    fn step(&mut self, params: &mut Params<T>, learning_rate: f64) {
        let (w, g) = params.values_and_gradients();
        let rate = T::from_f64(learning_rate);
        if self.velocity.is_empty() {
            w.iter_mut().zip(g).for_each(|(w, &g)| *w -= rate * g);
        } else {
            assert_eq!(
                w.len(),
                self.velocity.len(),
                "the optimiser was made for other parameters"
            );
            let momentum = T::from_f64(self.momentum);
            for ((w, &g), m) in w.iter_mut().zip(g).zip(&mut self.velocity) {
                *m = momentum * *m + g;
                *w -= rate * *m;
            }
        }
        self.steps += 1;
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn memory(&self) -> Vec<(&'static str, &[T])> {
        vec![("velocity", &self.velocity)]
    }

    fn restore(&mut self, steps: u64, memory: &[(String, Vec<T>)]) -> Result<(), RestoreError> {
        restore_vector(&mut self.velocity, "velocity", memory)?;
        self.steps = steps;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Init, ParamList};

    #[test]
    fn two_steps_by_hand() {
        let mut list = ParamList::new();
        list.add("w", [1], Init::Ones);
        let mut params = Params::<f64>::new(&list, 0);
        let mut sgd = Sgd::new(1, 0.5);
        for _ in 0..2 {
            params.gradients_mut()[0] = 2.0;
            sgd.step(&mut params, 0.1);
        }
        // m: 2, then 0.5 * 2 + 2 = 3; w: 1 - 0.2 = 0.8, then 0.8 - 0.3 = 0.5.
        assert!((params.values()[0] - 0.5).abs() < 1e-15);
    }
}
