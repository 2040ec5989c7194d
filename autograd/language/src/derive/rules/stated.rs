//! The derivative that an op states, `BACKWARD`, as lines of a program.
//!
//! The equations are read by the parser of the language. A letter is an operand, the result, the incoming gradient, an
//! attribute, or the left side of another equation. What an op over axes says of rows holds for whole arrays: `over i`
//! is over the axes that the op reduces, and a reduced value is repeated along them where it meets an entry.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::products::transposed;
use super::{Builder, matrices};
use crate::meaning::masks::Mask;
use crate::meaning::program::{AttributeNumber, Operation};
use crate::meaning::size::Size;
use crate::meaning::types::Axis;
use crate::meaning::{matrices as functions, words};
use crate::syntax::ast::{self, Arg, Binary, Expr, ExprKind};
use crate::syntax::parse::parse_expression;
use tapegrad_core::op::{AttributeValue, Form};
use tapegrad_core::ops::{AnyOp, Entry};

/// One line whose derivative is wanted, as its op's equations see it.
pub(super) struct Stated<'a> {
    /// The op.
    pub op: &'static Entry,
    /// The values of its attributes.
    pub attributes: Vec<(&'static str, AttributeValue)>,
    /// The operands.
    pub operands: &'a [usize],
    /// The result.
    pub y: usize,
    /// Its gradient.
    pub g: usize,
    /// The axes that the op works over, of its first operand.
    pub over: &'a [usize],
    /// The left sides of other equations that were read already.
    known: RefCell<BTreeMap<String, Part>>,
}

/// What part of an equation is.
#[derive(Clone)]
enum Part {
    Line(usize),
    Number(f64),
    Choice(String),
}

impl<'a> Stated<'a> {
    /// The line of this op between these lines.
    pub fn new(op: &AnyOp, operands: &'a [usize], [y, g]: [usize; 2]) -> Self {
        Self {
            op: op.entry(),
            attributes: op
                .attributes()
                .map(|(attribute, value)| (attribute.name, value))
                .collect(),
            operands,
            y,
            g,
            over: &[],
            known: RefCell::default(),
        }
    }

    /// The same for an op that works over these axes.
    pub fn over(self, over: &'a [usize]) -> Self {
        Self { over, ..self }
    }

    /// The contribution to the operand at `position`; `None` if the equation is not one over whole arrays.
    pub fn contribution(&self, build: &mut Builder, position: usize) -> Option<usize> {
        let wanted = format!("g_{}", self.op.operands[position].name);
        match self.letter(build, &wanted)? {
            Part::Line(line) => Some(line),
            Part::Number(value) => Some(build.number(value)),
            Part::Choice(_) => None,
        }
    }

    /// The letter of the result; an equation of entries has their indices behind it.
    fn result(&self) -> Option<&'static str> {
        self.op.forward.last()?.0.split('[').next()
    }

    fn letter(&self, build: &mut Builder, name: &str) -> Option<Part> {
        let result = self.result()?;
        if name == result {
            return Some(Part::Line(self.y));
        }
        if name.strip_prefix("g_") == Some(result) {
            return Some(Part::Line(self.g));
        }
        if let Some(position) = self.op.operands.iter().position(|operand| operand.name == name) {
            return self.operands.get(position).map(|&line| Part::Line(line));
        }
        if let Some((_, value)) = self.attributes.iter().find(|(own, _)| *own == name) {
            return match value {
                AttributeValue::Number(value) => Some(Part::Number(*value)),
                AttributeValue::Count(count) => Some(Part::Number(*count as f64)),
                AttributeValue::Choice(choice, _) => Some(Part::Choice(choice.clone())),
                _ => None,
            };
        }
        if let Some((_, right)) = self.op.backward.iter().find(|(left, _)| *left == name) {
            let known = self.known.borrow().get(name).cloned();
            if known.is_some() {
                return known;
            }
            let part = self.part(build, &parse_expression(right)?)?;
            self.known.borrow_mut().insert(name.to_string(), part.clone());
            return Some(part);
        }
        // How many entries go into one of a reduction.
        if name == "n" && !self.over.is_empty() {
            let axes = self.whole(build);
            let count = self
                .over
                .iter()
                .fold(Size::number(1), |count, &axis| count.times(&axes[axis].size));
            return Some(Part::Line(build.size(count)));
        }
        Some(Part::Choice(name.to_string()))
    }

    fn part(&self, build: &mut Builder, expr: &Expr) -> Option<Part> {
        match &expr.kind {
            ExprKind::Number(value) => Some(Part::Number(*value)),
            ExprKind::Name(name) => self.letter(build, name),
            ExprKind::Neg(inner) => Some(match self.part(build, inner)? {
                Part::Number(value) => Part::Number(-value),
                Part::Line(line) => Part::Line(build.neg(line)),
                Part::Choice(_) => return None,
            }),
            ExprKind::Binary(Binary::Mul, left, slope) if self.begins_with_gradient(left) => {
                let (g, slope) = chain_rule(left, slope);
                let [g, slope] = [self.part(build, &g)?, self.part(build, &slope)?];
                self.arithmetic(build, Binary::Mul, g, slope)
            }
            ExprKind::Binary(operator, left, right) => {
                let [left, right] = [self.part(build, left)?, self.part(build, right)?];
                self.arithmetic(build, *operator, left, right)
            }
            ExprKind::If(condition, yes, no) => self.choice(build, condition, yes, no),
            ExprKind::Field(of, name) if name.name == "T" => {
                let of = self.part(build, of)?;
                let of = self.line(build, of)?;
                Some(Part::Line(transposed(build, of)))
            }
            ExprKind::Call(callee, args) => match &callee.kind {
                ExprKind::Field(of, name) if of.as_name() == Some("engine") => self.matrix(build, &name.name, args),
                ExprKind::Name(name) if functions::WORDS.contains(&name.as_str()) => self.matrix(build, name, args),
                _ => self.call(build, callee.as_name()?, args),
            },
            _ => None,
        }
    }

    fn line(&self, build: &mut Builder, part: Part) -> Option<usize> {
        match part {
            Part::Line(line) => Some(line),
            Part::Number(value) => Some(build.number(value)),
            Part::Choice(_) => None,
        }
    }

    fn arithmetic(&self, build: &mut Builder, operator: Binary, left: Part, right: Part) -> Option<Part> {
        if let (&Part::Number(a), &Part::Number(b)) = (&left, &right) {
            return Some(Part::Number(match operator {
                Binary::Add => a + b,
                Binary::Sub => a - b,
                Binary::Mul => a * b,
                Binary::Div => a / b,
                Binary::Pow => a.powf(b),
                _ => return None,
            }));
        }
        let name = match operator {
            Binary::Add => "add",
            Binary::Sub => "sub",
            Binary::Mul => "mul",
            Binary::Div => "div",
            Binary::Pow => match right {
                Part::Number(1.0) => return Some(left),
                Part::Number(0.0) => return Some(Part::Number(1.0)),
                Part::Number(n) => {
                    let a = self.line(build, left)?;
                    let ty = build.ty(a).clone();
                    return Some(Part::Line(build.push(Operation::Power(n), vec![a], ty)));
                }
                _ => "pow",
            },
            Binary::Matmul => {
                let [a, b] = [self.line(build, left)?, self.line(build, right)?];
                let mut axes = build.ty(a).axes.clone();
                axes.pop();
                axes.extend(build.ty(b).axes.last().cloned());
                return Some(Part::Line(build.matmul(a, b, axes)));
            }
            _ => return None,
        };
        let [a, b] = [self.line(build, left)?, self.line(build, right)?];
        let [a, b] = self.met(build, [a, b]);
        Some(Part::Line(build.binary(name, a, b)))
    }

    /// A function of matrices, by its word or, with attributes, by its name in the engine.
    fn matrix(&self, build: &mut Builder, name: &str, args: &[Arg]) -> Option<Part> {
        let (mut operands, mut attributes) = (Vec::new(), Vec::new());
        for arg in args {
            match arg {
                Arg::Value(value) => {
                    let value = self.part(build, value)?;
                    operands.push(self.line(build, value)?);
                }
                Arg::Split(field, shape) => {
                    let number = |axis: &ast::Axis| match axis {
                        ast::Axis::Size(None, value) => match self.part(build, value)? {
                            Part::Number(value) => Some(AttributeNumber::Number(value)),
                            _ => None,
                        },
                        _ => None,
                    };
                    let numbers: Option<Vec<AttributeNumber>> = shape.axes.iter().map(number).collect();
                    attributes.push((field.name.clone(), numbers?));
                }
                _ => return None,
            }
        }
        if name == "tril" && attributes.is_empty() {
            attributes.push(("below".to_string(), vec![AttributeNumber::Number(0.0)]));
        }
        matrices::call(build, name, operands, attributes).map(Part::Line)
    }

    /// `if condition then yes else no`, with comparisons as masks.
    fn choice(&self, build: &mut Builder, condition: &Expr, yes: &Expr, no: &Expr) -> Option<Part> {
        let ExprKind::Binary(operator, left, right) = &condition.kind else {
            return None;
        };
        if matches!(operator, Binary::And | Binary::Or) {
            let inner = Expr {
                kind: ExprKind::If(right.clone(), yes.clone().into(), no.clone().into()),
                span: condition.span,
            };
            return match operator {
                Binary::And => self.choice(build, left, &inner, no),
                _ => self.choice(build, left, yes, &inner),
            };
        }
        let [a, b] = [self.part(build, left)?, self.part(build, right)?];
        if let (Part::Choice(a), Part::Choice(b)) = (&a, &b) {
            return self.part(
                build,
                if (a == b) == (*operator == Binary::Equal) {
                    yes
                } else {
                    no
                },
            );
        }
        if let (&Part::Number(a), &Part::Number(b), Binary::Equal) = (&a, &b, operator) {
            return self.part(build, if a == b { yes } else { no });
        }
        let comparison = Mask::of(*operator);
        let difference = match comparison.sides([a, b]) {
            [a, Part::Number(0.0)] => self.line(build, a)?,
            [Part::Number(0.0), b] => {
                let b = self.line(build, b)?;
                build.neg(b)
            }
            [a, b] => {
                let [a, b] = [self.line(build, a)?, self.line(build, b)?];
                let [a, b] = self.met(build, [a, b]);
                build.binary("sub", a, b)
            }
        };
        let mask = build.unary(comparison.measure, difference);
        let [yes, no] = comparison.branches([yes, no]).map(|branch| self.part(build, branch));
        let [yes, no] = [self.line(build, yes?)?, self.line(build, no?)?];
        let [mask, yes] = self.met(build, [mask, yes]);
        let [mask, no] = self.met(build, [mask, no]);
        Some(Part::Line(build.choose(mask, yes, no)))
    }

    fn call(&self, build: &mut Builder, name: &str, args: &[Arg]) -> Option<Part> {
        let [Arg::Value(value), rest @ ..] = args else {
            return None;
        };
        let value = self.part(build, value)?;
        match rest {
            [] if name == "sqrt" => match value {
                Part::Number(value) => Some(Part::Number(value.sqrt())),
                value => self.unary(build, name, value),
            },
            [] => self.unary(build, name, value),
            [Arg::Over(_)] => {
                let value = self.line(build, value)?;
                let whole = self.whole(build);
                if name == "broadcast" {
                    return Some(Part::Line(build.repeat(value, &self.kept(whole.len()), &whole)));
                }
                if let (Some(along), &[axis]) = (words::find_form(name, Form::Along), self.over) {
                    let ty = build.ty(value).clone();
                    return Some(Part::Line(build.push(
                        Operation::Along(along.op.name, axis),
                        vec![value],
                        ty,
                    )));
                }
                let op = words::find_form(name, Form::Reduction)?.op.name;
                Some(Part::Line(build.reduce(op, value, self.over.to_vec())))
            }
            _ => None,
        }
    }

    fn unary(&self, build: &mut Builder, name: &str, value: Part) -> Option<Part> {
        let word = words::find_form(name, Form::Unary)?.word.name;
        let value = self.line(build, value)?;
        Some(Part::Line(build.unary(word, value)))
    }

    /// Two values of which one may be reduced: it gets axes of size 1 where the other has those that are reduced.
    fn met(&self, build: &mut Builder, [a, b]: [usize; 2]) -> [usize; 2] {
        let whole = self.whole(build);
        let [rank_a, rank_b] = [a, b].map(|line| build.ty(line).rank());
        if self.over.is_empty() || rank_a == rank_b {
            return [a, b];
        }
        let expanded = |build: &mut Builder, line| build.expand(line, &self.kept(whole.len()), &whole);
        match rank_a < rank_b {
            true if rank_a > 0 => [expanded(build, a), b],
            false if rank_b > 0 => [a, expanded(build, b)],
            _ => [a, b],
        }
    }

    /// True for a product whose first factor is the incoming gradient and that has others.
    fn begins_with_gradient(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Binary(Binary::Mul, left, _) => match left.as_name() {
                Some(name) => name.strip_prefix("g_").is_some_and(|of| Some(of) == self.result()),
                None => self.begins_with_gradient(left),
            },
            _ => false,
        }
    }

    /// The axes of the first operand.
    fn whole(&self, build: &Builder) -> Vec<Axis> {
        build.ty(self.operands[0]).axes.clone()
    }

    /// The places of the axes that a reduction keeps.
    fn kept(&self, rank: usize) -> Vec<usize> {
        (0..rank).filter(|axis| !self.over.contains(axis)).collect()
    }
}

/// `g * u * v` as the incoming gradient and the local slope `u * v`, as the lectures write the chain rule.
fn chain_rule(left: &Expr, last: &Expr) -> (Expr, Expr) {
    match &left.kind {
        ExprKind::Binary(Binary::Mul, g, factor) => {
            let (g, factor) = match &g.kind {
                ExprKind::Binary(Binary::Mul, ..) => chain_rule(g, factor),
                _ => ((**g).clone(), (**factor).clone()),
            };
            let kind = ExprKind::Binary(Binary::Mul, factor.into(), last.clone().into());
            (g, Expr { kind, span: last.span })
        }
        _ => (left.clone(), last.clone()),
    }
}
