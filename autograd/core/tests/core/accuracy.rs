//! Ops near saturation, cancellation and underflow, against arithmetic with 2400 bits.
//!
//! `accuracy.txt` has entries, values and slopes; `tests/oracle/accuracy.py` writes it.

use tapegrad_autograd::ops::{self, Reduction};
use tapegrad_autograd::{Tape, Var};

/// How far an op may be from the exact result.
#[derive(Clone, Copy)]
enum Error {
    /// In units of the last place of the exact number.
    Relative(f64),
    /// In units of the last place of 1: the slope is computed from the result, which has no more digits near its limit.
    OfOne(f64),
}

use Error::{OfOne, Relative};

/// The error that each op states, of its value and of its slope.
const STATED: [(&str, Error, Error); 15] = [
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

/// The op of a case, and the number behind its name: the label of a row.
fn apply<'t>(op: &str, a: Var<'t>) -> Var<'t> {
    let (name, label) = match op.rsplit_once('_') {
        Some((name, label)) if label.parse::<f64>().is_ok() => (name, label.parse().unwrap()),
        _ => (op, 0.0),
    };
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

fn far(own: f64, exact: f64, stated: Error) -> Option<f64> {
    let (most, unit) = match stated {
        Relative(most) => (most, exact),
        OfOne(most) => (most, 1.0),
    };
    let distance = distance(own, exact, unit);
    (!(distance <= most)).then_some(distance)
}

#[test]
fn every_op_is_as_accurate_as_it_states() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case
            .op
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .trim_end_matches('_');
        let name = if name == "log" && case.op != "log" {
            case.op.as_str()
        } else {
            name
        };
        let (_, value, slope) = STATED
            .iter()
            .find(|(own, ..)| *own == name)
            .unwrap_or_else(|| panic!("{name}"));
        let tape = Tape::<f64>::new();
        let a = tape.input("a", ndarray::Array1::from(case.entries.clone()));
        let single = case.entries.len() == 1;
        let y = apply(&case.op, a);
        let (own, gradient) = (tape.value(y), tape.backward(y.sum()).of(a));
        let values = own.iter().zip(&case.values).map(|pair| ("value", pair, *value));
        let slopes = gradient.iter().zip(&case.slopes).map(|pair| ("slope", pair, *slope));
        assert_eq!(
            (own.len(), gradient.len()),
            (case.values.len(), case.slopes.len()),
            "{single}"
        );
        for (what, (&own, &exact), stated) in values.chain(slopes) {
            if let Some(distance) = far(own, exact, stated) {
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
