//! A network with its parameters: trained by gradient steps, asked as a language model.

use std::cell::RefCell;

use crate::asked::Asked;
use crate::corpus::{Batch, NO_LABEL};
use crate::distill::Distillation;
use crate::language_model::{GradientReport, LanguageModel, Learner, LogProbs, Logits, Rows, StepReport};
use crate::network::Network;
use crate::reader::Reader;
use crate::tokenizer::TokenId;
use crate::traced::{Beside, Traced};
use tapegrad_core::graph::Source;
use tapegrad_core::kernels::with_team;
use tapegrad_core::ops::{Reduction, cross_entropy};
use tapegrad_core::optim::{Adam, AdamConfig, DecayKind, Decayed, Optimizer, clip_global_norm};
use tapegrad_core::params::array;
use tapegrad_core::shape::Shape;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;
use tapegrad_core::{ParamList, Params};

/// A network, its parameters and its optimiser.
///
/// Everything runs on plans: training and evaluation on one for each size of a batch, traced once; decoding on that of a
/// step, one token at a time.
#[derive(Debug)]
pub struct Neural<N> {
    network: N,
    params: Params<f32>,
    optimizer: Adam<f32>,
    clip: f64,
    /// The ids that no label can be.
    never: Vec<TokenId>,
    seed: u64,
    /// What a teacher adds to the loss, if there is one.
    distillation: Option<Distillation>,
    training: Option<Traced>,
    scoring: RefCell<Option<Traced>>,
}

/// How a network is trained, besides the schedule.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The two betas of Adam.
    pub betas: [f64; 2],
    /// The epsilon of Adam.
    #[serde(default = "epsilon")]
    pub epsilon: f64,
    /// The weight decay.
    pub weight_decay: f64,
    /// What the weight decay does.
    #[serde(default)]
    pub decay: Decay,
    /// Which parameters decay.
    #[serde(default)]
    pub decayed: DecayedParams,
    /// The norm that longer gradients are shortened to.
    pub clip: f64,
}

/// What weight decay does; see [`DecayKind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// Weights shrink beside the step.
    #[default]
    Decoupled,
    /// The decay is part of the gradient.
    L2,
}

/// Which parameters decay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecayedParams {
    /// Those with two or more axes.
    #[default]
    Matrices,
    /// Every one.
    All,
    /// None.
    None,
}

fn epsilon() -> f64 {
    AdamConfig::PAPER.epsilon
}

impl Training {
    /// AdamW with the betas of the recipes, without decay, and gradients clipped at 1.
    pub const PLAIN: Self = Self {
        betas: [0.9, 0.99],
        epsilon: AdamConfig::PAPER.epsilon,
        weight_decay: 0.0,
        decay: Decay::Decoupled,
        decayed: DecayedParams::Matrices,
        clip: 1.0,
    };

    fn adam(&self) -> AdamConfig {
        AdamConfig {
            betas: self.betas,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay,
            decay: match self.decay {
                Decay::Decoupled => DecayKind::Decoupled,
                Decay::L2 => DecayKind::L2,
            },
            decayed: match self.decayed {
                DecayedParams::Matrices => Decayed::Matrices,
                DecayedParams::All => Decayed::All,
                DecayedParams::None => Decayed::None,
            },
        }
    }
}

impl<N: Network> Neural<N> {
    /// A network with first values drawn from a seed.
    ///
    /// `declare` makes the network against a list of parameters.
    pub fn new(declare: impl FnOnce(&mut ParamList) -> N, training: Training, seed: u64) -> Self {
        let mut list = ParamList::new();
        let network = declare(&mut list);
        let params = Params::new(&list, seed);
        let optimizer = Adam::configured(&list, training.adam());
        let scoring = RefCell::new(None);
        Self {
            network,
            params,
            optimizer,
            clip: training.clip,
            never: Vec::new(),
            seed,
            distillation: None,
            training: None,
            scoring,
        }
    }

    /// The same, asked only for tokens that can come: these ids get probability 0, and the others share it.
    ///
    /// **Formula**: `p'_i = p_i / (1 - sum of p over these ids)`. Training is over all ids; it soon learns what never comes.
    pub fn never_predicting(self, never: Vec<TokenId>) -> Self {
        Self { never, ..self }
    }

    /// The same, beginning with these values of its parameters.
    ///
    /// **Panics** if they are of other parameters.
    pub fn with_values(mut self, values: &Params<f32>) -> Self {
        self.params.values_mut().copy_from_slice(values.values());
        self
    }

    /// The network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// The parameters.
    pub fn params(&self) -> &Params<f32> {
        &self.params
    }

    /// The parameters and the optimiser, to be continued from a checkpoint.
    pub fn params_and_optimizer_mut(&mut self) -> (&mut Params<f32>, &mut Adam<f32>) {
        (&mut self.params, &mut self.optimizer)
    }

    /// The optimiser.
    pub fn optimizer(&self) -> &Adam<f32> {
        &self.optimizer
    }

    /// Takes the weights of another network of the same parameters; the optimiser begins anew.
    ///
    /// False, with nothing taken, if the parameters differ in name or shape.
    pub fn go_on_from(&mut self, other: &Self) -> bool {
        let specs = |model: &Self| -> Vec<_> {
            let specs = model.params.list().specs().iter();
            specs.map(|spec| (spec.name.clone(), spec.shape)).collect()
        };
        let fits = specs(self) == specs(other);
        if fits {
            self.params.values_mut().copy_from_slice(other.params.values());
        }
        fits
    }

    /// The memory that training on batches of these sizes takes, besides parameters and optimiser.
    ///
    /// **Units**: bytes.
    pub fn training_bytes(&mut self, rows: usize, time: usize) -> usize {
        self.trained([rows, time]).plan.bytes()
    }

    /// The name of the first parameter that holds a number that is not finite.
    pub fn parameter_not_finite(&self) -> Option<String> {
        let list = self.params.list();
        let holds = |param| !self.params.value(param).iter().all(|x| x.is_finite());
        list.params()
            .find(|&param| holds(param))
            .map(|param| list.spec(param).name.clone())
    }

    /// What is first not finite when a batch goes through the network: a parameter, or the result of an op.
    ///
    /// The batch is computed again, op by op, on a tape.
    pub fn first_not_finite(&self, batch: &Batch) -> Option<String> {
        if let Some(name) = self.parameter_not_finite() {
            return Some(format!("the parameter `{name}` is not finite"));
        }
        let tape = Tape::with(&self.params);
        let ids = |name: &str, ids: &[TokenId]| {
            let ids = ids.iter().map(|&id| id as f32).collect();
            tape.data(name, array(Shape::new(&[batch.rows(), batch.time()]), ids))
        };
        let logits = self.network.logits(ids("ids", batch.inputs()));
        let labels = ids("labels", batch.labels());
        cross_entropy(logits, labels, Some(NO_LABEL as usize), Reduction::Mean);
        let graph = tape.graph().clone();
        let first = graph.nodes().find_map(|node| {
            let Source::Op(op) = node.source else { return None };
            let is_finite = tape.with_value(Var::new(&tape, node.id), |y| y.iter().all(|y| y.is_finite()));
            (!is_finite).then(|| op.name())
        });
        first.map(|op| format!("the first result that is not finite is that of the op `{op}`"))
    }

    /// Learns from a batch and from the targets of a teacher.
    pub fn learn_from(&mut self, batch: &Batch, learning_rate: f64, at: Distillation, targets: &[f32]) -> StepReport {
        if self.distillation != Some(at) {
            (self.distillation, self.training) = (Some(at), None);
        }
        with_team(|| self.step(batch, learning_rate, targets))
    }

    fn step(&mut self, batch: &Batch, learning_rate: f64, targets: &[f32]) -> StepReport {
        self.trained([batch.rows(), batch.time()]);
        let traced = self.training.as_mut().expect("it was traced just now");
        traced.give(batch);
        if let Some(soft) = traced.soft {
            traced.plan.set(soft, targets);
        }
        traced.draw(self.network.dropout(), self.seed, self.optimizer.steps());
        traced.forward(&self.params);
        traced.plan.backward(&mut self.params);
        let norm = clip_global_norm(&mut self.params, self.clip);
        self.optimizer.step(&mut self.params, learning_rate);
        let flops = traced.plan.flops();
        StepReport {
            labels: batch.label_count(),
            nats: Some(f64::from(traced.plan.value(traced.loss)[0])),
            gradient: Some(GradientReport {
                norm,
                clip_scale: (self.clip / norm).min(1.0),
            }),
            flops: flops.forward + flops.backward,
        }
    }

    fn trained(&mut self, sizes: [usize; 2]) -> &mut Traced {
        if self.training.as_ref().is_none_or(|traced| traced.sizes != sizes) {
            self.training = Some(Traced::new(
                &self.network,
                self.params.list(),
                sizes,
                Beside::Teacher(self.distillation),
            ));
        }
        self.training.as_mut().expect("it was traced just now")
    }
}

impl<N: Network> Learner for Neural<N> {
    /// **Panics** if the batch holds no label or an id beyond the vocabulary: the corpora never give such a batch.
    fn learn(&mut self, batch: &Batch, learning_rate: f64) -> StepReport {
        if self.distillation.is_some() {
            (self.distillation, self.training) = (None, None);
        }
        with_team(|| self.step(batch, learning_rate, &[]))
    }

    fn parameter_count(&self) -> usize {
        self.params.len()
    }
}

impl<N: Network> LanguageModel for Neural<N> {
    type State = Reader<f32>;

    fn vocabulary(&self) -> usize {
        self.network.vocabulary()
    }

    fn start(&self) -> Reader<f32> {
        self.asked().start()
    }

    /// When the block is full, the memory grows where positions go on beyond it; elsewhere the window moves by half a block.
    fn next(&self, reader: &mut Reader<f32>, token: TokenId) -> Logits {
        self.asked().next(reader, token)
    }

    fn start_rows(&self, rows: usize) -> Box<dyn Rows + '_> {
        self.asked().start_rows(rows)
    }

    fn log_probs(&self, batch: &Batch) -> LogProbs {
        self.asked().log_probs(batch)
    }
}

impl<N: Network> Neural<N> {
    fn asked(&self) -> Asked<'_, N, Params<f32>> {
        Asked {
            network: &self.network,
            params: &self.params,
            never: &self.never,
            scoring: &self.scoring,
        }
    }

    /// The network, its parameters, and the ids that never come.
    pub(crate) fn into_parts(self) -> (N, Params<f32>, Vec<TokenId>) {
        (self.network, self.params, self.never)
    }
}
