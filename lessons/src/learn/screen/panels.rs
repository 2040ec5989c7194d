//! The panels: the table of all values, the paths, the differences after a change, the properties, help.

use tapegrad_autograd::graph::Source;

use super::block::{ScreenBlock, ScreenCell};
use super::checks::path_table;
use super::naming::name;
use crate::learn::lesson::property;
use crate::learn::lesson::prose::Paragraph;
use crate::learn::run::numeral::block;
use crate::learn::session::state::LessonState;

/// The most rows of the whole table; of a larger graph only values with names are listed.
const ROWS_MAX: usize = 60;

/// All values and gradients that are known, from the objective down to what is given.
pub fn ledger(state: &LessonState) -> ScreenBlock {
    let (trace, visible) = (&state.trace, state.visible());
    let shown = |node: &usize| {
        let own = &trace.nodes[*node];
        let is_step = !matches!(trace.source(*node), Source::Constant(_)) && !own.is_folded;
        is_step && (trace.nodes.len() <= ROWS_MAX || own.is_named)
    };
    let row = |node: usize| {
        let own = &trace.nodes[node];
        let value = ScreenCell::secret(block(&own.value), !visible.knows_value(node));
        let gradient = match &own.gradient {
            Some(gradient) => ScreenCell::secret(block(gradient), !visible.knows_gradient(node)),
            None => ScreenCell::open("none"),
        };
        vec![
            ScreenCell::open(if own.is_named { own.label.as_str() } else { "" }),
            ScreenCell::open(own.phrase.clone()),
            value,
            gradient,
        ]
    };
    let rows = (0..trace.nodes.len()).rev().filter(shown).map(row).collect();
    let header = ["name", "how", "forward", "backward"].map(String::from).to_vec();
    let caption = "Every value and its gradient; ? is not known yet at this step".to_string();
    ScreenBlock::Table { caption, header, rows }
}

/// The paths of every gradient that the step has to do with.
pub fn paths_here(state: &LessonState) -> Vec<ScreenBlock> {
    let Some(step) = state.step.checked_sub(1).and_then(|at| state.trace.steps.get(at)) else {
        let text = "At a step of the backward pass this shows, path by path, why a gradient has its value.";
        return vec![ScreenBlock::Prose {
            title: "Why".into(),
            paragraphs: vec![Paragraph::Text(crate::learn::lesson::prose::spans(text))],
        }];
    };
    let visible = state.visible();
    let nodes = [step.node].into_iter().chain(state.trace.read_in_step(step.node));
    let mut nodes: Vec<usize> = nodes
        .filter(|&node| state.trace.nodes[node].gradient.is_some())
        .collect();
    nodes.dedup();
    nodes
        .iter()
        .map(|&node| path_table(&state.trace, node, !visible.knows_gradient(node)))
        .collect()
}

/// What differs between the lesson's run and the one that is shown.
pub fn changes(state: &LessonState) -> ScreenBlock {
    let (first, now) = (&state.lesson.trace, &state.trace);
    let row = |node: usize| {
        let (old, new) = (&first.nodes[node], &now.nodes[node]);
        let differs = old.value != new.value || old.gradient != new.gradient;
        let gradient = |g: &Option<ndarray::ArrayD<f64>>| g.as_ref().map_or_else(|| "none".into(), block);
        let same = |a: String, b: String| if a == b { "the same".into() } else { b };
        differs.then(|| {
            let cells = [
                name(now, node),
                block(&old.value),
                same(block(&old.value), block(&new.value)),
                gradient(&old.gradient),
                same(gradient(&old.gradient), gradient(&new.gradient)),
            ];
            cells.map(ScreenCell::open).to_vec()
        })
    };
    let is_step = |node: &usize| !now.nodes[*node].is_folded;
    let mut rows: Vec<Vec<ScreenCell>> = (0..now.nodes.len()).rev().filter(is_step).filter_map(row).collect();
    if rows.is_empty() {
        rows.push(vec![
            ScreenCell::open("nothing"),
            ScreenCell::open(""),
            ScreenCell::open(""),
            ScreenCell::open(""),
            ScreenCell::open(""),
        ]);
    }
    let header = ["name", "value before", "value now", "gradient before", "gradient now"]
        .map(String::from)
        .to_vec();
    ScreenBlock::Table {
        caption: format!("What changed: {}", state.changes.join("; ")),
        header,
        rows,
    }
}

/// The lesson's properties, each tried on random numbers.
pub fn properties(state: &LessonState) -> ScreenBlock {
    let row = |property: &crate::learn::lesson::format::Property| {
        let tried = property::try_out(&state.lesson, property, property::TRIES);
        let outcome = match tried {
            Ok(tried) => tried.text(),
            Err(why) => format!("cannot be tried: {why}"),
        };
        vec![ScreenCell::open(property.claim.clone()), ScreenCell::open(outcome)]
    };
    let rows = state.lesson.properties.iter().map(row).collect();
    let header = ["claim", "on random numbers"].map(String::from).to_vec();
    ScreenBlock::Table {
        caption: "What holds whatever the numbers are".into(),
        header,
        rows,
    }
}

/// The goal, the graph's text, and what can be done.
pub fn help(state: &LessonState) -> Vec<ScreenBlock> {
    let text = |text: &str| Paragraph::Text(crate::learn::lesson::prose::spans(text));
    let rows = [
        ("Right, n", "one step on; Enter too, when no question is open"),
        (
            "Left, p",
            "one step back: nothing is computed again, the run is recorded",
        ),
        (
            "Space, Left bracket",
            "on to the next stop of the lesson, back to the one before",
        ),
        ("Home, End", "to the beginning, to the end"),
        ("Up, Down", "scroll"),
        (
            "Enter",
            "answer the question; a number, a fraction, a list, or an expression such as g_b * z[1]",
        ),
        ("Tab", "skip the question: its answer is shown and counts as skipped"),
        ("r", "try the questions of this step again"),
        ("t", "every value and every gradient so far"),
        ("w", "why a gradient has its value: the contribution of each path"),
        ("e", "change a given value, as in x[1] = 3, and compare; u undoes it"),
        ("x", "try the lesson's properties on random numbers"),
        ("g", "go to a step by its number, or as in backward z"),
        ("q", "quit; what you answered is kept"),
    ];
    let rows = rows
        .map(|(key, what)| vec![ScreenCell::open(key), ScreenCell::open(what)])
        .to_vec();
    vec![
        ScreenBlock::Prose {
            title: "This lesson".into(),
            paragraphs: vec![
                text(&state.lesson.about.goal),
                Paragraph::Code(state.lesson.source.trim_end().into()),
            ],
        },
        ScreenBlock::Table {
            caption: "Keys".into(),
            header: vec!["key".into(), "does".into()],
            rows,
        },
    ]
}
