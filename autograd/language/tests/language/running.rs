//! The programs of the project run, and their numbers are those of the same formulas on a tape.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Instance, Request, Wanted, run};
use tapegrad_autograd::language::types::Kind;
use tapegrad_autograd::language::{Opened, open};

use crate::deriving::{WITH_GRADIENTS, assert_close};
use crate::programs;

/// The program, which must have no mistakes.
pub fn opened(name: &str, text: &str) -> Opened {
    let opened = open(name, text);
    assert!(opened.is_correct(), "{}", opened.render());
    opened
}

/// Sizes that all differ, so that a transposed operand cannot go unnoticed.
pub fn different_sizes(program: &Program) -> BTreeMap<String, i64> {
    let free = program.dims.iter().filter(|dim| dim.value.is_none());
    let mut dims: BTreeMap<String, i64> = free.zip(2..).map(|(dim, size)| (dim.name.to_string(), size)).collect();
    let sizes: [(&str, i64); 3] = [("D", 6), ("H", 2), ("L", 2)];
    if program.dims.iter().any(|dim| dim.value.is_some()) {
        for (name, size) in sizes {
            dims.entry(name.to_string()).and_modify(|own| *own = size);
        }
    }
    dims
}

/// A request with smooth made-up values for all inputs and parameters.
pub fn request(program: &Program, dims: BTreeMap<String, i64>) -> Request {
    let instance = Instance::new(program, &dims).unwrap_or_else(|error| panic!("{error:?}"));
    let mut values = BTreeMap::new();
    let mut seed = 0;
    for (input, shape) in instance.inputs() {
        let end = match &input.ty.kind {
            Kind::Id(size) => Some(size.value(instance.sizes()).unwrap()),
            Kind::Bool => Some(2),
            _ => None,
        };
        values.insert(input.name.clone(), made_up(&shape.to_vec(), end, &mut seed));
    }
    let params = instance.params();
    for spec in params.params().map(|param| params.spec(param)) {
        values.insert(spec.name.clone(), made_up(&spec.shape.to_vec(), None, &mut seed));
    }
    Request {
        dims,
        values,
        ..Request::default()
    }
}

fn made_up(sizes: &[usize], end: Option<i64>, seed: &mut i64) -> Value {
    match sizes.split_first() {
        Some((&size, rest)) => (0..size).map(|_| made_up(rest, end, seed)).collect(),
        None => {
            *seed += 1;
            match end {
                Some(end) => json!(*seed * 7 % end),
                None => json!(0.1 + (*seed as f64 * 0.7).sin() * 0.4),
            }
        }
    }
}

#[test]
fn every_program_runs_and_its_gradients_are_those_of_finite_differences() {
    for (name, text) in programs::all() {
        let opened = opened(&name, &text);
        for program in &opened.programs {
            let request = request(program, different_sizes(program));
            let wanted = Wanted {
                gradients: true,
                trace: false,
            };
            let answer = run::<f64>(program, &request, wanted).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let objective = answer["objective"]
                .as_f64()
                .unwrap_or_else(|| panic!("{name}: {answer}"));
            assert!(objective.is_finite(), "{name}: {answer}");
            let gradients = answer["gradients"].as_object().unwrap();
            assert!(!gradients.is_empty(), "{name}");
            for (value, gradient) in gradients {
                assert!(!gradient.is_null(), "{name}: no gradient of {value}");
                let numeric = central_difference(program, &request, value);
                let own = first_number(gradient);
                assert!(
                    (own - numeric).abs() < 1e-7 * (1.0 + own.abs()),
                    "{name}: {value}: {own} and {numeric}"
                );
            }
        }
    }
}

/// The derivative of the objective by the first entry of a value.
fn central_difference(program: &Program, request: &Request, value: &str) -> f64 {
    let at = |step: f64| {
        let mut request = request.clone();
        let entry = first_entry(request.values.get_mut(value).unwrap());
        *entry = json!(entry.as_f64().unwrap() + step);
        run::<f64>(program, &request, Wanted::default()).unwrap()["objective"]
            .as_f64()
            .unwrap()
    };
    (at(1e-5) - at(-1e-5)) / 2e-5
}

fn first_entry(value: &mut Value) -> &mut Value {
    let mut value = value;
    while value.is_array() {
        value = &mut value[0];
    }
    value
}

fn first_number(value: &Value) -> f64 {
    first_entry(&mut value.clone()).as_f64().unwrap()
}

#[test]
fn what_does_not_fit_its_declaration_is_refused_before_the_run() {
    let text =
        "graph bag { dim N, V, D input w[N]: id[V] param E[V, D] x = sum(E[w], over N) J = sum(x, over D) minimize J }";
    let opened = opened("bag", text);
    let refused = |values: Value| {
        let request = Request {
            dims: [("V", 3), ("D", 2)].map(|(name, size)| (name.to_string(), size)).into(),
            values: serde_json::from_value(values).unwrap(),
            ..Request::default()
        };
        let answer = run::<f64>(&opened.programs[0], &request, Wanted::default());
        answer.map_err(|error| error.to_string())
    };
    assert!(refused(json!({"w": [0, 2]})).is_ok());
    let error = |values| refused(values).unwrap_err();
    assert_eq!(
        error(json!({"w": [0, 3]})),
        "values.w: the entry at [1], counted from 0, is 3; these must be whole numbers from 0 to 2"
    );
    assert_eq!(
        error(json!({"w": [0], "E": [[1.0, 2.0]]})),
        "values.E: the program wants [3, 2], the value is [1, 2]; V = 3 is given"
    );
    assert_eq!(
        error(json!({"w": [[0]]})),
        "E14 sizes do not work out: the size N has no value"
    );
    assert_eq!(
        error(json!({"w": [0], "u": [0]})),
        "values.u: the program has no input or parameter of this name; it has w, E"
    );
}

#[test]
fn the_two_forms_of_the_two_layer_network_have_the_same_values_and_gradients() {
    let text = |name: &str| std::fs::read_to_string(programs::folder().join(name)).unwrap();
    let tensor = opened("two_layer", &text("two_layer.cg"));
    let indexed = opened("two_layer_indexed", &text("two_layer_indexed.cg"));
    let request = request(&tensor.programs[0], different_sizes(&tensor.programs[0]));
    let [a, b] = [&tensor, &indexed].map(|opened| run::<f64>(&opened.programs[0], &request, WITH_GRADIENTS).unwrap());
    assert!((a["objective"].as_f64().unwrap() - b["objective"].as_f64().unwrap()).abs() < 1e-14);
    let difference = first_number(&a["gradients"]["alpha"]) - first_number(&b["gradients"]["alpha"]);
    assert!(difference.abs() < 1e-14);
}

#[test]
fn two_ids_name_one_entry_in_a_loop_as_in_an_index_equation() {
    let head =
        "graph chain {\n    dim T, K\n    require T >= 2\n    input y[T]: id[K]\n    param A[K, K] ~ normal(0, 1)\n";
    let recurrence =
        "    s[1] = 0\n    for t = 2..T { s[t] = s[t-1] + A[y[t-1], y[t]] }\n    J = s[T]^2\n    minimize J\n}\n";
    let sum = "    J = sum(t = 1..T-1: A[y[t], y[t + 1]])^2\n    minimize J\n}\n";
    let [one, other] = [recurrence, sum].map(|rest| {
        let opened = opened("chain", &format!("{head}{rest}"));
        let program = &opened.programs[0];
        run::<f64>(program, &request(program, different_sizes(program)), WITH_GRADIENTS).unwrap()
    });
    assert_close("J", &one["objective"], &other["objective"], 1e-12);
    assert_close("A", &one["gradients"]["A"], &other["gradients"]["A"], 1e-12);
}

/// A program is checked as if it stood alone in its file: nothing of the items before it is left.
#[test]
fn the_programs_of_a_file_are_those_that_each_of_them_is_alone() {
    let items = [
        "module cell[N, M](x[N]) -> y[M] { param U[M, N], W[M] y = tanh(U @ x) * W }",
        "graph first { dim N, M input x[N] param W[N], U[M, N] y = W * x z = U @ y J = sum(z^2, over M) output y, z minimize J }",
        "graph second { dim N, M input x[M] param U[M] y = U * x z = y^2 J = sum(z, over M) output z, y minimize J }",
        "graph third { dim N, M input x[N] param W[M] layer c = cell[N, M] y = c(x) * W J = sum(y, over M) output y minimize J }",
    ];
    let together = opened("together", &items.join("\n"));
    for (position, program) in together.programs.iter().enumerate() {
        let alone = opened("alone", &[items[0], items[position + 1]].join("\n"));
        assert_eq!(
            declared(program),
            declared(&alone.programs[0]),
            "{}",
            items[position + 1]
        );
        let answer = |program: &Program| {
            let request = request(program, different_sizes(program));
            run::<f64>(program, &request, WITH_GRADIENTS).unwrap()
        };
        assert_eq!(answer(program), answer(&alone.programs[0]));
    }
    assert_eq!(together.programs.len(), 3);
}

/// What a program declares and gives, by name, axes and kind.
fn declared(program: &Program) -> Vec<String> {
    let params = program
        .params
        .iter()
        .map(|param| format!("{} {:?} {:?}", param.path, param.ty.labels(), param.ty.kind));
    let inputs = program
        .inputs
        .iter()
        .map(|input| format!("{} {:?} {:?}", input.name, input.ty.labels(), input.ty.kind));
    params
        .chain(inputs)
        .chain(program.outputs.iter().map(|(name, _)| name.clone()))
        .collect()
}
