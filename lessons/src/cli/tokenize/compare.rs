//! `tapegrad tokenize compare`: one word, cut by three tokenizers that were learnt from the same text.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use tapegrad_models::corpus::Text;
use tapegrad_models::tokenizer::{Algorithm, Special, SubwordTokenizer};

use super::super::error::{CliError, ErrorCode};
use super::super::output::Output;
use super::explain::{self, Explanation};
use super::train::AlgorithmArg;

/// The text to learn from where none is given.
const SAMPLE: &str = include_str!("sample.txt");

/// Cut one word by byte-pair encoding, WordPiece and Unigram, learnt from the same text
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad tokenize compare lectrue
  tapegrad tokenize compare lectrue --explain
  tapegrad tokenize compare unhappiness --text shakespeare.txt --vocabulary 2000")]
pub struct CompareTokenizers {
    /// Word to cut, as it stands behind a space
    word: String,
    /// Text file to learn from [default: a short text about lectures and narwhals]
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Number of tokens of each vocabulary
    #[arg(long, value_name = "N", default_value_t = 600)]
    vocabulary: usize,
    /// Show each step of each algorithm
    #[arg(long)]
    explain: bool,
}

impl CompareTokenizers {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        if self.word.trim().is_empty() {
            return Err(CliError::new(ErrorCode::Usage, "there is no word to cut")
                .help("give a word")
                .exit(2));
        }
        let (text, name) = match &self.text {
            Some(file) => (Text::read(file)?.content().to_string(), file.display().to_string()),
            None => (SAMPLE.to_string(), "the built-in text".to_string()),
        };
        let mut all = Vec::new();
        for algorithm in [AlgorithmArg::Bpe, AlgorithmArg::Wordpiece, AlgorithmArg::Unigram] {
            let tokenizer = SubwordTokenizer::train(Algorithm::from(algorithm), &text, self.vocabulary, &[])?;
            all.push((algorithm.name(), self.cut(&tokenizer)));
        }
        if output.is_json() {
            let cut = |(name, cut): (&str, Cut)| (name.to_string(), cut.document(self.explain));
            let algorithms: serde_json::Map<String, Value> = all.into_iter().map(cut).collect();
            return output.document(&json!({
                "word": self.word,
                "vocabulary": self.vocabulary,
                "learnt_from": name,
                "algorithms": algorithms,
            }));
        }
        let mut shown = format!(
            "`{}` cut by tokenizers of {} tokens, learnt from {name}\n\n",
            self.word, self.vocabulary
        );
        for (name, cut) in &all {
            shown += &format!("{name:<10} {}\n", cut.tokens.join("  "));
        }
        if self.explain {
            for (name, cut) in &all {
                shown += &format!("\n{name}: {}\n", cut.explanation.rule);
                cut.explanation.lines().for_each(|line| shown += &format!("  {line}\n"));
            }
        }
        output.text(&shown)
    }

    /// The tokens of the word behind a space, and how they came about.
    fn cut(&self, tokenizer: &SubwordTokenizer) -> Cut {
        let text = format!(" {}", self.word);
        let ids = tokenizer.encode(&text, Special::LeftOut).ids;
        Cut {
            tokens: ids
                .iter()
                .map(|&id| tokenizer.vocabulary().word(id).to_string())
                .collect(),
            ids,
            explanation: explain::explanation(tokenizer, &text),
        }
    }
}

/// A word as tokens.
struct Cut {
    ids: Vec<u32>,
    tokens: Vec<String>,
    explanation: Explanation,
}

impl Cut {
    fn document(self, explain: bool) -> Value {
        let mut document = json!({"ids": self.ids, "tokens": self.tokens});
        if explain {
            document["steps"] = Value::Array(self.explanation.steps.into_iter().map(|step| step.document).collect());
        }
        document
    }
}
