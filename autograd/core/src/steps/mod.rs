//! The backward pass, one node at a time; the only addition of the chain rule is `Gradients::contribute`.
//!
//! `g_x = Σ ∂J/∂y · ∂y/∂x`, the sum over all uses `y` of `x` (multivariate chain rule). Nodes are visited from last
//! to first, so when a node's turn comes, all its uses have contributed and its gradient is complete.

mod begin;
mod gradients;
mod watch;

use ndarray::{ArrayD, ArrayViewD};

use crate::graph::{Node, NodeId, Source};
use crate::numbers::Real;
use crate::op::operand_at;
use crate::op::{InGradients, OperandKind};
use crate::ops::AnyOp;
use crate::params::{array, view};
use crate::record::Record;
use crate::shape::Shape;
use crate::tape::{State, Tape};
pub use gradients::{Gradients, NoGradient};
use watch::{Unwatched, Watch};

/// The backward pass as an iterator: each [`Step`] is the backward() of one node.
///
/// What a student watches here is what runs: [`Tape::backward`] drains the same pass.
#[derive(Debug)]
pub struct Steps<'t, 'p, T> {
    tape: &'t Tape<'p, T>,
    sweep: Sweep<T>,
}

/// The backward() of one node, with everything that came in and went out.
#[derive(Clone, Debug)]
pub struct Step<T> {
    /// The node whose backward() ran.
    pub node: NodeId,
    /// Its backward formula; for a module, which has none in text, a sentence.
    pub formula: &'static str,
    /// The source file of the op.
    pub file: &'static str,
    /// ∂J/∂y, complete: all uses of y have contributed.
    pub incoming: ArrayD<T>,
    /// What this node contributes to each operand, in the order of the formula.
    pub contributions: Vec<Contribution<T>>,
}

/// What one use of a variable contributes to its gradient.
#[derive(Clone, Debug)]
pub struct Contribution<T> {
    /// The position of the operand in the formula.
    pub position: usize,
    /// The node that is used there.
    pub operand: NodeId,
    /// `g_y · ∂y/∂x` for this use.
    pub value: ArrayD<T>,
    /// The gradient of the operand before; `None` if this is the first contribution.
    pub before: Option<ArrayD<T>>,
    /// The gradient of the operand with this contribution added.
    pub after: ArrayD<T>,
}

impl<'t, 'p, T: Real> Steps<'t, 'p, T> {
    pub(crate) fn new(tape: &'t Tape<'p, T>, from: NodeId, g_y: ArrayViewD<'_, T>) -> Self {
        let state = tape.state();
        let mut sweep = Sweep::new(&state, tape.identity(), from);
        let upstream: Vec<T> = g_y.iter().copied().collect();
        sweep.gradients.contribute(&state, from, &upstream);
        Self { tape, sweep }
    }

    /// Runs what is left of the pass and gives the gradients.
    pub fn finish(mut self) -> Gradients<T> {
        let state = self.tape.state();
        while let Some(id) = self.sweep.next_reached(&state) {
            self.sweep.turn(&state, id, &mut Unwatched);
        }
        self.sweep.gradients
    }
}

impl<T: Real> Iterator for Steps<'_, '_, T> {
    type Item = Step<T>;

    fn next(&mut self) -> Option<Step<T>> {
        let state = self.tape.state();
        let id = self.sweep.next_reached(&state)?;
        let node = state.graph.node(id);
        let (formula, file) = match node.source {
            Source::Op(op) => (op.backward_formula(), op.file()),
            _ => ("what the module's own backward() says", "the module's own"),
        };
        let incoming = array(node.shape, self.sweep.gradients.get(&state, id).to_vec());
        let mut contributions = Vec::new();
        self.sweep.turn(&state, id, &mut contributions);
        Some(Step {
            node: id,
            formula,
            file,
            incoming,
            contributions,
        })
    }
}

/// The state of a backward pass: the gradients so far, and how far down the list it has come.
#[derive(Debug)]
struct Sweep<T> {
    gradients: Gradients<T>,
    remaining: usize,
    scratch: Vec<T>,
    wanted: Vec<Option<usize>>,
}

impl<T: Real> Sweep<T> {
    fn new(state: &State<'_, T>, tape: Option<u64>, from: NodeId) -> Self {
        Self {
            gradients: Gradients::new(state, tape),
            remaining: from.index() + 1,
            scratch: Vec::new(),
            wanted: Vec::new(),
        }
    }

    /// The next node further down that something was contributed to and that passes it on.
    #[inline]
    fn next_reached(&mut self, state: &State<'_, T>) -> Option<NodeId> {
        while self.remaining > 0 {
            self.remaining -= 1;
            let id = NodeId::new(self.remaining);
            if self.gradients.has(id) && matches!(state.graph.source(id), Source::Op(_) | Source::Module(_)) {
                return Some(id);
            }
        }
        None
    }

    /// Runs the backward() of one node and adds what it contributes to its operands.
    #[inline]
    fn turn(&mut self, state: &State<'_, T>, id: NodeId, watch: &mut impl Watch<T>) {
        let node = state.graph.node(id);
        if let Source::Op(op) = node.source
            && let Some(arithmetic) = state.between_numbers(op, node.operands)
        {
            let ([a, b], z, g_z) = (
                state.numbers(node.operands),
                state.value(id)[0],
                self.gradients.get(state, id)[0],
            );
            let contributions = arithmetic.contribution(a, b, z, g_z);
            for (position, (&operand, contribution)) in node.operands.iter().zip(contributions).enumerate() {
                if state.graph.needs_gradient(operand) {
                    watch.add(&mut self.gradients, state, operand, position, &[contribution]);
                }
            }
        } else {
            self.turn_of_arrays(state, node, watch);
        }
    }

    /// The same for any node: contributions are written to a scratch first.
    fn turn_of_arrays(&mut self, state: &State<'_, T>, node: Node<'_>, watch: &mut impl Watch<T>) {
        wanted_lengths(state, node, &mut self.wanted);
        let wanted = &self.wanted;
        let total: usize = wanted.iter().flatten().sum();
        if self.scratch.len() < total {
            self.scratch.resize(total, T::ZERO);
        }
        let g_y = self.gradients.get(state, node.id);
        match node.source {
            Source::Op(op) => backward_of_op(state, op, node.id, g_y, wanted, &mut self.scratch),
            Source::Module(index) => backward_of_module(state, *index, node, g_y, wanted, &mut self.scratch),
            _ => return,
        }
        let mut rest = &self.scratch[..total];
        for (position, (&operand, wanted)) in node.operands.iter().zip(wanted).enumerate() {
            let Some(len) = *wanted else { continue };
            let (contribution, behind) = rest.split_at(len);
            rest = behind;
            watch.add(&mut self.gradients, state, operand, position, contribution);
        }
    }
}

/// Fills `lengths` with the number of entries of each operand's gradient, or `None` where it is not wanted.
#[inline]
fn wanted_lengths<T: Real>(state: &State<'_, T>, node: Node<'_>, lengths: &mut Vec<Option<usize>>) {
    let described = match node.source {
        Source::Op(op) => Some(op.operands()),
        _ => None,
    };
    lengths.clear();
    for (position, &operand) in node.operands.iter().enumerate() {
        let real = described.is_none_or(|described| operand_at(described, position).kind == OperandKind::Real);
        let wanted = real && state.graph.needs_gradient(operand);
        lengths.push(wanted.then(|| state.places[operand.index()].value.len as usize));
    }
}

#[inline]
fn backward_of_op<T: Real>(
    state: &State<'_, T>,
    op: &AnyOp,
    id: NodeId,
    g_y: &[T],
    wanted: &[Option<usize>],
    mut scratch: &mut [T],
) {
    // Filled where it stands: moving it costs more than a small op.
    let mut g_x = InGradients::none();
    for &len in wanted {
        g_x.push(len.map(|len| {
            let (slot, rest) = std::mem::take(&mut scratch).split_at_mut(len);
            scratch = rest;
            slot
        }));
    }
    state.with_saved(id, |at| op.backward(at, g_y, &mut g_x));
}

/// **Panics** if the module gives another number of gradients, or one of another shape, than it has operands.
fn backward_of_module<T: Real>(
    state: &State<'_, T>,
    index: usize,
    node: Node<'_>,
    g_y: &[T],
    wanted: &[Option<usize>],
    mut scratch: &mut [T],
) {
    let g_x = state.module(index).borrow_mut().backward(view(node.shape, g_y));
    assert_eq!(
        g_x.len(),
        node.operands.len(),
        "a module's backward() gives one gradient for each operand"
    );
    for ((g_x, &operand), wanted) in g_x.iter().zip(node.operands).zip(wanted) {
        let shape = state.graph.shape(operand);
        assert_eq!(
            Shape::new(g_x.shape()),
            shape,
            "a module's backward() gives gradients of its operands' shapes"
        );
        let Some(len) = *wanted else { continue };
        let (slot, rest) = std::mem::take(&mut scratch).split_at_mut(len);
        scratch = rest;
        slot.iter_mut().zip(g_x).for_each(|(slot, &g)| *slot = g);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use crate::Tape;

    #[test]
    fn an_operand_without_a_gradient_leaves_room_for_those_behind_it() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![1.0, 2.0]);
        let j = (3.0 * a).sum();
        assert_eq!(tape.backward(j).of(a), array![3.0, 3.0].into_dyn());
    }
}
