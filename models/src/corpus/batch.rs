//! A batch: rows of input ids, each with the label that should come next.
//!
//! `labels[b, t]` is the token to be predicted after `inputs[b, 0..=t]`. Where it is [`NO_LABEL`] nothing is predicted:
//! such a position never touches loss or gradient (LECTURES row D6). It is the id of no token, so that every token of
//! every vocabulary can be learnt and scored, also one with id 0.

use crate::tokenizer::TokenId;

/// The label of a position where nothing is predicted.
///
/// Ids travel to a network as `f32`, in which this number is exact and which is far above every id that fits.
pub const NO_LABEL: TokenId = 1 << 31;

/// What fills up the inputs of a row after its end: any id does, as nothing is predicted from there on. The lectures'
/// vocabulary has PAD here.
pub(super) const FILLING: TokenId = 0;

/// Rows of inputs and labels, all of one length.
///
/// **Shapes**: `inputs: [B, T]`, `labels: [B, T]`, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    time: usize,
    inputs: Vec<TokenId>,
    labels: Vec<TokenId>,
}

/// Says why a corpus gives no batches.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// A window of this size does not fit into the text.
    #[error(
        "the block is longer than the text to train on: a block of {block} needs {} tokens, because labels are shifted by \
         one, and the training part of the text has {tokens}; use --block {}, or a longer text", block + 1,
        tokens.saturating_sub(1).max(1)
    )]
    BlockLongerThanText {
        /// The block size asked for.
        block: usize,
        /// How many tokens the training part has.
        tokens: usize,
    },
    /// A stream of one token has no label.
    #[error(
        "there is nothing to measure: the text has {tokens} tokens, and the first one is not predicted; give a longer text"
    )]
    NothingToMeasure {
        /// How many tokens there are.
        tokens: usize,
    },
    /// A block holds at least one position.
    #[error("the block size is 0; a block needs at least one position, usually a power of two such as 64")]
    EmptyBlock,
    /// There is no sentence.
    #[error("there are no sentences; check that the text has lines that are not blank")]
    NoSentences,
    /// The lead of a window must leave room for a label.
    #[error(
        "a lead of {lead} tokens leaves nothing to predict in a block of {block}; use --block {} or more", lead + 1
    )]
    LeadFillsBlock {
        /// How many positions repeat earlier text.
        lead: usize,
        /// The block size.
        block: usize,
    },
}

/// Gives batches for training by number and for measuring in order.
pub trait Batches {
    /// Gives the training batch of one step, the same for the same seed, step and rows.
    ///
    /// Nothing else decides it, so a run that was interrupted goes on with the batches it would have had.
    fn at_step(&mut self, seed: u64, step: u64, rows: usize) -> Batch;

    /// Gives batches that hold each label exactly once, in the order of the text.
    ///
    /// Each batch has the same number of rows; the last one is filled up with rows without labels.
    fn in_order(&self, rows: usize) -> Box<dyn Iterator<Item = Batch> + '_>;

    /// Gives the number of labels of one pass in order.
    fn label_count(&self) -> usize;

    /// Gives the number of rows of one pass in order.
    fn row_count(&self) -> usize;
}

impl Batch {
    /// Takes rows of inputs and labels, row-major.
    ///
    /// **Panics** unless both have the same length, a multiple of `time`.
    #[track_caller]
    pub fn new(time: usize, inputs: Vec<TokenId>, labels: Vec<TokenId>) -> Batch {
        let fits = time > 0 && inputs.len().is_multiple_of(time) && inputs.len() == labels.len();
        assert!(
            fits,
            "batch: needs inputs [B, {time}] and labels [B, {time}]; there are {} inputs and {} labels",
            inputs.len(),
            labels.len()
        );
        Batch { time, inputs, labels }
    }

    /// Joins rows that are already cut and padded to one length.
    ///
    /// **Panics** unless all rows are `time` long.
    #[track_caller]
    pub(super) fn from_rows(time: usize, rows: impl IntoIterator<Item = (Vec<TokenId>, Vec<TokenId>)>) -> Batch {
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        for (row_inputs, row_labels) in rows {
            assert_eq!(
                (row_inputs.len(), row_labels.len()),
                (time, time),
                "each row of a batch has the same length"
            );
            inputs.extend(row_inputs);
            labels.extend(row_labels);
        }
        Batch::new(time, inputs, labels)
    }

    /// Gives the number of rows, B.
    pub fn rows(&self) -> usize {
        self.inputs.len() / self.time
    }

    /// Gives the number of positions in each row, T.
    pub fn time(&self) -> usize {
        self.time
    }

    /// Gives all input ids, row by row.
    pub fn inputs(&self) -> &[TokenId] {
        &self.inputs
    }

    /// Gives all labels, row by row; [`NO_LABEL`] where nothing is predicted.
    pub fn labels(&self) -> &[TokenId] {
        &self.labels
    }

    /// Gives each row as its inputs and its labels.
    pub fn iter_rows(&self) -> impl Iterator<Item = (&[TokenId], &[TokenId])> {
        self.inputs.chunks(self.time).zip(self.labels.chunks(self.time))
    }

    /// Gives the number of labels that count.
    pub fn label_count(&self) -> usize {
        self.labels.iter().filter(|&&label| label != NO_LABEL).count()
    }
}

/// Cuts a row to a block size, or fills it up.
///
/// ```
/// use tapegrad_models::corpus::fit_to_block;
/// assert_eq!(fit_to_block(&[7, 8, 9], 2, 0), [7, 8]);
/// assert_eq!(fit_to_block(&[7, 8, 9], 5, 0), [7, 8, 9, 0, 0]);
/// ```
pub fn fit_to_block(tokens: &[TokenId], block: usize, filling: TokenId) -> Vec<TokenId> {
    tokens
        .iter()
        .copied()
        .chain(std::iter::repeat(filling))
        .take(block)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenizer::{Case, Split, Vocabulary, WordTokenizer};

    /// The eight sentences of the decks' table on padding and truncation (LECTURES row D4).
    const QUOTES: [&str; 8] = [
        "In the hole in the ground there lived a hobbit",
        "It is our choices that show what we truly are",
        "It was the best of times it was the worst of times",
        "Even miracles take a little time",
        "The more that you read the more things you will know",
        "We'll always have each other no matter what happens",
        "The sun did not shine it was too wet to play",
        "The important thing is to never stop questioning",
    ];

    #[test]
    fn the_id_table_of_the_lecture_comes_out_cell_by_cell() {
        let block = 10;
        // The decks truncate first and number the words that are left.
        let truncated: Vec<Vec<&str>> = QUOTES
            .iter()
            .map(|line| line.split_whitespace().take(block).collect())
            .collect();
        let vocabulary = Vocabulary::new(truncated.concat());
        let table: Vec<Vec<TokenId>> = truncated
            .iter()
            .map(|words| {
                fit_to_block(
                    &words.iter().map(|word| vocabulary.id(word)).collect::<Vec<_>>(),
                    block,
                    FILLING,
                )
            })
            .collect();
        let printed = [
            [2, 41, 17, 19, 41, 13, 42, 23, 6, 16],
            [3, 20, 32, 10, 40, 36, 53, 51, 49, 8],
            [3, 50, 41, 9, 30, 46, 21, 50, 41, 55],
            [1, 25, 39, 6, 22, 45, 0, 0, 0, 0],
            [4, 26, 40, 56, 34, 41, 26, 44, 56, 54],
            [5, 7, 15, 12, 31, 28, 24, 53, 14, 0],
            [4, 38, 11, 29, 35, 21, 50, 48, 52, 47],
            [4, 18, 43, 20, 47, 27, 37, 33, 0, 0],
        ];
        assert_eq!(table, printed);
        let listed = [
            (0, "<PAD>"),
            (1, "Even"),
            (2, "In"),
            (3, "It"),
            (4, "The"),
            (5, "We'll"),
            (6, "a"),
        ];
        let listed = listed
            .into_iter()
            .chain([(7, "always"), (8, "are"), (9, "best"), (53, "what")]);
        for (id, word) in listed.chain([(54, "will"), (55, "worst"), (56, "you")]) {
            assert_eq!(vocabulary.word(id), word);
        }
        assert_eq!(vocabulary.words().len(), 56);
    }

    #[test]
    fn the_narwhal_table_of_the_lecture_comes_out_cell_by_cell() {
        // LECTURES row D5, block size 8. The text is given as a sentence; the tokenizer splits it.
        let lines = [
            "Narwhals are generated by AI",
            "Watch out, the narwhals are coming!",
            "How many sequences contain “narwhals are”?",
            "Narwhals are way cooler than axolotls",
            "Of the large aquatic mammals, narwhals are the best",
            "Who knows what the narwhals are hiding?",
        ];
        let words = WordTokenizer::train(lines, Split::Punctuation, Case::AsWritten, 1);
        let table: Vec<String> = lines
            .iter()
            .map(|line| {
                let row = fit_to_block(&words.encode(line), 8, FILLING);
                row.iter()
                    .map(|&id| words.vocabulary().word(id))
                    .collect::<Vec<_>>()
                    .join("\t")
            })
            .collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        Narwhals	are	generated	by	AI	<PAD>	<PAD>	<PAD>
        Watch	out	,	the	narwhals	are	coming	!
        How	many	sequences	contain	“	narwhals	are	”
        Narwhals	are	way	cooler	than	axolotls	<PAD>	<PAD>
        Of	the	large	aquatic	mammals	,	narwhals	are
        Who	knows	what	the	narwhals	are	hiding	?
        ");
    }

    #[test]
    #[should_panic(expected = "batch: needs inputs [B, 3] and labels [B, 3]; there are 3 inputs and 2 labels")]
    fn a_ragged_batch_panics_with_both_sizes() {
        Batch::new(3, vec![1, 2, 3], vec![2, 3]);
    }
}
