//! What an editor asks about a text, on the programs of the project and on broken ones.

mod broken;
mod completing;
mod hovering;
mod naming;
mod renaming;

use tapegrad_autograd::language::edit::Study;
use tapegrad_autograd::language::limits;

use crate::programs;

/// A text that uses no files.
fn study(text: &str) -> Study {
    let alone = &mut |_: &str| Err("this text stands alone".to_string());
    Study::of("text.cg", text, limits::MEMORY, alone)
}

/// A program of the project.
fn program(name: &str) -> String {
    let found = programs::all().into_iter().find(|(own, _)| own == name);
    found.unwrap().1
}

/// The text without its `|`, and the byte at which that stood.
fn cursor(text: &str) -> (String, u32) {
    let byte = text.find('|').expect("a `|` says where the cursor is");
    (text.replacen('|', "", 1), u32::try_from(byte).unwrap())
}
