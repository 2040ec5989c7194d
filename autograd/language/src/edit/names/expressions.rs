//! The names in expressions.

use super::Role;
use super::scopes::Resolver;
use super::statements::named;
use crate::meaning::words;
use crate::stack;
use crate::syntax::ast::{Arg, Axis, Expr, ExprKind, Ident, Index};
use tapegrad_core::op::Form;

impl<'a> Resolver<'a> {
    pub(super) fn expr(&mut self, expr: &'a Expr) {
        let (first, links) = expr.chain();
        stack::deeper(|| self.operand(first));
        for link in links {
            self.expr(link.right);
        }
    }

    fn operand(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Binary(..) => {}
            ExprKind::Name(name) => self.use_name(name, expr.span),
            ExprKind::Neg(of) | ExprKind::Field(of, _) => self.expr(of),
            ExprKind::If(condition, yes, no) => [condition, yes, no].into_iter().for_each(|part| self.expr(part)),
            ExprKind::Index(of, positions) => {
                self.expr(of);
                positions.iter().for_each(|position| self.expr(position));
            }
            ExprKind::Range(first, last) => [first, last].into_iter().for_each(|end| self.expr(end)),
            ExprKind::As(of, shape) => {
                self.expr(of);
                self.shape(shape);
            }
            ExprKind::Call(callee, args) => self.call(callee, args),
            ExprKind::Reduce(reducer, indices, body) => self.reduction(expr, reducer, indices, body),
        }
    }

    /// `sum(i: ..)` binds its indices; `softmax(k: ..)` uses one that is bound around it.
    fn reduction(&mut self, whole: &'a Expr, reducer: &'a Ident, indices: &'a [Index], body: &'a Expr) {
        self.use_word(&reducer.name, reducer.span);
        if words::find_form(&reducer.name, Form::Along).is_some() {
            indices
                .iter()
                .for_each(|index| self.use_name(&index.name.name, index.name.span));
            return self.expr(body);
        }
        for (first, last) in indices.iter().filter_map(|index| index.range.as_deref()) {
            self.expr(first);
            self.expr(last);
        }
        self.scoped(whole.span, |names| {
            for Index { name, .. } in indices {
                names.define_anew(&name.name, Role::Summed, named(name.span, ""));
            }
            names.expr(body);
        });
    }

    fn call(&mut self, callee: &'a Expr, args: &'a [Arg]) {
        let function = match &callee.kind {
            ExprKind::Name(name) => {
                let is_word = words::has(name);
                match self.role(name) {
                    Some(role) if role == Role::Layer || !is_word => self.use_name(name, callee.span),
                    _ if self.use_item(name, callee.span, &[Role::Function]) => {}
                    _ => self.use_word(name, callee.span),
                }
                name.as_str()
            }
            ExprKind::Field(of, name) if of.as_name() == Some("engine") => {
                self.use_op(&name.name, name.span);
                "engine"
            }
            _ => {
                self.expr(callee);
                ""
            }
        };
        for (number, arg) in args.iter().enumerate() {
            self.arg(function, number, arg);
        }
    }

    fn arg(&mut self, function: &str, number: usize, arg: &'a Arg) {
        match arg {
            Arg::Over(axes) => axes.iter().for_each(|axis| self.use_axis(&axis.name, axis.span)),
            Arg::Split(from, shape) => {
                // In other calls, as `broadcast(x, to => [T])`, the word is that of an attribute.
                if function == "split" {
                    self.use_axis(&from.name, from.span);
                }
                self.shape(shape);
            }
            Arg::Merge(from, to) => {
                for axis in &from.axes {
                    match axis {
                        Axis::Size(Some(label), _) => self.use_axis(&label.name, label.span),
                        Axis::Size(None, name) => match name.as_name() {
                            Some(axis) => self.use_axis(axis, name.span),
                            None => self.expr(name),
                        },
                        Axis::Rest(_) => {}
                    }
                }
                self.axis_of_shape(to);
            }
            Arg::Value(value) => match value.as_name() {
                Some(axis) if function == "order" && number > 0 => self.use_axis(axis, value.span),
                _ => self.expr(value),
            },
        }
    }
}
