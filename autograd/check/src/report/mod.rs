//! What a check finds, for people and for programs.

pub(crate) mod covered;
pub mod gradient_plot;
pub mod page;
pub mod render;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnosis::counterexample::Counterexample;
use crate::diagnosis::diagnose::Diagnosis;
use crate::report::covered::Covered;
use crate::subject::Kind;
use crate::verdict::judge::EntryVerdict;
use crate::witness::reference_gradient::ReferenceEntry;

/// The findings on all subjects of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The seed that repeats the run.
    pub seed: u64,
    /// The findings on each subject.
    pub targets: Vec<TargetReport>,
}

/// The findings on one subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetReport {
    /// The name of the subject.
    pub name: String,
    /// The kind of the subject.
    pub kind: Kind,
    /// The verdict on the subject.
    pub verdict: Verdict,
    /// How many entries of gradients were compared.
    pub entries: usize,
    /// How many of them were also compared with a symbolic derivative.
    pub symbolic: usize,
    /// How many of them no witness could decide.
    pub unchecked: usize,
    /// The largest relative difference between a gradient and its reference.
    pub worst_error: f64,
    /// The largest relative bound on the error of the numeric derivative.
    pub bound: f64,
    /// The smallest relative error of one entry that the check detects everywhere: `1e-6`, or what rounding hides.
    pub resolution: f64,
    /// How many cases were tried.
    pub cases: usize,
    /// What the check covered.
    pub covered: Covered,
    /// The mistake that explains what is wrong.
    pub diagnosis: Option<Diagnosis>,
    /// The smallest case on which it is wrong.
    pub example: Option<Counterexample>,
    /// What else is wrong, and why entries are unchecked, in sentences.
    pub findings: Vec<Finding>,
}

/// The verdict on a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All entries agree with the reference.
    Pass,
    /// A gradient is wrong.
    Wrong,
    /// Nothing is wrong, but some entries could not be checked.
    Unchecked,
    /// The controls failed: the check could not tell a right gradient from wrong ones.
    Invalid,
}

/// One finding about a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The identifier of the finding in JSON.
    pub cause: String,
    /// The finding as a sentence.
    pub sentence: String,
}

impl TargetReport {
    /// A report of a subject before any case is tried.
    pub fn new(name: String, kind: Kind) -> Self {
        Self {
            name,
            kind,
            verdict: Verdict::Pass,
            entries: 0,
            symbolic: 0,
            unchecked: 0,
            worst_error: 0.0,
            bound: 0.0,
            resolution: 0.0,
            cases: 0,
            covered: Covered::default(),
            diagnosis: None,
            example: None,
            findings: Vec::new(),
        }
    }

    /// Counts one entry with its verdict.
    pub(crate) fn note(&mut self, entry: &ReferenceEntry, analytic: f64, verdict: EntryVerdict, scale: f64) {
        self.entries += 1;
        self.symbolic += usize::from(entry.symbolic.is_some());
        let size = scale.max(entry.terms).max(f64::MIN_POSITIVE);
        // A gradient that is 0 but for rounding has no relative error.
        if size > entry.floor {
            self.worst_error = self.worst_error.max((analytic - entry.best()).abs() / size);
        }
        let bound = entry.numeric.map_or(0.0, |(_, bound)| bound / size);
        if verdict == EntryVerdict::Pass && scale > 1e3 * entry.floor {
            self.bound = self.bound.max(bound.min(1.0));
        }
    }

    /// Adds a finding before all others.
    pub(crate) fn find_first(&mut self, cause: &str, sentence: String) {
        self.find(cause, sentence);
        if let Some(at) = self.findings.iter().position(|known| known.cause == cause) {
            self.findings[..=at].rotate_right(1);
        }
    }

    /// Adds a finding, the first of each cause.
    pub fn find(&mut self, cause: &str, sentence: String) {
        if !self.findings.iter().any(|known| known.cause == cause) {
            self.findings.push(Finding {
                cause: cause.to_string(),
                sentence,
            });
        }
    }
}

impl Report {
    /// The report as one JSON document.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a report holds numbers, strings and lists only")
    }
}
