//! Expressions with the fewest parentheses.

use super::Printer;
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

impl Printer<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Number(value) => self.word(&number(*value)),
            ExprKind::Name(name) => self.word(name),
            ExprKind::Neg(operand) => {
                self.word("-");
                self.part(operand, 6);
            }
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right),
            ExprKind::If(condition, yes, no) => {
                self.word("if ");
                self.expr(condition);
                self.word(" then ");
                self.expr(yes);
                self.word(" else ");
                self.expr(no);
            }
            ExprKind::Field(of, name) => {
                self.part(of, 8);
                self.word(".");
                self.word(&name.name);
            }
            ExprKind::Index(of, positions) => {
                self.part(of, 8);
                self.word("[");
                self.list(positions, Self::position);
                self.word("]");
            }
            ExprKind::Call(callee, args) => {
                self.part(callee, 8);
                self.word("(");
                self.list(args, Self::arg);
                self.word(")");
            }
            ExprKind::Range(first, last) => {
                self.position(first);
                self.word("..");
                self.position(last);
            }
            ExprKind::As(of, shape) => {
                self.word("(");
                self.expr(of);
                self.word(" as ");
                self.shape(shape);
                self.word(")");
            }
            ExprKind::Reduce(reducer, indices, body) => {
                self.word(&reducer.name);
                self.word("(");
                self.list(indices, Self::index);
                self.word(": ");
                self.expr(body);
                self.word(")");
            }
        }
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
        let open = strength(expr) < needed;
        if open {
            self.word("(");
        }
        self.expr(expr);
        if open {
            self.word(")");
        }
    }

    fn binary(&mut self, operator: Binary, left: &Expr, right: &Expr) {
        let own = operator_strength(operator);
        let (left_needs, right_needs) = match operator {
            Binary::Pow => (8, 6),
            _ if operator.is_comparison() => (4, 4),
            _ => (own, own + 1),
        };
        self.part(left, left_needs);
        if operator == Binary::Pow {
            self.word("^");
        } else {
            self.word(" ");
            self.word(operator.sign());
            self.word(" ");
        }
        self.part(right, right_needs);
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
        self.word("[");
        self.list(axes, Self::axis);
        self.word("]");
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
