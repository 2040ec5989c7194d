//! `grad(J, x)` inside a program: the same numbers as a run with gradients, derived again like any other value, and
//! refused where a part of the gradient would be missing.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::program::{Instruction, Operation};
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::deriving::{WITH_GRADIENTS, assert_close};
use crate::running::opened;

fn answer(text: &str, values: Value) -> Value {
    let opened = opened("inside", text);
    let program = opened.program(None).unwrap();
    let operations = Instruction::all(&program.instructions);
    let left = |one: &Instruction| {
        matches!(
            one,
            Instruction::Compute {
                op: Operation::Gradient(_),
                ..
            }
        )
    };
    assert!(!operations.into_iter().any(left), "a `grad` was left\n{text}");
    let request = Request {
        values: serde_json::from_value(values).unwrap(),
        ..Request::default()
    };
    run::<f64>(program, &request, WITH_GRADIENTS).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// The message about the only mistake of a program.
fn refusal(text: &str) -> String {
    let opened = open("inside", text);
    let [only] = opened.diagnostics.as_slice() else {
        panic!("one mistake is expected in\n{text}\n{}", opened.render());
    };
    format!("{} {}", only.code.name(), only.primary.text)
}

#[test]
fn a_gradient_is_a_value_like_any_other() {
    let text = "graph cube { dim N input x[N] u = x^3 g = grad(sum(u, over N), x) h = grad(sum(g, over N), x)
        k = grad(sum(h * h, over N), x) J = sum(k, over N) output g, h, k minimize J }";
    let answer = answer(text, json!({"x": [1.0, -2.0]}));
    assert_eq!(answer["values"]["g"], json!([3.0, 12.0]));
    assert_eq!(answer["values"]["h"], json!([6.0, -12.0]));
    // d(36 x^2)/dx = 72 x, and its own gradient 72.
    assert_eq!(answer["values"]["k"], json!([72.0, -144.0]));
    assert_eq!(answer["gradients"]["x"], json!([72.0, 72.0]));
}

#[test]
fn the_graph_is_cut_at_a_computed_value() {
    let text = "graph cut { input x y = x^2 z = y * x + y J = z * y
        by_y = grad(J, y) by_x = grad(J, x) by_itself = grad(J, J) output by_y, by_x, by_itself }";
    let opened = opened("cut", text);
    let request = Request {
        values: serde_json::from_value(json!({"x": 3.0})).unwrap(),
        ..Request::default()
    };
    let values = &run::<f64>(&opened.programs[0], &request, Wanted::default()).unwrap()["values"];
    // J = y^2 (x + 1): by y with x fixed 2 y (x + 1); by x with y = x^2 it is x^5 + x^4.
    assert_eq!(values["by_y"], json!(72.0));
    assert_eq!(values["by_x"], json!(5.0 * 81.0 + 4.0 * 27.0));
    assert_eq!(values["by_itself"], json!(1.0));
}

#[test]
fn inside_modules_functions_and_rounds_of_a_loop() {
    let text = "
        module Loss[N, D](w[D], X[N, D], t[N]) -> J { J = mean((X @ w - t)^2) }
        module Slope[D](w[D], a[D]) -> s[D] {
            param c
            e = c * sum(a * w^3, over D)
            s = grad(e, w)
        }
        graph steps {
            dim N, D, K
            input X[N, D], t[N]
            param w0[D]
            layer slope = Slope[D], loss = Loss[N, D]
            w[0] = w0
            for k = 1..K {
                w[k] = w[k-1] - 0.1 * grad(loss(w[k-1], X, t), w[k-1])
            }
            J = loss(w[K], X, t) + sum(slope(w0, w[K]), over D)
            minimize J
        }";
    let opened = opened("steps", text);
    let values = json!({"X": [[1.0, 0.5], [-0.3, 0.8], [0.2, -1.0]], "t": [1.0, 0.5, -0.5], "w0": [0.3, -0.2],
        "slope.c": 0.7});
    let program = opened.program(None).unwrap();
    let request = Request {
        values: serde_json::from_value(values).unwrap(),
        dims: [("K".to_string(), 4)].into(),
        ..Request::default()
    };
    let answer = run::<f64>(program, &request, WITH_GRADIENTS).unwrap();
    let by_hand = |w0: [f64; 2]| {
        let (x, t, n) = ([[1.0, 0.5], [-0.3, 0.8], [0.2, -1.0]], [1.0, 0.5, -0.5], 3.0);
        let mut w = w0;
        let errors = |w: [f64; 2]| -> Vec<f64> { (0..3).map(|i| x[i][0] * w[0] + x[i][1] * w[1] - t[i]).collect() };
        for _ in 0..4 {
            let error = errors(w);
            let slope = |d: usize| (0..3).map(|i| 2.0 / n * error[i] * x[i][d]).sum::<f64>();
            w = [w[0] - 0.1 * slope(0), w[1] - 0.1 * slope(1)];
        }
        let own = errors(w).iter().map(|e| e * e).sum::<f64>() / n;
        own + (0..2).map(|d| 0.7 * w[d] * 3.0 * w0[d] * w0[d]).sum::<f64>()
    };
    let objective = answer["objective"].as_f64().unwrap();
    assert!((objective - by_hand([0.3, -0.2])).abs() < 1e-14, "{objective}");
    let numeric = (by_hand([0.3 + 1e-6, -0.2]) - by_hand([0.3 - 1e-6, -0.2])) / 2e-6;
    assert!((answer["gradients"]["w0"][0].as_f64().unwrap() - numeric).abs() < 1e-8);
}

#[test]
fn a_gradient_that_does_not_exist_is_refused_and_never_0() {
    let cases = [
        (
            "input x, y J = x^2 g = grad(J, y) output g",
            "E24 `J` does not depend on `y`",
        ),
        (
            "input x, y: data J = x^2 * y g = grad(J, y) output g",
            "E24 `y` is data, which has no gradient",
        ),
        (
            "dim V input w: id[V], x param E[V] g = grad(x * E[w], w) output g",
            "E24 `w` holds whole numbers, which have no gradient",
        ),
        (
            "input x, y: data J = y^2 g = grad(J, x) output g",
            "E24 `J` is data, which has no gradient",
        ),
        (
            "dim N input x[N] u = x^2 g = grad(u, x) output g",
            "E07 u is [N], and `grad` derives one number",
        ),
        (
            "dim N input x[N] g = grad(sum(x^2), x[1]) output g",
            "E24 this is a part of a value",
        ),
        (
            "input x g = grad(x^2, 2 * x) output g",
            "E24 a gradient is by an input, a parameter or a value with a name",
        ),
        (
            "dim N input x g = grad(x^2, N) output g",
            "E24 a size or a position is a whole number; nothing is derived by it",
        ),
        ("input x g = grad(x^2) output g", "E20 this is called as `grad(J, x)`"),
        (
            "input x y = detach(x) J = y * y g = grad(J, x) output g",
            "E24 `J` is data, which has no gradient",
        ),
        (
            "input x J = if x > 0 then 1 else x * 0 + 2 g = grad(sum(grad(J, x)), x) output g",
            "E24 this number depends on `x` only through what has no gradient",
        ),
        (
            "dim T input x a = 2 * x h[0] = x for t = 1..T { h[t] = h[t-1] * a } g = grad(h[T], x) output g",
            "E24 this number can depend on `x` through another round of a loop, where `grad` does not go",
        ),
        (
            "dim T input x h[0] = x for t = 1..T { h[t] = h[t-1] * x s[t] = grad(h[t], x) } output s",
            "E24 `h` can depend on `x` through another round of a loop, where `grad` does not go",
        ),
        (
            "dim T input x h[0] = x c[0] = x for t = 1..T { J = h[t-1] * c[t-1] g = grad(J, h[t-1]) h[t] = x * g
            c[t] = h[t] } output c",
            "E24 `J` can depend on the second operand through another round of a loop, where `grad` does not go",
        ),
    ];
    for (body, message) in cases {
        let found = refusal(&format!("graph g {{ {body} }}"));
        assert!(found.starts_with(message), "{body}\n{found}\n{message}");
    }
}

#[test]
fn the_inputs_of_a_module_are_variables_of_its_own() {
    // Inside, e = w a: its derivative by w is a, even if both are computed from x, or are x.
    let text = "module Partial[D](w, a) -> s { e = w * a s = grad(e, w) }
        graph partial { dim D input x layer p = Partial[D] y = 3 * x s = p(x, y) q = p(x, x) r = p(y, x)
        output s, q, r }";
    let opened = opened("partial", text);
    let request = Request {
        values: [("x".to_string(), json!(2.0))].into(),
        dims: [("D".to_string(), 1)].into(),
        ..Request::default()
    };
    let values = &run::<f64>(opened.program(None).unwrap(), &request, Wanted::default()).unwrap()["values"];
    assert_eq!(*values, json!({"s": 6.0, "q": 2.0, "r": 2.0}));
}

#[test]
fn what_an_earlier_round_gave_is_constant_for_what_this_round_computes() {
    // The momentum m[t-1] is older than y, so dJ/dy does not go through it.
    let text = "graph heavy { dim T input x w[0] = x m[0] = 0 * x
        for t = 1..T { y = w[t-1] + m[t-1] J = y^2 * (1 + m[t-1]) m[t] = grad(J, y) w[t] = w[t-1] - 0.1 * m[t] }
        L = w[T] output w minimize L }";
    let opened = opened("heavy", text);
    let request = Request {
        values: [("x".to_string(), json!(0.7))].into(),
        dims: [("T".to_string(), 3)].into(),
        ..Request::default()
    };
    let answer = run::<f64>(&opened.programs[0], &request, WITH_GRADIENTS).unwrap();
    let by_hand = |x: f64| {
        let (mut w, mut m) = (x, 0.0);
        for _ in 0..3 {
            m = 2.0 * (w + m) * (1.0 + m);
            w -= 0.1 * m;
        }
        w
    };
    assert!((answer["objective"].as_f64().unwrap() - by_hand(0.7)).abs() < 1e-14);
    let numeric = (by_hand(0.7 + 1e-6) - by_hand(0.7 - 1e-6)) / 2e-6;
    assert!(
        (answer["gradients"]["x"].as_f64().unwrap() - numeric).abs() < 1e-8,
        "{answer}"
    );
}

#[test]
fn a_program_with_a_gradient_is_derived_and_derived_again() {
    let text = "graph penalty { dim N, D input x[N, D] param w[D], v[D]
        h = tanh(x * w) u = h @ v
        g = grad(sum(u, over N), x)
        J = mean((sqrt(sum(g^2, over D) + 0.01) - 1)^2) + mean(u)
        minimize J }";
    let opened = opened("penalty", text);
    let values: BTreeMap<String, Value> = serde_json::from_value(json!({
        "x": [[0.3, -0.4], [0.8, 0.1], [-0.6, 0.9]], "w": [0.7, -1.1], "v": [0.4, 1.3]
    }))
    .unwrap();
    let request = Request {
        values,
        dims: [("N".to_string(), 3), ("D".to_string(), 2)].into(),
        ..Request::default()
    };
    let tape = run::<f64>(&opened.programs[0], &request, WITH_GRADIENTS).unwrap();
    let derivative = derive(&opened.programs[0], &BTreeMap::new()).unwrap();
    let backward = crate::running::opened("backward", &derivative.text);
    let own = run::<f64>(&backward.programs[0], &request, Wanted::default()).unwrap();
    for (of, name) in &derivative.gradients {
        assert_close(of, &tape["gradients"][of], &own["values"][name], 1e-12);
    }
    crate::deriving_twice::second_derivative("penalty", &derivative, &request, &opened.programs[0]);
}

#[test]
fn two_gradients_of_one_number_share_their_lines() {
    let lines = |text: &str| {
        let opened = opened("shared", text);
        Instruction::all(&opened.programs[0].instructions).count()
    };
    let body = "input x, y z = tanh(x * y) u = exp(z) J = u * z";
    let one = lines(&format!("graph g {{ {body} a = grad(J, x) output a }}"));
    let none = lines(&format!("graph g {{ {body} output J }}"));
    let two = lines(&format!(
        "graph g {{ {body} a = grad(J, x) b = grad(J, y) output a, b }}"
    ));
    // Only the last product, by y instead of x, is new.
    assert_eq!(two - one, 1);
    assert!(one - none > 5);
}

/// A random program with a gradient in its objective: its text before the objective, and the name that is derived by.
struct Made {
    before: String,
    by: String,
    shape: String,
}

/// Axes as they are written, without the size of a named axis.
fn names_of(shape: &str) -> String {
    let inner = shape.trim_matches(['[', ']']);
    let name = |axis: &str| axis.split(':').next().unwrap_or(axis).trim().to_string();
    inner.split(',').map(name).collect::<Vec<_>>().join(", ")
}

fn made(seed: u64) -> Option<Made> {
    let text = crate::well_typed::program(seed);
    let program = opened("made", &text).programs.remove(0);
    let before = text.replace("    minimize J\n}\n", "");
    let is_line = |name: &str| before.contains(&format!("    {name} = ")) || before.contains(&format!("    {name}["));
    let candidates: Vec<(String, String)> = program
        .names
        .iter()
        .filter(|(name, _)| name != "J" && (name.starts_with('x') || is_line(name)))
        .map(|(name, value)| (name.clone(), program.values[*value].ty.to_string()))
        .collect();
    let (by, shape) = candidates.get(seed as usize % candidates.len().max(1))?.clone();
    Some(Made { before, by, shape })
}

impl Made {
    /// The program with the gradient as an output, and in the objective.
    fn with_gradient(&self) -> String {
        let over = match self.shape.as_str() {
            "[]" => "slope^2".to_string(),
            shape => format!("sum(tanh(slope) + slope^2, over {})", names_of(shape)),
        };
        format!(
            "{}    slope = grad(J, {})\n    L = J + 0.3 * {over}\n    output slope\n    minimize L\n}}\n",
            self.before, self.by
        )
    }

    /// The program in which the value is an input, so that its gradient is the one of a run.
    fn with_input(&self) -> String {
        let starts = [format!("    {} = ", self.by), format!("    {}[", self.by)];
        let shape = if self.shape == "[]" { "" } else { &self.shape };
        let line = |line: &str| match starts.iter().any(|start| line.starts_with(start.as_str())) {
            true => format!("    input {}{shape}", self.by),
            false => line.to_string(),
        };
        let lines: Vec<String> = self.before.lines().map(line).collect();
        format!("{}\n    minimize J\n}}\n", lines.join("\n"))
    }
}

fn numbers_of(value: &Value) -> Vec<f64> {
    let mut numbers = Vec::new();
    crate::deriving::numbers(value, &mut numbers);
    numbers
}

/// The largest difference, relative to the largest entry, or 1.
fn distance(a: &Value, b: &Value) -> f64 {
    let (a, b) = (numbers_of(a), numbers_of(b));
    assert_eq!(a.len(), b.len());
    let scale = a.iter().fold(1.0f64, |scale, a| scale.max(a.abs()));
    a.iter()
        .zip(&b)
        .fold(0.0f64, |largest, (a, b)| largest.max((a - b).abs()))
        / scale
}

/// Every number of a request moved along a direction without pattern, which is also given.
fn moved(request: &Request, step: f64) -> (Request, BTreeMap<String, Value>) {
    fn entry(value: &Value, step: f64, turn: &mut f64) -> (Value, Value) {
        match value {
            Value::Array(items) => {
                let pairs = items.iter().map(|item| entry(item, step, turn));
                let (moved, along): (Vec<Value>, Vec<Value>) = pairs.unzip();
                (moved.into(), along.into())
            }
            number => {
                *turn += 1.0;
                let direction = (*turn * 1.7).sin();
                ((number.as_f64().unwrap() + step * direction).into(), direction.into())
            }
        }
    }
    let (mut moved, mut along, mut turn) = (request.clone(), BTreeMap::new(), 0.0);
    for (name, value) in &mut moved.values {
        let (new, direction) = entry(value, step, &mut turn);
        *value = new;
        along.insert(name.clone(), direction);
    }
    (moved, along)
}

/// A central difference of fourth order with a step of 1e-3 has an error of some 1e-10 where the fifth derivatives are
/// of the order of 10; the generated formulas are smooth.
const SLOPE_NEAR: f64 = 1e-6;

#[test]
fn generated_programs_with_gradients_inside_agree_with_runs_slopes_and_their_derivative() {
    let cases = crate::programs::from_environment("TAPEGRAD_CASES", 1000);
    let (mut refused, mut constant, mut checked, mut twice) = (0, 0, 0, 0);
    for seed in 0..cases {
        let Some(made) = made(seed) else { continue };
        let text = made.with_gradient();
        let opened_program = open("inside", &text);
        if !opened_program.is_correct() {
            let message = opened_program.render();
            let through_a_loop = message.contains("another round of a loop") && made.before.contains("for t");
            // A recurrence from 0 that nothing drives is a constant.
            let constant = message.contains("is data, which has no gradient") && made.before.contains("[0] = 0");
            assert!(through_a_loop || constant, "{message}\n{text}");
            refused += 1;
            continue;
        }
        let program = &opened_program.programs[0];
        let request = crate::running::request(program, crate::well_typed::sizes(seed));
        let answer = run::<f64>(program, &request, WITH_GRADIENTS).unwrap_or_else(|error| panic!("{error:?}\n{text}"));

        // The gradient is the one of a run of the program in which the value is an input.
        let plain = opened("plain", &made.with_input());
        let mut given = request.clone();
        if !given.values.contains_key(&made.by) {
            let values = run::<f64>(
                &opened(
                    "value",
                    &(made.before.clone() + &format!("    output {}\n}}\n", made.by)),
                )
                .programs[0],
                &request,
                Wanted::default(),
            )
            .unwrap();
            given.values.insert(made.by.clone(), values["values"][&made.by].clone());
        }
        let expected =
            run::<f64>(&plain.programs[0], &given, WITH_GRADIENTS).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let expected = &expected["gradients"][&made.by];
        assert!(
            distance(expected, &answer["values"]["slope"]) <= 1e-12,
            "{expected} {}\n{text}",
            answer["values"]["slope"]
        );

        // The derivative of the objective with the gradient in it is its slope.
        let at = |step: f64| {
            run::<f64>(program, &moved(&request, step).0, Wanted::default()).unwrap()["objective"]
                .as_f64()
                .unwrap()
        };
        let numeric = (8.0 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 1.2e-2;
        let (mut slope, mut scale) = (0.0, 1.0f64);
        for (name, direction) in moved(&request, 0.0).1 {
            if answer["gradients"][&name].is_null() {
                continue;
            }
            for (g, d) in numbers_of(&answer["gradients"][&name])
                .iter()
                .zip(numbers_of(&direction))
            {
                slope += g * d;
                scale = scale.max(g.abs());
            }
        }
        assert!(
            (slope - numeric).abs() <= SLOPE_NEAR * scale,
            "{slope} and {numeric}\n{text}"
        );

        // The derivative as a program has the same gradients.
        let sizes = [("T".to_string(), request.dims["T"])].into();
        let derivative = derive(program, &sizes).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let backward = opened("backward", &derivative.text);
        let mut given = request.clone();
        given.dims.remove("T");
        let values = run::<f64>(&backward.programs[0], &given, Wanted::default())
            .unwrap_or_else(|error| panic!("{error:?}\n{}", derivative.text));
        for (of, own) in &derivative.gradients {
            let apart = distance(&answer["gradients"][of], &values["values"][own]);
            assert!(apart <= 1e-9, "{of}: {apart}\n{text}\n{}", derivative.text);
        }
        checked += 1;
        if seed % 20 == 0 {
            let again =
                derive(&backward.programs[0], &BTreeMap::new()).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
            opened("twice", &again.text);
            twice += 1;
        }
        constant += usize::from(
            !answer["gradients"]
                .as_object()
                .unwrap()
                .values()
                .any(|gradient| !gradient.is_null()),
        );
    }
    println!("{checked} checked, {twice} derived twice, {refused} refused, {constant} constant");
    assert!(
        checked * 10 >= cases as usize * 7,
        "{checked} of {cases}; {refused} refused"
    );
}
