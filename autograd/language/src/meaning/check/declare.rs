//! Declarations: sizes, inputs, parameters, layers and requirements.

use std::rc::Rc;

use super::Checker;
use super::names::Binding;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{DeclaredInput, DeclaredParam, Dim, DimValue, Operation, Requirement};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::{Axis, Kind, Type};
use crate::meaning::words::INITIALIZERS;
use crate::span::Span;
use crate::syntax::ast::{self, Binary, Decl, Dtype, Expr, ExprKind, Ident, Initializer};

impl<'a> Checker<'a> {
    pub(super) fn dim(&mut self, name: &Ident, value: Option<&Expr>) {
        let label: Rc<str> = name.name.as_str().into();
        let size = match value {
            None => self.new_dim(&name.name, None, name.span),
            Some(Expr {
                kind: ExprKind::Binary(Binary::Div, left, right),
                ..
            }) => self.quotient(name, left, right),
            Some(value) => match self.size(value) {
                Some(size) if size.as_number().is_some_and(|number| number < 1) => {
                    let text = format!("{} = {size}; a size is at least 1", name.name);
                    self.report(Diagnostic::new(Code::E14, value.span, text));
                    self.new_dim(&name.name, None, name.span)
                }
                Some(size) => {
                    let symbol = self.new_dim(&name.name, Some(DimValue::Equal(size.clone())), name.span);
                    self.facts.equal(&symbol, &size);
                    symbol
                }
                None => self.new_dim(&name.name, None, name.span),
            },
        };
        self.define(name, Binding::Dim(size, label));
    }

    /// `dim dk = D / H`: a new size with `H * dk = D`; the same quotient in another place is the same size.
    fn quotient(&mut self, name: &Ident, left: &Expr, right: &Expr) -> Size {
        let (Some(over), Some(under)) = (self.size(left), self.size(right)) else {
            return self.new_dim(&name.name, None, name.span);
        };
        if let Some(exact) = over.divided_by(&under) {
            return match exact.as_number() {
                Some(number) if number < 1 => self.not_whole(name, &over, &under, left.span.to(right.span)),
                _ => exact,
            };
        }
        if under.as_number() == Some(0) || (over.as_number().is_some() && under.as_number().is_some()) {
            return self.not_whole(name, &over, &under, left.span.to(right.span));
        }
        if let [Some(o), Some(u)] = [&over, &under].map(|size| self.facts.normal(size).as_number())
            && (u == 0 || o % u != 0)
        {
            let text = format!(
                "{} is {o} and {} is {u}: not divisible",
                self.text(left.span),
                self.text(right.span)
            );
            let error = Diagnostic::new(Code::E14, left.span.to(right.span), text);
            self.report(error.help("choose sizes of which one divides the other"));
        }
        let known = self.program.dims.iter().find(
            |dim| matches!(&dim.value, Some(DimValue::Quotient(o, u)) if self.same(o, &over) && self.same(u, &under)),
        );
        if let Some(known) = known {
            return Size::symbol(known.name.clone());
        }
        self.known.push(over.minus(&under));
        let value = DimValue::Quotient(over.clone(), under.clone());
        let size = self.new_dim(&name.name, Some(value), name.span);
        self.facts.equal(&under.times(&size), &over);
        size
    }

    /// Reports a quotient that is no size, whatever the other sizes are.
    fn not_whole(&mut self, name: &Ident, over: &Size, under: &Size, span: Span) -> Size {
        let text = format!("{over} / {under} is not a whole number from 1 on");
        self.report(Diagnostic::new(Code::E14, span, text).help("choose a size that the other one divides"));
        self.new_dim(&name.name, None, name.span)
    }

    /// A new named size, under a name that no other size of the program has.
    pub(super) fn new_dim(&mut self, name: &str, value: Option<DimValue>, span: Span) -> Size {
        let taken = |name: &str| self.program.dims.iter().any(|dim| &*dim.name == name);
        let mut unique = name.to_string();
        let mut number = 2;
        // A number is added that makes no name which the program has, now or further down.
        while taken(&unique) || (number > 2 && self.sources.mention(&unique)) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        let name: Symbol = unique.into();
        if let Some(DimValue::Equal(size)) = &value {
            self.known.push(size.minus(&Size::number(1)));
        }
        self.program.dims.push(Dim {
            name: name.clone(),
            value,
            span,
        });
        Size::symbol(name)
    }

    /// An expression as a size: sums and products of sizes, positions and whole numbers.
    pub(super) fn size(&mut self, expr: &Expr) -> Option<Size> {
        if let Some(size) = self.as_size(expr) {
            if size.is_too_large() {
                let text = "this size is beyond what can be computed with";
                self.report(Diagnostic::new(Code::E14, expr.span, text).help(Size::LIMITS));
                return None;
            }
            return Some(size);
        }
        let text = self.text(expr.span);
        if let ExprKind::Name(name) = &expr.kind
            && self.lookup(name).is_none()
        {
            self.unknown_size(name, expr.span);
            return None;
        }
        let is_value = expr
            .as_name()
            .is_some_and(|name| matches!(self.lookup(name), Some(Binding::Value(_))));
        let help = match is_value {
            true => "this is a value; a size is declared with `dim`",
            false => "sizes are whole numbers, names declared with `dim`, and sums and products of them",
        };
        self.report(Diagnostic::new(Code::E14, expr.span, format!("`{text}` is not a size")).help(help));
        None
    }

    /// An expression as a size, without a message if it is none.
    pub(super) fn as_size(&self, expr: &Expr) -> Option<Size> {
        self.polynomial(expr, &|name| match self.lookup(name)? {
            Binding::Dim(size, _) => Some(size.clone()),
            Binding::Position(symbol) => Some(Size::symbol(symbol.clone())),
            _ => None,
        })
    }

    /// Sums and products of whole numbers and of what names stand for.
    pub(super) fn polynomial(&self, expr: &Expr, named: &dyn Fn(&str) -> Option<Size>) -> Option<Size> {
        match &expr.kind {
            ExprKind::Number(value) if value.fract() == 0.0 && *value < 9e15 => Some(Size::number(*value as i64)),
            ExprKind::Name(name) => named(name),
            ExprKind::Neg(of) => Some(Size::number(0).minus(&self.polynomial(of, named)?)),
            ExprKind::Binary(..) => {
                let (first, links) = expr.chain();
                links.iter().try_fold(self.polynomial(first, named)?, |left, link| {
                    let right = self.polynomial(link.right, named)?;
                    match link.operator {
                        Binary::Add => Some(left.plus(&right)),
                        Binary::Sub => Some(left.minus(&right)),
                        Binary::Mul => Some(left.times(&right)),
                        Binary::Div => left.divided_by(&right),
                        _ => None,
                    }
                })
            }
            _ => None,
        }
    }

    /// The axes of a written shape; `rest` stands for `..`.
    pub(super) fn axes(&mut self, shape: &[ast::Axis], rest: &[Axis]) -> Option<Vec<Axis>> {
        let mut axes = Vec::new();
        for axis in shape {
            match axis {
                ast::Axis::Rest(_) => axes.extend_from_slice(rest),
                ast::Axis::Size(..) => axes.push(self.axis(axis)?),
            }
        }
        Some(axes)
    }

    /// One written axis; without a name of its own it has the name of its size.
    pub(super) fn axis(&mut self, axis: &ast::Axis) -> Option<Axis> {
        let ast::Axis::Size(label, expr) = axis else {
            return None;
        };
        let size = self.size(expr)?;
        if size.as_number().is_some_and(|number| number < 0) {
            let text = format!("an axis would have size {size}");
            self.report(Diagnostic::new(Code::E14, expr.span, text));
            return None;
        }
        let (label, origin): (Rc<str>, Span) = match label {
            Some(label) => (label.name.as_str().into(), label.span.to(expr.span)),
            None => (self.label_of(expr, &size), expr.span),
        };
        Some(Axis::new(&label, size, origin))
    }

    pub(super) fn label_of(&self, expr: &Expr, size: &Size) -> Rc<str> {
        match expr.as_name().and_then(|name| self.lookup(name)) {
            Some(Binding::Dim(_, label)) => label.clone(),
            _ => size.to_string().into(),
        }
    }

    /// The type of a declaration.
    pub(super) fn declared(&mut self, decl: &Decl, rest: &[Axis]) -> Option<Type> {
        let axes = match &decl.shape {
            Some(shape) => self.axes(&shape.axes, rest)?,
            None => Vec::new(),
        };
        let kind = match &decl.dtype {
            None | Some(Dtype::F32 | Dtype::F64) => Kind::Real,
            Some(Dtype::Data) => Kind::Data,
            Some(Dtype::Bool) => Kind::Bool,
            Some(Dtype::Int) => Kind::Int,
            Some(Dtype::Id(size)) => Kind::Id(self.size(size)?),
        };
        Some(Type { axes, kind })
    }

    pub(super) fn input(&mut self, decl: &Decl) {
        let ty = self.declared(decl, &[]).unwrap_or_else(Type::unknown);
        self.program.inputs.push(DeclaredInput {
            name: decl.name.name.clone(),
            ty: ty.clone(),
            span: decl.name.span,
        });
        let number = self.program.inputs.len() - 1;
        let value = self.emit(Operation::Input(number), Vec::new(), ty, decl.name.span);
        self.name_value(&decl.name, value);
    }

    pub(super) fn param(&mut self, decl: &Decl, init: Option<&Initializer>) {
        let ty = self.declared(decl, &[]).unwrap_or_else(Type::unknown);
        if let Some(init) = init {
            self.init(init);
        }
        let path = format!("{}{}", self.frame().path, decl.name.name);
        let (counts, at) = self.frame().positions.iter().cloned().unzip();
        let next = self.program.params.len();
        let number = *self.params.entry(path.clone()).or_insert(next);
        if number == next {
            self.program.params.push(DeclaredParam {
                path,
                counts,
                ty: ty.clone(),
                init: init.cloned(),
                span: decl.name.span,
            });
        }
        let value = self.emit(Operation::Param(number, at), Vec::new(), ty, decl.name.span);
        self.name_value(&decl.name, value);
    }

    fn init(&mut self, init: &Initializer) {
        let known = INITIALIZERS.iter().find(|(name, _)| *name == init.name.name);
        if !known.is_some_and(|(_, counts)| counts.contains(&init.numbers.len())) {
            let text = format!(
                "`{}` with {} numbers is not a way to begin",
                init.name.name,
                init.numbers.len()
            );
            let help = "zeros, ones, normal(mean, deviation), uniform(low, high), glorot, he";
            self.report(Diagnostic::new(Code::E09, init.name.span, text).help(help));
        }
    }

    pub(super) fn require(&mut self, condition: &Expr) {
        let ExprKind::Binary(comparison, left, right) = &condition.kind else {
            return;
        };
        if matches!(comparison, Binary::And | Binary::Or) {
            if *comparison == Binary::And {
                let (first, links) = condition.chain_of(|own| own == Binary::And);
                self.require(first);
                return links.iter().for_each(|link| self.require(link.right));
            }
            let error = Diagnostic::new(
                Code::E14,
                condition.span,
                "a requirement is a comparison, or several with `and`",
            );
            return self.report(error);
        }
        let (Some(left), Some(right)) = (self.size(left), self.size(right)) else {
            return;
        };
        if *comparison == Binary::Equal && !self.facts.equal(&right, &left) {
            self.facts.equal(&left, &right);
        }
        let known = self.implied(&left, *comparison, &right);
        for size in &known {
            self.settle_at_one(size);
        }
        self.known.extend(known);
        self.program.requirements.push(Requirement {
            left,
            comparison: *comparison,
            right,
            span: condition.span,
        });
    }

    /// With `T = 1`, `require T >= K` leaves 1 for `K`: where a size that is at least 0 is 0 at most, its names are 1.
    fn settle_at_one(&mut self, at_least_0: &Size) {
        let at_most_0 = Size::number(0).minus(&self.facts.normal(at_least_0));
        if at_most_0.is_at_least(0) && !at_most_0.is_at_least(1) {
            for name in at_most_0.symbols() {
                self.facts.equal(&Size::symbol(name), &Size::number(1));
            }
        }
    }
}
