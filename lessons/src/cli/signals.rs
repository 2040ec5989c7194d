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
                .map_err(|error| {
                    CliError::new(
                        ErrorCode::Terminal,
                        format!("the system refuses to deliver signals: {error}"),
                    )
                })?;
        }
        Ok(this)
    }

    /// True from the first signal on.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
