//! Sentences as rows: `SOS x1 .. xn` is the input, `x1 .. xn EOS` the labels.
//!
//! This gives the T training pairs of a sequence (LECTURES rows D2, D3): `SOS → x1`, `SOS x1 → x2`, and so on up to
//! the end of the sentence, which is predicted like any word.

use super::batch::{Batch, BatchError, Batches, FILLING, NO_LABEL, fit_to_block};
use crate::tokenizer::{TokenId, Vocabulary};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use std::borrow::Cow;

/// A corpus of sentences, cut or padded to a block size.
#[derive(Clone, Debug)]
pub struct Sentences<'a> {
    sentences: Cow<'a, [Vec<TokenId>]>,
    block: usize,
    sos: TokenId,
    eos: TokenId,
    shuffled: Option<Shuffled>,
}

/// The order of the sentences in one epoch, kept until another epoch is asked for.
#[derive(Clone, Debug)]
struct Shuffled {
    seed: u64,
    epoch: u64,
    order: Vec<usize>,
}

impl<'a> Sentences<'a> {
    /// Takes sentences without markers and a block size that counts SOS.
    ///
    /// A sentence of n tokens fills n + 1 positions. What does not fit is cut off; [`truncated`](Sentences::truncated)
    /// says how many sentences that concerns.
    ///
    /// **Errors** when there is no sentence or the block size is 0.
    pub fn new(
        sentences: impl Into<Cow<'a, [Vec<TokenId>]>>,
        vocabulary: &Vocabulary,
        block: usize,
    ) -> Result<Self, BatchError> {
        let sentences = sentences.into();
        if block == 0 {
            return Err(BatchError::EmptyBlock);
        }
        if sentences.is_empty() {
            return Err(BatchError::NoSentences);
        }
        Ok(Self {
            sentences,
            block,
            sos: vocabulary.sos(),
            eos: vocabulary.eos(),
            shuffled: None,
        })
    }

    /// Gives the number of sentences that are longer than the block.
    pub fn truncated(&self) -> usize {
        Self::longer_than(&self.sentences, self.block)
    }

    /// Gives the number of sentences that do not fit a block with their start.
    pub(super) fn longer_than(sentences: &[Vec<TokenId>], block: usize) -> usize {
        sentences.iter().filter(|sentence| sentence.len() + 1 > block).count()
    }

    /// Gives the block size that the longest of some sentences needs.
    pub fn block_for(sentences: &[Vec<TokenId>]) -> usize {
        sentences.iter().map(Vec::len).max().unwrap_or(0) + 1
    }

    /// Gives the inputs and labels of one sentence.
    fn row(&self, index: usize) -> (Vec<TokenId>, Vec<TokenId>) {
        let sentence = &self.sentences[index];
        let inputs = [&[self.sos], sentence.as_slice()].concat();
        let labels = [sentence.as_slice(), &[self.eos]].concat();
        (
            fit_to_block(&inputs, self.block, FILLING),
            fit_to_block(&labels, self.block, NO_LABEL),
        )
    }

    /// Gives the sentence at a place of the endless sequence of epochs, each shuffled anew.
    fn index_at(&mut self, seed: u64, place: u64) -> usize {
        let count = self.sentences.len();
        let epoch = place / count as u64;
        let shuffled = match self.shuffled.take() {
            Some(shuffled) if (shuffled.seed, shuffled.epoch) == (seed, epoch) => shuffled,
            _ => Shuffled {
                seed,
                epoch,
                order: shuffled_order(count, seed, epoch),
            },
        };
        self.shuffled.insert(shuffled).order[(place % count as u64) as usize]
    }
}

fn shuffled_order(count: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch);
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut rng);
    order
}

impl Batches for Sentences<'_> {
    /// Gives `rows` sentences of the shuffled epochs; a batch may reach from one epoch into the next.
    fn at_step(&mut self, seed: u64, step: u64, rows: usize) -> Batch {
        let first = step * rows as u64;
        let indices: Vec<usize> = (first..first + rows as u64)
            .map(|place| self.index_at(seed, place))
            .collect();
        Batch::from_rows(self.block, indices.into_iter().map(|index| self.row(index)))
    }

    fn in_order(&self, rows: usize) -> Box<dyn Iterator<Item = Batch> + '_> {
        let count = self.sentences.len();
        Box::new((0..count).step_by(rows).map(move |first| {
            let row = |index| {
                if index < count {
                    self.row(index)
                } else {
                    (vec![FILLING; self.block], vec![NO_LABEL; self.block])
                }
            };
            Batch::from_rows(self.block, (first..first + rows).map(row))
        }))
    }

    fn label_count(&self) -> usize {
        self.sentences
            .iter()
            .map(|sentence| (sentence.len() + 1).min(self.block))
            .sum()
    }

    fn row_count(&self) -> usize {
        self.sentences.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenizer::{Case, Split, WordTokenizer};
    use proptest::prelude::*;

    fn words_of(ids: &[TokenId], words: &WordTokenizer) -> String {
        ids.iter()
            .map(|&id| words.vocabulary().word(id))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn labels_are_the_inputs_shifted_by_one_and_end_in_eos() {
        // LECTURES row D3.
        let words = WordTokenizer::train(["Narwhals are generated by AI"], Split::Punctuation, Case::AsWritten, 1);
        let sentence = words.encode("Narwhals are generated by AI");
        let data = Sentences::new(vec![sentence], words.vocabulary(), 8).unwrap();
        let batch = data.in_order(1).next().unwrap();
        let (inputs, labels) = batch.iter_rows().next().unwrap();
        assert_eq!(
            words_of(inputs, &words),
            "<SOS> Narwhals are generated by AI <PAD> <PAD>"
        );
        assert_eq!(words_of(&labels[..6], &words), "Narwhals are generated by AI <EOS>");
        assert_eq!(labels[6..], [NO_LABEL; 2]);
    }

    #[test]
    fn a_sequence_gives_the_training_pairs_of_the_lecture() {
        // LECTURES row D2: START → I, START I → am, START I am → Sam, START I am Sam → .
        let words = WordTokenizer::train(["I am Sam ."], Split::Punctuation, Case::AsWritten, 1);
        let data = Sentences::new(vec![words.encode("I am Sam .")], words.vocabulary(), 5).unwrap();
        let batch = data.in_order(1).next().unwrap();
        let (inputs, labels) = batch.iter_rows().next().unwrap();
        let pairs: Vec<String> = (0..batch.time())
            .map(|t| {
                format!(
                    "{} → {}",
                    words_of(&inputs[..=t], &words),
                    words_of(&labels[t..=t], &words)
                )
            })
            .collect();
        insta::assert_snapshot!(pairs.join("\n"), @r"
        <SOS> → I
        <SOS> I → am
        <SOS> I am → Sam
        <SOS> I am Sam → .
        <SOS> I am Sam . → <EOS>
        ");
    }

    #[test]
    fn truncation_drops_the_end_and_is_counted() {
        let vocabulary = Vocabulary::new(["a", "b", "c"]);
        let data = Sentences::new(vec![vec![1, 2, 3], vec![1]], &vocabulary, 3).unwrap();
        assert_eq!((data.truncated(), data.label_count()), (1, 5));
        let batch = data.in_order(2).next().unwrap();
        assert_eq!(batch.inputs(), [vocabulary.sos(), 1, 2, vocabulary.sos(), 1, FILLING]);
        assert_eq!(batch.labels(), [1, 2, 3, 1, vocabulary.eos(), NO_LABEL]);
        assert_eq!(Sentences::block_for(&[vec![1, 2, 3], vec![1]]), 4);
    }

    #[test]
    fn no_sentences_and_no_block_are_errors() {
        let vocabulary = Vocabulary::new(["a"]);
        assert_eq!(
            Sentences::new(Vec::new(), &vocabulary, 4).unwrap_err(),
            BatchError::NoSentences
        );
        assert_eq!(
            Sentences::new(vec![vec![1]], &vocabulary, 0).unwrap_err(),
            BatchError::EmptyBlock
        );
    }

    fn numbered(count: usize) -> Sentences<'static> {
        let vocabulary = Vocabulary::new((0..count).map(|i| format!("{i:05}")));
        let sentences: Vec<Vec<TokenId>> = (1..=count as TokenId).map(|id| vec![id]).collect();
        Sentences::new(sentences, &vocabulary, 2).unwrap()
    }

    fn first_words(batch: &Batch) -> Vec<TokenId> {
        batch.iter_rows().map(|(_, labels)| labels[0]).collect()
    }

    proptest! {
        #[test]
        fn each_epoch_holds_each_sentence_once(count in 1..30usize, rows in 1..9usize, seed in any::<u64>()) {
            let mut data = numbered(count);
            // As many steps as sentences: `rows` whole epochs.
            let drawn: Vec<TokenId> =
                (0..count as u64).flat_map(|step| first_words(&data.at_step(seed, step, rows))).collect();
            for epoch in drawn.chunks(count) {
                let mut sorted = epoch.to_vec();
                sorted.sort_unstable();
                prop_assert_eq!(sorted, (1..=count as TokenId).collect::<Vec<_>>());
            }
        }

        #[test]
        fn a_batch_depends_on_seed_and_step_alone(count in 2..30usize, rows in 1..9usize, seed in any::<u64>()) {
            let mut straight = numbered(count);
            let batches: Vec<Batch> = (0..20).map(|step| straight.at_step(seed, step, rows)).collect();
            // Resumed: a fresh corpus asked for a later step, and an earlier one after it.
            for step in [13, 4, 19] {
                prop_assert_eq!(&numbered(count).at_step(seed, step as u64, rows), &batches[step]);
                prop_assert_eq!(&straight.at_step(seed, step as u64, rows), &batches[step]);
            }
        }

        #[test]
        fn in_order_holds_each_label_once(lengths in prop::collection::vec(0..6usize, 1..12), rows in 1..5usize, block in 1..8usize) {
            let vocabulary = Vocabulary::new(["a", "b", "c", "d", "e", "f"]);
            let sentences: Vec<Vec<TokenId>> = lengths.iter().map(|&n| (1..=n as TokenId).collect()).collect();
            let data = Sentences::new(sentences.clone(), &vocabulary, block).unwrap();
            let labels: Vec<TokenId> = data.in_order(rows).flat_map(|batch| batch.labels().to_vec()).collect();
            let counted: Vec<TokenId> = labels.into_iter().filter(|&label| label != NO_LABEL).collect();
            let expected: Vec<TokenId> = sentences
                .iter()
                .flat_map(|sentence| sentence.iter().copied().chain([vocabulary.eos()]).take(block))
                .collect();
            prop_assert_eq!(counted.len(), data.label_count());
            prop_assert_eq!(counted, expected);
            prop_assert!(data.in_order(rows).all(|batch| batch.rows() == rows));
        }
    }

    #[test]
    fn two_seeds_and_two_epochs_give_different_orders() {
        let mut data = numbered(50);
        let [one, other_seed, next_epoch] =
            [(1, 0), (2, 0), (1, 1)].map(|(seed, step)| first_words(&data.at_step(seed, step, 50)));
        assert!(one != other_seed && one != next_epoch);
    }
}
