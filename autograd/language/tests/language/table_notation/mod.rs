//! The notation of the lecture's tables, read back: a formula out of plain text or LaTeX, and its value.
//!
//! The readers know nothing of the code that prints. They know the names of a program, as a reader of a table does, and
//! how many indices each has.

pub mod arrays;
pub mod latex;
mod matrices;
pub mod text;
pub mod truth;
pub mod values;

use std::collections::{BTreeMap, BTreeSet};

/// A formula as it was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Number(f64),
    /// An index.
    Letter(String),
    /// A name, with those indices that are written.
    Symbol(String, Vec<Node>),
    Gradient(Box<Node>),
    Range(i64, i64),
    Call(String, Vec<Node>, Along),
    Neg(Box<Node>),
    /// `+ - * / ^`, `@`, `.` entry by entry, and a space where two factors stand side by side.
    Operator(char, Box<Node>, Box<Node>),
    Over(String, Vec<Bound>, Box<Node>),
    Partial(Box<Node>, Box<Node>),
    Transposed(Box<Node>),
    Cases(Vec<(Node, Condition)>, Box<Node>),
    Truth(Condition),
    Entry(Box<Node>, Vec<Node>),
}

/// An index of a sum, with the last position if it is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub letter: String,
    pub end: Option<Box<Node>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Along {
    Nothing,
    Index(Bound),
    Axes(Vec<String>),
}

/// Sides and the signs between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub sides: Vec<Node>,
    pub signs: Vec<String>,
}

/// The names of a program.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// For each value and size, how many indices it has.
    pub names: BTreeMap<String, usize>,
    /// The names that always have a position behind them: those of rows of loops.
    pub rows: BTreeSet<String>,
    /// The letter of gradients.
    pub gradient: String,
}

pub type Read<T> = Result<T, String>;

/// What reduces over an index.
pub const REDUCERS: [&str; 6] = ["sum", "mean", "max", "min", "prod", "logsumexp"];

/// Functions of entries, of arrays along an axis, and of sizes.
pub const FUNCTIONS: [&str; 32] = [
    "exp",
    "log",
    "sqrt",
    "abs",
    "tanh",
    "relu",
    "gelu",
    "gelu_tanh",
    "silu",
    "erf",
    "sin",
    "cos",
    "floor",
    "round",
    "sign",
    "log1p",
    "softplus",
    "detach",
    "clip",
    "maximum",
    "minimum",
    "softmax",
    "log_softmax",
    "cumsum",
    "flip",
    "ceil",
    "mod",
    "log_sigmoid",
    "inverse",
    "solve",
    "cholesky",
    "logdet",
];

pub fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name) || REDUCERS.contains(&name)
}

impl Vocabulary {
    pub fn count(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }
}

/// The parts of a list at commas outside of all brackets.
pub fn split_outside<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let (mut depth, mut start, mut parts) = (0i32, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && at >= start && text[at..].starts_with(separator) {
            parts.push(&text[start..at]);
            start = at + separator.len();
        }
    }
    parts.push(&text[start..]);
    parts
}
