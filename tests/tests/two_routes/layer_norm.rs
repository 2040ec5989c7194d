//! LayerNorm as code.

use super::{Array, apply, arrays, assert_all_routes_agree, back};
use ndarray::{ArrayViewD, Axis, arr0};
use tapegrad_autograd::ops::{self, Add, Div, Mean, Mul, Sqrt, Sub};
use tapegrad_autograd::{Axes, Module, OpModule};

const EPSILON: f64 = 1e-5;

/// `y = γ (x - μ) / √(mean((x - μ)²) + ε) + β` on rows `[N, C]`.
#[derive(Debug)]
struct LayerNorm {
    mean: OpModule<f64>,
    centre: OpModule<f64>,
    square: OpModule<f64>,
    variance: OpModule<f64>,
    away_from_0: OpModule<f64>,
    sigma: OpModule<f64>,
    normalise: OpModule<f64>,
    scale: OpModule<f64>,
    shift: OpModule<f64>,
}

impl LayerNorm {
    fn new() -> Self {
        let mean = || OpModule::new(Mean { over: Axes::of(&[1]) });
        Self {
            mean: mean(),
            centre: OpModule::new(Sub),
            square: OpModule::new(Mul),
            variance: mean(),
            away_from_0: OpModule::new(Add),
            sigma: OpModule::new(Sqrt),
            normalise: OpModule::new(Div),
            scale: OpModule::new(Mul),
            shift: OpModule::new(Add),
        }
    }
}

impl Module<f64> for LayerNorm {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> Array {
        let [x, gamma, beta] = [0, 1, 2].map(|i| x[i].to_owned());
        let mu = apply(&mut self.mean, [&x]).insert_axis(Axis(1));
        let centred = apply(&mut self.centre, [&x, &mu]);
        let squares = apply(&mut self.square, [&centred, &centred]);
        let variance = apply(&mut self.variance, [&squares]).insert_axis(Axis(1));
        let positive = apply(&mut self.away_from_0, [&variance, &arr0(EPSILON).into_dyn()]);
        let sigma = apply(&mut self.sigma, [&positive]);
        let n = apply(&mut self.normalise, [&centred, &sigma]);
        let scaled = apply(&mut self.scale, [&gamma, &n]);
        apply(&mut self.shift, [&scaled, &beta])
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<Array> {
        let [g_scaled, g_beta] = back(&mut self.shift, &g_y.to_owned());
        let [g_gamma, g_n] = back(&mut self.scale, &g_scaled);
        let [mut g_centred, g_sigma] = back(&mut self.normalise, &g_n);
        let [g_positive] = back(&mut self.sigma, &g_sigma);
        let [g_variance, _] = back(&mut self.away_from_0, &g_positive);
        let [g_squares] = back(&mut self.variance, &g_variance.remove_axis(Axis(1)));
        // The centred row is used three times: by the quotient and twice by its square.
        let [left, right] = back(&mut self.square, &g_squares);
        g_centred += &left;
        g_centred += &right;
        // The row is used twice: for itself and for its mean.
        let [mut g_x, g_mu] = back(&mut self.centre, &g_centred);
        let [through_mean] = back(&mut self.mean, &g_mu.remove_axis(Axis(1)));
        g_x += &through_mean;
        vec![g_x, g_gamma, g_beta]
    }
}

#[test]
fn a_layer_norm_by_modules_and_on_the_tape_gives_the_same_bits() {
    let fused = ops::LayerNorm { epsilon: EPSILON };
    assert_all_routes_agree(LayerNorm::new, fused, &arrays(5, [&[4, 6], &[6], &[6]]));
}
