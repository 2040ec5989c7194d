//! The lectures' two routes, *f as code* by modules and *f as a computation graph*, give the same bits.
//!
//! Each part of a network is written three times: by hand as a [`Module`] with explicit forward() and backward(), as a
//! formula over variables (the composite of the fused op), and as the fused op. Code and formula agree bit by bit,
//! whoever drives them; the fused op agrees with both up to rounding.

mod attention;
mod layer_norm;
mod recurrent;
mod two_layer;

use ndarray::{ArrayD, ArrayViewD, IxDyn};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::cell::RefCell;
use tapegrad_autograd::ops::AnyOp;
use tapegrad_autograd::{FormulaModule, Module, OpModule, Tape, Var};

/// How far the fused op may be from its definition: rounding of a handful of additions of numbers near 1.
const ROUNDING: f64 = 1e-12;

type Array = ArrayD<f64>;

/// What one route gives: the result, and ∂J/∂x of each operand.
#[derive(Debug)]
struct Outcome {
    y: Array,
    gradients: Vec<Array>,
}

/// Arrays of these shapes with entries between -1 and 1.
fn arrays<const N: usize>(seed: u64, shapes: [&[usize]; N]) -> [Array; N] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    shapes.map(|shape| Array::from_shape_fn(IxDyn(shape), |_| 2.0 * rng.random::<f64>() - 1.0))
}

/// f as code.
fn as_code(module: &mut dyn Module<f64>, x: &[Array], g_y: &Array) -> Outcome {
    let x: Vec<ArrayViewD<'_, f64>> = x.iter().map(|x| x.view()).collect();
    let y = module.forward(&x);
    let gradients = module.backward(g_y.view());
    Outcome { y, gradients }
}

/// f as a computation graph.
fn on_tape(formula: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, x: &[Array], g_y: &Array) -> Outcome {
    let tape = Tape::new();
    let x: Vec<Var<'_>> = x.iter().map(|x| tape.input("x", x.view())).collect();
    let y = formula(&x);
    let (value, gradients) = (tape.value(y), tape.backward_from(y, g_y.view()));
    Outcome {
        y: value,
        gradients: x.iter().map(|&x| gradients.of(x)).collect(),
    }
}

/// Code that stands on the tape as one node.
fn as_node(module: impl Module<f64> + 'static, x: &[Array], g_y: &Array) -> Outcome {
    let module = RefCell::new(module);
    let tape = Tape::new();
    let x: Vec<Var<'_>> = x.iter().map(|x| tape.input("x", x.view())).collect();
    let y = tape.module(&module, &x);
    let (value, gradients) = (tape.value(y), tape.backward_from(y, g_y.view()));
    Outcome {
        y: value,
        gradients: x.iter().map(|&x| gradients.of(x)).collect(),
    }
}

fn bits(outcome: &Outcome) -> Vec<Vec<u64>> {
    let arrays = std::iter::once(&outcome.y).chain(&outcome.gradients);
    arrays
        .map(|array| array.iter().map(|x| x.to_bits()).collect())
        .collect()
}

#[track_caller]
fn assert_same_bits(one: &Outcome, other: &Outcome) {
    assert_eq!(bits(one), bits(other), "{one:?} is not {other:?}");
}

#[track_caller]
fn assert_close(one: &Outcome, other: &Outcome) {
    let pairs = std::iter::once((&one.y, &other.y)).chain(one.gradients.iter().zip(&other.gradients));
    for (position, (one, other)) in pairs.enumerate() {
        assert_eq!(one.shape(), other.shape());
        let worst = one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst <= ROUNDING, "array {position}: {worst} apart: {one} and {other}");
    }
}

/// Drives hand-written code and a fused op by every route and compares what comes out.
#[track_caller]
fn assert_all_routes_agree<M: Module<f64> + 'static>(code: fn() -> M, fused: impl Into<AnyOp>, x: &[Array]) {
    let fused = fused.into();
    let formula = composite(fused.clone());
    let views: Vec<ArrayViewD<'_, f64>> = x.iter().map(|x| x.view()).collect();
    let [g_y] = arrays(77, [code().forward(&views).shape()]);

    let graph = on_tape(formula.clone(), x, &g_y);
    assert_same_bits(&as_code(&mut code(), x, &g_y), &graph);
    assert_same_bits(&as_node(code(), x, &g_y), &graph);
    assert_same_bits(&as_code(&mut FormulaModule::new(formula.clone()), x, &g_y), &graph);
    assert_same_bits(&as_node(FormulaModule::new(formula), x, &g_y), &graph);

    let op = fused.clone();
    let in_one = on_tape(move |x| Var::record(op.clone(), x), x, &g_y);
    assert_same_bits(&as_code(&mut OpModule::new(fused), x, &g_y), &in_one);
    assert_close(&in_one, &graph);
}

/// The definition of a fused op as a formula.
fn composite(op: AnyOp) -> impl for<'t> Fn(&[Var<'t>]) -> Var<'t> + Clone + 'static {
    move |x| op.composite(x).expect("a fused op has a composite")
}

/// Two arrays through the forward() of a module.
fn apply<const N: usize>(module: &mut OpModule<f64>, x: [&Array; N]) -> Array {
    module.forward(&x.map(|x| x.view()))
}

/// The gradients of a module's operands.
fn back<const N: usize>(module: &mut OpModule<f64>, g_y: &Array) -> [Array; N] {
    let gradients = module.backward(g_y.view());
    gradients.try_into().expect("one gradient for each operand")
}

/// A square whose backward() knows one of the two uses of x only.
#[derive(Debug, Default)]
struct HalfSquare {
    x: Option<Array>,
}

impl Module<f64> for HalfSquare {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> Array {
        self.x = Some(x[0].to_owned());
        &x[0] * &x[0]
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<Array> {
        vec![&g_y * self.x.as_ref().unwrap()]
    }
}

#[test]
#[should_panic(expected = "is not")]
fn a_backward_that_forgets_one_of_two_uses_is_found() {
    let [x, g_y] = arrays(1, [&[3], &[3]]);
    let graph = on_tape(|x| x[0] * x[0], std::slice::from_ref(&x), &g_y);
    assert_same_bits(&as_code(&mut HalfSquare::default(), &[x], &g_y), &graph);
}
