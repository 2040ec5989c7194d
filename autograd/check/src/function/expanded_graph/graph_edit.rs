//! One mistake in the backward pass of a graph: an edge or a node whose contributions are wrong.

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
    /// Of the contributions to these nodes only the one from the last use counts.
    LastUse(String),
    /// Of the contributions to these nodes only the one from the first use counts.
    FirstUse(String),
}

/// All edges that one line of a formula records: which line, and which operand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraphEdge {
    /// The line and the op.
    pub group: String,
    /// The position of the operand.
    pub position: usize,
}

impl GraphEdit {
    /// The edges whose contributions are wrong; `None` if the mistake is in how a node adds them up.
    pub(crate) fn edge(&self) -> Option<&GraphEdge> {
        match self {
            Self::Drop(edge) | Self::Double(edge) | Self::Negate(edge) | Self::PassOn(edge) | Self::OwnFactor(edge) => {
                Some(edge)
            }
            Self::LastUse(_) | Self::FirstUse(_) => None,
        }
    }
}

impl fmt::Display for GraphEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, edge) = match self {
            Self::Drop(edge) => ("Drop", edge),
            Self::Double(edge) => ("Double", edge),
            Self::Negate(edge) => ("Negate", edge),
            Self::PassOn(edge) => ("PassOn", edge),
            Self::OwnFactor(edge) => ("OwnFactor", edge),
            Self::LastUse(group) => return write!(f, "LastUse({group:?})"),
            Self::FirstUse(group) => return write!(f, "FirstUse({group:?})"),
        };
        write!(
            f,
            "{name}(Edge {{ group: {:?}, position: {} }})",
            edge.group, edge.position
        )
    }
}
