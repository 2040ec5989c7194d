//! Reading one token at a time: the graph of a step as a plan, whose memory stays in place from token to token.

use tapegrad_core::graph::NodeId;
use tapegrad_core::plan::State;
use tapegrad_core::{ParamList, Params, Plan, Sketch};

use crate::network::{Network, Place};
use crate::tokenizer::TokenId;

/// What a network remembers of one sequence, ready for the next token.
///
/// The graph of a step is the same for every token, so it is traced once; the memory is the state of its plan, of which
/// a Transformer rewrites one row of keys and of values in each layer.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    plan: Plan<f32>,
    id: NodeId,
    place: Option<PlaceIds>,
    logits: NodeId,
    position: usize,
}

/// The nodes of a [`Place`].
#[derive(Clone, Copy, Debug)]
struct PlaceIds {
    position: NodeId,
    here: NodeId,
    seen: NodeId,
}

impl Reader {
    /// A reader before the first token.
    pub fn new(network: &impl Network, list: &ParamList) -> Self {
        let sketch = Sketch::new();
        let id = sketch.data("id", [1, 1]);
        let place = network.block().map(|block| Place {
            position: sketch.data("position", [1, 1]),
            here: sketch.data("here", [1, block, 1]),
            seen: sketch.data("seen", [1, block]),
        });
        let before: Vec<_> = network
            .memory()
            .iter()
            .map(|&shape| sketch.data("memory", shape))
            .collect();
        let (logits, after) = network.step(id, place, &before);
        let states = before.iter().zip(&after).map(|(before, after)| State {
            before: before.id(),
            after: after.id(),
        });
        let states: Vec<State> = states.collect();
        let (id, logits) = (id.id(), logits.id());
        let place = place.map(|place| PlaceIds {
            position: place.position.id(),
            here: place.here.id(),
            seen: place.seen.id(),
        });
        Self {
            plan: Plan::of_step(&sketch.into_graph(), list, &[logits], &states),
            id,
            place,
            logits,
            position: 0,
        }
    }

    /// The number of tokens that were read.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Forgets all rows of the memory, as if no token had been read; a state it keeps.
    pub fn forget_rows(&mut self) {
        self.position = 0;
    }

    /// Reads a token; gives the logits of the next one.
    pub fn read(&mut self, params: &Params<f32>, token: TokenId) -> &[f32] {
        self.plan.input_mut(self.id)[0] = token as f32;
        if let Some(place) = self.place {
            self.plan.input_mut(place.position)[0] = self.position as f32;
            let here = self.plan.input_mut(place.here);
            here.fill(0.0);
            here[self.position] = 1.0;
            let (seen, later) = self.plan.input_mut(place.seen).split_at_mut(self.position + 1);
            seen.fill(1.0);
            later.fill(0.0);
        }
        if let Err(error) = self.plan.forward(params) {
            panic!("a token must be one of the network's: {error}");
        }
        self.position += 1;
        self.plan.value(self.logits)
    }
}
