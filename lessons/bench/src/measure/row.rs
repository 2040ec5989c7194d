//! The measurement of a workload, as a line of a table and as JSON.

use serde_json::{Value, json};

use super::spread::Spread;
use crate::work::workload::{BenchUnit, WorkAmount, Workload};

/// The measurement of a workload.
#[derive(Clone, Debug)]
pub struct BenchRow {
    /// What was timed.
    pub workload: Workload,
    /// On how many threads.
    pub threads: usize,
    /// The seconds of a repetition.
    pub seconds: Spread,
    /// How much work a repetition is.
    pub work: WorkAmount,
    /// A note on the last repetition.
    pub note: Option<String>,
    /// The peak of this many threads, if it was measured. **Units**: GFLOP/s.
    pub peak_gflops: Option<f64>,
}

impl BenchRow {
    /// The measurements in the unit of the row.
    pub fn spread(&self) -> Spread {
        self.seconds.map(|seconds| self.workload.unit.of(seconds, &self.work))
    }

    /// Tokens in a second, in the middle repetition.
    pub fn tokens_per_s(&self) -> Option<f64> {
        self.work.tokens.map(|tokens| tokens / self.seconds.median)
    }

    /// Floating-point operations of the multiply-adds in the middle repetition. **Units**: GFLOP/s.
    pub fn gflops(&self) -> Option<f64> {
        self.work
            .multiply_adds
            .map(|_| BenchUnit::Gflops.of(self.seconds.median, &self.work))
    }

    /// The share of the machine's peak.
    pub fn share_of_peak(&self) -> Option<f64> {
        Some(self.gflops()? / self.peak_gflops?)
    }

    /// The row as JSON.
    pub fn json(&self) -> Value {
        let Spread {
            median,
            quartiles,
            min,
            max,
            n,
        } = self.spread();
        json!({
            "name": self.workload.name,
            "about": self.workload.about,
            "threads": self.threads,
            "unit": self.workload.unit.name(),
            "median": median,
            "quartiles": quartiles,
            "min": min,
            "max": max,
            "n": n,
            "tokens_per_s": self.tokens_per_s(),
            "multiply_adds": self.work.multiply_adds,
            "gflops": self.gflops(),
            "peak_gflops": self.peak_gflops,
            "share_of_peak": self.share_of_peak(),
            "note": self.note,
        })
    }

    /// The cells of the row, in the order of [`HEADERS`].
    pub fn cells(&self) -> Vec<String> {
        let spread = self.spread();
        let or_nothing = |value: Option<f64>, write: fn(f64) -> String| value.map_or(String::new(), write);
        vec![
            self.workload.name.to_string(),
            self.threads.to_string(),
            significant(spread.median),
            significant(spread.min),
            significant(spread.max),
            self.workload.unit.name().to_string(),
            or_nothing(self.tokens_per_s(), significant),
            or_nothing(self.gflops(), significant),
            or_nothing(self.share_of_peak(), |share| format!("{:.0} %", 100.0 * share)),
            self.note.clone().unwrap_or_default(),
        ]
    }
}

/// The headings of the cells of a row.
pub const HEADERS: [&str; 10] = [
    "work", "threads", "median", "min", "max", "unit", "tokens/s", "GFLOP/s", "of peak", "note",
];

/// A number with at least three digits.
pub fn significant(value: f64) -> String {
    let decimals = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.decimals$}")
}

/// A table whose first column begins at the left and whose other columns end at the right, the last one excepted.
pub fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let headers: Vec<String> = headers.iter().map(|header| header.to_string()).collect();
    let all = || std::iter::once(&headers).chain(rows);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column == 0 || column + 1 == widths.len() {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string() + "\n"
    };
    all().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let written = [0.012345, 1.2345, 12.345, 1234.5, 0.0].map(significant);
        assert_eq!(written, ["0.0123", "1.23", "12.3", "1234", "0.000000"]);
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [
            vec!["gpt-char".into(), "9.87".into(), "ms".into()],
            vec!["x".into(), "123".into(), "".into()],
        ];
        insta::assert_snapshot!(table(&["work", "median", "unit"], &rows), @r"
        work      median  unit
        gpt-char    9.87  ms
        x            123
        ");
    }
}
