//! One operation of the program as ops of the engine.

use std::panic::Location;

use smallvec::SmallVec;

use super::Elaborator;
use crate::meaning::attributes;
use crate::meaning::program::{AttributeNumber, Operation, Places, ValueId};
use crate::meaning::size::Size;
use crate::meaning::unroll::{Done, Unroll};
use crate::meaning::words::called;
use tapegrad_core::graph::NodeId;
use tapegrad_core::ops::{self, AnyOp};

impl Elaborator<'_> {
    pub(super) fn op(&mut self, out: ValueId, op: &Operation, args: &[NodeId]) -> Done<NodeId> {
        match op {
            Operation::Number(value) => Ok(self.constant(*value)),
            Operation::Size(size) => {
                let value = self.number(size)? as f64;
                Ok(self.constant(value))
            }
            Operation::Positions => {
                let to = self.shape(out)?;
                let one = self.constant(1.0);
                let ones = self.record(out, ops::Broadcast { to }.into(), &[one])?;
                self.record(out, ops::Cumsum { axis: 0 }.into(), &[ones])
            }
            Operation::Input(number) => {
                let shape = self.shape(out)?;
                let id = (self.leaf)(&self.state.program.inputs[*number], shape);
                self.inputs.push(id);
                Ok(id)
            }
            Operation::Param(number, at) => self.param(*number, at),
            Operation::Relabel => Ok(args[0]),
            Operation::Select(axis, at) => {
                let start = self.number(at)? - 1;
                let Ok(start) = usize::try_from(start) else {
                    return Err(self
                        .state
                        .impossible(out, &format!("there is no position {}", start + 1)));
                };
                let slice = ops::Slice {
                    axis: *axis,
                    start,
                    end: start + 1,
                };
                let part = self.record(out, slice.into(), args)?;
                let to = self.shape(out)?;
                self.record(out, ops::Reshape { to }.into(), &[part])
            }
            _ => {
                let op = self.lowered(out, op)?;
                self.record(out, op, args)
            }
        }
    }

    fn constant(&self, value: f64) -> NodeId {
        self.record.push_constant(value, Location::caller())
    }

    fn param(&self, number: usize, at: &[Size]) -> Done<NodeId> {
        let path = super::params::name_at(&self.state.program.params[number].path, &self.numbers(at)?);
        let param = self.params[&path];
        let id = self.record.push_param(param, Location::caller());
        self.record.set_name(id, &path);
        Ok(id)
    }

    /// The starts and the steps of places as numbers.
    fn places(&self, places: &Places) -> Done<[Box<[i64]>; 2]> {
        let start = self.numbers(&places.start)?;
        let steps: Vec<i64> = places
            .steps
            .iter()
            .map(|row| self.numbers(row))
            .collect::<Done<Vec<_>>>()?
            .concat();
        Ok([start.into(), steps.into()])
    }

    /// The op of the engine for an operation that is one op.
    fn lowered(&self, out: ValueId, op: &Operation) -> Done<AnyOp> {
        Ok(match op {
            Operation::Unary(name) | Operation::Binary(name) => called(name, &[]),
            Operation::Power(n) => ops::Power { n: *n }.into(),
            Operation::Clip(lo, hi) => ops::Clip { lo: *lo, hi: *hi }.into(),
            Operation::Where => ops::Where.into(),
            Operation::Reduce(name, axes) => called(name, axes),
            Operation::Along(name, axis) => called(name, &[*axis]),
            Operation::Matmul => ops::Matmul.into(),
            Operation::Permute(order) => {
                let order: SmallVec<[u8; tapegrad_core::shape::RANK_MAX]> =
                    order.iter().map(|&axis| axis as u8).collect();
                ops::Permute { order }.into()
            }
            Operation::Reshape => ops::Reshape { to: self.shape(out)? }.into(),
            Operation::Broadcast => ops::Broadcast { to: self.shape(out)? }.into(),
            Operation::Slice(axis, from, to) => {
                let (from, to) = (self.number(from)?, self.number(to)?);
                ops::Slice {
                    axis: *axis,
                    start: (from - 1).max(0) as usize,
                    end: to.max(0) as usize,
                }
                .into()
            }
            Operation::Unfold(places) => {
                let [start, steps] = self.places(places)?;
                let to = self.shape(out)?;
                ops::Unfold { to, start, steps }.into()
            }
            Operation::Fold(places) => {
                let [start, steps] = self.places(places)?;
                let to = self.shape(out)?;
                ops::Fold { to, start, steps }.into()
            }
            Operation::Concat(axis) => ops::Concat { axis: *axis }.into(),
            Operation::Embedding => ops::Embedding.into(),
            Operation::Pick => ops::Pick.into(),
            Operation::Engine(name, attributes) => {
                let numbers = |list: &[AttributeNumber]| -> Result<Vec<f64>, String> {
                    list.iter().map(|number| number.value(&self.state.bound)).collect()
                };
                let attributes: Result<attributes::Attributes, String> = attributes
                    .iter()
                    .map(|(field, list)| Ok((field.clone(), numbers(list)?)))
                    .collect();
                let op = attributes.and_then(|attributes| attributes::decode(name, &attributes));
                op.map_err(|why| self.state.impossible(out, &why))?
            }
            Operation::Number(_)
            | Operation::Size(_)
            | Operation::Positions
            | Operation::Input(_)
            | Operation::Param(..)
            | Operation::Relabel
            | Operation::Row(..)
            | Operation::Rows(..)
            | Operation::Gradient(_)
            | Operation::Select(..) => unreachable!("`op` has dealt with what is not one op"),
        })
    }
}
