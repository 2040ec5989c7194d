//! The counts as flat arrays, for checkpoints.

use super::counts::{Counts, Node, ROOT};
use super::{Ngram, NgramConfig, NgramError};
use crate::tokenizer::TokenId;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// All that an n-gram model has learnt: four arrays of one length.
///
/// Entry i describes n-gram i; entry 0 is the empty one. Probabilities are not stored: they follow from the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NgramArrays {
    /// The oldest token of each n-gram.
    pub token: Vec<TokenId>,
    /// The number of the n-gram without its oldest token.
    pub suffix: Vec<Node>,
    /// The number of the n-gram without its newest token.
    pub history: Vec<Node>,
    /// How often each n-gram was counted.
    pub count: Vec<u64>,
}

impl Ngram {
    /// Gives what was learnt.
    pub fn arrays(&self) -> NgramArrays {
        NgramArrays {
            token: self.counts.token.clone(),
            suffix: self.counts.suffix.clone(),
            history: self.counts.history.clone(),
            count: self.counts.count.clone(),
        }
    }

    /// Makes the model that had learnt these counts; it can go on learning.
    ///
    /// **Errors** when the configuration is wrong, or the arrays are not such as [`arrays`](Ngram::arrays) gives.
    pub fn from_arrays(config: NgramConfig, arrays: &NgramArrays) -> Result<Ngram, NgramError> {
        config.check()?;
        let counts = read_counts(&config, arrays).map_err(|(node, rule)| NgramError::Damaged { node, rule })?;
        Ok(Ngram {
            config,
            counts,
            estimates: OnceLock::new(),
        })
    }
}

/// The number of the first n-gram that breaks a rule, and the rule.
type Damage = (usize, &'static str);

fn read_counts(config: &NgramConfig, arrays: &NgramArrays) -> Result<Counts, Damage> {
    let NgramArrays {
        token,
        suffix,
        history,
        count,
    } = arrays;
    let nodes = token.len();
    if [suffix.len(), history.len(), count.len()] != [nodes; 3] {
        return Err((nodes, "the arrays differ in length"));
    }
    if nodes == 0 || (token[0], suffix[0], history[0], count[0]) != (0, ROOT, ROOT, 0) {
        return Err((0, "entry 0 must be the empty n-gram"));
    }
    let mut counts = Counts::new(config.order);
    let mut lengths = vec![0];
    for node in 1..nodes {
        let entry = (token[node], suffix[node], history[node]);
        check_entry(&counts, &lengths, config.vocabulary, entry).map_err(|rule| (node, rule))?;
        counts.child_or_new(suffix[node], token[node], history[node]);
        lengths.push(lengths[suffix[node] as usize] + 1);
    }
    counts.count.copy_from_slice(count);
    match counts.left_neighbours() {
        Ok(_) => Ok(counts),
        Err(node) => Err((node, "an n-gram is counted less often than its extensions")),
    }
}

/// Checks the next entry against those before it.
fn check_entry(
    counts: &Counts,
    lengths: &[usize],
    vocabulary: usize,
    (token, suffix, history): (TokenId, Node, Node),
) -> Result<(), &'static str> {
    let (s, h) = (suffix as usize, history as usize);
    if token as usize >= vocabulary {
        Err("a token is not in the vocabulary")
    } else if s.max(h) >= counts.node_count() {
        Err("suffix and history must come before their n-gram")
    } else if lengths[s] >= counts.order {
        Err("an n-gram is longer than the order")
    } else if lengths[h] != lengths[s] {
        Err("suffix and history must be one token shorter")
    } else if suffix != ROOT && (counts.token[h] != token || counts.suffix[h] != counts.history[s]) {
        Err("suffix and history must overlap in all but one token")
    } else if counts.child(suffix, token).is_some() {
        Err("an n-gram stands in the table twice")
    } else {
        Ok(())
    }
}
