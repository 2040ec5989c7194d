//! Types of values: axes with a label and a size each, and the kind of numbers.

use std::fmt;
use std::rc::Rc;

use crate::meaning::size::Size;
use crate::syntax::span::Span;

/// One axis: what it is called, how long it is, and where it was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// What `over` and the alignment of sums call it.
    pub label: Rc<str>,
    /// Its length.
    pub size: Size,
    /// Where it comes from.
    pub origin: Span,
}

/// What the numbers of a value mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Real numbers with a gradient.
    Real,
    /// Real numbers without a gradient.
    Data,
    /// 0 or 1.
    Bool,
    /// Whole numbers.
    Int,
    /// Names of so many things, counted from 0.
    Id(Size),
    /// Something after a mistake: it fits everywhere, so that one mistake gives one message.
    Unknown,
}

/// Axes and kind of numbers of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// The axes, outermost first.
    pub axes: Vec<Axis>,
    /// What the numbers mean.
    pub kind: Kind,
}

impl Axis {
    /// An axis.
    pub fn new(label: &str, size: Size, origin: Span) -> Self {
        Self {
            label: label.into(),
            size,
            origin,
        }
    }
}

impl Type {
    /// Real numbers with these axes.
    pub fn real(axes: Vec<Axis>) -> Self {
        Self { axes, kind: Kind::Real }
    }

    /// A single real number.
    pub fn scalar() -> Self {
        Self::real(Vec::new())
    }

    /// The type of something that was wrong.
    pub fn unknown() -> Self {
        Self {
            axes: Vec::new(),
            kind: Kind::Unknown,
        }
    }

    /// True after a mistake.
    pub fn is_unknown(&self) -> bool {
        self.kind == Kind::Unknown
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.axes.len()
    }

    /// The labels in order.
    pub fn labels(&self) -> Vec<&str> {
        self.axes.iter().map(|axis| &*axis.label).collect()
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.size.to_string();
        if *self.label == size {
            f.write_str(&size)
        } else {
            write!(f, "{}:{size}", self.label)
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes: Vec<String> = self.axes.iter().map(Axis::to_string).collect();
        write!(f, "[{}]", axes.join(", "))
    }
}
