//! Infinities, NaN, subnormal numbers and numbers at the ends of the range.

use super::case::{Case, Factors, Function, Mask};
use super::random::inputs;
use super::shifted::Shifted;
use crate::numbers::Dual;
use crate::{AttentionInputs, AttentionSizes, Gemm, Kernels};

const HARD: [f64; 14] = [
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    0.0,
    -0.0,
    1e-40,
    -1e-40,
    88.8,
    -87.5,
    -103.9,
    -105.0,
    1e5,
    -1e5,
    3e38,
];

/// What may be left of a sum of numbers about 1 that cancel.
const SUM: f64 = 8.0 * f32::EPSILON as f64;

/// Both not a number, or equal, or close by `absolute` and by the numbers of `f32`.
fn alike(plain: f64, fast: f64, absolute: f64) -> bool {
    let close = (plain - fast).abs() <= 40.0 * plain.abs() * f64::from(f32::EPSILON) + absolute;
    let beyond = plain.abs() > f64::from(f32::MAX) && fast == plain.signum() * f64::INFINITY;
    (plain.is_nan() && fast.is_nan()) || plain == fast || close || beyond
}

/// Runs forward and backward with every hard number at every place of the first input.
fn assert_alike(case: Case, absolute: f64) {
    for &hard in &HARD {
        let rounded = f64::from(hard as f32);
        for place in 0..case.lengths().0.first().map_or(0, |&n| n).max(1) {
            let mut x = inputs(case, 5);
            x[0][place] = rounded;
            let (plain, fast) = (run::<Dual>(case, &x), run::<f32>(case, &x));
            for (i, (&plain, &fast)) in plain.iter().zip(&fast).enumerate() {
                assert!(
                    alike(plain, fast, absolute),
                    "{case:?} with {rounded:e} at {place}: number {i}: plain {plain:e}, fast {fast:e}"
                );
            }
        }
    }
}

fn run<T: Kernels>(case: Case, x: &[Vec<f64>]) -> Vec<f64> {
    let x: Vec<Shifted<T>> = x.iter().map(|x| Shifted::from(x)).collect();
    let forward = case.forward(&x);
    let g_y = Shifted::<T>::from(&vec![0.5; forward.y.len()]);
    let mut all = case.backward(&x, &forward, &g_y);
    all.insert(0, forward.y);
    all.iter().flat_map(|x| x.iter().map(|x| x.to_f64())).collect()
}

#[test]
fn elementwise_functions_keep_infinities_and_nan_at_every_place_of_a_vector() {
    for function in [
        Function::Exp,
        Function::Tanh,
        Function::Sigmoid,
        Function::GeluTanh,
        Function::Silu,
    ] {
        // The gate σ(x) of a large |x| is subnormal: half of its last place, times |x|.
        let absolute = 100.0 * f64::from(f32::from_bits(1));
        assert_alike(Case::Each(function, 1), absolute);
        assert_alike(Case::Each(function, 35), absolute);
    }
}

#[test]
fn softmax_is_nan_where_the_plain_one_is_and_right_everywhere_else() {
    assert_alike(Case::Softmax(2, 19), SUM);
    assert_alike(Case::LogSoftmax(2, 19), SUM);
}

#[test]
fn cross_entropy_meets_impossible_and_certain_classes() {
    assert_alike(Case::CrossEntropy(2, 19), SUM);
}

#[test]
fn a_norm_of_equal_numbers_is_finite() {
    for case in [
        Case::LayerNorm(1, 19, Factors::None),
        Case::RmsNorm(1, 19, Factors::None),
    ] {
        let zeros = vec![vec![0.0; 19]];
        assert!(run::<f32>(case, &zeros).iter().all(|x| x.is_finite()), "{case:?}");
    }
}

#[test]
fn an_infinity_stays_in_its_row_and_column_of_a_product() {
    for gemm in [
        Gemm::new(9, 20, 37),
        Gemm::new(9, 20, 37).b_transposed(),
        Gemm::new(9, 20, 37).a_transposed(),
    ] {
        let (mut a, b) = (vec![1.0f32; 180], vec![1.0f32; 740]);
        a[3] = f32::INFINITY;
        let mut c = vec![0.0f32; 333];
        f32::gemm(gemm, &a, &b, &mut c);
        let row = if gemm.a_transposed { 3 } else { 0 };
        for (i, row_c) in c.chunks_exact(37).enumerate() {
            let expected = if i == row { f32::INFINITY } else { 20.0 };
            assert!(row_c.iter().all(|&c| c == expected), "{gemm:?}: row {i}");
        }
    }
}

#[test]
fn a_hidden_key_has_no_weight_however_large_its_score() {
    let at = AttentionSizes {
        batch: 1,
        queries: 5,
        keys: 20,
        heads: 1,
        kv_heads: 1,
        head_dim: 3,
        causal: true,
    };
    let mut x = inputs(Case::Attention(at, Mask::Some), 3);
    x[3].fill(1.0);
    x[3][2] = 0.0;
    let y = |x: &[Vec<f64>]| run::<f32>(Case::Attention(at, Mask::Some), x)[..15].to_vec();
    let before = y(&x);
    // The keys after the second last are hidden from the second last query and those before it.
    x[1][2 * 3..][..3].fill(1e9);
    x[1][19 * 3..].fill(1e9);
    assert_eq!(before[..12], y(&x)[..12]);
}

#[test]
fn a_query_that_sees_nothing_is_found_and_gives_zeros() {
    let at = AttentionSizes {
        batch: 2,
        queries: 3,
        keys: 2,
        heads: 1,
        kv_heads: 1,
        head_dim: 1,
        causal: true,
    };
    let ones = [1.0f32; 6];
    let x = AttentionInputs {
        q: &ones,
        k: &ones[..4],
        v: &ones[..4],
        mask: None,
    };
    assert_eq!(at.blind_query::<f32>(None), Some((0, 0)));
    let (mut y, mut notes) = ([f32::NAN; 6], [f32::NAN; 6]);
    let mut scratch = vec![f32::NAN; at.scratch_len()];
    f32::attention(at, x, &mut y, &mut notes, &mut scratch);
    assert_eq!(y, [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    let mask = [1.0f32, 1.0, 1.0, 0.0];
    let all = AttentionSizes { causal: false, ..at };
    assert_eq!(all.blind_query(Some(&mask)), None);
    assert_eq!(all.blind_query(Some(&[1.0f32, 0.0, 0.0, 0.0])), Some((1, 0)));
}
