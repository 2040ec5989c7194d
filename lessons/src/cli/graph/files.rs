//! The files of a program, read within limits: what a text names may be a device, a pipe, or larger than memory.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use tapegrad_autograd::language::{Opened, open_within};

use super::super::error::{CliError, ErrorCode};

/// How many bytes a program may have, in one file and in all files that it uses.
const PROGRAM_MAX: u64 = 16_000_000;

/// The text of a program, or of standard input for `-`.
pub fn read(path: &Path) -> Result<String, CliError> {
    read_within(path, PROGRAM_MAX)
}

/// The text of a file, or of standard input for `-`, which may have so many bytes; a byte order mark is left out.
pub fn read_within(path: &Path, bytes_max: u64) -> Result<String, CliError> {
    let wrong = |why: String| CliError::new(ErrorCode::UnreadableFile, why).at(path.display());
    let unreadable = |error: std::io::Error| wrong(format!("the file cannot be read: {error}"));
    let text = if path.as_os_str() == "-" {
        text_of(std::io::stdin().lock(), bytes_max)
    } else {
        File::open(path).and_then(|file| text_of(file, bytes_max))
    };
    let text = text.map_err(unreadable)?;
    let text = text.ok_or_else(|| wrong(format!("the file has more than {bytes_max} bytes, which are allowed")))?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_string))
}

/// All that can be read; nothing if that is more than so many bytes.
fn text_of(from: impl Read, bytes_max: u64) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    from.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Ok(None);
    }
    let wrong = |error| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
    String::from_utf8(bytes).map(Some).map_err(wrong)
}

/// A file with the files that it uses, which are looked for beside it; what is made of it may take so much memory.
pub fn open(path: &Path, memory: u64) -> Result<Opened, CliError> {
    Ok(open_text(path, &read(path)?, memory))
}

/// A text as that of this file, with the files that it uses.
pub fn open_text(path: &Path, text: &str, memory: u64) -> Opened {
    let mut used = UsedFiles::of(path, text);
    open_within(&path.display().to_string(), text, memory, &mut |name| used.load(name))
}

/// What reads the files beside this one, each time that it is asked.
pub fn beside(path: &Path) -> impl FnMut(&str) -> Result<String, String> {
    move |name| UsedFiles::of(path, "").load(name)
}

/// The files that a program uses.
struct UsedFiles {
    folder: PathBuf,
    /// The files that were read, whatever they were called.
    read: BTreeSet<PathBuf>,
    bytes_left: u64,
}

impl UsedFiles {
    fn of(path: &Path, text: &str) -> Self {
        Self {
            folder: path.parent().unwrap_or(Path::new("")).to_path_buf(),
            read: path.canonicalize().into_iter().collect(),
            bytes_left: PROGRAM_MAX.saturating_sub(text.len() as u64),
        }
    }

    /// The text of a file; empty for one that was read before under another name.
    fn load(&mut self, name: &str) -> Result<String, String> {
        let path = self.folder.join(name);
        let sentence = |error: std::io::Error| error.to_string();
        let found = path.metadata().map_err(sentence)?;
        if !found.is_file() {
            return Err("it is not a file".to_string());
        }
        if !self.read.insert(path.canonicalize().map_err(sentence)?) {
            return Ok(String::new());
        }
        let text = File::open(&path).and_then(|file| text_of(file, self.bytes_left));
        let text = text.map_err(sentence)?;
        let text = text.ok_or_else(|| format!("a program has at most {PROGRAM_MAX} bytes in all of its files"))?;
        self.bytes_left -= text.len() as u64;
        Ok(text)
    }
}
