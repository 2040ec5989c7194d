//! The tests of the lessons and of the command, linked as one program: `cargo test --test it browser::` runs one part.

mod assignment;
mod bench;
mod browser;
mod command;
#[cfg(unix)]
mod documents;
mod evaluation;
mod exchange;
mod generation;
mod graph;
mod learn;
mod options;
mod plan;
mod program_model;
mod runs;
#[cfg(unix)]
mod sigkill;
mod source_mutants;
mod template;
mod tokenize;
mod train;
mod two_layer;

// The crate that students copy names itself so in its own test.
extern crate self as my_module;
pub use template::subject;

use std::ffi::OsString;
use std::path::Path;

/// The exit code, standard output and standard error of `tapegrad ARGS`.
fn tapegrad(args: &[&str]) -> (u8, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = ["tapegrad"].iter().chain(args).map(OsString::from);
    let code = tapegrad_lessons::cli::run(args, &mut stdout, &mut stderr);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (code, text(stdout), text(stderr))
}

/// The same from the program itself, whose standard error holds warnings too.
fn program(args: &[&str]) -> (u8, String, String) {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_tapegrad"))
        .args(args)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = done
        .status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .expect("it was not killed");
    (code, text(done.stdout), text(done.stderr))
}

/// A file with this text, and its path.
fn file(name: &str, text: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}
