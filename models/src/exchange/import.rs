//! A checkpoint of another tool as a run.

use super::error::{ExchangeError, Exchanged};
use super::recurrent::Recurrent;
use super::weights::{ONE, Weights, read_text};
use super::{CARRIED, CARRIED_IN, CONFIG, Family, HEAD, Kind, npz, placeholder, slot};
use crate::corpus::CorpusConfig;
use crate::fields::{Fields, FileError, Read};
use crate::layers::architecture::Positions;
use crate::model::{Model, ModelConfig, neural};
use crate::neural::Training;
use crate::tokenizer::Tokenizer;
use crate::train::{Folder, Header, Progress, Recipe, Which, write_atomically};
use crate::transformer_lm::{TransformerConfig, TransformerLm, Tying};
use serde_json::Value;
use std::path::Path;
use tapegrad_core::ParamList;

/// The longest file of settings, and of a tokenizer, that is read. **Units**: bytes.
const SETTINGS_MAX: u64 = 16_000_000;
const TOKENIZER_MAX: u64 = 500_000_000;
/// The longest block that a run gets unasked: a model with rotary positions reads as many as there is memory for.
const BLOCK_MAX: usize = 2048;

/// Fields of a `config.json` that change no result of the model.
const HARMLESS: [&str; 33] = [
    "_name_or_path",
    "architectures",
    "auto_map",
    "bos_token_id",
    "chunk_size_feed_forward",
    "decoder_start_token_id",
    "do_sample",
    "dtype",
    "eos_token_id",
    "gradient_checkpointing",
    "id2label",
    "initializer_range",
    "is_decoder",
    "is_encoder_decoder",
    "label2id",
    "max_length",
    "model_type",
    "n_ctx",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "pad_token_id",
    "predict_special_tokens",
    "return_dict",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "task_specific_params",
    "torch_dtype",
    "transformers_version",
    "use_cache",
];

/// How a checkpoint becomes a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The longest context of the run; that of the checkpoint if left out, but at most 2048 for rotary positions.
    pub block: Option<usize>,
}

/// What a `config.json` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// The kind of model.
    family: Family,
    /// The model.
    pub config: TransformerConfig,
    /// The positions that the checkpoint has.
    pub positions: usize,
    /// What a person should know.
    pub notices: Vec<String>,
}

/// A checkpoint that was read.
#[derive(Debug)]
pub struct Imported {
    /// The kind of model.
    pub kind: Kind,
    /// The Transformer that its `config.json` describes.
    pub config: Option<TransformerConfig>,
    /// What a person should know.
    pub notices: Vec<String>,
    /// The recipe of the run.
    pub recipe: Recipe,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// Whether the tokenizer came with it; otherwise its text is a list of ids.
    pub has_tokenizer: bool,
    /// The model with its weights.
    pub model: Model,
    /// Files that are kept as they are.
    carried: Vec<(&'static str, Vec<u8>)>,
}

/// Reads the checkpoint in a folder; one without a `config.json` is a recurrent model of PyTorch.
///
/// Nothing is made room for before the weights are known to be there in the sizes that `config.json` says.
///
/// **Errors** with the file and the place in it; a model that is built otherwise is refused by the field that says so.
pub fn import(folder: &Path, options: Options) -> Exchanged<Imported> {
    let path = folder.join(CONFIG);
    if folder.is_file() || !path.exists() && folder.join(ONE).exists() {
        return import_recurrent(folder, options);
    }
    let text = read_text(&path, SETTINGS_MAX)?;
    let mut described = describe(&text, options).map_err(|error| ExchangeError::wrong(&path, error.to_string()))?;
    let family = described.family;
    let mut weights = Weights::open(folder, family.prefix())?;
    let config = &described.config;
    let (layers, arrays) = (config.layers, weights.names().count());
    if layers > arrays {
        let what = format!("there are {arrays} arrays, too few for the {layers} layers of config.json");
        return Err(ExchangeError::wrong(folder, what));
    }
    let mut list = ParamList::new();
    TransformerLm::new(&mut list, config.clone());
    let slots = family.slots(config, described.positions, &list);
    nothing_else(family, config, &slots, &weights)?;
    slot::check(&slots, &weights)?;
    let (tokenizer, has_tokenizer) = tokenizer(folder, config.vocabulary)?;
    let recipe = recipe(ModelConfig::of_transformer(config), config.vocabulary, config.block);
    let values = slot::read(&slots, &list, &mut weights)?;
    is_tied(config, &slots, &mut weights)?;
    let model = with_values(&path, &recipe, &tokenizer, |_| Ok(values))?;
    if !has_tokenizer {
        described.notices.push(IDS.into());
    }
    Ok(Imported {
        kind: family.kind(),
        config: Some(described.config),
        notices: described.notices,
        recipe,
        tokenizer,
        has_tokenizer,
        model,
        carried: carried(folder)?,
    })
}

/// What is said of a run without a tokenizer.
const IDS: &str = "there is no tokenizer.json: the text of this run is a list of ids, such as `5 17 3`";
/// The block in which a recurrent model, which has none of its own, is trained and measured.
const BLOCK: usize = 64;

/// A recurrent model of PyTorch, in a folder or a file.
fn import_recurrent(place: &Path, options: Options) -> Exchanged<Imported> {
    let mut weights = Weights::open(place, "")?;
    let read = Recurrent::read(&weights, place)?;
    let folder = if place.is_file() {
        place.parent().unwrap_or(place)
    } else {
        place
    };
    let (tokenizer, has_tokenizer) = tokenizer(folder, read.vocabulary)?;
    let block = options.block.unwrap_or(BLOCK).max(1);
    let recipe = recipe(read.model(), read.vocabulary, block);
    let slots = read.slots();
    let model = with_values(place, &recipe, &tokenizer, |list| {
        slot::read(&slots, list, &mut weights)
    })?;
    let mut notices = Vec::new();
    if !has_tokenizer {
        notices.push(IDS.into());
    }
    if !read.is_lstm {
        notices.push("an RNN is taken to have tanh: its file does not say what it has".into());
    }
    Ok(Imported {
        kind: if read.is_lstm { Kind::Lstm } else { Kind::Rnn },
        config: None,
        notices,
        recipe,
        tokenizer,
        has_tokenizer,
        model,
        carried: Vec::new(),
    })
}

/// A run that has the recipe and the tokenizer of another one, and the weights of an `.npz`, by the names of the
/// parameters.
///
/// **Errors** with the array that is missing, left over or of another shape.
pub fn import_npz(path: &Path, recipe: &Recipe, tokenizer: &Tokenizer) -> Exchanged<Imported> {
    let bytes = std::fs::read(path).map_err(|source| ExchangeError::Unreadable {
        path: path.display().to_string(),
        source,
    })?;
    let model = with_values(path, recipe, tokenizer, |list| npz::read(path, &bytes, list))?;
    Ok(Imported {
        kind: Kind::Npz,
        config: None,
        notices: Vec::new(),
        recipe: recipe.clone(),
        tokenizer: tokenizer.clone(),
        has_tokenizer: true,
        model,
        carried: Vec::new(),
    })
}

/// The model of a recipe with these values of all its parameters.
fn with_values(
    path: &Path,
    recipe: &Recipe,
    tokenizer: &Tokenizer,
    values: impl FnOnce(&ParamList) -> Exchanged<Vec<f32>>,
) -> Exchanged<Model> {
    let wrong = |what: String| ExchangeError::wrong(path, what);
    let vocabulary = tokenizer.vocabulary();
    let ids = (recipe.ids(vocabulary), recipe.never_predicted(vocabulary));
    let model = Model::new(&recipe.model, ids, recipe.block, recipe.training, recipe.seed);
    let mut model = model.map_err(|error| wrong(error.to_string()))?;
    neural!(&mut model, _ => return Err(wrong("a model that counts has no weights".into())), model => {
        let values = values(model.params().list())?;
        model.params_and_optimizer_mut().0.values_mut().copy_from_slice(&values);
    });
    Ok(model)
}

impl Imported {
    /// Begins a run with this model in a folder.
    ///
    /// **Errors** as [`Folder::begin`].
    pub fn write(&self, folder: &Path) -> Exchanged<Folder> {
        let run = Folder::begin(folder, &self.recipe, &self.tokenizer)?;
        let header = Header {
            model: self.recipe.model.name().to_string(),
            tokenizer: self.tokenizer.fingerprint(),
            recipe: Some(self.recipe.fingerprint()),
            corpus: None,
            progress: Progress::default(),
            is_verified: true,
        };
        for which in [Which::Best, Which::Last] {
            run.save(which, &self.model, &header)?;
        }
        if self.carried.is_empty() {
            return Ok(run);
        }
        let kept = folder.join(CARRIED_IN);
        let unwritable = |source| ExchangeError::Unwritable {
            path: kept.display().to_string(),
            source,
        };
        std::fs::create_dir_all(&kept).map_err(unwritable)?;
        for (name, bytes) in &self.carried {
            write_atomically(&kept.join(name), bytes).map_err(unwritable)?;
        }
        Ok(run)
    }
}

/// What the text of a `config.json` says.
///
/// **Errors** with the field that is missing, makes no sense, or cannot be followed.
pub fn describe(text: &str, options: Options) -> Read<Described> {
    let document: Value = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        FileError::new(place, "this is not JSON")
    })?;
    let mut fields = Fields::of(&document, "")?;
    let name = fields.text("model_type")?;
    let family = Family::ALL.into_iter().find(|family| family.kind().name() == name);
    let family = family.ok_or_else(|| {
        let name = name.escape_debug();
        fields.error(
            "model_type",
            format!("models of the kind `{name}` are not known here; known are gpt2, llama"),
        )
    })?;
    if fields.optional("quantization_config").is_some() {
        let what = "weights that were quantised by another tool are not read; export them in 16 or 32 bits";
        return Err(fields.error("quantization_config", what));
    }
    let mut notices = Vec::new();
    let mut config = family.read(&mut fields, &mut notices)?;
    ModelConfig::of_transformer(&config)
        .check()
        .map_err(|error| FileError::new("the sizes", error.to_string()))?;
    let others: Vec<&str> = fields.others().filter(|name| !HARMLESS.contains(name)).collect();
    if !others.is_empty() {
        notices.push(format!(
            "config.json has fields that are not known here: {}; if one of them changes what the model computes, the results \
             differ",
            others.join(", ")
        ));
    }
    let positions = config.block;
    let is_bounded = config.architecture.positions == Positions::Learned;
    config.block = match options.block {
        Some(block) if block == 0 || block > positions => {
            let what = format!("a block of {block} was asked for, but the model has {positions} positions");
            return Err(FileError::new("--block", what));
        }
        Some(block) => block,
        None if is_bounded => positions,
        None => positions.min(BLOCK_MAX),
    };
    if config.block < positions {
        notices.push(format!(
            "the run reads at most {} of the {positions} positions at once; --block changes that",
            config.block
        ));
    }
    Ok(Described {
        family,
        config,
        positions,
        notices,
    })
}

/// An error if there is an array that no parameter needs: a model with it would compute something else.
fn nothing_else(family: Family, config: &TransformerConfig, slots: &[slot::Slot], weights: &Weights) -> Exchanged<()> {
    let known: std::collections::HashSet<&str> = slots.iter().map(|slot| slot.array.as_str()).collect();
    let is_copy = |name: &str| name == HEAD && config.tying == Tying::Tied;
    let other = weights
        .names()
        .find(|name| !known.contains(name) && !family.is_buffer(name) && !is_copy(name));
    match other {
        None => Ok(()),
        Some(name) => {
            let what = format!(
                "`{}`: by config.json no {} has such an array, so its part in the result is not known",
                name.escape_debug(),
                family.kind().name()
            );
            Err(ExchangeError::wrong(weights.path_of(name), what))
        }
    }
}

/// An error if the output layer is said to share the table of the embedding, but comes with other numbers.
fn is_tied(config: &TransformerConfig, slots: &[slot::Slot], weights: &mut Weights) -> Exchanged<()> {
    if config.tying == Tying::Untied || weights.entry(HEAD).is_none() {
        return Ok(());
    }
    let table = slots.iter().find(|slot| slot.param.as_deref() == Some("tokens"));
    let table = table.expect("every model has a table of its tokens");
    let shape = [config.vocabulary, config.width];
    if weights.numbers(HEAD, &shape)? != weights.numbers(&table.array, &shape)? {
        let what = format!(
            "`{HEAD}` is not the table of the embedding, although `tie_word_embeddings` of config.json says so; set it to false \
             if the output layer has numbers of its own"
        );
        return Err(ExchangeError::wrong(weights.path_of(HEAD), what));
    }
    Ok(())
}

/// The tokenizer of a folder, and whether there is one.
fn tokenizer(folder: &Path, ids: usize) -> Exchanged<(Tokenizer, bool)> {
    let path = folder.join("tokenizer.json");
    if !path.exists() {
        return Ok((placeholder::tokenizer(ids), false));
    }
    let text = read_text(&path, TOKENIZER_MAX)?;
    let tokenizer = Tokenizer::from_json(&text).map_err(|error| ExchangeError::wrong(&path, error.to_string()))?;
    let tokens = own_tokens(&tokenizer);
    if tokens > ids {
        let what = format!("it has {tokens} tokens, and by `vocab_size` of config.json the model has {ids}");
        return Err(ExchangeError::wrong(&path, what));
    }
    Ok((tokenizer, true))
}

/// The tokens that a tokenizer's ids stand for: without the markers that follow them here, where it is another tool's.
fn own_tokens(tokenizer: &Tokenizer) -> usize {
    match tokenizer {
        Tokenizer::Subword(subwords) => subwords.vocabulary().words().len(),
        Tokenizer::Word(_) | Tokenizer::Char(_) => tokenizer.vocabulary().size(),
    }
}

fn carried(folder: &Path) -> Exchanged<Vec<(&'static str, Vec<u8>)>> {
    let there = CARRIED.into_iter().filter(|name| folder.join(name).is_file());
    there
        .map(|name| Ok((name, read_text(&folder.join(name), SETTINGS_MAX)?.into_bytes())))
        .collect()
}

/// The recipe of a run that goes on with such a model: small steps, so that what was learnt is not lost.
fn recipe(model: ModelConfig, vocabulary: usize, block: usize) -> Recipe {
    Recipe {
        corpus: CorpusConfig::Absent,
        model,
        block,
        vocabulary: Some(vocabulary),
        rows: 4,
        steps: 200,
        learning_rate: 5e-5,
        learning_rate_end: 5e-6,
        warm_up: 20,
        training: Training {
            betas: [0.9, 0.999],
            weight_decay: 0.01,
            ..Training::PLAIN
        },
        evaluate_every: 50,
        evaluate_tokens: None,
        checkpoint_every: 50,
        seed: 1,
        from: None,
        teacher: None,
    }
}
