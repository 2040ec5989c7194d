//! Types of values: axes with a label and a size each, and the kind of numbers.

use std::fmt;
use std::rc::Rc;

use crate::meaning::size::Size;
use crate::span::Span;

/// One axis: its name, its length, and the place of its declaration.
///
/// Two axes are equal if they have the same name and length, by whatever index each was made.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The name by which `over` and the alignment of operands find it.
    pub label: Rc<str>,
    /// Its length.
    pub size: Size,
    /// The place of its declaration.
    pub origin: Span,
    /// The index that made it, another name by which `over` finds it.
    pub index: Option<AxisIndex>,
}

/// The index that made an axis: `q` of `S[q, k] = ..`, or `t` of a row `h[t]`.
#[derive(Clone, Debug)]
pub struct AxisIndex {
    /// The index as it is written.
    pub name: Rc<str>,
    /// True as long as the axis stands where its equation put it, false behind `.T` and `order`.
    pub in_place: bool,
}

impl PartialEq for Axis {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.size == other.size
    }
}

impl Eq for Axis {}

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
            index: None,
        }
    }

    /// True if `over` finds the axis by this name.
    pub fn is_called(&self, name: &str) -> bool {
        *self.label == *name || self.index_name() == Some(name)
    }

    /// The index that made it.
    pub fn index_name(&self) -> Option<&str> {
        self.index.as_ref().map(|index| &*index.name)
    }

    /// The same axis, made by this index.
    pub fn made_by(self, name: &str) -> Self {
        Self {
            index: Some(AxisIndex {
                name: name.into(),
                in_place: true,
            }),
            ..self
        }
    }

    /// The name that tells it from the other axes of its value, if one does: its label, or else its index.
    pub fn name_among<'a>(&'a self, axes: &[Self]) -> Option<&'a str> {
        let is_only = |name: &&str| axes.iter().filter(|other| other.is_called(name)).count() == 1;
        [Some(&*self.label), self.index_name()]
            .into_iter()
            .flatten()
            .find(is_only)
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
