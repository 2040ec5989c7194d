//! One operation of the program as ops of the engine.

use std::panic::Location;

use smallvec::SmallVec;

use super::{Done, Elaborator};
use crate::meaning::attributes;
use crate::meaning::program::{Attribute, Op, ValueId};
use crate::meaning::words::called;
use tapegrad_core::graph::NodeId;
use tapegrad_core::ops::{self, AnyOp};

impl Elaborator<'_> {
    pub(super) fn op(&mut self, out: ValueId, op: &Op, args: &[NodeId]) -> Done<NodeId> {
        match op {
            Op::Number(value) => Ok(self.constant(*value)),
            Op::Size(size) => {
                let value = self.number(size)? as f64;
                Ok(self.constant(value))
            }
            Op::Positions => {
                let to = self.shape(out)?;
                let one = self.constant(1.0);
                let ones = self.record(out, ops::Broadcast { to }.into(), &[one])?;
                self.record(out, ops::Cumsum { axis: 0 }.into(), &[ones])
            }
            Op::Input(number) => {
                let shape = self.shape(out)?;
                let id = (self.leaf)(&self.program.inputs[*number], shape);
                self.inputs.push(id);
                Ok(id)
            }
            Op::Param(number, at) => self.param(*number, at),
            Op::Relabel => Ok(args[0]),
            Op::Select(axis, at) => {
                let start = self.number(at)? - 1;
                let Ok(start) = usize::try_from(start) else {
                    return Err(self.impossible(out, &format!("there is no position {}", start + 1)));
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

    fn param(&self, number: usize, at: &[crate::meaning::size::Size]) -> Done<NodeId> {
        let path = super::params::name_at(&self.program.params[number].path, &self.numbers(at)?);
        let param = self.params[&path];
        let id = self.record.push_param(param, Location::caller());
        self.record.set_name(id, &path);
        Ok(id)
    }

    /// The op of the engine for an operation that is one op.
    fn lowered(&self, out: ValueId, op: &Op) -> Done<AnyOp> {
        Ok(match op {
            Op::Unary(name) | Op::Binary(name) => called(name, &[]),
            Op::Power(n) => ops::Power { n: *n }.into(),
            Op::Clip(lo, hi) => ops::Clip { lo: *lo, hi: *hi }.into(),
            Op::Where => ops::Where.into(),
            Op::Reduce(name, axes) => called(name, axes),
            Op::Along(name, axis) => called(name, &[*axis]),
            Op::Matmul => ops::Matmul.into(),
            Op::Permute(order) => {
                let order: SmallVec<[u8; tapegrad_core::shape::RANK_MAX]> =
                    order.iter().map(|&axis| axis as u8).collect();
                ops::Permute { order }.into()
            }
            Op::Reshape => ops::Reshape { to: self.shape(out)? }.into(),
            Op::Broadcast => ops::Broadcast { to: self.shape(out)? }.into(),
            Op::Slice(axis, from, to) => {
                let (from, to) = (self.number(from)?, self.number(to)?);
                ops::Slice {
                    axis: *axis,
                    start: (from - 1).max(0) as usize,
                    end: to.max(0) as usize,
                }
                .into()
            }
            Op::Concat(axis) => ops::Concat { axis: *axis }.into(),
            Op::Embedding => ops::Embedding.into(),
            Op::Pick => ops::Pick.into(),
            Op::Engine(name, attributes) => {
                let numbers = |list: &[Attribute]| -> Result<Vec<f64>, String> {
                    list.iter().map(|number| number.value(&self.bound)).collect()
                };
                let attributes: Result<attributes::Attributes, String> = attributes
                    .iter()
                    .map(|(field, list)| Ok((field.clone(), numbers(list)?)))
                    .collect();
                let op = attributes.and_then(|attributes| attributes::decode(name, &attributes));
                op.map_err(|why| self.impossible(out, &why))?
            }
            Op::Number(_)
            | Op::Size(_)
            | Op::Positions
            | Op::Input(_)
            | Op::Param(..)
            | Op::Relabel
            | Op::Row(..)
            | Op::Rows(..)
            | Op::Select(..) => unreachable!("`op` has dealt with what is not one op"),
        })
    }
}
