//! Expressions as they are written.

use super::{Axis, Ident, Shape};
use crate::span::Span;

/// An expression with its place.
///
/// A chain such as `a + b - c` is a tree that is deep on its left side, however many operands it has. What visits
/// expressions goes along a chain in a loop ([`Expr::chain`]) and uses recursion for what is nested.
#[derive(Debug)]
pub struct Expr {
    /// Its kind, with the parts of that kind.
    pub kind: ExprKind,
    /// Its place in the source.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal number; never negative, `inf` is infinite.
    Number(f64),
    /// A name.
    Name(String),
    /// `-a`.
    Neg(Box<Expr>),
    /// `a + b`.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `if c then u else v`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `x.T`.
    Field(Box<Expr>, Ident),
    /// `x[t, j]`.
    Index(Box<Expr>, Vec<Expr>),
    /// `2..T`, as a position in brackets.
    Range(Box<Expr>, Box<Expr>),
    /// `(x as [q:T, dk])`.
    As(Box<Expr>, Shape),
    /// `f(x, over k)`.
    Call(Box<Expr>, Vec<Arg>),
    /// `sum(i: …)`, and `softmax(i: …)`.
    Reduce(Ident, Vec<Index>, Box<Expr>),
}

/// An index that a reduction runs over, from 1 on, or over the positions of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Its name.
    pub name: Ident,
    /// The first and the last position, if they are written.
    pub range: Option<Box<(Expr, Expr)>>,
}

/// The binary operators, from the one that binds loosest to the one that binds tightest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Binary {
    Or,
    And,
    Less,
    LessEqual,
    Equal,
    NotEqual,
    GreaterEqual,
    Greater,
    Add,
    Sub,
    Mul,
    Div,
    Matmul,
    Pow,
}

/// One operator of a chain.
#[derive(Clone, Copy, Debug)]
pub struct Link<'e> {
    /// The operator.
    pub operator: Binary,
    /// Everything before it.
    pub left: &'e Expr,
    /// What follows it.
    pub right: &'e Expr,
    /// The chain up to here.
    pub whole: &'e Expr,
}

impl Drop for Expr {
    fn drop(&mut self) {
        let mut kind = std::mem::replace(&mut self.kind, ExprKind::Number(0.0));
        while let ExprKind::Binary(_, mut left, _) = kind {
            kind = std::mem::replace(&mut left.kind, ExprKind::Number(0.0));
        }
    }
}

impl Clone for Expr {
    fn clone(&self) -> Self {
        let (first, links) = self.chain();
        let first = Self {
            kind: first.kind.clone(),
            span: first.span,
        };
        links.into_iter().fold(first, |left, link| Self {
            kind: ExprKind::Binary(link.operator, Box::new(left), link.right.clone().into()),
            span: link.whole.span,
        })
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        let ((first, links), (other, others)) = (self.chain(), other.chain());
        let same = |(own, other): (&Link<'_>, &Link<'_>)| own.operator == other.operator && own.right == other.right;
        first.kind == other.kind && links.len() == others.len() && links.iter().zip(&others).all(same)
    }
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// `over k`: which axes the function works along.
    Over(Vec<Ident>),
    /// `D => [h:H, dk]`: an axis into several; also how an attribute is given.
    Split(Ident, Shape),
    /// `[h, dk] => D`: several axes into one.
    Merge(Shape, Axis),
    /// A value.
    Value(Expr),
}

/// Every operator with its sign or word, in the order of the enum.
const SIGNS: [(Binary, &str); 14] = [
    (Binary::Or, "or"),
    (Binary::And, "and"),
    (Binary::Less, "<"),
    (Binary::LessEqual, "<="),
    (Binary::Equal, "=="),
    (Binary::NotEqual, "!="),
    (Binary::GreaterEqual, ">="),
    (Binary::Greater, ">"),
    (Binary::Add, "+"),
    (Binary::Sub, "-"),
    (Binary::Mul, "*"),
    (Binary::Div, "/"),
    (Binary::Matmul, "@"),
    (Binary::Pow, "^"),
];

const _: () = {
    let mut place = 0;
    while place < SIGNS.len() {
        assert!(SIGNS[place].0 as usize == place, "the table has the order of the enum");
        place += 1;
    }
};

impl Binary {
    /// The sign or word.
    pub fn sign(self) -> &'static str {
        SIGNS[self as usize].1
    }

    /// The operator of this sign.
    pub fn of_sign(sign: &str) -> Option<Self> {
        SIGNS
            .iter()
            .find(|(_, own)| *own == sign)
            .map(|(operator, _)| *operator)
    }

    /// True for comparisons, such as `<` and `==`.
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Less | Self::LessEqual | Self::Equal | Self::NotEqual | Self::GreaterEqual | Self::Greater
        )
    }
}

impl Expr {
    /// The operand that a chain begins with, and each operator with its right side, in the order of evaluation.
    ///
    /// An expression that is no chain is its own first operand.
    pub fn chain(&self) -> (&Self, Vec<Link<'_>>) {
        self.chain_of(|_| true)
    }

    /// The chain of those operators alone that meet a condition.
    pub fn chain_of(&self, meets: impl Fn(Binary) -> bool) -> (&Self, Vec<Link<'_>>) {
        let (mut first, mut links) = (self, Vec::new());
        while let ExprKind::Binary(operator, left, right) = &first.kind
            && meets(*operator)
        {
            links.push(Link {
                operator: *operator,
                left,
                right,
                whole: first,
            });
            first = left;
        }
        links.reverse();
        (first, links)
    }

    /// The name, if the expression is a name.
    pub fn as_name(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }
}
