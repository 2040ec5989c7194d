//! Code of someone else, run so that a panic or a loop without end becomes a sentence.
//!
//! The work runs on a thread of its own and is waited for. A thread cannot be stopped from outside: one that never
//! returns is left behind, and ends with the program.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::{Duration, Instant};

/// The current stage of guarded work, named in the message if it panics or does not return.
///
/// The time limit is for one stage: it begins anew when the next one is entered.
#[derive(Clone, Debug)]
pub struct Stage(Arc<Mutex<(&'static str, Instant)>>);

impl Stage {
    /// Names the stage that begins now.
    pub fn enter(&self, what: &'static str) {
        trace(|| what.to_string());
        if let Ok(mut stage) = self.0.lock() {
            *stage = (what, Instant::now());
        }
    }

    fn now(&self) -> &'static str {
        self.0.lock().map_or("the call", |stage| stage.0)
    }

    /// What is left of `limit` for this stage.
    fn left(&self, limit: Duration) -> Duration {
        let spent = self.0.lock().map_or(limit, |stage| stage.1.elapsed());
        limit.saturating_sub(spent)
    }
}

/// What is told of a new case begins with this, and with its operands.
pub(crate) const CASE: &str = "case ";

/// Who is told each stage before it begins, so that what ends the whole program can be named.
static TRACE: OnceLock<fn(&str)> = OnceLock::new();

/// From now on tells each stage, and each case that is drawn, to `told`.
pub fn trace_to(told: fn(&str)) {
    // A second call changes nothing: there is one output.
    let _: Result<(), _> = TRACE.set(told);
}

/// Tells what comes next, if somebody listens.
pub(crate) fn trace(what: impl FnOnce() -> String) {
    if let Some(told) = TRACE.get() {
        told(&what());
    }
}

/// The reason why guarded work gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It panicked.
    #[error("{stage} panicked: {message}")]
    Panicked {
        /// The stage that was running.
        stage: &'static str,
        /// The message of the panic.
        message: String,
    },
    /// It did not return.
    #[error("{stage} did not return within {} seconds: look for a loop that never ends", .limit.as_secs_f64())]
    Endless {
        /// The stage that was running.
        stage: &'static str,
        /// The time limit.
        limit: Duration,
    },
}

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

/// Enters a stage of the guarded work that this thread runs, if it runs any.
pub fn enter(what: &'static str) {
    STAGE.with_borrow(|stage| {
        if let Some(stage) = stage {
            stage.enter(what);
        }
    });
}

/// Runs `work` on a thread of its own, each stage of it for at most `limit`; its panics are not printed.
pub fn guarded<R: Send + 'static>(
    limit: Duration,
    work: impl FnOnce(&Stage) -> R + Send + 'static,
) -> Result<R, Trouble> {
    let stage = Stage(Arc::new(Mutex::new(("the call", Instant::now()))));
    let (sender, receiver) = channel();
    let inside = stage.clone();
    let spawned = std::thread::Builder::new().name("check".to_string()).spawn(move || {
        STAGE.set(Some(inside.clone()));
        let _ = sender.send(caught(|| work(&inside)));
    });
    if let Err(error) = spawned {
        return Err(Trouble::Panicked {
            stage: "starting a thread",
            message: error.to_string(),
        });
    }
    let answer = loop {
        match receiver.recv_timeout(stage.left(limit)) {
            // Another stage may have begun while this one was waited for.
            Err(RecvTimeoutError::Timeout) if !stage.left(limit).is_zero() => {}
            answer => break answer,
        }
    };
    match answer {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(message)) => Err(Trouble::Panicked {
            stage: stage.now(),
            message,
        }),
        Err(RecvTimeoutError::Timeout) => Err(Trouble::Endless {
            stage: stage.now(),
            limit,
        }),
        Err(RecvTimeoutError::Disconnected) => Err(Trouble::Panicked {
            stage: stage.now(),
            message: "its thread ended".to_string(),
        }),
    }
}

/// The result of `work`, or the message of its panic, which is not printed.
pub fn caught<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    quiet_when_guarded();
    let outer = IS_GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(outer);
    result.map_err(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_else(|| "without a message".to_string())
    })
}

/// Panics of guarded work are results; all others are printed as before.
fn quiet_when_guarded() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                print(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_and_a_loop_without_end_become_sentences() {
        let limit = Duration::from_millis(50);
        let panicked = guarded(limit, |stage| {
            stage.enter("backward()");
            panic!("index {} is out of range", 7);
        });
        let panicked: Result<(), Trouble> = panicked;
        assert_eq!(
            panicked.unwrap_err().to_string(),
            "backward() panicked: index 7 is out of range"
        );
        let endless: Result<(), Trouble> = guarded(limit, move |stage| {
            stage.enter("forward()");
            loop {
                std::thread::sleep(limit);
            }
        });
        assert_eq!(
            endless.unwrap_err().to_string(),
            "forward() did not return within 0.05 seconds: look for a loop that never ends"
        );
        assert_eq!(guarded(limit, |_| 7), Ok(7));
    }
}
