//! Signals that ask a command to end: the first lets it finish its step, the second ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::error::{CliError, ErrorCode};

/// The exit code of a command that a person ended with Ctrl-C: 128 and the number of the signal.
pub const INTERRUPTED: u8 = 130;

/// Whether somebody has asked the command to end, with Ctrl-C or SIGTERM.
#[derive(Clone, Debug, Default)]
pub struct StopRequest(Arc<AtomicBool>);

impl StopRequest {
    /// Listens from now on.
    ///
    /// **Errors** if the system lets nobody listen.
    pub fn listen() -> Result<Self, CliError> {
        let this = Self::default();
        for (signal, code) in [(SIGINT, i32::from(INTERRUPTED)), (SIGTERM, 143)] {
            // In this order the second signal finds the flag set, and ends the process.
            flag::register_conditional_shutdown(signal, code, Arc::clone(&this.0))
                .and_then(|_| flag::register(signal, Arc::clone(&this.0)))
                .map_err(|error| refused(&error))?;
        }
        Ok(this)
    }

    /// Listens, and ends this process at once with its terminal: who draws on one has nothing to do without it, also
    /// where the signal for that is ignored, as it is below `nohup`.
    ///
    /// **Errors** if the system lets nobody listen.
    pub fn listen_with_terminal() -> Result<Self, CliError> {
        #[cfg(unix)]
        flag::register_conditional_shutdown(signal_hook::consts::SIGHUP, 129, Arc::new(AtomicBool::new(true)))
            .map_err(|error| refused(&error))?;
        Self::listen()
    }

    /// True from the first signal on.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn refused(error: &std::io::Error) -> CliError {
    CliError::new(
        ErrorCode::Terminal,
        format!("the system refuses to deliver signals: {error}"),
    )
}
