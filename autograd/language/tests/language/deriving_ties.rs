//! At ties and edges the derivative says what the op says: one convention for each op.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::deriving::WITH_GRADIENTS;
use crate::running::opened;

/// A call on values with ties, zeros and bounds, and the gradient by `x` of its entries, each weighed by 1.
fn cases() -> Vec<(&'static str, Value)> {
    vec![
        ("max(x, v)", json!([[0.5, 0.5, 1.0], [0.0, 0.5, 1.0]])),
        ("min(x, v)", json!([[0.5, 0.5, 0.0], [1.0, 0.5, 0.0]])),
        ("max(x, over N)", json!([[0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])),
        ("min(x, over N)", json!([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])),
        ("prod(x, over N)", json!([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])),
        ("abs(x)", json!([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])),
        ("abs(-x)", json!([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])),
        ("relu(x)", json!([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])),
        ("sign(x)", json!([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])),
        ("floor(x)", json!([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])),
        ("round(x)", json!([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])),
        ("clip(x, 0, 1)", json!([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])),
        ("clip(x, -1, 2)", json!([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])),
        ("x^0", json!([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])),
        ("x^1", json!([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])),
        ("x^2", json!([[0.0, 2.0, 2.0], [0.0, 0.0, 4.0]])),
        (
            "sqrt(x)",
            json!([["inf", 0.5, 0.5], ["inf", "inf", 0.35355339059327373]]),
        ),
        ("if x > v then x else 0 * x", json!([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])),
        ("if x >= v then x else 0 * x", json!([[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])),
        ("if x == v then x else 0 * x", json!([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])),
    ]
}

/// Numbers that differ by rounding alone count as equal; infinite ones are texts.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Number(a), Value::Number(b)) => (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-15,
        (a, b) => a == b,
    }
}

#[test]
fn at_ties_and_edges_the_derivative_has_the_gradient_of_the_op() {
    for (call, expected) in cases() {
        let text = format!("graph tied {{ dim R, N input x[R, N], v[R, N] y = {call} J = engine.sum(y) minimize J }}");
        let opened_program = opened("tied", &text);
        let program = &opened_program.programs[0];
        let x = json!([[0.0, 1.0, 1.0], [0.0, 0.0, 2.0]]);
        let v = json!([[0.0, 1.0, 0.5], [0.5, 0.0, 1.0]]);
        let request = Request {
            values: [("x", x), ("v", v)]
                .map(|(name, value)| (name.to_string(), value))
                .into(),
            ..Request::default()
        };
        let by_tape = run::<f64>(program, &request, WITH_GRADIENTS).unwrap_or_else(|error| panic!("{call}: {error:?}"));
        let gradient = &by_tape["gradients"]["x"];
        assert!(
            same(gradient, &expected),
            "{call}: the tape has {gradient}, not {expected}"
        );
        let derivative = derive(program, &BTreeMap::new()).unwrap();
        let backward = opened("tied", &derivative.text);
        let answer = run::<f64>(&backward.programs[0], &request, Wanted::default()).unwrap();
        let own = &answer["values"]["g_x"];
        assert!(
            same(own, &expected),
            "{call}: the derivative has {own}, not {expected}\n{}",
            derivative.text
        );
    }
}
