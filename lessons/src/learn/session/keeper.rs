//! Keeps the progress of one session: after each action what the learner changed goes to the file.

use std::path::Path;

use super::file::{Found, ProgressFile};
use super::progress::LessonProgress;
use super::state::LessonState;
use super::status::Tone;

/// Keeps a learner's progress in a file, from the beginning of a session to its end.
#[derive(Debug)]
pub struct ProgressKeeper {
    /// `None` if there is no place for the file, or a damaged one is in the way.
    file: Option<ProgressFile>,
    /// What the file has of this session.
    kept: LessonProgress,
    /// Why the last write failed.
    failed: Option<String>,
}

impl ProgressKeeper {
    /// Puts the learner back to where the lesson was left, and writes for the first time.
    ///
    /// **Errors** if there is a file that may not be read.
    pub fn begin(path: Option<&Path>, state: &mut LessonState) -> Result<Self, String> {
        let mut keeper = Self {
            file: path.map(ProgressFile::new),
            kept: LessonProgress::default(),
            failed: None,
        };
        let Some(file) = keeper.file.clone() else {
            return Ok(keeper);
        };
        let told = match file.read()? {
            Found::Progress(progress) => {
                let own = progress.lessons.get(&state.lesson.about.id);
                own.and_then(|own| {
                    let told = own.resume(state);
                    keeper.kept = LessonProgress::of(state);
                    told
                })
            }
            Found::Damaged(why) => {
                let place = file.path().display();
                Some(match file.set_aside() {
                    Ok(aside) => format!(
                        "Your progress in {place} cannot be read ({why}). The file is now {}, and a new one is begun.",
                        aside.display()
                    ),
                    Err(wrong) => {
                        keeper.file = None;
                        format!(
                            "Your progress in {place} cannot be read ({why}) and not be moved away ({wrong}). Nothing is \
                             saved in this session."
                        )
                    }
                })
            }
        };
        keeper.keep(state);
        if let Some(told) = told {
            let more = state.said.take().map_or(String::new(), |(_, text)| format!(" {text}"));
            state.said = Some((Tone::Note, told + &more));
        }
        Ok(keeper)
    }

    /// Writes what the learner has changed since the last call. A failure is told once; each call tries again.
    pub fn keep(&mut self, state: &mut LessonState) {
        let Some(file) = &self.file else { return };
        let now = LessonProgress::of(state);
        if now == self.kept {
            return;
        }
        let written = file.write(&state.lesson.about.id, &self.kept, &now);
        let was_told = self.failed.is_some();
        self.failed = written.err();
        match &self.failed {
            None => self.kept = now,
            Some(why) if !was_told => {
                let text = format!("Your progress is not saved: {why}. Name another file with --progress.");
                let before = state.said.take();
                state.said = Some(match before {
                    Some((tone, said)) => (tone, format!("{said} {text}")),
                    None => (Tone::Note, text),
                });
            }
            Some(_) => {}
        }
    }

    /// Writes for the last time.
    ///
    /// **Errors** if the last answers could not be written.
    pub fn end(mut self, state: &mut LessonState) -> Result<(), String> {
        self.keep(state);
        self.failed.map_or(Ok(()), Err)
    }
}
