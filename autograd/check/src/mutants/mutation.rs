//! The mistakes that can be planted in a gradient, and by which words of a diagnosis each is named.

use crate::diagnosis::expanded_graph::GraphEdit;

/// A mistake to plant in the gradient of one operand.
#[derive(Clone, Debug, PartialEq)]
pub enum Mutation {
    /// The sign is flipped.
    Negated,
    /// Twice as large.
    DoubleDouble,
    /// Half as large.
    Halved,
    /// All 0.
    Zero,
    /// Divided by the number of entries of the result.
    Averaged,
    /// The largest entry is wrong by one part in a thousand.
    SlightlyOff,
    /// The last entry is 0.
    LastEntryLost,
    /// The axes are exchanged, and the numbers read in the order of memory.
    Transposed,
    /// Shifted by one place along the last axis.
    Shifted,
    /// In the opposite order along the last axis.
    Reversed,
    /// Negative entries are lost.
    Clipped,
    /// Only the magnitude is kept.
    Magnitude,
    /// The upstream gradient counts as 1.
    UpstreamIgnored,
    /// The upstream gradient is squared.
    UpstreamSquared,
    /// Only the first slice of the upstream gradient counts.
    UpstreamFirst,
    /// Only the last slice of the upstream gradient counts.
    UpstreamLast,
    /// It belongs to the forward() before.
    Stale,
    /// Each backward() adds to the one before.
    Accumulated,
    /// The gradient of another operand of the same shape.
    Swapped,
    /// One edge of the graph is wrong.
    Graph(GraphEdit),
}

/// The mutations that any gradient can have.
pub const MUTATIONS: &[Mutation] = &[
    Mutation::Negated,
    Mutation::DoubleDouble,
    Mutation::Halved,
    Mutation::Zero,
    Mutation::Averaged,
    Mutation::SlightlyOff,
    Mutation::LastEntryLost,
    Mutation::Transposed,
    Mutation::Shifted,
    Mutation::Reversed,
    Mutation::Clipped,
    Mutation::Magnitude,
    Mutation::UpstreamIgnored,
    Mutation::UpstreamSquared,
    Mutation::UpstreamFirst,
    Mutation::UpstreamLast,
    Mutation::Stale,
    Mutation::Accumulated,
    Mutation::Swapped,
];

impl Mutation {
    /// A short name, to plant it from the command line.
    pub fn name(&self) -> String {
        match self {
            Self::Graph(edit) => format!("graph:{edit}"),
            other => {
                let text = format!("{other:?}");
                let mut name = String::new();
                for letter in text.chars() {
                    if letter.is_uppercase() && !name.is_empty() {
                        name.push('-');
                    }
                    name.extend(letter.to_lowercase());
                }
                name
            }
        }
    }

    /// Causes by which a diagnosis names this mutation in so many words.
    pub fn is_named_by(&self, cause: &str) -> bool {
        match self {
            Self::Negated => cause == "sign",
            Self::DoubleDouble => cause == "factor 2",
            Self::Halved => cause == "factor 1/2",
            Self::Zero => cause == "zero",
            Self::Averaged => cause.starts_with("factor 1/n") || cause == "averaged",
            Self::SlightlyOff | Self::LastEntryLost => false,
            Self::Transposed => cause.starts_with("read as") || cause.starts_with("permuted"),
            Self::Shifted => cause.starts_with("shifted"),
            Self::Reversed => cause.starts_with("reversed"),
            Self::Clipped => cause == "clipped at 0",
            Self::Magnitude => cause == "magnitude",
            Self::UpstreamIgnored => cause == "upstream ignored",
            Self::UpstreamSquared => cause == "upstream squared",
            Self::UpstreamFirst => cause.starts_with("upstream first"),
            Self::UpstreamLast => cause.starts_with("upstream last"),
            Self::Stale => cause == "stale",
            Self::Accumulated => cause == "impure",
            Self::Swapped => cause.starts_with("swapped"),
            Self::Graph(edit) => cause == edit.to_string(),
        }
    }
}
