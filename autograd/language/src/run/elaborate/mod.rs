//! From a checked program and numbers for its sizes to the engine's graph.
//!
//! It writes to any [`Record`]: on a tape everything is computed at once, on a sketch only the graph is made. Loops are
//! unrolled; each round and each layer is a scope of the graph.

mod bind;
mod lower;
mod params;
mod shape;

use std::collections::BTreeMap;
use std::panic::Location;

use crate::diagnostic::Diagnostic;
use crate::meaning::program::{Input, Op, Program, Step, ValueId};
use crate::meaning::size::{Bound, Size};
use tapegrad_core::graph::NodeId;
use tapegrad_core::ops::AnyOp;
use tapegrad_core::params::{Param, ParamList};
use tapegrad_core::record::Record;
use tapegrad_core::shape::Shape;

pub use bind::{bind, infer};
pub(super) use params::first_values_of;
pub use params::{declare, first_values};
pub(super) use shape::shape_of;

/// What the names of a program stand for in a graph.
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
}

/// Writes a program to a record.
///
/// `leaf` makes the node of an input of this shape; `params` is what [`declare`] made of the same program and numbers.
///
/// **Errors** at the place in the program where a size is impossible or a value has no result.
pub fn elaborate(
    program: &Program,
    bound: &Bound,
    params: &ParamList,
    record: &dyn Record,
    leaf: &mut dyn FnMut(&Input, Shape) -> NodeId,
) -> Result<Elaborated, Box<Diagnostic>> {
    let mut elaborator = Elaborator {
        program,
        bound: bound.clone(),
        params: params
            .params()
            .map(|param| (params.spec(param).name.clone(), param))
            .collect(),
        record,
        leaf,
        values: vec![None; program.values.len()],
        rows: vec![BTreeMap::new(); program.families.len()],
        inputs: Vec::new(),
    };
    elaborator.steps(&program.steps)?;
    let node = |value: ValueId| elaborator.values[value].expect("a checked program defines each value before its use");
    let named = |list: &[(String, ValueId)]| list.iter().map(|(name, value)| (name.clone(), node(*value))).collect();
    Ok(Elaborated {
        names: named(&program.names),
        outputs: named(&program.outputs),
        objective: program.objective.map(|(_, value)| node(value)),
        inputs: std::mem::take(&mut elaborator.inputs),
    })
}

struct Elaborator<'e> {
    program: &'e Program,
    /// The numbers of all sizes, and of the positions of the loops around.
    bound: Bound,
    params: BTreeMap<String, Param>,
    record: &'e dyn Record,
    leaf: &'e mut dyn FnMut(&Input, Shape) -> NodeId,
    values: Vec<Option<NodeId>>,
    rows: Vec<BTreeMap<Vec<i64>, NodeId>>,
    inputs: Vec<NodeId>,
}

type Done<T> = Result<T, Box<Diagnostic>>;

impl Elaborator<'_> {
    fn steps(&mut self, steps: &[Step]) -> Done<()> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Done<()> {
        match step {
            Step::Op { out, op, args } => {
                let args: Vec<NodeId> = args.iter().map(|&arg| self.node(arg)).collect();
                let id = self.op(*out, op, &args)?;
                self.put(*out, id, !matches!(op, Op::Input(_) | Op::Param(..)));
            }
            Step::Store { family, at, value } => {
                let at = self.numbers(at)?;
                let id = self.node(*value);
                let places: Vec<String> = at.iter().map(i64::to_string).collect();
                let name = format!("{}[{}]", self.program.families[*family].name, places.join(", "));
                if self.is_result(id) {
                    self.record.set_name(id, &name);
                }
                self.rows[*family].insert(at, id);
            }
            Step::Load { out, family, at } => {
                let at = self.numbers(at)?;
                let id = self.rows[*family].get(&at).copied();
                let id =
                    id.ok_or_else(|| self.impossible(*out, &format!("position {at:?} of the row has no value")))?;
                self.values[*out] = Some(id);
            }
            Step::Collect { out, family } => {
                let id = self.collect(*out, *family)?;
                self.values[*out] = Some(id);
            }
            Step::Loop {
                index,
                from,
                to,
                down,
                body,
            } => {
                let (from, to) = (self.number(from)?, self.number(to)?);
                let rounds: Vec<i64> = if *down {
                    (to..=from).rev().collect()
                } else {
                    (from..=to).collect()
                };
                for round in rounds {
                    self.bound.insert(index.clone(), round);
                    self.record.open_scope(&format!("{index}={round}"));
                    let done = self.steps(body);
                    self.record.close_scope();
                    done?;
                }
                self.bound.remove(index);
            }
            Step::Scope { name, at, body } => {
                let name = match at {
                    Some(at) => format!("{name}[{}]", self.number(at)?),
                    None => name.clone(),
                };
                self.record.open_scope(&name);
                let done = self.steps(body);
                self.record.close_scope();
                done?;
            }
        }
        Ok(())
    }

    fn node(&self, value: ValueId) -> NodeId {
        self.values[value].expect("a checked program defines each value before its use")
    }

    /// Lets a value be a node, which gets the value's name if it has none.
    fn put(&mut self, value: ValueId, id: NodeId, named: bool) {
        self.values[value] = Some(id);
        if let Some(name) = &self.program.values[value].name
            && named
            && self.is_result(id)
            && self.record.graph().name(id).is_none()
        {
            self.record.set_name(id, name);
        }
    }

    fn is_result(&self, id: NodeId) -> bool {
        matches!(self.record.graph().node(id).source, tapegrad_core::graph::Source::Op(_))
    }

    fn number(&self, size: &Size) -> Done<i64> {
        shape::number(size, &self.bound)
    }

    fn numbers(&self, sizes: &[Size]) -> Done<Vec<i64>> {
        sizes.iter().map(|size| self.number(size)).collect()
    }

    /// The row as one array: stacked along its first position, for each of these along the second, and so on.
    fn collect(&mut self, out: ValueId, family: usize) -> Done<NodeId> {
        let ranges = self.program.families[family].ranges.clone();
        let mut bounds = Vec::new();
        for (low, high) in &ranges {
            bounds.push((self.number(low)?, self.number(high)?));
        }
        self.stacked(out, family, &bounds, &mut Vec::new())
    }

    fn stacked(&mut self, out: ValueId, family: usize, bounds: &[(i64, i64)], at: &mut Vec<i64>) -> Done<NodeId> {
        let Some(&(low, high)) = bounds.get(at.len()) else {
            let found = self.rows[family].get(at.as_slice()).copied();
            return found.ok_or_else(|| self.impossible(out, &format!("position {at:?} of the row has no value")));
        };
        let mut parts = Vec::new();
        for place in low..=high {
            at.push(place);
            parts.push(self.stacked(out, family, bounds, at)?);
            at.pop();
        }
        if parts.is_empty() {
            return Err(self.impossible(out, "this row has no values for these sizes"));
        }
        self.record(out, tapegrad_core::ops::Stack { axis: 0 }.into(), &parts)
    }

    fn record(&self, out: ValueId, op: AnyOp, args: &[NodeId]) -> Done<NodeId> {
        self.record
            .push(&op, args, Location::caller())
            .map_err(|error| self.impossible(out, &error.to_string()))
    }

    fn impossible(&self, value: ValueId, why: &str) -> Box<Diagnostic> {
        shape::impossible(self.program.values[value].span, &self.bound, why)
    }

    /// The shape of a value in this run.
    fn shape(&self, value: ValueId) -> Done<Shape> {
        let value = &self.program.values[value];
        shape_of(&value.ty, &self.bound, value.span)
    }
}
