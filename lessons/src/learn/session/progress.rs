//! What a learner has answered so far, in a file that belongs to the learner: a TOML text, one table for each lesson.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state::{Answered, LessonState};
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
    /// How many questions the lesson has.
    pub questions: usize,
    /// The status of each question: `right`, `shown` or `skipped`.
    pub answered: BTreeMap<String, String>,
}

impl LessonProgress {
    /// How many questions were answered right.
    pub fn right(&self) -> usize {
        self.answered.values().filter(|status| *status == "right").count()
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

impl LearnerProgress {
    /// Reads the file; one that is not there is empty.
    ///
    /// **Errors** if it is there and cannot be read: nothing of the learner's is ever written over.
    pub fn read(file: &Path) -> Result<Self, String> {
        match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{}: {error}", file.display())),
        }
    }

    /// Writes the file as a whole: it is replaced in one go, or not at all.
    ///
    /// **Errors** if it cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), String> {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = toml::to_string(self).map_err(|error| wrong(&error))?;
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| wrong(&error))?;
        let beside = file.with_extension("toml.new");
        let note =
            "# What you have answered in the lessons of tapegrad. The file is yours: keep it, copy it, delete it.\n\n";
        std::fs::write(&beside, note.to_owned() + &text).map_err(|error| wrong(&error))?;
        std::fs::rename(&beside, file).map_err(|error| wrong(&error))
    }

    /// Stores the state of a lesson.
    pub fn note(&mut self, state: &LessonState) {
        let settled = |(key, answered): (&String, &Answered)| {
            let status = match answered.status {
                Status::Open => return None,
                Status::Right => "right",
                Status::Shown => "shown",
                Status::Skipped => "skipped",
            };
            Some((key.clone(), status.to_string()))
        };
        let begun = LessonProgress {
            step: state.step,
            questions: state.lesson.questions().count(),
            answered: state.answered.iter().filter_map(settled).collect(),
        };
        self.lessons.insert(state.lesson.about.id.clone(), begun);
    }

    /// Puts a learner back to where a lesson was left.
    pub fn resume(&self, state: &mut LessonState) {
        let Some(begun) = self.lessons.get(&state.lesson.about.id) else {
            return;
        };
        for (key, status) in &begun.answered {
            let status = match status.as_str() {
                "right" => Status::Right,
                "shown" => Status::Shown,
                _ => Status::Skipped,
            };
            state.answered.insert(
                key.clone(),
                Answered {
                    attempts: Vec::new(),
                    status,
                },
            );
        }
        state.go(begun.step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progress_file_is_read_back_and_a_broken_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/progress.toml");
        assert_eq!(LearnerProgress::read(&file), Ok(LearnerProgress::default()));
        let mut progress = LearnerProgress::default();
        let answered = BTreeMap::from([("y".to_string(), "right".to_string())]);
        progress.lessons.insert(
            "01-ledger".into(),
            LessonProgress {
                step: 4,
                questions: 9,
                answered,
            },
        );
        progress.write(&file).unwrap();
        assert_eq!(LearnerProgress::read(&file), Ok(progress));
        std::fs::write(&file, "lessons = 3").unwrap();
        assert!(LearnerProgress::read(&file).unwrap_err().contains("progress.toml"));
    }
}
