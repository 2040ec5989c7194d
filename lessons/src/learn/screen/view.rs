//! From a state to a screen: the one function that all renderers share.

use tapegrad_autograd::graph::Source;

use super::block::{NodeMark, Prompt, Screen, ScreenBlock, ScreenCell, When};
use super::panels;
use super::step::{backward, forward, read};
use crate::learn::lesson::format::{AnswerKind, Question};
use crate::learn::lesson::needs::needs;
use crate::learn::lesson::prose::{fill, filled};
use crate::learn::lesson::visible::Visible;
use crate::learn::run::numeral::{block, inline, shape};
use crate::learn::run::trace::{Phase, Trace};
use crate::learn::session::answer::{ParsedAnswer, letter};
use crate::learn::session::state::{LessonState, ScreenPanel, TextEntry};
use crate::learn::session::status::Status;

use super::naming::{gradient_name, name, short, step_name};

/// The most nodes that the strip of the graph shows on each side of the step.
const STRIP: usize = 9;

/// What a learner sees.
pub fn view(state: &LessonState) -> Screen {
    let mut blocks = vec![title(state)];
    match state.panel {
        ScreenPanel::Step => blocks.extend(step_blocks(state)),
        ScreenPanel::Ledger => blocks.push(panels::ledger(state)),
        ScreenPanel::Paths => blocks.extend(panels::paths_here(state)),
        ScreenPanel::Changes => blocks.push(panels::changes(state)),
        ScreenPanel::Properties => blocks.push(panels::properties(state)),
        ScreenPanel::Help => blocks.extend(panels::help(state)),
    }
    if let Some((tone, text)) = &state.said {
        blocks.push(ScreenBlock::Feedback {
            tone: *tone,
            text: text.clone(),
        });
    }
    blocks.push(progress(state));
    blocks.push(ScreenBlock::Keys { keys: keys(state) });
    Screen { blocks }
}

/// The blocks of a step by itself, as on a page that has no state.
pub fn step_blocks(state: &LessonState) -> Vec<ScreenBlock> {
    let mut blocks = prose(state);
    if let Some(step) = state.step.checked_sub(1).and_then(|at| state.trace.steps.get(at)) {
        let hidden = state.open_question().is_some();
        match step.phase {
            Phase::Forward => blocks.extend(forward(&state.trace, step.node, hidden)),
            Phase::Backward => blocks.extend(backward(&state.trace, state.step - 1, *step, hidden)),
        }
    } else if state.step == 0 {
        blocks.push(given(&state.trace));
    } else {
        blocks.push(panels::ledger(state));
    }
    hide_answer(state, &mut blocks);
    blocks.push(strip(&state.trace, state.step));
    blocks.extend(
        state
            .questions()
            .iter()
            .map(|question| ScreenBlock::Prompt(prompt(state, question))),
    );
    blocks
}

/// Hides what an open question asks for, wherever a table has it.
///
/// A number of one or two digits says nothing: it is on every screen.
fn hide_answer(state: &LessonState, blocks: &mut [ScreenBlock]) {
    let Some(question) = state.open_question() else { return };
    let Ok(answer) = ParsedAnswer::read(&question, &question.answer, &Visible::all(&state.trace)) else {
        return;
    };
    let wanted: Vec<String> = match answer {
        ParsedAnswer::Shape(sizes) => {
            let sizes: Vec<usize> = sizes.iter().filter_map(|&size| usize::try_from(size).ok()).collect();
            vec![shape(&sizes)]
        }
        ParsedAnswer::Numbers { value, .. } => vec![block(&value), inline(&value)],
        _ => return,
    };
    let says_something =
        |text: &str| question.kind == AnswerKind::Shape || text.chars().filter(char::is_ascii_digit).count() > 2;
    let hide = |cell: &mut ScreenCell| cell.is_hidden |= says_something(&cell.text) && wanted.contains(&cell.text);
    for block in blocks {
        match block {
            ScreenBlock::Table { rows, .. } => rows.iter_mut().flatten().for_each(hide),
            ScreenBlock::Equation { lines } => lines.iter_mut().for_each(|(_, cell)| hide(cell)),
            _ => {}
        }
    }
}

/// The values that a question needs: by its author, by its formulas, or else what its step reads.
pub(super) fn given_to(state: &LessonState, question: &Question) -> Vec<(String, String)> {
    let found = needs(question, &state.visible());
    let now = state.step.checked_sub(1).and_then(|at| state.trace.steps.get(at));
    match now {
        Some(step) if found.is_empty() && question.kind == AnswerKind::Number => {
            let trace = &state.trace;
            let own = &trace.nodes[step.node];
            let value = |&node: &usize| (name(trace, node), inline(&trace.nodes[node].value));
            let incoming = own.gradient.as_ref().filter(|_| step.phase == Phase::Backward);
            let incoming = incoming.map(|gradient| (gradient_name(trace, step.node), inline(gradient)));
            incoming
                .into_iter()
                .chain(read(trace, step.node).iter().map(value))
                .collect()
        }
        _ => found,
    }
}

fn title(state: &LessonState) -> ScreenBlock {
    let about = &state.lesson.about;
    let number = about.id.split('-').next().and_then(|number| number.parse::<u32>().ok());
    let lesson = number.map_or(about.title.clone(), |number| {
        format!("Lesson {number}: {}", about.title)
    });
    let mut what = step_name(&state.trace, state.step);
    if !state.changes.is_empty() {
        what += &format!("   (changed: {})", state.changes.join("; "));
    }
    ScreenBlock::Title {
        lesson,
        place: format!("step {} of {}", state.step, state.lesson.last_step()),
        what,
    }
}

fn prose(state: &LessonState) -> Vec<ScreenBlock> {
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
            ScreenBlock::Prose {
                title: section.title.clone(),
                paragraphs,
            }
        })
        .collect()
}

fn given(trace: &Trace) -> ScreenBlock {
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
            cells.map(ScreenCell::open).to_vec()
        })
        .collect();
    let header = ["name", "what it is", "shape", "value"].map(String::from).to_vec();
    ScreenBlock::Table {
        caption: "What is given".into(),
        header,
        rows,
    }
}

/// Where in the graph a step is; of a large graph the part around it.
fn strip(trace: &Trace, step: usize) -> ScreenBlock {
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
    let mut nodes: Vec<NodeMark> = Vec::new();
    if begin > 0 {
        nodes.push(NodeMark {
            label: format!("{begin} before"),
            when: When::Done,
        });
    }
    nodes.extend(turns[begin..end].iter().map(|&at| NodeMark {
        label: short(trace, trace.steps[at].node),
        when: when(at),
    }));
    if end < turns.len() {
        nodes.push(NodeMark {
            label: format!("{} more", turns.len() - end),
            when: when(turns[end]),
        });
    }
    ScreenBlock::Graph { nodes }
}

/// A question as it stands.
pub fn prompt(state: &LessonState, question: &Question) -> Prompt {
    let answered = state.answered.get(&question.key).cloned().unwrap_or_default();
    let is_settled = answered.status != Status::Open;
    let all = Visible::all(&state.trace);
    let told = |text: &String| fill(text, &all).unwrap_or_else(|_| text.clone());
    let hints = question
        .hints
        .iter()
        .take(answered.attempts.len().min(2))
        .map(told)
        .collect();
    let is_next = state
        .open_question()
        .is_some_and(|open_question| open_question.key == question.key);
    let is_asked = is_next && state.entry == TextEntry::Answer;
    Prompt {
        key: question.key.clone(),
        ask: question.ask.clone(),
        form: if is_settled {
            String::new()
        } else {
            form(question).into()
        },
        options: options(question),
        given: if is_next { given_to(state, question) } else { Vec::new() },
        attempts: answered.attempts,
        hints,
        status: answered.status,
        worked: is_settled.then(|| state.worked(question)),
        is_asked,
    }
}

/// The options of a question with their letters.
pub fn options(question: &Question) -> Vec<String> {
    let lettered = |(at, option): (usize, &String)| format!("{}) {option}", letter(at));
    question.options.iter().enumerate().map(lettered).collect()
}

/// What an answer looks like.
pub fn form(question: &Question) -> &'static str {
    match question.kind {
        AnswerKind::Number => "a number, a fraction, a list, or a formula of the names shown",
        AnswerKind::Choice => "a letter",
        AnswerKind::Shape => "a shape such as [2, 3]; [] is a single number",
        AnswerKind::Order => "names in order, with commas",
    }
}

fn progress(state: &LessonState) -> ScreenBlock {
    let all: Vec<Status> = state
        .lesson
        .questions()
        .map(|(_, question)| state.status(&question.key))
        .collect();
    let count = |status: Status| all.iter().filter(|&&one| one == status).count();
    let mut text = format!("{} of {} questions answered", count(Status::Right), all.len());
    if count(Status::Shown) > 0 {
        text += &format!(", {} shown", count(Status::Shown));
    }
    if count(Status::Skipped) > 0 {
        text += &format!(", {} skipped", count(Status::Skipped));
    }
    ScreenBlock::Progress { text }
}

fn keys(state: &LessonState) -> Vec<(String, String)> {
    let keys: &[(&str, &str)] = match (state.entry, state.panel) {
        (TextEntry::Answer, _) => &[("Enter", "answer"), ("Tab", "skip"), ("Esc", "leave the question")],
        (TextEntry::Change, _) => &[("Enter", "run again"), ("Esc", "cancel")],
        (TextEntry::Step, _) => &[("Enter", "go there"), ("Esc", "cancel")],
        (TextEntry::Closed, ScreenPanel::Step) => &[
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
        (TextEntry::Closed, ScreenPanel::Changes) => &[
            ("Esc", "back"),
            ("e", "edit more"),
            ("u", "undo the changes"),
            ("q", "quit"),
        ],
        (TextEntry::Closed, _) => &[("Esc", "back"), ("q", "quit")],
    };
    let mut keys: Vec<(String, String)> = keys
        .iter()
        .map(|(key, what)| (key.to_string(), what.to_string()))
        .collect();
    if state.entry == TextEntry::Closed && state.panel == ScreenPanel::Step && state.open_question().is_some() {
        keys.insert(0, ("Enter".into(), "answer".into()));
    } else if let Some((number, title)) = state.lesson_after() {
        keys.insert(0, ("Enter".into(), format!("lesson {number}: {title}")));
    }
    if state.entry == TextEntry::Closed && state.panel == ScreenPanel::Step && state.can_retry() {
        keys.insert(0, ("r".into(), "try again".into()));
    }
    keys
}
