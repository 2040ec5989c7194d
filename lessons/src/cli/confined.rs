//! `tapegrad confined`: the launcher of untrusted programs. The grader starts it; it is no command for people.

use clap::Args;

use super::error::{CliError, ErrorCode};
use crate::assignment::grade::isolation::Confinement;

/// Give up all rights but those that are named, and become another program
#[derive(Args, Debug)]
#[command(
    hide = true,
    after_help = "Started by tapegrad assignment grade; see there.\n  tapegrad confined TEXT"
)]
pub struct Confined {
    /// The program, and what is left to it, as JSON
    confinement: String,
}

impl Confined {
    /// Becomes the program; comes back only if that is impossible, or nothing was asked for but to try.
    pub fn run(&self) -> Result<(), CliError> {
        Confinement::enter(&self.confinement).map_err(|reason| CliError::new(ErrorCode::NoTools, reason))
    }
}
