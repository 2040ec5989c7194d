//! Compiles a submission into a program that answers questions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::isolation::{Isolation, Role};
use super::output;
use super::process::{ConfinedProcess, Limits};
use crate::assignment::error::AssignmentError;
use crate::assignment::exam::{Assignment, COMPILING};
use crate::assignment::project::Libraries;

/// The source that stands between a submission and the grader, compiled with each submission.
pub const SERVER: &str = include_str!("server.rs");
/// The text form of arrays, compiled into both programs.
pub const WIRE: &str = include_str!("wire.rs");

const MAIN: &str = "//! Answers questions about a submission.
mod server;
mod respond;
mod wire;

fn main() {
    server::serve(&server::Handlers { make: respond::make, call: respond::call });
}
";

/// The result of compiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiled {
    Program(PathBuf),
    /// Why there is none, for the student.
    Failed(String),
}

/// Whether warnings of a submission are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warnings {
    Ignored,
    /// Warnings are errors.
    Denied,
}

/// How things are compiled: against which libraries, within which limits.
#[derive(Clone, Copy, Debug)]
pub struct Compilation<'a> {
    pub libraries: &'a Libraries,
    pub isolation: &'a Isolation,
    pub limits: Limits,
}

impl<'a> Compilation<'a> {
    /// The compilation of what is the lecturer's own.
    pub fn trusted(libraries: &'a Libraries) -> Self {
        Self {
            libraries,
            isolation: &Isolation::Unisolated,
            limits: COMPILING,
        }
    }

    /// Compiles the submission that lies in `folder/src/lib.rs`.
    ///
    /// Only the compiler runs, not cargo: there is nothing in a submission that could change how it is compiled.
    ///
    /// **Errors** if the compiler cannot be started; what is wrong with the submission is part of the result.
    pub fn submission(
        &self,
        assignment: &Assignment,
        folder: &Path,
        warnings: Warnings,
    ) -> Result<Compiled, AssignmentError> {
        let mut lib = self.libraries.rustc();
        lib.args(["--crate-type", "rlib", "--crate-name", "submission", "--out-dir", "out"])
            .args(["-C", "opt-level=1", "-C", "debug-assertions=on", "-D", "unsafe_code"])
            .args(match warnings {
                Warnings::Ignored => ["--cap-lints", "warn"],
                Warnings::Denied => ["-D", "warnings"],
            })
            .arg("src/lib.rs");
        if let Compiled::Failed(reason) = self.run(lib, folder)? {
            return Ok(Compiled::Failed(reason));
        }
        for (name, text) in [
            ("main.rs", MAIN),
            ("server.rs", SERVER),
            ("wire.rs", WIRE),
            ("respond.rs", assignment.respond),
        ] {
            write(&folder.join("server"), name, text)?;
        }
        let mut program = self.libraries.rustc();
        program
            .args(["--extern", "submission=out/libsubmission.rlib"])
            // Nothing in the program tells where on this machine it was built.
            .args(["--crate-name", "server", "--out-dir", "out", "-C", "strip=symbols"])
            .args(["--cap-lints", "allow", "-C", "opt-level=1", "server/main.rs"]);
        Ok(match self.run(program, folder)? {
            Compiled::Program(_) => Compiled::Program(folder.join("out").join("server")),
            Compiled::Failed(reason) => Compiled::Failed(format!(
                "the submission compiles, but not with the tests: names or types that tests rely on were changed\n{reason}"
            )),
        })
    }

    /// Runs a compiler in a folder; the program is the folder if it succeeds.
    ///
    /// **Errors** if the compiler cannot be started.
    pub fn run(&self, mut compiler: Command, folder: &Path) -> Result<Compiled, AssignmentError> {
        let mut allowed = self.libraries.allowed();
        allowed.writable.push(folder.to_path_buf());
        // The compiler's own temporary files lie where it may write.
        compiler.current_dir(folder).env("TMPDIR", folder);
        let mut confined = self.isolation.confine(&compiler, Role::Compiler, allowed, &self.limits);
        confined
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let running = self.isolation.spawn(&mut confined, &self.limits);
        watched(
            running.map_err(|error| AssignmentError::no_tool("rustc", &error))?,
            folder,
            &self.limits,
        )
    }
}

fn watched(mut running: ConfinedProcess, folder: &Path, limits: &Limits) -> Result<Compiled, AssignmentError> {
    let said = Arc::new(Mutex::new(Vec::new()));
    let (to, events) = channel();
    if let Some(stderr) = running.child().stderr.take() {
        let (said, most) = (Arc::clone(&said), limits.output_bytes);
        thread::spawn(move || output::beginning(stderr, &said, most, &to));
    }
    let deadline = Instant::now() + limits.time;
    let reason = loop {
        // Any event here is a flood; a closed channel is the usual end.
        match events.recv_timeout(Duration::from_millis(20)) {
            Ok(_) => break Some("the compiler was stopped: it had too much to say".to_string()),
            Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(1)),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if running.has_ended() {
            break None;
        }
        if Instant::now() > deadline {
            let seconds = limits.time.as_secs();
            break Some(format!(
                "the compiler was stopped: it was not done after {seconds} seconds"
            ));
        }
    };
    let status = running.end();
    let said = said
        .lock()
        .map(|said| String::from_utf8_lossy(&said).to_string())
        .unwrap_or_default();
    Ok(match (reason, status) {
        (Some(reason), _) => Compiled::Failed(reason),
        (None, Ok(status)) if status.success() => Compiled::Program(folder.to_path_buf()),
        (None, _) => Compiled::Failed(first_lines(&said)),
    })
}

/// The first lines of the compiler's messages.
fn first_lines(said: &str) -> String {
    const LINES_MAX: usize = 40;
    // When linking fails, the compiler prints its command line, with places of this machine.
    let is_said = |line: &&str| !line.starts_with("error: linking with");
    let mut lines: Vec<&str> = said.lines().take_while(is_said).collect();
    if lines.len() < said.lines().count() {
        lines.push("error: the program cannot be linked");
    }
    let mut text = lines[..lines.len().min(LINES_MAX)].join("\n");
    if lines.len() > LINES_MAX {
        text += "\n(there is more)";
    }
    text
}

/// Writes a file and the folders above it.
pub fn write(folder: &Path, name: &str, text: &str) -> Result<(), AssignmentError> {
    let file = folder.join(name);
    let above = file.parent().unwrap_or(folder);
    fs::create_dir_all(above)
        .and_then(|()| fs::write(&file, text))
        .map_err(|error| AssignmentError::file(file.display(), &error))
}
