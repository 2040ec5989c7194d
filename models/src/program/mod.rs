//! A program of the graph language as a language model: the equations are the network.
//!
//! A program with a token input `w[T]: id[V]` or `w[B, T]: id[V]` and logits `[.., V]` is a [`Network`] like the built-in
//! ones. The run gives V, T (its block) and B (its rows); all other sizes come from the program or from the recipe. A
//! program for one sequence is lifted to a batch by the language itself, and the graph of a batch is made once for each
//! number of rows, loops unrolled.
//!
//! The loop attaches the loss, the cross-entropy of the next tokens, unless the recipe asks for the objective of the
//! program. A recurrent program carries no state from one window to the next. Decoding computes the window of the last
//! tokens anew for each token, because a program says nothing about caches; so its logits must not depend on later
//! tokens, which is tried before training ([`ProgramLm::check_causal`]).
//!
//! Reading order: `config` (what a recipe holds), `roles` and `reading` (what the program's inputs and results are),
//! `fuse` (equations that run as kernels), `causal`.

mod causal;
mod config;
mod error;
mod fuse;
mod reading;
mod roles;

pub use config::{ProgramConfig, ProgramLoss};
pub use error::ProgramError;

use crate::network::{Network, Place, counted};
use crate::traced::training_loss;
use fuse::{Kernel, Operand};
use reading::{Reading, Traced};
use std::panic::Location;
use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::numbers::Real;
use tapegrad_core::ops::{self, AnyOp, embedding};
use tapegrad_core::shape::Shape;
use tapegrad_core::var::Var;
use tapegrad_core::{ParamList, Params, Sketch, plan};

/// A program as a network.
#[derive(Clone, Debug)]
pub struct ProgramLm {
    config: ProgramConfig,
    vocabulary: usize,
    block: usize,
    /// The number of the input that holds the tokens.
    tokens: usize,
    list: ParamList,
    notices: Vec<String>,
    /// Whether equations run as the kernels that compute them.
    is_fused: bool,
}

impl ProgramLm {
    /// The network of a program with so many token ids and so many positions.
    ///
    /// **Errors** with the place in the program and what would be right, if it is no language model of these sizes.
    pub fn new(config: &ProgramConfig, vocabulary: usize, block: usize) -> Result<Self, ProgramError> {
        let reading = Reading::of(config, [1, block], vocabulary)?;
        let traced = reading.trace([1, block], vocabulary)?;
        Ok(Self {
            config: config.clone(),
            vocabulary,
            block,
            tokens: reading.tokens(),
            notices: reading.notices(),
            list: traced.list,
            is_fused: true,
        })
    }

    /// The parameters of the program, without values.
    pub fn list(&self) -> &ParamList {
        &self.list
    }

    /// The same, computed equation by equation: the kernels must give the same numbers, up to rounding.
    pub fn unfused(self) -> Self {
        Self {
            is_fused: false,
            ..self
        }
    }

    /// First values of the parameters, as the program declares them after `~`.
    ///
    /// **Panics** if the program is no longer the one that was read.
    pub fn first_values<T: Real>(&self, seed: u64) -> Params<T> {
        let values = Reading::of(&self.config, [1, self.block], self.vocabulary)
            .and_then(|reading| reading.first_values([1, self.block], self.vocabulary, seed));
        values.unwrap_or_else(|error| panic!("invariant: the program was read before: {error}"))
    }

    /// What a person should know of how the program is trained.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// An error if the logits of a position depend on a later token, which it is to predict.
    ///
    /// **Errors** with the positions.
    pub fn check_causal(&self) -> Result<(), ProgramError> {
        causal::check(self)
    }

    /// The graph of a batch of so many rows.
    fn traced(&self, rows: usize) -> Traced {
        let sizes = [rows, self.block];
        let traced =
            Reading::with_tokens(&self.config, self.tokens).and_then(|reading| reading.trace(sizes, self.vocabulary));
        traced.unwrap_or_else(|error| panic!("invariant: the program was read before: {error}"))
    }

    /// Logits and objective of a batch as long as the block; the labels are what all other inputs are given.
    fn run<'t>(&self, ids: Var<'t>, labels: Var<'t>, wants: Wants) -> Var<'t> {
        let traced = self.traced(ids.shape().size(0));
        let result = match wants {
            Wants::Logits => traced.logits,
            Wants::Objective => traced
                .objective
                .expect("invariant: the program was read with its objective"),
        };
        let leaf = |id: NodeId| if id == traced.tokens { ids } else { labels };
        let kernels = match self.is_fused {
            true => fuse::kernels(&traced.graph),
            false => Vec::new(),
        };
        let y = written(&traced.graph, &kernels, result, ids, leaf);
        match wants {
            Wants::Logits if traced.time_first => y.permute(&[1, 0, 2]),
            Wants::Objective if traced.is_maximised => -y,
            _ => y,
        }
    }

    /// The ids of a shorter batch, filled up to the block behind its last tokens.
    fn filled<'t>(&self, ids: Var<'t>) -> Var<'t> {
        let [rows, time] = [0, 1].map(|axis| ids.shape().size(axis));
        assert!(
            time <= self.block,
            "a program is a network of the {} positions of its block; there are {time}",
            self.block
        );
        match self.block - time {
            0 => ids,
            missing => ops::concat(&[ids, ids.constant(0.0).broadcast_to([rows, missing])], 1),
        }
    }
}

/// The numbers of the plan of a training step; 0 for a program that is no language model.
pub(crate) fn plan_numbers(config: &ProgramConfig, sizes: [usize; 2], vocabulary: usize) -> u128 {
    let Ok(network) = ProgramLm::new(config, vocabulary, sizes[1]) else {
        return 0;
    };
    let sketch = Sketch::new();
    let [ids, labels] = ["ids", "labels"].map(|name| sketch.data(name, sizes));
    let loss = training_loss(&network, &sketch, ids, labels, None).loss.id();
    plan::numbers(&sketch.into_graph(), &[loss], Some(loss)) as u128
}

/// Which result of a program is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Logits,
    Objective,
}

/// Writes what a result needs of a graph to the record of `on`, and gives the result there.
///
/// A node that has a kernel is computed by it.
fn written<'t>(
    graph: &Graph,
    kernels: &[Option<Kernel>],
    result: NodeId,
    on: Var<'t>,
    leaf: impl Fn(NodeId) -> Var<'t>,
) -> Var<'t> {
    let kernel = |id: NodeId| kernels.get(id.index()).and_then(Option::as_ref);
    let mut needed = vec![false; graph.len()];
    needed[result.index()] = true;
    for node in graph
        .nodes()
        .rev()
        .filter(|node| !matches!(node.source, Source::Constant(_)))
    {
        if needed[node.id.index()] {
            match kernel(node.id) {
                Some(kernel) => kernel
                    .operands
                    .iter()
                    .for_each(|operand| needed[operand.id().index()] = true),
                None => node.operands.iter().for_each(|operand| needed[operand.index()] = true),
            }
        }
    }
    let record = on.on();
    let mut made: Vec<Option<NodeId>> = vec![None; graph.len()];
    for node in graph.nodes().filter(|node| needed[node.id.index()]) {
        let here = Location::caller();
        let made_before = |id: NodeId| made[id.index()].expect("operands come before their node");
        let push = |op: &AnyOp, operands: &[NodeId]| {
            let pushed = record.push(op, operands, here);
            pushed.unwrap_or_else(|error| panic!("a batch must fit the program: {error}"))
        };
        let own = match (kernel(node.id), node.source) {
            (Some(kernel), _) => {
                let operand = |operand: &Operand| match *operand {
                    Operand::Whole(id) => made_before(id),
                    Operand::Turned(id) => push(&turn(), &[made_before(id)]),
                };
                let operands: Vec<NodeId> = kernel.operands.iter().map(operand).collect();
                push(&kernel.op, &operands)
            }
            (None, Source::Op(op)) => {
                let operands: Vec<NodeId> = node.operands.iter().map(|&operand| made_before(operand)).collect();
                push(op, &operands)
            }
            (None, Source::Param(param)) => record.push_param(*param, here),
            (None, Source::Constant(value)) => record.push_constant(*value, here),
            (None, _) => leaf(node.id).id(),
        };
        if let (Some(name), Source::Op(_)) = (graph.name(node.id), node.source) {
            record.set_name(own, name);
        }
        made[node.id.index()] = Some(own);
    }
    Var::new(record, made[result.index()].expect("the result is needed"))
}

/// The op that exchanges the axes of a matrix.
fn turn() -> AnyOp {
    ops::Permute {
        order: [1, 0].into_iter().collect(),
    }
    .into()
}

impl Network for ProgramLm {
    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    fn block(&self) -> Option<usize> {
        Some(self.block)
    }

    /// A shorter batch is filled up to the block: later tokens change no logits.
    fn logits<'t>(&self, ids: Var<'t>) -> Var<'t> {
        let time = ids.shape().size(1);
        let ids = self.filled(ids);
        let logits = self.run(ids, ids, Wants::Logits);
        match time == self.block {
            true => logits,
            false => logits.slice(1, 0..time),
        }
    }

    fn own_loss<'t>(&self, ids: Var<'t>, labels: Var<'t>) -> Option<Var<'t>> {
        (self.config.loss == ProgramLoss::Program).then(|| self.run(ids, labels, Wants::Objective))
    }

    /// The tokens of the block.
    fn memory(&self) -> Vec<Shape> {
        vec![Shape::new(&[1, self.block, 1])]
    }

    /// The whole window again: a program says nothing about what it could remember.
    fn step<'t>(&self, id: Var<'t>, place: Option<Place<'t>>, memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>) {
        let place = place.expect("a program has a block");
        let (rows, block) = (id.shape().size(0), self.block);
        let tokens = ops::where_(place.here, id.reshape([rows, 1, 1]), memory[0]);
        // Rows that were not read yet, or belong to an earlier window, are id 0; no logits that are taken depend on them.
        let logits = self.logits(tokens.reshape([rows, block]) * place.seen);
        let all = logits.reshape([rows * block, self.vocabulary]);
        let first = counted(id, rows).reshape([rows, 1]) * block as f64;
        (embedding(all, first + place.position), vec![tokens])
    }
}
