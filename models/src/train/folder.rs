//! The folder of a run: recipe, tokenizer, checkpoints and log.

use super::checkpoint::{self, CheckpointError, Expected, Header};
use super::events;
use super::loaded::Loaded;
use super::memory;
use super::owner::{self, NotOurs, Owner};
use super::packed_file;
use super::recipe::{Recipe, RecipeError};
use super::whole_file::write_atomically;
use crate::model::{Model, ModelError};
use crate::packed_model::AnyPacked;
use crate::tokenizer::Tokenizer;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use tapegrad_core::kernels::Bits;

/// How the names of half-written files begin.
const TEMPORARY: &str = ".tmp";
/// Where a log with damaged lines is kept.
pub(super) const DAMAGED_LOG: &str = "log.damaged.jsonl";

/// Which of a run's checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with the lowest loss on the validation part.
    Best,
    /// The one written last.
    Last,
}

impl Which {
    /// The name of its file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Best => "best.safetensors",
            Self::Last => "last.safetensors",
        }
    }
}

/// One line of a run's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Steps made.
    pub step: u64,
    /// Mean training loss since the line before, in nats per token; absent for a model that does not compute it.
    pub train_nats: Option<f64>,
    /// The loss on the validation part, in nats per token; called `heldout_nats` by earlier versions, which had no
    /// validation part.
    #[serde(alias = "heldout_nats")]
    pub validation_nats: f64,
    /// Seconds since the beginning, over all sessions.
    pub seconds: f64,
    /// Labels learnt from per second since the beginning.
    pub tokens_per_s: f64,
    /// Floating-point operations of training since the beginning.
    pub flops: u64,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// The file of the checkpoint written at this step, in the folder of the run.
    pub checkpoint: Option<String>,
}

/// What can be read of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// Its lines.
    pub lines: Vec<Line>,
    /// The numbers of lines that cannot be read, from 1.
    pub damaged: Vec<usize>,
    /// Whether the last line was cut off in the middle, as when a process is killed.
    pub is_cut: bool,
}

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Begins a run in a folder, which is made if need be; recipe and tokenizer are written at once.
    ///
    /// **Errors** if there is a run in the folder already, or files of something else, or it cannot be written to.
    pub fn begin(path: &Path, recipe: &Recipe, tokenizer: &Tokenizer) -> Result<Self, FolderError> {
        let folder = Self {
            path: path.to_path_buf(),
        };
        std::fs::create_dir_all(path).map_err(|source| folder.unwritable("", source))?;
        let before = folder.names().map_err(|source| folder.unwritable("", source))?;
        let _owner = folder.own()?;
        let at = || path.display().to_string();
        if folder.file("recipe.json").exists() {
            return Err(FolderError::Taken { path: at() });
        }
        // A process that was killed while it began a run leaves its lock, and at most these files.
        let was_begun = before.iter().any(|name| name == owner::FILE);
        let is_ours = |name: &String| {
            let begun = [owner::FILE, "tokenizer.json", "log.jsonl", events::FILE].contains(&name.as_str());
            was_begun && (begun || name.starts_with(TEMPORARY))
        };
        if let Some(file) = before.into_iter().find(|name| !is_ours(name)) {
            return Err(FolderError::Foreign { path: at(), file });
        }
        let recipe = serde_json::to_string_pretty(recipe).expect("a recipe is numbers and names");
        folder.write("tokenizer.json", tokenizer.to_json().as_bytes())?;
        folder.write("log.jsonl", b"")?;
        folder.write_events(&[])?;
        folder.write("recipe.json", recipe.as_bytes())?;
        Ok(folder)
    }

    /// The run that is in a folder, with its recipe and its tokenizer.
    ///
    /// **Errors** if there is none, or its files are damaged.
    pub fn open(path: &Path) -> Result<(Self, Recipe, Tokenizer), FolderError> {
        let folder = Self {
            path: path.to_path_buf(),
        };
        let read = |name: &str| {
            let file = folder.file(name);
            std::fs::read_to_string(&file).map_err(|source| FolderError::NoRun {
                path: path.display().to_string(),
                file: name.to_string(),
                source,
            })
        };
        let damaged = |name: &str, why: String| FolderError::Damaged {
            path: folder.at(name),
            why,
        };
        let recipe = Recipe::from_json(&read("recipe.json")?);
        let recipe = recipe.map_err(|error| damaged("recipe.json", error.to_string()))?;
        let tokenizer = Tokenizer::from_json(&read("tokenizer.json")?);
        let tokenizer = tokenizer.map_err(|error| damaged("tokenizer.json", error.to_string()))?;
        Ok((folder, recipe, tokenizer))
    }

    /// Takes the folder for writing, and clears away what a killed process left half-written.
    ///
    /// **Errors** if another process trains in it.
    pub(super) fn own(&self) -> Result<Owner, FolderError> {
        let owner = Owner::of(&self.path).map_err(|why| match why {
            NotOurs::Held(process) => FolderError::Held {
                path: self.path.display().to_string(),
                process: process.map_or_else(|| "another process".into(), |id| format!("process {id}")),
            },
            NotOurs::Failed(source) => self.unwritable(owner::FILE, source),
        })?;
        let names = self.names().map_err(|source| self.unwritable("", source))?;
        for name in names.iter().filter(|name| name.starts_with(TEMPORARY)) {
            std::fs::remove_file(self.file(name)).map_err(|source| self.unwritable(name, source))?;
        }
        Ok(owner)
    }

    /// The names of the files in the folder.
    fn names(&self) -> std::io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path)?;
        entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    /// Writes another recipe, for a run that goes on with other steps, rates or intervals.
    ///
    /// **Errors** if it cannot be written; the earlier one is then unchanged.
    pub fn change_recipe(&self, recipe: &Recipe) -> Result<(), FolderError> {
        let text = serde_json::to_string_pretty(recipe).expect("a recipe is numbers and names");
        self.write("recipe.json", text.as_bytes())
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a checkpoint.
    pub fn checkpoint(&self, which: Which) -> PathBuf {
        self.file(which.file())
    }

    /// Writes a checkpoint.
    ///
    /// **Errors** if it cannot be written; the earlier one is then unchanged.
    pub fn save(&self, which: Which, model: &Model, header: &Header) -> Result<(), FolderError> {
        Ok(checkpoint::save(&self.checkpoint(which), model, header)?)
    }

    /// Reads a checkpoint.
    ///
    /// **Errors** as [`checkpoint::load`].
    pub fn load(&self, which: Which, recipe: &Recipe, tokenizer: &Tokenizer) -> Result<(Model, Header), FolderError> {
        self.check_trainable()?;
        recipe.validate()?;
        let size = recipe.ids(tokenizer.vocabulary());
        checkpoint::check_length(
            &self.checkpoint(which),
            memory::parameters(&recipe.model, size, recipe.block),
        )?;
        let ids = (size, recipe.never_predicted(tokenizer.vocabulary()));
        let mut model = Model::new(&recipe.model, ids, recipe.block, recipe.training, recipe.seed)?;
        let expected = Expected {
            model: recipe.model.name(),
            tokenizer: &tokenizer.fingerprint(),
            recipe: &recipe.fingerprint(),
        };
        let header = checkpoint::load(&self.checkpoint(which), &mut model, &expected)?;
        Ok((model, header))
    }

    /// Writes a quantised model, which the folder then holds in place of checkpoints.
    ///
    /// **Errors** if it cannot be written.
    pub fn save_packed(&self, model: &dyn AnyPacked, bits: Bits, header: &Header) -> Result<(), FolderError> {
        Ok(packed_file::save(&self.file(packed_file::FILE), model, bits, header)?)
    }

    /// An error if the folder holds a quantised model.
    ///
    /// **Errors** as it says.
    pub fn check_trainable(&self) -> Result<(), FolderError> {
        match self.is_packed() {
            true => Err(FolderError::Packed {
                path: self.path.display().to_string(),
            }),
            false => Ok(()),
        }
    }

    /// True if the folder holds a quantised model, which can be asked and not trained.
    pub fn is_packed(&self) -> bool {
        self.file(packed_file::FILE).exists()
    }

    /// Reads a model to be asked: the quantised one if there is one, else a checkpoint.
    ///
    /// **Errors** as [`load`](Self::load).
    pub fn load_to_ask(
        &self,
        which: Which,
        recipe: &Recipe,
        tokenizer: &Tokenizer,
    ) -> Result<(Loaded, Header), FolderError> {
        if !self.is_packed() {
            let (model, header) = self.load(which, recipe, tokenizer)?;
            return Ok((Loaded::Whole(Box::new(model)), header));
        }
        recipe.validate()?;
        let path = self.file(packed_file::FILE);
        let size = recipe.ids(tokenizer.vocabulary());
        // Packed weights take at least an eighth of the bytes of numbers.
        checkpoint::check_length(&path, memory::parameters(&recipe.model, size, recipe.block) / 8)?;
        let ids = (size, recipe.never_predicted(tokenizer.vocabulary()));
        let model = Model::new(&recipe.model, ids, recipe.block, recipe.training, recipe.seed)?;
        let (model, header) = packed_file::load(&path, model)?;
        if header.tokenizer != tokenizer.fingerprint() {
            let path = path.display().to_string();
            return Err(CheckpointError::OtherVocabulary { path }.into());
        }
        Ok((Loaded::Packed(model), header))
    }

    /// Appends a line to the log.
    ///
    /// **Errors** if it cannot be written.
    pub fn append(&self, line: &Line) -> Result<(), FolderError> {
        let text = serde_json::to_string(line).expect("a line is numbers and names") + "\n";
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.file("log.jsonl"))
            .map_err(|source| self.unwritable("log.jsonl", source))?;
        file.write_all(text.as_bytes())
            .map_err(|source| self.unwritable("log.jsonl", source))?;
        self.append_event(line)
    }

    /// Appends the same line for TensorBoard.
    fn append_event(&self, line: &Line) -> Result<(), FolderError> {
        let append = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.file(events::FILE));
        let event = events::of_line(line, now());
        append
            .and_then(|mut file| file.write_all(&event))
            .map_err(|source| self.unwritable(events::FILE, source))
    }

    /// Writes the file for TensorBoard anew: with these lines, the last of them now.
    fn write_events(&self, lines: &[Line]) -> Result<(), FolderError> {
        let last = lines.last().map_or(0.0, |line| line.seconds);
        let at = |line: &Line| now() - (last - line.seconds);
        let begun = events::beginning(lines.first().map_or_else(now, at));
        let each = lines.iter().flat_map(|line| events::of_line(line, at(line)));
        self.write(events::FILE, &begun.into_iter().chain(each).collect::<Vec<u8>>())
    }

    /// The lines of the log up to a step, as far as they can be read.
    pub fn lines(&self, step_max: u64) -> Vec<Line> {
        let lines = self.log().lines.into_iter();
        lines.filter(|line| line.step <= step_max).collect()
    }

    /// The log, line by line: what is wrong with one line costs no other.
    pub fn log(&self) -> Log {
        let bytes = std::fs::read(self.file("log.jsonl")).unwrap_or_default();
        let mut log = Log::default();
        for (number, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            match serde_json::from_slice(line) {
                Ok(line) => log.lines.push(line),
                Err(_) if line.trim_ascii().is_empty() => {}
                Err(_) if !line.ends_with(b"\n") => log.is_cut = true,
                Err(_) => log.damaged.push(number + 1),
            }
        }
        log
    }

    /// Forgets the lines after a step: those of steps that will be made again. A log with damaged lines is kept as
    /// `log.damaged.jsonl`.
    ///
    /// **Errors** if the log cannot be written.
    pub fn rewind_log(&self, step: u64) -> Result<Log, FolderError> {
        let mut log = self.log();
        if !log.damaged.is_empty() {
            let copy = std::fs::copy(self.file("log.jsonl"), self.file(DAMAGED_LOG));
            copy.map_err(|source| self.unwritable(DAMAGED_LOG, source))?;
        }
        log.lines.retain(|line| line.step <= step);
        let text: String = log
            .lines
            .iter()
            .map(|line| serde_json::to_string(line).expect("a line is numbers and names") + "\n")
            .collect();
        self.write("log.jsonl", text.as_bytes())?;
        self.write_events(&log.lines)?;
        Ok(log)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn at(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        write_atomically(&self.file(name), bytes).map_err(|source| self.unwritable(name, source))
    }

    fn unwritable(&self, name: &str, source: std::io::Error) -> FolderError {
        FolderError::Unwritable {
            path: self.at(name),
            source,
        }
    }
}

/// Seconds since 1970, as TensorBoard counts them.
fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

/// The folder of a run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is a run already.
    #[error("{path}: this folder already holds a run; continue it with --resume, or name another folder")]
    Taken {
        /// The folder.
        path: String,
    },
    /// There are files of something else.
    #[error(
        "{path}: this folder holds `{file}` and no run; name a new or empty folder, \
         so that no file is overwritten"
    )]
    Foreign {
        /// The folder.
        path: String,
        /// One of the files.
        file: String,
    },
    /// Another process trains in the folder.
    #[error("{path}: {process} is training in this folder; wait until it ends, or name another folder")]
    Held {
        /// The folder.
        path: String,
        /// Who it is.
        process: String,
    },
    /// There is no run.
    #[error("{path}: this folder holds no run: its {file} cannot be read: {source}")]
    NoRun {
        /// The folder.
        path: String,
        /// The file that is missing.
        file: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file of the run is damaged.
    #[error("{path}: this file of the run is damaged: {why}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file cannot be written.
    #[error("{path}: the file cannot be written: {source}; free some disk space or name another folder")]
    Unwritable {
        /// The file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A checkpoint cannot be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A quantised model cannot be trained.
    #[error(
        "{path}: this folder holds a quantised model, whose weights of few bits cannot be trained; train the run that it was \
         made of"
    )]
    Packed {
        /// The folder.
        path: String,
    },
    /// A number of the recipe makes no sense.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The recipe names a model that cannot be made.
    #[error(transparent)]
    Model(#[from] ModelError),
}
