//! Types of values: axes with a label and a size each, and the kind of numbers.

use std::fmt;
use std::rc::Rc;

use crate::meaning::size::Size;
use crate::syntax::span::Span;

/// One axis: its name, its length, and the place of its declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The name by which `over` and the alignment of operands find it.
    pub label: Rc<str>,
    /// Its length.
    pub size: Size,
    /// The place of its declaration.
    pub origin: Span,
}

/// The kind of numbers in a value.
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
    /// Ids: whole numbers from 0 to one below this size.
    Id(Size),
    /// The kind of a value with a mistake; it fits everywhere, so that one mistake gives one message.
    Unknown,
}

/// Axes and kind of numbers of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// The axes, outermost first.
    pub axes: Vec<Axis>,
    /// The kind of numbers.
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

    /// A single number without a gradient.
    pub fn data() -> Self {
        Self {
            axes: Vec::new(),
            kind: Kind::Data,
        }
    }

    /// The type of a value with a mistake.
    pub fn unknown() -> Self {
        Self {
            axes: Vec::new(),
            kind: Kind::Unknown,
        }
    }

    /// True for the type of a value with a mistake.
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
