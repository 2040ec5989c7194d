//! Checkpoints: one safetensors file that holds a model and everything needed to go on training it.
//!
//! The file is written beside its place, flushed to the disk and then renamed over the earlier one, so that there is
//! a whole checkpoint at every moment, whatever happens. Other tools can read the weights; what is not a number
//! (progress, the fingerprints of vocabulary, recipe and corpus) is JSON in the file's own header, and so is a checksum
//! over all of it: a file that was changed by so much as one bit is refused.

use crate::corpus::Dataset;
use crate::language_model::Learner;
use crate::model::{Model, neural};
use crate::network::Network;
use crate::neural::Neural;
use crate::ngram::{Ngram, NgramArrays};
use crate::train::checksum::checksum;
use crate::train::write_atomically;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tapegrad_core::optim::Optimizer;

/// The header's entry that says which model it is and how far training has come.
const HEADER: &str = "tapegrad";
/// The header's entry with the checksum.
const CHECKSUM: &str = "sha256";

/// What a checkpoint says of its run, besides the numbers of the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The name of the model: `ngram`, `rnn`, `lstm` or `transformer`.
    pub model: String,
    /// The fingerprint of the tokenizer.
    pub tokenizer: String,
    /// The fingerprint of what must stay as it is in the recipe; absent in files of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// The fingerprint of the corpus; absent in files of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corpus: Option<String>,
    /// How far training has come.
    pub progress: Progress,
    /// True if the file has a checksum, and it is right; files of earlier versions have none.
    #[serde(skip)]
    pub is_verified: bool,
}

impl Header {
    /// An error if the checkpoint was trained on other text than this corpus; files of earlier versions do not say.
    ///
    /// **Errors** if the corpus has another fingerprint.
    pub fn check_corpus(&self, dataset: &Dataset) -> Result<(), CheckpointError> {
        let is_other = |corpus: &String| *corpus != dataset.fingerprint();
        if self.corpus.as_ref().is_some_and(is_other) {
            return Err(CheckpointError::OtherCorpus {
                corpus: dataset.name().to_string(),
            });
        }
        Ok(())
    }
}

/// How far training has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps made.
    pub step: u64,
    /// Seconds of training, evaluation included, over all sessions.
    pub seconds: f64,
    /// Labels learnt from.
    pub labels: u64,
    /// Floating-point operations of training.
    pub flops: u64,
    /// The loss on the validation part when it was last measured, in nats per token; called `heldout_nats` by earlier
    /// versions, which had no validation part.
    #[serde(alias = "heldout_nats")]
    pub validation_nats: Option<f64>,
    /// The lowest loss on the validation part so far.
    pub best_nats: Option<f64>,
    /// Loss times labels since the last line of the log.
    pub recent_nats: f64,
    /// Labels since the last line of the log.
    pub recent_labels: u64,
}

/// A named array on its way to or from a file.
struct Array {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl Array {
    fn view(&self) -> (&str, TensorView<'_>) {
        let view = TensorView::new(self.dtype, self.shape.clone(), &self.bytes);
        (
            &self.name,
            view.expect("an array has as many bytes as its shape and type say"),
        )
    }

    fn f32(name: &str, shape: Vec<usize>, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self {
            name: name.to_string(),
            shape,
            dtype: Dtype::F32,
            bytes,
        }
    }

    fn u32(name: &str, values: &[u32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self {
            name: name.to_string(),
            shape: vec![values.len()],
            dtype: Dtype::U32,
            bytes,
        }
    }

    fn u64(name: &str, values: &[u64]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self {
            name: name.to_string(),
            shape: vec![values.len()],
            dtype: Dtype::U64,
            bytes,
        }
    }
}

/// Writes a checkpoint so that the earlier one stays whole until the new one is.
///
/// **Errors** if a number of the model is not finite, the folder cannot be written to or the disk is full; the earlier
/// checkpoint is left as it was.
pub fn save(path: &Path, model: &Model, header: &Header) -> Result<(), CheckpointError> {
    let unwritable = |source| CheckpointError::Unwritable {
        path: path.display().to_string(),
        source,
    };
    let arrays = neural!(model, ngram => arrays_of_ngram(ngram), model => arrays_of_network(model));
    let views: Vec<(&str, TensorView<'_>)> = arrays.iter().map(Array::view).collect();
    if let Some(name) = not_finite(&views) {
        return Err(CheckpointError::NotFinite {
            path: path.display().to_string(),
            name: name.to_string(),
        });
    }
    let header = serde_json::to_string(header).expect("a header is numbers and strings, which JSON can always hold");
    let checksum = checksum(&header, &views);
    let entries = [(HEADER.to_string(), header), (CHECKSUM.to_string(), checksum)];
    let bytes =
        safetensors::serialize(views, Some(entries.into())).expect("names and sizes of these arrays fit the format");
    write_atomically(path, &bytes).map_err(unwritable)
}

/// A model of so many bytes is made without a look at the file's length, whose own mistakes are then told.
const HARMLESS: u64 = 64_000_000;

/// An error if a file is too short for so many parameters, before a model of such a size is made.
///
/// **Errors** if the file is missing, or the recipe beside it is of a larger model.
pub(super) fn check_length(path: &Path, parameters: u128) -> Result<(), CheckpointError> {
    let at = || path.display().to_string();
    let file = std::fs::metadata(path).map_err(|source| CheckpointError::Unreadable { path: at(), source })?;
    if parameters * size_of::<f32>() as u128 > u128::from(file.len().max(HARMLESS)) {
        return Err(CheckpointError::OtherRecipe { path: at() });
    }
    Ok(())
}

/// Reads a checkpoint into a model that was made from the same recipe.
///
/// **Errors** if the file is missing, damaged, of another model, of other sizes, from another vocabulary or recipe, or if
/// a number of the model is not finite; the model is then unchanged or must not be used.
pub fn load(path: &Path, model: &mut Model, expected: &Expected<'_>) -> Result<Header, CheckpointError> {
    let at = || path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| CheckpointError::Unreadable { path: at(), source })?;
    let damaged = |why: String| CheckpointError::Damaged { path: at(), why };
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
    let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(HEADER));
    let entry = entry.ok_or_else(|| damaged(format!("its header has no entry `{HEADER}`")))?;
    let mut header: Header = serde_json::from_str(entry).map_err(|error| damaged(format!("its header: {error}")))?;
    if header.model != expected.model {
        return Err(CheckpointError::OtherModel {
            path: at(),
            found: header.model,
            expected: expected.model.into(),
        });
    }
    if header.tokenizer != expected.tokenizer {
        return Err(CheckpointError::OtherVocabulary { path: at() });
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
    neural!(model,
        ngram => restore_ngram(ngram, &tensors).map_err(damaged)?,
        model => restore_network(model, &tensors, header.progress.step).map_err(damaged)?);
    let named = tensors.tensors();
    let views: Vec<(&str, TensorView<'_>)> = named.iter().map(|(name, view)| (name.as_str(), view.clone())).collect();
    let stored = metadata.metadata().as_ref().and_then(|entries| entries.get(CHECKSUM));
    if stored.is_none() && header.recipe.is_some() {
        return Err(damaged(format!("its header has no entry `{CHECKSUM}`")));
    }
    if let Some(stored) = stored {
        if *stored != checksum(entry, &views) {
            return Err(damaged(
                "its numbers are not those that were written: the checksum in its header is another".into(),
            ));
        }
        header.is_verified = true;
    }
    if let Some(name) = not_finite(&views) {
        return Err(CheckpointError::HoldsNotFinite {
            path: at(),
            name: name.to_string(),
            step: header.progress.step,
        });
    }
    if header.recipe.as_deref().is_some_and(|recipe| recipe != expected.recipe) {
        return Err(CheckpointError::OtherRecipe { path: at() });
    }
    Ok(header)
}

/// What a checkpoint must say of itself to be read.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The name of the model.
    pub model: &'a str,
    /// The fingerprint of the tokenizer.
    pub tokenizer: &'a str,
    /// The fingerprint of the recipe.
    pub recipe: &'a str,
}

/// The name of the first array of numbers with one that is not finite.
fn not_finite<'a>(arrays: &[(&'a str, TensorView<'_>)]) -> Option<&'a str> {
    let is_finite = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite();
    let holds = |view: &TensorView<'_>| view.dtype() == Dtype::F32 && !view.data().chunks_exact(4).all(is_finite);
    arrays.iter().find(|(_, view)| holds(view)).map(|(name, _)| *name)
}

fn arrays_of_network(model: &Neural<impl Network>) -> Vec<Array> {
    let params = model.params();
    let weight = |param| {
        let values: Vec<f32> = params.value(param).iter().copied().collect();
        Array::f32(&params.list().spec(param).name, param.shape().to_vec(), &values)
    };
    let weights = params.list().params().map(weight);
    let memory = model.optimizer().memory();
    let memory = memory
        .iter()
        .map(|(name, values)| Array::f32(&in_optimizer(name), vec![values.len()], values));
    weights.chain(memory).collect()
}

fn in_optimizer(name: &str) -> String {
    format!("optimizer.{name}")
}

fn restore_network(model: &mut Neural<impl Network>, tensors: &SafeTensors<'_>, step: u64) -> Result<(), String> {
    let mut values = Vec::with_capacity(model.parameter_count());
    for spec in model.params().list().specs() {
        let (shape, found) = f32s(tensors, &spec.name)?;
        if shape != spec.shape.to_vec() {
            return Err(format!(
                "`{}` has the shape {shape:?}, and this model needs {}",
                spec.name, spec.shape
            ));
        }
        values.extend(found);
    }
    let names: Vec<&str> = model.optimizer().memory().iter().map(|(name, _)| *name).collect();
    let memory = names
        .into_iter()
        .map(|name| Ok((name.to_string(), f32s(tensors, &in_optimizer(name))?.1)));
    let memory = memory.collect::<Result<Vec<_>, String>>()?;
    let (params, optimizer) = model.params_and_optimizer_mut();
    optimizer.restore(step, &memory).map_err(|error| error.to_string())?;
    params.values_mut().copy_from_slice(&values);
    Ok(())
}

fn arrays_of_ngram(ngram: &Ngram) -> Vec<Array> {
    let NgramArrays {
        token,
        suffix,
        history,
        count,
    } = ngram.arrays();
    vec![
        Array::u32("token", &token),
        Array::u32("suffix", &suffix),
        Array::u32("history", &history),
        Array::u64("count", &count),
    ]
}

fn restore_ngram(ngram: &mut Ngram, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let u32s = |name| -> Result<Vec<u32>, String> {
        let (_, bytes) = raw(tensors, name, Dtype::U32)?;
        Ok(bytes
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect())
    };
    let (_, count) = raw(tensors, "count", Dtype::U64)?;
    let count = count
        .chunks_exact(8)
        .map(|b| u64::from_le_bytes(b.try_into().expect("chunks are of 8 bytes")));
    let arrays = NgramArrays {
        token: u32s("token")?,
        suffix: u32s("suffix")?,
        history: u32s("history")?,
        count: count.collect(),
    };
    *ngram = Ngram::from_arrays(ngram.config().clone(), &arrays).map_err(|error| error.to_string())?;
    Ok(())
}

fn f32s(tensors: &SafeTensors<'_>, name: &str) -> Result<(Vec<usize>, Vec<f32>), String> {
    let (shape, bytes) = raw(tensors, name, Dtype::F32)?;
    let values = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    Ok((shape, values))
}

fn raw<'a>(tensors: &SafeTensors<'a>, name: &str, dtype: Dtype) -> Result<(Vec<usize>, &'a [u8]), String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("it has no array `{name}`"))?;
    if tensor.dtype() != dtype {
        return Err(format!("`{name}` holds numbers of another type"));
    }
    Ok((tensor.shape().to_vec(), tensor.data()))
}

/// A checkpoint cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be written.
    #[error(
        "{path}: the checkpoint cannot be written: {source}; the earlier checkpoint, if there is one, is unchanged. \
         Free some disk space or name another folder"
    )]
    Unwritable {
        /// The file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error("{path}: the checkpoint cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is cut off or is something else.
    #[error("{path}: this checkpoint is damaged: {why}; use another one or train again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// A number of the model is not finite, so it is not written.
    #[error(
        "{path}: the checkpoint was not written, because `{name}` holds numbers that are not finite; the earlier \
         checkpoint, if there is one, is unchanged"
    )]
    NotFinite {
        /// The file.
        path: String,
        /// The array.
        name: String,
    },
    /// A number in the file is not finite.
    #[error(
        "{path}: `{name}` holds numbers that are not finite: training had diverged when this was written, at step \
         {step}; nothing can be measured or continued with it. Take the other checkpoint of the run, or train again with a smaller \
         --learning-rate"
    )]
    HoldsNotFinite {
        /// The file.
        path: String,
        /// The array.
        name: String,
        /// The step at which it was written.
        step: u64,
    },
    /// The text or the grammar has changed.
    #[error(
        "{corpus}: this is no longer the text or the grammar that the run was trained on, although its vocabulary is the \
         same: a loss on it would mean something else. Put it back as it was, begin a new run, or measure another text with --text \
         FILE"
    )]
    OtherCorpus {
        /// The name of the corpus.
        corpus: String,
    },
    /// The checkpoint is of another run.
    #[error(
        "{path}: this checkpoint belongs to another recipe than the recipe.json beside it: another \
         model, block, seed or batch. Keep the files of one run together, and begin a new run to change sizes"
    )]
    OtherRecipe {
        /// The file.
        path: String,
    },
    /// The checkpoint is of another kind of model.
    #[error("{path}: this is a checkpoint of the model `{found}`, but the recipe in the folder says `{expected}`")]
    OtherModel {
        /// The file.
        path: String,
        /// The model it is of.
        found: String,
        /// The model that was expected.
        expected: String,
    },
    /// The checkpoint counts other tokens.
    #[error(
        "{path}: this checkpoint was trained with another vocabulary than that of the tokenizer beside it, so its token \
         ids mean other tokens. Keep checkpoint and tokenizer of one run together"
    )]
    OtherVocabulary {
        /// The file.
        path: String,
    },
}
