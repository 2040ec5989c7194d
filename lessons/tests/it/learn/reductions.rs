//! Reductions as a learner reads them: each one over each axis, read back by the language.

use tapegrad_autograd::graph::Source;
use tapegrad_autograd::ops::REGISTRY;
use tapegrad_lessons::learn::{FiniteDifferences, Lesson, LessonFolder};

use super::lessons;

/// A lesson whose value `y` is this formula of the array `x[A, B, C]`.
fn with(formula: &str) -> Option<Lesson> {
    let entries = "[[[0.5, 1.0], [1.5, 2.0]], [[0.25, 0.75], [1.25, 1.75]]]";
    let folder = LessonFolder {
        lesson: format!("[lesson]\nid = \"x\"\ntitle = \"x\"\ngoal = \"x\"\n[bind]\nvalues = {{ x = {entries} }}\n"),
        model: format!(
            "graph g {{\n    dim A, B, C\n    input x[A, B, C]\n    y = {formula}\n    J = engine.sum(y)\n    minimize J\n}}\n"
        ),
        text: String::new(),
        solution: String::new(),
    };
    Lesson::open(&folder, FiniteDifferences::Skipped).ok()
}

fn phrase(lesson: &Lesson) -> String {
    lesson.trace.nodes[lesson.trace.find("y").unwrap()].phrase.clone()
}

/// The op of `y` and the values of `y`.
fn meaning(lesson: &Lesson) -> (String, ndarray::ArrayD<f64>) {
    let node = lesson.trace.find("y").unwrap();
    match lesson.trace.source(node) {
        Source::Op(op) => (format!("{op:?}"), lesson.trace.nodes[node].value.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_reduction_over_every_axis_is_read_back_as_itself() {
    let (mut ops, mut read) = (0, 0);
    for entry in REGISTRY {
        let [attribute] = entry.attributes else { continue };
        if !["over", "axis"].contains(&attribute.name) || entry.name == "stack" {
            continue;
        }
        let before = read;
        for axes in ["A", "B", "C", "A, B", "A, C", "B, C", "A, B, C"] {
            for operand in ["x", "x * x"] {
                let Some(lesson) = with(&format!("{}({operand}, over {axes})", entry.name)) else {
                    continue;
                };
                let text = phrase(&lesson);
                assert_eq!(text, format!("{}({operand}, over {axes})", entry.name));
                let again = with(&text).unwrap_or_else(|| panic!("{text} cannot be read"));
                assert_eq!(meaning(&again), meaning(&lesson), "{text}");
                read += 1;
            }
        }
        ops += usize::from(read > before);
    }
    assert!(ops >= 10 && read >= 100, "{ops} ops, {read} phrases");
}

#[test]
fn no_lesson_shows_a_reduction_of_a_matrix_without_its_axes() {
    let mut seen = 0;
    for lesson in lessons() {
        for node in &lesson.trace.nodes {
            let reduces = ["sum(", "mean(", "max(", "softmax(", "log_softmax("];
            let Some(op) = reduces.iter().find(|op| node.phrase.starts_with(**op)) else {
                continue;
            };
            let operand = lesson.trace.operands(lesson.trace.find(&node.label).unwrap())[0];
            if lesson.trace.nodes[operand].value.ndim() > 1 {
                assert!(node.phrase.contains(", over "), "{}: {}", lesson.about.id, node.phrase);
                seen += 1;
            }
            assert!(!op.is_empty());
        }
    }
    assert!(seen >= 4, "{seen}");
}
