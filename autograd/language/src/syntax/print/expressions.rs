//! Expressions with the fewest parentheses.

use super::pieces::{Group, Piece, Printer};
use crate::syntax::ast::{Arg, Axis, Binary, Expr, ExprKind, Index, Shape};

/// The shortest text that reads back as the same number; infinity is `inf`.
pub fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_string)
}

/// How tightly an expression binds; an operand that binds looser than its place requires needs parentheses.
fn strength(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::If(..) => 0,
        ExprKind::Binary(operator, ..) => operator_strength(*operator),
        ExprKind::Neg(_) => 6,
        ExprKind::Number(_)
        | ExprKind::Name(_)
        | ExprKind::Field(..)
        | ExprKind::Index(..)
        | ExprKind::Range(..)
        | ExprKind::As(..)
        | ExprKind::Call(..)
        | ExprKind::Reduce(..) => 8,
    }
}

fn operator_strength(operator: Binary) -> u8 {
    match operator {
        Binary::Or => 1,
        Binary::And => 2,
        Binary::Add | Binary::Sub => 4,
        Binary::Mul | Binary::Div | Binary::Matmul => 5,
        Binary::Pow => 7,
        _ => 3,
    }
}

/// How tightly the two sides of an operator have to bind.
fn needs((operator, _): (Binary, &Expr)) -> (u8, u8) {
    let own = operator_strength(operator);
    match operator {
        Binary::Pow => (8, 6),
        _ if operator.is_comparison() => (4, 4),
        _ => (own, own + 1),
    }
}

impl Printer {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Number(value) => self.word(&number(*value)),
            ExprKind::Name(name) => self.word(name),
            ExprKind::Neg(operand) => {
                self.word("-");
                self.part(operand, 6);
            }
            ExprKind::Binary(..) => self.chain(expr),
            ExprKind::If(condition, yes, no) => self.choice(condition, yes, no),
            ExprKind::Field(of, name) => {
                self.part(of, 8);
                self.word(".");
                self.word(&name.name);
            }
            ExprKind::Index(of, positions) => {
                self.part(of, 8);
                self.enclosed(["[", "]"], positions, Self::position);
            }
            ExprKind::Call(callee, args) => {
                self.part(callee, 8);
                match args.as_slice() {
                    [] => self.word("()"),
                    args => self.enclosed(["(", ")"], args, Self::arg),
                }
            }
            ExprKind::Range(first, last) => {
                self.position(first);
                self.word("..");
                self.position(last);
            }
            ExprKind::As(of, shape) => self.between(["(", ")"], |p| {
                p.expr(of);
                p.word(" as ");
                p.shape(shape);
            }),
            ExprKind::Reduce(reducer, indices, body) => self.reduce(&reducer.name, indices, body),
        }
    }

    fn choice(&mut self, condition: &Expr, yes: &Expr, no: &Expr) {
        self.group(Group::Whole, |p| {
            p.indented(|p| {
                p.word("if ");
                p.expr(condition);
                p.push(Piece::Soft(" "));
                p.word("then ");
                p.expr(yes);
                p.push(Piece::Soft(" "));
                p.word("else ");
                p.expr(no);
            });
        });
    }

    fn reduce(&mut self, reducer: &str, indices: &[Index], body: &Expr) {
        self.group(Group::Whole, |p| {
            p.word(reducer);
            p.word("(");
            p.list(indices, Self::index);
            p.word(":");
            p.indented(|p| {
                p.push(Piece::Soft(" "));
                p.expr(body);
            });
            p.push(Piece::Soft(""));
            p.word(")");
        });
    }

    /// A position in brackets; `t-1` is written without space, as on the slides.
    fn position(&mut self, position: &Expr) {
        match &position.kind {
            ExprKind::Binary(operator @ (Binary::Add | Binary::Sub), left, right)
                if matches!(left.kind, ExprKind::Name(_)) && matches!(right.kind, ExprKind::Number(_)) =>
            {
                self.expr(left);
                self.word(operator.sign());
                self.expr(right);
            }
            _ => self.expr(position),
        }
    }

    fn index(&mut self, index: &Index) {
        self.word(&index.name.name);
        if let Some(range) = &index.range {
            self.word(" = ");
            self.position(&range.0);
            self.word("..");
            self.position(&range.1);
        }
    }

    /// An operand, in parentheses if it binds looser than its place requires.
    fn part(&mut self, expr: &Expr, needed: u8) {
        if strength(expr) < needed {
            self.between(["(", ")"], |p| p.expr(expr));
        } else {
            self.expr(expr);
        }
    }

    /// Operators of one left side after the other, as far as that needs no parentheses.
    ///
    /// Those that bind tighter come first. The operators of each strength are a group around those before it, so the
    /// chain is broken at its loosest operators first.
    fn chain(&mut self, expr: &Expr) {
        let (mut first, mut links) = (expr, Vec::new());
        while let ExprKind::Binary(operator, left, right) = &first.kind
            && (links.is_empty() || strength(first) >= needs(links[links.len() - 1]).0)
        {
            links.push((*operator, &**right));
            first = left;
        }
        let strengths = links.iter().map(|link| operator_strength(link.0));
        let mut strengths: Vec<u8> = strengths.collect();
        strengths.dedup();
        for _ in &strengths {
            self.push(Piece::Open(Group::Filled));
        }
        self.part(first, links.last().map_or(0, |link| needs(*link).0));
        self.push(Piece::In);
        for link in links.into_iter().rev() {
            if strengths.last() != Some(&operator_strength(link.0)) {
                strengths.pop();
                self.push(Piece::Out);
                self.push(Piece::Close);
                self.push(Piece::In);
            }
            if link.0 == Binary::Pow {
                self.word("^");
            } else {
                self.push(Piece::Space);
                self.word(link.0.sign());
                self.push(Piece::Soft(" "));
            }
            self.part(link.1, needs(link).1);
        }
        self.push(Piece::Out);
        self.push(Piece::Close);
    }

    fn arg(&mut self, arg: &Arg) {
        match arg {
            Arg::Over(axes) => {
                self.word("over ");
                self.list(axes, |p, axis| p.word(&axis.name));
            }
            Arg::Split(from, to) => {
                self.word(&from.name);
                self.word(" => ");
                self.shape(to);
            }
            Arg::Merge(from, to) => {
                self.shape(from);
                self.word(" => ");
                self.axis(to);
            }
            Arg::Value(value) => self.expr(value),
        }
    }

    pub(super) fn shape(&mut self, shape: &Shape) {
        self.axes(&shape.axes);
    }

    pub(super) fn axes(&mut self, axes: &[Axis]) {
        match axes {
            [] => self.word("[]"),
            axes => self.enclosed(["[", "]"], axes, Self::axis),
        }
    }

    fn axis(&mut self, axis: &Axis) {
        match axis {
            Axis::Rest(_) => self.word(".."),
            Axis::Size(label, size) => {
                if let Some(label) = label {
                    self.word(&label.name);
                    self.word(":");
                }
                self.expr(size);
            }
        }
    }
}
