//! The numbers of a run on a drawing: every box has its own, and a run of something else is refused.

use serde_json::{Value, json};
use tapegrad_autograd::language::run::{Request, RunError, Wanted, run};
use tapegrad_autograd::language::view::{Detail, Picture, Trace, folded, html, svg, unrolled};

use crate::programs;
use crate::running::{different_sizes, opened, request};

const BOTH: Wanted = Wanted {
    gradients: true,
    trace: true,
};
const ANSWER: Wanted = Wanted {
    gradients: true,
    trace: false,
};

fn text(name: &str) -> String {
    programs::all().into_iter().find(|(own, _)| own == name).unwrap().1
}

/// The answer of a run of a text with made-up values.
fn answer(text: &str, wanted: Wanted) -> Value {
    let opened = opened("p", text);
    let program = &opened.programs[0];
    run::<f64>(program, &request(program, different_sizes(program)), wanted).unwrap()
}

/// The picture of a text with the numbers of this answer; sizes follow from it.
fn drawn(text: &str, answer: &Value) -> Result<Picture, RunError> {
    let opened = opened("p", text);
    let program = &opened.programs[0];
    let trace = Trace::read(answer)?;
    unrolled(program, &trace.sizes(program, &Default::default()), false, Some(&trace))
}

fn refusal(text: &str, answer: &Value) -> (String, String) {
    match drawn(text, answer) {
        Err(RunError::Data { place, message }) => (place, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_node_of_every_program_has_the_numbers_of_its_run() {
    for (name, text) in programs::all() {
        let answer = answer(&text, BOTH);
        let picture = drawn(&text, &answer).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let nodes = answer["trace"].as_array().unwrap();
        assert_eq!(picture.boxes.len(), nodes.len(), "{name}");
        for one in &picture.boxes {
            let (node, shown) = (&nodes[one.node.unwrap()], one.shown.as_ref().unwrap());
            let flat = |value: &Value| {
                let mut all = Vec::new();
                flatten(value, &mut all);
                all
            };
            assert!(
                same(&shown.value.as_ref().unwrap().entries, &flat(&node["value"])),
                "{name}: {:?}",
                one.lines
            );
            match &shown.gradient {
                Some(gradient) => assert!(
                    same(&gradient.entries, &flat(&node["gradient"])),
                    "{name}: {:?}",
                    one.lines
                ),
                None => assert!(node["gradient"].is_null(), "{name}: {:?}", one.lines),
            }
        }
        for (leaf, gradient) in answer["gradients"].as_object().unwrap() {
            let node = nodes
                .iter()
                .find(|node| node["name"] == **leaf && ["input", "param"].contains(&node["op"].as_str().unwrap()));
            assert_eq!(&node.unwrap()["gradient"], gradient, "{name}: {leaf}");
        }
        let drawing = svg(&folded(picture, Detail::Values));
        assert!(
            drawing.contains("class=\"number\"") && drawing.contains("from -m to m"),
            "{name}"
        );
    }
}

fn flatten(value: &Value, all: &mut Vec<f64>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| flatten(one, all)),
        Value::String(text) => all.push(text.parse().unwrap()),
        number => all.push(number.as_f64().unwrap()),
    }
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

#[test]
fn an_answer_without_a_trace_gives_the_numbers_that_it_has() {
    let text = text("two_layer");
    let picture = drawn(&text, &answer(&text, ANSWER)).unwrap();
    let shown = |name: &str| {
        picture
            .boxes
            .iter()
            .find(|one| one.name.as_deref() == Some(name))
            .unwrap()
            .shown
            .clone()
    };
    assert!(shown("z").unwrap().value.is_some() && shown("z").unwrap().gradient.is_none());
    assert!(shown("alpha").unwrap().gradient.is_some() && shown("alpha").unwrap().value.is_none());
}

#[test]
fn an_answer_of_another_program_is_refused_with_the_first_place_that_differs() {
    let own = text("two_layer");
    let plain = answer(&own, BOTH);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut changed = plain.clone();
        change(&mut changed);
        refusal(&own, &changed)
    };
    for (place, (found, message)) in [
        ("trace[5].op", refusal(&own.replace("sigmoid(a)", "tanh(a)"), &plain)),
        ("trace[10].value", refusal(&own.replace("(1 - t)", "(2 - t)"), &plain)),
        (
            "trace[5].name",
            refusal(
                &own.replace("z = sigmoid(a)", "u = sigmoid(a)")
                    .replace("beta @ z", "beta @ u"),
                &plain,
            ),
        ),
        (
            "trace[4].value",
            changed(&|answer| answer["trace"][4]["value"] = json!([1, 2])),
        ),
        (
            "trace[4].gradient",
            changed(&|answer| answer["trace"][4]["gradient"] = json!(1)),
        ),
        (
            "trace[4].operands",
            changed(&|answer| answer["trace"][4]["operands"] = json!([1, 2])),
        ),
        (
            "trace",
            changed(&|answer| drop(answer["trace"].as_array_mut().unwrap().pop())),
        ),
        (
            "trace[0].value",
            changed(&|answer| drop(answer["trace"][0].as_object_mut().unwrap().remove("value"))),
        ),
        ("values", refusal(&own, &json!({}))),
        ("trace", refusal(&own, &json!([1]))),
        ("error", refusal(&own, &json!({"error": {"message": "there is no x"}}))),
        ("values.J", refusal(&own, &json!({"values": {"J": "high"}}))),
    ] {
        assert_eq!(found, place, "{message}");
        assert!(message.contains("--grad --trace --json"), "{message}");
    }
    let short = answer(&own, ANSWER);
    let without = |name: &str| {
        let mut short = short.clone();
        short["values"].as_object_mut().unwrap().remove(name);
        short
    };
    assert_eq!(refusal(&own, &without("a")).0, "values.a");
    assert_eq!(
        refusal(&own.replace("z = ", "u = ").replace("@ z", "@ u"), &short).0,
        "values.z"
    );
}

#[test]
fn what_is_no_number_has_a_sign_and_long_arrays_say_how_much_is_left_out() {
    let text = "graph g { dim M, N input x[M, N], s J = sum(x, over M, N) + s output x, J, s minimize J }";
    let text = text.replace("output x, J, s ", "");
    let opened = opened("p", &text);
    let program = &opened.programs[0];
    let mut rows = vec![vec![json!(0.5); 30]; 20];
    (rows[0][0], rows[0][1], rows[0][2]) = (json!("nan"), json!("inf"), json!("-inf"));
    rows[1][3] = json!(-2);
    let request: Request = serde_json::from_value(json!({"values": {"x": rows, "s": 0.25}})).unwrap();
    let picture = drawn(&text, &run::<f64>(program, &request, BOTH).unwrap()).unwrap();
    let drawing = svg(&picture);
    for part in [
        "heat nan",
        "heat inf",
        "heat s0",
        ">±2<",
        ">12 of 20, 24 of 30<",
        ">g ±1<",
        "= 0.25<",
        "g = 1<",
    ] {
        assert!(drawing.contains(part), "{part}\n{drawing}");
    }
    let page = html(&picture, "numbers", None);
    assert!(
        page.contains("… 30 in all") && page.contains("… 20 rows in all") && page.contains("nan  inf  -inf"),
        "{page}"
    );
}
