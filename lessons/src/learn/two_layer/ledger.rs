//! The JSON document of `tapegrad step two-layer`.

#![expect(missing_docs, reason = "the contract of `Ledger` describes every field")]

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

use super::values::Values;

/// The numbers of one run, row by row of the slide, from the loss down to the input.
///
/// As JSON, with every number in full, and `A` for `{"shape":[n,..],"entries":[x,..]}` (entries row by row):
/// ```text
/// {"values": {"x":[x,..], "t":x, "alpha":[[x,..],..], "beta":[x,..]},
///  "j": x,
///  "rows": [{"name":"Loss", "symbol":"J", "forward":formula, "result":A, "incoming":A,
///            "gradients": [{"of":"y", "formula":formula, "local":formula|null, "gradient":A,
///                           "entries": [{"name":"g_y", "gradient":x,
///                                        "terms": [{"incoming":"g_J", "incoming_value":x,
///                                                   "local":"dJ/dy", "local_value":x}],
///                                        "difference": {"value":x|null, "relative_error":x|null,
///                                                       "verdict":"agrees|differs|unchecked"}}]}],
///            "ops": [{"node":name, "op":name, "file":path, "forward":formula, "backward":formula, "result":A,
///                     "incoming":A|null,
///                     "contributions": [{"letter":"a", "operand":name, "uses":n, "value":A,
///                                        "before":A|null, "after":A}]}]}]}
/// ```
/// An entry's gradient comes from the tape; its terms are the slide's formula, and their products add up to it.
/// `ops` go from last to first. `incoming` of an op is `null` where it gets no gradient, as it depends on nothing that
/// gets one; `uses` is the number of all contributions to the operand; `before` is `null` for the first of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    pub values: Values,
    pub j: f64,
    pub rows: Vec<LedgerRow>,
}

/// One row of the slide with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    pub name: String,
    pub symbol: String,
    pub forward: String,
    pub result: LedgerArray,
    pub incoming: LedgerArray,
    pub gradients: Vec<LedgerGradient>,
    pub ops: Vec<LedgerOp>,
}

/// One backward formula with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerGradient {
    pub of: String,
    pub formula: String,
    pub local: Option<String>,
    pub gradient: LedgerArray,
    pub entries: Vec<GradientEntry>,
}

/// One entry of a gradient; indices in its name count from 1: `g_alpha_12`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradientEntry {
    pub name: String,
    pub gradient: f64,
    pub terms: Vec<Term>,
    pub difference: Difference,
}

/// A product of an incoming gradient and a local derivative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub incoming: String,
    pub incoming_value: f64,
    pub local: String,
    pub local_value: f64,
}

/// The finite difference beside an entry of a gradient; the error is relative to the larger of the two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub value: Option<f64>,
    pub relative_error: Option<f64>,
    pub verdict: DifferenceVerdict,
}

/// Whether a gradient and its finite difference agree; unchecked where rounding hides the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DifferenceVerdict {
    Agrees,
    Differs,
    Unchecked,
}

/// One op of the tape, forward and backward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerOp {
    pub node: String,
    pub op: String,
    pub file: String,
    pub forward: String,
    pub backward: String,
    pub result: LedgerArray,
    pub incoming: Option<LedgerArray>,
    pub contributions: Vec<LedgerContribution>,
}

/// The contribution of one use of a variable to its gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerContribution {
    pub letter: String,
    pub operand: String,
    pub uses: usize,
    pub value: LedgerArray,
    pub before: Option<LedgerArray>,
    pub after: LedgerArray,
}

/// An array: the sizes of its axes, none for a single number, and its entries row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerArray {
    pub shape: Vec<usize>,
    pub entries: Vec<f64>,
}

impl From<&ArrayD<f64>> for LedgerArray {
    fn from(array: &ArrayD<f64>) -> Self {
        Self {
            shape: array.shape().to_vec(),
            entries: array.iter().copied().collect(),
        }
    }
}

impl Ledger {
    /// All entries of all gradients.
    pub fn entries(&self) -> impl Iterator<Item = &GradientEntry> {
        let gradients = self.rows.iter().flat_map(|row| &row.gradients);
        gradients.flat_map(|gradient| &gradient.entries)
    }

    /// The number of entries with this verdict.
    pub fn count(&self, verdict: DifferenceVerdict) -> usize {
        self.entries()
            .filter(|entry| entry.difference.verdict == verdict)
            .count()
    }
}
