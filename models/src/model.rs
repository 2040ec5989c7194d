//! Any of the models, as a recipe names it: made, trained, asked, and saved the same way.

use crate::corpus::Batch;
use crate::distill::Distillation;
use crate::language_model::{AnyLanguageModel, Learner, StepReport};
use crate::layers::Bias;
use crate::layers::architecture::{Architecture, ArchitectureError};
use crate::lstm_lm::LstmLm;
use crate::neural::{Neural, Training};
use crate::ngram::{Ngram, NgramConfig, NgramError, Smoothing};
use crate::program::{ProgramConfig, ProgramError, ProgramLm};
use crate::rnn_lm::{RecurrentConfig, RnnLm};
use crate::table_lm::TableLm;
use crate::tokenizer::TokenId;
use crate::transformer_lm::{TransformerConfig, TransformerLm, Tying};
use serde::{Deserialize, Serialize};
use tapegrad_core::ParamList;

/// Which model, and how large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ModelConfig {
    /// Counts of n tokens in a row.
    Ngram {
        /// The longest n-gram.
        order: usize,
        /// What becomes of counts.
        smoothing: Smoothing,
    },
    /// A softmax table: the bigram, by gradient.
    Table,
    /// An Elman network.
    Rnn(RecurrentSizes),
    /// A long short-term memory.
    Lstm(RecurrentSizes),
    /// A causal Transformer.
    Transformer {
        /// The number of blocks.
        layers: usize,
        /// The number of heads.
        heads: usize,
        /// The width of the residual stream.
        width: usize,
        /// Which layers add a bias.
        bias: Bias,
        /// Whether the head shares the table of the embedding.
        tying: Tying,
        /// How it is built besides.
        #[serde(default)]
        architecture: Architecture,
    },
    /// A program of the graph language.
    Program(ProgramConfig),
}

/// The sizes of a recurrent network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecurrentSizes {
    /// The width of an embedding.
    pub embedding: usize,
    /// The width of the hidden state.
    pub hidden: usize,
    /// How many recurrent layers stand on each other.
    pub layers: usize,
}

impl ModelConfig {
    /// The name in tables, files and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ngram { .. } => "ngram",
            Self::Table => "table",
            Self::Rnn(_) => "rnn",
            Self::Lstm(_) => "lstm",
            Self::Transformer { .. } => "transformer",
            Self::Program(_) => "program",
        }
    }

    /// How many tokens of each window are context only: what an n-gram needs to see every label with full context.
    pub fn lead(&self) -> usize {
        match self {
            Self::Ngram { order, .. } => order.saturating_sub(1),
            _ => 0,
        }
    }

    /// True for a model that is estimated by one pass over the text, in its order.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Ngram { .. })
    }
}

/// One of the models.
#[derive(Debug)]
pub enum Model {
    /// Counts of n tokens in a row.
    Ngram(Ngram),
    /// A softmax table.
    Table(Neural<TableLm>),
    /// An Elman network.
    Rnn(Neural<RnnLm>),
    /// A long short-term memory.
    Lstm(Neural<LstmLm>),
    /// A causal Transformer.
    Transformer(Neural<TransformerLm>),
    /// A program of the graph language.
    Program(Neural<ProgramLm>),
}

/// Calls the same method of whichever neural model it is.
macro_rules! neural {
    ($model:expr, $ngram:pat => $count:expr, $neural:ident => $body:expr) => {
        match $model {
            Model::Ngram($ngram) => $count,
            Model::Table($neural) => $body,
            Model::Rnn($neural) => $body,
            Model::Lstm($neural) => $body,
            Model::Transformer($neural) => $body,
            Model::Program($neural) => $body,
        }
    };
}
pub(crate) use neural;

impl Model {
    /// A model that has learnt nothing, of so many token ids, of which some are `never` predicted.
    ///
    /// **Errors** if the sizes are not those of a model: an n-gram of order 0, heads that do not divide the width.
    pub fn new(
        config: &ModelConfig,
        (size, never): (usize, Vec<TokenId>),
        block: usize,
        training: Training,
        seed: u64,
    ) -> Result<Self, ModelError> {
        config.check()?;
        let recurrent = |RecurrentSizes {
                             embedding,
                             hidden,
                             layers,
                         }: RecurrentSizes| RecurrentConfig {
            vocabulary: size,
            embedding,
            hidden,
            layers,
        };
        Ok(match *config {
            ModelConfig::Program(ref program) => {
                let network = ProgramLm::new(program, size, block)?;
                let values = network.first_values(seed);
                let list = network.list().clone();
                let declare = |own: &mut ParamList| {
                    *own = list;
                    network
                };
                let program = Neural::new(declare, training, seed).with_values(&values);
                Self::Program(program.never_predicting(never))
            }
            ModelConfig::Ngram { order, smoothing } => {
                let config = NgramConfig {
                    order,
                    vocabulary: size,
                    never_predicted: never,
                    smoothing,
                };
                Self::Ngram(Ngram::new(config)?)
            }
            ModelConfig::Table => {
                let table = Neural::new(|list| TableLm::new(list, size), training, seed);
                Self::Table(table.never_predicting(never))
            }
            ModelConfig::Rnn(sizes) => {
                let rnn = Neural::new(|list| RnnLm::new(list, recurrent(sizes)), training, seed);
                Self::Rnn(rnn.never_predicting(never))
            }
            ModelConfig::Lstm(sizes) => {
                let lstm = Neural::new(|list| LstmLm::new(list, recurrent(sizes)), training, seed);
                Self::Lstm(lstm.never_predicting(never))
            }
            ModelConfig::Transformer { .. } => {
                let config = config.transformer(size, block).expect("it is a Transformer");
                let transformer = Neural::new(|list| TransformerLm::new(list, config), training, seed);
                Self::Transformer(transformer.never_predicting(never))
            }
        })
    }

    /// The memory that training on batches of these sizes takes, besides parameters and optimiser.
    ///
    /// `None` for a counting model, whose memory is its counts. **Units**: bytes.
    pub fn training_bytes(&mut self, rows: usize, time: usize) -> Option<usize> {
        neural!(self, _ => None, model => Some(model.training_bytes(rows, time)))
    }

    /// What a person should know of how the model is trained.
    pub fn notices(&self) -> &[String] {
        match self {
            Self::Program(program) => program.network().notices(),
            _ => &[],
        }
    }

    /// The name of the first parameter that holds a number that is not finite.
    pub fn parameter_not_finite(&self) -> Option<String> {
        neural!(self, _ => None, model => model.parameter_not_finite())
    }

    /// What is first not finite when a batch goes through the network, in words.
    pub fn first_not_finite(&self, batch: &Batch) -> Option<String> {
        neural!(self, _ => None, model => model.first_not_finite(batch))
    }

    /// Goes on from what another model of the same sizes has learnt: its weights, or its counts.
    ///
    /// **Errors** if the other is of another kind or size.
    pub fn go_on_from(&mut self, other: Model) -> Result<(), ModelError> {
        let fits = match (self, other) {
            (Self::Ngram(own), Self::Ngram(other)) if own.config() == other.config() => {
                *own = other;
                true
            }
            (Self::Table(own), Self::Table(other)) => own.go_on_from(&other),
            (Self::Rnn(own), Self::Rnn(other)) => own.go_on_from(&other),
            (Self::Lstm(own), Self::Lstm(other)) => own.go_on_from(&other),
            (Self::Transformer(own), Self::Transformer(other)) => own.go_on_from(&other),
            (Self::Program(own), Self::Program(other)) => own.go_on_from(&other),
            _ => false,
        };
        fits.then_some(()).ok_or(ModelError::OtherSizes)
    }

    /// Learns from a batch and from the targets of a teacher.
    ///
    /// **Panics** if it is a counting model, which has no gradients.
    pub fn learn_from(&mut self, batch: &Batch, learning_rate: f64, at: Distillation, targets: &[f32]) -> StepReport {
        neural!(self, _ => panic!("a model that counts has no teacher"),
            model => model.learn_from(batch, learning_rate, at, targets))
    }

    /// The model as something to be asked.
    pub fn language_model(&self) -> &dyn AnyLanguageModel {
        neural!(self, ngram => ngram, model => model)
    }
}

impl Learner for Model {
    fn learn(&mut self, batch: &Batch, learning_rate: f64) -> StepReport {
        neural!(self, ngram => ngram.learn(batch, learning_rate), model => model.learn(batch, learning_rate))
    }

    fn parameter_count(&self) -> usize {
        neural!(self, ngram => ngram.parameter_count(), model => model.parameter_count())
    }
}

impl ModelConfig {
    /// The sizes of the Transformer that this is, with so many ids and places.
    pub fn transformer(&self, vocabulary: usize, block: usize) -> Option<TransformerConfig> {
        let Self::Transformer {
            layers,
            heads,
            width,
            bias,
            tying,
            architecture,
        } = *self
        else {
            return None;
        };
        Some(TransformerConfig {
            vocabulary,
            block,
            layers,
            heads,
            width,
            bias,
            tying,
            architecture,
        })
    }

    /// The model of these sizes, whatever its ids and places.
    pub fn of_transformer(config: &TransformerConfig) -> Self {
        let TransformerConfig {
            layers,
            heads,
            width,
            bias,
            tying,
            architecture,
            ..
        } = *config;
        Self::Transformer {
            layers,
            heads,
            width,
            bias,
            tying,
            architecture,
        }
    }

    /// An error unless the sizes are those of a model, whatever the vocabulary.
    ///
    /// **Errors** for a size of 0, an order of 0, heads that do not divide the width, a senseless smoothing.
    pub fn check(&self) -> Result<(), ModelError> {
        match *self {
            Self::Rnn(sizes) | Self::Lstm(sizes) => {
                let RecurrentSizes {
                    embedding,
                    hidden,
                    layers,
                } = sizes;
                positive(&[("embedding", embedding), ("hidden", hidden), ("layers", layers)])
            }
            Self::Transformer {
                layers,
                heads,
                width,
                architecture,
                ..
            } => {
                positive(&[("layers", layers), ("heads", heads), ("width", width)])?;
                if architecture.head_width.is_none() && !width.is_multiple_of(heads) {
                    return Err(ModelError::Heads { width, heads });
                }
                Ok(architecture.check(heads, width)?)
            }
            Self::Ngram { order, smoothing } => Ok(smoothing.check(order)?),
            Self::Table => Ok(()),
            Self::Program(ref program) => Ok(program.check()?),
        }
    }
}

fn positive(sizes: &[(&'static str, usize)]) -> Result<(), ModelError> {
    match sizes.iter().find(|(_, size)| *size == 0) {
        Some((name, _)) => Err(ModelError::Zero { name }),
        None => Ok(()),
    }
}

/// A model cannot be made as asked.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// A size is 0.
    #[error("`{name}` is 0; every size of a network is at least 1")]
    Zero {
        /// The size.
        name: &'static str,
    },
    /// The heads do not divide the width.
    #[error("a width of {width} cannot be split into {heads} heads of equal size; choose a multiple of {heads}")]
    Heads {
        /// The width.
        width: usize,
        /// The number of heads.
        heads: usize,
    },
    /// A switch does not fit the sizes.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// Weights are of another model.
    #[error("these weights belong to a model of another kind or size; use a model of the same kind and sizes")]
    OtherSizes,
    /// The program is no language model.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The n-gram cannot be made.
    #[error(transparent)]
    Ngram(#[from] NgramError),
}
