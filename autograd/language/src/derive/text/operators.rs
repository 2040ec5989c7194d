//! Lines as operators and functions of the language, where its rules give the right axes.

use super::Writer;
use super::tree::{binary, call, expr, ident, is_name, name, number, operator_of, shape};
use crate::derive::rules::expanded_in;
use crate::derive::straight::Line;
use crate::meaning::matrices::result_axes;
use crate::meaning::program::{AttributeNumber, Operation};
use crate::meaning::types::{self, Kind};
use crate::syntax::ast::*;

impl Writer<'_> {
    /// The expression by operators and functions, if the rules of the language give it the right axes.
    pub(super) fn pretty(&self, line: usize) -> Option<Expr> {
        let own = &self.straight.lines[line];
        let arg = |i: usize| self.operand(own.args[i]);
        match &own.op {
            Operation::Number(value) if *value < 0.0 => Some(expr(ExprKind::Neg(Box::new(number(-value))))),
            Operation::Number(value) => Some(number(*value)),
            Operation::Size(size) => Some(size.to_expr()),
            Operation::Unary("neg") => Some(expr(ExprKind::Neg(Box::new(arg(0))))),
            Operation::Unary(function) => Some(call(function, vec![arg(0)], None)),
            Operation::Binary(operator) if self.lines_up(own) => Some(match *operator {
                "maximum" => call("max", vec![arg(0), arg(1)], None),
                "minimum" => call("min", vec![arg(0), arg(1)], None),
                operator => binary(operator_of(operator), arg(0), arg(1)),
            }),
            Operation::Where if self.lines_up(own) => Some(self.choice(own)),
            Operation::Power(n) => {
                let exponent = if *n < 0.0 {
                    expr(ExprKind::Neg(Box::new(number(-n))))
                } else {
                    number(*n)
                };
                Some(binary(Binary::Pow, arg(0), exponent))
            }
            Operation::Clip(..) => None,
            Operation::Reduce(function, axes) => self.over(own, function, axes),
            Operation::Along(function, axis) => self.over(own, function, &[*axis]),
            Operation::Matmul if self.meets(own) => Some(binary(Binary::Matmul, arg(0), arg(1))),
            Operation::Permute(order) => self.rearranged(own, order),
            Operation::Select(0, at) => Some(expr(ExprKind::Index(Box::new(arg(0)), vec![at.to_expr()]))),
            Operation::Select(axis, at) => {
                let others = (0..=own.ty.rank()).filter(|other| other != axis);
                let order: Vec<usize> = std::iter::once(*axis).chain(others).collect();
                let moved = self.rearranged(own, &order)?;
                Some(expr(ExprKind::Index(Box::new(moved), vec![at.to_expr()])))
            }
            Operation::Broadcast if self.is_part(own.args[0], &own.ty.axes) => {
                let to = Arg::Split(ident("to"), shape(&own.ty.axes));
                let args = vec![Arg::Value(arg(0)), to];
                Some(expr(ExprKind::Call(Box::new(name("broadcast")), args)))
            }
            Operation::Engine(word, _) if self.is_matrix_function(own) => Some(call(
                word,
                own.args.iter().map(|&arg| self.operand(arg)).collect(),
                None,
            )),
            Operation::Embedding if self.names_rows(own) => Some(expr(ExprKind::Index(Box::new(arg(0)), vec![arg(1)]))),
            _ => None,
        }
    }

    /// The axes of a line as the rules see them: without those of size 1 that were put in.
    pub(super) fn own_axes(&self, line: usize) -> &[types::Axis] {
        match (&self.written[line], expanded_in(&self.straight.lines, line)) {
            (None, Some((source, _))) => &self.straight.lines[source].ty.axes,
            _ => &self.straight.lines[line].ty.axes,
        }
    }

    /// True if the language lines up the operands by itself, with the axes that the line has.
    pub(super) fn lines_up(&self, own: &Line) -> bool {
        let longest = own
            .args
            .iter()
            .map(|&arg| self.own_axes(arg))
            .rev()
            .max_by_key(|axes| axes.len());
        longest.is_some_and(|longest| *longest == *own.ty.axes)
            && own.args.iter().all(|&arg| self.is_part(arg, &own.ty.axes))
    }

    /// True if the axes of a line are some of these in the same order, without doubt about which.
    pub(super) fn is_part(&self, line: usize, base: &[types::Axis]) -> bool {
        let own = self.own_axes(line);
        if own.len() == base.len() {
            return own == base;
        }
        let mut rest = base.iter();
        let in_order = own.iter().all(|axis| rest.any(|other| other == axis));
        let once = |axis: &types::Axis| base.iter().filter(|other| other.label == axis.label).count() == 1;
        in_order && own.iter().all(once)
    }

    /// `if c then u else v`, with the comparison that the mask came from.
    pub(super) fn choice(&self, own: &Line) -> Expr {
        let [mask, yes, no] = [own.args[0], own.args[1], own.args[2]];
        let condition = binary(Binary::NotEqual, self.operand(mask), number(0.0));
        expr(ExprKind::If(
            Box::new(condition),
            Box::new(self.operand(yes)),
            Box::new(self.operand(no)),
        ))
    }

    pub(super) fn over(&self, own: &Line, function: &str, axes: &[usize]) -> Option<Expr> {
        let of = &self.straight.lines[own.args[0]].ty.axes;
        let mut labels = Vec::new();
        for &axis in axes {
            let label = &of[axis].label;
            let once = of.iter().filter(|other| other.is_called(label)).count() == 1;
            if !once || !is_name(label) {
                return None;
            }
            labels.push(ident(label));
        }
        let over = (!labels.is_empty()).then_some(labels);
        Some(call(function, vec![self.operand(own.args[0])], over))
    }

    pub(super) fn meets(&self, own: &Line) -> bool {
        let [a, b] = [own.args[0], own.args[1]].map(|arg| &self.straight.lines[arg].ty.axes);
        let (Some((last, before)), Some((first, after))) = (a.split_last(), b.split_first()) else {
            return false;
        };
        if a.len() > 2 && b.len() > 2 {
            let stack = b.len() - 2;
            let result = before.iter().chain(b.last());
            return a.len() == b.len() && a[..stack] == b[..stack] && *last == b[stack] && result.eq(&own.ty.axes);
        }
        b.len() <= 2 && last == first && before.iter().chain(after).eq(&own.ty.axes)
    }

    /// True for a call of a function of matrices by its word, with the axes that the language gives it.
    fn is_matrix_function(&self, own: &Line) -> bool {
        let Operation::Engine(word, attributes) = &own.op else {
            return false;
        };
        let is_plain = attributes
            .iter()
            .all(|(_, numbers)| *numbers == [AttributeNumber::Number(0.0)]);
        let operands: Vec<&[types::Axis]> = own.args.iter().map(|&arg| &*self.straight.lines[arg].ty.axes).collect();
        let meets = match operands.as_slice() {
            [a, b] => a.len() > 1 && a[..a.len() - 1].iter().zip(*b).all(|(own, other)| own == other),
            _ => true,
        };
        let is_written = own.args.iter().all(|&arg| self.written[arg].is_some());
        is_plain && meets && is_written && result_axes(word, &operands).as_ref() == Some(&own.ty.axes)
    }

    pub(super) fn rearranged(&self, own: &Line, order: &[usize]) -> Option<Expr> {
        let of = &self.straight.lines[own.args[0]].ty.axes;
        let rank = order.len();
        let mut flipped: Vec<usize> = (0..rank).collect();
        flipped.swap(rank - 2, rank - 1);
        let value = self.operand(own.args[0]);
        if *order == flipped {
            return Some(expr(ExprKind::Field(Box::new(value), ident("T"))));
        }
        let once = |axis: &types::Axis| of.iter().filter(|other| other.is_called(&axis.label)).count() == 1;
        if !of.iter().all(|axis| once(axis) && is_name(&axis.label)) {
            return None;
        }
        let names = order.iter().map(|&axis| name(&of[axis].label));
        Some(call("order", std::iter::once(value).chain(names).collect(), None))
    }

    pub(super) fn names_rows(&self, own: &Line) -> bool {
        let (table, ids) = (
            &self.straight.lines[own.args[0]].ty,
            &self.straight.lines[own.args[1]].ty,
        );
        let expected = ids.axes.iter().chain(&table.axes[1..]);
        matches!(&ids.kind, Kind::Id(of) if *of == table.axes[0].size) && expected.eq(&own.ty.axes)
    }
}
