//! From a checked program and numbers for its sizes to the engine's graph.
//!
//! It writes to any [`Record`]: a tape computes each node at once, a sketch only makes the graph. Loops are unrolled;
//! each round and each layer is a scope of the graph.

mod bind;
mod lower;
mod params;
mod shape;

use std::collections::BTreeMap;
use std::panic::Location;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::limits::{self, Budget};
use crate::meaning::program::{DeclaredInput, Operation, Program, ValueId};
use crate::meaning::size::{Bound, Size};
use crate::meaning::unroll::{Done, Scope, State, Unroll};
use tapegrad_core::graph::{NodeId, Source};
use tapegrad_core::ops::AnyOp;
use tapegrad_core::params::{Param, ParamList};
use tapegrad_core::record::{Record, RecordError};
use tapegrad_core::shape::Shape;

pub use bind::{Told, bind, infer};
pub use params::{declare, first_values};
pub(super) use params::{first_values_of, is_at};
pub(super) use shape::shape_of;

/// The nodes of a program's names.
#[derive(Clone, Debug, Default)]
pub struct Elaborated {
    /// The inputs in order of declaration.
    pub inputs: Vec<NodeId>,
    /// The names defined at the top level, in order.
    pub names: Vec<(String, NodeId)>,
    /// The declared outputs.
    pub outputs: Vec<(String, NodeId)>,
    /// The objective.
    pub objective: Option<NodeId>,
    /// For each node the value of the program that it was written as, if there is one.
    pub origins: Vec<Option<ValueId>>,
    /// What is left of the memory that the program may take.
    pub budget: Budget,
}

/// Writes a program to a record.
///
/// `leaf` makes the node of an input of this shape; `params` comes from [`declare`] with the same program and
/// numbers. Nodes are taken from the budget before they are made.
///
/// **Errors** at the place in the program where a size is impossible, a value has no result, or the budget is used up.
pub fn elaborate(
    program: &Program,
    bound: &Bound,
    params: &ParamList,
    record: &dyn Record,
    leaf: &mut dyn FnMut(&DeclaredInput, Shape) -> NodeId,
    budget: Budget,
) -> Result<Elaborated, Box<Diagnostic>> {
    let mut elaborator = Elaborator {
        state: State::new(program, bound.clone(), budget),
        bytes: if record.identity().is_some() { NUMBER } else { 0 },
        params: params
            .params()
            .map(|param| (params.spec(param).name.clone(), param))
            .collect(),
        record,
        leaf,
        inputs: Vec::new(),
        origins: Vec::new(),
    };
    elaborator.unroll(&program.instructions)?;
    let node = |value: ValueId| elaborator.state.value(value);
    let named = |list: &[(String, ValueId)]| list.iter().map(|(name, value)| (name.clone(), node(*value))).collect();
    Ok(Elaborated {
        names: named(&program.names),
        outputs: named(&program.outputs),
        objective: program.objective.map(|(_, value)| node(value)),
        inputs: elaborator.inputs,
        origins: elaborator.origins,
        budget: elaborator.state.budget,
    })
}

/// What a tape keeps of each number, in bytes: the number and its gradient, as `f64`.
const NUMBER: u64 = 16;

struct Elaborator<'e> {
    state: State<'e, NodeId>,
    /// What the record keeps of each number.
    bytes: u64,
    params: BTreeMap<String, Param>,
    record: &'e dyn Record,
    leaf: &'e mut dyn FnMut(&DeclaredInput, Shape) -> NodeId,
    inputs: Vec<NodeId>,
    origins: Vec<Option<ValueId>>,
}

impl<'e> Unroll<'e> for Elaborator<'e> {
    type Value = NodeId;

    fn state(&mut self) -> &mut State<'e, NodeId> {
        &mut self.state
    }

    fn number(&self, size: &Size) -> Done<i64> {
        shape::number(size, &self.state.bound)
    }

    /// The node gets the value's name if it has none.
    fn compute(&mut self, out: ValueId, op: &Operation, args: Vec<NodeId>) -> Done<NodeId> {
        let id = self.op(out, op, &args)?;
        self.written_as(out);
        if let Some(name) = &self.state.program.values[out].name
            && !matches!(op, Operation::Input(_) | Operation::Param(..))
            && self.is_result(id)
            && self.record.graph().name(id).is_none()
        {
            self.record.set_name(id, name);
            self.origins[id.index()] = Some(out);
        }
        Ok(id)
    }

    fn name_element(&mut self, id: NodeId, family: usize, at: &[i64]) {
        if self.is_result(id) {
            let places: Vec<String> = at.iter().map(i64::to_string).collect();
            let name = format!("{}[{}]", self.state.program.families[family].name, places.join(", "));
            self.record.set_name(id, &name);
        }
    }

    fn stack(&mut self, out: ValueId, _: usize, parts: Vec<NodeId>, _: usize) -> Done<NodeId> {
        let id = self.record(out, tapegrad_core::ops::Stack { axis: 0 }.into(), &parts)?;
        self.written_as(out);
        Ok(id)
    }

    fn empty(&mut self, out: ValueId, depth: usize) -> Done<NodeId> {
        let shape: Shape = self.shape(out)?.iter().skip(depth).collect();
        let zero = self.record.push_constant(0.0, Location::caller());
        self.record(out, tapegrad_core::ops::Broadcast { to: shape }.into(), &[zero])
    }

    fn open(&mut self, scope: Scope<'_>) {
        self.record.open_scope(&match scope {
            Scope::Round(index, round) => format!("{index}={round}"),
            Scope::Layer(name, Some(at)) => format!("{name}[{at}]"),
            Scope::Layer(name, None) => name.to_string(),
        });
    }

    fn close(&mut self) {
        self.record.close_scope();
    }
}

impl Elaborator<'_> {
    /// The nodes that were made since the last call belong to this value.
    fn written_as(&mut self, value: ValueId) {
        let nodes = self.record.graph().len();
        self.origins.resize(nodes.max(self.origins.len()), Some(value));
    }

    fn is_result(&self, id: NodeId) -> bool {
        matches!(self.record.graph().node(id).source, Source::Op(_))
    }

    fn record(&self, out: ValueId, op: AnyOp, args: &[NodeId]) -> Done<NodeId> {
        self.take(out)?;
        self.record
            .push(&op, args, Location::caller())
            .map_err(|error| match error {
                RecordError::Shape(_) if !matches!(op, AnyOp::Clip(_)) => {
                    self.state.impossible(out, &error.to_string())
                }
                error => {
                    let span = self.state.program.values[out].span;
                    let refused = Diagnostic::new(Code::E25, span, error.to_string());
                    Box::new(
                        refused
                            .note("`a` is the first value that the operation is given; its entries are counted from 0"),
                    )
                }
            })
    }

    /// Takes the memory for a node of a value's shape.
    fn take(&self, value: ValueId) -> Done<()> {
        let numbers = self.shape(value)?.len() as u64;
        self.state.take(value, limits::NODE, numbers, self.bytes)
    }

    /// The shape of a value in this run.
    fn shape(&self, value: ValueId) -> Done<Shape> {
        let value = &self.state.program.values[value];
        shape_of(&value.ty, &self.state.bound, value.span)
    }
}
