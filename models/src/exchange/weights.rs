//! The arrays of a checkpoint, in one file or in several.
//!
//! Several files come with an index, `model.safetensors.index.json`, which says for each array in which of them it is.

use super::error::{ExchangeError, Exchanged};
use super::tensor_file::{Entry, TensorFile};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file of a checkpoint that is one file.
pub(super) const ONE: &str = "model.safetensors";
/// The index of a checkpoint that is several files.
pub(super) const INDEX: &str = "model.safetensors.index.json";
/// The longest index that is read. **Units**: bytes.
const INDEX_MAX: u64 = 100_000_000;

/// The arrays of a checkpoint.
#[derive(Debug)]
pub struct Weights {
    files: Vec<TensorFile>,
    /// In which file each array is, and its name there, by the name without a prefix.
    arrays: BTreeMap<String, (usize, String)>,
    folder: PathBuf,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Opens the checkpoint of a folder, or a single file; `prefix` is left out of names that begin with it.
    ///
    /// **Errors** with the file and the place in it.
    pub fn open(place: &Path, prefix: &str) -> Exchanged<Self> {
        let (one, index) = (place.join(ONE), place.join(INDEX));
        if place.is_file() {
            return Self::of(place, vec![TensorFile::open(place)?], prefix);
        }
        match (one.exists(), index.exists()) {
            (true, false) => Self::of(place, vec![TensorFile::open(&one)?], prefix),
            (false, true) => Self::indexed(place, &index, prefix),
            (true, true) => Err(ExchangeError::wrong(
                place,
                format!("there are both {ONE} and {INDEX}; remove the one that is not meant"),
            )),
            (false, false) => Err(ExchangeError::wrong(
                place,
                format!(
                    "there is neither {ONE} nor {INDEX}; files of weights in other formats, such as pytorch_model.bin, are \
                     not read"
                ),
            )),
        }
    }

    fn indexed(folder: &Path, index: &Path, prefix: &str) -> Exchanged<Self> {
        let text = read_text(index, INDEX_MAX)?;
        let said: Index =
            serde_json::from_str(&text).map_err(|error| ExchangeError::wrong(index, error.to_string()))?;
        let mut names: Vec<&String> = said.weight_map.values().collect();
        names.sort();
        names.dedup();
        let mut files = Vec::with_capacity(names.len());
        for name in &names {
            let is_plain = Path::new(name.as_str())
                .file_name()
                .is_some_and(|own| own == name.as_str());
            if !is_plain {
                let what = format!("`{}` is no name of a file in the same folder", name.escape_debug());
                return Err(ExchangeError::wrong(index, what));
            }
            files.push(TensorFile::open(&folder.join(name.as_str()))?);
        }
        for (array, name) in &said.weight_map {
            let file = names.binary_search(&name).expect("it is one of them");
            if !files[file].arrays().contains_key(array) {
                let what = format!(
                    "`{}` should be in {name}, which has no such array",
                    array.escape_debug()
                );
                return Err(ExchangeError::wrong(index, what));
            }
        }
        for file in &files {
            if let Some(array) = file.arrays().keys().find(|array| !said.weight_map.contains_key(*array)) {
                let what = format!("`{}` is in no line of the index", array.escape_debug());
                return Err(ExchangeError::wrong(file.path(), what));
            }
        }
        Self::of(folder, files, prefix)
    }

    fn of(folder: &Path, files: Vec<TensorFile>, prefix: &str) -> Exchanged<Self> {
        let mut arrays: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            for name in file.arrays().keys() {
                let own = name.strip_prefix(prefix).unwrap_or(name);
                if let Some((_, other)) = arrays.insert(own.to_string(), (number, name.clone())) {
                    let what = format!(
                        "`{}` and `{}` are the same array",
                        other.escape_debug(),
                        name.escape_debug()
                    );
                    return Err(ExchangeError::wrong(file.path(), what));
                }
            }
        }
        let folder = folder.to_path_buf();
        Ok(Self { files, arrays, folder })
    }

    /// The names of the arrays, without the prefix.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    /// What is said of an array.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        let (file, own) = self.arrays.get(name)?;
        self.files[*file].arrays().get(own)
    }

    /// The numbers of an array of this shape.
    ///
    /// **Errors** if there is none, it has another shape, or its numbers are no weights.
    pub fn numbers(&mut self, name: &str, shape: &[usize]) -> Exchanged<Vec<f32>> {
        self.check(name, shape)?;
        let (file, own) = &self.arrays[name];
        self.files[*file].numbers(own)
    }

    /// An error unless there is an array of this name and shape.
    pub fn check(&self, name: &str, shape: &[usize]) -> Exchanged<()> {
        let path = self.path_of(name);
        let Some(entry) = self.entry(name) else {
            return Err(ExchangeError::wrong(path, format!("there is no array `{name}`")));
        };
        if entry.shape != shape {
            let found = &entry.shape;
            let what = format!("`{name}` has the shape {found:?}; the model needs {shape:?}");
            return Err(ExchangeError::wrong(path, what));
        }
        Ok(())
    }

    /// The file of an array, or all of them if there is no such array.
    pub fn path_of(&self, name: &str) -> &Path {
        let file = self.arrays.get(name).map(|(file, _)| self.files[*file].path());
        file.unwrap_or(&self.folder)
    }
}

/// The text of a file of at most so many bytes.
///
/// **Errors** if it is longer, is not UTF-8, or cannot be read.
pub(super) fn read_text(path: &Path, most: u64) -> Exchanged<String> {
    let unreadable = |source| ExchangeError::Unreadable {
        path: path.display().to_string(),
        source,
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > most {
        let what = format!("the file has {length} bytes; such a file has at most {most}");
        return Err(ExchangeError::wrong(path, what));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        ExchangeError::wrong(path, format!("byte {at}: this is not UTF-8"))
    })
}
