//! What the notation can say: places that run, recurrences, ranges, choices. Each program is held against a direct
//! computation in Rust: its value to rounding, its gradients by differences of the direct computation, and its derivative
//! as a program, with loops kept and unrolled. It is printed and read back, drawn, counted and written as a table too.

mod functions;
mod places;
mod recurrences;
mod refused;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::print::print;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::language::span::Sources;
use tapegrad_autograd::language::table::{Style, rows};
use tapegrad_autograd::language::view::{Options, picture, rolled, svg};
use tapegrad_autograd::language::{flat, open};

use crate::deriving::{WITH_GRADIENTS, assert_close, numbers};
use crate::running::{opened, request};

/// Values and sizes of one run; positions count from 1 as in a program, ids from 0.
pub struct Values {
    pub dims: BTreeMap<String, i64>,
    pub values: BTreeMap<String, Value>,
}

impl Values {
    pub fn size(&self, name: &str) -> usize {
        self.dims[name] as usize
    }

    /// The entry at these positions.
    pub fn at<const N: usize>(&self, name: &str, place: [usize; N]) -> f64 {
        let entry = place.iter().fold(&self.values[name], |value, &place| &value[place - 1]);
        entry.as_f64().unwrap_or_else(|| panic!("{name}{place:?}"))
    }

    /// The id at this position.
    pub fn id(&self, name: &str, place: usize) -> usize {
        self.at(name, [place]) as usize
    }
}

/// Whether the derivative exists with loops kept; where it need not, it may be refused, and is right otherwise.
#[derive(Clone, Copy, PartialEq)]
pub enum Kept {
    Yes,
    Perhaps,
}

/// Holds a program against a direct computation of its objective, with each of these sizes.
pub fn assert_agrees(text: &str, sizes: &[&[(&str, i64)]], direct: impl Fn(&Values) -> f64) {
    assert_agrees_with(text, sizes, Kept::Yes, direct);
}

/// The same; of a program whose loops need not be kept, the derivative may ask for sizes.
pub fn assert_agrees_with(text: &str, sizes: &[&[(&str, i64)]], kept: Kept, direct: impl Fn(&Values) -> f64) {
    let program = &opened("program", text).programs[0];
    for dims in sizes {
        let dims: BTreeMap<String, i64> = dims.iter().map(|(name, size)| (name.to_string(), *size)).collect();
        let request = request(program, dims.clone());
        let instance = tapegrad_autograd::language::run::Instance::new(program, &dims).unwrap();
        let all = instance
            .sizes()
            .iter()
            .map(|(name, size)| (name.to_string(), *size))
            .collect();
        let mut values = Values {
            dims: all,
            values: request.values.clone(),
        };
        let answer = run::<f64>(program, &request, WITH_GRADIENTS).unwrap_or_else(|error| {
            panic!(
                "{dims:?}: {}\n{text}",
                json!(error.report(&Sources::of("program", text)))
            )
        });
        let (here, there) = (answer["objective"].as_f64().unwrap(), direct(&values));
        assert!(
            (here - there).abs() <= 1e-10 * (1.0 + there.abs()),
            "{dims:?}: {here} and {there}\n{text}"
        );
        for (name, gradient) in answer["gradients"].as_object().unwrap() {
            let differences = differences(&mut values, name, &direct);
            let gradient = if gradient.is_null() {
                nothing(&values.values[name])
            } else {
                gradient.clone()
            };
            assert_close(&format!("{dims:?} {name}\n{text}"), &gradient, &differences, 2e-6);
        }
        for given in [BTreeMap::new(), dims.clone()] {
            assert_derived(text, program, &request, &given, &answer, kept);
        }
        assert_shown(text, program, &dims, &answer);
    }
}

/// Zeros in the shape of a value.
fn nothing(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(nothing).collect(),
        _ => json!(0.0),
    }
}

/// The gradient by central differences, entry by entry.
fn differences(values: &mut Values, name: &str, direct: &impl Fn(&Values) -> f64) -> Value {
    const STEP: f64 = 1e-5;
    let whole = values.values[name].clone();
    let mut flat = Vec::new();
    numbers(&whole, &mut flat);
    let mut slopes = Vec::new();
    for place in 0..flat.len() {
        let mut at = |step: f64| {
            let mut moved = flat.clone();
            moved[place] += step;
            values
                .values
                .insert(name.to_string(), shaped(&whole, &mut moved.iter()));
            direct(values)
        };
        slopes.push((at(STEP) - at(-STEP)) / (2.0 * STEP));
    }
    values.values.insert(name.to_string(), whole.clone());
    shaped(&whole, &mut slopes.iter())
}

fn shaped(like: &Value, numbers: &mut std::slice::Iter<'_, f64>) -> Value {
    match like {
        Value::Array(items) => items.iter().map(|item| shaped(item, numbers)).collect(),
        _ => json!(numbers.next().unwrap()),
    }
}

fn assert_derived(
    text: &str,
    program: &Program,
    request: &Request,
    given: &BTreeMap<String, i64>,
    answer: &Value,
    kept: Kept,
) {
    if answer["gradients"].as_object().unwrap().values().all(Value::is_null) {
        assert!(derive(program, given).is_err(), "{text}");
        return;
    }
    let derivative = match derive(program, given) {
        Ok(derivative) => derivative,
        Err(error) => {
            let help = error.help.clone().unwrap_or_default();
            assert!(
                given.is_empty() && kept == Kept::Perhaps,
                "{given:?}: {error:?}\n{text}"
            );
            assert!(help.contains("--at"), "{error:?}");
            return;
        }
    };
    let backward = open("derivative", &derivative.text);
    assert!(backward.is_correct(), "{}\n{}", backward.render(), derivative.text);
    let mut request = request.clone();
    request.dims.retain(|name, _| !given.contains_key(name));
    let found = run::<f64>(&backward.programs[0], &request, Wanted::default())
        .unwrap_or_else(|error| panic!("{error:?}\n{}", derivative.text));
    for (name, own) in &derivative.gradients {
        // No gradient is 0: for these sizes the loop that reads the value has no round.
        let expected = match &answer["gradients"][name] {
            Value::Null => nothing(&request.values[name]),
            gradient => gradient.clone(),
        };
        assert_close(
            &format!("{given:?} {own}\n{}", derivative.text),
            &expected,
            &found["values"][own],
            1e-9,
        );
    }
    for (name, gradient) in answer["gradients"].as_object().unwrap() {
        let is_derived = derivative.gradients.iter().any(|(own, _)| own == name);
        assert!(
            is_derived || gradient.is_null(),
            "{given:?}: no gradient of {name}\n{}",
            derivative.text
        );
    }
}

/// The program as text, as pictures, as a graph in text form, and as a table.
fn assert_shown(text: &str, program: &Program, dims: &BTreeMap<String, i64>, answer: &Value) {
    let printed = print(&opened("program", text).file);
    let again = &opened("printed", &printed).programs[0];
    assert_eq!(print(&opened("printed", &printed).file), printed);
    let request = request(again, dims.clone());
    let value = run::<f64>(again, &request, Wanted::default()).unwrap()["objective"].clone();
    assert_eq!(value, answer["objective"], "{printed}");
    let graph = graph_of(program, dims).unwrap();
    let flat = flat::print(&graph, "g").unwrap();
    let (read, _) = flat::read(&Sources::of("g", &flat)).unwrap_or_else(|error| panic!("{error:?}\n{flat}"));
    assert_eq!(flat::canonical(&read), flat::canonical(&graph));
    assert!(svg(&rolled(program, true)).contains("</svg>"));
    assert!(svg(&picture(&graph, Options::default())).contains("</svg>"));
    for style in [Style::Indexed, Style::Matrix] {
        if let Ok(rows) = rows(program, dims, style) {
            assert!(!rows.is_empty());
        }
    }
}

/// `log Σ exp` of some numbers.
pub fn logsumexp(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let numbers: Vec<f64> = numbers.into_iter().collect();
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    high + numbers.iter().map(|x| (x - high).exp()).sum::<f64>().ln()
}
