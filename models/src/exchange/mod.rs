//! The files of other tools: checkpoints of GPT-2 and Llama as Hugging Face has them, read and written.
//!
//! PyTorch's recurrent models (`recurrent`) and NumPy's `.npz` (`npz`) come and go the same way.
//!
//! A folder of theirs holds `config.json`, which says how the model is built, its weights as safetensors, and mostly a
//! `tokenizer.json`. [`import`](fn@import) makes a run of it, which is measured, asked and trained like any other;
//! [`export`](fn@export) writes a run as such a folder. What a model here cannot follow is refused by the field that says
//! it.
//!
//! Reading order: `gpt2` and `llama`, fields and names; `slot`, where the numbers of a parameter lie; `tensor_file`, the
//! format; `import` and `export`.

mod archive;
mod error;
mod export;
mod gpt2;
mod import;
mod llama;
mod npz;
mod number;
mod placeholder;
mod recurrent;
mod slot;
mod tensor_file;
mod weights;

pub use error::{ExchangeError, Exchanged};
pub use export::{Exported, Options as ExportOptions, arrays, export, export_npz};
pub use import::{Described, Imported, Options as ImportOptions, describe, import, import_npz};
pub use number::Written;
pub use tensor_file::TensorFile;

use crate::fields::{Fields, Read};
use crate::layers::Activation;
use crate::transformer_lm::{TransformerConfig, Tying};
use serde_json::Value;
use slot::Slot;
use tapegrad_core::ParamList;

/// The array of an output layer of its own.
const HEAD: &str = "lm_head.weight";
/// The file that says how a model is built.
const CONFIG: &str = "config.json";
/// Files that belong to a model and that nothing here reads: they are kept, and written again.
const CARRIED: [&str; 4] = [
    CONFIG,
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
];
/// Where in the folder of a run they are kept.
const CARRIED_IN: &str = "imported";
/// A size above this is a mistake.
const SIZE_MAX: u64 = 1 << 30;

/// A kind of model that other tools have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Learned positions, layer norms, biases.
    Gpt2,
    /// Rotary positions, root mean square norms, gates.
    Llama,
    /// A recurrent network with tanh, as PyTorch has it.
    Rnn,
    /// A long short-term memory, as PyTorch has it.
    Lstm,
    /// Any network, by the names that its parameters have here.
    Npz,
}

impl Kind {
    /// The name in `model_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpt2 => "gpt2",
            Self::Llama => "llama",
            Self::Rnn => "rnn",
            Self::Lstm => "lstm",
            Self::Npz => "npz",
        }
    }
}

/// A kind of model that a `config.json` describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Gpt2,
    Llama,
}

impl Family {
    const ALL: [Self; 2] = [Self::Gpt2, Self::Llama];

    fn kind(self) -> Kind {
        match self {
            Self::Gpt2 => Kind::Gpt2,
            Self::Llama => Kind::Llama,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Gpt2 => gpt2::PREFIX,
            Self::Llama => llama::PREFIX,
        }
    }

    fn is_buffer(self, name: &str) -> bool {
        match self {
            Self::Gpt2 => gpt2::is_buffer(name),
            Self::Llama => llama::is_buffer(name),
        }
    }

    /// The model that a `config.json` describes.
    fn read(self, fields: &mut Fields<'_>, notices: &mut Vec<String>) -> Read<TransformerConfig> {
        match self {
            Self::Gpt2 => gpt2::read(fields, notices),
            Self::Llama => llama::read(fields, notices),
        }
    }

    /// The fields of a `config.json`.
    fn fields(self, config: &TransformerConfig) -> Value {
        match self {
            Self::Gpt2 => gpt2::fields(config),
            Self::Llama => llama::fields(config),
        }
    }

    /// The switch by which a model is not of this kind.
    fn unlike(self, config: &TransformerConfig) -> Option<&'static str> {
        match self {
            Self::Gpt2 => gpt2::unlike(config),
            Self::Llama => llama::unlike(config),
        }
    }

    /// Where each parameter lies in a file of so many positions.
    fn slots(self, config: &TransformerConfig, positions: usize, list: &ParamList) -> Vec<Slot> {
        match self {
            Self::Gpt2 => gpt2::slots(config, positions, list),
            Self::Llama => llama::slots(config, list),
        }
    }
}

/// A size of a model.
fn size(fields: &mut Fields<'_>, name: &'static str) -> Read<usize> {
    let value = fields.count(name)?;
    checked(fields, name, value)
}

/// The same, where it may be left out.
fn optional_size(fields: &mut Fields<'_>, name: &'static str) -> Read<Option<usize>> {
    let value = fields.optional_count(name)?;
    value.map(|value| checked(fields, name, value)).transpose()
}

fn checked(fields: &Fields<'_>, name: &'static str, value: u64) -> Read<usize> {
    let wrong = || {
        fields.error(
            name,
            format!("{value} is no size of a model; it must be from 1 to {SIZE_MAX}"),
        )
    };
    let size = usize::try_from(value).ok().filter(|_| (1..=SIZE_MAX).contains(&value));
    size.ok_or_else(wrong)
}

fn tying(fields: &mut Fields<'_>, default: bool) -> Read<Tying> {
    let is_tied = fields.flag("tie_word_embeddings", default)?;
    Ok(if is_tied { Tying::Tied } else { Tying::Untied })
}

fn activation(fields: &Fields<'_>, field: &str, name: &str, known: &[(&str, Activation)]) -> Read<Activation> {
    let found = known.iter().find(|(own, _)| *own == name);
    found.map(|(_, activation)| *activation).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let (name, names) = (name.escape_debug(), names.join(", "));
        fields.error(
            field,
            format!("the activation `{name}` is not known here; known are {names}"),
        )
    })
}
