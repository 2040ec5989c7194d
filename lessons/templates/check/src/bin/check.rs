//! `cargo run` checks the modules of this crate; `tapegrad check --module FOLDER` does so in a process that it watches.

use std::process::ExitCode;
use std::sync::Arc;

use tapegrad_autograd::check::program;

fn main() -> ExitCode {
    program::main(vec![Arc::new(my_module::subject())])
}
