//! The command `tapegrad`.

#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    ExitCode::from(tapegrad_lessons::cli::run(
        std::env::args_os(),
        &mut stdout,
        &mut stderr,
    ))
}
