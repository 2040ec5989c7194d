//! Laws over all kernels with random sizes and numbers.

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rayon::ThreadPoolBuilder;

use super::case::{Case, Forward};
use super::random::{any_case, inputs, large_cases, numbers};
use super::shifted::Shifted;
use crate::Kernels;
use crate::numbers::Dual;

/// Outputs, notes and gradients of a case, as `f64`, with the gradient `g_y` drawn from the seed.
pub fn everything<T: Kernels>(case: Case, seed: u64) -> Vec<Vec<f64>> {
    let x: Vec<Shifted<T>> = inputs(case, seed).iter().map(|x| Shifted::from(x)).collect();
    let forward = case.forward(&x);
    let g_y = Shifted::<T>::from(&g_y(seed, forward.y.len()));
    let mut all = case.backward(&x, &forward, &g_y);
    let Forward { y, notes } = forward;
    all.extend([y, notes]);
    all.iter().map(|x| x.iter().map(|x| x.to_f64()).collect()).collect()
}

fn g_y(seed: u64, n: usize) -> Vec<f64> {
    numbers(&mut ChaCha8Rng::seed_from_u64(seed ^ 0x5eed), n)
}

/// Compares with the plain loop in `f64`, which dual numbers run, by the size of the largest number of each slice.
///
/// The inputs are numbers of `f32`, so that both start from the same. Sums of up to two thousand terms of mixed signs
/// and recurrences over a few steps keep well below the bound, which a wrong term of a sum exceeds by far.
fn assert_equals_plain<T: Kernels>(case: Case, seed: u64, epsilon: f64) {
    let (plain, fast) = (everything::<Dual>(case, seed), everything::<T>(case, seed));
    for (slice, (plain, fast)) in plain.iter().zip(&fast).enumerate() {
        let size = plain
            .iter()
            .filter(|x| x.is_finite())
            .fold(1.0f64, |most, x| most.max(x.abs()));
        for (i, (plain, fast)) in plain.iter().zip(fast).enumerate() {
            let error = (plain - fast).abs() / size;
            assert!(
                plain == fast || error <= 256.0 * epsilon,
                "{case:?} seed {seed}: slice {slice}, number {i}: plain {plain}, {} {fast}",
                T::NAME
            );
        }
    }
}

fn assert_backward_is_the_derivative(case: Case, seed: u64) {
    let x = inputs(case, seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xd1a1);
    let count = case.lengths().0.len();
    let directions: Vec<_> = x[..count].iter().map(|x| numbers(&mut rng, x.len())).collect();
    let mut moving: Vec<Shifted<Dual>> = x.iter().map(|x| Shifted::from(x)).collect();
    for (x, direction) in moving.iter_mut().zip(&directions) {
        for (x, &tangent) in x.iter_mut().zip(direction) {
            x.tangent = tangent;
        }
    }
    let forward = case.forward(&moving);
    let g_y = g_y(seed, forward.y.len());
    let expected: f64 = forward.y.iter().zip(&g_y).map(|(y, g_y)| y.tangent * g_y).sum();
    let still: Vec<Shifted<Dual>> = x.iter().map(|x| Shifted::from(x)).collect();
    let gradients = case.backward(&still, &forward, &Shifted::from(&g_y));
    let pairs = || gradients.iter().zip(&directions).flat_map(|(g, d)| g.iter().zip(d));
    let along: f64 = pairs().map(|(g, d)| g.value * d).sum();
    let size: f64 = pairs().map(|(g, d)| (g.value * d).abs()).sum();
    if count > 0 {
        assert!(
            (along - expected).abs() <= 1e-12 * (1.0 + size),
            "{case:?} seed {seed}: backward gives {along}, dual numbers {expected}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_plain_backward_is_the_derivative_of_the_plain_forward(case in any_case(), seed: u64) {
        assert_backward_is_the_derivative(case, seed);
    }

    #[test]
    fn fast_equals_plain_in_f64(case in any_case(), seed: u64) {
        assert_equals_plain::<f64>(case, seed, f64::EPSILON);
    }

    #[test]
    fn fast_equals_plain_in_f32(case in any_case(), seed: u64) {
        assert_equals_plain::<f32>(case, seed, f64::from(f32::EPSILON));
    }
}

#[test]
fn fast_equals_plain_at_the_sizes_of_models() {
    for case in large_cases() {
        assert_equals_plain::<f64>(case, 1, f64::EPSILON);
        assert_equals_plain::<f32>(case, 1, f64::from(f32::EPSILON));
    }
}

/// The bits of everything that a case computes, on so many threads.
pub fn bits(case: Case, threads: usize) -> [Vec<u64>; 2] {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("a pool of a few threads");
    let all = pool.install(|| [everything::<f32>(case, 2), everything::<f64>(case, 2)]);
    all.map(|all| all.concat().into_iter().map(f64::to_bits).collect())
}

#[test]
fn one_two_and_four_threads_give_the_same_bits() {
    for case in large_cases() {
        let alone = bits(case, 1);
        assert!(alone == bits(case, 2), "{case:?}: two threads differ from one");
        assert!(alone == bits(case, 4), "{case:?}: four threads differ from one");
    }
}
