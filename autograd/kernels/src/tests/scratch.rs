//! No kernel reads a number of its scratch, of its notes or of its results before it has written it.
//!
//! The buffer that packed operands of products lie in is poisoned too, at every use, wherever this crate is tested.

use proptest::prelude::*;

use super::case::Case;
use super::laws::everything;
use super::random::{any_case, large_cases};
use super::shifted::{Shifted, poisoned};
use crate::{Gemm, Kernels};

/// The bits of everything that a case computes, with this in all room that is not written yet.
fn bits(case: Case, seed: u64, poison: f64) -> Vec<u64> {
    let all = poisoned(poison, || {
        [everything::<f32>(case, seed), everything::<f64>(case, seed)]
    });
    all.concat().concat().into_iter().map(f64::to_bits).collect()
}

fn assert_no_bit_depends_on_the_room(case: Case, seed: u64) {
    let clean = bits(case, seed, 0.0);
    // `1e292` is an infinity in `f32`; `1e-310` is subnormal in `f64` and 0 in `f32`.
    for poison in [f64::NAN, 1e292, -1e292, 1e-310] {
        assert!(
            clean == bits(case, seed, poison),
            "{case:?} seed {seed}: with {poison:e} in fresh room the results have other bits"
        );
    }
    let nan = clean.iter().position(|&bits| f64::from_bits(bits).is_nan());
    assert_eq!(nan, None, "{case:?} seed {seed}: a result is not a number");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_stood_in_fresh_room_does_not_matter(case in any_case(), seed: u64) {
        assert_no_bit_depends_on_the_room(case, seed);
    }
}

#[test]
fn what_stood_in_fresh_room_does_not_matter_at_the_sizes_of_models() {
    for case in large_cases() {
        assert_no_bit_depends_on_the_room(case, 3);
    }
}

/// A product that adds to room that nobody wrote: the poison shows in the result.
#[test]
fn reading_too_early_would_be_seen() {
    let product = |poison| {
        poisoned(poison, || {
            let mut c = Shifted::<f64>::room(1);
            f64::gemm(Gemm::new(1, 1, 1).adds(), &[2.0], &[3.0], &mut c);
            c[0]
        })
    };
    assert_eq!(product(0.0), 6.0);
    assert_eq!(product(1e292), 1e292);
    assert!(product(f64::NAN).is_nan());
}
