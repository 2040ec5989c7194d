//! What becomes of each operation when operands get the axis of the examples in front.
//!
//! The engine lines up operands at their last axes, so an operand without the axis is repeated by itself; one with the
//! axis gets axes of size 1 behind it where it is shorter than the result.

use super::Writer;
use crate::derive::known::known;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{AttributeNumber, Instruction, Operation, Places, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;

/// Ops of the engine that work on the last axis of their first operand, whatever stands before it; the others are the
/// same for all examples.
const ALONG_THE_LAST_AXIS: [&str; 4] = ["linear", "layer_norm", "rms_norm", "top_k"];

/// Ops of the engine whose operands all have the same axes in front, which they keep.
const SAME_AXES_IN_FRONT: [&str; 8] = [
    "sigmoid_cross_entropy",
    "dropout",
    "counted",
    "inverse",
    "solve",
    "cholesky",
    "logdet",
    "tril",
];

impl Writer<'_> {
    /// Writes an operation of which an operand differs from example to example, or an input that does.
    pub(super) fn compute(&mut self, out: ValueId, op: &Operation, args: &[ValueId]) -> Result<(), Box<Diagnostic>> {
        let op = known(op, args.iter().map(|&arg| &self.from.values[arg].ty));
        let rank = self.from.values[out].ty.rank();
        let (op, args) = match op {
            Operation::Binary(_) | Operation::Where | Operation::Broadcast => {
                let axes = self.own(out);
                let args = args.iter().map(|&arg| self.spaced(arg, rank, &axes)).collect();
                (op, args)
            }
            Operation::Reduce(_, axes) if axes.is_empty() => (Operation::Relabel, args.to_vec()),
            Operation::Reduce(name, axes) => (
                Operation::Reduce(name, axes.iter().map(|axis| axis + 1).collect()),
                args.to_vec(),
            ),
            Operation::Along(name, axis) => (Operation::Along(name, axis + 1), args.to_vec()),
            Operation::Permute(order) => {
                let order = std::iter::once(0).chain(order.iter().map(|axis| axis + 1)).collect();
                (Operation::Permute(order), args.to_vec())
            }
            Operation::Select(axis, at) => (Operation::Select(axis + 1, at), args.to_vec()),
            Operation::Slice(axis, from, to) => (Operation::Slice(axis + 1, from, to), args.to_vec()),
            Operation::Unfold(places) => (Operation::Unfold(example_by_example(places)), args.to_vec()),
            Operation::Fold(places) => (Operation::Fold(example_by_example(places)), args.to_vec()),
            Operation::Concat(axis) => (Operation::Concat(axis + 1), self.all_widened(args)),
            Operation::Pick => (Operation::Pick, self.all_widened(args)),
            Operation::Embedding if self.spread.values[args[0]] => {
                self.rows_of_own_tables(out, [args[0], args[1]]);
                return Ok(());
            }
            Operation::Engine(name, _) if name == "matmul" => {
                self.matmul(out, [args[0], args[1]]);
                return Ok(());
            }
            Operation::Matmul => {
                self.matmul(out, [args[0], args[1]]);
                return Ok(());
            }
            Operation::Engine(name, attributes) => self.engine(out, name, attributes, args)?,
            Operation::Input(_)
            | Operation::Unary(_)
            | Operation::Power(_)
            | Operation::Clip(..)
            | Operation::Reshape
            | Operation::Relabel
            | Operation::Embedding => (op, args.to_vec()),
            other => return Err(self.refused(out, other.name())),
        };
        self.push(out, op, args);
        Ok(())
    }

    fn engine(
        &mut self,
        out: ValueId,
        name: String,
        attributes: Vec<(String, Vec<AttributeNumber>)>,
        args: &[ValueId],
    ) -> Result<(Operation, Vec<ValueId>), Box<Diagnostic>> {
        match name.as_str() {
            "stack" => {
                let next = |(field, numbers): (String, Vec<AttributeNumber>)| {
                    let numbers = numbers.into_iter().map(|number| match number {
                        AttributeNumber::Number(axis) => AttributeNumber::Number(axis + 1.0),
                        AttributeNumber::Size(axis) => AttributeNumber::Size(axis.plus(&Size::number(1))),
                    });
                    (field, numbers.collect())
                };
                let attributes = attributes.into_iter().map(next).collect();
                Ok((Operation::Engine(name, attributes), self.all_widened(args)))
            }
            own if ALONG_THE_LAST_AXIS.contains(&own) && !args[1..].iter().any(|&arg| self.spread.values[arg]) => {
                Ok((Operation::Engine(name, attributes), args.to_vec()))
            }
            own if SAME_AXES_IN_FRONT.contains(&own) => {
                Ok((Operation::Engine(name, attributes), self.all_widened(args)))
            }
            _ => Err(self.refused(out, &format!("engine.{name}"))),
        }
    }

    fn refused(&self, out: ValueId, what: &str) -> Box<Diagnostic> {
        let text = format!("{what} takes no further axis, so it cannot run for a batch of examples");
        let error = Diagnostic::new(Code::E14, self.from.values[out].span, text);
        Box::new(error.help("write its formula out, or run the examples one by one"))
    }

    /// The axes of a value for one example.
    fn own(&self, value: ValueId) -> Vec<Axis> {
        self.from.values[value].ty.axes.clone()
    }

    fn push(&mut self, out: ValueId, op: Operation, args: Vec<ValueId>) {
        self.written.push(Instruction::Compute { out, op, args });
    }

    fn all_widened(&mut self, args: &[ValueId]) -> Vec<ValueId> {
        args.iter().map(|&arg| self.widened(arg)).collect()
    }

    /// An operand with the axis of the examples, and axes of size 1 behind it up to the rank of the result.
    fn spaced(&mut self, value: ValueId, rank: usize, like: &[Axis]) -> ValueId {
        let own = self.own(value);
        if !self.spread.values[value] || own.len() >= rank {
            return value;
        }
        let one = |axis: &Axis| Axis {
            size: Size::number(1),
            ..axis.clone()
        };
        let gap = like[..rank - own.len()].iter().map(one);
        let axes = gap.chain(own).collect();
        self.reshaped(value, axes)
    }

    /// The entries of a value that differs from example to example, with these axes for one example.
    fn reshaped(&mut self, value: ValueId, axes: Vec<Axis>) -> ValueId {
        let Type { kind, axes: before } = self.to.values[value].ty.clone();
        let axes: Vec<Axis> = std::iter::once(self.axis.clone()).chain(axes).collect();
        if axes == before {
            return value;
        }
        let span = self.to.values[value].span;
        self.emit(Operation::Reshape, vec![value], Type { axes, kind }, span)
    }

    /// `c = a @ b`, where `a`, `b` or both differ from example to example.
    fn matmul(&mut self, out: ValueId, [a, b]: [ValueId; 2]) {
        let differs = [a, b].map(|value| self.spread.values[value]);
        match (differs, [self.own(a).len(), self.own(b).len()]) {
            ([true, false], [_, 1 | 2]) => self.push(out, Operation::Matmul, vec![a, b]),
            ([false, true], [1, 1]) => self.push(out, Operation::Matmul, vec![b, a]),
            ([false, true], [2, 1]) => {
                let Type { mut axes, kind } = self.from.values[a].ty.clone();
                axes.swap(0, 1);
                let span = self.from.values[out].span;
                let flipped = self.emit(Operation::Permute(vec![1, 0]), vec![a], Type { axes, kind }, span);
                self.push(out, Operation::Matmul, vec![b, flipped]);
            }
            (_, ranks) => {
                let args = self.matrices(out, [a, b]);
                let rows = (ranks[0] == 1).then(unit);
                let columns = (ranks[1] == 1).then(unit);
                let stacks = args.map(|arg| {
                    let axes = &self.to.values[arg].ty.axes;
                    axes[..axes.len() - 2].to_vec()
                });
                let op = match stacks[0] == stacks[1] {
                    true => Operation::Matmul,
                    false => Operation::Engine("matmul".to_string(), Vec::new()),
                };
                if rows.is_none() && columns.is_none() {
                    return self.push(out, op, args.to_vec());
                }
                let mut axes = self.to.values[out].ty.axes.clone();
                let end = axes.len() - usize::from(columns.is_none());
                axes.splice(end..end, rows);
                axes.extend(columns);
                let (kind, span) = (self.to.values[out].ty.kind.clone(), self.to.values[out].span);
                let product = self.emit(op, args.to_vec(), Type { axes, kind }, span);
                self.push(out, Operation::Reshape, vec![product]);
            }
        }
    }

    /// The operands of a product as stacks of matrices that line up: a vector is one row at the left, one column at the
    /// right, and a stack that differs from example to example is as deep as the result.
    fn matrices(&mut self, out: ValueId, operands: [ValueId; 2]) -> [ValueId; 2] {
        let ranks = operands.map(|value| self.own(value).len());
        let depth = ranks.map(|rank| rank.saturating_sub(2)).into_iter().max().unwrap_or(0);
        let whole = self.own(out);
        let mut found = operands;
        for (side, value) in operands.into_iter().enumerate() {
            let mut axes = self.own(value);
            if axes.len() == 1 {
                axes.insert(side, unit());
            }
            if self.spread.values[value] {
                let gap = depth - (axes.len() - 2);
                let ones = whole[..gap].iter().map(|axis| Axis {
                    size: Size::number(1),
                    ..axis.clone()
                });
                let axes = ones.chain(axes).collect();
                found[side] = self.reshaped(value, axes);
            } else if ranks[side] == 1 {
                let (kind, span) = (self.from.values[value].ty.kind.clone(), self.from.values[value].span);
                found[side] = self.emit(Operation::Reshape, vec![value], Type { axes, kind }, span);
            }
        }
        found
    }

    /// `y[i] = table[ids[i]]` where each example has a table of its own: a product with 1 at the place of the id.
    fn rows_of_own_tables(&mut self, out: ValueId, [table, ids]: [ValueId; 2]) {
        let span = self.from.values[out].span;
        let data = |axes: Vec<Axis>| Type { axes, kind: Kind::Data };
        let named = self.own(table)[0].clone();
        let ids = self.widened(ids);
        let mut axes = self.to.values[ids].ty.axes.clone();
        let one_each = |axes: &[Axis]| axes.iter().cloned().chain([unit()]).collect::<Vec<Axis>>();
        let wide = self.emit(Operation::Reshape, vec![ids], data(one_each(&axes)), span);
        let positions = self.emit(Operation::Positions, Vec::new(), data(vec![named.clone()]), span);
        let [zero, one] =
            [0.0, 1.0].map(|value| self.emit(Operation::Number(value), Vec::new(), data(Vec::new()), span));
        let from_zero = self.emit(
            Operation::Binary("sub"),
            vec![positions, one],
            data(vec![named.clone()]),
            span,
        );
        axes.push(named.clone());
        let apart = self.emit(
            Operation::Binary("sub"),
            vec![wide, from_zero],
            data(axes.clone()),
            span,
        );
        let apart = self.emit(Operation::Unary("abs"), vec![apart], data(axes.clone()), span);
        let hot = self.emit(Operation::Where, vec![apart, zero, one], data(axes.clone()), span);
        let inner = &axes[1..axes.len() - 1];
        let all = inner.iter().fold(Size::number(1), |all, axis| all.times(&axis.size));
        let rows = Axis::new("rows", all, span);
        let hot = self.emit(
            Operation::Reshape,
            vec![hot],
            data(vec![self.axis.clone(), rows.clone(), named]),
            span,
        );
        let width = self.own(table)[1].clone();
        let kind = self.to.values[out].ty.kind.clone();
        let ty = Type {
            axes: vec![self.axis.clone(), rows, width],
            kind,
        };
        let product = self.emit(Operation::Matmul, vec![hot, table], ty, span);
        self.push(out, Operation::Reshape, vec![product]);
    }
}

/// The same places in the array of each example.
fn example_by_example(places: Places) -> Places {
    let [none, one] = [0, 1].map(Size::number);
    let indices = places.steps.first().map_or(0, Vec::len);
    let own = std::iter::once(one)
        .chain(std::iter::repeat_n(none.clone(), indices))
        .collect();
    let others = places
        .steps
        .into_iter()
        .map(|steps| std::iter::once(none.clone()).chain(steps).collect());
    Places {
        start: std::iter::once(none.clone()).chain(places.start).collect(),
        steps: std::iter::once(own).chain(others).collect(),
        inside: places.inside,
    }
}

/// An axis of size 1.
fn unit() -> Axis {
    Axis::new("1", Size::number(1), Span::default())
}
