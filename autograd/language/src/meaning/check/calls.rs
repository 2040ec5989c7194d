//! Calls: functions of the language, and formulas with a name.

use super::Checker;
use super::names::{Binding, NameScope};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::words::{self, Function};
use crate::span::Span;
use crate::stack;
use crate::syntax::ast::{Arg, Binary, Expr, ExprKind, Ident, ItemKind};
use tapegrad_core::op::Form;

/// The reduction op of this name.
pub(super) fn reducer(name: &str) -> Option<&'static str> {
    words::find_form(name, Form::Reduction).map(|function| function.op.name)
}

impl<'a> Checker<'a> {
    /// The results of a call.
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Vec<ValueId> {
        match callee.as_name().is_some_and(|name| self.is_entrywise(name, args)) {
            true => self.call_what_stands_here(callee, args, span),
            false => self.mixing(|c| c.call_what_stands_here(callee, args, span)),
        }
    }

    /// True if each entry of the result comes from one entry of each argument.
    fn is_entrywise(&self, name: &str, args: &[Arg]) -> bool {
        if matches!(self.lookup(name), Some(Binding::Layer(_))) {
            return false;
        }
        let is_pair = || args.len() == 2 && words::find_form(name, Form::Pair).is_some();
        let is_plain = args.iter().all(|arg| matches!(arg, Arg::Value(_)));
        let is_formula = matches!(self.items.get(name), Some(ItemKind::Function { .. }));
        is_plain && (is_formula || name == "clip" || words::find_form(name, Form::Unary).is_some() || is_pair())
    }

    fn call_what_stands_here(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Vec<ValueId> {
        match &callee.kind {
            ExprKind::Name(name) => match self.lookup(name).cloned() {
                Some(Binding::Layer(layer)) => self.call_layer(&layer, None, args, span),
                Some(Binding::Value(usize::MAX)) => vec![self.unknown(span)],
                // A value cannot be called, so a function keeps its name beside a value such as `mean`.
                Some(_) if words::has(name) => self.call_named(name, callee.span, args, span),
                Some(_) => {
                    let error = Diagnostic::new(Code::E09, callee.span, format!("`{name}` is a value, not a function"))
                        .help(format!("a product is `{name} * (..)`, an entry `{name}[..]`"));
                    vec![self.wrong(error)]
                }
                None => self.call_named(name, callee.span, args, span),
            },
            ExprKind::Index(of, positions) => self.call_indexed(of, positions, callee.span, args, span),
            ExprKind::Field(of, name) if of.as_name() == Some("engine") => vec![self.engine(name, args, span)],
            _ => vec![self.foreign_call(callee, args, span)],
        }
    }

    pub(super) fn call_indexed(
        &mut self,
        of: &Expr,
        positions: &[Expr],
        at: Span,
        args: &[Arg],
        span: Span,
    ) -> Vec<ValueId> {
        let name = of.as_name().unwrap_or_default();
        if self.modules().contains(&name) {
            let text = "a module with parameters must be given a name first";
            let written = self.text(at);
            let fresh = name.to_lowercase();
            let mut error = Diagnostic::new(Code::E22, at, text);
            error = error.help(format!(
                "`layer {fresh} = {written}`, then `{fresh}(...)`; calling it twice shares its parameters"
            ));
            if let Some((stmt, _)) = self.equation
                && self.loops.is_empty()
            {
                error = error
                    .edit(stmt.span.before(), format!("layer {fresh} = {written}; "))
                    .edit(at, fresh);
            }
            return vec![self.wrong(error)];
        }
        match (self.lookup(name).cloned(), positions) {
            (Some(Binding::Layer(layer)), [position]) => match self.size(position) {
                Some(position) => self.call_layer(&layer, Some((position, at)), args, span),
                None => vec![self.unknown(span)],
            },
            _ => vec![self.wrong(Diagnostic::new(Code::E09, at, "this cannot be called"))],
        }
    }

    /// E22, with the layers of this module that there are.
    fn called_module(&self, name: &str, at: Span) -> Diagnostic {
        let error = Diagnostic::new(Code::E22, at, "a module with parameters must be given a name first");
        let names = self.frame().names.iter();
        let is_of_it = |binding: &Binding| matches!(binding, Binding::Layer(layer) if layer.module == name && layer.count.is_none());
        let layers: Vec<&str> = names
            .filter(|(_, (binding, _))| is_of_it(binding))
            .map(|(own, _)| own.as_str())
            .collect();
        match layers.as_slice() {
            [] => error.help(format!(
                "write `layer {} = {name}[..]`, and call that",
                name.to_lowercase()
            )),
            [only] => error.help(format!("call the layer: `{only}(..)`")).edit(at, *only),
            several => error.help(format!("call one of its layers: {}", several.join(", "))),
        }
    }

    pub(super) fn call_named(&mut self, name: &str, at: Span, args: &[Arg], span: Span) -> Vec<ValueId> {
        if let Some(ItemKind::Function { parameters, value, .. }) = self.items.get(name).copied() {
            return vec![self.call_formula(name, parameters, value, args, span)];
        }
        if self.calls_itself(name, at) {
            return vec![self.unknown(span)];
        }
        if name == words::GRADIENT {
            return vec![self.gradient(args, span)];
        }
        if words::has(name) {
            return vec![self.call_function(name, args, span)];
        }
        if self.modules().contains(&name) {
            let error = self.called_module(name, at);
            return vec![self.wrong(error)];
        }
        vec![self.unknown_function(name, at)]
    }

    /// The plain values among the arguments, and the axes after `over`.
    pub(super) fn split_args(args: &[Arg]) -> (Vec<&Expr>, Option<&[Ident]>) {
        let values = args.iter().filter_map(|arg| match arg {
            Arg::Value(value) => Some(value),
            _ => None,
        });
        let over = args.iter().find_map(|arg| match arg {
            Arg::Over(names) => Some(names.as_slice()),
            _ => None,
        });
        (values.collect(), over)
    }

    pub(super) fn call_function(&mut self, name: &str, args: &[Arg], span: Span) -> ValueId {
        let function = words::find(name).expect("the caller found the name among the functions");
        let (values, over) = Self::split_args(args);
        let pair = words::find_form(name, Form::Pair);
        match (function.word.form, values.as_slice()) {
            (Form::Unary, [x]) if args.len() == 1 => {
                let x = self.expr(x);
                self.unary(function.word.name, x, span)
            }
            (_, [a, b]) if over.is_none() && pair.is_some() => {
                let operands = [self.expr(a), self.expr(b)];
                let op = pair.map_or(function.op, |pair| pair.op);
                self.binary(op.name, operands, span)
            }
            (Form::Reduction | Form::Along, [x]) if self.indices.is_empty() => {
                let x = self.expr(x);
                if self.ty(x).is_unknown() {
                    return x;
                }
                let Some(axes) = self.axes_over(name, x, over) else {
                    return self.unknown(span);
                };
                match (function.word.form, axes.as_slice()) {
                    (Form::Reduction, _) => self.reduce(function.op.name, x, axes, span),
                    (_, [_]) if !self.takes_no_ids(name, &[x], span) => self.unknown(span),
                    (_, [axis]) => {
                        let ty = self.ty(x).clone();
                        self.emit(Operation::Along(function.op.name, *axis), vec![x], ty, span)
                    }
                    _ => {
                        let error = Diagnostic::new(Code::E04, span, format!("{name} works along one axis"));
                        self.wrong(error)
                    }
                }
            }
            (Form::Along, [x]) if !self.indices.is_empty() && over.is_some_and(|over| over.len() == 1) => {
                let x = self.expr(x);
                let over = over.expect("this arm asks for it");
                self.along(name, x, &over[0], span)
            }
            (Form::Own { .. }, _) if self.indices.is_empty() || name == "clip" => {
                self.call_special(name, args, &values, over, span)
            }
            _ if !self.indices.is_empty() && function.word.form != Form::Unary => {
                let text = format!("`{name}` works on whole axes, and here every axis is an index");
                let help = match function.word.form {
                    Form::Reduction => format!("name the index that it goes over, `{name}(k: x[k])`"),
                    _ => "give its result a name first".to_string(),
                };
                self.wrong(Diagnostic::new(Code::E18, span, text).help(help))
            }
            (Form::Reduction | Form::Along, [x, second]) if over.is_none() => {
                self.axis_as_value(&function, x, second, span)
            }
            _ => self.wrong_call(&function, span),
        }
    }

    /// E20 for `softmax(S, k)` and `sum(i, x[i])`: an axis or an index given as a value.
    fn axis_as_value(&mut self, function: &Function, x: &Expr, second: &Expr, span: Span) -> ValueId {
        let said = format!("this is called as `{}`", function.word.signature());
        let error = Diagnostic::new(Code::E20, span, said);
        let gap = Span {
            start: x.span.end,
            end: second.span.start,
        };
        if let Some(index) = x.as_name().filter(|index| self.lookup(index).is_none()) {
            let error = error.help(format!(
                "an index stands before a colon: `{}({index}: ..)`",
                function.word.name
            ));
            return self.wrong(error.edit(gap, ": "));
        }
        let value = self.expr(x);
        let ty = self.ty(value).clone();
        let error = match second.as_name() {
            Some(axis)
                if ty
                    .axes
                    .iter()
                    .any(|own| own.is_called(axis) || own.label == self.label(axis)) =>
            {
                let error = error.help(format!("an axis stands behind `over`: `, over {axis}`"));
                error.edit(gap, ", over ")
            }
            _ => error.help(format!(
                "an axis stands behind `over`, by its name; for example `{}`",
                function.word.example()
            )),
        };
        self.wrong(error)
    }

    pub(super) fn wrong_call(&mut self, function: &Function, span: Span) -> ValueId {
        let error = Diagnostic::new(
            Code::E20,
            span,
            format!("this is called as `{}`", function.word.signature()),
        )
        .help(format!("for example `{}`", function.word.example()));
        self.wrong(error)
    }

    pub(super) fn call_special(
        &mut self,
        name: &str,
        args: &[Arg],
        values: &[&Expr],
        over: Option<&[Ident]>,
        span: Span,
    ) -> ValueId {
        let function = words::find(name).expect("the caller found the name among the functions");
        let Some((first, others)) = values.split_first() else {
            return self.wrong_call(&function, span);
        };
        let x = self.expr(first);
        if self.ty(x).is_unknown() {
            return x;
        }
        match (name, args) {
            ("split", [_, Arg::Split(from, to)]) => self.split(x, from, to, span),
            ("merge", [_, Arg::Merge(from, to)]) => self.merge(x, from, to, span),
            ("broadcast", [_, Arg::Split(_, to)]) => self.broadcast(x, to, span),
            ("order", _) => self.order(x, others, span),
            ("clip", [_, Arg::Value(low), Arg::Value(high)]) => self.clip(x, [low, high], span),
            ("var", [_] | [_, Arg::Over(_)]) => match self.axes_over(name, x, over) {
                Some(axes) => self.reduce_by_word(name, x, axes, span),
                None => self.unknown(span),
            },
            ("inverse" | "cholesky" | "logdet" | "tril", [_]) => self.of_matrix(function.op.name, x, first, span),
            ("solve", [_, Arg::Value(right)]) => {
                let b = self.expr(right);
                self.solve([x, b], [first, right], span)
            }
            ("concat", _) => {
                let mut parts = vec![x];
                for other in others {
                    parts.push(self.expr(other));
                }
                self.concat(&parts, over, span)
            }
            ("with_one", [_]) if self.ty(x).rank() == 1 => {
                let mut ty = self.ty(x).clone();
                let one = self.number(1.0, span);
                let mut unit = ty.clone();
                unit.axes[0].size = Size::number(1);
                let one = self.emit(Operation::Broadcast, vec![one], unit, span);
                ty.axes[0].size = ty.axes[0].size.plus(&Size::number(1));
                ty.axes[0].label = ty.axes[0].size.to_string().into();
                self.emit(Operation::Concat(0), vec![one, x], ty, span)
            }
            _ => self.wrong_call(&function, span),
        }
    }

    /// `clip(x, lo, hi)`: the op if both ends are constants; else where the value is beyond an end, the end is taken.
    fn clip(&mut self, x: ValueId, ends: [&Expr; 2], span: Span) -> ValueId {
        if let [Some(low), Some(high)] = ends.map(|end| self.constant(end)) {
            let ty = self.ty(x).clone();
            return self.emit(Operation::Clip(low, high), vec![x], ty, span);
        }
        let [low, high] = ends.map(|end| self.expr(end));
        let above = self.compared(Binary::Less, [x, low], [low, x], span, span);
        self.compared(Binary::Greater, [x, high], [high, above], span, span)
    }

    /// The number that an expression is in every run: a literal, a constant, or computed from such.
    pub(super) fn constant(&self, expr: &Expr) -> Option<f64> {
        let both = |left, right| stack::deeper(|| Some((self.constant(left)?, self.constant(right)?)));
        match &expr.kind {
            ExprKind::Number(value) => Some(*value),
            ExprKind::Neg(inner) => self.constant(inner).map(|value| -value),
            ExprKind::Name(name) => match self.lookup(name)? {
                Binding::Value(value) => self.literal_value(*value),
                _ => None,
            },
            ExprKind::Binary(Binary::Add, left, right) => both(left, right).map(|(a, b)| a + b),
            ExprKind::Binary(Binary::Sub, left, right) => both(left, right).map(|(a, b)| a - b),
            ExprKind::Binary(Binary::Mul, left, right) => both(left, right).map(|(a, b)| a * b),
            ExprKind::Binary(Binary::Div, left, right) => both(left, right).map(|(a, b)| a / b),
            _ => None,
        }
    }

    /// The number that a value is, if numbers alone make it.
    fn literal_value(&self, value: ValueId) -> Option<f64> {
        let (op, args) = self.computed(value)?;
        let numbers = || -> Option<Vec<f64>> {
            args.iter()
                .map(|&arg| stack::deeper(|| self.literal_value(arg)))
                .collect()
        };
        match (op, args.len()) {
            (Operation::Number(number), _) => Some(*number),
            (Operation::Unary("neg"), 1) => Some(-numbers()?[0]),
            (Operation::Binary(name), 2) => {
                let numbers = numbers()?;
                let (a, b) = (numbers[0], numbers[1]);
                match *name {
                    "add" => Some(a + b),
                    "sub" => Some(a - b),
                    "mul" => Some(a * b),
                    "div" => Some(a / b),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A formula with a name stands for its right side.
    pub(super) fn call_formula(
        &mut self,
        name: &str,
        parameters: &[Ident],
        value: &Expr,
        args: &[Arg],
        span: Span,
    ) -> ValueId {
        let (values, _) = Self::split_args(args);
        if values.len() != parameters.len() || values.len() != args.len() {
            let names: Vec<&str> = parameters.iter().map(|name| name.name.as_str()).collect();
            let text = format!("this is called with ({})", names.join(", "));
            return self.wrong(Diagnostic::new(Code::E20, span, text));
        }
        let given: Vec<ValueId> = values.into_iter().map(|value| self.expr(value)).collect();
        let mut frame = NameScope::default();
        for (parameter, &value) in parameters.iter().zip(&given) {
            frame
                .names
                .insert(parameter.name.clone(), (Binding::Value(value), parameter.span));
        }
        self.frames.push(frame);
        let equation = self.equation.take();
        let result = self.written_out(name, span, |checker| checker.expr(value));
        let result = result.unwrap_or_else(|| self.unknown(span));
        self.equation = equation;
        self.frames.pop();
        if self.program.values[result].name.is_none() {
            self.program.values[result].span = span;
        }
        result
    }
}

/// A number as it is written, perhaps negative.
pub fn literal(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(value) => Some(*value),
        ExprKind::Neg(inner) => literal(inner).map(|value| -value),
        _ => None,
    }
}
