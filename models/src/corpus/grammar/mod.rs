//! Generated languages with exactly known entropy.
//!
//! A model trained on natural text can only be compared with other models. A model trained on the sentences of a
//! [`Grammar`] can be compared with the truth: the entropy of the language is known exactly, so no model can be
//! better in expectation, and one that measures below it has seen the answers. Known exactly, too, are the
//! probability of every next token after any prefix and the floor that the best n-gram of each order cannot break.
//!
//! # The file
//!
//! ```
//! # use tapegrad_models::corpus::grammar::Grammar;
//! let grammar = Grammar::parse("
//! ## A comment goes to the end of the line.
//! number = sg | pl                                      # a feature and its values
//!
//! Sentence -> NP[number] Verb[number]                   # one alternative for each value, equally likely
//! NP[number] -> 3 the/D Noun[number]                    # weights 3 : 1, so probabilities 3/4 and 1/4;
//!             | 1 the/D Adjective Noun[number]          # an indented line continues the one above
//! Adjective -> old/A | 0.5 shy/A | 1/3 hungry/A         # weights are numbers or fractions; 1 if none is written
//! Noun[sg] -> narwhal/N | seal/N                        # a word with its part of speech
//! Noun[pl] -> narwhals/N | seals/N
//! Verb[sg] -> sings/V | ()                              # () is no word at all
//! Verb[pl] -> sing/V | ()
//! ")?;
//! let p = grammar.log_prob(&["the", "shy", "narwhals", "sing"]).map(f64::exp).unwrap_or(0.0);
//! assert!((p - (1./2.) * (1./4.) * (3./11.) * (1./2.) * (1./2.)).abs() < 1e-15);
//! # Ok::<(), tapegrad_models::corpus::grammar::GrammarError>(())
//! ```
//!
//! The first rule is the sentence. A feature on the left of a rule is a parameter: the rule stands for one rule
//! for each value. A feature that is only on the right stands for one alternative for each value, and these share
//! the alternative's weight equally. Recursion is an error, so sentences are bounded and every figure is exact;
//! ambiguity is an error, so the probability of a sentence is that of its one derivation.
//!
//! # Order of reading
//!
//! `lines`, `weight`, `parse`, `template`, `expand`, `nesting` make a list of plain rules out of the text. `automaton` makes of
//! those an acyclic automaton whose paths are the derivations; `ambiguity` (with `derivation` for its message)
//! checks that no two read the same words. Everything exact is then a pass over that automaton: `entropy`,
//! `positions`, `lookahead` with `floor`, `reader`, `sample`; `summary` prints it.

mod ambiguity;
mod automaton;
mod derivation;
mod entropy;
mod error;
mod expand;
mod floor;
mod lines;
mod lookahead;
mod nesting;
mod parse;
mod positions;
mod reader;
mod sample;
mod summary;
mod template;
mod weight;

#[cfg(test)]
mod tests;

pub use error::{GrammarError, LimitError, Place, Problem};
pub use floor::{CONTEXTS_MAX, Floor};
pub use positions::Position;
pub use reader::Reader;
pub use sample::Sentence;
pub use summary::Summary;

use automaton::Automaton;
use entropy::Totals;
use parse::Source;

/// A language given by an unambiguous stochastic grammar without recursion.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use tapegrad_models::corpus::grammar::Grammar;
/// let grammar = Grammar::parse("S -> narwhals/N sing/V | narwhals/N dance/V | seals/N sing/V | seals/N dance/V")?;
/// assert_eq!(grammar.vocabulary(), ["dance", "narwhals", "seals", "sing"]);
/// assert_eq!(grammar.sentence_entropy(), 4_f64.ln());                   // four equally likely sentences
/// assert_eq!(grammar.entropy_rate(), 4_f64.ln() / 3.0);                 // two words and the end
/// let sentence = grammar.sample(&mut ChaCha8Rng::seed_from_u64(0));
/// assert_eq!(sentence.tags, ["N", "V"]);
/// assert_eq!(grammar.log_prob(&sentence.words), Some(0.25_f64.ln()));
/// # Ok::<(), tapegrad_models::corpus::grammar::GrammarError>(())
/// ```
#[derive(Debug)]
pub struct Grammar {
    words: Vec<String>,
    tags: Vec<String>,
    automaton: Automaton,
    totals: Totals,
}

impl Grammar {
    /// Reads a grammar from its text.
    ///
    /// **Errors.** Anything that is not an unambiguous grammar without recursion, with its place and the mend.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let source: Source = parse::parse(text)?;
        let expanded = expand::expand(&source)?;
        let whole = |problem| GrammarError {
            at: source.rules[0].name.at,
            problem,
        };
        let automaton = Automaton::of(&expanded).map_err(whole)?;
        if let Some(sentence) = ambiguity::ambiguous_sentence(&automaton).map_err(whole)? {
            return Err(whole(derivation::ambiguous(&expanded, &sentence)));
        }
        let totals = Totals::of(&automaton);
        Ok(Self {
            words: expanded.words,
            tags: expanded.tags,
            automaton,
            totals,
        })
    }

    /// The default language of the comparisons: `models/grammars/narwhals.grammar`.
    pub fn narwhals() -> Self {
        Self::parse(include_str!("../../../grammars/narwhals.grammar")).expect("a test parses the embedded grammar")
    }

    /// A language small enough to check by hand: `models/grammars/narwhals-small.grammar`.
    pub fn narwhals_small() -> Self {
        Self::parse(include_str!("../../../grammars/narwhals-small.grammar"))
            .expect("a test parses the embedded grammar")
    }

    /// The words in byte order; the end of the sentence is not one of them.
    pub fn vocabulary(&self) -> &[String] {
        &self.words
    }

    /// The part-of-speech tags in byte order.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The entropy of a sentence. **Units** nats.
    pub fn sentence_entropy(&self) -> f64 {
        self.totals.sentence_entropy
    }

    /// The expected number of predicted tokens of a sentence: its words and its end.
    pub fn tokens_mean(&self) -> f64 {
        self.totals.tokens_mean
    }

    /// The entropy per predicted token, which no model's expected loss can undercut.
    ///
    /// **Units** nats per token, the end of the sentence counted. **Formula** `H(sentence) / E[words + 1]`.
    pub fn entropy_rate(&self) -> f64 {
        self.totals.sentence_entropy / self.totals.tokens_mean
    }

    /// The conditional entropy at the first position of a sentence, the second, ...
    ///
    /// **Formula** `Σ_t reached(t) · entropy(t) = H(sentence)` and `Σ_t reached(t) = E[words + 1]`.
    ///
    /// **Errors.** A grammar with too many distinguishable prefixes of one length.
    pub fn positions(&self) -> Result<Vec<Position>, LimitError> {
        positions::positions(&self.automaton, positions::BELIEFS_MAX)
    }

    /// The floors of the best possible n-grams of orders `1..=order_max`.
    ///
    /// **Units** nats per token. They never increase with the order and never go below the entropy rate.
    ///
    /// **Errors.** An order with more than [`CONTEXTS_MAX`] contexts.
    pub fn floors(&self, order_max: usize) -> Result<Vec<Floor>, LimitError> {
        floor::floors(&self.automaton, self.totals.tokens_mean, order_max, CONTEXTS_MAX)
    }

    /// A reader at the start of a sentence, for long texts.
    pub fn reader(&self) -> Reader<'_> {
        Reader::start(self)
    }

    /// The exact distribution of the token after `prefix`; `None` if no sentence begins so.
    ///
    /// **Shapes** `[V + 1]`: the words in the order of [`Grammar::vocabulary`], then the end of the sentence.
    pub fn next_distribution(&self, prefix: &[&str]) -> Option<Vec<f64>> {
        let mut reader = self.reader();
        for word in prefix {
            reader.advance(word)?;
        }
        Some(reader.next_distribution())
    }

    /// The log-probability of a whole sentence; `None` if the grammar does not have it.
    ///
    /// **Units** nats, the end of the sentence included.
    pub fn log_prob(&self, words: &[&str]) -> Option<f64> {
        let mut reader = self.reader();
        let mut log_p = 0.0;
        for word in words {
            log_p += reader.advance(word)?;
        }
        Some(log_p + reader.end()?)
    }

    fn word_id(&self, word: &str) -> Option<u32> {
        self.words
            .binary_search_by(|known| known.as_str().cmp(word))
            .ok()
            .map(|index| index as u32)
    }
}
