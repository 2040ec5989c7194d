//! The table of n-gram counts, as a tree of suffixes.
//!
//! Every n-gram `w_1 .. w_m` with m <= order is a node. It knows two others:
//!
//! - its **suffix** `w_2 .. w_m`, the same word after a shorter context, to which smoothing backs off; in the tree, the
//!   suffix is the parent, and the step from it is the older token `w_1`;
//! - its **history** `w_1 .. w_(m-1)`, the context in which `w_m` was counted.
//!
//! Node 0 is the empty n-gram. Nodes are numbered as they are first met, so both links point to smaller numbers and
//! one pass in the order of numbers meets what it needs. All is kept in flat arrays; one hash table from (suffix, older
//! token) to the node serves both counting and look-up. Counting a token costs one look-up for each order.
//!
//! Rejected: a hash map from contexts to hash maps of words, which takes an allocation for each context and cannot
//! answer "how many different tokens stand before this n-gram", the question of Kneser-Ney; sorted arrays, which are
//! smaller but must be merged before they can answer anything.

use crate::corpus::NO_LABEL;
use crate::fold_hash::FoldHasher;
use crate::tokenizer::TokenId;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// The number of an n-gram.
pub(super) type Node = u32;

/// The empty n-gram, which is also the empty context.
pub(super) const ROOT: Node = 0;

/// How often each n-gram up to an order was followed, in flat arrays indexed by node.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) order: usize,
    /// The oldest token of each n-gram.
    pub(super) token: Vec<TokenId>,
    /// Each n-gram without its oldest token.
    pub(super) suffix: Vec<Node>,
    /// Each n-gram without its newest token.
    pub(super) history: Vec<Node>,
    /// How often each n-gram was counted; 0 for the root and for what was only ever a context.
    pub(super) count: Vec<u64>,
    children: HashMap<u64, Node, BuildHasherDefault<FoldHasher>>,
}

impl Counts {
    pub(super) fn new(order: usize) -> Counts {
        Counts {
            order,
            token: vec![0],
            suffix: vec![ROOT],
            history: vec![ROOT],
            count: vec![0],
            children: HashMap::default(),
        }
    }

    /// Counts each label of a row after the inputs before it, and gives the number of labels.
    ///
    /// The context of the label at t is `inputs[..= t]`, of which the last order - 1 tokens matter. Where the row has
    /// fewer, the n-gram is shorter. That is the same as padding the row's start with further SOS: a context that
    /// starts with SOS can only be a sentence's start.
    pub(super) fn add_row(&mut self, inputs: &[TokenId], labels: &[TokenId]) -> usize {
        let Some(last) = labels.iter().rposition(|&label| label != NO_LABEL) else {
            return 0;
        };
        let mut labels_counted = 0;
        let (mut history, mut path) = (vec![ROOT], Vec::new());
        self.insert(&history, &[], inputs[0], self.order - 1, &mut path);
        std::mem::swap(&mut history, &mut path);
        for t in 0..=last {
            let context = &inputs[..=t];
            let counted = labels[t] != NO_LABEL;
            if counted {
                self.insert(&history, context, labels[t], self.order, &mut path);
                path[1..].iter().for_each(|&node| self.count[node as usize] += 1);
                labels_counted += 1;
            }
            if t == last {
                break;
            }
            if !counted || labels[t] != inputs[t + 1] {
                self.insert(&history, context, inputs[t + 1], self.order - 1, &mut path);
            }
            // Almost always the next input is the label just counted, and its path is known already.
            std::mem::swap(&mut history, &mut path);
        }
        labels_counted
    }

    /// Fills `path` with the nodes of `token` after ever longer ends of `context`, making those that lack.
    ///
    /// `history[m]` is the node of the last m tokens of the context.
    fn insert(&mut self, history: &[Node], context: &[TokenId], token: TokenId, depth: usize, path: &mut Vec<Node>) {
        path.clear();
        path.push(ROOT);
        let older = std::iter::once(token).chain(context.iter().rev().copied());
        for (m, older) in older.take(depth).enumerate() {
            let node = self.child_or_new(path[m], older, history[m]);
            path.push(node);
        }
    }

    /// Gives the n-gram with one more token before its suffix; makes it where it lacks.
    pub(super) fn child_or_new(&mut self, suffix: Node, older: TokenId, history: Node) -> Node {
        let new = Node::try_from(self.token.len()).expect("the n-gram table has at most 2^32 n-grams");
        let node = *self.children.entry(key(suffix, older)).or_insert(new);
        if node == new {
            self.token.push(older);
            self.suffix.push(suffix);
            self.history.push(history);
            self.count.push(0);
        }
        node
    }

    /// Gives the nodes of ever longer ends of a text that is read backwards, as far as they are in the table.
    ///
    /// `path[m]` is the node of the newest m tokens; `path[0]` is the root.
    pub(super) fn path(&self, newest_first: impl Iterator<Item = TokenId>) -> Vec<Node> {
        let mut path = vec![ROOT];
        for older in newest_first {
            let Some(node) = self.child(path[path.len() - 1], older) else {
                break;
            };
            path.push(node);
        }
        path
    }

    /// Gives the longest n-gram counted for a token after an end of a context, and its length.
    pub(super) fn longest(&self, context: &[TokenId], token: TokenId) -> (Node, usize) {
        let (mut longest, mut length) = (ROOT, 0);
        for older in std::iter::once(token)
            .chain(context.iter().rev().copied())
            .take(self.order)
        {
            match self.child(longest, older) {
                Some(node) if self.count[node as usize] > 0 => longest = node,
                _ => break,
            }
            length += 1;
        }
        (longest, length)
    }

    /// Gives the n-gram that has one more token before its suffix, if it was ever met.
    pub(super) fn child(&self, suffix: Node, older: TokenId) -> Option<Node> {
        self.children.get(&key(suffix, older)).copied()
    }

    /// Gives the number of nodes, the root and bare contexts included.
    pub(super) fn node_count(&self) -> usize {
        self.token.len()
    }

    /// Gives the nodes that were counted as n-grams, in the order of their numbers.
    pub(super) fn ngrams(&self) -> impl Iterator<Item = usize> {
        (1..self.count.len()).filter(|&node| self.count[node] > 0)
    }

    /// Gives the number of tokens of each node.
    pub(super) fn lengths(&self) -> Vec<usize> {
        let mut lengths = vec![0; self.node_count()];
        for node in 1..self.node_count() {
            lengths[node] = lengths[self.suffix[node] as usize] + 1;
        }
        lengths
    }

    /// Gives the newest token of each node, the word that was counted.
    pub(super) fn words(&self) -> Vec<TokenId> {
        let mut words = self.token.clone();
        for node in 1..self.node_count() {
            if self.suffix[node] != ROOT {
                words[node] = words[self.suffix[node] as usize];
            }
        }
        words
    }

    /// Gives the tokens of a node, oldest first.
    #[cfg(test)]
    pub(super) fn tokens_of(&self, node: usize) -> Vec<TokenId> {
        let path = std::iter::successors(Some(node), |&node| Some(self.suffix[node] as usize));
        path.take_while(|&node| node != ROOT as usize)
            .map(|node| self.token[node])
            .collect()
    }

    /// Gives how many different tokens stand before each n-gram, and occurrences with none before it.
    ///
    /// An occurrence at the start of a row has no token before it; each such occurrence counts on its own. Hence an
    /// n-gram that starts with SOS has its full count, as in KenLM.
    ///
    /// **Formula**: `N(• g) = |{v : c(v g) > 0}| + c(g) - sum_v c(v g)`.
    ///
    /// **Errors** with a node that was counted less often than its extensions; a table made by counting has none.
    pub(super) fn left_neighbours(&self) -> Result<Vec<u64>, usize> {
        let mut different = vec![0; self.node_count()];
        let mut at_start = self.count.clone();
        for node in self.ngrams().filter(|&node| self.suffix[node] != ROOT) {
            let suffix = self.suffix[node] as usize;
            different[suffix] += 1;
            at_start[suffix] = at_start[suffix].checked_sub(self.count[node]).ok_or(suffix)?;
        }
        Ok(different
            .into_iter()
            .zip(at_start)
            .map(|(different, at_start)| different + at_start)
            .collect())
    }
}

fn key(suffix: Node, older: TokenId) -> u64 {
    u64::from(suffix) << 32 | u64::from(older)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOS: TokenId = 8;

    /// All n-grams of a table with their counts, sorted.
    fn listing(counts: &Counts) -> Vec<(Vec<TokenId>, u64)> {
        let mut listing: Vec<_> = counts
            .ngrams()
            .map(|node| (counts.tokens_of(node), counts.count[node]))
            .collect();
        listing.sort();
        listing
    }

    #[test]
    fn a_row_is_counted_at_every_order() {
        let mut counts = Counts::new(3);
        // SOS 1 2 1 2 → 1 2 1 2 3
        assert_eq!(counts.add_row(&[SOS, 1, 2, 1, 2], &[1, 2, 1, 2, 3]), 5);
        let expected: Vec<(Vec<TokenId>, u64)> = vec![
            (vec![1], 2),
            (vec![1, 2], 2),
            (vec![1, 2, 1], 1),
            (vec![1, 2, 3], 1),
            (vec![2], 2),
            (vec![2, 1], 1),
            (vec![2, 1, 2], 1),
            (vec![2, 3], 1),
            (vec![3], 1),
            (vec![SOS, 1], 1),
            (vec![SOS, 1, 2], 1),
        ];
        assert_eq!(listing(&counts), expected);
    }

    #[test]
    fn unlabelled_positions_are_context_and_never_counted() {
        let mut whole = Counts::new(3);
        whole.add_row(&[1, 2, 3, 4], &[2, 3, 4, 5]);
        let mut pieces = Counts::new(3);
        pieces.add_row(&[1, 2], &[2, 3]);
        pieces.add_row(&[2, 3, 4, 0], &[NO_LABEL, 4, 5, NO_LABEL]);
        assert_eq!(listing(&pieces), listing(&whole));
    }

    #[test]
    fn the_content_of_padded_positions_is_never_read() {
        let mut counts = [Counts::new(3), Counts::new(3)];
        counts[0].add_row(&[SOS, 1, 0, 0], &[1, 2, NO_LABEL, NO_LABEL]);
        counts[1].add_row(&[SOS, 1, 7, 6], &[1, 2, NO_LABEL, NO_LABEL]);
        assert_eq!(listing(&counts[0]), listing(&counts[1]));
        assert_eq!(counts[0].node_count(), counts[1].node_count());
        assert_eq!(counts[0].add_row(&[5, 5], &[NO_LABEL, NO_LABEL]), 0);
    }

    #[test]
    fn a_gap_of_padding_inside_a_row_does_not_mix_up_the_links() {
        let mut counts = Counts::new(3);
        assert_eq!(counts.add_row(&[1, 2, 0, 3], &[2, NO_LABEL, NO_LABEL, 4]), 2);
        for node in 1..counts.node_count() {
            let tokens = counts.tokens_of(node);
            assert_eq!(
                counts.tokens_of(counts.history[node] as usize),
                tokens[..tokens.len() - 1]
            );
        }
    }
}
