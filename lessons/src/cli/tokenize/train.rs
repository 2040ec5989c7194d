//! `tapegrad tokenize train`: learns a tokenizer from text.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use tapegrad_models::corpus::Text;
use tapegrad_models::tokenizer::{Algorithm, SubwordTokenizer};

use super::super::error::CliError;
use super::super::output::{Output, replace_file};

/// An algorithm by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AlgorithmArg {
    /// Byte-pair encoding on bytes: joins the most frequent pair, again and again
    Bpe,
    /// WordPiece: joins the pair that makes the text most likely; cuts by the longest piece
    Wordpiece,
    /// Unigram: drops the pieces that matter least; cuts most probably
    Unigram,
}

impl AlgorithmArg {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpe => "bpe",
            Self::Wordpiece => "wordpiece",
            Self::Unigram => "unigram",
        }
    }
}

impl From<AlgorithmArg> for Algorithm {
    fn from(algorithm: AlgorithmArg) -> Self {
        match algorithm {
            AlgorithmArg::Bpe => Self::Bpe,
            AlgorithmArg::Wordpiece => Self::WordPiece,
            AlgorithmArg::Unigram => Self::Unigram,
        }
    }
}

/// Learn a tokenizer from text and write it as tokenizer.json
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad tokenize train bpe --text shakespeare.txt --vocabulary 1024 --out tokenizer.json
  tapegrad tokenize train unigram --text a.txt --text b.txt --vocabulary 4000 --special '<end>' --out tokenizer.json")]
pub struct TrainTokenizer {
    /// Algorithm to learn by
    #[arg(value_enum)]
    algorithm: AlgorithmArg,
    /// Text file to learn from (UTF-8); give it several times for several files
    #[arg(long, value_name = "FILE", required = true)]
    text: Vec<PathBuf>,
    /// Number of tokens of the vocabulary
    #[arg(long, value_name = "N")]
    vocabulary: usize,
    /// Special token, which is never cut; give it several times for several tokens
    #[arg(long, value_name = "TOKEN")]
    special: Vec<String>,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl TrainTokenizer {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let mut all = String::new();
        for file in &self.text {
            all += Text::read(file)?.content();
        }
        let algorithm = self.algorithm.into();
        let tokenizer = SubwordTokenizer::train(algorithm, &all, self.vocabulary, &self.special)?;
        let file = serde_json::to_string_pretty(tokenizer.document()).expect("a document of texts and numbers");
        replace_file(&self.out, &(file + "\n"))?;
        let (name, tokens) = (self.algorithm.name(), tokenizer.vocabulary().words().len());
        let out = self.out.display();
        let count = tokenizer.ids(&all).len();
        let characters = all.chars().count();
        if output.is_json() {
            return output.document(&json!({
                "algorithm": name,
                "vocabulary": tokens,
                "out": out.to_string(),
                "text_tokens": count,
                "text_characters": characters,
            }));
        }
        let per = characters as f64 / count.max(1) as f64;
        let mut text =
            format!("{out}: {name}, {tokens} tokens; the text is {count} tokens, {per:.2} characters each\n");
        if tokens < self.vocabulary {
            text += &format!(
                "the text has nothing more to learn, so there are fewer tokens than {}\n",
                self.vocabulary
            );
        }
        output.text(&text)
    }
}
