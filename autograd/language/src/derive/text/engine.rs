//! Lines for which the language has no operator: index equations, and ops of the engine by name.

use super::Writer;
use super::tree::{binary, engine_call, expr, ident, name, number, operator_of, shape, signed, written};
use crate::derive::rules::expanded_in;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types;
use crate::syntax::ast::*;

impl Writer<'_> {
    /// `c[i, j] = a[i] * b[j]`: a product or sum that lines up only entry by entry.
    pub(super) fn index_equation(&mut self, line: usize) -> Option<()> {
        let own = self.straight.lines[line].clone();
        let Operation::Binary(operator) = own.op else {
            return None;
        };
        if !matches!(operator, "add" | "sub" | "mul" | "div") {
            return None;
        }
        let rank = own.ty.rank();
        let indices: Vec<String> = (0..rank).map(|_| self.fresh_name("i")).collect();
        let mut labels: Vec<Option<types::Axis>> = vec![None; rank];
        let mut sides = Vec::new();
        for &arg in &own.args {
            let (source, places) = match (&self.written[arg], expanded_in(&self.straight.lines, arg)) {
                (None, Some((source, places))) => {
                    let offset = rank - self.straight.lines[arg].ty.rank();
                    (
                        source,
                        places.into_iter().map(|place| place + offset).collect::<Vec<_>>(),
                    )
                }
                _ => (arg, (rank - self.straight.lines[arg].ty.rank()..rank).collect()),
            };
            let axes = &self.straight.lines[source].ty.axes;
            for (&place, axis) in places.iter().zip(axes) {
                if axis.size != own.ty.axes[place].size {
                    return None;
                }
                labels[place].get_or_insert(axis.clone());
            }
            let positions: Vec<Expr> = places.iter().map(|&place| name(&indices[place])).collect();
            let value = self.operand(source);
            sides.push(entry(value, positions)?);
        }
        if labels.iter().any(Option::is_none) {
            return None;
        }
        let as_found = labels
            .iter()
            .zip(&own.ty.axes)
            .all(|(found, axis)| found.as_ref() == Some(axis));
        let right = sides.pop().expect("an operator has two sides");
        let left = sides.pop().expect("an operator has two sides");
        let axes = indices.iter().map(|index| Axis::Size(None, name(index))).collect();
        let target = self.target(line, axes);
        let named = (!as_found).then(|| shape(&own.ty.axes));
        self.say(StmtKind::Equation(
            vec![target],
            binary(operator_of(operator), left, right),
            named,
        ));
        self.also_stored(line);
        Some(())
    }

    /// `y[i, k] = x[i + k - 1]`: the entries of a value that has a name, at places that all lie inside.
    pub(super) fn unfolded(&mut self, line: usize) -> Option<()> {
        let own = self.straight.lines[line].clone();
        let Operation::Unfold(places) = &own.op else {
            return None;
        };
        let value = self.operand(own.args[0]);
        if !places.inside || own.ty.rank() == 0 || value.as_name().is_none() {
            return None;
        }
        let indices: Vec<String> = (0..own.ty.rank()).map(|_| self.fresh_name("i")).collect();
        let one = Size::number(1);
        let place = |(start, steps): (&Size, &Vec<Size>)| {
            let moved = |sum: Size, (index, step): (&String, &Size)| {
                sum.plus(&step.times(&Size::symbol(index.as_str()).minus(&one)))
            };
            indices.iter().zip(steps).fold(start.plus(&one), moved).to_expr()
        };
        let positions = places.start.iter().zip(&places.steps).map(place).collect();
        let value = entry(value, positions)?;
        let sized = |(index, axis): (&String, &types::Axis)| Axis::Size(Some(ident(index)), axis.size.to_expr());
        let axes = indices.iter().zip(&own.ty.axes).map(sized).collect();
        let target = self.target(line, axes);
        self.say(StmtKind::Equation(vec![target], value, Some(shape(&own.ty.axes))));
        self.also_stored(line);
        Some(())
    }

    /// The op of the engine by name.
    pub(super) fn engine(&mut self, line: usize) -> Expr {
        let own = self.straight.lines[line].clone();
        for &arg in &own.args {
            if self.written[arg].is_none() {
                let value = self.reshape_of(arg);
                self.define(arg, value, true);
            }
        }
        let axes = |axes: &[usize]| axes.iter().map(|&axis| number(axis as f64)).collect::<Vec<Expr>>();
        let sizes = || {
            own.ty
                .axes
                .iter()
                .map(|axis| axis.size.to_expr())
                .collect::<Vec<Expr>>()
        };
        let one = Size::number(1);
        let (op, attributes): (&str, Vec<(&str, Vec<Expr>)>) = match &own.op {
            Operation::Binary(name) => (name, Vec::new()),
            Operation::Clip(low, high) => ("clip", vec![("lo", vec![signed(*low)]), ("hi", vec![signed(*high)])]),
            Operation::Where => ("where", Vec::new()),
            Operation::Reduce(name, over) => (name, vec![("over", axes(over))]),
            Operation::Along(name, axis) => (name, vec![("axis", axes(&[*axis]))]),
            Operation::Matmul => ("matmul", Vec::new()),
            Operation::Permute(order) => ("permute", vec![("order", axes(order))]),
            Operation::Reshape => ("reshape", vec![("to", sizes())]),
            Operation::Broadcast => ("broadcast", vec![("to", sizes())]),
            Operation::Select(axis, at) => return self.selected(line, *axis, at),
            Operation::Slice(axis, from, to) => {
                let start = from.minus(&one).to_expr();
                (
                    "slice",
                    vec![
                        ("axis", axes(&[*axis])),
                        ("start", vec![start]),
                        ("end", vec![to.to_expr()]),
                    ],
                )
            }
            Operation::Unfold(places) | Operation::Fold(places) => {
                let sizes_of = |sizes: &mut dyn Iterator<Item = &Size>| sizes.map(Size::to_expr).collect();
                (
                    own.op.name(),
                    vec![
                        ("to", sizes()),
                        ("start", sizes_of(&mut places.start.iter())),
                        ("steps", sizes_of(&mut places.steps.iter().flatten())),
                    ],
                )
            }
            Operation::Concat(axis) => ("concat", vec![("axis", axes(&[*axis]))]),
            Operation::Embedding => ("embedding", Vec::new()),
            Operation::Pick => ("pick", Vec::new()),
            Operation::Engine(name, attributes) => {
                let attributes = attributes
                    .iter()
                    .map(|(field, numbers)| (field.as_str(), numbers.iter().map(written).collect()));
                (name.as_str(), attributes.collect())
            }
            op => unreachable!("{op:?} is always written by an operator or a function"),
        };
        let operands = own.args.iter().map(|&arg| self.operand(arg)).collect();
        engine_call(op, operands, attributes)
    }

    pub(super) fn reshape_of(&self, line: usize) -> Expr {
        let own = &self.straight.lines[line];
        let sizes = own.ty.axes.iter().map(|axis| axis.size.to_expr()).collect();
        engine_call("reshape", vec![self.operand(own.args[0])], vec![("to", sizes)])
    }

    /// One position of an inner axis: a slice of length 1, and then the axis removed.
    pub(super) fn selected(&mut self, line: usize, axis: usize, at: &Size) -> Expr {
        let own = self.straight.lines[line].clone();
        let part = self.fresh_name("t");
        let mut axes = self.straight.lines[own.args[0]].ty.axes.clone();
        axes[axis].size = Size::number(1);
        let start = at.minus(&Size::number(1)).to_expr();
        let attributes = vec![
            ("axis", vec![number(axis as f64)]),
            ("start", vec![start]),
            ("end", vec![at.to_expr()]),
        ];
        let value = engine_call("slice", vec![self.operand(own.args[0])], attributes);
        let target = LeftSide {
            name: ident(&part),
            axes: None,
        };
        self.say(StmtKind::Equation(vec![target], value, Some(shape(&axes))));
        let sizes: Vec<Expr> = own.ty.axes.iter().map(|axis| axis.size.to_expr()).collect();
        let attributes = if sizes.is_empty() {
            Vec::new()
        } else {
            vec![("to", sizes)]
        };
        engine_call("reshape", vec![name(&part)], attributes)
    }
}

/// An entry of a value: of one that has a name, or stands in a row.
fn entry(value: Expr, positions: Vec<Expr>) -> Option<Expr> {
    if positions.is_empty() {
        return Some(value);
    }
    match value.kind {
        ExprKind::Name(_) => Some(expr(ExprKind::Index(Box::new(value), positions))),
        ExprKind::Index(of, places) if of.as_name().is_some() => {
            let all = places.into_iter().chain(positions).collect();
            Some(expr(ExprKind::Index(of, all)))
        }
        _ => None,
    }
}
