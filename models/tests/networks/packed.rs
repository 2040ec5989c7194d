//! Networks with weights of few bits: what they say, and what they weigh.

use tapegrad_autograd::kernels::Bits;
use tapegrad_models::architecture::{Architecture, Positions};
use tapegrad_models::corpus::Batch;
use tapegrad_models::decode::{Request, Sampling, generate};
use tapegrad_models::laws::cached_equals_uncached;
use tapegrad_models::layers::Bias;
use tapegrad_models::neural::Training;
use tapegrad_models::transformer_lm::Tying;
use tapegrad_models::{Learner, Model, ModelConfig, TokenId};

use super::VOCABULARY;

const BLOCK: usize = 24;

fn model(positions: Positions) -> Model {
    let config = ModelConfig::Transformer {
        layers: 2,
        heads: 2,
        width: 64,
        bias: Bias::With,
        tying: Tying::Untied,
        architecture: Architecture {
            positions,
            ..Architecture::GPT_2
        },
    };
    let mut model = Model::new(&config, (VOCABULARY, vec![0]), BLOCK, Training::PLAIN, 1).unwrap();
    // A sequence with a rule: each word is the sum of the two before it.
    let batch = pattern();
    (0..60).for_each(|_| {
        model.learn(&batch, 3e-3);
    });
    model
}

fn pattern() -> Batch {
    let mut ids: Vec<TokenId> = vec![1, 3];
    while ids.len() < 4 * BLOCK + 1 {
        let sum = ids[ids.len() - 1] + ids[ids.len() - 2];
        ids.push(sum % (VOCABULARY as TokenId - 1) + 1);
    }
    let inputs = ids[..4 * BLOCK].to_vec();
    Batch::new(BLOCK, inputs, ids[1..].to_vec())
}

fn nats(model: &dyn tapegrad_models::AnyLanguageModel) -> f64 {
    let log_probs: Vec<f64> = model.any_log_probs(&pattern()).iter().collect();
    -log_probs.iter().sum::<f64>() / log_probs.len() as f64
}

#[test]
fn g9_weights_of_four_bits_take_a_sixth_of_the_memory_and_cost_little_loss() {
    for positions in [Positions::Learned, Positions::Rotary] {
        let before = nats(model(positions).language_model());
        let largest = model(positions).parameter_count() * size_of::<f32>();
        for (bits, smaller, allowed) in [(Bits::Eight, 3.7, 0.005), (Bits::Four, 6.0, 0.05)] {
            let packed = model(positions).packed(bits).unwrap();
            let [all, matrices] = packed.bytes();
            let of_numbers = all - matrices;
            let ratio = (largest - of_numbers) as f64 / matrices as f64;
            assert!(
                ratio >= smaller,
                "matrices {ratio:.2} times smaller, {smaller} expected"
            );
            let after = nats(packed.language_model());
            assert!(before < 1.5, "it has learnt something: {before}");
            assert!((after - before).abs() < allowed, "{before} nats before, {after} after");
        }
    }
}

#[test]
fn g9_one_token_at_a_time_a_packed_model_says_what_it_says_of_whole_rows() {
    for bits in [Bits::Eight, Bits::Four] {
        let packed = model(Positions::Rotary).packed(bits).unwrap();
        // The bits are read token by token, and unpacked for a whole row: sums of 256 numbers in f32.
        assert_eq!(
            cached_equals_uncached(packed.language_model(), &pattern(), 1e-4),
            Ok(())
        );
        let request = Request {
            prompt: vec![1, 3],
            length_max: 40,
            stop: None,
            never: vec![0],
            sampling: Sampling::greedy(),
            seed: 1,
        };
        assert_eq!(generate(packed.language_model(), request).unwrap().tokens.len(), 40);
    }
}

#[test]
fn a_model_that_counts_and_one_that_diverged_cannot_be_packed() {
    let ngram = ModelConfig::Ngram {
        order: 2,
        smoothing: tapegrad_models::ngram::Smoothing::AddK { k: 1.0 },
    };
    let ngram = Model::new(&ngram, (VOCABULARY, vec![]), BLOCK, Training::PLAIN, 1).unwrap();
    let error = ngram.packed(Bits::Four).err().unwrap();
    assert!(error.to_string().contains("an n-gram counts"), "{error}");
    let Model::Transformer(mut neural) = model(Positions::Learned) else {
        unreachable!()
    };
    neural.params_and_optimizer_mut().0.values_mut().fill(f32::NAN);
    let error = Model::Transformer(neural).packed(Bits::Eight).err().unwrap();
    assert!(error.to_string().starts_with("`tokens"), "{error}");
}
