//! A workload: work of a known amount that can be repeated, and how to prepare it.

use std::path::PathBuf;
use std::time::Instant;

use crate::error::BenchError;

/// Some work that can be timed.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// The name on the command line and in rows.
    pub name: &'static str,
    /// The work of one repetition, in one line.
    pub about: &'static str,
    /// The unit of its row.
    pub unit: BenchUnit,
    /// On how many threads it runs.
    pub threads: Threads,
    /// Repetitions before the first that counts.
    pub warm_ups: usize,
    /// Repetitions that count, unless told otherwise.
    pub reps: usize,
    /// Repetitions in a row when two frameworks take turns.
    pub reps_per_turn: usize,
    /// Whether it runs when nothing is named.
    pub asked: RunsWhen,
    /// Does everything that is not timed.
    pub prepare: fn(&BenchSetting) -> Result<PreparedWork, BenchError>,
}

/// On how many threads a workload runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// On as many as were asked for.
    All,
    /// On one: the work is a chain, or it is timed so by custom.
    One,
}

/// Whether a workload runs when nothing is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunsWhen {
    /// It always runs.
    Always,
    /// It runs if there is a text.
    WithText,
    /// It takes long, and runs only when it is named.
    ByName,
}

/// The settings that a workload may depend on.
#[derive(Clone, Debug)]
pub struct BenchSetting {
    /// The threads it runs on.
    pub threads: usize,
    /// A text, for the workloads that need one.
    pub text: Option<PathBuf>,
}

/// A workload with everything done that is not timed.
pub struct PreparedWork {
    /// How much work one repetition is.
    pub work: WorkAmount,
    /// One repetition.
    pub rep: Box<dyn FnMut() -> Result<Repetition, BenchError>>,
}

/// How long a repetition took, and what else there is to say of it.
#[derive(Clone, Debug)]
pub struct Repetition {
    /// The wall time of the part that counts.
    pub seconds: f64,
    /// A result to be shown beside the time: a loss, a perplexity.
    pub note: Option<String>,
}

/// How much work one repetition is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WorkAmount {
    /// Tokens read or written.
    pub tokens: Option<f64>,
    /// Multiplications with an addition, counted from the formula of the model; an element-wise op counts for none.
    pub multiply_adds: Option<f64>,
    /// Ops of a graph, forward and backward together counting once.
    pub ops: Option<f64>,
    /// Bytes read.
    pub bytes: Option<f64>,
}

/// The unit of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchUnit {
    /// Milliseconds for a repetition.
    Milliseconds,
    /// Seconds for a repetition.
    Seconds,
    /// Tokens in a second.
    TokensPerSecond,
    /// 10⁻⁹ s for an op.
    NanosecondsPerOp,
    /// 10⁹ floating-point operations in a second, a multiplication and an addition counting as two.
    Gflops,
    /// 10⁹ bytes in a second.
    GigabytesPerSecond,
}

impl BenchUnit {
    /// The symbol of the unit.
    pub fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::TokensPerSecond => "tokens/s",
            Self::NanosecondsPerOp => "ns/op",
            Self::Gflops => "GFLOP/s",
            Self::GigabytesPerSecond => "GB/s",
        }
    }

    /// The seconds of one repetition in this unit.
    ///
    /// **Panics** if the unit needs an amount of work that is not known.
    pub fn of(self, seconds: f64, work: &WorkAmount) -> f64 {
        let amount = |amount: Option<f64>| amount.expect("invariant: a workload knows the amount its unit needs");
        match self {
            Self::Milliseconds => 1e3 * seconds,
            Self::Seconds => seconds,
            Self::TokensPerSecond => amount(work.tokens) / seconds,
            Self::NanosecondsPerOp => 1e9 * seconds / amount(work.ops),
            Self::Gflops => 2e-9 * amount(work.multiply_adds) / seconds,
            Self::GigabytesPerSecond => 1e-9 * amount(work.bytes) / seconds,
        }
    }
}

impl Workload {
    /// The threads this workload runs on when so many were asked for.
    pub fn threads(&self, asked: usize) -> usize {
        match self.threads {
            Threads::All => asked,
            Threads::One => 1,
        }
    }
}

impl Repetition {
    /// Times `work`, which has nothing to say beside its time.
    pub fn time<R>(work: impl FnOnce() -> R) -> Self {
        let start = Instant::now();
        std::hint::black_box(work());
        Self {
            seconds: start.elapsed().as_secs_f64(),
            note: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_the_unit_of_the_row() {
        let work = WorkAmount {
            tokens: Some(500.0),
            multiply_adds: Some(4e9),
            ops: Some(1e5),
            bytes: Some(1e9),
        };
        let of = |unit: BenchUnit| unit.of(0.5, &work);
        assert_eq!([of(BenchUnit::Milliseconds), of(BenchUnit::Seconds)], [500.0, 0.5]);
        assert_eq!(
            [of(BenchUnit::TokensPerSecond), of(BenchUnit::NanosecondsPerOp)],
            [1000.0, 5000.0]
        );
        assert_eq!([of(BenchUnit::Gflops), of(BenchUnit::GigabytesPerSecond)], [16.0, 2.0]);
    }
}
