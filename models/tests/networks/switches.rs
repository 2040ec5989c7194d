//! Any combination of the switches of a Transformer is one network by every route.
//!
//! For each of [`COMBINATIONS`] random ones: the gradient by forward mode, which knows nothing of backward(); one token
//! at a time against the whole sequence; and the planner against what is made.

use super::cached::{differs_from_whole, step_by_step};
use super::gradients::slopes;
use super::{BLOCK, Subject, VOCABULARY, words};
use proptest::prelude::*;
use tapegrad_models::architecture::{Flow, Placement, Positions, RotaryPairs};
use tapegrad_models::corpus::Batch;
use tapegrad_models::layers::{Activation, Bias, NormKind};
use tapegrad_models::neural::Training;
use tapegrad_models::planner::presets::{Family, PRESETS};
use tapegrad_models::planner::{of_recipe, tables};
use tapegrad_models::train::{ModelName, Recipe};
use tapegrad_models::transformer_lm::{TransformerLm, Tying};
use tapegrad_models::{Architecture, Learner, Model, ModelConfig};

/// How many random combinations are tried.
const COMBINATIONS: u32 = 500;
/// Forward mode is exact: what is left is rounding over some thousand operations, relative to numbers up to 100.
const ROUNDING: f64 = 1e-9;

fn architectures(heads: usize) -> impl Strategy<Value = Architecture> {
    let norm = prop::sample::select(vec![NormKind::Layer, NormKind::LayerWithoutParameters, NormKind::Rms]);
    let positions = prop::sample::select(vec![
        Positions::Learned,
        Positions::Sinusoidal,
        Positions::Rotary,
        Positions::Relative,
        Positions::Alibi,
        Positions::None,
    ]);
    let activation = prop::sample::select(vec![
        Activation::Relu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Swiglu,
        Activation::Geglu,
        Activation::ReluSquared,
    ]);
    let divisors: Vec<Option<usize>> = std::iter::once(None)
        .chain((1..=heads).filter(|n| heads.is_multiple_of(*n)).map(Some))
        .collect();
    let heads = (
        prop::sample::select(divisors),
        prop::option::of(1..BLOCK + 2),
        any::<bool>(),
    );
    let block = (
        prop::sample::select(vec![Placement::Pre, Placement::Post]),
        prop::sample::select(vec![Flow::Sequential, Flow::Parallel]),
        any::<bool>(),
    );
    let inside = (activation, prop::sample::select(vec![1.0, 8.0 / 3.0, 4.0]), 1..4_usize);
    let numbers = (
        prop::sample::select(vec![0.0, 0.25]),
        prop::sample::select(vec![None, Some(2), Some(4)]),
        prop::sample::select(vec![1e-5, 1e-6, 1e-2]),
        prop::sample::select(vec![10_000.0, 500_000.0, 10.0]),
        prop::sample::select(vec![RotaryPairs::Neighbours, RotaryPairs::Halves]),
    );
    (norm, positions, heads, block, inside, numbers).prop_map(
        |(norm, positions, (key_value_heads, window, qk_norm), (placement, flow, residual), inside, numbers)| {
            let (activation, mlp_ratio, mlp_multiple) = inside;
            let (dropout, head_width, norm_epsilon, rotary_base, rotary_pairs) = numbers;
            Architecture {
                norm,
                positions,
                key_value_heads,
                window,
                placement,
                flow,
                activation,
                mlp_ratio,
                mlp_multiple,
                qk_norm,
                residual,
                dropout,
                head_width,
                norm_epsilon,
                rotary_base,
                rotary_pairs,
            }
        },
    )
}

fn models() -> impl Strategy<Value = ModelConfig> {
    let biases = prop::sample::select(vec![Bias::With, Bias::Without, Bias::Norms]);
    let tying = prop::sample::select(vec![Tying::Tied, Tying::Untied]);
    (1..4_usize, 1..3_usize, 1..3_usize, biases, tying).prop_flat_map(|(heads, pairs, layers, bias, tying)| {
        architectures(heads).prop_map(move |architecture| ModelConfig::Transformer {
            layers,
            heads,
            width: 2 * pairs * heads,
            bias,
            tying,
            architecture,
        })
    })
}

fn subject(model: &ModelConfig) -> Subject {
    let config = model.transformer(VOCABULARY, BLOCK).unwrap();
    Subject::new("transformer", |list| TransformerLm::new(list, config))
}

fn batch() -> Batch {
    Batch::new(BLOCK, words(2 * BLOCK, 41), words(2 * BLOCK, 42))
}

fn recipe(model: ModelConfig) -> Recipe {
    Recipe {
        model,
        block: BLOCK,
        rows: 2,
        steps: 3,
        ..Recipe::for_grammar(ModelName::Transformer, "narwhals".into())
    }
}

/// An error where a route differs.
fn check(model: &ModelConfig) -> Result<(), TestCaseError> {
    let subject = subject(model);
    let params = subject.params(43);
    let [slope, tangent] = slopes(&subject, &params, &batch(), 44);
    prop_assert!(
        (slope - tangent).abs() < ROUNDING * slope.abs().max(1.0),
        "{slope}, by dual numbers {tangent}: {model:?}"
    );
    let ids = words(BLOCK, 45);
    let differs = differs_from_whole(&subject, &params, &ids, &step_by_step(&subject, &params, &ids));
    prop_assert!(differs < 1e-10, "one token at a time is {differs} apart: {model:?}");
    planned_is_made(model.clone())
}

/// Parameters, bytes of the cache, FLOPs and bytes of a step as planned are those of the network that runs.
fn planned_is_made(model: ModelConfig) -> Result<(), TestCaseError> {
    let recipe = recipe(model.clone());
    let cost = of_recipe(&recipe, VOCABULARY).unwrap();
    let mut made = Model::new(&model, (VOCABULARY, Vec::new()), BLOCK, Training::PLAIN, 1).unwrap();
    prop_assert_eq!(cost.parameters, made.parameter_count() as u64);
    prop_assert_eq!(cost.parameters_by_part.values().sum::<u64>(), cost.parameters);
    prop_assert_eq!(
        u128::from(16 * cost.parameters),
        recipe.memory(VOCABULARY).parameters,
        "the closed form"
    );
    let flops = made.learn(&batch(), 1e-3).flops;
    let tokens = (2 * BLOCK) as f64;
    prop_assert_eq!(cost.flops_per_token.training, (flops as f64 / tokens).round() as u64);
    let plan = made.training_bytes(2, BLOCK).unwrap() as u64;
    prop_assert_eq!(cost.bytes.activations, plan);
    let memory = recipe.memory(VOCABULARY).batch;
    prop_assert!(
        memory >= u128::from(plan),
        "{} bytes are said before, {} taken",
        memory,
        plan
    );
    if let Some(config) = model.transformer(VOCABULARY, BLOCK) {
        let row =
            config.architecture.head(config.heads, config.width) * config.architecture.key_value_heads(config.heads);
        prop_assert_eq!(cost.bytes.cache_per_token, (2 * config.layers * row * 4) as u64);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(COMBINATIONS))]

    /// Row M19: every cell is a switch, alone and beside any other.
    #[test]
    fn m19_any_switches_give_one_network_by_every_route(model in models()) {
        check(&model)?;
    }
}

#[test]
fn the_planner_counts_what_recurrent_networks_and_the_table_make() {
    use tapegrad_models::model::RecurrentSizes;
    let sizes = |embedding, hidden, layers| RecurrentSizes {
        embedding,
        hidden,
        layers,
    };
    for model in [
        ModelConfig::Table,
        ModelConfig::Rnn(sizes(3, 5, 1)),
        ModelConfig::Rnn(sizes(4, 6, 3)),
        ModelConfig::Lstm(sizes(3, 5, 1)),
        ModelConfig::Lstm(sizes(7, 2, 2)),
    ] {
        planned_is_made(model).unwrap();
    }
}

/// Row M19: each of the families learns at toy width.
#[test]
fn m19_each_family_builds_and_learns_at_toy_width() {
    for (name, family) in Family::ALL {
        let model = family.model(2, 4, 16);
        check(&model).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut made = Model::new(&model, (VOCABULARY, Vec::new()), BLOCK, Training::PLAIN, 1).unwrap();
        let batch = batch();
        let first = made.learn(&batch, 1e-2).nats.unwrap();
        for _ in 0..60 {
            made.learn(&batch, 1e-2);
        }
        let last = made.learn(&batch, 0.0).nats.unwrap();
        assert!(last < 0.5 * first, "{name}: {first} nats, after 60 steps {last}");
    }
}

#[test]
fn a_recipe_without_switches_is_gpt_2_and_an_unknown_switch_is_refused() {
    let text = serde_json::to_string(&recipe(Family::Gpt2.model(1, 1, 4))).unwrap();
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    old["model"].as_object_mut().unwrap().remove("architecture").unwrap();
    let old = Recipe::from_json(&old.to_string()).unwrap();
    assert_eq!(old, recipe(Family::Gpt2.model(1, 1, 4)));
    let wrong = text.replace("\"qk_norm\"", "\"qknorm\"");
    assert!(Recipe::from_json(&wrong).unwrap_err().to_string().contains("qknorm"));
    // Checkpoints of such recipes hold this fingerprint: it knows no switches.
    let other = Architecture {
        qk_norm: true,
        ..Architecture::GPT_2
    };
    let mut switched = old.clone();
    if let ModelConfig::Transformer { architecture, .. } = &mut switched.model {
        *architecture = other;
    }
    assert_ne!(old.fingerprint(), switched.fingerprint());
}

/// Checkpoints of earlier versions hold such fingerprints: of its switches, and of none that came later.
#[test]
fn a_switch_that_came_later_does_not_change_the_fingerprint_of_an_earlier_recipe() {
    let recipe = recipe(Family::Llama2.model(2, 4, 8));
    assert_eq!(recipe.fingerprint(), "da48cbfe76215623");
    let mut other = recipe.clone();
    if let ModelConfig::Transformer { architecture, .. } = &mut other.model {
        architecture.norm_epsilon = 1e-6;
    }
    assert_ne!(other.fingerprint(), recipe.fingerprint());
}

#[test]
fn dropout_changes_training_and_not_evaluation_and_is_the_same_for_the_same_seed() {
    let model = |dropout| {
        let mut model = Family::Gpt2.model(1, 2, 8);
        if let ModelConfig::Transformer { architecture, .. } = &mut model {
            architecture.dropout = dropout;
        }
        Model::new(&model, (VOCABULARY, Vec::new()), BLOCK, Training::PLAIN, 1).unwrap()
    };
    let losses = |dropout| {
        let mut model = model(dropout);
        [(); 3].map(|()| model.learn(&batch(), 1e-2).nats.unwrap())
    };
    assert_eq!(losses(0.5), losses(0.5));
    assert_ne!(losses(0.5), losses(0.0));
    let scored = |dropout| format!("{:?}", model(dropout).language_model().any_log_probs(&batch()));
    assert_eq!(scored(0.5), scored(0.0));
}

/// Rows M20 and M21: the published numbers of parameters, from the sizes alone.
#[test]
fn m20_and_m21_the_tables_of_gpt_come_out() {
    // In millions; gpt3-13b at the width that the table prints.
    let expected = [
        ("gpt1", 116.5),
        ("gpt2", 124.4),
        ("gpt2-xl", 1557.6),
        ("gpt3-small", 125.2),
        ("gpt3-medium", 355.9),
        ("gpt3-large", 760.3),
        ("gpt3-xl", 1315.7),
        ("gpt3-2.7b", 2651.6),
        ("gpt3-6.7b", 6658.4),
        ("gpt3-13b", 12952.9),
        ("gpt3-175b", 174604.3),
        ("olmo-7b", 6888.1),
        ("llama2-7b", 6738.4),
        ("falcon-7b", 7217.2),
    ];
    for (name, millions) in expected {
        let preset = PRESETS.iter().find(|preset| preset.name == name).unwrap();
        let cost = tapegrad_models::planner::of_preset(preset);
        let said = tables::millions(cost.parameters as f64);
        assert_eq!(said, format!("{millions:.1}M"), "{name}");
    }
}

/// Row M22: tokens for each parameter, against the 20 of Chinchilla.
#[test]
fn m22_tokens_a_parameter_of_published_models() {
    let tables = tables::tables();
    let published = tables.iter().find(|table| table.title.starts_with("M22")).unwrap();
    let of = |name: &str| published.rows.iter().find(|row| row[0] == name).unwrap()[3].clone();
    assert_eq!(of("Chinchilla"), "20.0");
    assert_eq!(of("GPT-3"), "1.7");
    assert_eq!(of("LLaMA-3"), "37.0");
}

/// Row T7: `6 N D`, and that the counted FLOPs differ by what `6 N D` leaves out.
#[test]
fn t7_the_compute_of_gpt_3_is_3638_petaflop_s_days() {
    let preset = PRESETS.iter().find(|preset| preset.name == "gpt3-175b").unwrap();
    let cost = tapegrad_models::planner::of_preset(preset);
    assert_eq!(cost.training.petaflop_s_days.round(), 3638.0);
    // Attention by its formula: forward 4 FLOPs, backward 10, for each channel, layer and visible pair.
    let pairs = (preset.block as f64 + 1.0) / 2.0;
    let attention = 14.0 * preset.width as f64 * preset.layers as f64 * pairs;
    // Positions are added, not multiplied.
    let multiplied = (cost.parameters - (preset.block * preset.width) as u64) as f64;
    let expected = 6.0 * multiplied + attention;
    let counted = cost.flops_per_token.training as f64;
    // Norms, activations, sums, biases and the softmax are the rest.
    assert!(
        (1.0..1.003).contains(&(counted / expected)),
        "{counted} counted, {expected} expected"
    );
}

/// Row T10: with the assumptions of Patterson et al. 2021 their numbers for GPT-3 come out.
#[test]
fn t10_energy_and_co2_of_gpt_3_are_the_published_ones_under_their_assumptions() {
    use tapegrad_models::planner::energy::{Assumptions, HIGH, LOW};
    let theirs = Assumptions {
        pue: 1.1,
        carbon: 0.429,
        ..HIGH
    };
    let flops = 3.14e23;
    assert_eq!((theirs.energy_kwh(flops) / 1e3).round(), 1287.0);
    assert_eq!((theirs.co2_kg(flops) / 1e3).round(), 552.0);
    for assumptions in [LOW, HIGH] {
        assert!(assumptions.energy_kwh(2.0 * flops) > assumptions.energy_kwh(flops));
    }
    assert!(LOW.co2_kg(flops) < theirs.co2_kg(flops) && theirs.co2_kg(flops) < HIGH.co2_kg(flops));
}
