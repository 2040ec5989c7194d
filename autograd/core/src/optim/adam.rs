//! Adam and AdamW: steps scaled by running means of the gradient and of its square.
//!
//! The formula stands with the kernel that computes it, [`AdamwStep`].
//! Source: Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2.
//!
//! Decay comes in two kinds. Decoupled, `w` shrinks by itself: `w = w - η λ w`, beside the step. As L2, `λ w` is added
//! to the gradient, as if `λ/2 ‖w‖²` were added to the loss; Adam then divides it by `√v̂` like any gradient, so
//! parameters with large gradients decay less. With plain gradient descent the two are the same.

use std::ops::Range;

use super::{Optimizer, RestoreError, restore_vector};
use crate::kernels::AdamwStep;
use crate::numbers::Real;
use crate::params::{ParamList, Params};

/// The numbers of Adam, besides the learning rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamConfig {
    /// `β₁` and `β₂`, how much of the two moments stays.
    pub betas: [f64; 2],
    /// `ε`, which keeps the division away from 0.
    pub epsilon: f64,
    /// `λ`.
    pub weight_decay: f64,
    /// What `λ` does.
    pub decay: DecayKind,
    /// Which parameters decay.
    pub decayed: Decayed,
}

/// What weight decay does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecayKind {
    /// `w = w - η λ w`, beside the step: AdamW.
    #[default]
    Decoupled,
    /// `g = g + λ w`, before the step: L2 regularisation.
    L2,
}

/// Which parameters decay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decayed {
    /// Parameters with two or more axes; biases and gains do not.
    #[default]
    Matrices,
    /// Every parameter.
    All,
    /// None.
    None,
}

impl AdamConfig {
    /// The numbers of the paper: betas 0.9 and 0.999, epsilon 1e-8, no decay.
    pub const PAPER: Self = Self {
        betas: [0.9, 0.999],
        epsilon: 1e-8,
        weight_decay: 0.0,
        decay: DecayKind::Decoupled,
        decayed: Decayed::Matrices,
    };
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self::PAPER
    }
}

/// Adam, with weight decay on the parameters that want it.
#[derive(Clone, Debug)]
pub struct Adam<T> {
    config: AdamConfig,
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
            config: AdamConfig::default(),
            decay,
            m: vec![T::ZERO; len],
            v: vec![T::ZERO; len],
            steps: 0,
        }
    }

    /// AdamW: matrices, that is parameters with two or more axes, decay by `weight_decay`; vectors do not.
    pub fn adam_w(list: &ParamList, betas: [f64; 2], weight_decay: f64) -> Self {
        let config = AdamConfig {
            betas,
            weight_decay,
            ..AdamConfig::default()
        };
        Self::configured(list, config)
    }

    /// Adam with these numbers.
    pub fn configured(list: &ParamList, config: AdamConfig) -> Self {
        let mut decay: Vec<(Range<usize>, f64)> = Vec::new();
        for spec in list.specs() {
            let decays = match config.decayed {
                Decayed::Matrices => spec.shape.rank() >= 2,
                Decayed::All => true,
                Decayed::None => false,
            };
            let own = if decays { config.weight_decay } else { 0.0 };
            let end = spec.offset + spec.shape.len();
            match decay.last_mut() {
                Some((range, same)) if *same == own => range.end = end,
                _ => decay.push((spec.offset..end, own)),
            }
        }
        Self {
            config,
            decay,
            ..Self::new(list.len())
        }
    }
}

/// `g + λ w`, the gradient with that of `λ/2 ‖w‖²`.
fn with_l2<T: Real>(w: &[T], g: &[T], weight_decay: f64) -> Vec<T> {
    let weight_decay = T::from_f64(weight_decay);
    w.iter().zip(g).map(|(&w, &g)| g + weight_decay * w).collect()
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
                beta_1: self.config.betas[0],
                beta_2: self.config.betas[1],
                epsilon: self.config.epsilon,
                weight_decay: *weight_decay,
                gradient_scale: 1.0,
            };
            let range = range.clone();
            let w = &mut w[range.clone()];
            let (m, v) = (&mut self.m[range.clone()], &mut self.v[range.clone()]);
            if self.config.decay == DecayKind::L2 && *weight_decay != 0.0 {
                let g = with_l2(w, &g[range], *weight_decay);
                let step = AdamwStep {
                    weight_decay: 0.0,
                    ..step
                };
                T::adamw(step, w, &g, m, v);
            } else {
                T::adamw(step, w, &g[range], m, v);
            }
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

    /// A vector of ones and a matrix of twos, one step with the gradient 1 everywhere.
    fn one_step(config: AdamConfig) -> Vec<f64> {
        let mut list = ParamList::new();
        list.add("gain", [1], Init::Ones);
        list.add("w", [1, 2], Init::Ones);
        let mut params = Params::<f64>::new(&list, 0);
        params.values_mut()[1..].fill(2.0);
        params.gradients_mut().fill(1.0);
        Adam::configured(&list, config).step(&mut params, 0.5);
        params.values().to_vec()
    }

    #[test]
    fn each_number_of_adam_does_what_its_formula_says() {
        // After one step m̂ = g and √v̂ = |g|, whatever the betas: w - η (g / (|g| + ε) + λ w).
        let close = |config, expected: [f64; 3]| {
            for (w, expected) in one_step(config).iter().zip(expected) {
                assert!((w - expected).abs() < 1e-7, "{config:?}: {w} and not {expected}");
            }
        };
        let plain = AdamConfig {
            betas: [0.8, 0.9],
            ..AdamConfig::default()
        };
        close(plain, [0.5, 1.5, 1.5]);
        // ε = 1 halves a step with the gradient 1.
        close(AdamConfig { epsilon: 1.0, ..plain }, [0.75, 1.75, 1.75]);
        let decaying = |decay, decayed| AdamConfig {
            weight_decay: 0.1,
            epsilon: 1.0,
            decay,
            decayed,
            ..plain
        };
        close(decaying(DecayKind::Decoupled, Decayed::Matrices), [0.75, 1.65, 1.65]);
        close(decaying(DecayKind::Decoupled, Decayed::All), [0.7, 1.65, 1.65]);
        close(decaying(DecayKind::Decoupled, Decayed::None), [0.75, 1.75, 1.75]);
        // L2: the gradient of the matrix is 1 + 0.1 * 2 = 1.2, and the step 0.5 * 1.2 / 2.2.
        let stepped = 2.0 - 0.5 * 1.2 / 2.2;
        close(decaying(DecayKind::L2, Decayed::Matrices), [0.75, stepped, stepped]);
        close(
            decaying(DecayKind::L2, Decayed::All),
            [1.0 - 0.5 * 1.1 / 2.1, stepped, stepped],
        );
    }

    #[test]
    fn l2_decays_less_where_gradients_are_large_and_decoupled_decay_does_not() {
        // Two steps of g = 1 and of g = 100: Adam's own step has the same length, so the rest is decay.
        let decayed = |decay, slope: f64| {
            let mut list = ParamList::new();
            list.add("w", [1, 1], Init::Ones);
            let mut params = Params::<f64>::new(&list, 0);
            let config = AdamConfig {
                weight_decay: 0.1,
                decay,
                ..AdamConfig::default()
            };
            let (mut with, mut without) = (
                Adam::configured(&list, config),
                Adam::configured(&list, AdamConfig::default()),
            );
            let mut plain = Params::<f64>::new(&list, 0);
            for sign in [1.0, -1.0] {
                params.gradients_mut().fill(sign * slope);
                plain.gradients_mut().fill(sign * slope);
                with.step(&mut params, 0.01);
                without.step(&mut plain, 0.01);
            }
            plain.values()[0] - params.values()[0]
        };
        assert!(decayed(DecayKind::L2, 100.0).abs() < decayed(DecayKind::L2, 1.0).abs() / 50.0);
        let [small, large] = [1.0, 100.0].map(|slope| decayed(DecayKind::Decoupled, slope));
        assert!((small - large).abs() < 1e-9 && small > 1e-3, "{small} and {large}");
    }
}
