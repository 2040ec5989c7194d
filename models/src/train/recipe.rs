//! A recipe: everything that decides a training run, so that the same recipe gives the same bits.

use super::error::TrainError;
use super::model_name::ModelName;
use crate::corpus::{BatchError, CorpusConfig, CorpusError, Dataset, Part, Unit};
use crate::distill::Distillation;
use crate::fingerprint::fingerprint;
use crate::layers::Bias;
use crate::layers::architecture::Architecture;
use crate::model::{Model, ModelConfig, ModelError, RecurrentSizes};
use crate::neural::Training;
use crate::ngram::Smoothing;
use crate::program::{ProgramConfig, ProgramLoss};
use crate::tokenizer::{TokenId, Tokenizer, Vocabulary};
use crate::transformer_lm::Tying;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;
use tapegrad_core::optim::Schedule;

/// Everything that decides a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The corpus.
    pub corpus: CorpusConfig,
    /// The model.
    pub model: ModelConfig,
    /// The positions of a row of a batch; the longest context.
    pub block: usize,
    /// The ids that the model knows, where they are not those of its tokenizer with the markers: a model that was made
    /// elsewhere.
    #[serde(default)]
    pub vocabulary: Option<usize>,
    /// The rows of a batch.
    pub rows: usize,
    /// The steps of the run; a counting model stops earlier, after one pass over the text.
    pub steps: u64,
    /// The learning rate at the end of the warm-up.
    pub learning_rate: f64,
    /// The learning rate at the end.
    pub learning_rate_end: f64,
    /// The steps of the warm-up.
    pub warm_up: u64,
    /// Optimiser and clipping.
    pub training: Training,
    /// The loss on the validation part is measured after every so many steps, and at the end.
    ///
    /// A counting model is measured, and written, after 1, 2, 4, 8, ... times as many: each time it is estimated
    /// from all its counts, and so the whole stays linear in the text.
    pub evaluate_every: u64,
    /// How many labels of the validation part are measured each time; all if absent.
    #[serde(default)]
    pub evaluate_tokens: Option<u64>,
    /// A checkpoint is written after every so many steps, and at the end.
    pub checkpoint_every: u64,
    /// The seed of first values and of the order of the batches.
    pub seed: u64,
    /// Whose weights the run began with, if it did not begin with drawn ones. The tokenizer is then theirs too.
    #[serde(default)]
    pub from: Option<Origin>,
    /// The run that it learns from, besides the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<Taught>,
}

/// The run from which another learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taught {
    /// Its folder.
    pub run: String,
    /// How much it counts.
    pub distillation: Distillation,
}

/// The run whose weights another began with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Its folder.
    pub run: String,
    /// The file of the checkpoint.
    pub checkpoint: String,
}

impl Recipe {
    /// Reads a recipe from JSON.
    ///
    /// **Errors** if it is none, or has a field that no recipe has: a misspelt one would be taken as left out.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        use serde::de::Error;
        let given: Value = serde_json::from_str(text)?;
        let recipe: Self = serde_json::from_str(text)?;
        let known = serde_json::to_value(&recipe)?;
        match unknown_field(&given, &known) {
            Some(name) => Err(serde_json::Error::custom(format!("unknown field `{name}`"))),
            None => Ok(recipe),
        }
    }

    /// The corpus, read by the tokenizer of the run's folder where the run began with the weights of another, or its
    /// tokens are parts of words.
    ///
    /// **Errors** as [`CorpusConfig::build`].
    pub fn dataset(&self, tokenizer: &Tokenizer) -> Result<Dataset, CorpusError> {
        let is_kept = matches!(&self.corpus, CorpusConfig::Text { unit, .. } if unit.is_kept());
        self.corpus
            .build_with((is_kept || self.from.is_some()).then_some(tokenizer))
    }

    /// The model, which has learnt nothing yet.
    ///
    /// **Errors** if a number makes no sense, or the sizes are not those of a model.
    pub fn model(&self, vocabulary: &Vocabulary) -> Result<Model, TrainError> {
        self.validate()?;
        let ids = (self.ids(vocabulary), self.never_predicted(vocabulary));
        let model = Model::new(&self.model, ids, self.block, self.training, self.seed)?;
        if let Model::Program(program) = &model {
            program.network().check_causal().map_err(ModelError::from)?;
        }
        Ok(model)
    }

    /// How many ids the model knows.
    pub fn ids(&self, vocabulary: &Vocabulary) -> usize {
        self.vocabulary.unwrap_or(vocabulary.size())
    }

    /// The ids that no label can be, so that the model gives them no probability.
    ///
    /// A model that was made elsewhere may know more ids than its tokenizer has tokens.
    pub fn never_predicted(&self, vocabulary: &Vocabulary) -> Vec<TokenId> {
        match self.vocabulary {
            None => self.corpus.never_predicted(vocabulary),
            Some(ids) => (vocabulary.sos()..ids as TokenId).collect(),
        }
    }

    /// An error unless the recipe makes sense by itself: every number, the sizes of the model, the name of the text.
    ///
    /// **Errors** with the name of the number and what it must be.
    pub fn validate(&self) -> Result<(), RecipeError> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let [beta_1, beta_2] = self.training.betas;
        let in_unit = |x: f64| (0.0..1.0).contains(&x);
        let numbers = [
            (
                "learning_rate",
                self.learning_rate,
                positive(self.learning_rate),
                "a finite number above 0",
            ),
            (
                "learning_rate_end",
                self.learning_rate_end,
                self.learning_rate_end >= 0.0 && self.learning_rate_end.is_finite(),
                "a finite number of at least 0",
            ),
            ("training.betas[0]", beta_1, in_unit(beta_1), "at least 0 and below 1"),
            ("training.betas[1]", beta_2, in_unit(beta_2), "at least 0 and below 1"),
            (
                "training.epsilon",
                self.training.epsilon,
                positive(self.training.epsilon),
                "a finite number above 0",
            ),
            (
                "training.weight_decay",
                self.training.weight_decay,
                self.training.weight_decay >= 0.0 && self.training.weight_decay.is_finite(),
                "a finite number of at least 0",
            ),
            (
                "training.clip",
                self.training.clip,
                positive(self.training.clip),
                "a finite number above 0",
            ),
        ];
        let taught = self
            .teacher
            .as_ref()
            .map(|taught| taught.distillation)
            .unwrap_or_default();
        let numbers = numbers.into_iter().chain([
            (
                "teacher.distillation.weight",
                taught.weight,
                (0.0..=1.0).contains(&taught.weight),
                "at least 0 and at most 1",
            ),
            (
                "teacher.distillation.temperature",
                taught.temperature,
                positive(taught.temperature),
                "a finite number above 0",
            ),
        ]);
        let counts = [
            ("evaluate_tokens", self.evaluate_tokens.unwrap_or(1)),
            ("block", self.block as u64),
            ("vocabulary", self.vocabulary.unwrap_or(1) as u64),
            ("rows", self.rows as u64),
            ("steps", self.steps),
            ("evaluate_every", self.evaluate_every),
            ("checkpoint_every", self.checkpoint_every),
        ];
        let counts = counts.map(|(name, count)| (name, count as f64, count > 0, "at least 1"));
        match numbers.chain(counts).find(|(_, _, is_right, _)| !is_right) {
            Some((name, value, _, must)) => return Err(RecipeError::Number { name, value, must }),
            None => self.model.check()?,
        }
        match &self.corpus {
            CorpusConfig::Grammar { .. } if self.minimises_program() => Err(RecipeError::Padded),
            CorpusConfig::Text { file, .. } if file.to_str().is_none() => Err(RecipeError::FileName {
                path: file.display().to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// True if the objective of a program is minimised.
    fn minimises_program(&self) -> bool {
        matches!(&self.model, ModelConfig::Program(program) if program.loss == ProgramLoss::Program)
    }

    /// An error unless the recipe's batches can be cut from the corpus.
    ///
    /// **Errors** if the block does not fit the text.
    pub fn check(&self, dataset: &Dataset) -> Result<(), BatchError> {
        let lead = self.model.lead();
        for part in [Part::Training, Part::Validation, Part::Heldout] {
            dataset.batches(part, self.block, lead)?;
        }
        Ok(())
    }

    /// The fingerprint of what may not change while a run goes on: the model, its block and seed, how text is cut.
    ///
    /// Steps, learning rates and intervals may change, and the corpus has a fingerprint of its own
    /// ([`Dataset::fingerprint`]), which does not depend on where the text lies.
    pub fn fingerprint(&self) -> String {
        let unit = match &self.corpus {
            CorpusConfig::Text { unit, .. } => Some(unit),
            // It is read by the tokenizer that came with the model, as any text that it goes on with.
            CorpusConfig::Absent => Some(&Unit::Tokenizer),
            CorpusConfig::Grammar { .. } => None,
        };
        let mut fixed = serde_json::json!([self.model, self.block, self.rows, self.seed, unit]);
        // Checkpoints from before there were switches hold the fingerprint of a recipe without them.
        if let Value::Object(model) = &mut fixed[0] {
            without_defaults(model);
        }
        if let (Some(ids), Value::Array(fixed)) = (self.vocabulary, &mut fixed) {
            fixed.push(ids.into());
        }
        fingerprint(fixed.to_string().bytes())
    }

    /// The learning rate over time.
    pub fn schedule(&self) -> Schedule {
        Schedule::Cosine {
            peak: self.learning_rate,
            floor: self.learning_rate_end,
            warm_up: self.warm_up,
            steps: self.steps,
        }
    }

    /// The recipe of a program on the corpus of another recipe: that of the Transformer, at another rate.
    pub fn of_program(program: ProgramConfig, other: Self) -> Self {
        Self {
            model: ModelConfig::Program(program),
            learning_rate: 3e-3,
            learning_rate_end: 3e-4,
            ..other
        }
    }

    /// The preset `char-cpu`: a small Transformer on characters, nanoGPT's recipe for a laptop.
    ///
    /// 4 layers, 4 heads, width 128, block 64, batch 12, 2000 steps; no biases, no dropout.
    pub fn char_cpu(text: PathBuf) -> Self {
        Self {
            corpus: CorpusConfig::Text {
                file: text,
                unit: Unit::Character,
                fraction: 0.9,
                validation: 0.05,
            },
            model: ModelConfig::Transformer {
                layers: 4,
                heads: 4,
                width: 128,
                bias: Bias::Without,
                tying: Tying::Tied,
                architecture: Architecture::GPT_2,
            },
            block: 64,
            vocabulary: None,
            rows: 12,
            steps: 2000,
            learning_rate: 1e-3,
            learning_rate_end: 1e-4,
            warm_up: 100,
            training: Training {
                weight_decay: 0.1,
                ..Training::PLAIN
            },
            evaluate_every: 250,
            evaluate_tokens: None,
            checkpoint_every: 250,
            seed: 1,
            from: None,
            teacher: None,
        }
    }

    /// The recipe of each model for a text file of characters.
    pub fn for_text(name: ModelName, text: PathBuf) -> Self {
        let transformer = Self::char_cpu(text);
        match name {
            ModelName::Ngram => Self {
                model: ModelConfig::Ngram {
                    order: 6,
                    smoothing: Smoothing::ModifiedKneserNey,
                },
                ..transformer
            },
            ModelName::Table => Self {
                model: ModelConfig::Table,
                learning_rate: 1e-2,
                ..transformer
            },
            ModelName::Rnn => Self {
                model: ModelConfig::Rnn(RECURRENT),
                learning_rate: 3e-3,
                ..transformer
            },
            ModelName::Lstm => Self {
                model: ModelConfig::Lstm(RECURRENT),
                learning_rate: 3e-3,
                ..transformer
            },
            ModelName::Transformer => transformer,
        }
    }

    /// The recipe of each model for the sentences of a grammar, by its name or its file.
    pub fn for_grammar(name: ModelName, grammar: String) -> Self {
        let neural = Self {
            corpus: CorpusConfig::Grammar {
                grammar,
                training: 120_000,
                validation: 4_000,
                heldout: 4_000,
                seed: 1,
            },
            model: ModelConfig::Transformer {
                layers: 2,
                heads: 4,
                width: 64,
                bias: Bias::With,
                tying: Tying::Untied,
                architecture: Architecture::GPT_2,
            },
            block: 32,
            vocabulary: None,
            rows: 64,
            steps: 1500,
            learning_rate: 3e-3,
            learning_rate_end: 3e-5,
            warm_up: 50,
            training: Training {
                weight_decay: 0.01,
                ..Training::PLAIN
            },
            evaluate_every: 150,
            evaluate_tokens: None,
            checkpoint_every: 500,
            seed: 1,
            from: None,
            teacher: None,
        };
        let recurrent = RecurrentSizes {
            embedding: 32,
            hidden: 64,
            layers: 1,
        };
        match name {
            ModelName::Ngram => Self {
                model: ModelConfig::Ngram {
                    order: 4,
                    smoothing: Smoothing::ModifiedKneserNey,
                },
                ..neural
            },
            ModelName::Table => Self {
                model: ModelConfig::Table,
                ..neural
            },
            ModelName::Rnn => Self {
                model: ModelConfig::Rnn(recurrent),
                ..neural
            },
            ModelName::Lstm => Self {
                model: ModelConfig::Lstm(recurrent),
                ..neural
            },
            ModelName::Transformer => neural,
        }
    }
}

/// Removes the switches of a Transformer that earlier versions did not have and that say nothing new.
fn without_defaults(model: &mut serde_json::Map<String, Value>) {
    let gpt_2 = serde_json::json!(Architecture::GPT_2);
    if model.get("architecture") == Some(&gpt_2) {
        model.remove("architecture");
    }
    if let Some(Value::Object(switches)) = model.get_mut("architecture") {
        switches.retain(|name, value| !Architecture::LATER.contains(&name.as_str()) || *value != gpt_2[name]);
    }
}

/// The first field that was given and is not known, by its path.
fn unknown_field(given: &Value, known: &Value) -> Option<String> {
    let (Value::Object(given), Value::Object(known)) = (given, known) else {
        return None;
    };
    given.iter().find_map(|(name, value)| match known.get(name) {
        None => Some(name.clone()),
        Some(known) => unknown_field(value, known).map(|below| format!("{name}.{below}")),
    })
}

/// A recipe makes no sense, whatever the corpus holds.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum RecipeError {
    /// A number makes no sense.
    #[error("`{name}` of the recipe is {value}; it must be {must}")]
    Number {
        /// The number's place in the recipe.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        must: &'static str,
    },
    /// The sizes are not those of a model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The objective of a program is minimised on sentences, whose ends are padded.
    #[error(
        "the objective of a program knows no padding, and the sentences of a grammar are padded to the block; train on a \
         text, or leave --loss out: then the loop attaches the cross-entropy of the next tokens"
    )]
    Padded,
    /// The name of the text is not UTF-8, and a recipe is.
    #[error("{path}: the name of this file is not UTF-8, so the recipe of the run cannot store it; rename the file")]
    FileName {
        /// The name, as far as it can be shown.
        path: String,
    },
}

const RECURRENT: RecurrentSizes = RecurrentSizes {
    embedding: 64,
    hidden: 192,
    layers: 1,
};
