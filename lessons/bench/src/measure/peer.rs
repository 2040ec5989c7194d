//! Another framework in a process of its own, which does the same work when it is told to.
//!
//! The command is started once for each workload, as `COMMAND NAME --threads N`. It prepares the work and prints one
//! line, its greeting; for each line it is given, a number of repetitions, it runs so many and prints one line with
//! the seconds of each; at the end of its input it ends. Lines are JSON:
//!
//! ```text
//! > {"peer":"PyTorch eager","version":"2.15.0","notes":"..."}
//! < 3
//! > {"seconds":[0.0191,0.0188,0.0187]}
//! ```
//!
//! A peer that has nothing to do must not compute: worker threads of OpenMP spin for a while after each parallel loop
//! and would take the cores from us. So on Unix the whole process is stopped (SIGSTOP) until its turn comes, and
//! continued (SIGCONT) then; that needs no trust in any of its settings.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::BenchError;

/// Another framework, ready to run a workload.
#[derive(Debug)]
pub struct Peer {
    command: String,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    greeting: PeerInfo,
}

/// A peer's name and version, from the first line that it writes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
pub struct PeerInfo {
    /// Its name.
    pub peer: String,
    pub version: String,
    /// Notes on how it does the work.
    #[serde(default)]
    pub notes: String,
}

/// The measurements of a peer in one turn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Turn {
    /// The seconds of each repetition.
    pub seconds: Vec<f64>,
    /// A result to be shown beside the time.
    #[serde(default)]
    pub note: Option<String>,
}

impl Peer {
    /// Starts a peer on a workload and waits until it is ready; it is stopped then.
    ///
    /// The words of the command are what stands between its blanks.
    ///
    /// **Errors** if the command cannot be started or does not greet.
    pub fn start(command: &str, workload: &str, threads: usize) -> Result<Self, BenchError> {
        let wrong = |problem: String| BenchError::Peer {
            command: command.to_string(),
            problem,
        };
        let mut words = command.split_whitespace();
        let program = words.next().ok_or_else(|| wrong("is empty".to_string()))?;
        let threads = threads.to_string();
        let mut child = Command::new(program)
            .args(words)
            .args([workload, "--threads", &threads])
            .envs(["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"].map(|name| (name, &threads)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| wrong(format!("cannot be started: {error}")))?;
        let input = child.stdin.take().expect("its standard input was asked to be a pipe");
        let output = child.stdout.take().expect("its standard output was asked to be a pipe");
        let mut peer = Self {
            command: command.to_string(),
            child,
            input,
            output: BufReader::new(output),
            greeting: PeerInfo {
                peer: String::new(),
                version: String::new(),
                notes: String::new(),
            },
        };
        peer.greeting = peer.answer()?;
        peer.signal(Signal::Stop)?;
        Ok(peer)
    }

    /// Its name and version.
    pub fn greeting(&self) -> &PeerInfo {
        &self.greeting
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Lets it run some repetitions.
    ///
    /// **Errors** if it does not answer with the seconds of so many.
    pub fn turn(&mut self, reps: usize) -> Result<Turn, BenchError> {
        self.signal(Signal::Continue)?;
        writeln!(self.input, "{reps}").map_err(|error| self.wrong(format!("does not listen: {error}")))?;
        let turn: Turn = self.answer()?;
        self.signal(Signal::Stop)?;
        if turn.seconds.len() != reps || turn.seconds.iter().any(|&seconds| !(seconds > 0.0)) {
            return Err(self.wrong(format!(
                "was asked for {reps} repetitions and answered with the seconds {}",
                turn.seconds.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
            )));
        }
        Ok(turn)
    }

    fn answer<A: DeserializeOwned>(&mut self) -> Result<A, BenchError> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        match read {
            Err(error) => Err(self.wrong(format!("cannot be read: {error}"))),
            Ok(0) => Err(self.wrong("ended without an answer; what it says of that stands above".to_string())),
            Ok(_) => serde_json::from_str(&line).map_err(|error| {
                self.wrong(format!(
                    "answers `{}`, which is not a line of the protocol: {error}",
                    line.trim()
                ))
            }),
        }
    }

    fn wrong(&self, problem: String) -> BenchError {
        BenchError::Peer {
            command: self.command.clone(),
            problem,
        }
    }

    #[cfg(unix)]
    fn signal(&self, signal: Signal) -> Result<(), BenchError> {
        let signal = match signal {
            Signal::Stop => rustix::process::Signal::STOP,
            Signal::Continue => rustix::process::Signal::CONT,
        };
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal)
            .map_err(|error| self.wrong(format!("cannot be stopped and continued: {error}")))
    }

    #[cfg(not(unix))]
    fn signal(&self, _: Signal) -> Result<(), BenchError> {
        Ok(())
    }
}

/// Whether the process may compute.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Stop,
    Continue,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It has nothing to lose; that it is gone already is no problem.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
