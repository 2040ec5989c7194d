//! The memory that a recipe would need is known before anything is made, and what needs too much is refused.

use super::{RECURRENT, TRANSFORMER, recipe, small_language};
use tapegrad_models::Architecture;
use tapegrad_models::ProgramConfig;
use tapegrad_models::layers::Bias;
use tapegrad_models::model::RecurrentSizes;
use tapegrad_models::train::{Recipe, Run, TrainError, Unwatched};
use tapegrad_models::transformer_lm::Tying;
use tapegrad_models::{Learner, ModelConfig};

fn networks() -> Vec<ModelConfig> {
    let sizes = |embedding, hidden, layers| RecurrentSizes {
        embedding,
        hidden,
        layers,
    };
    let transformer = |layers, heads, width, bias, tying| ModelConfig::Transformer {
        layers,
        heads,
        width,
        bias,
        tying,
        architecture: Architecture::GPT_2,
    };
    vec![
        ModelConfig::Table,
        ModelConfig::Rnn(RECURRENT),
        ModelConfig::Rnn(sizes(3, 40, 3)),
        ModelConfig::Lstm(RECURRENT),
        ModelConfig::Lstm(sizes(40, 5, 2)),
        TRANSFORMER,
        transformer(3, 4, 32, Bias::Without, Tying::Tied),
        transformer(2, 1, 64, Bias::With, Tying::Tied),
        ModelConfig::Program(ProgramConfig::new("elman_lm.cg", ELMAN).with_dims([("E", 4), ("H", 8)])),
    ]
}

/// An Elman network as a program.
const ELMAN: &str = include_str!("../../../docs/graphs/models/elman_lm.cg");

#[test]
fn the_memory_said_before_is_that_of_the_plan_on_the_safe_side() {
    for model in networks() {
        for (block, rows) in [(12, 8), (40, 3), (100, 16)] {
            let recipe = Recipe {
                block,
                rows,
                ..recipe(model.clone())
            };
            let dataset = recipe.corpus.build().unwrap();
            let vocabulary = dataset.tokenizer().vocabulary();
            let memory = recipe.memory(vocabulary.size());
            let mut made = recipe.model(vocabulary).unwrap();
            assert_eq!(memory.parameters, 16 * made.parameter_count() as u128, "{model:?}");
            let plan = made.training_bytes(rows, block).unwrap() as u128;
            assert!(
                memory.batch >= plan && memory.batch <= 6 * plan,
                "{model:?}, {rows} rows of {block}: {} bytes said, {plan} taken",
                memory.batch
            );
        }
    }
}

#[test]
fn senseless_sizes_are_refused_with_the_bytes_they_would_need() {
    let good = recipe(TRANSFORMER);
    let dataset = good.corpus.build().unwrap();
    let wide = |layers, width| ModelConfig::Transformer {
        layers,
        heads: 2,
        width,
        bias: Bias::With,
        tying: Tying::Untied,
        architecture: Architecture::GPT_2,
    };
    let recurrent = |layers, hidden| {
        ModelConfig::Lstm(RecurrentSizes {
            embedding: 4,
            hidden,
            layers,
        })
    };
    let wrong = [
        Recipe {
            model: wide(1, 100_000),
            ..good.clone()
        },
        Recipe {
            model: wide(1_000_000_000, 8),
            ..good.clone()
        },
        Recipe {
            model: wide(usize::MAX, usize::MAX - 1),
            ..good.clone()
        },
        Recipe {
            model: recurrent(1_000_000_000, 4),
            ..good.clone()
        },
        Recipe {
            model: recurrent(1, usize::MAX),
            ..good.clone()
        },
        Recipe {
            rows: 1_000_000_000_000,
            ..good.clone()
        },
        Recipe {
            block: 1_000_000_000,
            ..good.clone()
        },
        Recipe {
            rows: usize::MAX,
            block: usize::MAX,
            ..good.clone()
        },
        Recipe {
            rows: 1_000_000_000_000,
            model: super::models()[0].clone(),
            ..good.clone()
        },
    ];
    for recipe in wrong {
        let error = Run::new(&recipe, &dataset, None).err().expect("it is refused");
        assert!(matches!(error, TrainError::Memory(..)), "{recipe:?}: {error}");
        let message = error.to_string();
        assert!(
            message.contains("GB are allowed") && message.contains("--memory 8GB"),
            "{message}"
        );
    }
    let table = Recipe {
        model: ModelConfig::Table,
        ..good
    };
    // A vocabulary of 300 000 words: a table of 9e10 numbers, four times.
    let error = table.fits(300_000, 4_000_000_000).unwrap_err();
    assert_eq!(error.bytes, 16 * 300_000_u128.pow(2) + 96 * (8 + 4 * 3 * 300_000));
}

#[test]
fn counts_that_grow_beyond_the_memory_end_the_run() {
    let recipe = Recipe {
        corpus: small_language(400, 12),
        ..recipe(super::models()[0].clone())
    };
    let dataset = recipe.corpus.build().unwrap();
    let run = |memory| {
        Run::new_within(&recipe, &dataset, None, memory)
            .unwrap()
            .train(&mut Unwatched)
    };
    let error = run(3_000).expect_err("it is refused").to_string();
    assert!(error.contains("for its counts") && error.contains("--order"), "{error}");
    assert!(run(2_000_000).is_ok());
}
