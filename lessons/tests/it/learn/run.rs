//! The run behind a lesson: doctor, gradients and their paths, changed values.

use ndarray::ArrayD;
use tapegrad_lessons::learn::doctor::examine;
use tapegrad_lessons::learn::run::paths;
use tapegrad_lessons::learn::{Action, LessonFolder, LessonState, bundled};

use super::{lesson, lessons};

#[test]
fn the_doctor_finds_every_lesson_healthy() {
    for (id, folder) in bundled::lessons() {
        let findings = examine(id, &folder);
        assert!(findings.wrong.is_empty(), "{id}: {:#?}", findings.wrong);
        assert!(findings.checks > 100, "{id}: only {} checks", findings.checks);
    }
}

fn ledger_with(change: impl FnOnce(&mut LessonFolder)) -> Vec<String> {
    let (id, mut folder) = bundled::find("ledger").unwrap();
    change(&mut folder);
    examine(id, &folder).wrong
}

#[test]
fn the_doctor_finds_each_kind_of_damage() {
    let replace = |text: &mut String, old: &str, new: &str| {
        assert!(text.contains(old), "{old}");
        *text = text.replacen(old, new, 1);
    };
    let cases: [(&str, Vec<String>); 7] = [
        (
            "no `end`",
            ledger_with(|f| replace(&mut f.lesson, "at = \"backward z\"", "at = \"backward q\"")),
        ),
        (
            "mistake",
            ledger_with(|f| replace(&mut f.lesson, "expr = \"g_b\"", "expr = \"g_beta[1]\"")),
        ),
        (
            "answer",
            ledger_with(|f| replace(&mut f.lesson, "answer = \"g_y\"", "answer = \"g_yy\"")),
        ),
        (
            "hint",
            ledger_with(|f| replace(&mut f.lesson, "`g_b = g_y * y * (1 - y)`", "`g_b = g_y * y`")),
        ),
        (
            "not known yet",
            ledger_with(|f| replace(&mut f.text, "b = {{b}}", "b = {{y}}")),
        ),
        (
            "solution",
            ledger_with(|f| replace(&mut f.solution, "y = \"0.53\"", "y = \"0.6\"")),
        ),
        (
            "property",
            ledger_with(|f| replace(&mut f.lesson, "zero = \"g_b - (t - y)\"", "zero = \"g_b - t\"")),
        ),
    ];
    for (what, wrong) in cases {
        assert!(!wrong.is_empty(), "{what} was not noticed");
    }
}

#[test]
fn the_contributions_of_all_paths_add_up_to_every_gradient() {
    for lesson in lessons() {
        let trace = &lesson.trace;
        let mut looked_at = 0;
        for (node, own) in trace.nodes.iter().enumerate() {
            let (Some(gradient), Ok(found)) = (&own.gradient, paths(trace, node)) else {
                continue;
            };
            let sum = found
                .iter()
                .fold(ArrayD::zeros(gradient.shape()), |sum, path| sum + &path.contribution);
            let apart = (&sum - gradient)
                .iter()
                .fold(0.0_f64, |apart, &entry: &f64| apart.max(entry.abs()));
            assert!(
                apart <= 1e-12,
                "{}: g_{} is {gradient}, its paths add up to {sum}",
                lesson.about.id,
                own.label
            );
            looked_at += 1;
        }
        assert!(looked_at >= 4, "{}", lesson.about.id);
    }
}

#[test]
fn the_attention_head_shows_each_op_backward_and_three_ways_to_its_input() {
    let lesson = lesson("attention");
    let x = lesson.trace.find("X").unwrap();
    let found = paths(&lesson.trace, x).unwrap();
    assert_eq!(found.len(), 3, "queries, keys and values");
    let backward = lesson
        .trace
        .steps
        .iter()
        .filter(|step| step.phase.name() == "backward")
        .count();
    assert_eq!(backward, 9, "the turned keys belong to the scores");
}

#[test]
fn a_changed_value_makes_a_new_run_and_keeps_the_first() {
    let mut state = LessonState::new(lesson("ledger"));
    state.change("x[1] = 3");
    let node = state.trace.find("J").unwrap();
    assert_ne!(state.trace.nodes[node].value, state.lesson.trace.nodes[node].value);
    assert_eq!(state.changes, ["x[1] = 3"]);
    state.change("x[1] = 1");
    assert_eq!(
        state.trace.nodes[node].value, state.lesson.trace.nodes[node].value,
        "and back again"
    );
    for (wrong, why) in [
        ("z = 1", "computed"),
        ("x[9] = 1", "no such entry"),
        ("x 3", "no `=`"),
        ("x = 3", "shape"),
    ] {
        state.change(wrong);
        let said = state.said.clone().unwrap().1;
        assert!(said.contains(why), "{wrong}: {said}");
    }
    state.act(Action::Restore);
    assert!(state.changes.is_empty());
}
