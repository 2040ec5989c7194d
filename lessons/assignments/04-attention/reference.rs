//! Attention of one head with a causal mask, forward and backward.
//!
//! Rows are places in a text: query `i` looks at the keys up to its own place, and gets a mean of their values.

use ndarray::{Array1, Array2, ArrayD, ArrayViewD, Ix2};
use tapegrad_autograd::Module;

/// What is added to the scores of `t` places: 0 where query `i` may see key `j`, `-∞` where `j` lies in its future.
///
/// **Shapes**: → `[T, T]`.
pub fn causal_mask(t: usize) -> Array2<f64> {
    // hole: causal-mask points=12
    // starter: Array2::from_elem((t, t), f64::NAN)
    Array2::from_shape_fn((t, t), |(i, j)| if j <= i { 0.0 } else { f64::NEG_INFINITY })
    // end hole
}

/// The weights of all queries and the means they get.
///
/// **Formula**: `p = softmax(q · kᵀ / √D + mask)` by rows, `y = p · v`.
///
/// **Shapes**: `q, k: [T, D]`, `v: [T, E]`, `mask: [T, T]` → `p: [T, T]`, `y: [T, E]`.
pub fn attend(q: &Array2<f64>, k: &Array2<f64>, v: &Array2<f64>, mask: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    // hole: attention-forward points=20
    // starter: // softmax() below gives the softmax of one row.
    // starter: let _ = (k, mask);
    // starter: (Array2::zeros((q.nrows(), q.nrows())), Array2::zeros(v.dim()))
    let scale = (q.ncols() as f64).sqrt();
    let mut p = q.dot(&k.t()) / scale + mask;
    for mut row in p.rows_mut() {
        let weights = softmax(row.to_owned());
        row.assign(&weights);
    }
    let y = p.dot(v);
    (p, y)
    // end hole
}

/// The gradients of queries, keys and values, from the weights `p` of forward().
///
/// **Shapes**: `g_y: [T, E]` → `g_q, g_k: [T, D]`, `g_v: [T, E]`.
pub fn gradients(
    q: &Array2<f64>,
    k: &Array2<f64>,
    v: &Array2<f64>,
    p: &Array2<f64>,
    g_y: &Array2<f64>,
) -> [Array2<f64>; 3] {
    // hole: attention-backward points=28
    // starter: let _ = (p, g_y);
    // starter: [Array2::zeros(q.dim()), Array2::zeros(k.dim()), Array2::zeros(v.dim())]
    // y = p · v
    let g_v = p.t().dot(g_y);
    let g_p = g_y.dot(&v.t());
    // p = softmax(s), row by row
    let mut g_s = Array2::zeros(p.dim());
    for ((mut g_s, p), g_p) in g_s.rows_mut().into_iter().zip(p.rows()).zip(g_p.rows()) {
        let mean = p.dot(&g_p);
        g_s.assign(&(&p * &(&g_p - mean)));
    }
    // s = q · kᵀ / √D + mask
    let g_s = g_s / (q.ncols() as f64).sqrt();
    let g_q = g_s.dot(k);
    let g_k = g_s.t().dot(q);
    [g_q, g_k, g_v]
    // end hole
}

/// The softmax of one row; an entry of `-∞` gets exactly 0.
pub fn softmax(row: Array1<f64>) -> Array1<f64> {
    let largest = row.fold(f64::NEG_INFINITY, |largest, x| largest.max(*x));
    let powers = (row - largest).exp();
    let sum = powers.sum();
    powers / sum
}

/// The functions above as one module of the operands `q`, `k` and `v`.
#[derive(Debug, Default)]
pub struct Attention {
    x: Vec<Array2<f64>>,
    p: Array2<f64>,
}

impl Module<f64> for Attention {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x.iter().map(matrix).collect();
        let [q, k, v] = &self.x[..] else {
            panic!("attention takes queries, keys and values")
        };
        let (p, y) = attend(q, k, v, &causal_mask(q.nrows()));
        self.p = p;
        y.into_dyn()
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let [q, k, v] = &self.x[..] else {
            panic!("backward() runs after forward()")
        };
        gradients(q, k, v, &self.p, &matrix(&g_y)).map(Array2::into_dyn).into()
    }
}

/// An array as a matrix.
fn matrix(x: &ArrayViewD<'_, f64>) -> Array2<f64> {
    let matrix = x.to_owned().into_dimensionality::<Ix2>();
    matrix.expect("attention takes matrices: a row for each place")
}
