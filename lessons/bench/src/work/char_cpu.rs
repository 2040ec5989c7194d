//! The time of a whole run of training, from the start of the command to the last checkpoint.
//!
//! The run is a process of its own, as a person would start it: reading the text, making the vocabulary, all steps,
//! every measurement on the held-out part and every checkpoint count.

use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use tapegrad_models::train::Recipe;

use super::transformer_step::{CHAR, CHAR_ROWS, forward_multiply_adds};
use super::workload::{BenchSetting, BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};
use crate::error::BenchError;

/// The recipe `char-cpu`, whole.
pub const CHAR_CPU: Workload = Workload {
    name: "char-cpu",
    about: "`tapegrad train transformer --preset char-cpu`, the whole command",
    unit: BenchUnit::Seconds,
    threads: Threads::All,
    warm_ups: 0,
    reps: 1,
    reps_per_turn: 1,
    asked: RunsWhen::ByName,
    prepare,
};

fn prepare(setting: &BenchSetting) -> Result<PreparedWork, BenchError> {
    let text = setting.text.clone().ok_or(BenchError::NeedsText {
        workload: CHAR_CPU.name,
    })?;
    let recipe = Recipe::char_cpu(text.clone());
    let steps = recipe.steps as f64;
    let work = WorkAmount {
        tokens: Some(steps * (recipe.rows * recipe.block) as f64),
        multiply_adds: Some(3.0 * steps * forward_multiply_adds(&CHAR, CHAR_ROWS)),
        ..WorkAmount::default()
    };
    let threads = setting.threads.to_string();
    let rep = move || {
        let folder = tempfile::tempdir().map_err(|source| BenchError::File {
            path: std::env::temp_dir(),
            source,
        })?;
        let program = std::env::current_exe().map_err(|source| BenchError::File {
            path: "tapegrad".into(),
            source,
        })?;
        let mut command = Command::new(program);
        command.args([
            "train",
            "transformer",
            "--preset",
            "char-cpu",
            "--json",
            "--plain",
            "--threads",
            &threads,
        ]);
        command
            .arg("--text")
            .arg(&text)
            .arg("--out")
            .arg(folder.path().join("run"));
        timed(command)
    };
    Ok(PreparedWork {
        work,
        rep: Box::new(rep),
    })
}

/// Runs the command and reads the held-out loss from its document.
fn timed(mut command: Command) -> Result<Repetition, BenchError> {
    let failed = |problem: String| BenchError::Train { problem };
    let start = Instant::now();
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    let seconds = start.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let document: Value = serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))?;
    let nats = document["heldout_nats"]
        .as_f64()
        .ok_or_else(|| failed("its document has no `heldout_nats`".to_string()))?;
    Ok(Repetition {
        seconds,
        note: Some(format!("held out {nats:.3} nats")),
    })
}
