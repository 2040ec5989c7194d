//! The derivative of a derivative gives the product of the Hessian with a vector, as dual numbers on a tape do.

use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn};
use serde_json::Value;
use tapegrad_autograd::language::derive::{Derivative, derive, unrolled};
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Given, Instance, Request, Session, Wanted, run};
use tapegrad_autograd::numbers::Dual;
use tapegrad_autograd::{Shape, Tape, Var};

use crate::deriving::{assert_close, loop_sizes, numbers, renamed};
use crate::programs;
use crate::running::{different_sizes, opened, request};

/// Deriving a derivative whose loops are kept gives the product of the Hessian with a vector.
pub fn second_derivative(name: &str, once: &Derivative, request: &Request, program: &Program) {
    let first = opened(name, &once.text);
    let twice =
        derive(&first.programs[0], &BTreeMap::new()).unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", once.text));
    let second = opened(name, &twice.text);
    let mut given = request.clone();
    let mut seed = 0.0;
    let mut v: BTreeMap<String, Value> = BTreeMap::new();
    let inputs: BTreeMap<&String, &String> = twice.seeds.iter().map(|(output, input)| (output, input)).collect();
    for (of, gradient) in &once.gradients {
        let weights = direction(&request.values[of], &mut seed);
        v.insert(of.clone(), weights.clone());
        if let Some(input) = inputs.get(gradient) {
            given.values.insert((*input).clone(), weights);
        }
    }
    let answer = run::<f64>(&second.programs[0], &given, Wanted::default());
    let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", twice.text));
    let fixed = loop_sizes(program, &request.dims);
    let flat = opened(name, &unrolled(program, &fixed).unwrap());
    let expected = reverse_over_dual(&flat.programs[0], &renamed(request, &fixed), &v);
    for (of, own) in &twice.gradients {
        let (what, answered) = (format!("{name}: {of}\n{}", twice.text), &answer["values"][own]);
        match expected.get(of) {
            Some(expected) => assert_close(&what, expected, answered, 1e-9),
            // The tape has no gradient by what nothing depends on; the derivative says that it is 0.
            None => {
                let mut all = Vec::new();
                numbers(answered, &mut all);
                assert!(all.iter().all(|number| *number == 0.0), "{what}: {answered}");
            }
        }
    }
}

#[test]
fn the_third_derivative_of_a_power_is_the_one_of_the_book() {
    let mut text = "graph cube { input x param a J = a * x^4 minimize J }".to_string();
    let mut at = BTreeMap::from([("x".to_string(), 1.5), ("a".to_string(), 2.0)]);
    // d³(a x⁴)/dx³ = 24 a x: each derivation weighs only the gradient by x.
    let mut own = String::new();
    for order in 1..=3 {
        let program = opened("cube", &text);
        let derivative = derive(&program.programs[0], &BTreeMap::new()).unwrap();
        for input in &program.programs[0].inputs {
            at.entry(input.name.clone()).or_insert(0.0);
        }
        own = derivative.gradients.iter().find(|(of, _)| of == "x").unwrap().1.clone();
        text = derivative.text.clone();
        let outputs: Vec<String> = derivative
            .gradients
            .iter()
            .map(|(_, gradient)| gradient.clone())
            .collect();
        for gradient in outputs {
            at.insert(format!("v_{gradient}"), if gradient == own { 1.0 } else { 0.0 });
        }
        assert_eq!(text.matches("graph ").count(), 1, "order {order}");
    }
    let program = opened("cube", &text);
    let names: Vec<&str> = program.programs[0]
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let values = at
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()) || *name == "a");
    let request = Request {
        values: values.map(|(name, value)| (name.clone(), (*value).into())).collect(),
        ..Request::default()
    };
    let answer = run::<f64>(&program.programs[0], &request, Wanted::default()).unwrap();
    assert!(
        (answer["values"][&own].as_f64().unwrap() - 72.0).abs() < 1e-9,
        "{answer}\n{text}"
    );
}

/// How much each entry of a value counts in the second derivative.
pub fn direction(like: &Value, seed: &mut f64) -> Value {
    match like {
        Value::Array(items) => items.iter().map(|item| direction(item, seed)).collect(),
        _ => {
            *seed += 1.0;
            (*seed * 1.3).cos().into()
        }
    }
}

#[test]
fn deriving_twice_gives_the_product_of_the_hessian_with_a_vector() {
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let request = request(program, different_sizes(program));
            let fixed = loop_sizes(program, &request.dims);
            let once = derive(program, &fixed).unwrap();
            let first = opened(&name, &once.text);
            let twice =
                derive(&first.programs[0], &BTreeMap::new()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let second = opened(&name, &twice.text);
            let mut given = renamed(&request, &fixed);
            let mut seed = 0.0;
            let mut v: BTreeMap<String, Value> = BTreeMap::new();
            // A gradient that depends on nothing, as in a piecewise linear program, needs no weight.
            let seeds: BTreeMap<&String, &String> = twice.seeds.iter().map(|(output, input)| (output, input)).collect();
            for (of, gradient) in &once.gradients {
                let weights = direction(&given.values[of], &mut seed);
                v.insert(of.clone(), weights.clone());
                if let Some(input) = seeds.get(gradient) {
                    given.values.insert((*input).clone(), weights);
                }
            }
            let answer = run::<f64>(&second.programs[0], &given, Wanted::default());
            let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", twice.text));
            let flat = opened(&name, &unrolled(program, &fixed).unwrap());
            let expected = reverse_over_dual(&flat.programs[0], &renamed(&request, &fixed), &v);
            assert_eq!(twice.gradients.len(), expected.len(), "{name}");
            for (of, own) in &twice.gradients {
                assert_close(&format!("{name}: {of}"), &expected[of], &answer["values"][own], 1e-9);
            }
        }
    }
}

/// The gradients of a program by the tape in dual numbers that move along `v`: their tangents are the Hessian times
/// `v`.
pub fn reverse_over_dual(program: &Program, request: &Request, v: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let instance = Instance::new(program, &request.dims).unwrap();
    let moving = |name: &str, shape: Shape| {
        let (mut values, mut tangents) = (Vec::new(), Vec::new());
        numbers(&request.values[name], &mut values);
        if let Some(v) = v.get(name) {
            numbers(v, &mut tangents);
        }
        tangents.resize(values.len(), 0.0);
        let duals = values.into_iter().zip(tangents);
        let duals = duals.map(|(value, tangent)| Dual::new(value, tangent)).collect();
        (
            name.to_string(),
            ArrayD::from_shape_vec(IxDyn(&shape.to_vec()), duals).unwrap(),
        )
    };
    let specs = instance.params().params().map(|param| instance.params().spec(param));
    let params = specs.map(|spec| moving(&spec.name, spec.shape));
    let inputs = instance.inputs().map(|(input, shape)| moving(&input.name, shape));
    let given = Given {
        dims: request.dims.clone(),
        values: inputs.chain(params).collect(),
        ..Given::default()
    };
    let session = Session::<Dual>::new(program, &given).unwrap();
    let tape = Tape::with(session.params());
    let elaborated = session.record(&tape).unwrap();
    let gradients = tape.backward(Var::new(&tape, elaborated.objective.unwrap()));
    let inputs = program.inputs.iter().map(|input| input.name.clone());
    let inputs = inputs.zip(elaborated.inputs.clone());
    let list = instance.params();
    let params = list
        .params()
        .map(|param| (list.spec(param).name.clone(), tape.param(param).id()));
    inputs
        .chain(params)
        .filter_map(|(name, id)| {
            let gradient = gradients.get_of(Var::new(&tape, id))?;
            Some((name, gradient.iter().map(|dual| dual.tangent).collect()))
        })
        .collect()
}
