//! The command `tapegrad graph` from its arguments to its output and exit code.

mod mistakes;
mod run;
mod show;

use std::path::Path;

use serde_json::Value;

use crate::{file, tapegrad};

/// The exit code, standard output and standard error of `tapegrad graph ARGS`.
fn graph(args: &[&str]) -> (u8, String, String) {
    tapegrad(&[&["graph"], args].concat())
}

/// The output of a command that must succeed.
fn printed(args: &[&str]) -> String {
    let (code, stdout, stderr) = graph(args);
    assert_eq!((code, stderr.as_str()), (0, ""), "{args:?}\n{stdout}");
    stdout
}

fn document(args: &[&str]) -> Value {
    serde_json::from_str(&printed(&[args, &["--json"]].concat())).unwrap()
}

/// A program of the project.
fn program(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/graphs/{name}.cg"));
    path.to_str().unwrap().to_string()
}
