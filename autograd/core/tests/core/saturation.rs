//! Dual numbers far out, where an exponential overflows: whatever has a slope as a number has one as a dual number.

use ndarray::arr1;
use tapegrad_autograd::numbers::Dual;
use tapegrad_autograd::ops;
use tapegrad_autograd::{Tape, Var};

type Function = for<'t> fn(Var<'t>) -> Var<'t>;

/// Functions of one number that are smooth or nearly so on the whole line.
const FUNCTIONS: [(&str, Function); 17] = [
    ("sigmoid", |a| ops::sigmoid(a)),
    ("log_sigmoid", |a| ops::log_sigmoid(a)),
    ("tanh", |a| ops::tanh(a)),
    ("softplus", |a| ops::softplus(a)),
    ("silu", |a| ops::silu(a)),
    ("gelu", |a| ops::gelu(a)),
    ("gelu_tanh", |a| ops::gelu_tanh(a)),
    ("erf", |a| ops::erf(a)),
    ("sin", |a| ops::sin(a)),
    ("relu", |a| ops::relu(a)),
    ("abs", |a| ops::abs(a)),
    ("1 / (1.5 + tanh)", |a| 1.0 / (ops::tanh(a) + 1.5)),
    ("1 / (1 + square)", |a| 1.0 / (a * a + 1.0)),
    ("logsumexp beside 0", |a| {
        (ops::stack(&[a, a * 0.0], -1)).logsumexp_over(&[-1])
    }),
    ("softmax beside 0", |a| ops::softmax(ops::stack(&[a, a * 0.0], -1), -1)),
    ("log_softmax beside 0", |a| {
        ops::log_softmax(ops::stack(&[a, a * 0.0], -1), -1)
    }),
    ("sigmoid cross-entropy", |a| ops::sigmoid_cross_entropy(a, a * 0.0)),
];

#[test]
fn dual_numbers_have_a_slope_wherever_numbers_have_one() {
    for (name, function) in FUNCTIONS {
        for entry in [0.5, 40.0, 700.0, 800.0, 1e4, 2e4, 1e5, 1e10]
            .iter()
            .flat_map(|&a| [a, -a])
        {
            let tape = Tape::<f64>::new();
            let a = tape.input("a", arr1(&[entry]));
            let slope = tape.backward(function(a).sum()).of(a)[0];
            let dual = Tape::<Dual>::new();
            let moving = dual.input("a", arr1(&[Dual::new(entry, 1.0)]));
            let z = function(moving).sum();
            let forward = dual.number(z);
            let backward = dual.backward(z).of(moving)[0];
            assert!(slope.is_finite(), "{name} at {entry}: {slope}");
            for (what, own) in [("forward", forward.tangent), ("backward", backward.value)] {
                assert!(
                    (own - slope).abs() <= 1e-12 * slope.abs().max(1.0),
                    "{name} at {entry}, {what}: {own} and not {slope}"
                );
            }
            assert!(
                backward.tangent.is_finite(),
                "{name} at {entry}, second: {}",
                backward.tangent
            );
        }
    }
}
