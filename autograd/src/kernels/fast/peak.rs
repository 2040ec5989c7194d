//! How many multiply-adds a core can do: chains of them in registers, and nothing else.

use std::hint::black_box;

use pulp::{Simd, WithSimd};

use super::dispatch;

/// Chains side by side: more than a processor needs to hide the time of one multiply-add, as many as AVX2 has room for.
const CHAINS: usize = 12;

/// Runs chains of multiply-adds of `f32` for so many turns, on this thread, and gives how many multiply-adds that were.
///
/// No memory is touched, so it takes as long as the arithmetic itself: what a kernel cannot be faster than.
pub fn chains_of_multiply_adds(turns: u64) -> u64 {
    dispatch::run(Chains { turns })
}

struct Chains {
    turns: u64,
}

impl WithSimd for Chains {
    type Output = u64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> u64 {
        // What the compiler cannot see it cannot compute beforehand.
        let factor = simd.splat_f32s(black_box(0.999));
        let summand = simd.splat_f32s(black_box(0.001));
        let mut chains = [simd.splat_f32s(0.0); CHAINS];
        for (i, chain) in chains.iter_mut().enumerate() {
            *chain = simd.splat_f32s(black_box(i as f32));
        }
        for _ in 0..self.turns {
            for chain in &mut chains {
                *chain = simd.mul_add_f32s(*chain, factor, summand);
            }
        }
        black_box(&chains);
        self.turns * (CHAINS * S::F32_LANES) as u64
    }
}
