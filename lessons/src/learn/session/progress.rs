//! What a learner has answered so far, in a file that belongs to the learner: a TOML text, one table for each lesson.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::state::{Answered, LessonState};
use crate::learn::lesson::load::Lesson;
use crate::learn::session::status::Status;

/// What a learner has answered in all lessons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearnerProgress {
    /// The lessons by their ids.
    pub lessons: BTreeMap<String, LessonProgress>,
}

/// What a learner has done in one lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LessonProgress {
    /// The step at which the lesson was left.
    pub step: usize,
    /// The name of that step, `backward b`, which outlasts a change of the lesson; empty in older files.
    pub at: String,
    /// How many questions the lesson has.
    pub questions: usize,
    /// The status of each question: `right`, `shown` or `skipped`.
    pub answered: BTreeMap<String, String>,
    /// The attempts at each question.
    pub attempts: BTreeMap<String, Vec<String>>,
}

impl LessonProgress {
    /// What a learner has done in a lesson.
    pub fn of(state: &LessonState) -> Self {
        let settled = |(key, answered): (&String, &Answered)| {
            let status = match answered.status {
                Status::Open => return None,
                Status::Right => "right",
                Status::Shown => "shown",
                Status::Skipped => "skipped",
            };
            Some((key.clone(), status.to_string()))
        };
        let tried = state
            .answered
            .iter()
            .filter(|(_, answered)| !answered.attempts.is_empty());
        Self {
            step: state.step,
            at: state.trace.step_anchor(state.step),
            questions: state.lesson.questions().count(),
            answered: state.answered.iter().filter_map(settled).collect(),
            attempts: tried
                .map(|(key, answered)| (key.clone(), answered.attempts.clone()))
                .collect(),
        }
    }

    /// How many questions of a lesson were answered right.
    pub fn right(&self, lesson: &Lesson) -> usize {
        let is_right = |key: &String| self.answered.get(key).is_some_and(|status| status == "right");
        lesson
            .questions()
            .filter(|(_, question)| is_right(&question.key))
            .count()
    }

    /// Puts a learner back to where the lesson was left, with a sentence if the lesson has changed since.
    ///
    /// An answer to a question that the lesson no longer asks stays in the file.
    pub fn resume(&self, state: &mut LessonState) -> Option<String> {
        let keys: Vec<String> = state
            .lesson
            .questions()
            .map(|(_, question)| question.key.clone())
            .collect();
        for key in &keys {
            let status = match self.answered.get(key).map(String::as_str) {
                Some("right") => Status::Right,
                Some("shown") => Status::Shown,
                Some("skipped") => Status::Skipped,
                _ => Status::Open,
            };
            let attempts = self.attempts.get(key).cloned().unwrap_or_default();
            if status != Status::Open || !attempts.is_empty() {
                state.answered.insert(key.clone(), Answered { attempts, status });
            }
        }
        state.go(state.trace.anchor(&self.at).unwrap_or(self.step));
        let lost = self.answered.keys().filter(|key| !keys.contains(key)).count();
        let asked = match lost {
            0 => return None,
            1 => "One of your answers belongs to a question that it no longer asks".to_string(),
            lost => format!("{lost} of your answers belong to questions that it no longer asks"),
        };
        Some(format!(
            "This lesson has changed since you were here. {asked}; your file keeps them."
        ))
    }
}

/// Where the file is: `TAPEGRAD_PROGRESS`, or else in the user's own data folder; `None` if there is no such folder.
pub fn default_file() -> Option<PathBuf> {
    let of = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    of("TAPEGRAD_PROGRESS").or_else(|| {
        let data = of("XDG_DATA_HOME")
            .or_else(|| of("APPDATA"))
            .or_else(|| Some(of("HOME")?.join(".local/share")))?;
        Some(data.join("tapegrad/progress.toml"))
    })
}
