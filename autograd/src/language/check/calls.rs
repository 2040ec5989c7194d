//! Calls: functions of the language, formulas with a name, and layers.

use super::Checker;
use super::names::{Binding, Frame, Layer, nearest};
use crate::language::ast::{Arg, Decl, Expr, ExprKind, Ident, ItemKind};
use crate::language::code::Code;
use crate::language::core::{Op, Step, ValueId};
use crate::language::diagnostic::Diagnostic;
use crate::language::functions::{self, Form};
use crate::language::size::Size;
use crate::language::span::Span;
use crate::language::types::{Axis, Type};

/// The reduction op of this name.
pub(super) fn reducer(name: &str) -> Option<&'static str> {
    functions::find(name)
        .filter(|function| function.form == Form::Reduction)
        .map(|function| function.op)
}

impl<'a> Checker<'a> {
    /// The results of a call.
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Vec<ValueId> {
        match &callee.kind {
            ExprKind::Name(name) => match self.lookup(name).cloned() {
                Some(Binding::Layer(layer)) => self.call_layer(&layer, None, args, span),
                Some(Binding::Value(usize::MAX)) => vec![self.unknown(span)],
                Some(_) => {
                    let error = Diagnostic::new(Code::E09, callee.span, format!("`{name}` is a value, not a function"));
                    vec![self.wrong(error)]
                }
                None => self.call_named(name, callee.span, args, span),
            },
            ExprKind::Index(of, positions) => self.call_indexed(of, positions, callee.span, args, span),
            ExprKind::Field(of, name) if of.as_name() == Some("engine") => vec![self.engine(name, args, span)],
            _ => vec![self.wrong(Diagnostic::new(Code::E09, callee.span, "this cannot be called"))],
        }
    }

    fn call_indexed(&mut self, of: &Expr, positions: &[Expr], at: Span, args: &[Arg], span: Span) -> Vec<ValueId> {
        let name = of.as_name().unwrap_or_default();
        if self.modules().contains(&name) {
            let text = "a module with parameters must be given a name first";
            let written = self.text(at);
            let fresh = name.to_lowercase();
            let mut error = Diagnostic::new(Code::E22, at, text);
            error = error.help(format!(
                "`layer {fresh} = {written}`, then `{fresh}(...)`; calling it twice shares its parameters"
            ));
            if let Some((stmt, _)) = self.equation {
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

    fn call_named(&mut self, name: &str, at: Span, args: &[Arg], span: Span) -> Vec<ValueId> {
        if let Some(ItemKind::Function { parameters, value, .. }) = self.items.get(name).copied() {
            return vec![self.call_formula(parameters, value, args, span)];
        }
        if functions::names().contains(&name) {
            return vec![self.call_function(name, args, span)];
        }
        if self.modules().contains(&name) {
            let error = Diagnostic::new(Code::E22, at, "a module with parameters must be given a name first")
                .help(format!("`layer {} = {name}[...]`", name.to_lowercase()));
            return vec![self.wrong(error)];
        }
        let mut known = functions::names();
        known.extend(self.items.keys().copied());
        let mut error = Diagnostic::new(Code::E09, at, format!("there is no function `{name}`"));
        if let Some(near) = nearest(name, &known) {
            error = error.help(format!("did you mean `{near}`?")).edit(at, near);
        }
        vec![self.wrong(error)]
    }

    /// The plain values among the arguments, and the axes after `over`.
    fn split_args(args: &[Arg]) -> (Vec<&Expr>, Option<&[Ident]>) {
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

    fn call_function(&mut self, name: &str, args: &[Arg], span: Span) -> ValueId {
        let function = functions::find(name).expect("the caller found the name among the functions");
        let (values, over) = Self::split_args(args);
        let end = Span {
            start: span.end - 1,
            end: span.end - 1,
        };
        match (function.form, values.as_slice()) {
            (Form::Unary, [x]) if args.len() == 1 => {
                let x = self.expr(x);
                self.unary(function.op, x, span)
            }
            (Form::Reduction, [a, b]) if matches!(name, "max" | "min") && over.is_none() => {
                let operands = [self.expr(a), self.expr(b)];
                self.binary(if name == "max" { "maximum" } else { "minimum" }, operands, span)
            }
            (Form::Reduction | Form::Along, [x]) if self.indices.is_empty() => {
                let x = self.expr(x);
                if self.ty(x).is_unknown() {
                    return x;
                }
                let Some(axes) = self.axes_over(name, x, over, end) else {
                    return self.unknown(span);
                };
                match (function.form, axes.as_slice()) {
                    (Form::Reduction, _) => self.reduce(function.op, x, axes, span),
                    (_, [axis]) => {
                        let ty = self.ty(x).clone();
                        self.emit(Op::Along(function.op, *axis), vec![x], ty, span)
                    }
                    _ => {
                        let error = Diagnostic::new(Code::E04, span, format!("{name} works along one axis"));
                        self.wrong(error)
                    }
                }
            }
            (Form::Special, _) if self.indices.is_empty() => self.call_special(name, args, &values, over, end, span),
            _ if !self.indices.is_empty() && function.form != Form::Unary => {
                let text = format!("`{name}` works on whole axes, and here every axis is an index");
                self.wrong(Diagnostic::new(Code::E18, span, text).help("give its result a name first"))
            }
            _ => self.wrong_call(function, span),
        }
    }

    fn wrong_call(&mut self, function: &functions::Function, span: Span) -> ValueId {
        let error = Diagnostic::new(Code::E20, span, format!("this is called as `{}`", function.signature))
            .help(format!("for example `{}`", function.example));
        self.wrong(error)
    }

    fn call_special(
        &mut self,
        name: &str,
        args: &[Arg],
        values: &[&Expr],
        over: Option<&[Ident]>,
        end: Span,
        span: Span,
    ) -> ValueId {
        let function = functions::find(name).expect("the caller found the name among the functions");
        let Some((first, others)) = values.split_first() else {
            return self.wrong_call(function, span);
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
            ("clip", [_, Arg::Value(low), Arg::Value(high)]) => match (literal(low), literal(high)) {
                (Some(low), Some(high)) => {
                    let ty = self.ty(x).clone();
                    self.emit(Op::Clip(low, high), vec![x], ty, span)
                }
                _ => self.wrong_call(function, span),
            },
            ("concat", _) => {
                let mut parts = vec![x];
                for other in others {
                    parts.push(self.expr(other));
                }
                self.concat(&parts, over, end, span)
            }
            ("with_one", [_]) if self.ty(x).rank() == 1 => {
                let mut ty = self.ty(x).clone();
                let one = self.number(1.0, span);
                let mut unit = ty.clone();
                unit.axes[0].size = Size::number(1);
                let one = self.emit(Op::Broadcast, vec![one], unit, span);
                ty.axes[0].size = ty.axes[0].size.plus(&Size::number(1));
                ty.axes[0].label = ty.axes[0].size.to_string().into();
                self.emit(Op::Concat(0), vec![one, x], ty, span)
            }
            _ => self.wrong_call(function, span),
        }
    }

    /// A formula with a name stands for its right side.
    fn call_formula(&mut self, parameters: &[Ident], value: &Expr, args: &[Arg], span: Span) -> ValueId {
        let (values, _) = Self::split_args(args);
        if values.len() != parameters.len() || values.len() != args.len() {
            let names: Vec<&str> = parameters.iter().map(|name| name.name.as_str()).collect();
            let text = format!("this is called with ({})", names.join(", "));
            return self.wrong(Diagnostic::new(Code::E20, span, text));
        }
        let given: Vec<ValueId> = values.into_iter().map(|value| self.expr(value)).collect();
        let mut frame = Frame::default();
        for (parameter, &value) in parameters.iter().zip(&given) {
            frame
                .names
                .insert(parameter.name.clone(), (Binding::Value(value), parameter.span));
        }
        self.frames.push(frame);
        let equation = self.equation.take();
        let result = self.expr(value);
        self.equation = equation;
        self.frames.pop();
        if self.program.values[result].name.is_none() {
            self.program.values[result].span = span;
        }
        result
    }

    fn call_layer(&mut self, layer: &Layer, at: Option<(Size, Span)>, args: &[Arg], span: Span) -> Vec<ValueId> {
        let Some(ItemKind::Module {
            dims,
            inputs,
            results,
            body,
            ..
        }) = self.items.get(layer.module.as_str()).copied()
        else {
            return vec![self.unknown(span)];
        };
        let (values, _) = Self::split_args(args);
        if values.len() != inputs.len() || values.len() != args.len() {
            let names: Vec<&str> = inputs.iter().map(|decl| decl.name.name.as_str()).collect();
            let text = format!("{} is called with ({})", layer.module, names.join(", "));
            return vec![self.wrong(Diagnostic::new(Code::E20, span, text))];
        }
        let given: Vec<ValueId> = values.into_iter().map(|value| self.expr(value)).collect();
        let Some(mut frame) = self.frame_of(layer, at.as_ref(), span) else {
            return results.iter().map(|_| self.unknown(span)).collect();
        };
        for (dim, (size, label)) in dims.iter().zip(&layer.sizes) {
            frame
                .names
                .insert(dim.name.clone(), (Binding::Dim(size.clone(), label.clone()), dim.span));
        }
        self.frames.push(frame);
        self.blocks.push(Vec::new());
        let equation = self.equation.take();
        let outer_indices = std::mem::take(&mut self.indices);
        let found = match self.bind_inputs(layer, inputs, &given, span) {
            Some(rest) => {
                self.statements(&body.stmts);
                self.results(results, &rest)
            }
            None => results.iter().map(|_| self.unknown(span)).collect(),
        };
        self.indices = outer_indices;
        self.equation = equation;
        self.frames.pop();
        let body = self.blocks.pop().expect("the block was opened above");
        self.push(Step::Scope {
            name: layer.name.clone(),
            at: at.map(|(position, _)| position),
            body,
        });
        found
    }

    /// The frame of a call: where its parameters are.
    fn frame_of(&mut self, layer: &Layer, at: Option<&(Size, Span)>, span: Span) -> Option<Frame> {
        let mut positions = self.frame().positions.clone();
        let mark = match (&layer.count, at) {
            (None, None) => "",
            (Some(count), Some((position, place))) => {
                if !self.lies_within(position, &Size::number(1), count) {
                    let text = format!("{} has positions 1 to {count}", layer.name);
                    self.report(Diagnostic::new(Code::E19, *place, text));
                    return None;
                }
                positions.push((count.clone(), position.clone()));
                "[]"
            }
            (Some(count), None) => {
                let text = format!(
                    "{} is a row of {count} layers; say which, as in `{}[1](x)`",
                    layer.name, layer.name
                );
                self.report(Diagnostic::new(Code::E20, span, text));
                return None;
            }
            (None, Some((_, place))) => {
                self.report(Diagnostic::new(
                    Code::E20,
                    *place,
                    format!("{} is one layer, not a row", layer.name),
                ));
                return None;
            }
        };
        Some(Frame {
            path: format!("{}{}{mark}.", self.frame().path, layer.name),
            positions,
            ..Frame::default()
        })
    }

    /// Gives the inputs of a module their values; what `..` stands for in this call.
    fn bind_inputs(&mut self, layer: &Layer, inputs: &[Decl], given: &[ValueId], span: Span) -> Option<Vec<Axis>> {
        let mut rest: Option<Vec<Axis>> = None;
        for (decl, &value) in inputs.iter().zip(given) {
            let ty = self.ty(value).clone();
            if ty.is_unknown() {
                return None;
            }
            let fixed = decl.shape.as_ref().map_or(0, |shape| shape.axes.len());
            let open = decl.shape.as_ref().is_some_and(|shape| {
                shape
                    .axes
                    .iter()
                    .any(|axis| matches!(axis, crate::language::ast::Axis::Rest(_)))
            });
            if open && rest.is_none() {
                rest = (ty.rank() + 1).checked_sub(fixed).map(|free| ty.axes[..free].to_vec());
            }
            let wanted = self.declared(decl, rest.as_deref().unwrap_or(&[]))?;
            let fits = ty.rank() == wanted.rank()
                && ty
                    .axes
                    .iter()
                    .zip(&wanted.axes)
                    .all(|(own, other)| self.same(&own.size, &other.size));
            if !fits {
                let place = self.place(value);
                let text = format!(
                    "{} expects {} {wanted} here, and this is {ty}",
                    layer.module, decl.name.name
                );
                let error = Diagnostic::new(Code::E02, place, text).with(decl.name.span, "declared here");
                self.report(error);
                return None;
            }
            let _ = span;
            let value = self.relabel(
                value,
                Type {
                    axes: wanted.axes,
                    kind: ty.kind,
                },
                decl.name.span,
            );
            let frame = self.frames.last_mut().expect("the frame of the call is open");
            frame
                .names
                .insert(decl.name.name.clone(), (Binding::Value(value), decl.name.span));
        }
        Some(rest.unwrap_or_default())
    }

    /// The results of a module, under the labels of its signature.
    pub(super) fn results(&mut self, results: &[Decl], rest: &[Axis]) -> Vec<ValueId> {
        let mut found = Vec::new();
        for decl in results {
            let wanted = self.declared(decl, rest).unwrap_or_else(Type::unknown);
            let value = match self.lookup(&decl.name.name).cloned() {
                Some(Binding::Value(usize::MAX)) | None => {
                    let text = format!("the result `{}` is never defined", decl.name.name);
                    let error = Diagnostic::new(Code::E08, decl.name.span, text);
                    self.wrong(error)
                }
                Some(Binding::Value(value)) => value,
                Some(Binding::Family(family)) => self.collect(family, decl.name.span),
                Some(_) => {
                    let text = format!("the result `{}` is not a value", decl.name.name);
                    self.wrong(Diagnostic::new(Code::E08, decl.name.span, text))
                }
            };
            found.push(self.as_result(value, wanted, decl));
        }
        found
    }

    fn as_result(&mut self, value: ValueId, wanted: Type, decl: &Decl) -> ValueId {
        let ty = self.ty(value).clone();
        if ty.is_unknown() || wanted.is_unknown() {
            return value;
        }
        let fits = ty.rank() == wanted.rank()
            && ty
                .axes
                .iter()
                .zip(&wanted.axes)
                .all(|(own, other)| self.same(&own.size, &other.size));
        if !fits {
            let text = format!("the result is declared {wanted}");
            let place = self.place(value);
            let error = Diagnostic::new(Code::E02, place, format!("this is {ty}")).with(decl.name.span, text);
            return self.wrong(error);
        }
        let ty = Type {
            axes: wanted.axes,
            kind: ty.kind,
        };
        let span = self.program.values[value].span;
        self.relabel(value, ty, span)
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
