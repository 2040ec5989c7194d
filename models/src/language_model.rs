//! The two traits behind which all models stand: one to be asked, one to be trained.
//!
//! Decoding and evaluation know [`LanguageModel`] and nothing else; the training loop knows [`Learner`]. So an n-gram,
//! a recurrent network and a Transformer can be exchanged without a change anywhere else (LECTURES rows G7, T1).

use crate::corpus::{Batch, NO_LABEL};
use crate::tokenizer::TokenId;
use std::any::Any;

/// Gives a probability to the next token.
pub trait LanguageModel {
    /// What the model remembers of the tokens so far: a context window, a hidden state, keys and values.
    type State: Clone + Send + 'static;

    /// Gives the number of token ids, which is the length of the logits.
    fn vocabulary(&self) -> usize;

    /// Gives the state before any token.
    ///
    /// What is read first is up to the caller: SOS for sentences, some text for a stream.
    fn start(&self) -> Self::State;

    /// Reads one token and gives the logits of the one after it.
    ///
    /// **Panics** on an id that is not below [`vocabulary`](LanguageModel::vocabulary).
    fn next(&self, state: &mut Self::State, token: TokenId) -> Logits;

    /// Begins several sequences that are read side by side; a network reads a token of each in one pass.
    fn start_rows(&self, rows: usize) -> Box<dyn Rows + '_> {
        Box::new(OneByOne {
            model: self,
            states: vec![self.start(); rows],
        })
    }

    /// Gives the log-probability of each label of a batch, whole rows at once.
    ///
    /// `log_probs` and `next` agree: the label of position t has the log-probability that `next` gives it after
    /// the inputs 0 ..= t. **Units**: nats.
    fn log_probs(&self, batch: &Batch) -> LogProbs;
}

/// Several sequences that are read side by side.
pub trait Rows {
    /// Reads one token of each row that has one, and gives the logits after it.
    ///
    /// **Panics** if there are not as many entries as rows.
    fn next(&mut self, tokens: &[Option<TokenId>]) -> Vec<Option<Logits>>;

    /// Begins all rows anew.
    fn forget(&mut self);

    /// Lets each row go on from what another has read: row `i` becomes a copy of row `from[i]` as that was before.
    ///
    /// **Panics** if there are not as many entries as rows.
    fn rearrange(&mut self, from: &[usize]);
}

/// Rows of a model that reads one after the other.
struct OneByOne<'m, M: LanguageModel + ?Sized> {
    model: &'m M,
    states: Vec<M::State>,
}

impl<M: LanguageModel + ?Sized> Rows for OneByOne<'_, M> {
    fn next(&mut self, tokens: &[Option<TokenId>]) -> Vec<Option<Logits>> {
        assert_eq!(tokens.len(), self.states.len(), "each row has an entry");
        let rows = self.states.iter_mut().zip(tokens);
        rows.map(|(state, token)| token.map(|token| self.model.next(state, token)))
            .collect()
    }

    fn forget(&mut self) {
        self.states = vec![self.model.start(); self.states.len()];
    }

    fn rearrange(&mut self, from: &[usize]) {
        assert_eq!(from.len(), self.states.len(), "each row has an entry");
        self.states = from.iter().map(|&row| self.states[row].clone()).collect();
    }
}

/// What the one training loop trains.
///
/// A neural model takes a gradient step. The n-gram adds counts, which is the closed-form maximum of the same
/// objective. The loop owns the schedule and the order of batches, the learner everything else.
pub trait Learner {
    /// Learns from one batch.
    ///
    /// `learning_rate` is what the schedule gives for this step; a model without gradients has no use for it.
    fn learn(&mut self, batch: &Batch, learning_rate: f64) -> StepReport;

    /// Gives the number of stored numbers that learning decides.
    fn parameter_count(&self) -> usize;
}

/// What one step of learning reports to the log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepReport {
    /// How many labels were learnt from; padding does not count.
    pub labels: usize,
    /// Mean nats per label before the step; `None` where the model does not compute it.
    pub nats: Option<f64>,
    /// The gradient's figures; `None` where there is no gradient.
    pub gradient: Option<GradientReport>,
    /// Floating-point operations of the step; for counting, additions of counts.
    pub flops: u64,
}

/// The size of a gradient, before and after clipping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientReport {
    /// The Euclidean norm over all parameters, before clipping.
    pub norm: f64,
    /// What the gradient was multiplied by: 1 when it was not clipped.
    pub clip_scale: f64,
}

/// One number for each token id; their softmax is the distribution of the next token.
///
/// Adding a constant to all of them changes nothing. A token that cannot come next has minus infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Logits(Vec<f64>);

impl Logits {
    /// Takes one number for each token id.
    pub fn new(values: Vec<f64>) -> Logits {
        Logits(values)
    }

    /// Gives the numbers, by token id.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// Gives the logarithms of the probabilities.
    ///
    /// **Formula**: `log p_i = y_i - max(y) - log sum_j exp(y_j - max(y))`. Where all logits are minus infinity, so is
    /// every result: no token has a probability. **Units**: nats.
    pub fn log_probs(&self) -> Vec<f64> {
        let largest = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return self.0.clone();
        }
        let log_sum = self.0.iter().map(|y| (y - largest).exp()).sum::<f64>().ln();
        self.0.iter().map(|y| y - largest - log_sum).collect()
    }
}

/// The log-probability of each label of a batch, in nats.
///
/// **Shapes**: `[B, T]` as the batch. Where the label is [`NO_LABEL`] nothing was predicted and nothing is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct LogProbs {
    time: usize,
    values: Vec<Option<f64>>,
}

impl LogProbs {
    /// Asks a function for each label that counts, by row and position.
    pub fn from_fn(batch: &Batch, mut log_prob: impl FnMut(usize, usize) -> f64) -> LogProbs {
        let time = batch.time();
        let labels = batch.labels().iter().enumerate();
        let values = labels
            .map(|(at, &label)| (label != NO_LABEL).then(|| log_prob(at / time, at % time)))
            .collect();
        LogProbs { time, values }
    }

    /// Gives the log-probability of one label, or `None` where nothing was predicted.
    pub fn get(&self, row: usize, position: usize) -> Option<f64> {
        self.values[row * self.time + position]
    }

    /// Gives the log-probabilities of all labels that count, row by row.
    pub fn iter(&self) -> impl Iterator<Item = f64> {
        self.values.iter().copied().flatten()
    }
}

/// Any language model, its type forgotten: what a program holds that is told the model by its user.
///
/// It is a language model itself, so whatever works for one type works for `Box<dyn AnyLanguageModel>`.
///
/// ```
/// use tapegrad_models::{AnyLanguageModel, LanguageModel};
/// use tapegrad_models::ngram::{Ngram, NgramConfig, Smoothing};
/// use tapegrad_models::tokenizer::Vocabulary;
/// let vocabulary = Vocabulary::new(["a", "b"]);
/// let ngram = Ngram::new(NgramConfig::new(2, &vocabulary, Smoothing::ModifiedKneserNey))?;
/// let model: Box<dyn AnyLanguageModel> = Box::new(ngram);
/// let mut state = model.start();
/// assert_eq!(model.next(&mut state, vocabulary.sos()).values().len(), 6);
/// # Ok::<(), tapegrad_models::ngram::NgramError>(())
/// ```
pub trait AnyLanguageModel {
    /// Gives [`LanguageModel::vocabulary`].
    fn any_vocabulary(&self) -> usize;

    /// Gives [`LanguageModel::start`], its type forgotten.
    fn any_start(&self) -> AnyState;

    /// Gives [`LanguageModel::next`].
    ///
    /// **Panics** on a state of another model.
    fn any_next(&self, state: &mut AnyState, token: TokenId) -> Logits;

    /// Gives [`LanguageModel::start_rows`].
    fn any_start_rows(&self, rows: usize) -> Box<dyn Rows + '_>;

    /// Gives [`LanguageModel::log_probs`].
    fn any_log_probs(&self, batch: &Batch) -> LogProbs;
}

/// The state of a model whose type is forgotten.
#[derive(Clone)]
pub struct AnyState(Box<dyn SomeState>);

/// A state of some type, which can be copied and recognised.
trait SomeState: Send {
    fn boxed(&self) -> Box<dyn SomeState>;
    fn any_mut(&mut self) -> &mut dyn Any;
}

impl<S: Clone + Send + 'static> SomeState for S {
    fn boxed(&self) -> Box<dyn SomeState> {
        Box::new(self.clone())
    }

    fn any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Clone for Box<dyn SomeState> {
    fn clone(&self) -> Self {
        (**self).boxed()
    }
}

impl<M: LanguageModel> AnyLanguageModel for M {
    fn any_vocabulary(&self) -> usize {
        self.vocabulary()
    }

    fn any_start(&self) -> AnyState {
        AnyState(Box::new(self.start()))
    }

    #[track_caller]
    fn any_next(&self, state: &mut AnyState, token: TokenId) -> Logits {
        let state = (*state.0).any_mut().downcast_mut::<M::State>();
        self.next(state.expect("a state is used with the model that gave it"), token)
    }

    fn any_start_rows(&self, rows: usize) -> Box<dyn Rows + '_> {
        self.start_rows(rows)
    }

    fn any_log_probs(&self, batch: &Batch) -> LogProbs {
        self.log_probs(batch)
    }
}

impl LanguageModel for dyn AnyLanguageModel + '_ {
    type State = AnyState;

    fn vocabulary(&self) -> usize {
        self.any_vocabulary()
    }

    fn start(&self) -> AnyState {
        self.any_start()
    }

    fn next(&self, state: &mut AnyState, token: TokenId) -> Logits {
        self.any_next(state, token)
    }

    fn start_rows(&self, rows: usize) -> Box<dyn Rows + '_> {
        self.any_start_rows(rows)
    }

    fn log_probs(&self, batch: &Batch) -> LogProbs {
        self.any_log_probs(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_that_cannot_come_has_probability_zero() {
        let log_probs = Logits::new(vec![0.0, f64::NEG_INFINITY, 0.0]).log_probs();
        assert_eq!(log_probs[1], f64::NEG_INFINITY);
        assert!((log_probs[0] + 2.0_f64.ln()).abs() < 1e-15);
        assert_eq!(
            Logits::new(vec![f64::NEG_INFINITY; 2]).log_probs(),
            [f64::NEG_INFINITY; 2]
        );
    }

    #[test]
    fn padded_labels_have_no_log_probability() {
        let batch = Batch::new(2, vec![1, 2, 1, 0], vec![2, 3, 4, NO_LABEL]);
        let log_probs = LogProbs::from_fn(&batch, |row, position| -((10 * row + position) as f64));
        assert_eq!(log_probs.iter().collect::<Vec<_>>(), [0.0, -1.0, -10.0]);
        assert_eq!((log_probs.get(0, 1), log_probs.get(1, 1)), (Some(-1.0), None));
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_ignore_a_shift(y in prop::collection::vec(-700.0..700.0f64, 1..20), shift in -1e3..1e3f64) {
            let log_probs = Logits::new(y.clone()).log_probs();
            let total: f64 = log_probs.iter().map(|log_prob| log_prob.exp()).sum();
            prop_assert!((total - 1.0).abs() < 1e-12);
            let shifted = Logits::new(y.iter().map(|y| y + shift).collect()).log_probs();
            prop_assert!(shifted.iter().zip(&log_probs).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
}
