//! The options that make a recipe: which model, on which corpus, how large, how long.

use super::error::CliError;
use super::tokenize::source;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::{CorpusConfig, Unit};
use tapegrad_models::tokenizer::Tokenizer;
use tapegrad_models::train::{ModelName, Recipe};

/// A model by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelArg {
    /// Counts sequences of n tokens, smoothed by modified Kneser-Ney
    Ngram,
    /// A table of logits: a bigram model trained with gradients
    Table,
    /// An Elman network
    Rnn,
    /// A long short-term memory
    Lstm,
    /// A causal Transformer
    Transformer,
}

/// A recipe by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// A Transformer on characters for a laptop: 4 layers, 4 heads, width 128, block 64, batch 12, 2000 steps
    CharCpu,
}

/// A token by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnitArg {
    /// Each character
    Character,
    /// Each word and punctuation mark
    Word,
    /// Parts of words by byte-pair encoding
    Bpe,
    /// Parts of words by WordPiece
    Wordpiece,
    /// Parts of words by Unigram
    Unigram,
}

/// The number of tokens of a vocabulary of parts of words where none is given.
const VOCABULARY: usize = 1024;

/// Where the corpus comes from.
#[derive(Args, Debug, Clone)]
pub struct CorpusArgs {
    /// Train on this text file (UTF-8): the first 90 % for training, 5 % for validation, 5 % held out
    #[arg(long, value_name = "FILE", conflicts_with = "grammar")]
    pub text: Option<PathBuf>,
    /// Train on sentences that a grammar generates: `narwhals`, `narwhals-small`, or a grammar file [default: narwhals]
    #[arg(long, value_name = "NAME|FILE")]
    pub grammar: Option<String>,
    /// What a token of a text file is [default: character]
    #[arg(long, value_enum, requires = "text")]
    pub unit: Option<UnitArg>,
    /// Number of tokens of a vocabulary of parts of words [default: 1024]
    #[arg(long, value_name = "N", requires = "unit")]
    pub vocabulary: Option<usize>,
    /// Read the text with this tokenizer.json, or that of the run in this folder
    #[arg(long, value_name = "FILE", requires = "text", conflicts_with = "unit")]
    pub tokenizer: Option<PathBuf>,
}

/// How large and how long; what is left out is as the model's recipe says.
#[derive(Args, Debug, Clone, Default)]
pub struct SizeArgs {
    /// Training steps
    #[arg(long)]
    pub steps: Option<u64>,
    /// Rows in a batch
    #[arg(long, value_name = "ROWS")]
    pub batch: Option<usize>,
    /// Positions in a row: the longest context
    #[arg(long)]
    pub block: Option<usize>,
    /// Learning rate after the warm-up
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// Number of layers of a network
    #[arg(long)]
    pub layers: Option<usize>,
    /// Width of the hidden state, or of a Transformer's residual stream
    #[arg(long)]
    pub width: Option<usize>,
    /// Number of attention heads of a Transformer
    #[arg(long)]
    pub heads: Option<usize>,
    /// Order of an n-gram
    #[arg(long)]
    pub order: Option<usize>,
    /// Measure the loss on the validation part every STEPS steps
    #[arg(long, value_name = "STEPS")]
    pub evaluate_every: Option<u64>,
    /// Use at most TOKENS tokens of the validation part [default: all]
    #[arg(long, value_name = "TOKENS")]
    pub evaluate_tokens: Option<u64>,
    /// Save a checkpoint every STEPS steps
    #[arg(long, value_name = "STEPS")]
    pub checkpoint_every: Option<u64>,
}

impl CorpusArgs {
    /// The recipe of a model on this corpus.
    pub fn recipe(&self, model: ModelName) -> Recipe {
        match &self.text {
            Some(text) => {
                let mut recipe = Recipe::for_text(model, text.clone());
                if let CorpusConfig::Text { unit, .. } = &mut recipe.corpus {
                    *unit = self.corpus_unit();
                }
                recipe
            }
            None => Recipe::for_grammar(model, self.grammar().to_string()),
        }
    }

    /// What a token of a text file is.
    pub fn unit(&self) -> UnitArg {
        self.unit.unwrap_or(UnitArg::Character)
    }

    /// The options that say what a token is, as they are written.
    pub fn unit_options(&self) -> String {
        if let Some(file) = &self.tokenizer {
            return format!(" --tokenizer {}", file.display());
        }
        let unit = self
            .unit()
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_string());
        let vocabulary = self
            .vocabulary
            .map_or_else(String::new, |size| format!(" --vocabulary {size}"));
        format!(" --unit {unit}{vocabulary}")
    }

    fn corpus_unit(&self) -> Unit {
        let size = self.vocabulary.unwrap_or(VOCABULARY);
        match (&self.tokenizer, self.unit()) {
            (Some(_), _) => Unit::Tokenizer,
            (None, UnitArg::Character) => Unit::Character,
            (None, UnitArg::Word) => Unit::Word,
            (None, UnitArg::Bpe) => Unit::Bpe(size),
            (None, UnitArg::Wordpiece) => Unit::WordPiece(size),
            (None, UnitArg::Unigram) => Unit::Unigram(size),
        }
    }

    /// The tokenizer to read the text with, if one is given.
    ///
    /// **Errors** if it cannot be read, or a size was given for a vocabulary that has the size of its text.
    pub fn tokenizer(&self) -> Result<Option<Tokenizer>, CliError> {
        if self.vocabulary.is_some() && matches!(self.unit(), UnitArg::Character | UnitArg::Word) {
            return Err(CliError::option(
                "--vocabulary has no meaning for characters and words: the vocabulary is all those of the text",
                "leave --vocabulary out, or give --unit bpe, wordpiece or unigram",
            ));
        }
        self.tokenizer.as_deref().map(source::tokenizer).transpose()
    }

    /// The name of the grammar, or its file.
    pub fn grammar(&self) -> &str {
        self.grammar.as_deref().unwrap_or("narwhals")
    }

    /// Each option, and whether it was given.
    pub fn given(&self) -> [(&'static str, bool); 5] {
        [
            ("--text", self.text.is_some()),
            ("--grammar", self.grammar.is_some()),
            ("--unit", self.unit.is_some()),
            ("--vocabulary", self.vocabulary.is_some()),
            ("--tokenizer", self.tokenizer.is_some()),
        ]
    }
}

impl SizeArgs {
    /// Changes a recipe as the options say.
    ///
    /// **Errors** if an option has no meaning for the model, or a number must not be 0.
    pub fn apply(&self, recipe: &mut Recipe) -> Result<(), CliError> {
        self.apply_to_batches(recipe)?;
        self.apply_to_model(&mut recipe.model)
    }

    /// Changes of a recipe all but its model.
    ///
    /// **Errors** if a number must not be 0.
    pub fn apply_to_batches(&self, recipe: &mut Recipe) -> Result<(), CliError> {
        self.apply_to_run(recipe)?;
        set(&mut recipe.rows, self.batch);
        set(&mut recipe.block, self.block);
        recipe.warm_up = recipe.warm_up.min(recipe.steps / 10);
        Ok(())
    }

    /// Changes of a recipe what may change while its run goes on: steps, rates and intervals.
    ///
    /// **Errors** if a number must not be 0.
    pub fn apply_to_run(&self, recipe: &mut Recipe) -> Result<(), CliError> {
        let counts = [
            ("--steps", self.steps),
            ("--evaluate-every", self.evaluate_every),
            ("--checkpoint-every", self.checkpoint_every),
            ("--evaluate-tokens", self.evaluate_tokens),
            ("--batch", self.batch.map(|n| n as u64)),
            ("--block", self.block.map(|n| n as u64)),
        ];
        if let Some((option, _)) = counts.iter().find(|(_, value)| *value == Some(0)) {
            return Err(CliError::option(
                format!("{option} is 0"),
                format!("give {option} a number of at least 1"),
            ));
        }
        if let Some(rate) = self.learning_rate.filter(|rate| !(*rate > 0.0 && rate.is_finite())) {
            return Err(CliError::option(
                format!("the learning rate is {rate}"),
                "a learning rate is a number above 0, such as 1e-3",
            ));
        }
        set(&mut recipe.steps, self.steps);
        set(&mut recipe.evaluate_every, self.evaluate_every);
        set(&mut recipe.checkpoint_every, self.checkpoint_every);
        if self.evaluate_tokens.is_some() {
            recipe.evaluate_tokens = self.evaluate_tokens;
        }
        if let Some(rate) = self.learning_rate {
            recipe.learning_rate_end *= rate / recipe.learning_rate;
            recipe.learning_rate = rate;
        }
        Ok(())
    }

    /// An error if an option was given that a model which counts has no use for.
    ///
    /// **Errors** for steps and learning rates.
    pub fn check_counting(&self, model: &ModelConfig) -> Result<(), CliError> {
        let given = [
            ("--steps", self.steps.is_some()),
            ("--learning-rate", self.learning_rate.is_some()),
        ];
        match given.into_iter().find(|(_, is_given)| *is_given && model.counts()) {
            Some((option, _)) => Err(CliError::option(
                format!(
                    "{option} has no meaning for the model `{}`: it reads the text once and counts",
                    model.name()
                ),
                format!("leave {option} out, or name another model"),
            )),
            None => Ok(()),
        }
    }

    /// Each option, and whether it was given.
    pub fn given(&self) -> Vec<(&'static str, bool)> {
        let changeable = [
            ("--steps", self.steps.is_some()),
            ("--learning-rate", self.learning_rate.is_some()),
            ("--evaluate-every", self.evaluate_every.is_some()),
            ("--evaluate-tokens", self.evaluate_tokens.is_some()),
            ("--checkpoint-every", self.checkpoint_every.is_some()),
        ];
        self.fixed().into_iter().chain(changeable).collect()
    }

    /// The options that are settled when a run begins, and whether they were given.
    pub fn fixed(&self) -> [(&'static str, bool); 6] {
        [
            ("--batch", self.batch.is_some()),
            ("--block", self.block.is_some()),
            ("--layers", self.layers.is_some()),
            ("--width", self.width.is_some()),
            ("--heads", self.heads.is_some()),
            ("--order", self.order.is_some()),
        ]
    }

    /// True if any option was given that may change while a run goes on.
    pub fn is_any(&self) -> bool {
        let counts = [
            self.steps,
            self.evaluate_every,
            self.checkpoint_every,
            self.evaluate_tokens,
        ];
        self.learning_rate.is_some() || counts.iter().any(Option::is_some)
    }

    /// Changes the sizes of a model.
    ///
    /// **Errors** if an option has no meaning for it.
    pub fn apply_to_model(&self, model: &mut ModelConfig) -> Result<(), CliError> {
        let name = model.name();
        let mut given = [
            ("--layers", self.layers),
            ("--width", self.width),
            ("--heads", self.heads),
            ("--order", self.order),
        ]
        .into_iter()
        .filter_map(|(option, value)| Some((option, value?)));
        given.try_for_each(|(option, value)| {
            let place = match (option, &mut *model) {
                ("--order", ModelConfig::Ngram { order, .. }) => order,
                ("--layers", ModelConfig::Rnn(sizes) | ModelConfig::Lstm(sizes)) => &mut sizes.layers,
                ("--width", ModelConfig::Rnn(sizes) | ModelConfig::Lstm(sizes)) => &mut sizes.hidden,
                ("--layers", ModelConfig::Transformer { layers, .. }) => layers,
                ("--width", ModelConfig::Transformer { width, .. }) => width,
                ("--heads", ModelConfig::Transformer { heads, .. }) => heads,
                (_, ModelConfig::Program(_)) => {
                    return Err(CliError::option(
                        format!("{option} has no meaning for a program: its sizes have names of their own"),
                        "give them with --dim, as in `--dim H=64`",
                    ));
                }
                _ => {
                    return Err(CliError::meaningless(option, name));
                }
            };
            *place = value;
            Ok(())
        })
    }
}

fn set<A>(place: &mut A, value: Option<A>) {
    if let Some(value) = value {
        *place = value;
    }
}

impl From<ModelArg> for ModelName {
    fn from(model: ModelArg) -> Self {
        match model {
            ModelArg::Ngram => Self::Ngram,
            ModelArg::Table => Self::Table,
            ModelArg::Rnn => Self::Rnn,
            ModelArg::Lstm => Self::Lstm,
            ModelArg::Transformer => Self::Transformer,
        }
    }
}
