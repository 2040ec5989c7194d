//! How cost grows with size: the time of a training step against each size of the model, and of the tape against the
//! length of what is recorded.
//!
//! Cost that grows as a power of the size, `t = a s^k`, is a straight line in logarithms; `k` is its slope by least
//! squares. A step is a sum of powers, so `k` over a range is between those of its parts, and `k` of the last two
//! sizes shows where it goes.

use serde_json::{Value, json};
use tapegrad_models::transformer_lm::TransformerConfig;

use super::row::{significant, table};
use super::spread::Spread;
use super::timing::on_threads;
use crate::error::BenchError;
use crate::work::scalar_chain;
use crate::work::transformer_step::{CHAR, CHAR_ROWS, ready};

/// Measurements of a point: so many, or as many as fit into [`SECONDS`], whichever is more.
const REPS: usize = 5;
/// How long a point is measured. **Units**: seconds.
const SECONDS: f64 = 0.5;

/// The time of some work at several sizes, everything else being equal.
#[derive(Clone, Debug)]
pub struct Series {
    /// The quantity that grows.
    pub what: &'static str,
    /// The exponent to be expected, and why.
    pub expected: &'static str,
    /// Each size with the seconds it takes.
    pub points: Vec<(usize, Spread)>,
}

/// All series; `threads` is how many the steps run on where they are not what grows.
///
/// **Errors** if the threads cannot be started.
pub fn all(threads: usize) -> Result<Vec<Series>, BenchError> {
    let step = |config, rows| step(config, rows, threads);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let counts: Vec<usize> = (0..)
        .map(|power| 1 << power)
        .take_while(|&count| count <= cores)
        .collect();
    Ok(vec![
        series(
            "width",
            "1 to 2: matrices grow with the square, all else in proportion",
            &[64, 128, 256, 512],
            |width| {
                step(
                    TransformerConfig {
                        width,
                        heads: width / 32,
                        ..CHAR
                    },
                    CHAR_ROWS,
                )
            },
        )?,
        series(
            "layers",
            "1 at most: embedding and head are there once",
            &[1, 2, 4, 8, 16],
            |layers| step(TransformerConfig { layers, ..CHAR }, CHAR_ROWS),
        )?,
        series(
            "block",
            "1 to 2: attention grows with the square",
            &[32, 64, 128, 256, 512],
            |block| step(TransformerConfig { block, ..CHAR }, CHAR_ROWS),
        )?,
        series(
            "batch",
            "1 at most: the optimiser does not depend on it",
            &[3, 6, 12, 24, 48],
            |rows| step(CHAR, rows),
        )?,
        series("threads", "-1 at best", &counts, |threads| {
            self::step(CHAR, CHAR_ROWS, threads)
        })?,
        series("nodes of a tape, recorded and evaluated", "1", &NODES, |nodes| {
            tape(nodes, 0)
        })?,
        series("nodes of a tape, backward", "1", &NODES, |nodes| tape(nodes, 1))?,
    ])
}

/// The lengths of the tapes: the middle one is a chain of a million nodes, the last has ten million.
const NODES: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

fn series(
    what: &'static str,
    expected: &'static str,
    sizes: &[usize],
    measure: impl Fn(usize) -> Result<Spread, BenchError>,
) -> Result<Series, BenchError> {
    let points = sizes.iter().map(|&size| Ok((size, measure(size)?)));
    Ok(Series {
        what,
        expected,
        points: points.collect::<Result<_, BenchError>>()?,
    })
}

fn step(config: TransformerConfig, rows: usize, threads: usize) -> Result<Spread, BenchError> {
    on_threads(threads, || {
        let mut ready = ready(config, rows);
        (0..REPS).try_for_each(|_| (ready.rep)().map(|_| ()))?;
        repeated(|| Ok((ready.rep)()?.seconds))
    })
}

/// One part of a tape's work: 0 is recording and evaluating, 1 is going back.
fn tape(nodes: usize, part: usize) -> Result<Spread, BenchError> {
    repeated(|| Ok(scalar_chain::on_tape(nodes / scalar_chain::OPS_PER_TURN)[part]))
}

fn repeated(mut seconds: impl FnMut() -> Result<f64, BenchError>) -> Result<Spread, BenchError> {
    let mut all = Vec::new();
    while all.len() < REPS || all.iter().sum::<f64>() < SECONDS {
        all.push(seconds()?);
    }
    Ok(Spread::of(&all))
}

impl Series {
    /// The slope of the line through all points, in logarithms; `None` with fewer than two points.
    pub fn exponent(&self) -> Option<f64> {
        slope(&self.points)
    }

    /// The slope between the last two points.
    pub fn exponent_last(&self) -> Option<f64> {
        slope(&self.points[self.points.len().saturating_sub(2)..])
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let point = |(size, seconds): &(usize, Spread)| json!({"size": size, "seconds": seconds});
        json!({
            "what": self.what,
            "expected": self.expected,
            "exponent": self.exponent(),
            "exponent_last": self.exponent_last(),
            "points": self.points.iter().map(point).collect::<Vec<_>>(),
        })
    }

    fn cells(&self) -> Vec<String> {
        let exponent = |exponent: Option<f64>| exponent.map_or("-".to_string(), |exponent| format!("{exponent:.2}"));
        let point = |(size, seconds): &(usize, Spread)| format!("{size}: {}", significant(1e3 * seconds.median));
        vec![
            self.what.to_string(),
            exponent(self.exponent()),
            exponent(self.exponent_last()),
            self.expected.to_string(),
            self.points.iter().map(point).collect::<Vec<_>>().join("  "),
        ]
    }
}

/// All series as a table.
pub fn text(series: &[Series]) -> String {
    let rows: Vec<Vec<String>> = series.iter().map(Series::cells).collect();
    table(
        &[
            "what grows",
            "exponent",
            "at the end",
            "expected",
            "milliseconds at each size",
        ],
        &rows,
    )
}

/// **Formula**: `k = Σ (x - x̄)(y - ȳ) / Σ (x - x̄)²`, with `x = ln size` and `y = ln seconds`.
fn slope(points: &[(usize, Spread)]) -> Option<f64> {
    let points: Vec<[f64; 2]> = points
        .iter()
        .map(|(size, seconds)| [(*size as f64).ln(), seconds.median.ln()])
        .collect();
    let mean = |axis: usize| points.iter().map(|point| point[axis]).sum::<f64>() / points.len() as f64;
    let [x_mean, y_mean] = [mean(0), mean(1)];
    let [mut above, mut below] = [0.0, 0.0];
    for [x, y] in &points {
        above += (x - x_mean) * (y - y_mean);
        below += (x - x_mean).powi(2);
    }
    (points.len() > 1).then(|| above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_of_the_size_has_its_exponent() {
        let points: Vec<_> = [1, 2, 4, 8]
            .map(|s| (s, Spread::of(&[3.0 * (s as f64).powf(1.5)])))
            .into();
        assert!((slope(&points).unwrap() - 1.5).abs() < 1e-12);
        assert_eq!(slope(&points[..1]), None);
    }
}
