//! The memory that training takes: predicted by the plan, used by this process, used by the peer.
//!
//! A process is asked for the most it ever held (`VmHWM`, the peak of its resident size), so each of the two runs in a
//! process that does nothing else: this one, and the peer's. Everything counts: program, libraries, interpreter.

use std::path::PathBuf;

use serde_json::{Value, json};
use tapegrad_models::Learner;
use tapegrad_models::transformer_lm::TransformerConfig;

use super::peer::{Peer, PeerInfo};
use super::row::{significant, table};
use super::timing::on_threads;
use crate::error::BenchError;
use crate::work::transformer_step::{self, BABY, BABY_ROWS, CHAR, CHAR_ROWS, LEARNING_RATE};

/// Steps of training before the memory is read.
const STEPS: usize = 3;
/// Numbers that are held for each parameter: its value, its gradient, and AdamW's two moments.
const NUMBERS_PER_PARAMETER: usize = 4;

/// How much memory training takes. **Units**: bytes.
#[derive(Clone, Debug)]
pub struct Memory {
    /// The workload.
    pub name: &'static str,
    /// Threads of both.
    pub threads: usize,
    /// The arrays of the plan, known before the first step.
    pub plan: u64,
    /// Parameters, gradients and moments.
    pub parameters: u64,
    /// The memory of this process before the model was made.
    pub before: u64,
    /// The most this process held.
    pub peak: u64,
    /// The peer, with the most its process held.
    pub theirs: Option<(PeerInfo, u64)>,
}

/// A model whose memory can be measured: its name, its sizes, the rows of its batches.
pub type MemorySubject = (&'static str, TransformerConfig, usize);

/// The model of this name.
pub fn subject(name: &str) -> Option<MemorySubject> {
    [("gpt-char", CHAR, CHAR_ROWS), ("gpt-baby", BABY, BABY_ROWS)]
        .into_iter()
        .find(|(known, ..)| *known == name)
}

/// Trains for some steps in this process, and lets the peer do the same in its own.
///
/// **Errors** if the system does not tell how much memory a process holds, or the peer fails.
pub fn training(
    (name, config, rows): MemorySubject,
    threads: usize,
    command: Option<&str>,
) -> Result<Memory, BenchError> {
    let own = std::process::id();
    let before = resident(own, "VmRSS")?;
    let [plan, parameters] = on_threads(threads, || Ok(train(config, rows)))?;
    let peak = resident(own, "VmHWM")?;
    let theirs = command.map(|command| -> Result<_, BenchError> {
        let mut peer = Peer::start(command, name, threads)?;
        peer.turn(STEPS)?;
        Ok((peer.greeting().clone(), resident(peer.process(), "VmHWM")?))
    });
    Ok(Memory {
        name,
        threads,
        plan,
        parameters,
        before,
        peak,
        theirs: theirs.transpose()?,
    })
}

/// Trains, and gives the bytes of the plan and of the parameters with all that belongs to them.
fn train(config: TransformerConfig, rows: usize) -> [u64; 2] {
    let batch = crate::work::batches::random(config.vocabulary, rows, config.block).remove(0);
    let mut model = transformer_step::model(config);
    let plan = model.training_bytes(batch.rows(), batch.time());
    for _ in 0..STEPS {
        model.learn(&batch, LEARNING_RATE);
    }
    let parameters = NUMBERS_PER_PARAMETER * size_of::<f32>() * model.parameter_count();
    [plan, parameters].map(|bytes| bytes as u64)
}

/// A line of what the system says of a process's memory. **Units**: bytes.
fn resident(process: u32, line: &str) -> Result<u64, BenchError> {
    let path = PathBuf::from(format!("/proc/{process}/status"));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(BenchError::NoMemory { process, path, source }),
    };
    kibibytes(&text, line).map(|kibibytes| 1024 * kibibytes).ok_or_else(|| {
        let source = std::io::Error::other(format!("it has no line {line}"));
        BenchError::NoMemory { process, path, source }
    })
}

fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

impl Memory {
    /// The memory of training as predicted from the plan and the number of parameters.
    pub fn predicted(&self) -> u64 {
        self.plan + self.parameters
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "threads": self.threads,
            "unit": "bytes",
            "plan": self.plan,
            "parameters": self.parameters,
            "predicted": self.predicted(),
            "before": self.before,
            "peak": self.peak,
            "against": self.theirs.as_ref().map(|(greeting, peak)| json!({
                "peer": greeting.peer,
                "version": greeting.version,
                "peak": peak,
                "ratio": *peak as f64 / self.peak as f64,
            })),
        })
    }

    /// As a table.
    pub fn text(&self) -> String {
        let megabytes = |bytes: u64| significant(1e-6 * bytes as f64);
        let mut rows = vec![
            ["arrays of the plan, known beforehand".to_string(), megabytes(self.plan)],
            [
                "parameters, gradients and moments".to_string(),
                megabytes(self.parameters),
            ],
            ["predicted growth".to_string(), megabytes(self.predicted())],
            [
                "measured growth".to_string(),
                megabytes(self.peak.saturating_sub(self.before)),
            ],
            ["the whole process at its peak".to_string(), megabytes(self.peak)],
        ];
        if let Some((greeting, peak)) = &self.theirs {
            rows.push([
                format!("{} {}, the same", greeting.peer, greeting.version),
                megabytes(*peak),
            ]);
            rows.push([
                "theirs by ours".to_string(),
                significant(*peak as f64 / self.peak as f64),
            ]);
        }
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|[what, size]| vec![what, size, String::new()])
            .collect();
        table(&[&format!("{}, {STEPS} steps", self.name), "MB", ""], &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::kibibytes;

    #[test]
    fn a_line_of_the_systems_report_is_read_and_a_missing_one_is_noticed() {
        let status = "Name:\ttapegrad\nVmHWM:\t  110344 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(
            (kibibytes(status, "VmHWM"), kibibytes(status, "VmRSS")),
            (Some(110_344), Some(1024))
        );
        assert_eq!(kibibytes(status, "VmPeak"), None);
    }
}
