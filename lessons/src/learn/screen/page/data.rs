//! The data with which the page's script judges answers: values by name, right answers, recognised mistakes.

use std::rc::Rc;

use ndarray::{ArrayD, arr0};
use serde_json::{Map, Value, json};
use tapegrad_autograd::graph::Source;
use tapegrad_autograd::language::run::arrays;
use tapegrad_autograd::language::view::Figure;

use crate::learn::lesson::format::{AnswerKind, Question};
use crate::learn::lesson::load::Lesson;
use crate::learn::lesson::visible::{COUNTS, Visible};
use crate::learn::run::numeral::{block, inline};
use crate::learn::run::trace::{Phase, Trace};
use crate::learn::screen::naming::equation;
use crate::learn::session::answer::{ParsedAnswer, RELATIVE};

/// A trace with more nodes than this gives the script no names to calculate with.
const NAMED_MAX: usize = 400;

/// A run with more steps than this is not written out step by step: the script makes the steps from the numbers.
const WRITTEN_MAX: usize = 600;

/// True if a run is too large to be written out.
pub fn is_large(trace: &Trace) -> bool {
    trace.steps.len() > WRITTEN_MAX
}

/// The data as one JSON document.
pub fn data(lesson: &Rc<Lesson>, figures: &[Figure]) -> String {
    let questions: Map<String, Value> = lesson
        .questions()
        .map(|(step, question)| (question.key.clone(), question_data(lesson, step, question)))
        .collect();
    let run = if is_large(&lesson.trace) {
        run(&lesson.trace)
    } else {
        Value::Null
    };
    let drawings: Vec<Value> = figures.iter().map(|figure| drawing(lesson, figure)).collect();
    let stops: Vec<usize> = lesson.stops.iter().map(|stop| stop.step).collect();
    json!({"steps": lesson.last_step(), "stops": stops, "questions": questions, "names": names(lesson),
           "sizes": lesson.trace.sizes, "run": run, "relative": RELATIVE, "drawings": drawings})
    .to_string()
}

/// What the script must know of a drawing: `boxes` are `{path, formula, shape, value, gradient}`, where the last two
/// are `[step from which on it is known, text]`; `arrows` are `[from, to]`; `now` has the box of each step.
fn drawing(lesson: &Lesson, figure: &Figure) -> Value {
    let trace = &lesson.trace;
    let boxes: Vec<Value> = figure
        .picture
        .boxes
        .iter()
        .map(|one| {
            let own = one.node.and_then(|node| trace.nodes.get(node).map(|known| (node, known)));
            let value = own.map(|(node, known)| known_from(trace.known_after(node), &known.value));
            let gradient = own.and_then(|(node, known)| {
                Some(known_from(Some(trace.gradient_after(node)?), known.gradient.as_ref()?))
            });
            json!({"path": one.path(), "formula": one.formula, "shape": one.shape, "value": value, "gradient": gradient})
        })
        .collect();
    let mut place = vec![None; trace.nodes.len()];
    for (number, one) in figure.picture.boxes.iter().enumerate() {
        one.members.iter().for_each(|&node| place[node] = Some(number));
    }
    let now: Vec<Option<usize>> = trace.steps.iter().map(|step| place[step.node]).collect();
    let arrows: Vec<Value> = figure
        .picture
        .arrows
        .iter()
        .map(|one| json!([one.from, one.to]))
        .collect();
    json!({"boxes": boxes, "arrows": arrows, "now": now})
}

fn known_from(after: Option<usize>, value: &ArrayD<f64>) -> Value {
    json!([after.map_or(0, |step| step + 1), block(value)])
}

/// A large run in few bytes: `nodes` are `[equation, label, op, value, gradient, operands, contributions]`, where `op` is
/// a position in `ops`, `steps` the nodes in the order of their turns, `forward` how many of these are forward.
fn run(trace: &Trace) -> Value {
    let mut ops: Vec<(&str, &str, &str)> = Vec::new();
    let mut nodes = Vec::new();
    for (node, own) in trace.nodes.iter().enumerate() {
        let op = match trace.source(node) {
            Source::Op(op) => {
                let known = (op.name(), op.forward_formula(), op.backward_formula());
                let place = ops.iter().position(|other| *other == known).unwrap_or(ops.len());
                if place == ops.len() {
                    ops.push(known);
                }
                json!(place)
            }
            _ => Value::Null,
        };
        let operands = trace.operands(node);
        let contribution = |(position, operand): (usize, &usize)| {
            let all = &trace.nodes[*operand].received;
            all.iter()
                .find(|one| one.from == node && one.position == position)
                .map(|one| inline(&one.value))
        };
        let contributions: Vec<Option<String>> = operands.iter().enumerate().map(contribution).collect();
        let gradient = own.gradient.as_ref().map(inline);
        nodes.push(json!([
            equation(trace, node),
            own.label,
            op,
            inline(&own.value),
            gradient,
            operands,
            contributions
        ]));
    }
    let forward = trace.steps.iter().filter(|step| step.phase == Phase::Forward).count();
    let steps: Vec<usize> = trace.steps.iter().map(|step| step.node).collect();
    json!({"ops": ops, "nodes": nodes, "steps": steps, "forward": forward})
}

/// `{"kind":..,"step":n,"right":answer,"options":[..],"wrong":[[answer,sentence],..]}`.
fn question_data(lesson: &Rc<Lesson>, step: usize, question: &Question) -> Value {
    let all = Visible::all(&lesson.trace);
    let value =
        |text: &str| ParsedAnswer::read(question, text, &all).map_or(Value::Null, |answer| answer_value(&answer));
    let wrong: Vec<Value> = question
        .wrong
        .iter()
        .map(|wrong| json!([value(&wrong.expr), wrong.say]))
        .collect();
    let kind = match question.kind {
        AnswerKind::Number => "number",
        AnswerKind::Choice => "choice",
        AnswerKind::Shape => "shape",
        AnswerKind::Order => "order",
    };
    json!({"kind": kind, "step": step, "right": value(&question.answer), "options": question.options, "wrong": wrong})
}

fn answer_value(answer: &ParsedAnswer) -> Value {
    match answer {
        ParsedAnswer::Numbers { value, .. } => arrays::write(value.view()),
        ParsedAnswer::Option(at) => json!(at),
        ParsedAnswer::Shape(sizes) => json!(sizes),
        ParsedAnswer::Order(names) => json!(names),
    }
}

/// Each name with the step from which on it is known, and its value.
fn names(lesson: &Lesson) -> Map<String, Value> {
    let trace = &lesson.trace;
    let mut names = Map::new();
    if trace.nodes.len() > NAMED_MAX {
        return names;
    }
    let mut add = |name: String, after: Option<usize>, value: &ArrayD<f64>| {
        names.insert(
            name,
            json!([after.map_or(0, |step| step + 1), arrays::write(value.view())]),
        );
    };
    let labels = trace
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, own)| own.is_named)
        .map(|(node, own)| (own.label.clone(), node));
    for (name, node) in trace
        .names
        .iter()
        .map(|(name, &node)| (name.clone(), node))
        .chain(labels)
    {
        let own = &trace.nodes[node];
        add(name.clone(), trace.known_after(node), &own.value);
        if let Some(gradient) = &own.gradient {
            add(format!("g_{name}"), trace.gradient_after(node), gradient);
        }
        for (prefix, of) in COUNTS {
            add(format!("{prefix}{name}"), None, &arr0(of(trace, node)).into_dyn());
        }
    }
    names
}
