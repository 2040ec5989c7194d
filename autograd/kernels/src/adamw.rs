//! One step of AdamW over flat parameters, in one pass.
//!
//! **Formula** (Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (2019), algorithm 2):
//! `m = β₁ m + (1 - β₁) g`, `v = β₂ v + (1 - β₂) g²`, `w = w - η (m̂ / (√v̂ + ε) + λ w)` with
//! `m̂ = m / (1 - β₁ᵗ)`, `v̂ = v / (1 - β₂ᵗ)`.

use crate::Kernels;

/// The sizes of one AdamW step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamwStep {
    /// The number of this step, `t`, counted from 1.
    pub step: u64,
    /// `η`.
    pub learning_rate: f64,
    /// `β₁`, how much of the first moment stays.
    pub beta_1: f64,
    /// `β₂`, how much of the second moment stays.
    pub beta_2: f64,
    /// `ε`, which keeps the division away from 0.
    pub epsilon: f64,
    /// `λ`, decoupled from the gradient; 0 for none.
    pub weight_decay: f64,
    /// What every gradient is multiplied by first: the factor of a global clip, 1 for none.
    pub gradient_scale: f64,
}

/// The factors of a step that do not depend on the parameter.
#[derive(Clone, Copy)]
pub(super) struct Factors<T> {
    pub(super) scale: T,
    pub(super) beta_1: T,
    pub(super) rest_1: T,
    pub(super) beta_2: T,
    pub(super) rest_2: T,
    /// `1 - η λ`.
    pub(super) keep: T,
    /// `η / (1 - β₁ᵗ)`.
    pub(super) rate: T,
    /// `1 / √(1 - β₂ᵗ)`.
    pub(super) spread: T,
    pub(super) epsilon: T,
}

impl AdamwStep {
    /// The factors in the number type of the parameters, computed once in `f64`.
    pub(super) fn factors<T: Kernels>(&self) -> Factors<T> {
        let power = |beta: f64| beta.powf(self.step as f64);
        Factors {
            scale: T::from_f64(self.gradient_scale),
            beta_1: T::from_f64(self.beta_1),
            rest_1: T::from_f64(1.0 - self.beta_1),
            beta_2: T::from_f64(self.beta_2),
            rest_2: T::from_f64(1.0 - self.beta_2),
            keep: T::from_f64(1.0 - self.learning_rate * self.weight_decay),
            rate: T::from_f64(self.learning_rate / (1.0 - power(self.beta_1))),
            spread: T::from_f64(1.0 / (1.0 - power(self.beta_2)).sqrt()),
            epsilon: T::from_f64(self.epsilon),
        }
    }
}

/// Moves `w` and its moments `m` and `v` along the gradient `g`.
pub(super) fn plain<T: Kernels>(step: AdamwStep, w: &mut [T], g: &[T], m: &mut [T], v: &mut [T]) {
    check(w.len(), g.len(), m.len(), v.len());
    let at = step.factors::<T>();
    for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
        let g = g * at.scale;
        *m = at.beta_1 * *m + at.rest_1 * g;
        *v = at.beta_2 * *v + at.rest_2 * g * g;
        *w = at.keep * *w - at.rate * *m / (v.sqrt() * at.spread + at.epsilon);
    }
}

/// Asserts one length.
pub(super) fn check(w: usize, g: usize, m: usize, v: usize) {
    assert!(w == g && w == m && w == v, "adamw: w, g, m and v must be of one length");
}
