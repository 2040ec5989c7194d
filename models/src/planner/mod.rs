//! What a model costs, before it is made: parameters, FLOPs, bytes, and what its training takes.
//!
//! Nothing is estimated. The network is declared and traced as for training, which allocates no number: parameters are
//! those declared, FLOPs those that each op of the graph states of itself, bytes of activations those of the plan's
//! slots. So a model of any size is planned in the time that its graph takes, and what is planned is what would run.
//!
//! Training compute is `6 N D`, as the lectures count it: 2 FLOPs a parameter and token forward, 4 backward. The count
//! of the graph, which has attention and all else in it, stands beside it. Source: Kaplan et al. 2020, section 2.1;
//! Brown et al. 2020, appendix D; LECTURES rows M20 to M22, T7 and T10.

pub mod energy;
pub mod presets;
pub mod tables;

use crate::lstm_lm::LstmLm;
use crate::model::{ModelConfig, ModelError, RecurrentSizes};
use crate::network::Network;
use crate::program::ProgramLm;
use crate::rnn_lm::{RecurrentConfig, RnnLm};
use crate::table_lm::TableLm;
use crate::train::{Recipe, RecipeError};
use crate::transformer_lm::TransformerLm;
use presets::Preset;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use tapegrad_core::{ParamList, Sketch, plan};

/// The bytes of a number: everything is computed in `f32`.
const NUMBER: u64 = 4;
/// The FLOPs of a petaflop/s-day: `10^15 · 24 · 3600`.
pub const PETAFLOP_S_DAY: f64 = 8.64e19;

/// What a model costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// The name of the preset, or of the recipe's model.
    pub name: String,
    /// All parameters.
    pub parameters: u64,
    /// The parameters of each part; blocks are taken together.
    pub parameters_by_part: BTreeMap<String, u64>,
    /// FLOPs, the mean over the tokens of a whole block.
    pub flops_per_token: FlopsPerToken,
    /// Memory.
    pub bytes: Bytes,
    /// A whole training.
    pub training: TrainingCost,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// FLOPs of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FlopsPerToken {
    /// The logits and the loss.
    pub forward: u64,
    /// The same with all gradients.
    pub training: u64,
}

/// **Units**: bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bytes {
    /// The parameters.
    pub weights: u64,
    /// Their gradients.
    pub gradients: u64,
    /// The two moments of Adam.
    pub optimiser: u64,
    /// Values and gradients of one batch; of one sequence for a preset.
    pub activations: u64,
    /// What decoding remembers of each token; of the whole sequence for a recurrent model.
    pub cache_per_token: u64,
}

/// What a whole training takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrainingCost {
    /// The tokens, repeated ones too.
    pub tokens: u64,
    /// `6 N D`.
    pub flops: f64,
    /// The same in petaflop/s-days.
    pub petaflop_s_days: f64,
    /// FLOPs as the graph counts them.
    pub flops_counted: f64,
    /// Tokens over parameters; about 20 use a given compute best (Hoffmann et al. 2022).
    pub tokens_per_parameter: f64,
    /// Electricity. **Units**: kilowatt-hours.
    pub energy_kwh: Range,
    /// CO2 of that electricity. **Units**: kilograms.
    pub co2_kg: Range,
    /// How long it takes at a measured speed, where one was measured. **Units**: seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// From what to what a number may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

/// A model cannot be planned.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The recipe makes no sense.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The sizes are not those of a model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A counting model has no parameters before it counted.
    #[error("a model that counts has no parameters before it has read its text; plan a network, such as an LSTM")]
    Counts,
    /// The sizes are beyond counting.
    #[error("a model with {what} = {size} is too large to be planned; choose at most {most}")]
    TooLarge {
        /// The size.
        what: &'static str,
        /// Its value.
        size: u128,
        /// The largest that is planned.
        most: u128,
    },
}

/// How much is trained on how long sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Amount {
    vocabulary: usize,
    block: usize,
    rows: usize,
    tokens: u64,
}

/// What a published model costs.
///
/// ```
/// use tapegrad_models::planner::{of_preset, presets::Preset};
/// let cost = of_preset(Preset::named("gpt3-175b").unwrap());
/// assert_eq!(cost.parameters, 174_604_259_328);
/// ```
pub fn of_preset(preset: &Preset) -> Cost {
    let amount = Amount {
        vocabulary: preset.vocabulary,
        block: preset.block,
        rows: 1,
        tokens: preset.tokens,
    };
    let notes = preset.note.map(String::from).into_iter().collect();
    cost(preset.name.to_string(), &preset.model(), amount, notes)
        .unwrap_or_else(|error| panic!("invariant: a preset can be planned: {error}"))
}

/// What training by a recipe costs, with so many token ids.
///
/// **Errors** if the recipe makes no sense, its model counts, or its sizes are beyond counting.
pub fn of_recipe(recipe: &Recipe, vocabulary: usize) -> Result<Cost, PlanError> {
    recipe.validate()?;
    let positions = recipe.rows as u128 * recipe.block as u128;
    let tokens = positions.saturating_mul(u128::from(recipe.steps));
    let amount = Amount {
        vocabulary,
        block: recipe.block,
        rows: recipe.rows,
        tokens: u64::try_from(tokens).unwrap_or(u64::MAX),
    };
    let notes = match &recipe.model {
        ModelConfig::Program(_) => {
            vec!["a program says nothing about caches: decoding computes the whole window anew for each token".into()]
        }
        _ => Vec::new(),
    };
    cost(name_of(&recipe.model), &recipe.model, amount, notes)
}

/// The name of a model; that of a program is its file's.
fn name_of(model: &ModelConfig) -> String {
    match model {
        ModelConfig::Program(program) => {
            let stem = Path::new(&program.file).file_stem();
            stem.map_or_else(|| program.file.clone(), |stem| stem.to_string_lossy().into_owned())
        }
        _ => model.name().to_string(),
    }
}

fn cost(name: String, model: &ModelConfig, amount: Amount, notes: Vec<String>) -> Result<Cost, PlanError> {
    if model.counts() {
        return Err(PlanError::Counts);
    }
    model.check()?;
    check_sizes(model, amount)?;
    let mut list = ParamList::new();
    let network = declare(&mut list, model, amount)?;
    let traced = trace(&*network, amount);
    let parameters = list.len() as u64;
    let tokens_of_batch = (amount.rows * amount.block) as f64;
    let per_token = |flops: u64| (flops as f64 / tokens_of_batch).round() as u64;
    let cache: usize = network.memory().iter().map(|shape| shape.len()).sum();
    let cache = cache as u64 * NUMBER / network.block().unwrap_or(1) as u64;
    let training = training(
        parameters,
        amount.tokens,
        traced.training as f64 / tokens_of_batch * amount.tokens as f64,
    );
    let mut notes = notes;
    notes.extend(stated());
    Ok(Cost {
        name,
        parameters,
        parameters_by_part: by_part(&list),
        flops_per_token: FlopsPerToken {
            forward: per_token(traced.forward),
            training: per_token(traced.training),
        },
        bytes: Bytes {
            weights: NUMBER * parameters,
            gradients: NUMBER * parameters,
            optimiser: 2 * NUMBER * parameters,
            activations: NUMBER * traced.numbers as u64,
            cache_per_token: cache,
        },
        training,
        notes,
    })
}

/// What all plans assume.
fn stated() -> [String; 4] {
    [
        "bytes are those of this program: 4 for each number; published models mostly compute in 2".into(),
        "training.flops is 6 N D; flops_counted also has attention, norms and the loss, op by op".into(),
        format!("low energy and CO2: {}", energy::LOW.what),
        format!("high energy and CO2: {}", energy::HIGH.what),
    ]
}

/// What training `parameters` on `tokens` takes.
fn training(parameters: u64, tokens: u64, flops_counted: f64) -> TrainingCost {
    let flops = 6.0 * parameters as f64 * tokens as f64;
    let (energy_kwh, co2_kg) = energy::ranges(flops);
    TrainingCost {
        tokens,
        flops,
        petaflop_s_days: flops / PETAFLOP_S_DAY,
        flops_counted,
        tokens_per_parameter: tokens as f64 / parameters.max(1) as f64,
        energy_kwh,
        co2_kg,
        seconds: None,
    }
}

/// An error unless all counts stay within 64 bits and the graph within reason.
fn check_sizes(model: &ModelConfig, amount: Amount) -> Result<(), PlanError> {
    const NUMBERS: u128 = 1 << 40;
    let (layers, widest) = match *model {
        ModelConfig::Transformer {
            layers,
            width,
            architecture,
            ..
        } => (layers, width.max(architecture.inner(width))),
        ModelConfig::Rnn(sizes) | ModelConfig::Lstm(sizes) => (sizes.layers, sizes.hidden.max(sizes.embedding)),
        _ => (1, 1),
    };
    let positions = amount.rows as u128 * amount.block as u128;
    let sizes = [
        ("layers", layers as u128, 1000),
        ("width", widest as u128, 1 << 20),
        ("vocabulary", amount.vocabulary as u128, 1 << 24),
        ("block", amount.block as u128, 1 << 20),
        ("rows x block", positions, 1 << 30),
        (
            "rows x block x vocabulary",
            positions.saturating_mul(amount.vocabulary as u128),
            NUMBERS,
        ),
    ];
    match sizes.into_iter().find(|(_, size, most)| size > most) {
        Some((what, size, most)) => Err(PlanError::TooLarge { what, size, most }),
        None => Ok(()),
    }
}

/// The network of a recipe, declared and without numbers.
fn declare(list: &mut ParamList, model: &ModelConfig, amount: Amount) -> Result<Box<dyn Network>, ModelError> {
    let recurrent = |sizes: RecurrentSizes| RecurrentConfig {
        vocabulary: amount.vocabulary,
        embedding: sizes.embedding,
        hidden: sizes.hidden,
        layers: sizes.layers,
    };
    Ok(match *model {
        ModelConfig::Program(ref program) => {
            let network = ProgramLm::new(program, amount.vocabulary, amount.block)?;
            *list = network.list().clone();
            Box::new(network)
        }
        ModelConfig::Ngram { .. } => unreachable!("a counting model was refused"),
        ModelConfig::Table => Box::new(TableLm::new(list, amount.vocabulary)),
        ModelConfig::Rnn(sizes) => Box::new(RnnLm::new(list, recurrent(sizes))),
        ModelConfig::Lstm(sizes) => Box::new(LstmLm::new(list, recurrent(sizes))),
        ModelConfig::Transformer { .. } => {
            let config = model.transformer(amount.vocabulary, amount.block);
            Box::new(TransformerLm::new(list, config.expect("it is a Transformer")))
        }
    })
}

/// The FLOPs of a batch, and the numbers that a plan would hold for it.
struct Traced {
    forward: u64,
    training: u64,
    numbers: usize,
}

/// The graph of a training step, as [`Neural`](crate::Neural) traces it.
fn trace(network: &dyn Network, amount: Amount) -> Traced {
    let sketch = Sketch::new();
    let [ids, labels] = ["ids", "labels"].map(|name| sketch.data(name, [amount.rows, amount.block]));
    let loss = crate::traced::training_loss(network, &sketch, ids, labels, None)
        .loss
        .id();
    let graph = sketch.into_graph();
    let flops = graph.flops();
    Traced {
        forward: flops.forward,
        training: flops.forward + flops.backward,
        numbers: plan::numbers(&graph, &[loss], Some(loss)),
    }
}

/// The parameters of each part; the same part of all blocks is one.
fn by_part(list: &ParamList) -> BTreeMap<String, u64> {
    let mut parts = BTreeMap::new();
    for spec in list.specs() {
        *parts.entry(part_of(&spec.name)).or_insert(0) += spec.shape.len() as u64;
    }
    parts
}

/// `block7.attention.q.w` belongs to `blocks.attention`, `rnn2.w_hh` to `rnn`, `tokens` to `tokens`; in a program, whose
/// rows of layers count in brackets, `block[7].att.q.W` belongs to `block.att`, `mix[2].W_a` to `mix`.
fn part_of(name: &str) -> String {
    if let Some((row, inside)) = name.split_once('[') {
        let mut inside = inside.split('.').skip(1);
        return match (inside.next(), inside.next()) {
            (Some(part), Some(_)) => format!("{row}.{part}"),
            _ => row.to_string(),
        };
    }
    let mut names = name.split('.');
    let layer = |name: &str| name.trim_end_matches(|digit: char| digit.is_ascii_digit()).to_string();
    let first = layer(names.next().unwrap_or(name));
    match names.next() {
        Some(norm) if first == "block" && norm.starts_with("norm") => "blocks.norms".into(),
        Some(part) if first == "block" => format!("blocks.{part}"),
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn a_part_is_named_without_the_number_of_its_layer() {
        for (name, part) in [
            ("block7.attention.q.w", "blocks.attention"),
            ("block12.norm_2.gamma", "blocks.norms"),
            ("norm.gamma", "norm"),
            ("rnn2.w_hh", "rnn"),
            ("tokens", "tokens"),
            ("block[7].att.q.W", "block.att"),
            ("mix[2].W_a", "mix"),
        ] {
            assert_eq!(part_of(name), part);
        }
    }
}
