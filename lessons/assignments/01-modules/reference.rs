//! Three modules of the lecture: linear, sigmoid, softmax with cross-entropy.
//!
//! forward() is written and keeps what backward() needs. Your work is backward(): from `g_y`, which is ∂J/∂y, to the
//! gradients of everything that forward() read. Write them with arrays, not with the ops of the engine.

use ndarray::{Array1, Array2, ArrayD, ArrayViewD, Ix2};
use tapegrad_autograd::Module;
use tapegrad_autograd::module::ModuleParam;

/// A linear module: `y = x · wᵀ + b`, a row for each example.
///
/// **Shapes**: `x: [B, M]`, `w: [D, M]`, `b: [D]` → `y: [B, D]`.
#[derive(Debug)]
pub struct Linear {
    w: Array2<f64>,
    b: Array1<f64>,
    g_w: Array2<f64>,
    g_b: Array1<f64>,
    x: Array2<f64>,
}

impl Linear {
    /// A module with these weights and this bias.
    pub fn new(w: Array2<f64>, b: Array1<f64>) -> Self {
        let (g_w, g_b) = (Array2::zeros(w.dim()), Array1::zeros(b.dim()));
        let x = Array2::zeros((0, w.ncols()));
        Self { w, b, g_w, g_b, x }
    }
}

impl Module<f64> for Linear {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = matrix(&x[0]);
        (self.x.dot(&self.w.t()) + &self.b).into_dyn()
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let g_y = matrix(&g_y);
        // hole: linear-backward points=20
        // starter: // Set self.g_w and self.g_b, and give g_x.
        // starter: todo!("Linear::backward: g_y is {:?}, x was {:?}", g_y.dim(), self.x.dim())
        // y = x · wᵀ + b
        self.g_w = g_y.t().dot(&self.x);
        self.g_b = g_y.sum_axis(ndarray::Axis(0));
        vec![g_y.dot(&self.w).into_dyn()]
        // end hole
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, f64>> {
        vec![
            ModuleParam {
                name: "w",
                value: self.w.view_mut().into_dyn(),
                gradient: self.g_w.view().into_dyn(),
            },
            ModuleParam {
                name: "b",
                value: self.b.view_mut().into_dyn(),
                gradient: self.g_b.view().into_dyn(),
            },
        ]
    }
}

/// The sigmoid of each entry: `y = 1 / (1 + exp(-x))`.
///
/// **Shapes**: any `x` → `y` of the same shape.
#[derive(Debug, Default)]
pub struct Sigmoid {
    y: ArrayD<f64>,
}

impl Module<f64> for Sigmoid {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.y = x[0].mapv(|x| 1.0 / (1.0 + (-x).exp()));
        self.y.clone()
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        // hole: sigmoid-backward points=16
        // starter: todo!("Sigmoid::backward: g_y is {:?}, y was {:?}", g_y.shape(), self.y.shape())
        vec![&g_y * &self.y * self.y.mapv(|y| 1.0 - y)]
        // end hole
    }
}

/// Softmax of each row of logits, then the mean over the rows of the cross-entropy with the right class, in nats.
///
/// **Formula**: `J = -1/B Σ_i log p_i,t_i` with `p_ij = exp(x_ij) / Σ_k exp(x_ik)`.
///
/// **Shapes**: logits `x: [B, K]`, classes `t: [B]` as whole numbers → `J: []`.
#[derive(Debug, Default)]
pub struct SoftmaxCrossEntropy {
    p: Array2<f64>,
    t: Vec<usize>,
}

impl Module<f64> for SoftmaxCrossEntropy {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        let logits = matrix(&x[0]);
        self.t = x[1].iter().map(|t| *t as usize).collect();
        // Softmax does not change when a row is shifted; with its largest entry at 0, exp cannot overflow.
        let shifted = rows(&logits, |row| {
            let largest = row.fold(f64::NEG_INFINITY, |largest, x| largest.max(*x));
            row - largest
        });
        self.p = rows(&shifted, |row| row.exp() / row.exp().sum());
        let log_p = rows(&shifted, |row| &row - row.exp().sum().ln());
        let losses: f64 = self.t.iter().enumerate().map(|(i, t)| -log_p[[i, *t]]).sum();
        ndarray::arr0(losses / self.t.len() as f64).into_dyn()
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let g_j = g_y.sum();
        // hole: softmax-cross-entropy-backward points=24
        // starter: // self.p is the softmax of each row, self.t the right class of each; set g_x, of the shape of p.
        // starter: let _ = g_j;
        // starter: let g_x: Array2<f64> = Array2::zeros(self.p.dim());
        let batch = self.t.len() as f64;
        let mut g_x = self.p.clone();
        for (i, t) in self.t.iter().enumerate() {
            g_x[[i, *t]] -= 1.0;
        }
        g_x *= g_j / batch;
        // end hole
        // A class is no number that could be a little larger: its gradient is 0.
        vec![g_x.into_dyn(), ArrayD::zeros(vec![self.t.len()])]
    }
}

/// An array as a matrix.
fn matrix(x: &ArrayViewD<'_, f64>) -> Array2<f64> {
    let matrix = x.to_owned().into_dimensionality::<Ix2>();
    matrix.expect("this module takes matrices: a row for each example")
}

/// The rows of a matrix, each put through a function.
fn rows(x: &Array2<f64>, function: impl Fn(Array1<f64>) -> Array1<f64>) -> Array2<f64> {
    let mut y = x.clone();
    for mut row in y.rows_mut() {
        let changed = function(row.to_owned());
        row.assign(&changed);
    }
    y
}
