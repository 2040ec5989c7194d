//! The models by the names that a command line and a folder have for them.

/// The models by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelName {
    /// Counts of n tokens in a row.
    Ngram,
    /// A softmax table: the bigram, by gradient.
    Table,
    /// An Elman network.
    Rnn,
    /// A long short-term memory.
    Lstm,
    /// A causal Transformer.
    Transformer,
}

impl ModelName {
    /// The models of a comparison, the simplest first.
    pub const COMPARED: [Self; 4] = [Self::Ngram, Self::Rnn, Self::Lstm, Self::Transformer];

    /// The name on the command line, and of the folder that a run has by default.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ngram => "ngram",
            Self::Table => "table",
            Self::Rnn => "rnn",
            Self::Lstm => "lstm",
            Self::Transformer => "transformer",
        }
    }
}
