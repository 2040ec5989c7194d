//! Answers from a file, judged: the way CI and screen-less learners answer.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use super::state::State;
use crate::learn::lesson::load::Lesson;
use crate::learn::session::status::Status;

/// What became of the answers to a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The lesson.
    pub lesson: String,
    /// How many questions it has.
    pub questions: usize,
    /// How many were answered right.
    pub right: usize,
    /// How many were answered wrong.
    pub wrong: usize,
    /// How many have no answer in the file.
    pub unanswered: usize,
    /// Answers in the file to which the lesson has no question.
    pub unknown: Vec<String>,
    /// The questions in order.
    pub prompts: Vec<Verdict>,
}

/// What became of one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The question's key.
    pub key: String,
    /// The question.
    pub ask: String,
    /// The right answer as the lesson states it.
    pub expected: String,
    /// Its value, with the reason.
    pub worked: String,
    /// What was answered.
    pub given: Option<String>,
    /// `right`, `wrong` or `unanswered`.
    pub verdict: &'static str,
    /// What is said to it.
    pub say: Option<String>,
}

/// Judges answers, one for each question.
pub fn report(lesson: &Rc<Lesson>, answers: &BTreeMap<String, String>) -> Report {
    let mut prompts = Vec::new();
    for (step, predict) in lesson.predicts() {
        let mut state = State::new(Rc::clone(lesson));
        let given = answers
            .get(&predict.key)
            .filter(|given| !given.trim().is_empty())
            .cloned();
        let before = lesson
            .predicts()
            .filter(|(own, other)| *own == step && other.key != predict.key);
        for (_, other) in before {
            state.answered.entry(other.key.clone()).or_default().status = Status::Skipped;
        }
        state.go(step);
        if let Some(given) = &given {
            state.answer(given);
        }
        let verdict = match (&given, state.status(&predict.key)) {
            (None, _) => "unanswered",
            (Some(_), Status::Right) => "right",
            (Some(_), _) => "wrong",
        };
        let say = state.said.as_ref().map(|(_, text)| text.clone());
        prompts.push(Verdict {
            key: predict.key.clone(),
            ask: predict.ask.clone(),
            expected: predict.answer.clone(),
            worked: state.worked(predict),
            given,
            verdict,
            say,
        });
    }
    let count = |verdict: &str| prompts.iter().filter(|one| one.verdict == verdict).count();
    let is_asked = |key: &String| prompts.iter().any(|one| one.key == *key);
    Report {
        lesson: lesson.about.id.clone(),
        questions: prompts.len(),
        right: count("right"),
        wrong: count("wrong"),
        unanswered: count("unanswered"),
        unknown: answers.keys().filter(|key| !is_asked(key)).cloned().collect(),
        prompts,
    }
}
