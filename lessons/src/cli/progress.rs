//! The progress of training: on a terminal a bar with loss, speed and time left, and a line at each measurement;
//! elsewhere the lines alone.

use super::output::Output;
use super::signals::StopRequest;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};
use tapegrad_models::Model;
use tapegrad_models::train::{Line, Progress, Watch};

use super::samples::Samples;

/// Where there is no bar, a line tells at least this often how far training is.
const QUIET_MAX: Duration = Duration::from_secs(10);

/// A bar on standard error; lines where standard error is not a terminal, or plain lines were asked for.
#[derive(Debug)]
pub struct ProgressIndicator {
    bar: ProgressBar,
    name: String,
    validation: Option<f64>,
    draws: bool,
    is_quiet: bool,
    /// When the last line was written.
    told: Instant,
    stop: StopRequest,
    samples: Option<Samples>,
}

impl ProgressIndicator {
    /// A bar for the training of one model.
    pub fn new(name: &str, output: &Output<'_>) -> Self {
        let bar = ProgressBar::new(0);
        if !output.draws_progress() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template("{prefix:>12} {bar:30} {pos}/{len}  {msg}  {eta} left");
        bar.set_style(style.expect("the template is well formed").progress_chars("=> "));
        bar.set_prefix(name.to_string());
        Self {
            bar,
            name: name.to_string(),
            validation: None,
            draws: output.draws_progress(),
            is_quiet: output.is_json() && !output.is_plain(),
            told: Instant::now(),
            stop: StopRequest::default(),
            samples: None,
        }
    }

    /// The same, which ends training when somebody asks for it.
    pub fn stopping_on(self, stop: StopRequest) -> Self {
        Self { stop, ..self }
    }

    /// The same, which lets the model write text now and then.
    pub fn sampling(self, samples: Option<Samples>) -> Self {
        Self { samples, ..self }
    }

    /// Writes a line, on a terminal above the bar; programs that read JSON are spared it, unless `--plain` asks for lines.
    pub fn note(&self, text: &str) {
        let line = format!("{:>12} {text}", self.name);
        if self.draws {
            self.bar.println(line);
        } else if !self.is_quiet {
            eprintln!("{line}");
        }
    }

    /// Writes a warning, whoever reads.
    pub fn warn(&self, text: &str) {
        self.bar.suspend(|| eprintln!("warning: {text}"));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for ProgressIndicator {
    fn wants_to_stop(&self) -> bool {
        self.stop.is_set()
    }

    fn step(&mut self, progress: &Progress, steps: u64, nats: Option<f64>) {
        if self.bar.length() != Some(steps) {
            self.bar.set_length(steps);
            self.bar.reset_eta();
        }
        self.bar.set_position(progress.step);
        let speed = progress.labels as f64 / progress.seconds.max(1e-9);
        let loss = nats.map_or(String::new(), |nats| format!("loss {nats:.3}  "));
        let validation = self
            .validation
            .map_or(String::new(), |nats| format!("validation {nats:.3}  "));
        if !self.draws && self.told.elapsed() >= QUIET_MAX {
            self.told = Instant::now();
            self.note(&format!(
                "step {:>6} of {steps}  {loss}{speed:.0} tokens/s  {:.1} s",
                progress.step, progress.seconds
            ));
        }
        self.bar.set_message(format!("{loss}{validation}{speed:.0} tokens/s"));
    }

    fn learnt(&mut self, step: u64, model: &Model) {
        let Some(samples) = &self.samples else { return };
        match samples.written(step, model) {
            Some(Ok(text)) => self.note(&format!("step {step:>6}  {text}")),
            Some(Err(why)) => self.warn(&format!("no sample at step {step}: {why}")),
            None => {}
        }
    }

    fn line(&mut self, line: &Line) {
        self.validation = Some(line.validation_nats);
        self.told = Instant::now();
        let train = line
            .train_nats
            .map_or(String::new(), |nats| format!("  training {nats:.4}"));
        let Line {
            step,
            validation_nats,
            seconds,
            tokens_per_s,
            ..
        } = line;
        self.note(&format!(
            "step {step:>6}{train}  validation {validation_nats:.4}  {tokens_per_s:.0} tokens/s  {seconds:.1} s"
        ));
    }
}
