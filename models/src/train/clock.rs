//! The time of training, over several sessions.

use std::time::Instant;

/// Seconds over several sessions.
pub(super) struct Clock {
    before: f64,
    since: Instant,
}

impl Clock {
    /// A clock that goes on after so many seconds.
    pub fn new(before: f64) -> Self {
        Self {
            before,
            since: Instant::now(),
        }
    }

    /// The seconds of all sessions.
    pub fn seconds(&self) -> f64 {
        self.before + self.since.elapsed().as_secs_f64()
    }
}
