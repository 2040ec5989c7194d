//! Each op's stated formulas, FORWARD and BACKWARD, are evaluated as programs of the language and held against its code.
//!
//! Of an op of single entries the letters are arrays of one shape, with values that the op itself draws. For others a
//! formula leaves open what its letters are, and `formulas.json` says it: the axes of the operands, numbers for
//! attributes, lines for letters that the formula only names, and how a notation that the language does not have is
//! written in it. Positions count from 1 there, and ids from 0, so an id compared with a position is 1 higher.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;
use serde_json::{Map, Value};
use tapegrad_autograd::language::attributes::op_from_json;
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::run::{Given, Wanted, evaluate};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::op::{Draw, Sample};
use tapegrad_autograd::ops::{AnyOp, Entry, REGISTRY, find};
use tapegrad_autograd::{Tape, Var};

/// What the letters of one op's formulas are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Frame {
    op: String,
    attributes: Map<String, Value>,
    /// Declarations of the operands, and of arrays that a formula reads besides them.
    inputs: String,
    /// The result with its axes.
    result: String,
    /// Values of what is not drawn: ids, masks, angles.
    values: BTreeMap<String, Vec<f64>>,
    /// Shapes of the operands of the op, where they are not those of the declarations.
    shapes: BTreeMap<String, Vec<usize>>,
    /// True if all operands must be above 0.
    positive: bool,
    /// Lines before the formulas, before the backward ones, and behind these.
    before: String,
    before_backward: String,
    after_backward: String,
    /// Notations of the formulas and how the language writes them.
    written: Vec<(String, String)>,
    /// The operands of an op that takes any number of them.
    many: Vec<String>,
    /// What an operand, the result or a gradient is made of, where its parts are named in the formula.
    parts: BTreeMap<String, Vec<String>>,
    /// True if the parts stand behind each other; else their entries stand in turn.
    behind: bool,
}

const SIZES: [(&str, usize); 11] = [
    ("A", 2),
    ("B", 3),
    ("C", 4),
    ("T", 3),
    ("N", 2),
    ("V", 5),
    ("I", 3),
    ("O", 2),
    ("D", 4),
    ("E", 3),
    ("P", 2),
];

fn frames() -> Vec<Frame> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/language/formulas.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The statements of a formula: split at commas outside of brackets, in an order in which each reads only earlier ones.
fn statements(formula: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in formula.chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(letter);
    }
    let mut statements: Vec<String> = Vec::new();
    let mut names = String::new();
    for part in parts.iter().map(|part| part.trim()) {
        // `h, c = state` is one statement.
        if !part.contains(" = ") {
            names += &format!("{part}, ");
            continue;
        }
        statements.push(std::mem::take(&mut names) + part);
    }
    ordered(statements)
}

fn ordered(mut left: Vec<String>) -> Vec<String> {
    let mut done = Vec::new();
    while !left.is_empty() {
        let targets: Vec<String> = left
            .iter()
            .map(|one| words(one.split(" = ").next().unwrap())[0].clone())
            .collect();
        let ready = |i: &usize| {
            let reads = words(left[*i].split_once(" = ").unwrap().1);
            targets
                .iter()
                .enumerate()
                .all(|(j, target)| *target == targets[*i] || j == *i || !reads.contains(target))
        };
        let next = (0..left.len()).find(ready).unwrap_or(0);
        done.push(left.remove(next));
    }
    done
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    parts.filter(|word| !word.is_empty()).map(str::to_string).collect()
}

/// Statements for each position of time go into a loop: up, or down where the position behind is read.
fn in_loops(statements: &[String]) -> String {
    let mut text = String::new();
    let mut body: Vec<&str> = Vec::new();
    let close = |body: &mut Vec<&str>, text: &mut String| {
        if !body.is_empty() {
            let down = body.iter().any(|line| line.contains("[t+1]"));
            let range = if down { "T..1 down" } else { "1..T" };
            *text += &format!("for t = {range} {{\n{}\n}}\n", body.join("\n"));
            body.clear();
        }
    };
    for statement in statements {
        if statement.split(" = ").next().unwrap().contains("[t]") && !statement.contains("sum(") {
            body.push(statement);
        } else {
            close(&mut body, &mut text);
            text += &format!("{statement}\n");
        }
    }
    close(&mut body, &mut text);
    text
}

impl Frame {
    fn op(&self) -> AnyOp {
        op_from_json(&self.op, &self.attributes).unwrap()
    }

    fn translated(&self, formula: &str) -> String {
        let written = self
            .written
            .iter()
            .fold(formula.to_string(), |text, (from, to)| text.replace(from, to));
        in_loops(&statements(&written))
    }

    /// Names and shapes of the declared inputs.
    fn declared(&self, declarations: &str) -> Vec<(String, Vec<usize>)> {
        let text = format!("graph d {{ dim {} input {declarations} }}", Self::dims());
        let opened = open("declarations", &text);
        assert!(opened.is_correct(), "{}", opened.render());
        let bound = SIZES
            .iter()
            .map(|(name, size)| ((*name).into(), *size as i64))
            .collect();
        let inputs = opened.programs[0].inputs.iter();
        let sizes = |axes: &[tapegrad_autograd::language::types::Axis]| {
            axes.iter()
                .map(|axis| axis.size.value(&bound).unwrap() as usize)
                .collect()
        };
        inputs
            .map(|input| (input.name.clone(), sizes(&input.ty.axes)))
            .collect()
    }

    fn dims() -> String {
        SIZES.map(|(name, _)| name).join(", ")
    }

    /// The values of a program of these lines, for these outputs.
    fn run(&self, suffix: &str, inputs: &str, lines: &str, outputs: &[String], values: &Values) -> Values {
        let inputs = if inputs.is_empty() {
            String::new()
        } else {
            format!("input {inputs}\n")
        };
        let text = format!(
            "graph {}{suffix} {{\ndim {}\n{inputs}{lines}\noutput {}\n}}",
            self.op,
            Self::dims(),
            outputs.join(", ")
        );
        let opened = open(&self.op, &text);
        assert!(opened.is_correct(), "{}\n{text}", opened.render());
        let program = &opened.programs[0];
        let given = Given {
            dims: SIZES
                .iter()
                .map(|(name, size)| ((*name).to_string(), *size as i64))
                .collect(),
            values: values
                .iter()
                .filter(|(name, _)| program.inputs.iter().any(|own| own.name == **name))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
            ..Given::default()
        };
        let evaluated = evaluate::<f64>(program, &given, Wanted::default());
        evaluated
            .unwrap_or_else(|error| panic!("{error}\n{text}"))
            .values
            .into_iter()
            .collect()
    }

    /// The entries of a value, of which parts may have been computed separately and then stand in turn.
    fn entries(&self, name: &str, values: &Values) -> Vec<f64> {
        match self.parts.get(name) {
            None => values[name].iter().copied().collect(),
            Some(parts) => {
                let parts: Vec<Vec<f64>> = parts
                    .iter()
                    .map(|part| values[part].iter().copied().collect())
                    .collect();
                if self.behind {
                    return parts.concat();
                }
                (0..parts[0].len())
                    .flat_map(|i| parts.iter().map(move |part| part[i]))
                    .collect()
            }
        }
    }

    /// The operands by name, with their kinds.
    fn operands(&self, op: &AnyOp, values: &Values) -> Vec<(String, OperandKind)> {
        let present = |name: &str| values.contains_key(name) || self.parts.contains_key(name);
        let kind = |name: &String| (name.clone(), op.operands()[0].kind);
        let described = op.operands().iter().filter(|one| present(one.name));
        match self.many.as_slice() {
            [] => described.map(|one| (one.name.to_string(), one.kind)).collect(),
            many => many.iter().map(kind).collect(),
        }
    }

    fn outputs(&self, name: &str) -> Vec<String> {
        self.parts.get(name).cloned().unwrap_or_else(|| vec![name.to_string()])
    }
}

type Values = BTreeMap<String, ArrayD<f64>>;

/// Numbers without a pattern, away from 0 and from each other.
fn drawn(shape: &[usize], salt: usize, positive: bool) -> ArrayD<f64> {
    let mut at = salt as f64 * 7.0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        at += 1.0;
        let value = (at * 1.3).sin() * 1.4;
        if positive { value.abs() + 0.3 } else { value }
    })
}

fn assert_equal(what: &str, formula: &[f64], code: &[f64]) {
    assert_eq!(formula.len(), code.len(), "{what}");
    for (by_formula, by_code) in formula.iter().zip(code) {
        let near = (by_formula - by_code).abs() <= 1e-12 * (1.0 + by_code.abs()) || by_formula == by_code;
        assert!(near, "{what}: the formula gives {by_formula}, the code {by_code}");
    }
}

fn check(frame: &Frame) {
    let op = frame.op();
    let mut values = Values::new();
    if !frame.inputs.is_empty() {
        for (salt, (name, shape)) in frame.declared(&frame.inputs).into_iter().enumerate() {
            let fixed = frame
                .values
                .get(&name)
                .map(|list| ArrayD::from_shape_vec(IxDyn(&shape), list.clone()).unwrap());
            values.insert(name, fixed.unwrap_or_else(|| drawn(&shape, salt, frame.positive)));
        }
    }
    let tape = Tape::<f64>::new();
    let operand = |name: &str, kind| {
        let entries: Vec<f64> = frame.entries(name, &values);
        let shape = frame
            .shapes
            .get(name)
            .cloned()
            .unwrap_or_else(|| values[name].shape().to_vec());
        let array = ArrayD::from_shape_vec(IxDyn(&shape), entries).unwrap();
        if kind == OperandKind::Real {
            tape.input(name, array)
        } else {
            tape.data(name, array)
        }
    };
    let described = frame.operands(&op, &values);
    let operands: Vec<Var<'_>> = described.iter().map(|(name, kind)| operand(name, *kind)).collect();
    let y = match operands.as_slice() {
        [] => {
            let record: &dyn tapegrad_autograd::Record = &tape;
            let caller = std::panic::Location::caller();
            Var::new(record, record.push(&op, &[], caller).unwrap())
        }
        operands => Var::record(op.clone(), operands),
    };
    let result = frame.result.split('[').next().unwrap().to_string();
    let forward = frame.before.clone() + "\n" + &frame.translated(op.forward_formula());
    let by_formula = frame.run("", &frame.inputs, &forward, &frame.outputs(&result), &values);
    let by_code: Vec<f64> = tape.value(y).iter().copied().collect();
    assert_equal(&frame.op, &frame.entries(&result, &by_formula), &by_code);
    if op.backward_formula().is_empty() {
        return;
    }
    // Backward: what comes in is given, and the forward lines stand before.
    let upstream: Vec<(String, Vec<usize>)> = frame.declared(&frame.result.replace(" & ", ", "));
    let mut with_upstream = values.clone();
    for (salt, (name, shape)) in upstream.iter().enumerate() {
        with_upstream.insert(format!("g_{name}"), drawn(shape, 90 + salt, false));
    }
    let declared: Vec<String> = frame.result.split(" & ").map(|one| format!("g_{one}")).collect();
    let inputs = format!("{}, {}", frame.inputs, declared.join(", "));
    let backward = frame.translated(op.backward_formula());
    let lines = format!(
        "{forward}\n{}\n{backward}\n{}",
        frame.before_backward, frame.after_backward
    );
    let wanted: Vec<String> = described
        .iter()
        .filter(|(_, kind)| *kind == OperandKind::Real)
        .map(|(name, _)| format!("g_{name}"))
        .collect();
    let outputs: BTreeSet<String> = wanted.iter().flat_map(|name| frame.outputs(name)).collect();
    let outputs: Vec<String> = outputs.into_iter().collect();
    let by_formula = frame.run("_backward", &inputs, &lines, &outputs, &with_upstream);
    let g_y = ArrayD::from_shape_vec(
        IxDyn(&y.shape().to_vec()),
        frame.entries(&format!("g_{result}"), &with_upstream),
    )
    .unwrap();
    let gradients = tape.backward_from(y, g_y.view());
    let real = |(one, _): &(&(String, OperandKind), _)| one.1 == OperandKind::Real;
    for (described, operand) in described.iter().zip(&operands).filter(real) {
        let name = format!("g_{}", described.0);
        let by_code: Vec<f64> = gradients.of(*operand).iter().copied().collect();
        assert_equal(
            &format!("{}: {name}", frame.op),
            &frame.entries(&name, &by_formula),
            &by_code,
        );
    }
}

#[test]
fn every_stated_formula_is_what_the_code_computes() {
    let wanted = std::env::var("TAPEGRAD_FORMULA").unwrap_or_default();
    let frames = frames();
    let is_wanted = |op: &&Entry| wanted.is_empty() || op.name == wanted;
    for op in REGISTRY.iter().filter(is_wanted) {
        let own: Vec<&Frame> = frames.iter().filter(|frame| frame.op == op.name).collect();
        own.iter().for_each(|frame| check(frame));
        if own.is_empty() {
            check(&entry_by_entry(op));
        }
    }
}

/// The frame of an op of single entries, or along an axis: every letter is an array of one shape, with values of the
/// op's own domain; an axis is the second one, called `i`.
fn entry_by_entry(op: &Entry) -> Frame {
    let sides: Vec<&str> = op.shapes.split([';', '>']).take(2).collect();
    let is_plain = |side: &&str| side.split(',').all(|one| one.trim().trim_end_matches(" -") == "[..]");
    assert!(
        sides.iter().all(is_plain) && op.attributes.iter().all(|attribute| attribute.name == "axis"),
        "{} is not an op of single entries, so formulas.json must say what its letters are",
        op.name
    );
    let axes = if op.attributes.is_empty() {
        "[A, B]"
    } else {
        "[r:A, i:B]"
    };
    let letters = |names: &mut dyn Iterator<Item = &'static str>| {
        names
            .map(|name| format!("{name}{axes}"))
            .collect::<Vec<String>>()
            .join(", ")
    };
    let enough = |sample: &Sample<AnyOp>| sample.operands.iter().all(|x| x.len() >= 6);
    let mut draw = Draw::new(7, 4);
    let sample = std::iter::repeat_with(|| op.sample(&mut draw)).find(enough).unwrap();
    let values = op.operands.iter().zip(&sample.operands);
    Frame {
        op: op.name.to_string(),
        attributes: op
            .attributes
            .iter()
            .map(|attribute| (attribute.name.to_string(), Value::from(1)))
            .collect(),
        inputs: letters(&mut op.operands.iter().map(|operand| operand.name)),
        result: letters(&mut op.forward.last().into_iter().map(|(result, _)| *result)),
        values: values
            .map(|(operand, x)| (operand.name.to_string(), x.iter().copied().take(6).collect()))
            .collect(),
        ..Frame::default()
    }
}

#[test]
fn a_formula_that_is_wrong_is_found() {
    let mut frame = entry_by_entry(find("tanh").unwrap());
    frame.written.push(("1 - z^2".to_string(), "1 + z^2".to_string()));
    assert!(std::panic::catch_unwind(|| check(&frame)).is_err());
}
