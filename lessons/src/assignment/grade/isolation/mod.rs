//! Isolation: what a submission and its compiler can reach.
//!
//! An untrusted program is not started by the grader but by a launcher, which is this program once more. The launcher
//! gives up everything that the program must not have, and then becomes the program:
//!
//! - **files**: Landlock leaves the files that the program needs, and no others (`files`),
//! - **other processes, network**: seccomp refuses the system calls for them (`calls`); Landlock hides the memory and
//!   the environment of every process outside,
//! - **the user**: root becomes nobody, where a submission runs,
//! - **limits**: memory, processor time and files written are bounded,
//! - **environment, descriptors**: nothing is inherited but three pipes.
//!
//! Both mechanisms work for any user and inside most containers, where new namespaces are forbidden.
//! Where the system has neither, nothing is started ([`Isolation::find`]).

#[cfg(target_os = "linux")]
mod calls;
mod confinement;
#[cfg(target_os = "linux")]
mod files;

pub use confinement::{Confinement, Role};

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::{ConfinedProcess, Limits};
use crate::assignment::error::AssignmentError;

/// How untrusted programs are started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// By this launcher, which can reach only what it is told to leave.
    Launcher(PathBuf),
    /// As they are, with all that the user may do: for programs that are trusted.
    Unisolated,
}

/// The subcommand of `tapegrad` that is the launcher.
pub const SUBCOMMAND: &str = "confined";

impl Isolation {
    /// The isolation of this system, tried out.
    ///
    /// **Errors** with the reason where it has none.
    pub fn find() -> Result<Self, AssignmentError> {
        let launcher = launcher()?;
        let nothing = Confinement::probe();
        let output = command(&launcher, &nothing)
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .map_err(|error| AssignmentError::file(launcher.display(), &error))?;
        match output.status.success() {
            true => Ok(Self::Launcher(launcher)),
            false => {
                let said = String::from_utf8_lossy(&output.stderr);
                let first = said.lines().next().unwrap_or("the launcher does not start");
                let reason = first.split_once(": ").map_or(first, |(_, reason)| reason);
                Err(AssignmentError::NotIsolated {
                    reason: reason.to_string(),
                })
            }
        }
    }

    /// The command that starts a program within a confinement; environment and folder of the program are kept.
    pub fn confine(&self, program: &Command, role: Role, allowed: Allowed, limits: &Limits) -> Command {
        let text = |text: &std::ffi::OsStr| text.to_os_string();
        let (path, args) = (text(program.get_program()), program.get_args().map(text));
        let mut confined = match self {
            Self::Unisolated => {
                let mut plain = Command::new(path);
                plain.args(args);
                plain
            }
            Self::Launcher(launcher) => {
                let confinement = Confinement::new(role, path, args.collect(), allowed, *limits);
                command(launcher, &confinement)
            }
        };
        confined.env_clear();
        for (name, value) in program.get_envs() {
            confined.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = program.get_current_dir() {
            confined.current_dir(folder);
        }
        confined
    }
}

impl Isolation {
    /// Starts a command that [`confine`](Self::confine) gave, within the same limits.
    ///
    /// **Errors** if it cannot be started, or the limits cannot be set.
    pub(super) fn spawn(&self, command: &mut Command, limits: &Limits) -> io::Result<ConfinedProcess> {
        match self {
            Self::Launcher(_) => ConfinedProcess::spawn(command),
            Self::Unisolated => ConfinedProcess::spawn_limited(command, limits),
        }
    }
}

/// The files that a confined program may use, besides those of the system that every program needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Allowed {
    /// Files, or folders with all that is in them, that may be read.
    pub readable: Vec<PathBuf>,
    /// Folders whose entries may be listed; what is in them may not be read.
    pub listable: Vec<PathBuf>,
    /// Folders in which everything may be read and written.
    pub writable: Vec<PathBuf>,
    /// Programs that may be run, or folders of them.
    pub executable: Vec<PathBuf>,
}

fn command(launcher: &Path, confinement: &Confinement) -> Command {
    let mut command = Command::new(launcher);
    command.arg(SUBCOMMAND).arg(confinement.text());
    command
}

/// The launcher: this program, or for a test program the `tapegrad` that was built with it.
fn launcher() -> Result<PathBuf, AssignmentError> {
    let this = std::env::current_exe().map_err(|error| AssignmentError::file("this program", &error))?;
    let tests = this.parent().filter(|folder| folder.ends_with("deps"));
    let beside = tests
        .and_then(Path::parent)
        .map(|folder| folder.join(format!("tapegrad{}", std::env::consts::EXE_SUFFIX)));
    Ok(beside.filter(|program| program.is_file()).unwrap_or(this))
}
