//! What the kernels with named operands read, from the inputs of a case in their order.

use super::shifted::Shifted;
use crate::Kernels;
use crate::{AdamwStep, AttentionInputs, CrossEntropy, LayerNorm, LstmInputs, RmsNorm, RnnInputs};

const EPSILON: f64 = 1e-5;
/// The id that stands for no class.
pub const IGNORED: usize = 1000;

/// The third step of an optimiser.
pub const STEP: AdamwStep = AdamwStep {
    step: 3,
    learning_rate: 1e-2,
    beta_1: 0.9,
    beta_2: 0.99,
    epsilon: 1e-8,
    weight_decay: 0.1,
    gradient_scale: 0.5,
};

pub fn layer_norm<T: Kernels>(cols: usize, x: &[Shifted<T>]) -> LayerNorm<'_, T> {
    let [gamma, beta] = [1, 2].map(|i: usize| x.get(i).map(|factor| &**factor));
    LayerNorm {
        cols,
        epsilon: EPSILON,
        gamma,
        beta,
    }
}

pub fn rms_norm<T: Kernels>(cols: usize, x: &[Shifted<T>]) -> RmsNorm<'_, T> {
    RmsNorm {
        cols,
        epsilon: EPSILON,
        gamma: x.get(1).map(|gamma| &**gamma),
    }
}

pub fn cross_entropy(cols: usize) -> CrossEntropy {
    CrossEntropy {
        cols,
        ignore: Some(IGNORED),
    }
}

pub fn attention<T: Kernels>(x: &[Shifted<T>]) -> AttentionInputs<'_, T> {
    AttentionInputs {
        q: &x[0],
        k: &x[1],
        v: &x[2],
        mask: x.get(3).map(|mask| &**mask),
    }
}

pub fn rnn<T: Kernels>(x: &[Shifted<T>]) -> RnnInputs<'_, T> {
    RnnInputs {
        x: &x[0],
        h_0: &x[1],
        w_xh: &x[2],
        w_hh: &x[3],
        b: &x[4],
    }
}

pub fn lstm<T: Kernels>(x: &[Shifted<T>]) -> LstmInputs<'_, T> {
    LstmInputs {
        x: &x[0],
        h_0: &x[1],
        c_0: &x[2],
        w_xh: &x[3],
        w_hh: &x[4],
        b: &x[5],
    }
}
