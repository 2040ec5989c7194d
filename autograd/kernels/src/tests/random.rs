//! Random kernels with random sizes, and random inputs for them.

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::case::{Bias, Case, Factors, Function, Mask};
use super::operands::IGNORED;
use crate::{AttentionSizes, Gemm, LinearSizes, LstmSizes, RnnSizes};

/// Inputs for a case: the same numbers for the same seed.
pub fn inputs(case: Case, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (differentiable, others) = case.lengths();
    let mut x: Vec<Vec<f64>> = differentiable
        .into_iter()
        .chain(others)
        .map(|n| numbers(&mut rng, n))
        .collect();
    case.adapt(&mut x);
    x
}

impl Case {
    /// Turns numbers between -1 and 1 into inputs of the kernel: ids, masks, a second moment that is not negative.
    fn adapt(&self, x: &mut [Vec<f64>]) {
        match *self {
            Self::CrossEntropy(_, cols) => {
                for id in &mut x[1] {
                    let class = ((*id + 1.0) / 2.0 * cols as f64) as usize;
                    *id = if *id > 0.8 || cols == 0 {
                        IGNORED
                    } else {
                        class.min(cols - 1)
                    } as f64;
                }
            }
            Self::Attention(at, Mask::Some) => {
                for (i, mask) in x[3].iter_mut().enumerate() {
                    *mask = if i % at.keys == 0 || *mask > -0.5 { 1.0 } else { 0.0 };
                }
            }
            // Wide recurrent weights make the recurrence chaotic, and no two roundings would agree.
            Self::Rnn(at) => x[3].iter_mut().for_each(|w| *w /= (at.hidden as f64).sqrt()),
            Self::Lstm(at) => x[4].iter_mut().for_each(|w| *w /= (at.hidden as f64).sqrt()),
            Self::Adamw(_) => x[3].iter_mut().for_each(|v| *v = v.abs()),
            _ => {}
        }
    }
}

/// `n` numbers between -1 and 1.
pub fn numbers(rng: &mut ChaCha8Rng, n: usize) -> Vec<f64> {
    (0..n).map(|_| f64::from(rng.random_range(-1.0f32..1.0))).collect()
}

/// Every kernel, with sizes that include 0, 1, odd ones, and ones beyond a vector and a block.
pub fn any_case() -> impl Strategy<Value = Case> {
    prop_oneof![
        4 => any_gemm().prop_map(Case::Gemm),
        1 => any_gemm().prop_map(Case::GemmBatch),
        2 => (any_function(), 0..100usize).prop_map(|(f, n)| Case::Each(f, n)),
        1 => (0..6usize, 1..70usize).prop_map(|(rows, cols)| Case::Softmax(rows, cols)),
        1 => (0..6usize, 1..70usize).prop_map(|(rows, cols)| Case::LogSoftmax(rows, cols)),
        1 => (0..6usize, 2..70usize, any_factors()).prop_map(|(r, c, f)| Case::LayerNorm(r, c, f)),
        1 => (0..6usize, 1..70usize, any_factors()).prop_map(|(r, c, f)| Case::RmsNorm(r, c, f)),
        1 => (0..6usize, 1..70usize).prop_map(|(rows, cols)| Case::CrossEntropy(rows, cols)),
        3 => (any_attention(), prop_oneof![Just(Mask::None), Just(Mask::Some)])
            .prop_map(|(at, mask)| Case::Attention(at, mask)),
        1 => (0..5usize, 0..5usize, 1..20usize, 1..40usize)
            .prop_map(|(batch, time, inputs, hidden)| Case::Rnn(RnnSizes { batch, time, inputs, hidden })),
        1 => (0..5usize, 0..5usize, 1..20usize, 1..20usize)
            .prop_map(|(batch, time, inputs, hidden)| Case::Lstm(LstmSizes { batch, time, inputs, hidden })),
        1 => (0..20usize, 1..40usize, 1..40usize, prop_oneof![Just(Bias::None), Just(Bias::Some)])
            .prop_map(|(rows, inputs, outputs, b)| Case::Linear(LinearSizes { rows, inputs, outputs }, b)),
        1 => (0..300usize).prop_map(Case::Sum),
        1 => (0..300usize).prop_map(Case::Dot),
        1 => (0..100usize).prop_map(Case::Adamw),
    ]
}

fn any_function() -> impl Strategy<Value = Function> {
    use Function::*;
    prop_oneof![Just(Exp), Just(Tanh), Just(Sigmoid), Just(GeluTanh), Just(Silu)]
}

fn any_factors() -> impl Strategy<Value = Factors> {
    prop_oneof![Just(Factors::None), Just(Factors::Gamma), Just(Factors::All)]
}

fn any_gemm() -> impl Strategy<Value = Gemm> {
    let size = || prop_oneof![3 => 0..40usize, 1 => 40..90usize];
    let k = prop_oneof![6 => 0..40usize, 1 => 250..300usize];
    (size(), k, size(), any::<[bool; 3]>()).prop_map(|(m, k, n, [a_transposed, b_transposed, adds])| Gemm {
        m,
        k,
        n,
        a_transposed,
        b_transposed,
        adds,
    })
}

fn any_attention() -> impl Strategy<Value = AttentionSizes> {
    let heads = prop_oneof![Just((1, 1)), Just((2, 2)), Just((4, 2)), Just((3, 1))];
    let length = || prop_oneof![3 => 1..12usize, 1 => 30..70usize];
    (0..3usize, length(), length(), heads, 1..40usize, any::<bool>()).prop_map(
        |(batch, queries, keys, (heads, kv_heads), head_dim, causal)| AttentionSizes {
            batch,
            queries,
            keys,
            heads,
            kv_heads,
            head_dim,
            causal,
        },
    )
}

/// Sizes of real models: each is cut into several tasks.
pub fn large_cases() -> Vec<Case> {
    let gemm = Gemm::new(200, 300, 170);
    let attention = AttentionSizes {
        batch: 3,
        queries: 130,
        keys: 150,
        heads: 4,
        kv_heads: 2,
        head_dim: 24,
        causal: true,
    };
    let (batch, time, inputs, hidden) = (37, 9, 30, 50);
    let linear = LinearSizes {
        rows: 300,
        inputs: 130,
        outputs: 190,
    };
    vec![
        Case::Gemm(gemm),
        Case::Gemm(gemm.a_transposed()),
        Case::Gemm(gemm.b_transposed().adds()),
        Case::Gemm(Gemm::new(1, 2000, 1500)),
        Case::Gemm(Gemm::new(1, 2000, 1500).b_transposed()),
        Case::Gemm(Gemm::new(1500, 2000, 1)),
        Case::GemmBatch(gemm),
        Case::Each(Function::Exp, 70_001),
        Case::Each(Function::GeluTanh, 70_001),
        Case::Softmax(700, 65),
        Case::LogSoftmax(700, 65),
        Case::LayerNorm(700, 65, Factors::All),
        Case::RmsNorm(700, 65, Factors::Gamma),
        Case::CrossEntropy(700, 65),
        Case::Attention(attention, Mask::None),
        Case::Attention(
            AttentionSizes {
                causal: false,
                ..attention
            },
            Mask::Some,
        ),
        Case::Rnn(RnnSizes {
            batch,
            time,
            inputs,
            hidden,
        }),
        Case::Lstm(LstmSizes {
            batch,
            time,
            inputs,
            hidden,
        }),
        Case::Linear(linear, Bias::Some),
        Case::Sum(20_001),
        Case::Dot(20_001),
        Case::Adamw(70_001),
    ]
}
