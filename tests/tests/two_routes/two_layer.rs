//! The lecture's two-layer sigmoid network with its loss, as a chain of modules and on the tape.

use super::{Array, Outcome, arrays, assert_close, assert_same_bits};
use ndarray::{Array1, ArrayViewD, arr0};
use std::cell::RefCell;
use tapegrad_autograd::ops::{Linear, Sigmoid, linear, log, sigmoid};
use tapegrad_autograd::{Chain, Init, Layer, Module, OpModule, Param, ParamList, Params, Tape, Var};

/// The target of the example, `y*`; between 0 and 1, so that both terms of the loss count.
const LABEL: f64 = 0.75;

/// The loss of deck S0, `J = y* log y + (1 - y*) log(1 - y)`, written by hand.
#[derive(Debug, Default)]
struct LogLikelihood {
    y: Option<Array>,
}

impl Module<f64> for LogLikelihood {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> Array {
        let y = self.y.insert(x[0].to_owned());
        y.mapv(|y| LABEL * y.ln() + (1.0 - LABEL) * (1.0 - y).ln())
    }

    fn backward(&mut self, g_j: ArrayViewD<'_, f64>) -> Vec<Array> {
        let y = self.y.as_ref().expect("backward() runs after forward()");
        let g_y = |&g: &f64, &y: &f64| g * LABEL / y - g * (1.0 - LABEL) / (1.0 - y);
        vec![ndarray::Zip::from(g_j).and(y).map_collect(g_y)]
    }
}

fn log_likelihood(y: Var<'_>) -> Var<'_> {
    LABEL * log(y) + (1.0 - LABEL) * log(1.0 - y)
}

/// The weights `alpha: [D, M]`, `a_bias: [D]`, `beta: [1, D]`, `b_bias: [1]`.
fn weights() -> [Array; 4] {
    arrays(8, [&[4, 3], &[4], &[1, 4], &[1]])
}

fn example() -> Array {
    Array1::from(vec![0.5, -1.0, 2.0]).into_dyn()
}

fn chain() -> Chain<f64> {
    let [alpha, a_bias, beta, b_bias] = weights();
    let linear = |w, b| OpModule::new(Linear).with_param("w", w).with_param("b", b);
    Chain::new(vec![
        Box::new(linear(alpha, a_bias)),
        Box::new(OpModule::new(Sigmoid)),
        Box::new(linear(beta, b_bias)),
        Box::new(OpModule::new(Sigmoid)),
        Box::<LogLikelihood>::default(),
    ])
}

fn g_j() -> Array {
    Array::ones(vec![1])
}

fn gradients_of(chain: &mut Chain<f64>) -> Vec<Array> {
    let params = chain.params();
    params.iter().map(|param| param.gradient.to_owned()).collect()
}

fn by_chain() -> Outcome {
    let mut chain = chain();
    let y = chain.forward(&[example().view()]);
    let mut gradients = chain.backward(g_j().view());
    gradients.extend(gradients_of(&mut chain));
    Outcome { y, gradients }
}

/// The network on the tape, by a formula of `x, alpha, a_bias, beta, b_bias`.
fn by_formula(formula: impl for<'t> Fn([Var<'t>; 5]) -> Var<'t>) -> Outcome {
    let [alpha, a_bias, beta, b_bias] = weights();
    let tape = Tape::new();
    let x = [example(), alpha, a_bias, beta, b_bias].map(|x| tape.input("x", x));
    let j = formula(x);
    let y = tape.value(j);
    let gradients = tape.backward(j);
    let gradients = x.iter().map(|&x| gradients.of(x)).collect();
    Outcome { y, gradients }
}

#[test]
fn the_two_layer_network_as_a_chain_and_on_the_tape_gives_the_same_bits() {
    let graph = by_formula(|[x, alpha, a_bias, beta, b_bias]| {
        let z = sigmoid(linear(x, alpha, Some(a_bias)));
        log_likelihood(sigmoid(linear(z, beta, Some(b_bias))))
    });
    assert_same_bits(&by_chain(), &graph);
}

#[test]
fn the_formula_of_the_slide_gives_the_same_numbers() {
    let graph = by_formula(|[x, alpha, a_bias, beta, b_bias]| {
        let z = sigmoid(alpha.dot(x) + a_bias);
        log_likelihood(sigmoid(beta.dot(z) + b_bias))
    });
    assert_close(&by_chain(), &graph);
}

#[test]
fn a_chain_as_one_node_of_the_tape_passes_its_gradients_on() {
    let chain = RefCell::new(chain());
    let tape = Tape::new();
    let x = tape.input("x", example());
    let j = tape.module(&chain, &[2.0 * x]).sum();
    let g_x = tape.backward(j).of(x);
    let doubled = {
        let mut chain = self::chain();
        chain.forward(&[(example() * 2.0).view()]);
        chain.backward(g_j().view()).remove(0) * arr0(2.0)
    };
    assert_eq!(g_x, doubled);
}

/// The same network as a layer: parameters and a formula.
struct TwoLayer([Param; 4]);

impl Layer for TwoLayer {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let [alpha, a_bias, beta, b_bias] = self.0.map(|param| x.on().param(param));
        let z = sigmoid(linear(x, alpha, Some(a_bias)));
        log_likelihood(sigmoid(linear(z, beta, Some(b_bias))))
    }
}

#[test]
fn a_layer_with_parameters_gives_the_bits_of_the_chain() {
    let mut list = ParamList::new();
    let values: Vec<f64> = weights().iter().flat_map(|w| w.iter().copied()).collect();
    let names = ["alpha", "a_bias", "beta", "b_bias"];
    let declared: Vec<Param> = names
        .iter()
        .zip(&weights())
        .map(|(name, w)| list.add(name, tapegrad_autograd::Shape::new(w.shape()), Init::Zeros))
        .collect();
    let layer = TwoLayer(declared.try_into().expect("there are four parameters"));
    let mut params = Params::from_values(&list, values);
    let tape = Tape::with(&params);
    let x = tape.input("x", example());
    let j = layer.forward(x);
    let y = tape.value(j);
    let gradients = tape.backward(j);
    let g_x = gradients.of(x);
    drop(tape);
    gradients.write_to(&mut params).unwrap();
    let each = layer.0.map(|param| params.gradient(param).to_owned());
    let gradients = std::iter::once(g_x).chain(each).collect();
    assert_same_bits(&by_chain(), &Outcome { y, gradients });
}
