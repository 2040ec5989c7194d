//! Expressions: the type and operation of each operator.

use super::Checker;
use super::names::Binding;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::meaning::words;
use crate::span::Span;
use crate::stack;
use crate::syntax::ast::{Binary, Expr, ExprKind, Link};
use tapegrad_core::op::{Form, OperandKind};

impl Checker<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> ValueId {
        if let Some(unknown) = self.stopped {
            return unknown;
        }
        let (first, links) = expr.chain_of(|operator| operator == Binary::Matmul || is_chained(operator));
        // What a matrix product takes is mixed: all up to the last one of the chain.
        let mixed = links
            .iter()
            .rposition(|link| link.operator == Binary::Matmul)
            .map_or(0, |last| last + 1);
        let links_of = |checker: &mut Self, mut value: ValueId, links: &[Link<'_>]| {
            for link in links {
                value = checker.link(value, link);
                checker.note_use(value, link.whole.span);
            }
            value
        };
        let begin = |checker: &mut Self| {
            let value = stack::deeper(|| checker.expr_kind(first));
            checker.note_use(value, first.span);
            links_of(checker, value, &links[..mixed])
        };
        let value = if mixed == 0 { begin(self) } else { self.mixing(begin) };
        links_of(self, value, &links[mixed..])
    }

    fn note_use(&mut self, value: ValueId, span: Span) {
        if self.program.values[value].name.is_none() {
            self.program.values[value].span = span;
        }
        self.used_at.insert(value, span);
        self.note(span, value);
    }

    /// The value of a chain up to one of its operators; `left` is that of everything before it.
    fn link(&mut self, left: ValueId, link: &Link<'_>) -> ValueId {
        let span = link.whole.span;
        match arithmetic(link.operator) {
            Some(name) => {
                let operands = [left, self.expr(link.right)];
                let result = self.binary(name, operands, span);
                if let Some(of) = self.ids_of(name, [link.left, link.right], operands)
                    && !self.ty(result).is_unknown()
                {
                    self.program.values[result].ty.kind = Kind::Id(of);
                }
                result
            }
            None => self.matmul(left, link, span),
        }
    }

    fn expr_kind(&mut self, expr: &Expr) -> ValueId {
        let span = expr.span;
        if let Some(refused) = self.foreign_power(expr) {
            return refused;
        }
        match &expr.kind {
            ExprKind::Number(value) => self.number(*value, span),
            ExprKind::Name(name) => self.name(name, span),
            ExprKind::Neg(operand) => match operand.kind {
                ExprKind::Number(value) => self.number(-value, span),
                _ => {
                    let operand = self.expr(operand);
                    self.unary("neg", operand, span)
                }
            },
            ExprKind::Binary(Binary::Pow, left, right) if self.constant(right).is_some_and(f64::is_finite) => {
                let base = self.expr(left);
                if !self.takes_no_ids("^", &[base], span) {
                    return self.unknown(span);
                }
                let ty = self.ty(base).clone();
                let exponent = self.constant(right).expect("this arm asks for a constant");
                let has_slope = exponent.fract() == 0.0 && exponent >= 0.0;
                let base = if has_slope {
                    base
                } else {
                    self.guarded(base, None, span)
                };
                self.emit(Operation::Power(exponent), vec![base], ty, span)
            }
            ExprKind::Binary(operator, left, right) => match arithmetic(*operator) {
                Some(name) => {
                    let operands = [self.expr(left), self.expr(right)];
                    self.binary(name, operands, span)
                }
                None => {
                    let error = Diagnostic::new(Code::E00, span, "a comparison is not a number")
                        .help("write `if ... then 1 else 0`");
                    self.wrong(error)
                }
            },
            ExprKind::If(condition, yes, no) => self.branches(condition, yes, no, span),
            ExprKind::Range(..) => self.wrong(Diagnostic::new(Code::E00, span, "a range stands in brackets")),
            ExprKind::As(of, shape) if self.indices.is_empty() => {
                let value = self.mixing(|c| c.expr(of));
                self.rename(value, shape)
            }
            ExprKind::As(..) => {
                let error = Diagnostic::new(
                    Code::E18,
                    span,
                    "`as` names whole axes, and here every axis is an index",
                );
                self.wrong(error.help("leave `as` out: the indices are the names"))
            }
            ExprKind::Field(of, name) => self.mixing(|c| c.field(of, &name.name, name.span, span)),
            ExprKind::Index(of, positions) => self.mixing(|c| c.index(of, positions, span)),
            ExprKind::Call(callee, args) => {
                let results = self.call(callee, args, span);
                match results.as_slice() {
                    [one] => *one,
                    several => {
                        let text = format!("this gives {} values", several.len());
                        let error = Diagnostic::new(Code::E20, span, text).help("give each a name: `h, c = ...`");
                        self.wrong(error)
                    }
                }
            }
            ExprKind::Reduce(reducer, indices, body) => {
                let is_along = words::find_form(&reducer.name, Form::Along).is_some();
                if is_along || self.indices.is_empty() {
                    return self.mixing(|c| c.reduce_indices(reducer, indices, body, span));
                }
                self.reduce_indices(reducer, indices, body, span)
            }
        }
    }

    /// Of how many things the ids are that ids and whole numbers give: `w + 1`, and `u * V + w` for pairs.
    ///
    /// Ids of `V` things go up to `V - 1`. Anything else computed from ids is not ids.
    fn ids_of(&self, name: &str, sides: [&Expr; 2], values: [ValueId; 2]) -> Option<Size> {
        let of = |value: ValueId| match &self.ty(value).kind {
            Kind::Id(of) => Some(of.clone()),
            _ => None,
        };
        let whole = |side: &Expr| {
            self.as_size(side)
                .filter(|size| self.loops.iter().all(|one| !size.symbols().contains(&one.index)))
        };
        let one = Size::number(1);
        match (name, of(values[0]), of(values[1])) {
            ("add", Some(a), Some(b)) => Some(a.plus(&b).minus(&one)),
            ("add", Some(ids), None) => Some(ids.plus(&whole(sides[1]).filter(|size| self.never_negative(size))?)),
            ("add", None, Some(ids)) => Some(ids.plus(&whole(sides[0]).filter(|size| self.never_negative(size))?)),
            ("mul", Some(ids), None) => Some(ids.minus(&one).times(&whole(sides[1])?).plus(&one)),
            ("mul", None, Some(ids)) => Some(ids.minus(&one).times(&whole(sides[0])?).plus(&one)),
            _ => None,
        }
    }

    pub(super) fn number(&mut self, value: f64, span: Span) -> ValueId {
        self.emit(Operation::Number(value), Vec::new(), Type::data(), span)
    }

    fn name(&mut self, name: &str, span: Span) -> ValueId {
        if let Some(index) = self.indices.iter().find(|index| index.name == name) {
            let index = index.clone();
            return self.position_numbers(&index, span);
        }
        match self.lookup(name).cloned() {
            Some(Binding::Value(usize::MAX)) => self.unknown(span),
            Some(Binding::Value(value)) => self.whole(value, name, span),
            Some(Binding::Dim(size, _)) => self.emit(Operation::Size(size), Vec::new(), Type::data(), span),
            Some(Binding::Position(symbol)) => {
                self.emit(Operation::Size(Size::symbol(symbol)), Vec::new(), Type::data(), span)
            }
            Some(Binding::Family(family)) => self.collect(family, span),
            Some(Binding::Layer(_)) => {
                let error = Diagnostic::new(
                    Code::E22,
                    span,
                    format!("`{name}` is a layer; it has a value when called"),
                )
                .help(format!("write `{name}(x)`"));
                self.wrong(error)
            }
            None => self.unknown_name(name, span),
        }
    }

    /// A value used as it is; in the index form only single numbers can be.
    fn whole(&mut self, value: ValueId, name: &str, span: Span) -> ValueId {
        let ty = self.ty(value).clone();
        if self.indices.is_empty() || ty.rank() == 0 {
            return value;
        }
        let error = Diagnostic::new(
            Code::E18,
            span,
            format!("`{name}` is {ty}; here each axis needs an index"),
        )
        .help(format!(
            "write `{name}[{}]`",
            ["i", "j", "k", "l", "m"][..ty.rank().min(5)].join(", ")
        ));
        self.wrong(error)
    }

    /// The numbers 1, 2, … that an index runs through.
    fn position_numbers(&mut self, index: &super::Index, span: Span) -> ValueId {
        let Some(size) = &index.size else {
            let error =
                Diagnostic::new(Code::E17, span, format!("nothing says how far {} runs", index.name)).help(format!(
                    "write its size where it is introduced: `{}:{}`",
                    index.name,
                    self.program.dims.last().map_or("..", |dim| &*dim.name)
                ));
            return self.wrong(error);
        };
        let ty = Type {
            axes: vec![Axis::new(&index.name, size.clone(), index.origin)],
            kind: Kind::Data,
        };
        let from_one = self.emit(Operation::Positions, Vec::new(), ty, span);
        let before = index.low.minus(&Size::number(1));
        if before == Size::default() {
            return from_one;
        }
        let before = self.emit(Operation::Size(before), Vec::new(), Type::data(), span);
        self.binary("add", [from_one, before], span)
    }

    pub(super) fn unary(&mut self, name: &'static str, operand: ValueId, span: Span) -> ValueId {
        if !self.takes_no_ids(name, &[operand], span) {
            return self.unknown(span);
        }
        let operand = match name {
            "log" | "log1p" | "sqrt" => self.guarded(operand, None, span),
            // An exponential is infinite only where its operand is large, and then for every entry that takes it.
            "exp" => self.guarded_entry_by_entry(operand, span),
            _ => operand,
        };
        let mut ty = self.ty(operand).clone();
        let passes_gradients = words::called(name, &[]).operand(0).kind == OperandKind::Real;
        if ty.kind != Kind::Unknown && (ty.kind != Kind::Real || !passes_gradients) {
            ty.kind = Kind::Data;
        }
        self.emit(Operation::Unary(name), vec![operand], ty, span)
    }

    pub(super) fn binary(&mut self, name: &'static str, operands: [ValueId; 2], span: Span) -> ValueId {
        if !self.may_meet(name, operands, span) {
            return self.unknown(span);
        }
        self.of_pairs(name, operands, span)
    }

    /// A function of two entries, of whatever kind they are.
    pub(super) fn of_pairs(&mut self, name: &'static str, operands: [ValueId; 2], span: Span) -> ValueId {
        let operands = match (name, operands) {
            ("div", [a, b]) => [a, self.guarded(b, Some(a), span)],
            ("pow", [a, b]) => [self.guarded(a, Some(b), span), b],
            (_, operands) => operands,
        };
        let Some((ready, axes)) = self.align(&operands, span) else {
            return self.unknown(span);
        };
        let ty = Type {
            axes,
            kind: self.joined_kind(&operands),
        };
        self.emit(Operation::Binary(name), ready, ty, span)
    }

    fn field(&mut self, of: &Expr, name: &str, name_span: Span, span: Span) -> ValueId {
        let value = self.expr(of);
        let ty = self.ty(value).clone();
        if ty.is_unknown() {
            return value;
        }
        if name != "T" {
            return self.unknown_field(name, name_span);
        }
        if ty.rank() < 2 || !self.indices.is_empty() {
            let error = Diagnostic::new(
                Code::E01,
                name_span,
                format!("{} is {ty}; `.T` needs two axes", self.text(of.span)),
            )
            .help("drop `.T`")
            .edit(
                Span {
                    start: of.span.end,
                    end: span.end,
                },
                "",
            );
            return self.wrong(error);
        }
        let rank = ty.rank();
        let mut order: Vec<usize> = (0..rank).collect();
        order.swap(rank - 2, rank - 1);
        self.turn(value, &order, span)
    }

    /// Permutes the axes as the program says, so that their indices do not stand where their equation put them.
    pub(super) fn turn(&mut self, value: ValueId, order: &[usize], span: Span) -> ValueId {
        let turned = self.permute(value, order, span);
        if turned != value {
            let axes = &mut self.program.values[turned].ty.axes;
            axes.iter_mut()
                .filter_map(|axis| axis.index.as_mut())
                .for_each(|index| index.in_place = false);
        }
        turned
    }

    pub(super) fn permute(&mut self, value: ValueId, order: &[usize], span: Span) -> ValueId {
        if order.iter().copied().eq(0..order.len()) {
            return value;
        }
        let ty = self.ty(value);
        let ty = Type {
            axes: order.iter().map(|&axis| ty.axes[axis].clone()).collect(),
            kind: ty.kind.clone(),
        };
        self.emit(Operation::Permute(order.to_vec()), vec![value], ty, span)
    }
}

/// True for operators whose left side may be a chain of any length.
fn is_chained(operator: Binary) -> bool {
    matches!(operator, Binary::Add | Binary::Sub | Binary::Mul | Binary::Div)
}

/// The op of an arithmetic operator.
fn arithmetic(operator: Binary) -> Option<&'static str> {
    Some(match operator {
        Binary::Add => "add",
        Binary::Sub => "sub",
        Binary::Mul => "mul",
        Binary::Div => "div",
        Binary::Pow => "pow",
        _ => return None,
    })
}
