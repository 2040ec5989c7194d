//! Expressions: one method for each level of binding strength.

use super::{Parser, Read, Stop};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::span::Span;
use crate::syntax::ast::{Arg, Binary, Expr, ExprKind, Ident, Index};
use crate::syntax::token::TokenKind;

/// The functions that work along an index: `sum(i: …)` reduces it away, `softmax(i: …)` keeps it.
pub const REDUCERS: &[&str] = &[
    "sum",
    "mean",
    "var",
    "max",
    "min",
    "prod",
    "logsumexp",
    "softmax",
    "log_softmax",
    "cumsum",
];

impl Parser {
    pub(super) fn expr(&mut self) -> Read<Expr> {
        if !self.is("if") {
            return self.arith();
        }
        let start = self.bump().span;
        self.deeper()?;
        let condition = self.cond()?;
        self.expect("then", "after the condition")?;
        let yes = self.expr()?;
        self.expect("else", "after the first value: `if` always has both")?;
        let no = self.expr()?;
        self.depth -= 1;
        let span = start.to(no.span);
        let kind = ExprKind::If(Box::new(condition), Box::new(yes), Box::new(no));
        Ok(Expr { kind, span })
    }

    pub(super) fn arith(&mut self) -> Read<Expr> {
        self.left_associative(&[Binary::Add, Binary::Sub], Self::term)
    }

    fn term(&mut self) -> Read<Expr> {
        self.left_associative(&[Binary::Mul, Binary::Div, Binary::Matmul], Self::unary)
    }

    /// `operand { operator operand }`, a chain: it may be as long as one likes.
    pub(super) fn left_associative(
        &mut self,
        operators: &[Binary],
        operand: fn(&mut Self) -> Read<Expr>,
    ) -> Read<Expr> {
        let mut left = operand(self)?;
        while let Some(&operator) = operators.iter().find(|operator| self.is(operator.sign())) {
            self.at += 1;
            let right = operand(self)?;
            left = Self::binary(operator, left, right);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Read<Expr> {
        if !self.is("-") {
            return self.power();
        }
        let start = self.bump().span;
        self.deeper()?;
        let operand = self.unary()?;
        self.depth -= 1;
        let span = start.to(operand.span);
        let kind = ExprKind::Neg(Box::new(operand));
        Ok(Expr { kind, span })
    }

    fn power(&mut self) -> Read<Expr> {
        let base = self.postfix()?;
        if !self.eat("^") {
            return Ok(base);
        }
        self.deeper()?;
        let exponent = self.unary()?;
        self.depth -= 1;
        Ok(Self::binary(Binary::Pow, base, exponent))
    }

    fn postfix(&mut self) -> Read<Expr> {
        let depth = self.depth;
        let mut expr = self.primary()?;
        while ["[", "(", "."].iter().any(|sign| self.is(sign)) {
            self.deeper()?;
            let start = expr.span;
            let kind = if self.eat(".") {
                ExprKind::Field(Box::new(expr), self.name("a name such as `T`")?)
            } else if self.eat("[") {
                let positions = self.list(Self::position)?;
                self.expect("]", "after the positions")?;
                ExprKind::Index(Box::new(expr), positions)
            } else {
                self.at += 1;
                let args = if self.is(")") {
                    Vec::new()
                } else {
                    self.list(Self::arg)?
                };
                self.expect(")", "after the arguments")?;
                ExprKind::Call(Box::new(expr), args)
            };
            expr = Expr {
                kind,
                span: start.to(self.last_span()),
            };
        }
        self.depth = depth;
        Ok(expr)
    }

    /// A position in brackets, or a range of them.
    fn position(&mut self) -> Read<Expr> {
        let first = self.expr()?;
        if !self.eat("..") {
            return Ok(first);
        }
        let last = self.arith()?;
        let span = first.span.to(last.span);
        let kind = ExprKind::Range(Box::new(first), Box::new(last));
        Ok(Expr { kind, span })
    }

    fn primary(&mut self) -> Read<Expr> {
        if self.is("(") {
            let start = self.bump().span;
            self.deeper()?;
            let mut inner = self.expr()?;
            self.depth -= 1;
            if self.eat("as") {
                let kind = ExprKind::As(Box::new(inner), self.shape()?);
                inner = Expr { kind, span: start };
            }
            inner.span = start.to(self.expect(")", "to close the parenthesis")?);
            return Ok(inner);
        }
        if self.eat("inf") {
            let span = self.last_span();
            return Ok(Self::number(f64::INFINITY, span));
        }
        match self.peek().kind {
            TokenKind::Number => {
                let value = self.literal()?;
                Ok(Self::number(value, self.last_span()))
            }
            TokenKind::Name if self.begins_reduction() => self.reduction(),
            TokenKind::Name => {
                let token = self.bump();
                let kind = ExprKind::Name(token.text);
                Ok(Expr { kind, span: token.span })
            }
            _ => Err(self.fail("a value was expected")),
        }
    }

    /// A number, which must be one that can be computed with: `1e999` and `9007199254740993` are not.
    pub(super) fn literal(&mut self) -> Read<f64> {
        let token = self.bump();
        let digits = |text: &str| text.chars().any(|digit| ('1'..='9').contains(&digit));
        let mantissa = token.text.split(['e', 'E']).next().unwrap_or_default();
        let value: f64 = token
            .text
            .parse()
            .expect("the lexer gives only digits, point and exponent");
        let is_whole = token.text.chars().all(|digit| digit.is_ascii_digit());
        let why = if value.is_infinite() {
            "this is beyond the largest number, which is about 1.8e308; infinity is `inf`"
        } else if value == 0.0 && digits(mantissa) {
            "this is below the smallest number, which is about 5e-324; write 0 if you mean 0"
        } else if is_whole && format!("{value:.0}") != token.text.trim_start_matches('0') && value != 0.0 {
            "whole numbers beyond 2^53 are rounded, and this is one of them"
        } else {
            return Ok(value);
        };
        self.diagnostics.push(Diagnostic::new(Code::E00, token.span, why));
        Err(Stop)
    }

    /// True at `sum(i, j:`, and at `sum(i =`.
    fn begins_reduction(&self) -> bool {
        if !REDUCERS.contains(&self.peek().text.as_str()) || !self.is_ahead(1, "(") {
            return false;
        }
        let mut ahead = 2;
        while self.is_name_ahead(ahead) && self.is_ahead(ahead + 1, ",") {
            ahead += 2;
        }
        self.is_name_ahead(ahead) && [":", "="].iter().any(|sign| self.is_ahead(ahead + 1, sign))
    }

    fn reduction(&mut self) -> Read<Expr> {
        let reducer = self.name("a reduction")?;
        self.expect("(", "after the reduction")?;
        let indices = self.list(Self::index)?;
        self.expect(":", "after the indices")?;
        self.deeper()?;
        let body = self.expr()?;
        self.depth -= 1;
        let end = self.expect(")", "to close the reduction")?;
        let span = reducer.span.to(end);
        let kind = ExprKind::Reduce(reducer, indices, Box::new(body));
        Ok(Expr { kind, span })
    }

    fn index(&mut self) -> Read<Index> {
        let name = self.name("an index")?;
        if !self.eat("=") {
            return Ok(Index { name, range: None });
        }
        let first = self.arith()?;
        self.expect("..", "between the first and the last position")?;
        let range = Some(Box::new((first, self.arith()?)));
        Ok(Index { name, range })
    }

    fn arg(&mut self) -> Read<Arg> {
        if self.is("over") && self.is_ahead(1, "=>") {
            let span = self.bump().span;
            self.at += 1;
            let name = "over".to_string();
            return Ok(Arg::Split(Ident { name, span }, self.shape_or_nothing()?));
        }
        if self.eat("over") {
            return Ok(Arg::Over(self.list(|p| p.name("the name of an axis"))?));
        }
        if self.is("[") {
            let from = self.shape()?;
            self.expect("=>", "after the axes to be merged")?;
            return Ok(Arg::Merge(from, self.axis()?));
        }
        if self.is_name_ahead(0) && self.is_ahead(1, "=>") {
            let from: Ident = self.name("the name of an axis")?;
            self.at += 1;
            return Ok(Arg::Split(from, self.shape_or_nothing()?));
        }
        let value = self.expr()?;
        if !self.eat("as") {
            return Ok(Arg::Value(value));
        }
        let shape = self.shape()?;
        let span = value.span.to(shape.span);
        let kind = ExprKind::As(Box::new(value), shape);
        Ok(Arg::Value(Expr { kind, span }))
    }

    fn number(value: f64, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Number(value),
            span,
        }
    }

    pub(crate) fn binary(operator: Binary, left: Expr, right: Expr) -> Expr {
        let span = left.span.to(right.span);
        let kind = ExprKind::Binary(operator, Box::new(left), Box::new(right));
        Expr { kind, span }
    }
}
