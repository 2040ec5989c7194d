//! Learning merges: join the pair of neighbours that occurs most often, again and again.
//!
//! [`learn_plainly`] counts all pairs anew before each merge, as one would explain it. [`learn`] gives the same merges:
//! it keeps the counts (`Words`) and asks a queue for the largest. The queue is lazy: it may hold counts that fell
//! since, so what comes out is compared with the true count and goes back if it was too large.
//!
//! Pairs that occur equally often are taken in the order of their ids, the left one first.
//!
//! **Source**: Sennrich, Haddow and Birch 2016, algorithm 1.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::merging::Pair;
use super::words::{Words, merge_in};
use crate::tokenizer::TokenId;

/// Makes the name of the token that two tokens become.
pub type Joining = fn(&str, &str) -> String;

/// A vocabulary that grows: each token once.
#[derive(Clone, Debug, Default)]
pub struct Growing {
    tokens: Vec<String>,
    ids: HashMap<String, TokenId>,
}

impl Growing {
    /// The id of a token, which is taken in if it is new.
    pub fn id(&mut self, token: String) -> TokenId {
        let new = self.tokens.len() as TokenId;
        let id = *self.ids.entry(token.clone()).or_insert(new);
        if id == new {
            self.tokens.push(token);
        }
        id
    }

    /// The tokens in the order of their ids.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The token that two tokens become, and its id; the same text may have come up by other merges.
    pub fn join(&mut self, (left, right): Pair, joining: Joining) -> TokenId {
        let joined = joining(&self.tokens[left as usize], &self.tokens[right as usize]);
        self.id(joined)
    }
}

/// Learns merges until the vocabulary has `size` tokens, or no pair is left: the definition.
pub fn learn_plainly(mut words: Vec<(Vec<TokenId>, u64)>, vocabulary: &mut Growing, size: usize) -> Vec<Pair> {
    let mut merges = Vec::new();
    while vocabulary.tokens().len() < size {
        let mut counts: HashMap<Pair, u64> = HashMap::new();
        for (word, times) in &words {
            for pair in word.windows(2) {
                *counts.entry((pair[0], pair[1])).or_default() += times;
            }
        }
        let Some((_, Reverse(pair))) = counts.into_iter().map(|(pair, count)| (count, Reverse(pair))).max() else {
            break;
        };
        let made = vocabulary.join(pair, concatenated);
        words.iter_mut().for_each(|(word, _)| merge_in(word, pair, made));
        merges.push(pair);
    }
    merges
}

/// Learns the same merges with counts that are kept and a lazy queue.
pub fn learn(words: Vec<(Vec<TokenId>, u64)>, vocabulary: &mut Growing, size: usize) -> Vec<Pair> {
    let mut words = Words::new(words);
    let mut queue: BinaryHeap<(u64, Reverse<Pair>)> =
        words.pairs().map(|(pair, count)| (count, Reverse(pair))).collect();
    let (mut merges, mut new) = (Vec::new(), Vec::new());
    while vocabulary.tokens().len() < size {
        let Some((count, Reverse(pair))) = queue.pop() else {
            break;
        };
        let true_count = words.count(pair);
        if count != true_count {
            if true_count > 0 {
                queue.push((true_count, Reverse(pair)));
            }
            continue;
        }
        let made = vocabulary.join(pair, concatenated);
        words.merge(pair, made, |pair| {
            if pair.0 == made || pair.1 == made {
                new.push(pair);
            }
        });
        new.sort_unstable();
        new.dedup();
        queue.extend(new.drain(..).map(|pair| (words.count(pair), Reverse(pair))));
        merges.push(pair);
    }
    merges
}

fn concatenated(left: &str, right: &str) -> String {
    format!("{left}{right}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn start(corpus: &[(String, u64)]) -> (Growing, Vec<(Vec<TokenId>, u64)>) {
        let mut vocabulary = Growing::default();
        let mut letters: Vec<char> = corpus.iter().flat_map(|(word, _)| word.chars()).collect();
        letters.sort_unstable();
        letters.iter().for_each(|letter| {
            vocabulary.id(letter.to_string());
        });
        let words = corpus
            .iter()
            .map(|(word, times)| {
                (
                    word.chars().map(|letter| vocabulary.id(letter.to_string())).collect(),
                    *times,
                )
            })
            .collect();
        (vocabulary, words)
    }

    /// The example of Sennrich, Haddow and Birch: low, lower, newest, widest.
    ///
    /// `es t` and `t ·` both occur nine times. The paper takes the former; here the pair with the smaller ids comes first.
    #[test]
    fn the_example_of_the_paper_comes_out() {
        let corpus = [("low·", 5), ("lower·", 2), ("newest·", 6), ("widest·", 3)];
        let corpus = corpus.map(|(word, times)| (word.to_string(), times));
        let (mut vocabulary, words) = start(&corpus);
        let merges = learn(words, &mut vocabulary, 11 + 4);
        let joined = |&(left, right): &Pair| {
            let tokens = vocabulary.tokens();
            format!("{} {}", tokens[left as usize], tokens[right as usize])
        };
        assert_eq!(
            merges.iter().map(joined).collect::<Vec<_>>(),
            ["e s", "t ·", "es t·", "l o"]
        );
    }

    proptest! {
        #[test]
        fn kept_counts_give_the_merges_of_counting_anew(
            corpus in proptest::collection::vec(("[abc]{1,8}", 1_u64..5), 1..12),
            more in 0_usize..40,
        ) {
            let (vocabulary, words) = start(&corpus);
            let size = vocabulary.tokens().len() + more;
            let (mut plain, mut quick) = (vocabulary.clone(), vocabulary);
            let merges = learn_plainly(words.clone(), &mut plain, size);
            prop_assert_eq!(learn(words, &mut quick, size), merges);
            prop_assert_eq!(plain.tokens(), quick.tokens());
        }
    }
}
