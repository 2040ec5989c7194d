//! Windows on a long stream of tokens, with labels shifted by one.
//!
//! A window of block size T at place s has the inputs `x[s .. s + T]` and the labels `x[s + 1 ..= s + T]`. Nothing
//! marks its start: a model sees a piece torn out of the text. The first token of the stream has nothing before it and
//! is never a label.

use super::batch::{Batch, BatchError, Batches, FILLING, NO_LABEL, fit_to_block};
use crate::tokenizer::TokenId;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::borrow::Cow;

/// A stream of tokens that is read through windows of one size.
#[derive(Clone, Debug)]
pub struct Windows<'a> {
    tokens: Cow<'a, [TokenId]>,
    block: usize,
    lead: usize,
}

impl<'a> Windows<'a> {
    /// Takes a stream of tokens and a block size.
    ///
    /// **Errors** when the block size is 0, or the stream has no more tokens than the block.
    pub fn new(tokens: impl Into<Cow<'a, [TokenId]>>, block: usize) -> Result<Self, BatchError> {
        let tokens = tokens.into();
        if block == 0 {
            return Err(BatchError::EmptyBlock);
        }
        if tokens.len() <= block {
            return Err(BatchError::BlockLongerThanText {
                block,
                tokens: tokens.len(),
            });
        }
        Ok(Self { tokens, block, lead: 0 })
    }

    /// Takes a stream that is only measured: where it has no more tokens than the block, one window reads all of it.
    ///
    /// **Errors** when the block size is 0, or the stream has no label.
    pub fn to_measure(tokens: impl Into<Cow<'a, [TokenId]>>, block: usize) -> Result<Self, BatchError> {
        let tokens = tokens.into();
        match tokens.len() {
            0 | 1 => Err(BatchError::NothingToMeasure { tokens: tokens.len() }),
            len => Self::new(tokens, block.min(len - 1)),
        }
    }

    /// Lets each window in order begin with tokens of the one before, as context without labels.
    ///
    /// Without a lead the first label of each window has one token of context. With a lead of n - 1 an n-gram model
    /// sees each label with all its context, as if the stream were one row. Windows that are `stride` labels apart have
    /// a lead of `block - stride`: each label but the first ones of the text has more than that many tokens before it.
    ///
    /// **Errors** when the lead leaves no position to predict.
    pub fn with_lead(self, lead: usize) -> Result<Self, BatchError> {
        if self.tokens.len() == self.block + 1 {
            // One window reads all of the stream, and nothing comes before it.
            return Ok(self);
        }
        if lead >= self.block {
            return Err(BatchError::LeadFillsBlock {
                lead,
                block: self.block,
            });
        }
        Ok(Self { lead, ..self })
    }

    fn windows(&self) -> usize {
        let stride = self.block - self.lead;
        1 + (self.label_count().saturating_sub(self.block)).div_ceil(stride)
    }

    /// Gives the window that starts at a place, without the first `lead` labels.
    fn row(&self, start: usize, lead: usize) -> (Vec<TokenId>, Vec<TokenId>) {
        let end = (start + self.block).min(self.tokens.len() - 1);
        let inputs = fit_to_block(&self.tokens[start..end], self.block, FILLING);
        let mut labels = fit_to_block(&self.tokens[start + 1..=end], self.block, NO_LABEL);
        labels[..lead].fill(NO_LABEL);
        (inputs, labels)
    }
}

impl Batches for Windows<'_> {
    /// Gives windows at random places of the stream; the lead plays no part here.
    fn at_step(&mut self, seed: u64, step: u64, rows: usize) -> Batch {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(step);
        let places = 0..self.tokens.len() - self.block;
        Batch::from_rows(
            self.block,
            (0..rows).map(|_| self.row(rng.random_range(places.clone()), 0)),
        )
    }

    fn in_order(&self, rows: usize) -> Box<dyn Iterator<Item = Batch> + '_> {
        let (stride, windows) = (self.block - self.lead, self.windows());
        Box::new((0..windows).step_by(rows).map(move |first| {
            let row = |index| match index {
                0 => self.row(0, 0),
                _ if index < windows => self.row(index * stride, self.lead),
                _ => (vec![FILLING; self.block], vec![NO_LABEL; self.block]),
            };
            Batch::from_rows(self.block, (first..first + rows).map(row))
        }))
    }

    fn label_count(&self) -> usize {
        self.tokens.len() - 1
    }

    fn row_count(&self) -> usize {
        self.windows()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(length: usize) -> Vec<TokenId> {
        (1..=length as TokenId).collect()
    }

    #[test]
    fn labels_are_the_inputs_shifted_by_one() {
        let data = Windows::new(stream(6), 3).unwrap();
        let batch = data.in_order(2).next().unwrap();
        assert_eq!(batch.inputs(), [1, 2, 3, 4, 5, FILLING]);
        assert_eq!(batch.labels(), [2, 3, 4, 5, 6, NO_LABEL]);
    }

    #[test]
    fn a_lead_is_context_without_labels() {
        let data = Windows::new(stream(7), 4).unwrap().with_lead(2).unwrap();
        let batch = data.in_order(2).next().unwrap();
        assert_eq!(batch.inputs(), [1, 2, 3, 4, 3, 4, 5, 6]);
        assert_eq!(batch.labels(), [2, 3, 4, 5, NO_LABEL, NO_LABEL, 6, 7]);
    }

    #[test]
    fn a_block_longer_than_the_text_is_refused() {
        insta::assert_snapshot!(
            Windows::new(stream(64), 64).unwrap_err(),
            @"the block is longer than the text to train on: a block of 64 needs 65 tokens, because labels are shifted by one, and the training part of the text has 64; use --block 63, or a longer text"
        );
        assert!(Windows::new(stream(65), 64).is_ok());
        assert_eq!(Windows::new(stream(65), 0).unwrap_err(), BatchError::EmptyBlock);
        let lead = Windows::new(stream(9), 4).unwrap().with_lead(4).unwrap_err();
        assert_eq!(lead, BatchError::LeadFillsBlock { lead: 4, block: 4 });
    }

    #[test]
    fn a_text_of_a_block_or_less_is_measured_in_one_window() {
        for (length, lead) in [(2, 0), (4, 3), (5, 3)] {
            let data = Windows::to_measure(stream(length), 4).unwrap().with_lead(lead).unwrap();
            let batch = data.in_order(1).next().unwrap();
            assert_eq!((data.row_count(), batch.label_count()), (1, length - 1));
        }
        assert_eq!(
            Windows::to_measure(stream(1), 4).unwrap_err(),
            BatchError::NothingToMeasure { tokens: 1 }
        );
    }

    #[test]
    fn random_windows_reach_both_ends_of_the_text() {
        let mut data = Windows::new(stream(9), 3).unwrap();
        let starts: Vec<TokenId> = (0..40)
            .flat_map(|step| {
                data.at_step(1, step, 4)
                    .inputs()
                    .chunks(3)
                    .map(|row| row[0])
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!((starts.iter().min(), starts.iter().max()), (Some(&1), Some(&6)));
    }

    proptest! {
        #[test]
        fn in_order_predicts_each_token_but_the_first_exactly_once(
            block in 1..12usize, more in 1..50usize, lead in 0..11usize, rows in 1..5usize,
        ) {
            let (length, lead) = (block + more, lead % block);
            let data = Windows::new(stream(length), block).unwrap().with_lead(lead).unwrap();
            let mut labels = Vec::new();
            for batch in data.in_order(rows) {
                prop_assert_eq!(batch.rows(), rows);
                let pairs = batch.inputs().iter().zip(batch.labels()).filter(|&(_, &label)| label != NO_LABEL);
                for (&input, &label) in pairs {
                    prop_assert_eq!(label, input + 1);
                    labels.push(label);
                }
            }
            prop_assert_eq!(data.in_order(1).count(), data.row_count());
            prop_assert_eq!(labels.len(), data.label_count());
            prop_assert_eq!(labels, stream(length)[1..].to_vec());
        }

        #[test]
        fn a_stride_gives_each_label_but_the_first_ones_more_than_block_less_stride_tokens(
            block in 2..12usize, more in 2..50usize, stride in 1..12usize,
        ) {
            let stride = 1 + stride % block;
            let data = Windows::to_measure(stream(block + more), block).unwrap().with_lead(block - stride).unwrap();
            for (number, batch) in data.in_order(1).enumerate() {
                let first = batch.labels().iter().position(|&label| label != NO_LABEL).unwrap();
                // The label at a position is predicted from that many tokens and one.
                prop_assert_eq!(first, if number == 0 { 0 } else { block - stride });
            }
        }

        #[test]
        fn random_windows_depend_on_seed_and_step_alone(seed in any::<u64>(), step in any::<u64>(), rows in 1..5usize) {
            let mut one = Windows::new(stream(50), 7).unwrap();
            let batch = one.at_step(seed, step, rows);
            one.at_step(seed, step.wrapping_add(1), rows);
            prop_assert_eq!(&one.at_step(seed, step, rows), &batch);
            for (inputs, labels) in batch.iter_rows() {
                prop_assert!(inputs.iter().zip(labels).all(|(&input, &label)| label == input + 1));
            }
        }
    }
}
