//! No model predicts a language better than the language is predictable; one that seems to has seen the answers.
//!
//! For each held-out sentence the exact probability is known. The mean of `model nats - exact nats` is, in
//! expectation, the divergence of the model from the language, which is never negative: far below 0 there is a leak.

use super::{models, recipe, small_language};
use tapegrad_autograd::{Init, Layer, ParamList, Shape, Var, ops};
use tapegrad_models::corpus::grammar::Grammar;
use tapegrad_models::corpus::{Batch, Dataset, Part};
use tapegrad_models::layers::{Activation, Bias, Embedding, FeedForward, Linear};
use tapegrad_models::model::RecurrentSizes;
use tapegrad_models::train::{Recipe, Run, Unwatched};
use tapegrad_models::{AnyLanguageModel, Learner, ModelConfig, NO_LABEL, Network, Neural, Place};

const BLOCK: usize = 12;

/// The mean of some numbers, and its standard error when they are independent.
struct Estimate {
    mean: f64,
    error: f64,
}

impl Estimate {
    fn of(numbers: &[f64]) -> Self {
        let n = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / n;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self {
            mean,
            error: (variance / n).sqrt(),
        }
    }

    /// True if chance cannot explain how far this is below 0: it would once in 30 000 times.
    fn is_below_chance(&self) -> bool {
        self.mean < -4.0 * self.error
    }
}

/// Model nats less exact nats of each held-out sentence.
fn above_the_truth(model: &dyn AnyLanguageModel, dataset: &Dataset) -> Estimate {
    let grammar = Grammar::narwhals_small();
    let heldout = dataset.batches(Part::Heldout, BLOCK, 0).unwrap();
    let excess = |batch: Batch| {
        let log_probs = model.any_log_probs(&batch);
        let rows = batch
            .iter_rows()
            .enumerate()
            .filter(|(_, (_, labels))| labels[0] != NO_LABEL);
        let each = rows.map(|(row, (_, labels))| {
            let counted = labels.iter().filter(|&&label| label != NO_LABEL).count();
            let by_model: f64 = (0..counted).map(|t| log_probs.get(row, t).unwrap()).sum();
            let words = labels[..counted - 1]
                .iter()
                .map(|&id| dataset.tokenizer().vocabulary().word(id));
            grammar.log_prob(&words.collect::<Vec<_>>()).unwrap() - by_model
        });
        each.collect::<Vec<_>>()
    };
    Estimate::of(&heldout.in_order(16).flat_map(excess).collect::<Vec<_>>())
}

fn dataset() -> Dataset {
    small_language(500, 400).build().unwrap()
}

#[test]
fn no_trained_model_is_below_the_entropy_by_more_than_chance() {
    let sizes = RecurrentSizes {
        embedding: 8,
        hidden: 16,
        layers: 1,
    };
    let [ngram, _, _, transformer] = models();
    let dataset = dataset();
    for model in [ngram, ModelConfig::Rnn(sizes), ModelConfig::Lstm(sizes), transformer] {
        let recipe = Recipe {
            corpus: small_language(500, 400),
            rows: 16,
            steps: 200,
            evaluate_every: 200,
            checkpoint_every: 200,
            ..recipe(model.clone())
        };
        let trained = Run::new(&recipe, &dataset, None)
            .unwrap()
            .train(&mut Unwatched)
            .unwrap();
        let excess = above_the_truth(trained.model.language_model(), &dataset);
        let Estimate { mean, error } = excess;
        assert!(
            !excess.is_below_chance(),
            "{}: {mean} ± {error} nats below the truth",
            model.name()
        );
        // A model far above the entropy would pass with its eyes open, so each has learnt something.
        assert!(
            mean < 2.0,
            "{}: {mean} ± {error} nats a sentence above the truth",
            model.name()
        );
    }
}

/// Which keys a position sees.
#[derive(Clone, Copy, Debug)]
enum Mask {
    /// Those up to its own place.
    Causal,
    /// One more: the label itself, as an off-by-one in a mask would have it.
    OffByOne,
}

/// One attention head with a feed-forward part, whose mask may be wrong.
#[derive(Debug)]
struct OneHead {
    vocabulary: usize,
    tokens: Embedding,
    positions: Embedding,
    qkv: [Linear; 3],
    feed_forward: FeedForward,
    head: Linear,
    mask: Mask,
}

const WIDTH: usize = 16;

impl OneHead {
    fn new(list: &mut ParamList, vocabulary: usize, mask: Mask) -> Self {
        let init = Init::Normal(0.3);
        let linear = |list: &mut ParamList, name| Linear::new(list, name, [WIDTH, WIDTH], init, Bias::Without);
        Self {
            vocabulary,
            tokens: Embedding::new(list, "tokens", vocabulary, WIDTH, init),
            positions: Embedding::new(list, "positions", BLOCK, WIDTH, init),
            qkv: ["q", "k", "v"].map(|name| linear(list, name)),
            feed_forward: FeedForward::new(
                list,
                "feed_forward",
                [WIDTH, 4 * WIDTH],
                [init; 2],
                Bias::With,
                Activation::GeluTanh,
            ),
            head: Linear::new(list, "head", [WIDTH, vocabulary], init, Bias::With),
            mask,
        }
    }

    fn attend<'t>(&self, x: Var<'t>) -> Var<'t> {
        let [q, k, v] = self.qkv.map(|linear| linear.forward(x));
        let causal = ops::Attention::causal(1);
        match self.mask {
            Mask::Causal => ops::attention(q, k, v, None, causal),
            Mask::OffByOne => {
                // A query in front moves each of the others one place to the right, where it sees one key more.
                let time = x.shape().size(1);
                let zero = x.constant(0.0).broadcast_to(x.shape().with_size(1, 1));
                let [k, v] = [k, v].map(|keys| ops::concat(&[keys, zero], 1));
                ops::attention(ops::concat(&[zero, q], 1), k, v, None, causal).slice(1, 1..time + 1)
            }
        }
    }
}

impl Network for OneHead {
    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    fn block(&self) -> Option<usize> {
        Some(BLOCK)
    }

    fn logits<'t>(&self, ids: Var<'t>) -> Var<'t> {
        let x = self.tokens.rows(ids) + self.positions.table(ids).slice(0, 0..ids.shape().size(1));
        let x = x + self.attend(x);
        self.head.forward(x + self.feed_forward.forward(x))
    }

    fn memory(&self) -> Vec<Shape> {
        Vec::new()
    }

    fn step<'t>(&self, _: Var<'t>, _: Option<Place<'t>>, _: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>) {
        unreachable!("this network is asked for whole sequences only")
    }
}

fn trained_with(mask: Mask, dataset: &Dataset) -> Estimate {
    let vocabulary = dataset.tokenizer().vocabulary().size();
    let training = recipe(models()[1].clone()).training;
    let mut model = Neural::new(|list| OneHead::new(list, vocabulary, mask), training, 1);
    let mut batches = dataset.batches(Part::Training, BLOCK, 0).unwrap();
    for step in 0..200 {
        model.learn(&batches.at_step(1, step, 16), 0.02);
    }
    above_the_truth(&model, dataset)
}

#[test]
fn a_mask_that_lets_a_position_see_its_label_is_caught() {
    let dataset = dataset();
    let Estimate { mean, error } = trained_with(Mask::OffByOne, &dataset);
    assert!(mean < -4.0 * error, "{mean} ± {error} nats was not called a leak");
    let excess = trained_with(Mask::Causal, &dataset);
    let Estimate { mean, error } = excess;
    assert!(
        !excess.is_below_chance() && mean < 2.0,
        "{mean} ± {error} nats with the right mask"
    );
}
