//! A session with the program that holds a submission: questions, answers, and failures.
//!
//! The score comes from the answers alone: this side knows what is right, the other side is only asked. To print a
//! result, to write a file, to end with exit code 0 answers nothing. The first thing that goes wrong ends the session:
//! from then on every question fails.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ndarray::ArrayD;

use super::isolation::{Allowed, Isolation, Role};
use super::output::{self, ProgramOutput};
use super::process::{self, ConfinedProcess, Limits};
use super::verdict::Failure;
use super::wire;

/// The time between two looks whether the program still runs.
const LOOK: Duration = Duration::from_millis(50);

/// A conversation with one program.
#[derive(Debug)]
pub struct Session {
    program: ConfinedProcess,
    questions: Sender<String>,
    events: Receiver<ProgramOutput>,
    stderr: Arc<Mutex<Vec<u8>>>,
    stderr_is_closed: Receiver<()>,
    limits: Limits,
    time_left: Duration,
    failure: Option<Failure>,
    saw_nan: bool,
    modules: usize,
}

impl Session {
    /// Starts a program with these arguments, in this folder, which it may list, with nothing of our environment.
    ///
    /// **Errors** if it cannot be started.
    pub fn start(
        program: &Path,
        args: &[String],
        folder: &Path,
        limits: Limits,
        isolation: &Isolation,
    ) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(args).current_dir(folder);
        let allowed = Allowed {
            listable: vec![folder.to_path_buf()],
            ..Allowed::default()
        };
        let mut command = isolation.confine(&command, Role::Submission, allowed, &limits);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut program = isolation.spawn(&mut command, &limits)?;
        let child = program.child();
        let gone = || io::Error::other("a program that was just started has no pipes");
        let stdin = child.stdin.take().ok_or_else(gone)?;
        let stdout = child.stdout.take().ok_or_else(gone)?;
        let from_stderr = child.stderr.take().ok_or_else(gone)?;
        let (questions, asked) = channel();
        // A program that does not read blocks its writer, so a thread of its own writes.
        thread::spawn(move || write_all(stdin, &asked));
        let word = format!("{:016x}{:016x} ", random_number(), random_number());
        let (to, events) = channel();
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let (closed, stderr_is_closed) = channel();
        let (kept, to_too, noise_max) = (Arc::clone(&stderr), to.clone(), limits.output_bytes);
        thread::spawn(move || {
            output::beginning(from_stderr, &kept, noise_max, &to_too);
            drop(closed);
        });
        let mut session = Self {
            program,
            questions,
            events,
            stderr,
            stderr_is_closed,
            limits,
            time_left: limits.time,
            failure: None,
            saw_nan: false,
            modules: 0,
        };
        session.send(word.trim_end());
        thread::spawn(move || output::replies(stdout, &word, noise_max, &to));
        Ok(session)
    }

    /// The first failure, if there was one.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// True if an answer held something that is not a number.
    pub fn saw_nan(&self) -> bool {
        self.saw_nan
    }

    /// The number of the module that was just made.
    pub fn next_module(&mut self) -> usize {
        self.modules += 1;
        self.modules - 1
    }

    /// Asks and waits for the answer; `about` names the question for people.
    ///
    /// **Errors** with what went wrong, now or before.
    pub fn ask(&mut self, question: &str, about: &str) -> Result<Vec<ArrayD<f64>>, Failure> {
        let answer = self.ask_text(question, about, &mut |_| {}).and_then(|text| {
            let question = about.to_string();
            wire::arrays(&text).ok_or(Failure::Garbled { question })
        });
        match &answer {
            Ok(arrays) => self.saw_nan |= arrays.iter().flatten().any(|x| x.is_nan()),
            Err(failure) => self.failure = Some(failure.clone()),
        }
        answer
    }

    /// The same for an answer that is a text; `told` hears what the program says of its way there.
    ///
    /// **Errors** as [`ask`](Self::ask).
    pub fn ask_text(&mut self, question: &str, about: &str, told: &mut dyn FnMut(&str)) -> Result<String, Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.send(question);
        let answer = loop {
            let reply = match self.reply(about) {
                Ok(reply) => reply,
                Err(failure) => break Err(failure),
            };
            match reply.strip_prefix("at ") {
                Some(place) => told(place),
                None => break read(&reply, about),
            }
        };
        if let Err(failure) = &answer {
            self.failure = Some(failure.clone());
        }
        answer
    }

    fn send(&mut self, line: &str) {
        // If the writer is gone, so is the program, and the missing reply says so.
        let _: Result<(), _> = self.questions.send(format!("{line}\n"));
    }

    fn reply(&mut self, about: &str) -> Result<String, Failure> {
        let question = about.to_string();
        loop {
            let since = Instant::now();
            let events = self.events.recv_timeout(self.time_left.min(LOOK));
            self.time_left = self.time_left.saturating_sub(since.elapsed());
            match events {
                Ok(ProgramOutput::Reply(reply)) => return Ok(reply),
                Ok(ProgramOutput::Flood) => {
                    let kibibytes = self.limits.output_bytes >> 10;
                    return Err(Failure::Flooded { question, kibibytes });
                }
                Ok(ProgramOutput::Closed) | Err(RecvTimeoutError::Disconnected) => return Err(self.ended(question)),
                Err(RecvTimeoutError::Timeout) if self.time_left.is_zero() => {
                    let seconds = self.limits.time.as_secs();
                    return Err(Failure::TimedOut { question, seconds });
                }
                Err(RecvTimeoutError::Timeout) if self.program.has_ended() => {
                    // It may have answered just before it ended.
                    match self.events.recv_timeout(LOOK) {
                        Ok(ProgramOutput::Reply(reply)) => return Ok(reply),
                        _ => return Err(self.ended(question)),
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Why there is no answer any more.
    fn ended(&mut self, question: String) -> Failure {
        // A program that closed its output and runs on has no more to say either.
        let deadline = Instant::now() + LOOK * 4;
        while !self.program.has_ended() && Instant::now() < deadline {
            thread::sleep(LOOK / 10);
        }
        let _: Result<(), _> = self.stderr_is_closed.recv_timeout(LOOK * 4);
        let said = self
            .stderr
            .lock()
            .map(|said| String::from_utf8_lossy(&said).to_string());
        let said = said.unwrap_or_default();
        let status = self.program.end();
        if said.contains("memory allocation of") {
            let mebibytes = self.limits.memory_bytes >> 20;
            return Failure::OutOfMemory { question, mebibytes };
        }
        if status.as_ref().is_ok_and(|status| process::used_up_its_time(*status)) {
            let seconds = self.limits.time.as_secs();
            return Failure::TimedOut { question, seconds };
        }
        let how = match status {
            // A program without `unsafe` touches memory that is not its own in one way only.
            Ok(status) if said.contains("has overflowed its stack") || process::touched_foreign_memory(status) => {
                "overflowed its stack: look for a recursion that never ends".to_string()
            }
            Ok(status) => process::how_it_ended(status),
            Err(_) => "is gone".to_string(),
        };
        Failure::Ended { question, how }
    }
}

/// Writes questions until there are no more, or the program is gone.
fn write_all(mut stdin: ChildStdin, questions: &Receiver<String>) {
    let mut write = |question: String| stdin.write_all(question.as_bytes()).and_then(|()| stdin.flush());
    while questions.recv().is_ok_and(|question| write(question).is_ok()) {}
}

/// A number that cannot be guessed, from the source that protects hash maps.
fn random_number() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The text of an answer.
fn read(reply: &str, about: &str) -> Result<String, Failure> {
    let question = about.to_string();
    let (kind, rest) = reply.split_once(' ').unwrap_or((reply, ""));
    match kind {
        "ok" => Ok(rest.to_string()),
        "panic" => {
            let message = rest.to_string();
            Err(Failure::Panicked { question, message })
        }
        _ => Err(Failure::Garbled { question }),
    }
}
