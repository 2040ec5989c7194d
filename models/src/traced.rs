//! A network traced once for batches of one size: in training, with a teacher or without, or in scoring.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::corpus::{Batch, NO_LABEL};
use crate::distill::{Distillation, soft_loss};
use crate::network::Network;
use crate::tokenizer::TokenId;
use tapegrad_core::graph::NodeId;
use tapegrad_core::ops::{Reduction, cross_entropy, dropout};
use tapegrad_core::params::Weights;
use tapegrad_core::var::Var;
use tapegrad_core::{ParamList, Plan, Sketch};

/// A plan with the places of its inputs and of its result.
#[derive(Debug)]
pub(crate) struct Traced {
    pub plan: Plan<f32>,
    pub sizes: [usize; 2],
    ids: NodeId,
    labels: NodeId,
    /// What is added to the logits of each position: 0, or [`NEVER`].
    mask: Option<NodeId>,
    /// The masks of dropout: 1 where a number is kept.
    kept: Vec<NodeId>,
    /// The targets of a teacher.
    pub soft: Option<NodeId>,
    pub loss: NodeId,
}

/// What is added to the logit of an id that never comes: its exponential is 0 in `f32`, and no difference overflows.
const NEVER: f32 = -1e6;

/// What training computes of a batch.
pub(crate) struct TrainingLoss<'t> {
    /// The mean loss.
    pub loss: Var<'t>,
    /// What is minimised: the loss, or the sum of it and of a teacher's.
    pub objective: Var<'t>,
    /// The masks of dropout: 1 where a number is kept.
    pub kept: Vec<NodeId>,
    /// The targets of the teacher.
    pub soft: Option<NodeId>,
}

/// The mean loss of a batch in training.
pub(crate) fn training_loss<'t>(
    network: &dyn Network,
    sketch: &'t Sketch,
    ids: Var<'t>,
    labels: Var<'t>,
    distillation: Option<Distillation>,
) -> TrainingLoss<'t> {
    let (mut kept, keep) = (Vec::new(), 1.0 - network.dropout());
    let mut drop = |x: Var<'t>| {
        let mask = sketch.data("kept", x.shape());
        kept.push(mask.id());
        dropout(x, mask, keep)
    };
    if let (None, Some(own)) = (distillation, network.own_loss(ids, labels)) {
        return TrainingLoss {
            loss: own,
            objective: own,
            kept,
            soft: None,
        };
    }
    let logits = match keep {
        1.0 => network.logits(ids),
        _ => network.training_logits(ids, &mut drop),
    };
    let loss = cross_entropy(logits, labels, Some(NO_LABEL as usize), Reduction::Mean);
    let soft = distillation.map(|at| (at, sketch.data("teacher", logits.shape())));
    let objective = soft.map_or(loss, |(at, targets)| {
        loss * (1.0 - at.weight) + soft_loss(logits, targets, at.temperature) * at.weight
    });
    TrainingLoss {
        loss,
        objective,
        kept,
        soft: soft.map(|(_, targets)| targets.id()),
    }
}

/// What a plan reads beside a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Beside {
    /// In scoring: whether some ids never come.
    Mask(bool),
    /// In training: the targets of a teacher, if there is one.
    Teacher(Option<Distillation>),
}

impl Traced {
    pub fn new(network: &impl Network, list: &ParamList, sizes: [usize; 2], beside: Beside) -> Self {
        let sketch = Sketch::new();
        let ids = sketch.data("ids", sizes);
        let labels = sketch.data("labels", sizes);
        let mut mask = None;
        let of_training = match beside {
            Beside::Teacher(distillation) => Some(training_loss(network, &sketch, ids, labels, distillation)),
            Beside::Mask(_) => None,
        };
        let loss = of_training.as_ref().map_or_else(
            || {
                mask = (beside == Beside::Mask(true)).then(|| sketch.data("mask", [network.vocabulary()]));
                let logits = network.logits(ids);
                let logits = mask.map_or(logits, |mask| logits + mask);
                cross_entropy(logits, labels, Some(NO_LABEL as usize), Reduction::None)
            },
            |training| training.loss,
        );
        let objective = of_training.as_ref().map(|training| training.objective.id());
        let (kept, soft) = of_training.map_or((Vec::new(), None), |training| (training.kept, training.soft));
        let [ids, labels, loss] = [ids, labels, loss].map(|var| var.id());
        let mask = mask.map(|mask| mask.id());
        let plan = Plan::new(&sketch.into_graph(), list, &[loss], objective)
            .unwrap_or_else(|error| panic!("invariant: every parameter of a network is used: {error}"));
        Self {
            plan,
            sizes,
            ids,
            labels,
            mask,
            kept,
            soft,
            loss,
        }
    }

    /// Draws the masks of dropout, by the seed and the number of the step alone.
    pub fn draw(&mut self, dropout: f64, seed: u64, step: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(step + 1);
        for &mask in &self.kept {
            let mask = self.plan.input_mut(mask);
            mask.iter_mut()
                .for_each(|kept| *kept = f32::from(u8::from(rng.random::<f64>() >= dropout)));
        }
    }

    pub fn mask(&mut self, never: &[TokenId]) {
        if let Some(mask) = self.mask {
            let mask = self.plan.input_mut(mask);
            mask.fill(0.0);
            never.iter().for_each(|&id| mask[id as usize] = NEVER);
        }
    }

    pub fn forward(&mut self, params: &impl Weights<f32>) {
        if let Err(error) = self.plan.forward(params) {
            panic!("a batch must fit its network: {error}");
        }
    }

    pub fn give(&mut self, batch: &Batch) {
        let fill = |place: &mut [f32], ids: &[TokenId]| place.iter_mut().zip(ids).for_each(|(x, &id)| *x = id as f32);
        fill(self.plan.input_mut(self.ids), batch.inputs());
        fill(self.plan.input_mut(self.labels), batch.labels());
    }
}
