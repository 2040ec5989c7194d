//! An assignment: a reference with holes, its tests, and the handout for students.

use std::time::Duration;

use ndarray::{ArrayD, Dimension};

use crate::assignment::grade::Limits;
use crate::assignment::grade::{Complaint, Submission};

/// One assignment. Everything students and lecturers get is made from it.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// The name of its folder and in commands: `01-modules`.
    pub id: &'static str,
    /// The solution, with holes: the file `src/lib.rs`, the only one that is handed in.
    pub reference: &'static str,
    /// What connects a submission to the tests: the file `respond.rs`.
    pub respond: &'static str,
    /// Examples that students run with `cargo test`.
    pub examples: &'static str,
    /// The tests as text, for lecturers.
    pub exam: &'static str,
    /// What students are to read, in Markdown.
    pub handout: &'static str,
    /// Mistakes that tests must catch, and edits that are none.
    pub mutants: &'static str,
    /// The tests.
    pub tests: &'static [Test],
}

impl Assignment {
    /// The title: the first heading of the handout.
    pub fn title(&self) -> &'static str {
        let heading = self.handout.lines().find_map(|line| line.strip_prefix("# "));
        heading.unwrap_or(self.id).trim()
    }

    /// What all tests together are worth.
    pub fn points(&self) -> u32 {
        self.tests.iter().map(|test| test.points).sum()
    }
}

/// One test, worth points of one task.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// The name within the assignment.
    pub name: &'static str,
    /// The hole that it is about.
    pub task: &'static str,
    /// Its points.
    pub points: u32,
    /// Whether students see it.
    pub visibility: Visibility,
    /// The claim that it tests, as a sentence.
    pub claim: &'static str,
    /// Asks and judges; everything random follows from the seed.
    pub run: fn(&Submission, u64) -> Result<(), Complaint>,
}

/// Whether students see a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Students run it as often as they like.
    Public,
    /// Only the server runs it, on values of its own.
    Hidden,
}

/// The file that students hand in.
pub const HANDED_IN: &str = "src/lib.rs";

/// How long a submission may be compiled, and with how much memory.
pub const COMPILING: Limits = Limits {
    time: Duration::from_secs(120),
    memory_bytes: 4 << 30,
    output_bytes: 4 << 20,
};

/// The limits of each test.
pub const TESTING: Limits = Limits {
    time: Duration::from_secs(10),
    memory_bytes: 1 << 30,
    output_bytes: 64 << 10,
};

/// True if an answer is right within rounding; otherwise a complaint with both.
///
/// **Errors** if the shapes differ, or an entry differs by more than `1e-9` of the largest.
pub fn same(name: &str, given: &ArrayD<f64>, right: &ArrayD<f64>) -> Result<(), Complaint> {
    if given.shape() != right.shape() {
        return Err(format!(
            "{name} has the shape {:?} and should have {:?}",
            given.shape(),
            right.shape()
        ));
    }
    let is_single = right.len() == 1;
    let scale = right.iter().fold(1e-300_f64, |scale, x| scale.max(x.abs()));
    for ((index, given), right) in given.indexed_iter().zip(right) {
        let is_same = (given - right).abs() <= 1e-9 * scale || given == right;
        if !is_same {
            // A single number has no place to name.
            let place = match is_single {
                true => String::new(),
                false => format!("{:?}", index.as_array_view().to_vec()),
            };
            return Err(format!("{name}{place} is {given:.6} and should be {right:.6}"));
        }
    }
    Ok(())
}

/// A complaint about a single number, with the mistake that gives this number, if it is a known one.
///
/// **Errors** as [`same`].
pub fn same_number(name: &str, given: &ArrayD<f64>, right: f64, mistakes: &[(f64, &str)]) -> Result<(), Complaint> {
    let complaint = match same(name, given, &ArrayD::from_elem(given.raw_dim(), right)) {
        _ if given.len() != 1 => format!(
            "{name} should be a single number, and has the shape {:?}",
            given.shape()
        ),
        Ok(()) => return Ok(()),
        Err(complaint) => complaint,
    };
    let given = given.sum();
    let is_it = |mistake: &f64| mistake.is_finite() && (given - mistake).abs() <= 1e-9 * mistake.abs().max(1e-300);
    match mistakes.iter().find(|(mistake, _)| is_it(mistake)) {
        Some((_, what)) => Err(format!("{complaint}: {what}")),
        None => Err(complaint),
    }
}

/// A complaint with the operands that led to it.
pub fn on(operands: &[(&str, &ArrayD<f64>)], complaint: &str) -> Complaint {
    let rows: Vec<String> = operands
        .iter()
        .map(|(name, value)| format!("  {name} = {}", short(value)))
        .collect();
    format!("{complaint}\n\non\n{}", rows.join("\n"))
}

/// An array on one line, with 6 digits.
fn short(x: &ArrayD<f64>) -> String {
    let text = format!("{:.6}", x.clone());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A single number as an array.
pub fn scalar(x: f64) -> ArrayD<f64> {
    ndarray::arr0(x).into_dyn()
}

/// A row of numbers.
pub fn row(x: &[f64]) -> ArrayD<f64> {
    ndarray::arr1(x).into_dyn()
}

/// A row of whole numbers.
pub fn numbers(x: &[usize]) -> ArrayD<f64> {
    row(&x.iter().map(|x| *x as f64).collect::<Vec<_>>())
}
