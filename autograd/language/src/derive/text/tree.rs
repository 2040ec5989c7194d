//! Builders of syntax trees; their parts have no place in a source.

use crate::meaning::program::AttributeNumber;
use crate::meaning::types::{self, Kind};
use crate::span::Span;
use crate::syntax::ast::*;
use crate::syntax::token::KEYWORDS;

pub(super) fn written(number_or_size: &AttributeNumber) -> Expr {
    match number_or_size {
        AttributeNumber::Number(value) => signed(*value),
        AttributeNumber::Size(size) => size.to_expr(),
    }
}

pub(super) fn engine_call(op: &str, operands: Vec<Expr>, attributes: Vec<(&str, Vec<Expr>)>) -> Expr {
    let callee = expr(ExprKind::Field(Box::new(name("engine")), ident(op)));
    let mut args: Vec<Arg> = operands.into_iter().map(Arg::Value).collect();
    // Nothing is said about no axes, except of those to go over, of which there are all if nothing is said.
    let is_said = |(field, numbers): &(&str, Vec<Expr>)| !numbers.is_empty() || *field == "over";
    for (field, numbers) in attributes.into_iter().filter(is_said) {
        let axes = numbers.into_iter().map(|number| Axis::Size(None, number)).collect();
        let shape = Shape {
            axes,
            span: Span::default(),
        };
        args.push(Arg::Split(ident(field), shape));
    }
    expr(ExprKind::Call(Box::new(callee), args))
}

pub(super) fn operator_of(op: &str) -> Binary {
    match op {
        "add" => Binary::Add,
        "sub" => Binary::Sub,
        "mul" => Binary::Mul,
        "div" => Binary::Div,
        _ => Binary::Pow,
    }
}

pub(super) fn is_name(label: &str) -> bool {
    let mut letters = label.chars();
    let begins = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    begins && letters.all(|c| c.is_alphabetic() || c == '_' || c.is_ascii_digit()) && !KEYWORDS.contains(&label)
}

pub(super) fn decl(name: &str, ty: &types::Type) -> Decl {
    let dtype = match &ty.kind {
        Kind::Real | Kind::Unknown => None,
        Kind::Data => Some(Dtype::Data),
        Kind::Bool => Some(Dtype::Bool),
        Kind::Int => Some(Dtype::Int),
        Kind::Id(size) => Some(Dtype::Id(size.to_expr())),
    };
    Decl {
        name: ident(name),
        shape: (ty.rank() > 0).then(|| shape(&ty.axes)),
        dtype,
    }
}

/// The axes as they are written: the label only if it is not the size, and can stand as a name.
pub(super) fn shape(axes: &[types::Axis]) -> Shape {
    let axis = |axis: &types::Axis| {
        let plain = *axis.label == axis.size.to_string() || !is_name(&axis.label);
        Axis::Size((!plain).then(|| ident(&axis.label)), axis.size.to_expr())
    };
    Shape {
        axes: axes.iter().map(axis).collect(),
        span: Span::default(),
    }
}

pub(super) fn ident(name: &str) -> Ident {
    Ident {
        name: name.to_string(),
        span: Span::default(),
    }
}

pub(super) fn expr(kind: ExprKind) -> Expr {
    Expr {
        kind,
        span: Span::default(),
    }
}

pub(super) fn name(name: &str) -> Expr {
    expr(ExprKind::Name(name.to_string()))
}

pub(super) fn number(value: f64) -> Expr {
    expr(ExprKind::Number(value))
}

pub(super) fn signed(value: f64) -> Expr {
    if value < 0.0 {
        expr(ExprKind::Neg(Box::new(number(-value))))
    } else {
        number(value)
    }
}

pub(super) fn binary(operator: Binary, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary(operator, Box::new(left), Box::new(right)))
}

pub(super) fn call(function: &str, values: Vec<Expr>, over: Option<Vec<Ident>>) -> Expr {
    let args = values.into_iter().map(Arg::Value).chain(over.map(Arg::Over)).collect();
    expr(ExprKind::Call(Box::new(name(function)), args))
}
