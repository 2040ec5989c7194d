//! Ops near saturation, cancellation and underflow, against arithmetic with 2400 bits.
//!
//! `accuracy.txt` has entries, values and slopes; `tests/oracle/accuracy.py` writes it.

use std::collections::BTreeSet;

use tapegrad_autograd::ops::{self, Reduction};
use tapegrad_autograd::{Tape, Var};

/// How far an op may be from the exact result.
#[derive(Clone, Copy)]
enum Error {
    /// In units of the last place of the exact number.
    Relative(f64),
    /// In units of the last place of 1: the slope is computed from the result, which has no more digits near its limit.
    OfOne(f64),
    /// In units of the last place of the sum of the entries' sizes: where they cancel, nothing is left of the last digits.
    OfEntries(f64),
}

use Error::{OfEntries, OfOne, Relative};

/// The error that each op states, of its value and of its slope.
const STATED: [(&str, Error, Error); 30] = [
    ("sigmoid", Relative(3.0), OfOne(1.0)),
    ("tanh", Relative(3.0), OfOne(2.0)),
    ("softplus", Relative(3.0), Relative(3.0)),
    ("silu", Relative(3.0), Relative(64.0)),
    // The value holds `exp(-a²/2)`: the rounding of `a²/2` is up to half a unit of 450 at a = -30.
    ("gelu", Relative(225.0), OfOne(2.0)),
    ("erf", Relative(2.0), Relative(2048.0)),
    ("exp", Relative(2.0), Relative(2.0)),
    ("log", Relative(1.0), Relative(1.0)),
    ("log1p", Relative(3.0), Relative(2.0)),
    ("sqrt", Relative(1.0), Relative(2.0)),
    ("sin", Relative(1.0), Relative(1.0)),
    ("cos", Relative(1.0), Relative(1.0)),
    ("logsumexp", Relative(20.0), Relative(600.0)),
    ("log_softmax", Relative(20.0), Relative(20.0)),
    // A class with a weight under 15/16 is a difference of logits, which here are up to 256 times the loss.
    ("cross_entropy", Relative(128.0), Relative(600.0)),
    ("log_sigmoid", Relative(3.0), Relative(3.0)),
    // The slope of a nearly certain share is `y (1 - y)`, and `1 - y` has the digits of a number near 1.
    ("softmax", Relative(20.0), OfOne(1.0)),
    ("sigmoid_cross_entropy", Relative(3.0), Relative(3.0)),
    ("layer_norm", OfOne(1.0), OfOne(1.0)),
    ("rms_norm", OfOne(1.0), OfOne(1.0)),
    // One rounding of the op, as IEEE 754 says, and one of the stored answer: at a tie the two may part.
    ("add", Relative(1.0), Relative(0.0)),
    ("sub", Relative(1.0), Relative(0.0)),
    ("mul", Relative(1.0), Relative(0.0)),
    ("div", Relative(1.0), Relative(2.0)),
    ("pow", Relative(1.0), Relative(2.0)),
    ("power", Relative(1.0), Relative(2.0)),
    ("sum", OfEntries(2.0), Relative(0.0)),
    ("mean", OfEntries(2.0), Relative(1.0)),
    ("cumsum", OfEntries(2.0), Relative(0.0)),
    ("prod", Relative(2.0), Relative(2.0)),
];

const EXACT: &str = "the result and the slope are entries of the operands, 0, 1 or -1: nothing is rounded";
const MOVES: &str = "it moves entries, and adds up gradients where one entry is used several times: the error of `sum`";
const PRODUCTS: &str = "a sum of products: the error is that of `mul` and `sum`, relative to the sizes of the terms";
const COMPOSED: &str =
    "computed by the formulas of ops above, with their errors; held against its composite by the laws";
const CONDITION: &str = "the error grows with the condition of the matrix, so no number of units bounds it";

/// The ops that state no number, with the reason.
const NOT_STATED: [(&str, &str); 40] = [
    ("neg", EXACT),
    ("abs", EXACT),
    ("relu", EXACT),
    ("floor", EXACT),
    ("round", EXACT),
    ("sign", EXACT),
    ("detach", EXACT),
    ("maximum", EXACT),
    ("minimum", EXACT),
    ("clip", EXACT),
    ("where", EXACT),
    ("max", EXACT),
    ("min", EXACT),
    ("causal_mask", EXACT),
    ("counted", EXACT),
    ("top_k", EXACT),
    ("tril", EXACT),
    ("flip", EXACT),
    ("permute", EXACT),
    ("reshape", EXACT),
    ("slice", EXACT),
    ("concat", EXACT),
    ("stack", EXACT),
    ("unfold", MOVES),
    ("fold", MOVES),
    ("broadcast", MOVES),
    ("embedding", MOVES),
    ("pick", MOVES),
    ("matmul", PRODUCTS),
    ("linear", PRODUCTS),
    ("rotary", PRODUCTS),
    ("dropout", PRODUCTS),
    ("attention", COMPOSED),
    ("rnn", COMPOSED),
    ("lstm", COMPOSED),
    ("lstm_cell", COMPOSED),
    ("inverse", CONDITION),
    ("solve", CONDITION),
    ("cholesky", CONDITION),
    ("logdet", CONDITION),
];

struct Case {
    op: String,
    entries: Vec<f64>,
    values: Vec<f64>,
    slopes: Vec<f64>,
}

fn cases() -> Vec<Case> {
    let numbers = |text: &str| text.split(' ').map(|number| number.parse().unwrap()).collect();
    let case = |line: &str| {
        let parts: Vec<&str> = line.split('|').collect();
        Case {
            op: parts[0].to_string(),
            entries: numbers(parts[1]),
            values: numbers(parts[2]),
            slopes: numbers(parts[3]),
        }
    };
    include_str!("accuracy.txt").lines().map(case).collect()
}

/// The op of a case, and the number behind its name: an exponent, a target, or the entry of a row that is looked at.
fn op_and_number(case: &str) -> (&str, f64) {
    let parts = case.rsplit_once('_').map(|(name, number)| (name, number.parse()));
    match parts {
        Some((name, Ok(number))) => (name, number),
        _ => (case, 0.0),
    }
}

fn apply<'t>(case: &str, a: Var<'t>) -> Var<'t> {
    let (name, label) = op_and_number(case);
    match name {
        "sigmoid" => ops::sigmoid(a),
        "tanh" => ops::tanh(a),
        "softplus" => ops::softplus(a),
        "silu" => ops::silu(a),
        "gelu" => ops::gelu(a),
        "erf" => ops::erf(a),
        "exp" => ops::exp(a),
        "log" => ops::log(a),
        "log1p" => ops::log1p(a),
        "sqrt" => ops::sqrt(a),
        "sin" => ops::sin(a),
        "cos" => ops::cos(a),
        "log_sigmoid" => ops::log_sigmoid(a),
        "power" => a.powf(label),
        "add" => a.at(0, 0) + a.at(0, 1),
        "sub" => a.at(0, 0) - a.at(0, 1),
        "mul" => a.at(0, 0) * a.at(0, 1),
        "div" => a.at(0, 0) / a.at(0, 1),
        "pow" => a.at(0, 0).pow(a.at(0, 1)),
        "sum" => a.sum(),
        "mean" => a.mean(),
        "cumsum" => a.cumsum(0),
        "prod" => a.prod(),
        "softmax" => ops::softmax(a, -1).pick(a.constant(label)),
        "sigmoid_cross_entropy" => ops::sigmoid_cross_entropy(a.at(0, 0), a.constant(label)),
        "layer_norm" => ops::layer_norm(a, None, None, 1e-5).pick(a.constant(label)),
        "rms_norm" => ops::rms_norm(a, None, 1e-5).pick(a.constant(label)),
        "logsumexp" => a.logsumexp(),
        "log_softmax" => ops::log_softmax(a, -1).pick(a.constant(label)),
        "cross_entropy" => ops::cross_entropy(a, a.constant(label), None, Reduction::Sum),
        other => panic!("{other} has no line here"),
    }
}

/// How far a number is from the exact one, in units of the last place.
fn distance(own: f64, exact: f64, unit: f64) -> f64 {
    if own == exact {
        return 0.0;
    }
    let unit = unit.abs().max(f64::MIN_POSITIVE) * f64::EPSILON;
    (own - exact).abs() / unit
}

fn far(own: f64, exact: f64, stated: Error, entries: &[f64]) -> Option<f64> {
    let (most, unit) = match stated {
        Relative(most) => (most, exact),
        OfOne(most) => (most, 1.0),
        OfEntries(most) => (most, entries.iter().map(|entry| entry.abs()).sum()),
    };
    let distance = distance(own, exact, unit);
    (!(distance <= most)).then_some(distance)
}

#[test]
fn every_op_is_as_accurate_as_it_states() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (name, _) = op_and_number(&case.op);
        let stated = STATED.iter().find(|(own, ..)| *own == name);
        let (_, value, slope) = stated.unwrap_or_else(|| panic!("{name} states no error"));
        let tape = Tape::<f64>::new();
        let a = tape.input("a", ndarray::Array1::from(case.entries.clone()));
        let y = apply(&case.op, a);
        let (own, gradient) = (tape.value(y), tape.backward(y.sum()).of(a));
        let values = own.iter().zip(&case.values).map(|pair| ("value", pair, *value));
        let slopes = gradient.iter().zip(&case.slopes).map(|pair| ("slope", pair, *slope));
        assert_eq!(
            (own.len(), gradient.len()),
            (case.values.len(), case.slopes.len()),
            "{}",
            case.op
        );
        for (what, (&own, &exact), stated) in values.chain(slopes) {
            if let Some(distance) = far(own, exact, stated, &case.entries) {
                wrong.push(format!(
                    "{} of {:?}: {what} {own:e} and not {exact:e}: {distance}",
                    case.op, case.entries
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_op_of_the_registry_states_its_error_or_why_it_has_none() {
    let stated: BTreeSet<&str> = STATED.iter().map(|(name, ..)| *name).collect();
    let not_stated: BTreeSet<&str> = NOT_STATED.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        (stated.len(), not_stated.len()),
        (STATED.len(), NOT_STATED.len()),
        "an op stands twice"
    );
    assert_eq!(stated.intersection(&not_stated).next(), None);
    let all: BTreeSet<&str> = stated.union(&not_stated).copied().collect();
    assert_eq!(all, ops::NAMES.iter().copied().collect());
    let cases = cases();
    let tried: BTreeSet<&str> = cases.iter().map(|case| op_and_number(&case.op).0).collect();
    assert_eq!(tried, stated, "every stated error is tried");
}

#[test]
fn a_class_that_is_nearly_certain_still_has_a_loss_and_a_gradient() {
    let tape = Tape::<f64>::new();
    let logits = tape.input("logits", ndarray::array![[37.42994775023705, 0.0]]);
    let ids = tape.data("ids", ndarray::array![0.0]);
    let j = ops::cross_entropy(logits, ids, None, Reduction::Mean);
    let loss = tape.number(j);
    assert!((loss / 5.551115123125776e-17 - 1.0).abs() < 1e-14, "{loss:e}");
    let gradient = tape.backward(j).of(logits);
    assert!(
        (gradient[[0, 0]] / -5.551115123125776e-17 - 1.0).abs() < 1e-14,
        "{gradient}"
    );
    assert_eq!(gradient[[0, 0]], -gradient[[0, 1]]);
}
