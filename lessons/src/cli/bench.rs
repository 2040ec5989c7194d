//! `tapegrad bench`: times standard work on this machine, alone or in turns with another framework.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::error::CliError;
use super::output::Output;
use super::progress::ProgressIndicator;
use crate::report::roofline::{self, Roofs};
use tapegrad_bench::BenchError;
use tapegrad_bench::measure::machine::{Machine, peak_gflops};
use tapegrad_bench::measure::memory;
use tapegrad_bench::measure::pairs::{self, Pairs, in_turns};
use tapegrad_bench::measure::row::{self, BenchRow, table};
use tapegrad_bench::measure::scaling::{self, Series};
use tapegrad_bench::measure::timing::measure;
use tapegrad_bench::work::workload::{BenchSetting, RunsWhen, Workload};
use tapegrad_bench::work::{WORKLOADS, find};
use tapegrad_models::train::write_atomically;

/// Time standard workloads on this machine, alone or in turns with another framework
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad bench
  tapegrad bench gpt-char lstm-1x256 --threads 1
  tapegrad bench gpt-char --against 'python3 tests/peers/peer.py'")]
pub struct Bench {
    /// Workloads to time [default: all that do not take minutes]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// List the workloads
    #[arg(long)]
    list: bool,
    /// Number of threads; workloads that are a chain use one [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Number of timed repetitions
    #[arg(long)]
    reps: Option<usize>,
    /// Text for `ngram-train`, `char-cpu` and those of the tokenizer
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Take turns with another framework: a command that speaks the protocol in tests/peers/README.md
    #[arg(long, value_name = "COMMAND")]
    against: Option<String>,
    /// Number of pairs of turns, with --against
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// Predict and measure the memory of training `gpt-baby`, or `gpt-char` if you name it
    #[arg(long, conflicts_with_all = ["scaling", "roofline", "list"])]
    memory: bool,
    /// Measure how time grows with width, layers, block, batch, threads, and the length of a tape
    #[arg(long, conflicts_with_all = ["names", "against", "roofline", "list"])]
    scaling: bool,
    /// Draw a roofline chart: each training step against the peak of this machine
    #[arg(long, value_name = "FILE.svg", conflicts_with_all = ["against", "list"])]
    roofline: Option<PathBuf>,
}

impl Bench {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        if self.threads == Some(0) || self.reps == Some(0) || self.pairs == 0 {
            return Err(CliError::option(
                "--threads, --reps and --pairs cannot be 0",
                "give a number of at least 1",
            ));
        }
        if self.scaling {
            return self.run_scaling(output);
        }
        let workloads = self.workloads()?;
        if self.memory {
            return self.run_memory(&workloads, output);
        }
        if self.list {
            let lines = workloads
                .iter()
                .map(|work| vec![work.name.to_string(), work.about.to_string()]);
            return output.text(&table(&["workload", "what it does"], &lines.collect::<Vec<_>>()));
        }
        match &self.against {
            Some(command) => self.run_pairs(&workloads, command, output),
            None => self.run_rows(&workloads, output),
        }
    }

    fn run_rows(&self, workloads: &[&'static Workload], output: &Output<'_>) -> Result<(), CliError> {
        let machine = Machine::here();
        let mut peaks = Peaks::default();
        let mut rows: Vec<BenchRow> = Vec::new();
        for workload in workloads {
            let bar = ProgressIndicator::new(workload.name, output);
            bar.note(workload.about);
            let mut row = measure(workload, &self.setting(workload), self.reps)?;
            row.peak_gflops = peaks.of(&row)?;
            bar.finish();
            rows.push(row);
        }
        if let Some(file) = &self.roofline {
            let threads = self.asked_threads();
            let picture = roofline::svg(
                &rows,
                Roofs::measured(threads)?,
                &format!("{}, {threads} threads", machine.cpu),
            );
            write_atomically(file, picture.as_bytes()).map_err(|source| BenchError::File {
                path: file.clone(),
                source,
            })?;
        }
        if output.is_json() {
            let rows: Vec<_> = rows.iter().map(BenchRow::json).collect();
            return output.document(&json!({"machine": machine, "rows": rows}));
        }
        let cells: Vec<_> = rows.iter().map(BenchRow::cells).collect();
        output.text(&format!("{}\n{}", heading(&machine), table(&row::HEADERS, &cells)))
    }

    fn run_pairs(&self, workloads: &[&'static Workload], command: &str, output: &Output<'_>) -> Result<(), CliError> {
        let machine = Machine::here();
        let mut peaks = Peaks::default();
        let mut rows: Vec<Pairs> = Vec::new();
        for workload in workloads.iter().filter(|work| !work.name.starts_with("peak-")) {
            let bar = ProgressIndicator::new(workload.name, output);
            bar.note(workload.about);
            let mut pairs = in_turns(workload, &self.setting(workload), command, self.pairs)?;
            pairs.ours.peak_gflops = peaks.of(&pairs.ours)?;
            bar.finish();
            rows.push(pairs);
        }
        if output.is_json() {
            let rows: Vec<_> = rows.iter().map(Pairs::json).collect();
            return output.document(&json!({"machine": machine, "rows": rows}));
        }
        let cells: Vec<_> = rows.iter().map(Pairs::cells).collect();
        output.text(&format!("{}\n{}", heading(&machine), table(&pairs::HEADERS, &cells)))
    }

    fn run_memory(&self, workloads: &[&'static Workload], output: &Output<'_>) -> Result<(), CliError> {
        let name = self.names.first().map_or("gpt-baby", |_| workloads[0].name);
        let subject = memory::subject(name).ok_or_else(|| {
            CliError::option(
                format!("--memory does not know `{name}`"),
                "use gpt-baby or gpt-char, one at a time",
            )
        })?;
        let memory = memory::training(subject, self.asked_threads(), self.against.as_deref())?;
        if output.is_json() {
            return output.document(&json!({"machine": Machine::here(), "memory": memory.json()}));
        }
        output.text(&format!("{}\n{}", heading(&Machine::here()), memory.text()))
    }

    fn run_scaling(&self, output: &Output<'_>) -> Result<(), CliError> {
        let series = scaling::all(self.asked_threads())?;
        if output.is_json() {
            let series: Vec<_> = series.iter().map(Series::json).collect();
            return output.document(&json!({"machine": Machine::here(), "series": series}));
        }
        output.text(&format!("{}\n{}", heading(&Machine::here()), scaling::text(&series)))
    }

    /// What was named, or everything that is asked for by naming nothing.
    fn workloads(&self) -> Result<Vec<&'static Workload>, CliError> {
        if self.names.is_empty() {
            let wanted = |work: &&Workload| match work.asked {
                RunsWhen::Always => true,
                RunsWhen::WithText => self.text.is_some() || self.list,
                RunsWhen::ByName => self.list,
            };
            return Ok(WORKLOADS.iter().filter(wanted).collect());
        }
        let named = self.names.iter().map(|name| {
            find(name).ok_or_else(|| {
                let known: Vec<&str> = WORKLOADS.iter().map(|work| work.name).collect();
                CliError::option(
                    format!("there is no workload `{name}`"),
                    format!("choose one of {}", known.join(", ")),
                )
            })
        });
        named.collect()
    }

    fn asked_threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(cores)
    }

    fn setting(&self, workload: &Workload) -> BenchSetting {
        BenchSetting {
            threads: workload.threads(self.asked_threads()),
            text: self.text.clone(),
        }
    }
}

/// The peaks measured so far, by the number of threads.
#[derive(Default)]
struct Peaks(Vec<(usize, f64)>);

impl Peaks {
    /// The peak of as many threads as a row has, if it has multiply-adds.
    fn of(&mut self, row: &BenchRow) -> Result<Option<f64>, BenchError> {
        if row.work.multiply_adds.is_none() {
            return Ok(None);
        }
        let known = self.0.iter().find(|(threads, _)| *threads == row.threads);
        let peak = match known {
            Some(&(_, peak)) => peak,
            None => {
                let peak = peak_gflops(row.threads)?;
                self.0.push((row.threads, peak));
                peak
            }
        };
        Ok(Some(peak))
    }
}

fn heading(machine: &Machine) -> String {
    let Machine {
        cpu,
        cores,
        simd,
        system,
        tapegrad,
        build,
        ..
    } = machine;
    format!("tapegrad {tapegrad} ({build}) on {cpu}, {cores} cores, {system}; kernels use {simd}\n")
}
