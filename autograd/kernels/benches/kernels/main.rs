//! How much faster is each kernel than its plain twin, at the sizes of small language models?
//!
//! `cargo bench -p tapegrad-kernels --bench kernels -- [NAME..]`; `RAYON_NUM_THREADS=1` for one thread, `TAPEGRAD_SIMD`
//! caps the vector instructions. An item is a floating-point operation in products, a number everywhere else.

// The tests have a few functions more.
#[allow(dead_code)]
#[path = "../../src/tests/functions.rs"]
mod functions;
mod plain;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tapegrad_kernels::Kernels;
use tapegrad_kernels::numbers;
use tapegrad_kernels::{
    AdamwStep, AttentionGradients, AttentionInputs, AttentionSizes, CrossEntropy, Function, Gemm, LayerNorm,
    LayerNormGradients, LinearGradients, LinearSizes, LstmGradients, LstmInputs, LstmSizes, LstmUpstream, RnnGradients,
    RnnInputs, RnnSizes, norm_backward_scratch_len,
};

use plain::Plain;

fn main() {
    divan::main();
}

/// `n` numbers between -0.1 and 0.1 that follow no simple pattern.
fn numbers<T: Kernels>(n: usize) -> Vec<T> {
    let number = |i: usize| ((i * 2_654_435_761) % 4093) as f64 / 4093.0;
    (0..n).map(|i| T::from_f64((number(i) - 0.5) / 5.0)).collect()
}

/// The products of a linear layer: forward, to the input, to the weights; and a row of decoding.
const PRODUCTS: [Gemm; 5] = [
    Gemm::new(768, 128, 512).b_transposed(),
    Gemm::new(768, 512, 128),
    Gemm::new(512, 768, 128).a_transposed(),
    Gemm::new(32, 256, 1024).b_transposed(),
    Gemm::new(1, 128, 512).b_transposed(),
];

#[divan::bench(types = [f32, Plain], args = [0, 1, 2, 3, 4])]
fn gemm<T: Kernels>(bencher: Bencher, product: usize) {
    let at = PRODUCTS[product];
    let (a, b, mut c) = (numbers::<T>(at.m * at.k), numbers(at.k * at.n), numbers(at.m * at.n));
    bencher
        .counter(ItemsCount::new(2 * at.m * at.k * at.n))
        .bench_local(|| T::gemm(at, &a, &b, black_box(&mut c)));
}

#[divan::bench(types = [f32, Plain])]
fn linear_backward<T: Kernels>(bencher: Bencher) {
    let at = LinearSizes {
        rows: 768,
        inputs: 128,
        outputs: 512,
    };
    let (x, w, g_y) = (numbers::<T>(768 * 128), numbers(512 * 128), numbers(768 * 512));
    let (mut g_x, mut g_w, mut g_b) = (numbers(x.len()), numbers(w.len()), numbers(512));
    bencher
        .counter(ItemsCount::new(4 * 768 * 128 * 512usize))
        .bench_local(|| {
            let gradients = LinearGradients {
                g_x: Some(&mut g_x),
                g_w: Some(&mut g_w),
                g_b: Some(&mut g_b),
            };
            T::linear_backward(at, &x, &w, &g_y, gradients);
        });
}

/// An elementwise kernel on 768 rows of 512 numbers.
fn each<T: Kernels>(bencher: Bencher, kernel: impl Fn(&[T], &mut [T])) {
    let x = numbers::<T>(768 * 512);
    let mut y = numbers(x.len());
    bencher
        .counter(ItemsCount::new(x.len()))
        .bench_local(|| kernel(&x, black_box(&mut y)));
}

#[divan::bench(types = [f32, Plain])]
fn exp<T: Kernels>(bencher: Bencher) {
    each(bencher, T::map::<functions::Exp>);
}

#[divan::bench(types = [f32, Plain])]
fn tanh<T: Kernels>(bencher: Bencher) {
    each(bencher, T::map::<functions::Tanh>);
}

#[divan::bench(types = [f32, Plain])]
fn sigmoid<T: Kernels>(bencher: Bencher) {
    each(bencher, T::map::<functions::Sigmoid>);
}

#[divan::bench(types = [f32, Plain])]
fn gelu<T: Kernels>(bencher: Bencher) {
    each(bencher, T::map::<functions::GeluTanh>);
}

#[divan::bench(types = [f32, Plain])]
fn gelu_backward<T: Kernels>(bencher: Bencher) {
    each(bencher, |x: &[T], g_x: &mut [T]| {
        T::map_backward::<functions::GeluTanhSlope>(x, x, g_x)
    });
}

#[divan::bench(types = [f32, Plain])]
fn softmax<T: Kernels>(bencher: Bencher) {
    each(bencher, |x: &[T], y: &mut [T]| T::softmax_rows(512, x, y));
}

#[divan::bench(types = [f32, Plain])]
fn sum<T: Kernels>(bencher: Bencher) {
    let x = numbers::<T>(800_000);
    bencher
        .counter(ItemsCount::new(x.len()))
        .bench_local(|| T::sum_slice(black_box(&x)));
}

#[divan::bench(types = [f32, Plain])]
fn layer_norm<T: Kernels>(bencher: Bencher) {
    let (x, gamma) = (numbers::<T>(768 * 128), numbers::<T>(128));
    let (mut y, mut notes) = (numbers(x.len()), numbers(2 * 768));
    bencher
        .counter(ItemsCount::new(x.len()))
        .bench_local(|| T::layer_norm_rows(norm(&gamma), &x, &mut y, &mut notes));
}

#[divan::bench(types = [f32, Plain])]
fn layer_norm_backward<T: Kernels>(bencher: Bencher) {
    let (x, gamma) = (numbers::<T>(768 * 128), numbers::<T>(128));
    let (mut y, mut notes) = (numbers(x.len()), numbers(2 * 768));
    T::layer_norm_rows(norm(&gamma), &x, &mut y, &mut notes);
    let (mut g_x, mut g_gamma) = (numbers(x.len()), numbers(128));
    let mut scratch = numbers(norm_backward_scratch_len(768, 128));
    bencher.counter(ItemsCount::new(x.len())).bench_local(|| {
        let gradients = LayerNormGradients {
            g_x: Some(&mut g_x),
            g_gamma: Some(&mut g_gamma),
            g_beta: None,
        };
        T::layer_norm_rows_backward(norm(&gamma), &x, &notes, &y, gradients, &mut scratch);
    });
}

fn norm<T>(gamma: &[T]) -> LayerNorm<'_, T> {
    LayerNorm {
        cols: 128,
        epsilon: 1e-5,
        gamma: Some(gamma),
        beta: None,
    }
}

#[divan::bench(types = [f32, Plain])]
fn cross_entropy<T: Kernels>(bencher: Bencher) {
    let at = CrossEntropy { cols: 65, ignore: None };
    let ids: Vec<T> = (0..768).map(|i| T::from_count(i % 65)).collect();
    let x = numbers::<T>(768 * 65);
    let (mut losses, mut notes, mut g_x) = (numbers(768), numbers(768), numbers(x.len()));
    bencher.counter(ItemsCount::new(x.len())).bench_local(|| {
        T::cross_entropy_rows(at, &x, &ids, &mut losses, &mut notes);
        T::cross_entropy_rows_backward(at, &x, &ids, &notes, &losses, &mut g_x);
    });
}

#[divan::bench(types = [f32, Plain])]
fn attention<T: Kernels>(bencher: Bencher) {
    let at = AttentionSizes {
        batch: 12,
        queries: 64,
        keys: 64,
        heads: 4,
        kv_heads: 4,
        head_dim: 32,
        causal: true,
    };
    let n = 768 * 128;
    let (q, k, v, g_y) = (numbers::<T>(n), numbers::<T>(n), numbers::<T>(n), numbers::<T>(n));
    let x = AttentionInputs {
        q: &q,
        k: &k,
        v: &v,
        mask: None,
    };
    let (mut y, mut notes) = (numbers(n), numbers(at.notes_len()));
    let [mut g_q, mut g_k, mut g_v] = [0; 3].map(|_| numbers(n));
    let mut scratch = numbers(at.scratch_len().max(at.backward_scratch_len()));
    // Half of the scores are hidden: two products forward, five backward.
    bencher
        .counter(ItemsCount::new(7 * 12 * 64 * 64 * 128usize))
        .bench_local(|| {
            T::attention(at, x, &mut y, &mut notes, &mut scratch);
            let gradients = AttentionGradients {
                g_q: Some(&mut g_q),
                g_k: Some(&mut g_k),
                g_v: Some(&mut g_v),
            };
            T::attention_backward(at, x, &notes, &g_y, gradients, &mut scratch);
        });
}

/// Batch 32, 64 steps, 128 inputs, 256 hidden numbers.
const B: usize = 32;
const TIME: usize = 64;
const M: usize = 128;
const D: usize = 256;

#[divan::bench(types = [f32, Plain], sample_count = 5)]
fn rnn<T: Kernels>(bencher: Bencher) {
    let at = RnnSizes {
        batch: B,
        time: TIME,
        inputs: M,
        hidden: D,
    };
    let (x, h_0, w_xh, w_hh, b) = (
        numbers::<T>(B * TIME * M),
        numbers(B * D),
        numbers(D * M),
        numbers(D * D),
        numbers(D),
    );
    let x = RnnInputs {
        x: &x,
        h_0: &h_0,
        w_xh: &w_xh,
        w_hh: &w_hh,
        b: &b,
    };
    let (mut h, g_h) = (numbers(B * TIME * D), numbers::<T>(B * TIME * D));
    let (mut g_x, mut g_w_xh, mut g_w_hh, mut g_b) = (numbers(x.x.len()), numbers(D * M), numbers(D * D), numbers(D));
    let mut scratch = numbers(at.scratch_len().max(at.backward_scratch_len()));
    bencher
        .counter(ItemsCount::new(6 * B * TIME * D * (M + D)))
        .bench_local(|| {
            T::rnn(at, x, &mut h, &mut scratch);
            let gradients = RnnGradients {
                g_x: Some(&mut g_x),
                g_h_0: None,
                g_w_xh: Some(&mut g_w_xh),
                g_w_hh: Some(&mut g_w_hh),
                g_b: Some(&mut g_b),
            };
            T::rnn_backward(at, x, &h, &g_h, gradients, &mut scratch);
        });
}

#[divan::bench(types = [f32, Plain], sample_count = 5)]
fn lstm<T: Kernels>(bencher: Bencher) {
    let at = LstmSizes {
        batch: B,
        time: TIME,
        inputs: M,
        hidden: D,
    };
    let (x, h_0, w_xh) = (numbers::<T>(B * TIME * M), numbers::<T>(B * D), numbers(4 * D * M));
    let (w_hh, b) = (numbers(4 * D * D), numbers(4 * D));
    let x = LstmInputs {
        x: &x,
        h_0: &h_0,
        c_0: &h_0,
        w_xh: &w_xh,
        w_hh: &w_hh,
        b: &b,
    };
    let (mut h, g_h) = (numbers(B * TIME * D), numbers::<T>(B * TIME * D));
    let mut notes = numbers(at.notes_len());
    let (mut g_x, mut g_w_xh) = (numbers(x.x.len()), numbers(4 * D * M));
    let (mut g_w_hh, mut g_b) = (numbers(4 * D * D), numbers(4 * D));
    let mut scratch = numbers(at.scratch_len().max(at.backward_scratch_len()));
    bencher
        .counter(ItemsCount::new(24 * B * TIME * D * (M + D)))
        .bench_local(|| {
            T::lstm(at, x, &mut h, &mut notes, &mut scratch);
            let gradients = LstmGradients {
                g_x: Some(&mut g_x),
                g_h_0: None,
                g_c_0: None,
                g_w_xh: Some(&mut g_w_xh),
                g_w_hh: Some(&mut g_w_hh),
                g_b: Some(&mut g_b),
            };
            let upstream = LstmUpstream { g_h: &g_h, g_c: None };
            T::lstm_backward(at, x, (&h, &notes), upstream, gradients, &mut scratch);
        });
}

#[divan::bench(types = [f32, Plain])]
fn adamw<T: Kernels>(bencher: Bencher) {
    let step = AdamwStep {
        step: 3,
        learning_rate: 1e-6,
        beta_1: 0.9,
        beta_2: 0.99,
        epsilon: 1e-8,
        weight_decay: 0.1,
        gradient_scale: 1.0,
    };
    let n = 800_000;
    let (mut w, g, mut m) = (numbers::<T>(n), numbers::<T>(n), numbers(n));
    let mut v = vec![T::ONE; n];
    bencher
        .counter(ItemsCount::new(n))
        .bench_local(|| T::adamw(step, &mut w, &g, &mut m, &mut v));
}
