//! One causal attention head as code.

use super::{Array, apply, arrays, assert_all_routes_agree, back};
use ndarray::{Array2, ArrayViewD, arr0};
use tapegrad_autograd::ops::{self, Add, Div, Matmul, Softmax};
use tapegrad_autograd::{Module, OpModule};

/// `y = softmax(Q Kᵀ / √D + M) V` for each sequence of `[B, T, D]`, with `M` the causal mask.
#[derive(Debug)]
struct Head {
    scores: OpModule<f64>,
    scale: OpModule<f64>,
    mask: OpModule<f64>,
    weights: OpModule<f64>,
    values: OpModule<f64>,
}

impl Head {
    fn new() -> Self {
        Self {
            scores: OpModule::new(Matmul),
            scale: OpModule::new(Div),
            mask: OpModule::new(Add),
            weights: OpModule::new(Softmax { axis: 2 }),
            values: OpModule::new(Matmul),
        }
    }
}

/// 0 where a query sees a key, -∞ where the key comes later.
fn causal_mask(time: usize) -> Array {
    let entry = |(query, key)| if key <= query { 0.0 } else { f64::NEG_INFINITY };
    Array2::from_shape_fn([time, time], entry).into_dyn()
}

fn transposed(matrices: &Array) -> Array {
    matrices.view().permuted_axes(vec![0, 2, 1]).to_owned()
}

impl Module<f64> for Head {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> Array {
        let [q, k, v] = [0, 1, 2].map(|i| x[i].to_owned());
        let root = arr0((q.shape()[2] as f64).sqrt()).into_dyn();
        let s = apply(&mut self.scores, [&q, &transposed(&k)]);
        let s = apply(&mut self.scale, [&s, &root]);
        let s = apply(&mut self.mask, [&s, &causal_mask(q.shape()[1])]);
        let p = apply(&mut self.weights, [&s]);
        apply(&mut self.values, [&p, &v])
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<Array> {
        let [g_p, g_v] = back(&mut self.values, &g_y.to_owned());
        let [g_s] = back(&mut self.weights, &g_p);
        let [g_s, _] = back(&mut self.mask, &g_s);
        let [g_s, _] = back(&mut self.scale, &g_s);
        let [g_q, g_k_t] = back(&mut self.scores, &g_s);
        vec![g_q, transposed(&g_k_t), g_v]
    }
}

#[test]
fn an_attention_head_by_modules_and_on_the_tape_gives_the_same_bits() {
    let shape = &[2, 5, 3][..];
    assert_all_routes_agree(Head::new, ops::Attention::causal(1), &arrays(4, [shape; 3]));
}
