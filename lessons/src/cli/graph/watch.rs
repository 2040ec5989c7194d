//! `--watch`: a command runs again whenever a file changes that it reads.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use clap::Args;
use tapegrad_autograd::language::parse::parse_file;

use super::super::error::CliError;
use super::super::output::Output;
use super::super::signals::{INTERRUPTED, StopRequest};
use super::files::open;

/// How often the files are looked at; a person hardly notices the delay.
const PAUSE: Duration = Duration::from_millis(200);

/// What clears a terminal and goes to its first line.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Whether a command runs once or again and again.
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// Run again after each change of the program, of a file that it uses, or of the values; Ctrl-C ends it
    #[arg(long)]
    watch: bool,
}

impl WatchArgs {
    /// Runs once, or again after each change of these files and of those that the program uses.
    pub fn run(
        &self,
        program: &Path,
        others: &[&Path],
        memory: u64,
        out: &Output<'_>,
        once: impl Fn() -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        if !self.watch {
            return once();
        }
        let mut given = std::iter::once(program).chain(others.iter().copied());
        if given.any(|file| file.as_os_str() == "-") {
            let error = CliError::option("standard input cannot be watched", "give the name of a file");
            return Err(error);
        }
        let stop = StopRequest::listen()?;
        loop {
            let others = others.iter().map(|file| file.to_path_buf());
            let files: Vec<PathBuf> = others.chain(read_by(program, memory)).collect();
            // The state is taken before the run, so that a change during the run is seen.
            let state = states(&files);
            if std::io::stdout().is_terminal() && !out.is_json() {
                out.text(CLEAR)?;
            }
            match once() {
                Err(error) if !error.is_reported() && out.is_json() => out.document(&error.document())?,
                Err(error) if !error.is_reported() => out.text(&error.to_string())?,
                _ => {}
            }
            while states(&files) == state {
                if stop.is_set() {
                    return Err(CliError::reported().exit(INTERRUPTED));
                }
                sleep(PAUSE);
            }
        }
    }
}

/// The files of a program, also those that it names and that are not there yet.
fn read_by(program: &Path, memory: u64) -> Vec<PathBuf> {
    let mut files = vec![program.to_path_buf()];
    if let Ok(opened) = open(program, memory) {
        let folder = program.parent().unwrap_or(Path::new(""));
        for number in 0..opened.sources.files().len() {
            let uses = parse_file(&opened.sources, number).file.uses;
            files.extend(uses.iter().map(|used| folder.join(&used.name)));
        }
    }
    files
}

/// When each file was changed last, and its length; nothing for one that is not there.
fn states(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let state = |file: &PathBuf| {
        let found = file.metadata().ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    files.iter().map(state).collect()
}
