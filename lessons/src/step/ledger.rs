//! What one run of the two-layer network did, row by row of the slide.

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

use super::difference::{Difference, Verdict};
use super::values::Values;

/// What one run of the two-layer network did, row by row of the slide, from the loss down to the input.
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
/// `incoming` of an op is `null` where it gets no gradient, as it depends on nothing that gets one; `before` is `null`
/// for the first contribution to a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// The numbers put in.
    pub values: Values,
    /// The log-likelihood.
    pub j: f64,
    /// The rows of the slide.
    pub rows: Vec<Row>,
}

/// One row of the slide with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What the slide calls the row.
    pub name: String,
    /// The letter of the result.
    pub symbol: String,
    /// The forward formula.
    pub forward: String,
    /// The result of forward.
    pub result: Numbers,
    /// The gradient of J with respect to the result.
    pub incoming: Numbers,
    /// The gradients with respect to what the result is computed from.
    pub gradients: Vec<Gradient>,
    /// The tape's ops that the row consists of, from last to first.
    pub ops: Vec<OpTurn>,
}

/// One backward formula with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gradient {
    /// The letter of what the gradient is of.
    pub of: String,
    /// The formula, with the local derivative by its name.
    pub formula: String,
    /// The formula of the local derivative, where the slide writes it apart.
    pub local: Option<String>,
    /// The gradient, as the tape computed it.
    pub gradient: Numbers,
    /// Each entry with where it comes from and its check.
    pub entries: Vec<Entry>,
}

/// One entry of a gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name with its indices, counted from 1: `g_alpha_12`.
    pub name: String,
    /// Its value, as the tape computed it.
    pub gradient: f64,
    /// The products of incoming gradient and local derivative whose sum it is.
    pub terms: Vec<Term>,
    /// Its check.
    pub difference: Difference,
}

/// A product of an incoming gradient and a local derivative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The name of the incoming gradient.
    pub incoming: String,
    /// The incoming gradient.
    pub incoming_value: f64,
    /// The name of the local derivative.
    pub local: String,
    /// The local derivative.
    pub local_value: f64,
}

/// One op of the tape: its forward, and its turn in the backward pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpTurn {
    /// The name of the node.
    pub node: String,
    /// The name of the op.
    pub op: String,
    /// The op's source file.
    pub file: String,
    /// The op's forward formula, in its own letters.
    pub forward: String,
    /// The op's backward formula, in its own letters.
    pub backward: String,
    /// The result of its forward.
    pub result: Numbers,
    /// The gradient that came in; `None` if it has none.
    pub incoming: Option<Numbers>,
    /// What it contributed to its operands.
    pub contributions: Vec<Contribution>,
}

/// What one use of a variable contributed to its gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The operand's letter in the op's formula.
    pub letter: String,
    /// The name of the variable.
    pub operand: String,
    /// How many uses of the variable contribute in all.
    pub uses: usize,
    /// The contribution.
    pub value: Numbers,
    /// The variable's gradient before; `None` if this is the first contribution.
    pub before: Option<Numbers>,
    /// The variable's gradient with this contribution added.
    pub after: Numbers,
}

/// An array of numbers in the order of its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// The sizes of its axes; none for a single number.
    pub shape: Vec<usize>,
    /// The numbers.
    pub entries: Vec<f64>,
}

impl From<&ArrayD<f64>> for Numbers {
    fn from(array: &ArrayD<f64>) -> Self {
        Self {
            shape: array.shape().to_vec(),
            entries: array.iter().copied().collect(),
        }
    }
}

impl Ledger {
    /// All entries of all gradients.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.rows
            .iter()
            .flat_map(|row| &row.gradients)
            .flat_map(|gradient| &gradient.entries)
    }

    /// The number of entries with this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.entries()
            .filter(|entry| entry.difference.verdict == verdict)
            .count()
    }
}
