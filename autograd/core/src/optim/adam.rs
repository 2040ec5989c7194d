//! Adam and AdamW: steps scaled by running means of the gradient and of its square.
//!
//! The formula stands with the kernel that computes it, [`AdamwStep`].
//! Source: Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2.

use std::ops::Range;

use super::{Optimizer, RestoreError, restore_vector};
use crate::kernels::AdamwStep;
use crate::numbers::Real;
use crate::params::{ParamList, Params};

/// Keeps the division away from 0.
const EPSILON: f64 = 1e-8;

/// Adam, with decoupled weight decay on the parameters that want it.
#[derive(Clone, Debug)]
pub struct Adam<T> {
    betas: [f64; 2],
    /// Which numbers decay, and by how much; the ranges follow each other without gaps.
    decay: Vec<(Range<usize>, f64)>,
    m: Vec<T>,
    v: Vec<T>,
    steps: u64,
}

impl<T: Real> Adam<T> {
    /// Adam for `len` numbers with the paper's betas 0.9 and 0.999, without weight decay.
    pub fn new(len: usize) -> Self {
        let decay = std::iter::once((0..len, 0.0)).collect();
        Self {
            betas: [0.9, 0.999],
            decay,
            m: vec![T::ZERO; len],
            v: vec![T::ZERO; len],
            steps: 0,
        }
    }

    /// AdamW: matrices, that is parameters with two or more axes, decay by `weight_decay`; vectors do not.
    pub fn adam_w(list: &ParamList, betas: [f64; 2], weight_decay: f64) -> Self {
        let mut decay: Vec<(Range<usize>, f64)> = Vec::new();
        for spec in list.specs() {
            let own = if spec.shape.rank() >= 2 { weight_decay } else { 0.0 };
            let end = spec.offset + spec.shape.len();
            match decay.last_mut() {
                Some((range, same)) if *same == own => range.end = end,
                _ => decay.push((spec.offset..end, own)),
            }
        }
        Self {
            betas,
            decay,
            ..Self::new(list.len())
        }
    }
}

impl<T: Real> Optimizer<T> for Adam<T> {
    fn step(&mut self, params: &mut Params<T>, learning_rate: f64) {
        assert_eq!(
            params.len(),
            self.m.len(),
            "the optimiser was made for other parameters"
        );
        self.steps += 1;
        let (w, g) = params.values_and_gradients();
        for (range, weight_decay) in &self.decay {
            let step = AdamwStep {
                step: self.steps,
                learning_rate,
                beta_1: self.betas[0],
                beta_2: self.betas[1],
                epsilon: EPSILON,
                weight_decay: *weight_decay,
                gradient_scale: 1.0,
            };
            let range = range.clone();
            T::adamw(
                step,
                &mut w[range.clone()],
                &g[range.clone()],
                &mut self.m[range.clone()],
                &mut self.v[range],
            );
        }
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn memory(&self) -> Vec<(&'static str, &[T])> {
        vec![("m", &self.m), ("v", &self.v)]
    }

    fn restore(&mut self, steps: u64, memory: &[(String, Vec<T>)]) -> Result<(), RestoreError> {
        restore_vector(&mut self.m, "m", memory)?;
        restore_vector(&mut self.v, "v", memory)?;
        self.steps = steps;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Init;

    #[test]
    fn the_first_step_is_about_as_long_as_the_learning_rate_whatever_the_gradient() {
        let mut list = ParamList::new();
        list.add("w", [2], Init::Zeros);
        let mut params = Params::<f64>::new(&list, 0);
        params.gradients_mut().copy_from_slice(&[1e-3, -40.0]);
        Adam::new(2).step(&mut params, 0.01);
        assert!((params.values()[0] + 0.01).abs() < 1e-6 && (params.values()[1] - 0.01).abs() < 1e-6);
    }

    #[test]
    fn only_matrices_decay() {
        let mut list = ParamList::new();
        list.add("gain", [2], Init::Ones);
        list.add("w", [1, 2], Init::Ones);
        let mut params = Params::<f64>::new(&list, 0);
        Adam::adam_w(&list, [0.9, 0.99], 0.1).step(&mut params, 0.5);
        assert_eq!(params.values(), [1.0, 1.0, 0.95, 0.95]);
    }
}
