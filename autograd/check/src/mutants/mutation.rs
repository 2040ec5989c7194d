//! The mistakes that can be planted in a gradient, and which diagnosis names each of them.

use crate::function::expanded_graph::GraphEdit;
use crate::mistakes::Mistake;
use crate::mistakes::hypotheses::{GraphMistake, JacobianMistake, ResultMistake, UpstreamMistake};
use crate::verdict::faults::Cause;

/// A mistake to plant in the gradient of one operand.
#[derive(Clone, Debug, PartialEq)]
pub enum Mutation {
    /// The sign is flipped.
    Negated,
    /// The gradient is doubled.
    Doubled,
    /// The gradient is halved.
    Halved,
    /// All entries are 0.
    Zero,
    /// The gradient is divided by the number of entries of the result.
    Averaged,
    /// The largest entry is wrong by one part in a thousand.
    SlightlyOff,
    /// The last entry is 0.
    LastEntryLost,
    /// The axes are exchanged, and the numbers read in the order of memory.
    Transposed,
    /// The entries are shifted by one place along the last axis.
    Shifted,
    /// The entries are reversed along the last axis.
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
    /// The gradient is that of the previous forward().
    Stale,
    /// Each backward() adds to the one before.
    Accumulated,
    /// The gradient is that of another operand of the same shape.
    Swapped,
    /// One edge of the graph is wrong.
    Graph(GraphEdit),
}

/// The mutations that any gradient can have.
pub const MUTATIONS: &[Mutation] = &[
    Mutation::Negated,
    Mutation::Doubled,
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

    /// True if this mistake is this mutation.
    pub(crate) fn is_named_by(&self, mistake: &Mistake) -> bool {
        match self {
            Self::Negated => is_result(mistake, &ResultMistake::Sign),
            Self::Doubled => is_result(mistake, &ResultMistake::Factor("2")),
            Self::Halved => is_result(mistake, &ResultMistake::Factor("1/2")),
            Self::Zero => is_result(mistake, &ResultMistake::Zero),
            Self::Averaged => matches!(
                mistake,
                Mistake::Result(ResultMistake::SizeFactor { power: "1/n", .. })
                    | Mistake::Jacobian(JacobianMistake::BroadcastAveraged)
            ),
            Self::Transposed => matches!(
                mistake.first(),
                Mistake::Result(ResultMistake::ReadAs(_) | ResultMistake::Permuted(_))
            ),
            Self::Shifted => matches!(mistake, Mistake::Result(ResultMistake::Shifted(..))),
            Self::Reversed => matches!(mistake, Mistake::Result(ResultMistake::Reversed(_))),
            Self::Clipped => is_result(mistake, &ResultMistake::ClippedAtZero),
            Self::Magnitude => is_result(mistake, &ResultMistake::Magnitude),
            Self::UpstreamIgnored => *mistake == Mistake::Upstream(UpstreamMistake::Ignored),
            Self::UpstreamSquared => *mistake == Mistake::Upstream(UpstreamMistake::Squared),
            Self::UpstreamFirst => matches!(mistake.first(), Mistake::Upstream(UpstreamMistake::OnlyFirst(_))),
            Self::UpstreamLast => matches!(mistake.first(), Mistake::Upstream(UpstreamMistake::OnlyLast(_))),
            Self::Swapped => matches!(mistake.first(), Mistake::Jacobian(JacobianMistake::SwappedWith(_))),
            Self::Graph(edit) => {
                matches!(mistake, Mistake::Graph(GraphMistake::Edit { edit: named, .. }) if named == edit)
            }
            // No mistake names the first two; the others show after other calls.
            Self::SlightlyOff | Self::LastEntryLost | Self::Accumulated | Self::Stale => false,
        }
    }
}

/// The fault that names a mutation which shows only after other calls.
impl Mutation {
    pub(crate) fn cause(&self) -> Option<Cause> {
        match self {
            Self::Accumulated => Some(Cause::Impure),
            Self::Stale => Some(Cause::Stale),
            _ => None,
        }
    }
}

fn is_result(mistake: &Mistake, wanted: &ResultMistake) -> bool {
    matches!(mistake, Mistake::Result(result) if result == wanted)
}
