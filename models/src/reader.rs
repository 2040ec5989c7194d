//! Reading one token at a time: the graph of a step as a plan, whose memory stays in place from token to token.

use tapegrad_core::graph::NodeId;
use tapegrad_core::kernels::with_team;
use tapegrad_core::numbers::Real;
use tapegrad_core::params::Weights;
use tapegrad_core::plan::State;
use tapegrad_core::{ParamList, Plan, Shape, Sketch};

use crate::network::{Network, Place};
use crate::tokenizer::TokenId;

/// What a network remembers of some sequences, ready for the next token of each.
///
/// The graph of a step is the same for every token, so it is traced once; the memory is the state of its plan, of which
/// a Transformer rewrites one row of keys and of values in each layer.
///
/// When the block of a network is full, two things can happen. Where its positions go on beyond the block
/// ([`Network::reads_beyond_block`]) the memory grows to twice the rows, and nothing is forgotten. Elsewhere the window
/// moves by half a block: the tokens of the later half are read again from the first position, and the earlier ones are
/// forgotten.
#[derive(Clone, Debug)]
pub struct Reader<T> {
    step: Step<T>,
    rows: Vec<Row>,
}

/// One sequence.
#[derive(Clone, Debug, Default)]
struct Row {
    /// The number of its tokens in the memory.
    position: usize,
    /// These tokens, where a full block makes the network read some of them again.
    tokens: Vec<TokenId>,
}

/// The plan of a step with the places of its inputs and results.
#[derive(Clone, Debug)]
struct Step<T> {
    plan: Plan<T>,
    id: NodeId,
    place: Option<PlaceIds>,
    memory: Vec<Memory>,
    logits: NodeId,
    /// The number of tokens that the memory has room for; `None` if it has the same size for all.
    room: Option<usize>,
}

/// The nodes of a [`Place`].
#[derive(Clone, Copy, Debug)]
struct PlaceIds {
    position: NodeId,
    here: NodeId,
    seen: NodeId,
}

/// An array of the memory, and how the numbers of one sequence lie in it.
#[derive(Clone, Copy, Debug)]
struct Memory {
    id: NodeId,
    /// How many pieces a sequence has in the array, each of so many numbers.
    pieces: usize,
    len: usize,
}

impl Memory {
    /// The axis of the batch is the first of size 1.
    fn axis(shape: Shape) -> usize {
        shape
            .iter()
            .position(|size| size == 1)
            .expect("the memory has an axis for the batch")
    }

    fn new(id: NodeId, shape: Shape, axis: usize) -> Self {
        let sizes = shape.to_vec();
        Self {
            id,
            pieces: sizes[..axis].iter().product(),
            len: sizes[axis + 1..].iter().product(),
        }
    }

    /// Where the pieces of a sequence begin, of so many sequences.
    fn begins(self, row: usize, rows: usize) -> impl Iterator<Item = usize> {
        (0..self.pieces).map(move |piece| (piece * rows + row) * self.len)
    }
}

impl<T: Real> Step<T> {
    fn new(network: &dyn Network, list: &ParamList, rows: usize, room: Option<usize>) -> Self {
        let sketch = Sketch::new();
        let id = sketch.data("id", [rows, 1]);
        let place = room.map(|room| Place {
            position: sketch.data("position", [rows, 1]),
            here: sketch.data("here", [rows, room, 1]),
            seen: sketch.data("seen", [rows, room]),
        });
        let (mut memory, mut before) = (Vec::new(), Vec::new());
        for one in network.memory() {
            let axis = Memory::axis(one);
            let shape = one.with_size(axis, rows);
            let shape = room.map_or(shape, |room| shape.with_size(1, room));
            let array = sketch.data("memory", shape);
            memory.push(Memory::new(array.id(), shape, axis));
            before.push(array);
        }
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
        // A network that does not ask for the position is told it all the same.
        let outputs: Vec<NodeId> = [logits].into_iter().chain(place.map(|place| place.position)).collect();
        Self {
            memory,
            plan: Plan::of_step(&sketch.into_graph(), list, &outputs, &states),
            id,
            place,
            logits,
            room,
        }
    }

    /// The numbers of one sequence in an array of the memory.
    fn of_row(&mut self, memory: usize, row: usize, rows: usize) -> Vec<T> {
        let memory = self.memory[memory];
        let all = self.plan.input_mut(memory.id);
        memory
            .begins(row, rows)
            .flat_map(|begin| all[begin..begin + memory.len].iter().copied())
            .collect()
    }

    /// Writes them; where there are fewer of each piece than room, the rest stays as it is.
    fn write_row(&mut self, memory: usize, row: usize, rows: usize, numbers: &[T]) {
        let memory = self.memory[memory];
        let all = self.plan.input_mut(memory.id);
        let pieces = numbers.chunks((numbers.len() / memory.pieces).max(1));
        for (begin, piece) in memory.begins(row, rows).zip(pieces) {
            all[begin..begin + piece.len()].copy_from_slice(piece);
        }
    }
}

impl<T: Real> Reader<T> {
    /// A reader of so many sequences before their first tokens.
    pub(crate) fn new(network: &dyn Network, list: &ParamList, rows: usize) -> Self {
        Self {
            step: Step::new(network, list, rows, network.block()),
            rows: vec![Row::default(); rows],
        }
    }

    /// Reads a token of each sequence that has one; gives the logits of the next ones, `[B, V]`.
    ///
    /// The logits of a sequence without a token have no meaning.
    pub(crate) fn read(&mut self, network: &dyn Network, params: &impl Weights<T>, tokens: &[Option<TokenId>]) -> &[T] {
        assert_eq!(tokens.len(), self.rows.len(), "each sequence has an entry");
        let is_full = |(row, token): (&Row, &Option<TokenId>)| token.is_some() && Some(row.position) == self.step.room;
        let full: Vec<bool> = self.rows.iter().zip(tokens).map(is_full).collect();
        match network.reads_beyond_block() {
            true if full.contains(&true) => self.grow(network, params.list()),
            false if full.contains(&true) => self.move_on(params, &full),
            _ => {}
        }
        self.read_within(params, tokens);
        if self.step.room.is_some() && !network.reads_beyond_block() {
            for (row, token) in self.rows.iter_mut().zip(tokens) {
                row.tokens.extend(token);
            }
        }
        self.step.plan.value(self.step.logits)
    }

    /// Begins all sequences anew.
    pub(crate) fn forget(&mut self) {
        self.rows.fill(Row::default());
        for memory in 0..self.step.memory.len() {
            let id = self.step.memory[memory].id;
            self.step.plan.input_mut(id).fill(T::ZERO);
        }
    }

    /// Lets each sequence go on from what another has read.
    pub(crate) fn rearrange(&mut self, from: &[usize]) {
        let rows = self.rows.len();
        assert_eq!(from.len(), rows, "each sequence has an entry");
        for memory in 0..self.step.memory.len() {
            let before: Vec<Vec<T>> = (0..rows).map(|row| self.step.of_row(memory, row, rows)).collect();
            for (row, &from) in from.iter().enumerate().filter(|(row, from)| row != *from) {
                self.step.write_row(memory, row, rows, &before[from]);
            }
        }
        self.rows = from.iter().map(|&row| self.rows[row].clone()).collect();
    }

    /// Gives the memory twice the room.
    fn grow(&mut self, network: &dyn Network, list: &ParamList) {
        let rows = self.rows.len();
        let mut larger = Step::new(network, list, rows, self.step.room.map(|room| 2 * room));
        for memory in 0..self.step.memory.len() {
            for row in 0..rows {
                larger.write_row(memory, row, rows, &self.step.of_row(memory, row, rows));
            }
        }
        self.step = larger;
    }

    /// Moves the windows of some sequences by half a block.
    fn move_on(&mut self, params: &impl Weights<T>, full: &[bool]) {
        let block = self.step.room.expect("only a block can be full");
        for (row, _) in self.rows.iter_mut().zip(full).filter(|(_, is_full)| **is_full) {
            row.tokens.drain(..block - block / 2);
            row.position = 0;
        }
        for at in 0..block / 2 {
            let again = |(row, is_full): (&Row, &bool)| is_full.then(|| row.tokens[at]);
            let again: Vec<_> = self.rows.iter().zip(full).map(again).collect();
            self.read_within(params, &again);
        }
    }

    /// Reads where there is room for it.
    fn read_within(&mut self, params: &impl Weights<T>, tokens: &[Option<TokenId>]) {
        let (rows, step) = (self.rows.len(), &mut self.step);
        for (id, token) in step.plan.input_mut(step.id).iter_mut().zip(tokens) {
            *id = T::from_f64(token.map_or(0.0, f64::from));
        }
        if let (Some(place), Some(room)) = (step.place, step.room) {
            // A sequence that rests writes to the row of its next token, which then replaces it; a full one to its last.
            let at = |row: &Row| row.position.min(room - 1);
            for (position, row) in step.plan.input_mut(place.position).iter_mut().zip(&self.rows) {
                *position = T::from_f64(at(row) as f64);
            }
            for (here, row) in step.plan.input_mut(place.here).chunks_mut(room).zip(&self.rows) {
                here.fill(T::ZERO);
                here[at(row)] = T::ONE;
            }
            for (seen, row) in step.plan.input_mut(place.seen).chunks_mut(room).zip(&self.rows) {
                let (seen, later) = seen.split_at_mut(at(row) + 1);
                seen.fill(T::ONE);
                later.fill(T::ZERO);
            }
        }
        // What a step must not change: of a sequence that rests the state, or a row of the memory that is in use.
        let rests =
            |row: &usize| tokens[*row].is_none() && step.room.is_none_or(|room| self.rows[*row].position == room);
        let resting: Vec<usize> = (0..rows).filter(rests).collect();
        let kept: Vec<Vec<T>> = each(step.memory.len(), &resting)
            .map(|(memory, row)| step.of_row(memory, row, rows))
            .collect();
        // One sequence alone has too little work in each op to be shared out.
        let plan = &mut step.plan;
        let forward = match rows {
            1 => plan.forward(params),
            _ => with_team(|| plan.forward(params)),
        };
        if let Err(error) = forward {
            panic!("a token must be one of the network's: {error}");
        }
        for ((memory, row), kept) in each(step.memory.len(), &resting).zip(&kept) {
            step.write_row(memory, row, rows, kept);
        }
        for (row, _) in self.rows.iter_mut().zip(tokens).filter(|(_, token)| token.is_some()) {
            row.position += 1;
        }
    }
}

/// Each array of the memory with each of some rows.
fn each(memories: usize, rows: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    (0..memories).flat_map(move |memory| rows.iter().map(move |&row| (memory, row)))
}

#[cfg(test)]
mod tests;
