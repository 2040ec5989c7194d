//! What a learner sees at a moment: the one function from state to screen that all renderers share.

use tapegrad_autograd::graph::Source;

use super::block::{Block, Cell, Mark, Prompt, Screen, When};
use super::panels;
use super::step::{backward, forward};
use crate::learn::lesson::format::{AnswerKind, Predict};
use crate::learn::lesson::prose::{fill, filled};
use crate::learn::lesson::visible::Visible;
use crate::learn::run::numeral::{block, shape};
use crate::learn::run::trace::{Phase, Trace};
use crate::learn::session::answer::letter;
use crate::learn::session::state::{Entry, Panel, State};
use crate::learn::session::status::Status;

use super::naming::{short, step_name};

/// The most nodes that the strip of the graph shows on each side of the step.
const STRIP: usize = 9;

/// What a learner sees.
pub fn view(state: &State) -> Screen {
    let mut blocks = vec![title(state)];
    match state.panel {
        Panel::Step => blocks.extend(step_blocks(state)),
        Panel::Ledger => blocks.push(panels::ledger(state)),
        Panel::Paths => blocks.extend(panels::paths_here(state)),
        Panel::Changes => blocks.push(panels::changes(state)),
        Panel::Properties => blocks.push(panels::properties(state)),
        Panel::Help => blocks.extend(panels::help(state)),
    }
    if let Some((tone, text)) = &state.said {
        blocks.push(Block::Feedback {
            tone: *tone,
            text: text.clone(),
        });
    }
    blocks.push(progress(state));
    blocks.push(Block::Keys { keys: keys(state) });
    Screen { blocks }
}

/// The blocks of a step by itself, as on a page that has no state.
pub fn step_blocks(state: &State) -> Vec<Block> {
    let mut blocks = prose(state);
    if let Some(step) = state.step.checked_sub(1).and_then(|at| state.trace.steps.get(at)) {
        let hidden = state.asked().is_some();
        match step.phase {
            Phase::Forward => blocks.extend(forward(&state.trace, step.node, hidden)),
            Phase::Backward => blocks.extend(backward(&state.trace, state.step - 1, *step, hidden)),
        }
    } else if state.step == 0 {
        blocks.push(given(&state.trace));
    } else {
        blocks.push(panels::ledger(state));
    }
    blocks.push(strip(&state.trace, state.step));
    blocks.extend(
        state
            .predicts()
            .iter()
            .map(|predict| Block::Prompt(prompt(state, predict))),
    );
    blocks
}

fn title(state: &State) -> Block {
    let about = &state.lesson.about;
    let number = about.id.split('-').next().and_then(|number| number.parse::<u32>().ok());
    let lesson = number.map_or(about.title.clone(), |number| {
        format!("Lesson {number}: {}", about.title)
    });
    let mut what = step_name(&state.trace, state.step);
    if !state.changes.is_empty() {
        what += &format!("   (changed: {})", state.changes.join("; "));
    }
    Block::Title {
        lesson,
        place: format!("step {} of {}", state.step, state.lesson.last_step()),
        what,
    }
}

fn prose(state: &State) -> Vec<Block> {
    let here = state.lesson.stops.iter().filter(|stop| stop.step == state.step);
    let keys = here.filter_map(|stop| stop.text.as_deref());
    let visible = state.visible();
    keys.filter_map(|key| state.lesson.section(key))
        .map(|section| {
            let paragraphs = section
                .paragraphs
                .iter()
                .filter_map(|one| filled(one, &visible).ok())
                .collect();
            Block::Prose {
                title: section.title.clone(),
                paragraphs,
            }
        })
        .collect()
}

fn given(trace: &Trace) -> Block {
    let rows = (0..trace.nodes.len())
        .filter(|&node| !trace.is_computed(node) && !matches!(trace.source(node), Source::Constant(_)))
        .map(|node| {
            let known = &trace.nodes[node];
            let cells = [
                known.label.clone(),
                known.phrase.clone(),
                shape(known.value.shape()),
                block(&known.value),
            ];
            cells.map(Cell::open).to_vec()
        })
        .collect();
    let header = ["name", "what it is", "shape", "value"].map(String::from).to_vec();
    Block::Table {
        caption: "What is given".into(),
        header,
        rows,
    }
}

/// Where in the graph a step is; of a large graph the part around it.
fn strip(trace: &Trace, step: usize) -> Block {
    let (phase, here) = match step.checked_sub(1).and_then(|at| trace.steps.get(at)) {
        Some(now) => (now.phase, Some(step - 1)),
        None if step == 0 => (Phase::Forward, None),
        None => (Phase::Backward, None),
    };
    let turns: Vec<usize> = (0..trace.steps.len())
        .filter(|&at| trace.steps[at].phase == phase)
        .collect();
    let middle = here
        .and_then(|here| turns.iter().position(|&at| at == here))
        .unwrap_or(0);
    let (begin, end) = (middle.saturating_sub(STRIP), (middle + STRIP + 1).min(turns.len()));
    let when = |at: usize| match here {
        Some(here) if at == here => When::Now,
        Some(here) if at < here => When::Done,
        None if step > 0 => When::Done,
        _ => When::Later,
    };
    let mut nodes: Vec<Mark> = Vec::new();
    if begin > 0 {
        nodes.push(Mark {
            label: format!("{begin} before"),
            when: When::Done,
        });
    }
    nodes.extend(turns[begin..end].iter().map(|&at| Mark {
        label: short(trace, trace.steps[at].node),
        when: when(at),
    }));
    if end < turns.len() {
        nodes.push(Mark {
            label: format!("{} more", turns.len() - end),
            when: when(turns[end]),
        });
    }
    Block::Graph { nodes }
}

/// A question as it stands.
pub fn prompt(state: &State, predict: &Predict) -> Prompt {
    let answered = state.answered.get(&predict.key).cloned().unwrap_or_default();
    let is_settled = answered.status != Status::Open;
    let all = Visible::all(&state.trace);
    let told = |text: &String| fill(text, &all).unwrap_or_else(|_| text.clone());
    let hints = predict
        .hints
        .iter()
        .take(answered.attempts.len().min(2))
        .map(told)
        .collect();
    let is_asked = state.entry == Entry::Answer && state.asked().is_some_and(|asked| asked.key == predict.key);
    Prompt {
        key: predict.key.clone(),
        ask: predict.ask.clone(),
        form: if is_settled {
            String::new()
        } else {
            form(predict).into()
        },
        options: options(predict),
        attempts: answered.attempts,
        hints,
        status: answered.status,
        worked: is_settled.then(|| state.worked(predict)),
        is_asked,
    }
}

/// The options of a question with their letters.
pub fn options(predict: &Predict) -> Vec<String> {
    let lettered = |(at, option): (usize, &String)| format!("{}) {option}", letter(at));
    predict.options.iter().enumerate().map(lettered).collect()
}

/// What an answer looks like.
pub fn form(predict: &Predict) -> &'static str {
    match predict.kind {
        AnswerKind::Number => "a number, a fraction, a list, or an expression over the names shown",
        AnswerKind::Choice => "a letter",
        AnswerKind::Shape => "a shape such as [2, 3]; [] is a single number",
        AnswerKind::Order => "names in order, with commas",
    }
}

fn progress(state: &State) -> Block {
    let all: Vec<Status> = state
        .lesson
        .predicts()
        .map(|(_, predict)| state.status(&predict.key))
        .collect();
    let count = |status: Status| all.iter().filter(|&&one| one == status).count();
    let mut text = format!("{} of {} questions answered", count(Status::Right), all.len());
    if count(Status::Shown) > 0 {
        text += &format!(", {} shown", count(Status::Shown));
    }
    if count(Status::Skipped) > 0 {
        text += &format!(", {} skipped", count(Status::Skipped));
    }
    Block::Progress { text }
}

fn keys(state: &State) -> Vec<(String, String)> {
    let keys: &[(&str, &str)] = match (state.entry, state.panel) {
        (Entry::Answer, _) => &[("Enter", "answer"), ("Tab", "skip"), ("Esc", "leave the question")],
        (Entry::Change, _) => &[("Enter", "run again"), ("Esc", "cancel")],
        (Entry::Place, _) => &[("Enter", "go there"), ("Esc", "cancel")],
        (Entry::Closed, Panel::Step) => &[
            ("Right", "next"),
            ("Left", "back"),
            ("Space", "next stop"),
            ("t", "table"),
            ("w", "why"),
            ("e", "edit"),
            ("x", "explore"),
            ("g", "go to"),
            ("?", "help"),
            ("q", "quit"),
        ],
        (Entry::Closed, Panel::Changes) => &[
            ("Esc", "back"),
            ("e", "edit more"),
            ("u", "undo the changes"),
            ("q", "quit"),
        ],
        (Entry::Closed, _) => &[("Esc", "back"), ("q", "quit")],
    };
    let mut keys: Vec<(String, String)> = keys
        .iter()
        .map(|(key, what)| (key.to_string(), what.to_string()))
        .collect();
    if state.entry == Entry::Closed && state.panel == Panel::Step && state.asked().is_some() {
        keys.insert(0, ("Enter".into(), "answer".into()));
    }
    keys
}
