//! The options of a teacher: another run whose probabilities stand beside the labels.

use std::path::{Path, PathBuf};

use clap::Args;
use tapegrad_models::distill::Distillation;
use tapegrad_models::tokenizer::Tokenizer;
use tapegrad_models::train::{Folder, Loaded, Recipe, Taught, Which};

use super::error::{CliError, ErrorCode};

/// Who teaches, and how much that counts.
#[derive(Args, Debug, Clone, Default)]
pub struct TeacherArgs {
    /// Distil: learn the probabilities of the run in this folder, besides the labels
    #[arg(long, value_name = "RUN")]
    teacher: Option<PathBuf>,
    /// Share of the loss that is the teacher's [default: 0.5]
    #[arg(long, value_name = "W", requires = "teacher")]
    teacher_weight: Option<f64>,
    /// Temperature at which both models are compared [default: 2]
    #[arg(long, value_name = "T", requires = "teacher")]
    teacher_temperature: Option<f64>,
}

impl TeacherArgs {
    /// Whether the options were given; they are settled when a run begins.
    pub fn given(&self) -> [(&'static str, bool); 1] {
        [("--teacher", self.teacher.is_some())]
    }

    /// Writes the teacher into a recipe.
    ///
    /// **Errors** if the model has no gradients.
    pub fn apply(&self, recipe: &mut Recipe) -> Result<(), CliError> {
        let Some(run) = &self.teacher else { return Ok(()) };
        if recipe.model.counts() {
            return Err(CliError::meaningless("--teacher", recipe.model.name()));
        }
        let plain = Distillation::default();
        let run = std::path::absolute(run).unwrap_or_else(|_| run.clone());
        recipe.teacher = Some(Taught {
            run: run.display().to_string(),
            distillation: Distillation {
                weight: self.teacher_weight.unwrap_or(plain.weight),
                temperature: self.teacher_temperature.unwrap_or(plain.temperature),
            },
        });
        Ok(())
    }
}

/// The teacher that a recipe names.
///
/// **Errors** if it cannot be read, or has other tokens.
pub fn loaded(recipe: &Recipe, tokenizer: &Tokenizer) -> Result<Option<Loaded>, CliError> {
    let Some(taught) = &recipe.teacher else { return Ok(None) };
    let (folder, own, its) = Folder::open(Path::new(&taught.run))?;
    if its != *tokenizer {
        return Err(CliError::new(
            ErrorCode::OtherVocabulary,
            "the teacher reads other tokens, so its probabilities are of other words",
        )
        .at(&taught.run)
        .help(format!("read the text with its tokenizer: --tokenizer {}", taught.run)));
    }
    Ok(Some(folder.load_to_ask(Which::Best, &own, &its)?.0))
}
