//! The options that make a recipe: which model, on which corpus, how large, how long.

use super::error::CliError;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::{CorpusConfig, Unit};
use tapegrad_models::train::{ModelName, Recipe};

/// A model by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelArg {
    /// Counts of n tokens in a row, smoothed by modified Kneser-Ney
    Ngram,
    /// A softmax table: the bigram, found by gradients
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
    /// Every character
    Character,
    /// Every word and punctuation mark
    Word,
}

/// Where the corpus comes from.
#[derive(Args, Debug, Clone)]
pub struct CorpusArgs {
    /// Train on this text file (UTF-8); its last tenth is held out
    #[arg(long, value_name = "FILE", conflicts_with = "grammar")]
    pub text: Option<PathBuf>,
    /// Train on sentences of a grammar: `narwhals`, `narwhals-small`, or a grammar file
    #[arg(long, value_name = "NAME|FILE", default_value = "narwhals")]
    pub grammar: String,
    /// What a token of a text file is
    #[arg(long, value_enum, default_value = "character")]
    pub unit: UnitArg,
}

/// How large and how long; what is left out is as the model's recipe says.
#[derive(Args, Debug, Clone, Default)]
pub struct SizeArgs {
    /// Steps of training
    #[arg(long)]
    pub steps: Option<u64>,
    /// Rows of a batch
    #[arg(long, value_name = "ROWS")]
    pub batch: Option<usize>,
    /// Positions of a row: the longest context
    #[arg(long)]
    pub block: Option<usize>,
    /// Learning rate after the warm-up
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// Layers of a network
    #[arg(long)]
    pub layers: Option<usize>,
    /// Width of the hidden state, or of a Transformer's residual stream
    #[arg(long)]
    pub width: Option<usize>,
    /// Attention heads of a Transformer
    #[arg(long)]
    pub heads: Option<usize>,
    /// Order of an n-gram
    #[arg(long)]
    pub order: Option<usize>,
    /// Measure the held-out loss after every so many steps
    #[arg(long, value_name = "STEPS")]
    pub evaluate_every: Option<u64>,
    /// Write a checkpoint after every so many steps
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
                    *unit = self.unit.into();
                }
                recipe
            }
            None => Recipe::for_grammar(model, self.grammar.clone()),
        }
    }
}

impl SizeArgs {
    /// Changes a recipe as the options say.
    ///
    /// **Errors** if an option has no meaning for the model, or a number must not be 0.
    pub fn apply(&self, recipe: &mut Recipe) -> Result<(), CliError> {
        let counts = [
            ("--steps", self.steps),
            ("--evaluate-every", self.evaluate_every),
            ("--checkpoint-every", self.checkpoint_every),
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
        set(&mut recipe.rows, self.batch);
        set(&mut recipe.block, self.block);
        set(&mut recipe.evaluate_every, self.evaluate_every);
        set(&mut recipe.checkpoint_every, self.checkpoint_every);
        if let Some(rate) = self.learning_rate {
            recipe.learning_rate_end *= rate / recipe.learning_rate;
            recipe.learning_rate = rate;
        }
        recipe.warm_up = recipe.warm_up.min(recipe.steps / 10);
        self.apply_to_model(&mut recipe.model)
    }

    fn apply_to_model(&self, model: &mut ModelConfig) -> Result<(), CliError> {
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
                _ => {
                    return Err(CliError::option(
                        format!("{option} has no meaning for the model `{name}`"),
                        format!("leave {option} out, or name another model"),
                    ));
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

impl From<UnitArg> for Unit {
    fn from(unit: UnitArg) -> Self {
        match unit {
            UnitArg::Character => Self::Character,
            UnitArg::Word => Self::Word,
        }
    }
}
