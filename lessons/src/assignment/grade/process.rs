//! Untrusted programs: each runs in a process group of its own, within limits, and ends with all that it started.
//!
//! The limits are those of the operating system, set from outside before the program is told anything. What the program
//! can reach is the work of `isolation`. On systems other than Linux there is no limit on memory.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

/// The limits of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The wall time.
    pub time: Duration,
    /// The bytes of memory.
    pub memory_bytes: u64,
    /// The bytes of output.
    pub output_bytes: usize,
}

/// A running program that ends, with its group, when this is dropped.
#[derive(Debug)]
pub struct ConfinedProcess {
    child: Child,
    status: Option<ExitStatus>,
}

impl ConfinedProcess {
    /// Starts a program within limits.
    ///
    /// **Errors** if it cannot be started, or the limits cannot be set.
    pub fn spawn(command: &mut Command, limits: &Limits) -> io::Result<Self> {
        group::own(command);
        let mut confined = Self {
            child: command.spawn()?,
            status: None,
        };
        if let Err(error) = group::limit(&confined.child, limits)
            && !confined.has_ended()
        {
            return Err(error);
        }
        Ok(confined)
    }

    /// The process, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// True if the program itself has ended; what it started may still run.
    pub fn has_ended(&mut self) -> bool {
        self.status.is_some() || group::has_ended(&mut self.child)
    }

    /// Ends the program and all of its group.
    ///
    /// **Errors** if the operating system does not say how it ended.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        // The group goes first: as long as its leader is not waited for, no other process can have its number.
        group::kill(&mut self.child);
        let status = self.child.wait()?;
        self.status = Some(status);
        Ok(status)
    }
}

impl Drop for ConfinedProcess {
    fn drop(&mut self) {
        // The exit status is of no use here.
        let _: io::Result<ExitStatus> = self.end();
    }
}

/// How a process ended, without numbers that differ from run to run.
pub fn how_it_ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("ended by itself with exit code {code}"),
        None => "ended by itself".to_string(),
    }
}

/// True if the processor time was used up.
pub fn used_up_its_time(status: ExitStatus) -> bool {
    const SIGXCPU: i32 = 24;
    is_signal(status, SIGXCPU)
}

/// True if it used an address at which it has no memory.
pub fn touched_foreign_memory(status: ExitStatus) -> bool {
    const SIGSEGV: i32 = 11;
    is_signal(status, SIGSEGV)
}

fn is_signal(status: ExitStatus, signal: i32) -> bool {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&status) == Some(signal);
    #[cfg(not(unix))]
    return status.code() == Some(-signal);
}

#[cfg(unix)]
mod group {
    use super::{Child, Command, Limits, io};
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
    use std::os::unix::process::CommandExt;

    pub fn own(command: &mut Command) {
        command.process_group(0);
    }

    pub fn has_ended(child: &mut Child) -> bool {
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(Pid::from_child(child)), how), Ok(Some(_)) | Err(_))
    }

    pub fn kill(child: &mut Child) {
        // The only errors are that the group is empty, and that it is not ours to end.
        let _: rustix::io::Result<()> = kill_process_group(Pid::from_child(child), Signal::KILL);
    }

    #[cfg(target_os = "linux")]
    pub fn limit(child: &Child, limits: &Limits) -> io::Result<()> {
        use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
        /// Files larger than this are not written.
        const FILE_BYTES: u64 = 64 << 20;
        let seconds = limits.time.as_secs() + 5;
        let all = [
            (Resource::As, limits.memory_bytes),
            (Resource::Cpu, seconds * 4),
            (Resource::Fsize, FILE_BYTES.max(limits.output_bytes as u64)),
            (Resource::Core, 0),
        ];
        for (resource, value) in all {
            // Where we are limited more tightly ourselves, so is the program.
            let value = value.min(getrlimit(resource).maximum.unwrap_or(u64::MAX));
            let limit = Rlimit {
                current: Some(value),
                maximum: Some(value),
            };
            prlimit(Some(Pid::from_child(child)), resource, limit)?;
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    pub fn limit(_: &Child, _: &Limits) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(not(unix))]
mod group {
    use super::{Child, Command, Limits, io};

    pub fn own(_: &mut Command) {}

    pub fn has_ended(child: &mut Child) -> bool {
        !matches!(child.try_wait(), Ok(None))
    }

    pub fn kill(child: &mut Child) {
        let _: io::Result<()> = child.kill();
    }

    pub fn limit(_: &Child, _: &Limits) -> io::Result<()> {
        Ok(())
    }
}
