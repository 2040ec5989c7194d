//! The doctor examines a lesson for mistakes that would otherwise go unnoticed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tapegrad_autograd::check::finite_difference::Slope;

use crate::learn::lesson::format::{AnswerKind, LessonStop, Question};
use crate::learn::lesson::load::{Lesson, LessonFolder};
use crate::learn::lesson::property;
use crate::learn::lesson::prose::{TextSpan, fill, filled, spans};
use crate::learn::lesson::visible::Visible;
use crate::learn::run::difference::{Agreement, agreement};
use crate::learn::run::record::FiniteDifferences;
use crate::learn::run::trace::NodeRecord;
use crate::learn::session::answer::{Judgement, ParsedAnswer, judge};
use crate::learn::session::report::report;
use crate::learn::session::state::LessonState;

/// The result of examining a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many checks were made.
    pub checks: usize,
    /// What is wrong, each with its place.
    pub wrong: Vec<String>,
}

impl Findings {
    fn check(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.wrong.push(wrong());
        }
    }

    fn result<T, E: ToString>(&mut self, result: Result<T, E>, place: &str) -> Option<T> {
        self.checks += 1;
        result
            .map_err(|why| self.wrong.push(format!("{place}: {}", why.to_string())))
            .ok()
    }
}

/// Examines a lesson.
pub fn examine(id: &str, folder: &LessonFolder) -> Findings {
    let mut findings = Findings::default();
    let Some(lesson) = findings.result(Lesson::open(folder, FiniteDifferences::Taken), id) else {
        return findings;
    };
    let lesson = Rc::new(lesson);
    let own = &lesson.about.id;
    findings.check(*own == id, || {
        format!("lesson.toml: the id {own} is not the name of its folder {id}")
    });
    texts(&lesson, &mut findings);
    questions(&lesson, &mut findings);
    gradients(&lesson, &mut findings);
    properties(&lesson, &mut findings);
    answers(&lesson, &mut findings);
    findings
}

/// Each stop has its section, each section its stop, and every expression a value that is known at its step.
fn texts(lesson: &Rc<Lesson>, findings: &mut Findings) {
    let used: BTreeSet<&str> = lesson.stops.iter().filter_map(|stop| stop.text.as_deref()).collect();
    for section in &lesson.sections {
        let key = &section.key;
        findings.check(used.contains(key.as_str()), || {
            format!("text.md: no stop shows the section {key}")
        });
    }
    for stop in &lesson.stops {
        let Some(key) = stop.text.as_deref() else { continue };
        let place = format!("stop at `{}`", stop.at);
        let Some(section) = findings.result(lesson.section(key).ok_or(format!("there is no section {key}")), &place)
        else {
            continue;
        };
        let visible = Visible::after(&lesson.trace, known_before(stop));
        for paragraph in &section.paragraphs {
            findings.result(filled(paragraph, &visible), &format!("text.md section {key}"));
        }
    }
}

/// The steps that are over when a stop's text is first read.
fn known_before(stop: &LessonStop) -> usize {
    if stop.questions.is_empty() {
        stop.step
    } else {
        stop.step.saturating_sub(1)
    }
}

fn questions(lesson: &Rc<Lesson>, findings: &mut Findings) {
    let mut keys = BTreeSet::new();
    for stop in &lesson.stops {
        let before = Visible::after(&lesson.trace, known_before(stop));
        for question in &stop.questions {
            let key = &question.key;
            findings.check(keys.insert(key.clone()), || format!("the key {key} is given twice"));
            examine_question(lesson, question, &before, findings);
        }
    }
}

fn examine_question(lesson: &Rc<Lesson>, question: &Question, before: &Visible<'_>, findings: &mut Findings) {
    let all = Visible::all(&lesson.trace);
    let place = format!("question {}", question.key);
    if findings
        .result(
            ParsedAnswer::read(question, &question.answer, &all),
            &format!("{place}, answer"),
        )
        .is_none()
    {
        return;
    }
    let right = judge(question, &question.answer, &all, &all);
    findings.check(right == Judgement::Right, || {
        format!("{place}: its own answer {}", judgement(&right))
    });
    findings.check(question.wrong.len() >= 2, || {
        format!("{place}: fewer than two recognised mistakes")
    });
    findings.check(question.hints.len() == 2, || {
        format!("{place}: there must be two hints")
    });
    let has_options = question.kind == AnswerKind::Choice;
    findings.check(has_options != question.options.is_empty(), || {
        format!("{place}: only a choice has options")
    });
    for hint in &question.hints {
        findings.result(fill(hint, before), &format!("{place}, hint"));
    }
    for formula in question.hints.iter().flat_map(|hint| formulas(lesson, hint)) {
        let judged = judge(question, &formula, before, &all);
        findings.check(judged == Judgement::Right, || {
            format!("{place}: `{formula}`, typed from its hints, {}", judgement(&judged))
        });
    }
    findings.result(fill(&question.why, &all), &format!("{place}, why"));
    for wrong in &question.wrong {
        let place = format!("{place}, mistake `{}`", wrong.expr);
        if findings
            .result(ParsedAnswer::read(question, &wrong.expr, &all), &place)
            .is_none()
        {
            continue;
        }
        let judged = judge(question, &wrong.expr, &all, &all);
        let said = Judgement::Wrong(Some(wrong.say.clone()));
        findings.check(judged == said, || {
            format!("{place}: as an answer it {}", judgement(&judged))
        });
    }
}

/// What became of an answer, as the end of a sentence.
fn judgement(judged: &Judgement) -> String {
    match judged {
        Judgement::Right => "is right".to_string(),
        Judgement::Wrong(None) => "is wrong, and no recognised mistake".to_string(),
        Judgement::Wrong(Some(say)) => format!("is wrong: {say}"),
        Judgement::Unreadable(why) => format!("cannot be read: {why}"),
    }
}

/// What the finite difference beside a gradient says, as a sentence.
fn slope(slope: Option<&Slope>) -> String {
    match slope {
        Some(Slope::Smooth { value, bound }) => {
            format!("the finite difference is {value}, with an error of at most {bound:.1e}")
        }
        Some(Slope::Kink { low, high }) => format!("the objective has a kink: the slopes are {low} and {high}"),
        Some(Slope::NoValue) => "the objective has no value beside this entry".to_string(),
        None => "no finite difference was taken".to_string(),
    }
}

/// The formulas between backquotes that a learner might type: all but single names, and the equations of the graph.
fn formulas(lesson: &Lesson, hint: &str) -> Vec<String> {
    let of_graph = |text: &str| {
        let is_own = |node: &NodeRecord| node.phrase == text || format!("{} = {}", node.label, node.phrase) == text;
        lesson.trace.nodes.iter().any(is_own) || lesson.source.lines().any(|line| line.trim().starts_with(text))
    };
    let is_name = |text: &str| {
        text.starts_with(char::is_alphabetic)
            && text
                .chars()
                .all(|sign| sign.is_alphanumeric() || "_[], .".contains(sign))
    };
    let spans = spans(hint).into_iter().filter(|span| matches!(span, TextSpan::Code(_)));
    let texts = spans.map(|span| span.text().to_string());
    texts.filter(|text| !is_name(text) && !of_graph(text)).collect()
}

fn gradients(lesson: &Rc<Lesson>, findings: &mut Findings) {
    for node in &lesson.trace.nodes {
        let Some(gradient) = &node.gradient else { continue };
        for (entry, &g) in gradient.iter().enumerate() {
            let found = agreement(g, node.differences.get(entry));
            findings.check(found == Agreement::Agrees, || {
                let slope = slope(node.differences.get(entry));
                format!("g_{} entry {}: the gradient is {g}, and {slope}", node.label, entry + 1)
            });
        }
    }
}

fn properties(lesson: &Rc<Lesson>, findings: &mut Findings) {
    findings.check(!lesson.properties.is_empty(), || {
        "the lesson has no property to explore".into()
    });
    for claim in &lesson.properties {
        let place = format!("property \"{}\"", claim.claim);
        if let Some(tried) = findings.result(property::try_out(lesson, claim, property::TRIES), &place) {
            findings.check(tried.holds(), || format!("{place}: {}", tried.text()));
        }
    }
}

/// The recorded answers score full marks, no answers score none, and the lesson can be walked.
fn answers(lesson: &Rc<Lesson>, findings: &mut Findings) {
    let full = report(lesson, &lesson.solution);
    for one in full.prompts.iter().filter(|one| one.verdict != "right") {
        let said = one.say.as_ref().map_or(String::new(), |say| format!(": {say}"));
        findings
            .wrong
            .push(format!("solution.toml: {} is {}{said}", one.key, one.verdict));
    }
    findings.check(full.right == full.questions, || {
        "solution.toml does not score 100 %".into()
    });
    findings.check(full.unknown.is_empty(), || {
        format!("solution.toml: no question has the keys {}", full.unknown.join(", "))
    });
    let empty = report(lesson, &BTreeMap::new());
    findings.check(empty.right == 0, || "an empty answer file scores more than 0".into());
    let mut state = LessonState::new(Rc::clone(lesson));
    for step in 0..=lesson.last_step() {
        state.go(step);
        findings.check(!crate::learn::screen::view::view(&state).blocks.is_empty(), || {
            format!("step {step} shows nothing")
        });
    }
}
