//! Answers from a file, judged at once: for CI, and for learners without a screen.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use super::state::LessonState;
use crate::learn::lesson::load::Lesson;
use crate::learn::lesson::prose::unmarked;
use crate::learn::session::status::Status;

/// The judgement on all answers to a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerReport {
    /// The id of the lesson.
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
    pub prompts: Vec<AnswerVerdict>,
}

/// The judgement on one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerVerdict {
    /// The question's key.
    pub key: String,
    /// The question.
    pub ask: String,
    /// The right answer as the lesson states it.
    pub expected: String,
    /// Its value, with the reason.
    pub worked: String,
    pub given: Option<String>,
    /// `right`, `wrong` or `unanswered`.
    pub verdict: &'static str,
    /// The sentence that explains the judgement.
    pub say: Option<String>,
}

/// Judges answers, one for each question.
pub fn report(lesson: &Rc<Lesson>, answers: &BTreeMap<String, String>) -> AnswerReport {
    let mut prompts = Vec::new();
    for (step, question) in lesson.questions() {
        let mut state = LessonState::new(Rc::clone(lesson));
        let given = answers
            .get(&question.key)
            .filter(|given| !given.trim().is_empty())
            .cloned();
        let before = lesson
            .questions()
            .filter(|(own, other)| *own == step && other.key != question.key);
        for (_, other) in before {
            state.answered.entry(other.key.clone()).or_default().status = Status::Skipped;
        }
        state.go(step);
        if let Some(given) = &given {
            state.answer(given);
        }
        let verdict = match (&given, state.status(&question.key)) {
            (None, _) => "unanswered",
            (Some(_), Status::Right) => "right",
            (Some(_), _) => "wrong",
        };
        let say = state.said.as_ref().map(|(_, text)| unmarked(text));
        prompts.push(AnswerVerdict {
            key: question.key.clone(),
            ask: unmarked(&question.ask),
            expected: question.answer.clone(),
            worked: unmarked(&state.worked(question)),
            given,
            verdict,
            say,
        });
    }
    let count = |verdict: &str| prompts.iter().filter(|one| one.verdict == verdict).count();
    let is_asked = |key: &String| prompts.iter().any(|one| one.key == *key);
    AnswerReport {
        lesson: lesson.about.id.clone(),
        questions: prompts.len(),
        right: count("right"),
        wrong: count("wrong"),
        unanswered: count("unanswered"),
        unknown: answers.keys().filter(|key| !is_asked(key)).cloned().collect(),
        prompts,
    }
}
