//! Every word of the language that an op states can be called in its form, and its derivative is the one of the tape.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::language::words;
use tapegrad_autograd::op::Form;

use crate::running::opened;

/// A program that calls a word on values between 0.1 and 0.9, where every op exists and none has a kink.
fn program(call: &str) -> String {
    format!("graph one {{ dim R, N input x[R, N], v[R, N], w: data y = {call} J = engine.sum(y * y * w) minimize J }}")
}

fn calls() -> Vec<(String, String)> {
    let call = |function: words::Function| {
        let name = function.word.name;
        let call = match function.word.form {
            Form::Unary => format!("{name}(x)"),
            Form::Pair => format!("{name}(x, v)"),
            Form::Reduction | Form::Along => format!("{name}(x, over N)"),
            Form::Own { .. } => return None,
        };
        Some((function.op.name.to_string(), call))
    };
    words::all().filter_map(call).collect()
}

fn given() -> BTreeMap<String, Value> {
    let x = json!([[0.2, 0.7, 0.4], [0.9, 0.1, 0.6]]);
    let v = json!([[0.3, 0.5, 0.8], [0.25, 0.15, 0.65]]);
    [("x", x), ("v", v), ("w", json!(1.5))]
        .map(|(name, value)| (name.to_string(), value))
        .into()
}

fn close(a: &Value, b: &Value) -> bool {
    match (a.as_array(), b.as_array()) {
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(a, b)),
        _ => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-12 * (1.0 + a.abs())
        }
    }
}

#[test]
fn every_word_is_called_in_its_form_and_derived_as_the_tape_does() {
    let calls = calls();
    for word in ["max", "min"] {
        assert_eq!(
            calls
                .iter()
                .filter(|(_, call)| call.starts_with(&format!("{word}(")))
                .count(),
            2
        );
    }
    for (op, call) in calls {
        let opened_program = opened(&op, &program(&call));
        let forward = &opened_program.programs[0];
        let wanted = Wanted {
            gradients: true,
            trace: true,
        };
        let request = Request {
            values: given(),
            ..Request::default()
        };
        let answer = run::<f64>(forward, &request, wanted).unwrap_or_else(|error| panic!("{call}: {error:?}"));
        let is_called = answer["trace"]
            .as_array()
            .unwrap()
            .iter()
            .any(|node| node["op"] == op.as_str());
        assert!(is_called, "{call} does not call {op}");
        let Ok(derivative) = derive(forward, &BTreeMap::new()) else {
            assert_eq!(
                answer["gradients"]["x"],
                Value::Null,
                "{call} has a gradient and no derivative"
            );
            continue;
        };
        let backward = opened(&op, &derivative.text);
        let by_program = run::<f64>(&backward.programs[0], &request, Wanted::default()).unwrap();
        for (name, gradient) in &derivative.gradients {
            let (here, tape) = (&by_program["values"][gradient], &answer["gradients"][name]);
            assert!(
                close(here, tape),
                "{call}: {gradient} is {here} by the program, {tape} by the tape"
            );
        }
    }
}
