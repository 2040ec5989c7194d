//! One mistake in the backward pass of a graph: an edge or a node whose contributions are wrong.

use std::cmp::Ordering;
use std::fmt;

/// One mistake in the backward pass of a graph.
///
/// Its text is the word that reports and the command line use for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GraphEdit {
    /// The contributions along these edges are left out.
    Drop(GraphEdge),
    /// The contributions along these edges are counted twice.
    Double(GraphEdge),
    /// The contributions along these edges have the wrong sign.
    Negate(GraphEdge),
    /// The upstream gradient is passed on along these edges without the local derivative.
    PassOn(GraphEdge),
    /// The factor of the derivative is the operand itself instead of the other operand.
    OwnFactor(GraphEdge),
    /// The factor of the derivative is another variable of the same shape, of the same round of a loop.
    OtherFactor(GraphEdge, GraphVariable),
    /// The factor of the derivative is another variable of the same shape, of the round before; 0 in the first.
    EarlierFactor(GraphEdge, GraphVariable),
    /// The local derivative is this formula of the operand `x`, the result `y` and the right derivative `d`.
    Local(GraphEdge, &'static str),
    /// Of the contributions to these nodes only the one from the last use counts.
    LastUse(GraphVariable),
    /// Of the contributions to these nodes only the one from the first use counts.
    FirstUse(GraphVariable),
}

/// All edges that one line of a formula records: which line, and which operand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraphEdge {
    /// The line and the op.
    pub group: String,
    /// The position of the operand.
    pub position: usize,
    /// The edge in words: from where, through what.
    pub words: Label,
}

/// All nodes that one line of a formula records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraphVariable {
    /// The line and the op.
    pub group: String,
    /// The first of them as a formula.
    pub words: Label,
}

/// Words that a reader sees; they do not tell things apart.
#[derive(Clone, Debug)]
pub struct Label(pub String);

impl PartialEq for Label {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Label {}

impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Label {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl GraphEdit {
    /// The edges whose contributions are wrong; `None` if the mistake is in how a node adds them up.
    pub(crate) fn edge(&self) -> Option<&GraphEdge> {
        match self {
            Self::Drop(edge)
            | Self::Double(edge)
            | Self::Negate(edge)
            | Self::PassOn(edge)
            | Self::OwnFactor(edge)
            | Self::OtherFactor(edge, _)
            | Self::EarlierFactor(edge, _)
            | Self::Local(edge, _) => Some(edge),
            Self::LastUse(_) | Self::FirstUse(_) => None,
        }
    }

    /// True if another variable or another derivative is taken for the right one: there are many of these.
    pub(crate) fn is_exchange(&self) -> bool {
        matches!(self, Self::OtherFactor(..) | Self::EarlierFactor(..) | Self::Local(..))
    }

    /// The words of the place, to make them unique.
    pub(super) fn label_mut(&mut self) -> &mut String {
        match self {
            Self::Drop(edge)
            | Self::Double(edge)
            | Self::Negate(edge)
            | Self::PassOn(edge)
            | Self::OwnFactor(edge)
            | Self::OtherFactor(edge, _)
            | Self::EarlierFactor(edge, _)
            | Self::Local(edge, _) => &mut edge.words.0,
            Self::LastUse(of) | Self::FirstUse(of) => &mut of.words.0,
        }
    }
}

impl fmt::Display for GraphEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, edge) = match self {
            Self::Drop(edge) => ("lost", edge),
            Self::Double(edge) => ("twice", edge),
            Self::Negate(edge) => ("negated", edge),
            Self::PassOn(edge) => ("passed-on", edge),
            Self::OwnFactor(edge) => ("own-factor", edge),
            Self::OtherFactor(edge, other) => return write!(f, "factor {}: {}", other.words.0, edge.words.0),
            Self::EarlierFactor(edge, other) => {
                return write!(f, "factor {} of the round before: {}", other.words.0, edge.words.0);
            }
            Self::Local(edge, formula) => return write!(f, "derivative {formula}: {}", edge.words.0),
            Self::LastUse(of) => return write!(f, "last-use: {}", of.words.0),
            Self::FirstUse(of) => return write!(f, "first-use: {}", of.words.0),
        };
        write!(f, "{name}: {}", edge.words.0)
    }
}
