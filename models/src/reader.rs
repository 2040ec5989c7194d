//! Reading one token at a time: the graph of a step as a plan, whose memory stays in place from token to token.

use tapegrad_autograd::graph::NodeId;
use tapegrad_autograd::{ParamList, Params, Plan, Sketch};

use crate::network::{Memory, Network, Place};
use crate::tokenizer::TokenId;

/// What a network remembers of one sequence, ready for the next token.
///
/// The graph of a step is the same for every token, so it is traced once; what a step leaves is copied to where the next
/// one reads it, one row of keys and of values in a Transformer.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    plan: Plan<f32>,
    id: NodeId,
    place: Option<[NodeId; 2]>,
    memory: Vec<Carried>,
    logits: NodeId,
    position: usize,
}

/// One array of the memory: where a step reads it, and what the step leaves for it.
#[derive(Clone, Copy, Debug)]
struct Carried {
    before: NodeId,
    left: NodeId,
    /// The width of a row, where a step leaves the row of its token; 0 where it leaves the whole array.
    row: usize,
}

impl Reader {
    /// A reader before the first token.
    pub fn new(network: &impl Network, list: &ParamList) -> Self {
        let block = network.block().unwrap_or(0);
        let sketch = Sketch::new();
        let id = sketch.data("id", [1, 1]);
        let place = network.block().map(|block| Place {
            position: sketch.data("position", [1, 1]),
            seen: sketch.data("seen", [1, block + 1]),
        });
        let kinds = network.memory();
        let before: Vec<_> = kinds
            .iter()
            .map(|kind| sketch.data("memory", kind.shape(block)))
            .collect();
        let (logits, left) = network.step(id, place, &before);
        let memory = kinds
            .iter()
            .zip(before.iter().zip(&left))
            .map(|(kind, (before, left))| Carried {
                before: before.id(),
                left: left.id(),
                row: if let Memory::Rows(width) = *kind { width } else { 0 },
            });
        let memory: Vec<Carried> = memory.collect();
        let outputs: Vec<NodeId> = std::iter::once(logits.id())
            .chain(left.iter().map(|left| left.id()))
            .collect();
        let (id, logits) = (id.id(), logits.id());
        let place = place.map(|place| [place.position.id(), place.seen.id()]);
        let plan = Plan::new(&sketch.into_graph(), list, &outputs, None)
            .unwrap_or_else(|error| panic!("invariant: a plan without an objective asks for no gradients: {error}"));
        Self {
            plan,
            id,
            place,
            memory,
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
        if let Some([position, seen]) = self.place {
            self.plan.input_mut(position)[0] = self.position as f32;
            let seen = self.plan.input_mut(seen);
            let rows = Place::seen_at(self.position, seen.len() - 1);
            seen.iter_mut()
                .zip(rows)
                .for_each(|(seen, row)| *seen = f32::from(u8::from(row)));
        }
        if let Err(error) = self.plan.forward(params) {
            panic!("a token must be one of the network's: {error}");
        }
        for carried in &self.memory {
            self.plan
                .carry(carried.left, carried.before, self.position * carried.row);
        }
        self.position += 1;
        self.plan.value(self.logits)
    }
}
