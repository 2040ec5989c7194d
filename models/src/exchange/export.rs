//! A run as a checkpoint of another tool.

use super::error::{ExchangeError, Exchanged};
use super::number::Written;
use super::recurrent::Recurrent;
use super::slot::{self, Slot};
use super::weights::{INDEX, ONE, read_text};
use super::{CARRIED, CARRIED_IN, CONFIG, Family, Kind, npz, placeholder};
use crate::model::{Model, ModelConfig, neural};
use crate::tokenizer::Tokenizer;
use crate::train::{Recipe, write_atomically};
use crate::transformer_lm::TransformerConfig;
use safetensors::tensor::TensorView;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tapegrad_core::{ParamList, Params};

/// How a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The type of the numbers.
    pub written: Written,
    /// Files of weights are not longer than this, unless one array is. **Units**: bytes.
    pub shard: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            written: Written::F32,
            shard: 5_000_000_000,
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The kind of model.
    pub kind: Kind,
    /// The files, in order.
    pub files: Vec<String>,
    /// What a person should know.
    pub notices: Vec<String>,
}

/// Writes a model of a run as a folder that `transformers` reads, or as a state of PyTorch if it is recurrent.
///
/// `run` is the folder of the run, which keeps what an imported model came with.
///
/// **Errors** if no GPT-2 or Llama is built like this model, a number is too large for its type, or a file cannot be
/// written.
pub fn export(
    folder: &Path,
    run: &Path,
    (model, recipe, tokenizer): (&Model, &Recipe, &Tokenizer),
    options: Options,
) -> Exchanged<Exported> {
    let vocabulary = recipe.ids(tokenizer.vocabulary());
    let config = recipe.model.transformer(vocabulary, recipe.block);
    let (kind, slots, params) = match (model, &recipe.model, &config) {
        (Model::Transformer(neural), _, Some(config)) => {
            let family = family_of(config)?;
            (
                family.kind(),
                slots(family, config, neural.params().list()),
                neural.params(),
            )
        }
        (Model::Rnn(neural), ModelConfig::Rnn(sizes), _) => (
            Kind::Rnn,
            Recurrent::new(false, *sizes, vocabulary).slots(),
            neural.params(),
        ),
        (Model::Lstm(neural), ModelConfig::Lstm(sizes), _) => (
            Kind::Lstm,
            Recurrent::new(true, *sizes, vocabulary).slots(),
            neural.params(),
        ),
        _ => {
            return Err(ExchangeError::Unlike(format!(
                "a model of the kind `{}` is none that other tools have; a Transformer, an RNN or an LSTM can be written",
                recipe.model.name()
            )));
        }
    };
    let unwritable = |source| ExchangeError::Unwritable {
        path: folder.display().to_string(),
        source,
    };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let mut entries = std::fs::read_dir(folder).map_err(unwritable)?;
    if let Some(entry) = entries.next() {
        let name = entry.map_err(unwritable)?.file_name();
        let what = format!(
            "this folder holds `{}`; name a new or empty folder, so that no file is overwritten",
            name.to_string_lossy()
        );
        return Err(ExchangeError::wrong(folder, what));
    }
    let mut out = Out {
        folder,
        files: Vec::new(),
    };
    out.weights(&slots, params, options)?;
    let kept = run.join(CARRIED_IN);
    if let Some(config) = &config {
        let settings = settings(family_of(config)?, config, options.written, &kept)?;
        out.write(CONFIG, pretty(&settings).as_bytes())?;
    }
    for name in CARRIED
        .iter()
        .filter(|name| **name != CONFIG && kept.join(name).is_file())
    {
        let text = read_text(&kept.join(name), 16_000_000)?;
        out.write(name, text.as_bytes())?;
    }
    let mut notices = Vec::new();
    if !placeholder::is(tokenizer, vocabulary) {
        let name = match tokenizer {
            Tokenizer::Subword(_) => "tokenizer.json",
            Tokenizer::Word(_) | Tokenizer::Char(_) => {
                notices.push(
                    "a tokenizer of words or characters has a format of its own, which other tools do not read: it is \
                     tapegrad-tokenizer.json"
                        .into(),
                );
                "tapegrad-tokenizer.json"
            }
        };
        out.write(name, tokenizer.to_json().as_bytes())?;
    }
    Ok(Exported {
        kind,
        files: out.files,
        notices,
    })
}

/// Writes the parameters of a network as one `.npz`, by their names here.
///
/// **Errors** if the model counts, or the file cannot be written.
pub fn export_npz(path: &Path, model: &Model) -> Exchanged<()> {
    let counts = || ExchangeError::Unlike("a model that counts has no weights".into());
    let bytes = neural!(model, _ => return Err(counts()), model => npz::write(model.params())?);
    write_atomically(path, &bytes).map_err(|source| ExchangeError::Unwritable {
        path: path.display().to_string(),
        source,
    })
}

/// The kind of model that a Transformer is.
fn family_of(config: &TransformerConfig) -> Exchanged<Family> {
    let differs = Family::ALL.map(|family| family.unlike(config));
    match differs {
        [None, _] => Ok(Family::Gpt2),
        [_, None] => Ok(Family::Llama),
        [Some(gpt_2), Some(llama)] => Err(ExchangeError::Unlike(format!(
            "this model cannot be written as GPT-2, which has another `{gpt_2}`, nor as Llama, which has another `{llama}`"
        ))),
    }
}

/// The slots of a model under the whole names of their arrays.
fn slots(family: Family, config: &TransformerConfig, list: &ParamList) -> Vec<Slot> {
    let slots = family.slots(config, config.block, list).into_iter();
    let named = slots.map(|slot| match slot.array.as_str() {
        super::HEAD => slot,
        _ => Slot {
            array: format!("{}{}", family.prefix(), slot.array),
            ..slot
        },
    });
    named.collect()
}

/// Numbers of a Transformer, one for each of its parameters, as arrays of the other tool: its weights, or their gradient.
///
/// **Errors** if no GPT-2 or Llama is built like it.
pub fn arrays<T: Copy + From<u8>>(
    config: &TransformerConfig,
    list: &ParamList,
    values: &[T],
) -> Exchanged<BTreeMap<String, (Vec<usize>, Vec<T>)>> {
    let slots = slots(family_of(config)?, config, list);
    let mut all = BTreeMap::new();
    slot::write(&slots, list, values, |slot, numbers| {
        all.insert(slot.array.clone(), (slot.shape.clone(), numbers));
        Ok(())
    })?;
    Ok(all)
}

/// The `config.json`: what the model came with, if it came from elsewhere, and over it what it is now.
fn settings(family: Family, config: &TransformerConfig, written: Written, kept: &Path) -> Exchanged<Value> {
    let mut all = Map::new();
    let path = kept.join(CONFIG);
    if path.is_file() {
        let text = read_text(&path, 16_000_000)?;
        let before = serde_json::from_str(&text).map_err(|error| ExchangeError::wrong(&path, error.to_string()))?;
        match before {
            Value::Object(before) => all = before,
            _ => return Err(ExchangeError::wrong(&path, "this is no object with fields")),
        }
    } else {
        all.extend(["bos_token_id", "eos_token_id"].map(|name| (name.to_string(), Value::Null)));
    }
    // A run may read fewer positions at once than rotary positions allow.
    let positions = all.get("max_position_embeddings").and_then(Value::as_u64).unwrap_or(0);
    let Value::Object(own) = family.fields(config) else {
        unreachable!("fields are an object");
    };
    all.extend(own);
    if family == Family::Llama && positions > config.block as u64 {
        all.insert("max_position_embeddings".into(), positions.into());
    }
    // The older and the newer name.
    for name in ["dtype", "torch_dtype"] {
        all.insert(name.into(), written.names().1.into());
    }
    Ok(Value::Object(all))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("numbers and texts can always be written") + "\n"
}

/// The folder that is written to.
struct Out<'a> {
    folder: &'a Path,
    files: Vec<String>,
}

/// An array on its way to a file.
struct Ready<'s> {
    slot: &'s Slot,
    bytes: Vec<u8>,
}

impl Out<'_> {
    fn write(&mut self, name: &str, bytes: &[u8]) -> Exchanged<()> {
        let path = self.folder.join(name);
        write_atomically(&path, bytes).map_err(|source| ExchangeError::Unwritable {
            path: path.display().to_string(),
            source,
        })?;
        self.files.push(name.to_string());
        Ok(())
    }

    /// The weights, in as many files as their length asks for.
    fn weights(&mut self, slots: &[Slot], params: &Params<f32>, options: Options) -> Exchanged<()> {
        let width = Written::encode(options.written, &[0.0]).map_or(4, |bytes| bytes.len()) as u64;
        let (mut shards, mut at) = (vec![0_u64], BTreeMap::new());
        for group in slots.chunk_by(|one, other| one.array == other.array) {
            let bytes = width * group[0].shape.iter().product::<usize>() as u64;
            let last = shards.last_mut().expect("there is one at least");
            if *last > 0 && *last + bytes > options.shard {
                shards.push(bytes);
            } else {
                *last += bytes;
            }
            at.insert(group[0].array.as_str(), shards.len() - 1);
        }
        let count = shards.len();
        let name = |shard: usize| match count {
            1 => ONE.to_string(),
            _ => format!("model-{:05}-of-{count:05}.safetensors", shard + 1),
        };
        let (mut open, mut ready) = (0, Vec::new());
        slot::write(slots, params.list(), params.values(), |slot, numbers| {
            let shard = at[slot.array.as_str()];
            if shard != open {
                self.shard(&name(open), &ready, options.written)?;
                (open, ready) = (shard, Vec::new());
            }
            let bytes = options.written.encode(&numbers).ok_or_else(|| {
                let (name, number) = (&slot.array, options.written.names().1);
                ExchangeError::Unlike(format!(
                    "`{name}` holds a number that is too large for {number}; write float32"
                ))
            })?;
            ready.push(Ready { slot, bytes });
            Ok(())
        })?;
        self.shard(&name(open), &ready, options.written)?;
        if count > 1 {
            let map: BTreeMap<&str, String> = at.iter().map(|(array, shard)| (*array, name(*shard))).collect();
            let total: u64 = shards.iter().sum();
            let index = json!({"metadata": {"total_size": total}, "weight_map": map});
            self.write(INDEX, pretty(&index).as_bytes())?;
        }
        Ok(())
    }

    fn shard(&mut self, name: &str, ready: &[Ready<'_>], written: Written) -> Exchanged<()> {
        let views = ready.iter().map(|Ready { slot, bytes }| {
            let view = TensorView::new(written.names().0, slot.shape.clone(), bytes);
            let view = view.expect("an array has as many bytes as its shape and type say");
            (slot.array.as_str(), view)
        });
        // Without this entry `transformers` refuses the file.
        let metadata = std::collections::HashMap::from([("format".to_string(), "pt".to_string())]);
        let bytes =
            safetensors::serialize(views, Some(metadata)).expect("names and sizes of these arrays fit the format");
        self.write(name, &bytes)
    }
}
