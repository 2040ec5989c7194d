//! Untrusted programs: each runs in a process group of its own, within limits, and ends with all that it started.
//!
//! The limits are those of the operating system, set before the program is told anything: by the launcher of
//! [`isolation`](super::isolation), which also decides what the program can reach, or from outside where there is no
//! launcher. On systems other than Linux there is no limit on memory.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The limits of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Starts a program in a group of its own, which a launcher has limited.
    ///
    /// **Errors** if it cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        group::own(command);
        Ok(Self {
            child: command.spawn()?,
            status: None,
        })
    }

    /// The same within limits that are set from here.
    ///
    /// **Errors** if it cannot be started, or the limits cannot be set.
    pub fn spawn_limited(command: &mut Command, limits: &Limits) -> io::Result<Self> {
        let mut confined = Self::spawn(command)?;
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

/// Sets the limits of this process, and of what it becomes.
///
/// **Errors** if the operating system does not set them.
#[cfg(target_os = "linux")]
pub fn limit_this(limits: &Limits) -> io::Result<()> {
    limited(None, limits)
}

#[cfg(target_os = "linux")]
fn limited(process: Option<rustix::process::Pid>, limits: &Limits) -> io::Result<()> {
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
        prlimit(process, resource, limit)?;
    }
    Ok(())
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
        super::limited(Some(Pid::from_child(child)), limits)
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
