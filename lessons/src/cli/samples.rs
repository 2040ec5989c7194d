//! Text that a model writes while it is trained.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;
use tapegrad_models::Model;
use tapegrad_models::decode::{Sampling, generate};
use tapegrad_models::tokenizer::Tokenizer;
use tapegrad_models::train::Recipe;

use super::generate::{request, text_of};

/// How many tokens a sample has at most.
const TOKENS: usize = 80;
/// The file in the folder of the run: a JSON document on each line.
const FILE: &str = "samples.jsonl";

/// When samples are written, and what with.
#[derive(Debug)]
pub struct Samples {
    every: u64,
    recipe: Recipe,
    tokenizer: Tokenizer,
    file: PathBuf,
}

impl Samples {
    /// A sample after every so many steps, of a run in a folder.
    pub fn new(every: u64, recipe: &Recipe, tokenizer: &Tokenizer, folder: &Path) -> Self {
        Self {
            every,
            recipe: recipe.clone(),
            tokenizer: tokenizer.clone(),
            file: folder.join(FILE),
        }
    }

    /// The text of the model at this step, on one line, if one is due; it is written to the file too.
    ///
    /// Each sample has the seed of the run, so what changes from one to the next is the model alone.
    pub fn written(&self, step: u64, model: &Model) -> Option<Result<String, String>> {
        step.is_multiple_of(self.every).then(|| {
            let asked = request(
                &self.recipe,
                &self.tokenizer,
                "",
                TOKENS,
                Sampling::ancestral(),
                self.recipe.seed,
            );
            let generated = generate(model.language_model(), asked).map_err(|error| error.to_string())?;
            let text = text_of(&self.tokenizer, &generated);
            let line = json!({"step": step, "text": text}).to_string() + "\n";
            let file = OpenOptions::new().append(true).create(true).open(&self.file);
            file.and_then(|mut file| file.write_all(line.as_bytes()))
                .map_err(|error| format!("{}: {error}", self.file.display()))?;
            Ok(text.replace('\n', "⏎"))
        })
    }
}
