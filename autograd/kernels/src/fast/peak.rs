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

/// Reads an array from end to end with the widest loads, and gives the sum of its numbers, in no stated order.
///
/// Of an array longer than a cache this takes as long as reading memory: what a kernel that reads it cannot be faster
/// than.
pub fn read(x: &[f32]) -> f32 {
    dispatch::run(Read { x })
}

struct Read<'a> {
    x: &'a [f32],
}

impl WithSimd for Read<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (vectors, rest) = S::as_simd_f32s(self.x);
        let (groups, single) = vectors.as_chunks::<8>();
        let mut sums = [simd.splat_f32s(0.0); 8];
        for group in groups {
            for (sum, &x) in sums.iter_mut().zip(group) {
                *sum = simd.add_f32s(*sum, x);
            }
        }
        let mut total = simd.splat_f32s(0.0);
        for &x in sums.iter().chain(single) {
            total = simd.add_f32s(total, x);
        }
        simd.reduce_sum_f32s(total) + rest.iter().sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_read_once() {
        let x: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        assert_eq!([read(&x), read(&x[..7]), read(&[])], [499_500.0, 21.0, 0.0]);
    }

    #[test]
    fn a_turn_counts_every_chain_in_every_lane() {
        assert_eq!(chains_of_multiply_adds(10), 10 * chains_of_multiply_adds(1));
    }
}
