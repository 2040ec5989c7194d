//! One owner of a run's folder at a time.
//!
//! Two processes that train in one folder would overwrite each other's checkpoints. The owner holds a lock on a file of
//! the folder; the system gives it back when the process ends, however it ends, so a killed run never stays locked.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The name of the file that is locked; it holds the process id of its owner.
pub(super) const FILE: &str = "run.lock";

/// The right to write to a folder, until it is dropped.
#[derive(Debug)]
pub(super) struct Owner {
    path: PathBuf,
    _file: File,
}

/// Why a folder is not ours.
pub(super) enum NotOurs {
    /// Another process trains in it; its id, if it can be read.
    Held(Option<u32>),
    /// The lock cannot be taken.
    Failed(std::io::Error),
}

impl Owner {
    /// Takes a folder.
    pub fn of(folder: &Path) -> Result<Self, NotOurs> {
        let path = folder.join(FILE);
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = options.open(&path).map_err(NotOurs::Failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let _ = file.read_to_string(&mut text);
                    return Err(NotOurs::Held(text.trim().parse().ok()));
                }
                Err(TryLockError::Error(error)) => return Err(NotOurs::Failed(error)),
            }
            // An owner before us may have removed the file between our two steps: then it is nobody's.
            if is_at(&file, &path) {
                let write = |file: &mut File| {
                    file.set_len(0)?;
                    file.rewind()?;
                    write!(file, "{}", std::process::id())
                };
                write(&mut file).map_err(NotOurs::Failed)?;
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Before the lock is given back; a file that stays behind is unlocked and harms nobody.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// True if a path still leads to an open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    // An open file cannot be removed there.
    true
}
