//! How far a check of many subjects is: a bar on a terminal, and elsewhere a line now and then.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output::Output;

/// Where there is no bar, a line tells at least this often how far the check is.
const QUIET_MAX: Duration = Duration::from_secs(10);

/// How far a check is, on standard error.
#[derive(Debug)]
pub struct CheckProgress {
    bar: ProgressBar,
    is_told: bool,
    /// What is checked now, and when the last line was written.
    now: Mutex<(Vec<String>, Instant)>,
}

impl CheckProgress {
    /// The progress of a check of so many subjects.
    pub fn new(subjects: usize, output: &Output<'_>) -> Self {
        let bar = ProgressBar::new(subjects as u64);
        match output.draws_progress() {
            true => bar.enable_steady_tick(Duration::from_millis(200)),
            false => bar.set_draw_target(ProgressDrawTarget::hidden()),
        }
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed}  {wide_msg}");
        bar.set_style(style.expect("the template is well formed").progress_chars("=> "));
        Self {
            bar,
            is_told: !output.draws_progress() && (!output.is_json() || output.is_plain()),
            now: Mutex::new((Vec::new(), Instant::now())),
        }
    }

    /// Checks one subject.
    pub fn of<T>(&self, name: &str, check: impl FnOnce() -> T) -> T {
        self.change(|names| names.push(name.to_string()));
        let result = check();
        self.bar.inc(1);
        self.change(|names| {
            if let Some(at) = names.iter().position(|known| known == name) {
                names.remove(at);
            }
        });
        result
    }

    fn change(&self, change: impl FnOnce(&mut Vec<String>)) {
        let Ok(mut now) = self.now.lock() else { return };
        change(&mut now.0);
        self.bar.set_message(now.0.join(", "));
        if self.is_told && now.1.elapsed() >= QUIET_MAX {
            now.1 = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            eprintln!("{done} of {all} checked; now {}", now.0.join(", "));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
