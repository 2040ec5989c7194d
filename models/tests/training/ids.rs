//! Every token of every vocabulary is learnt and scored, whatever its id; what no text holds gets no probability.

use super::{RECURRENT, TRANSFORMER, models, recipe};
use tapegrad_models::corpus::{Batch, CorpusConfig, Dataset, NO_LABEL, Part, Text, Unit};
use tapegrad_models::evaluation::Evaluation;
use tapegrad_models::laws::cached_equals_uncached;
use tapegrad_models::tokenizer::{TokenId, Tokenizer, Vocabulary};
use tapegrad_models::train::{Recipe, Run, Unwatched};
use tapegrad_models::{Learner, Model, ModelConfig};

/// A vocabulary that was made elsewhere, in which `a` has id 0.
fn imported() -> Tokenizer {
    Tokenizer::from_json(r#"{"kind":"char","vocabulary":{"listed":["a","b"," "]}}"#).unwrap()
}

fn all_models() -> Vec<ModelConfig> {
    models().into_iter().chain([ModelConfig::Table]).collect()
}

#[test]
fn a_token_of_an_imported_vocabulary_with_id_0_is_trained_and_scored() {
    let text = Text::new("text", "ab ".repeat(300)).unwrap();
    let tokenizer = imported();
    let config = CorpusConfig::Text {
        file: "text".into(),
        unit: Unit::Character,
        fraction: 0.8,
        validation: 0.1,
    };
    let dataset = Dataset::of_text(&text, Unit::Character, [0.8, 0.1], Some(&tokenizer)).unwrap();
    for model in all_models() {
        let recipe = Recipe {
            corpus: config.clone(),
            steps: 60,
            learning_rate: 0.05,
            rows: 4,
            ..recipe(model.clone())
        };
        let batches = dataset.batches(Part::Training, recipe.block, model.lead()).unwrap();
        let trained = Run::new(&recipe, &dataset, None)
            .unwrap()
            .train(&mut Unwatched)
            .unwrap();
        let of_zero = |batch: Batch| -> Vec<f64> {
            let log_probs = trained.model.language_model().any_log_probs(&batch);
            let places = (0..batch.labels().len()).filter(|&at| batch.labels()[at] == 0);
            places
                .map(|at| {
                    log_probs
                        .get(at / batch.time(), at % batch.time())
                        .expect("it is scored")
                })
                .collect()
        };
        let scored: Vec<f64> = batches.in_order(4).flat_map(of_zero).collect();
        assert!(
            scored.len() >= 230,
            "{}: {} labels with id 0",
            model.name(),
            scored.len()
        );
        let mean = -scored.iter().sum::<f64>() / scored.len() as f64;
        assert!(
            mean < 0.3,
            "{}: {mean} nats for a token that always comes",
            model.name()
        );
        if model.counts() {
            let expected = batches.label_count() as u64;
            assert_eq!(trained.progress.labels, expected);
        } else {
            assert_eq!(trained.progress.labels, 60 * 4 * 12);
        }
    }
}

#[test]
fn only_positions_without_a_label_are_left_out() {
    // Id 0 as input and as label, and a position where nothing is predicted.
    let batch = Batch::new(3, vec![0, 1, 0], vec![1, 0, NO_LABEL]);
    assert_eq!(batch.label_count(), 2);
    for model in all_models() {
        let recipe = recipe(model.clone());
        let vocabulary = imported().vocabulary().clone();
        let ids = (vocabulary.size(), recipe.corpus.never_predicted(&vocabulary));
        let mut model = Model::new(&model, ids, recipe.block, recipe.training, 1).unwrap();
        assert_eq!(model.learn(&batch, 0.01).labels, 2);
        let log_probs = model.language_model().any_log_probs(&batch);
        assert!(log_probs.get(0, 1).is_some() && log_probs.get(0, 2).is_none());
    }
}

#[test]
fn what_a_text_never_holds_has_no_probability_and_the_others_share_it() {
    let vocabulary = Vocabulary::new(["a", "b", "c"]);
    let stream = CorpusConfig::Text {
        file: "text".into(),
        unit: Unit::Word,
        fraction: 0.9,
        validation: 0.0,
    };
    let batch = Batch::new(4, vec![1, 2, 3, 1], vec![2, 3, 1, 2]);
    for model in all_models() {
        let of = |never: Vec<TokenId>| {
            let training = recipe(model.clone()).training;
            Model::new(&model, (vocabulary.size(), never), 12, training, 5).unwrap()
        };
        let (free, masked) = (of(Vec::new()), of(stream.never_predicted(&vocabulary)));
        let next = |model: &Model| {
            let mut state = model.language_model().any_start();
            model.language_model().any_next(&mut state, 1).log_probs()
        };
        let (free, masked_probs) = (next(&free), next(&masked));
        let never: f64 = [0, vocabulary.sos(), vocabulary.eos()]
            .iter()
            .map(|&id| {
                assert_eq!(masked_probs[id as usize], f64::NEG_INFINITY, "{}", model.name());
                free[id as usize].exp()
            })
            .sum();
        for id in [1, 2, 3, vocabulary.oov()] {
            let by_formula = free[id as usize] - (1.0 - never).ln();
            let distance = (masked_probs[id as usize] - by_formula).abs();
            assert!(distance < 1e-6, "{}: {distance}", model.name());
        }
        assert_eq!(
            cached_equals_uncached(&Asked(&masked), &batch, 1e-5),
            Ok(()),
            "{}",
            model.name()
        );
    }
}

/// A model behind the trait of all models.
struct Asked<'m>(&'m Model);

impl tapegrad_models::LanguageModel for Asked<'_> {
    type State = tapegrad_models::language_model::AnyState;

    fn vocabulary(&self) -> usize {
        self.0.language_model().any_vocabulary()
    }
    fn start(&self) -> Self::State {
        self.0.language_model().any_start()
    }
    fn next(&self, state: &mut Self::State, token: TokenId) -> tapegrad_models::Logits {
        self.0.language_model().any_next(state, token)
    }
    fn log_probs(&self, batch: &Batch) -> tapegrad_models::LogProbs {
        self.0.language_model().any_log_probs(batch)
    }
}

#[test]
fn unknown_tokens_are_counted_and_the_loss_is_given_with_and_without_them() {
    let text = Text::new("text", "ab ab ab zz ab ab ").unwrap();
    let like = CorpusConfig::Text {
        file: "text".into(),
        unit: Unit::Character,
        fraction: 0.9,
        validation: 0.0,
    };
    let dataset = Dataset::to_measure(&text, &imported(), &like);
    let extent = dataset.heldout_extent().unwrap();
    assert_eq!((extent.characters, extent.bytes), (17, 17));
    for model in [ModelConfig::Rnn(RECURRENT), TRANSFORMER] {
        let recipe = recipe(model.clone());
        let vocabulary = dataset.tokenizer().vocabulary();
        let ids = (vocabulary.size(), like.never_predicted(vocabulary));
        let model = Model::new(&model, ids, recipe.block, recipe.training, 1).unwrap();
        let batches = dataset.batches(Part::Heldout, recipe.block, 0).unwrap();
        let whole = Evaluation::of(model.language_model(), &*batches, 2, vocabulary.oov(), None);
        assert_eq!((whole.all.tokens, whole.known.tokens, whole.unknown()), (17, 15, 2));
        let sum: f64 = whole.nats.iter().sum();
        assert!((whole.all.nats - sum).abs() < 1e-12 && (whole.nats_per(17) - sum / 17.0).abs() < 1e-12);
        // The unknown ones stand at the places 9 and 10 of the text, whose first character is no label.
        let known = sum - whole.nats[8] - whole.nats[9];
        assert!((whole.known.nats - known).abs() < 1e-12);
        let bounded = Evaluation::of(model.language_model(), &*batches, 2, vocabulary.oov(), Some(9));
        assert_eq!(bounded.nats, whole.nats[..9]);
    }
}
