//! One step of AdamW in one pass, in vectors and on all threads.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dispatch::run;
use super::float::Float;
use super::share_out::ShareOut;
use super::tasks::TASK;
use crate::adamw::{AdamwStep, Factors, check};

/// Moves `w` and its moments `m` and `v` along the gradient `g`.
pub fn adamw<T: Float>(step: AdamwStep, w: &mut [T], g: &[T], m: &mut [T], v: &mut [T]) {
    check(w.len(), g.len(), m.len(), v.len());
    let at = step.factors();
    if w.len() <= TASK {
        return run(Step { at, w, g, m, v });
    }
    let moments = m.par_chunks_mut(TASK).zip(v.par_chunks_mut(TASK));
    let tasks = w.par_chunks_mut(TASK).zip(g.par_chunks(TASK)).zip(moments);
    tasks.share_out(|((w, g), (m, v))| run(Step { at, w, g, m, v }));
}

struct Step<'a, T> {
    at: Factors<T>,
    w: &'a mut [T],
    g: &'a [T],
    m: &'a mut [T],
    v: &'a mut [T],
}

impl<T: Float> WithSimd for Step<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let at = self.at;
        for (((w, &g), m), v) in self.w.iter_mut().zip(self.g).zip(self.m).zip(self.v) {
            let g = g * at.scale;
            *m = at.beta_1 * *m + at.rest_1 * g;
            *v = at.beta_2 * *v + at.rest_2 * g * g;
            *w = at.keep * *w - at.rate * *m / (v.sqrt_at() * at.spread + at.epsilon);
        }
    }
}
