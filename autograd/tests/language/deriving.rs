//! The derivative of a program is a program: it checks, runs, agrees with the tape, and can be derived again.

use std::collections::BTreeMap;

use serde_json::Value;
use tapegrad_autograd::language::core::Program;
use tapegrad_autograd::language::derive::{derive, unrolled};
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::programs;
use crate::running::{different_sizes, opened, request};

const WITH_GRADIENTS: Wanted = Wanted {
    gradients: true,
    trace: false,
};

/// `block[2].att.W` as an identifier.
fn plain(name: &str) -> String {
    name.replace('[', "_").replace(']', "").replace('.', "_")
}

/// The sizes that loops run to, among those of a run.
fn loop_sizes(program: &Program, dims: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let has_loop = format!("{:?}", program.steps).contains("Loop {");
    dims.iter()
        .filter(|(name, _)| has_loop && (*name == "T" || *name == "L"))
        .map(|(n, v)| (n.clone(), *v))
        .collect()
}

/// The values of a request under the names that an unrolled program has for them.
fn renamed(request: &Request, fixed: &BTreeMap<String, i64>) -> Request {
    let values = request
        .values
        .iter()
        .map(|(name, value)| (plain(name), value.clone()))
        .collect();
    let dims = request
        .dims
        .iter()
        .filter(|(name, _)| !fixed.contains_key(*name))
        .map(|(n, v)| (n.clone(), *v))
        .collect();
    Request {
        values,
        dims,
        ..request.clone()
    }
}

fn numbers(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| numbers(item, into)),
        number => into.push(number.as_f64().unwrap_or(f64::NAN)),
    }
}

fn assert_close(what: &str, a: &Value, b: &Value, tolerance: f64) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    numbers(a, &mut left);
    numbers(b, &mut right);
    assert_eq!(left.len(), right.len(), "{what}");
    for (l, r) in left.iter().zip(&right) {
        assert!((l - r).abs() <= tolerance * (1.0 + l.abs()), "{what}: {l} and {r}");
    }
}

#[test]
fn the_unrolled_program_has_the_value_of_the_program() {
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let request = request(program, different_sizes(program));
            let fixed = loop_sizes(program, &request.dims);
            let text = unrolled(program, &fixed).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let flat = opened(&name, &text);
            let again = run::<f64>(&flat.programs[0], &renamed(&request, &fixed), Wanted::default());
            let again = again.unwrap_or_else(|error| panic!("{name}: {error:?}\n{text}"));
            let once = run::<f64>(program, &request, Wanted::default()).unwrap();
            assert_eq!(once["objective"], again["objective"], "{name}\n{text}");
        }
    }
}

#[test]
fn the_derivative_has_the_gradients_of_the_tape() {
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let request = request(program, different_sizes(program));
            let fixed = loop_sizes(program, &request.dims);
            let derivative = derive(program, &fixed).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let backward = opened(&name, &derivative.text);
            let answer = run::<f64>(&backward.programs[0], &renamed(&request, &fixed), Wanted::default());
            let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", derivative.text));
            let tape = run::<f64>(program, &request, WITH_GRADIENTS).unwrap();
            let gradients = tape["gradients"].as_object().unwrap();
            assert_eq!(
                gradients.len(),
                derivative.gradients.len(),
                "{name}\n{}",
                derivative.text
            );
            for (value, gradient) in gradients {
                let (_, own) = derivative.gradients.iter().find(|(of, _)| *of == plain(value)).unwrap();
                assert_close(
                    &format!("{name}: {value}\n{}", derivative.text),
                    gradient,
                    &answer["values"][own],
                    1e-12,
                );
            }
        }
    }
}
