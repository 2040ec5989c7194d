//! What a launcher is told: the program to become, and what is left to it.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Allowed;
use crate::assignment::exam::TESTING;
use crate::assignment::grade::Limits;
#[cfg(target_os = "linux")]
use crate::assignment::grade::process;

/// What a confined program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// A compiler, which starts a linker.
    Compiler,
    /// A submission, which starts nothing.
    Submission,
    /// Nothing: the launcher ends when it is confined.
    Probe,
}

/// A program and what is left to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    role: Role,
    program: OsString,
    args: Vec<OsString>,
    allowed: Allowed,
    limits: Limits,
}

impl Confinement {
    /// A program with its arguments, the files that it may use, and its limits.
    pub fn new(role: Role, program: OsString, args: Vec<OsString>, allowed: Allowed, limits: Limits) -> Self {
        Self {
            role,
            program,
            args,
            allowed,
            limits,
        }
    }

    /// Nothing but the confinement itself.
    pub fn probe() -> Self {
        Self::new(Role::Probe, OsString::new(), Vec::new(), Allowed::default(), TESTING)
    }

    /// The argument that tells it to a launcher.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a confinement holds texts only")
    }

    /// Gives up everything but what is left, and becomes the program.
    ///
    /// **Errors** with the reason why this system cannot confine it, or why it cannot be started; it comes back without
    /// an error for a [`Role::Probe`] only.
    pub fn enter(text: &str) -> Result<(), String> {
        let confinement: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        confinement.become_the_program()
    }

    #[cfg(target_os = "linux")]
    fn become_the_program(&self) -> Result<(), String> {
        use std::os::unix::process::CommandExt;
        // Root keeps its rights over files through these restrictions, so a submission does not stay root.
        const NOBODY: u32 = 65534;
        process::limit_this(&self.limits).map_err(|error| format!("limits: {error}"))?;
        super::files::restrict(&self.allowed, self.program.as_ref(), self.role)?;
        super::calls::restrict(self.role)?;
        if self.role == Role::Probe {
            return Ok(());
        }
        let mut program = std::process::Command::new(&self.program);
        program.args(&self.args);
        if self.role == Role::Submission && rustix::process::geteuid().is_root() {
            program.gid(NOBODY).uid(NOBODY);
        }
        Err(format!(
            "{} does not start: {}",
            PathBuf::from(&self.program).display(),
            program.exec()
        ))
    }

    #[cfg(not(target_os = "linux"))]
    fn become_the_program(&self) -> Result<(), String> {
        Err(format!(
            "{} has no isolation that this program knows; Linux has",
            std::env::consts::OS
        ))
    }
}
