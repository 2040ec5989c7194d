//! Reading a text word by word with the exact probability of every next token.

use super::Grammar;
use super::automaton::Automaton;

/// What is known about the state of the automaton after a prefix: a sparse distribution.
///
/// A word may lead to several states (after `the` the subject may be singular or plural); their number is small and
/// does not grow with the text, so reading a text takes time proportional to its length.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Belief {
    /// States in ascending order with their probabilities, which sum to one.
    pub(super) states: Vec<(u32, f64)>,
}

impl Belief {
    /// Certain to be at the start of a sentence.
    pub(super) fn start() -> Self {
        Self { states: vec![(0, 1.0)] }
    }

    /// The probability of each word of the vocabulary and, last, of the end of the sentence.
    pub(super) fn next_distribution(&self, automaton: &Automaton) -> Vec<f64> {
        let mut distribution = vec![0.0; automaton.end as usize + 1];
        for &(state, p) in &self.states {
            for edge in automaton.edges(state) {
                distribution[edge.word as usize] += p * edge.p;
            }
        }
        distribution
    }

    /// The belief after one more word and the word's probability; `None` if the word cannot follow.
    ///
    /// **Formula.** `b'(s') = Σ_s b(s) p(s → s' by word) / p(word)`, the forward algorithm.
    pub(super) fn after(&self, automaton: &Automaton, word: u32) -> Option<(Belief, f64)> {
        let mut states: Vec<(u32, f64)> = Vec::new();
        for &(state, p) in &self.states {
            states.extend(
                automaton
                    .edges_with(state, word)
                    .iter()
                    .map(|edge| (edge.next, p * edge.p)),
            );
        }
        states.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        states.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 += later.1;
            }
            same
        });
        let total: f64 = states.iter().map(|&(_, p)| p).sum();
        if total <= 0.0 {
            return None;
        }
        states.iter_mut().for_each(|(_, p)| *p /= total);
        Some((Belief { states }, total))
    }
}

/// Reads sentence after sentence and knows the exact probability of each next token.
///
/// ```
/// use tapegrad_models::corpus::grammar::Grammar;
/// let grammar = Grammar::parse("S -> 3 narwhals/N sing/V | narwhals/N")?;
/// let mut reader = grammar.reader();
/// assert_eq!(reader.advance("narwhals"), Some(0.0));              // ln 1
/// assert_eq!(reader.next_distribution(), [0.0, 0.75, 0.25]);      // narwhals, sing, end
/// assert_eq!(reader.advance("dance"), None);                      // the reader stays where it was
/// assert_eq!(reader.end(), Some(0.25_f64.ln()));                  // and now begins the next sentence
/// # Ok::<(), tapegrad_models::corpus::grammar::GrammarError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'g> {
    grammar: &'g Grammar,
    belief: Belief,
}

impl<'g> Reader<'g> {
    /// A reader at the start of a sentence.
    pub(super) fn start(grammar: &'g Grammar) -> Self {
        Self {
            grammar,
            belief: Belief::start(),
        }
    }

    /// The probability of each word of the vocabulary and, last, of the end.
    ///
    /// **Shapes** `[V + 1]`, in the order of [`Grammar::vocabulary`]; the sum is one.
    pub fn next_distribution(&self) -> Vec<f64> {
        self.belief.next_distribution(&self.grammar.automaton)
    }

    /// Reads a word and gives its log-probability, or `None` if it cannot follow.
    ///
    /// **Units** nats. After `None` the reader stays where it was.
    pub fn advance(&mut self, word: &str) -> Option<f64> {
        self.read(self.grammar.word_id(word)?)
    }

    /// Ends the sentence, gives the log-probability of that, and starts anew.
    ///
    /// **Units** nats. `None` if the sentence cannot end here; the reader then stays where it was.
    pub fn end(&mut self) -> Option<f64> {
        let log_p = self.read(self.grammar.automaton.end)?;
        self.belief = Belief::start();
        Some(log_p)
    }

    fn read(&mut self, word: u32) -> Option<f64> {
        let (belief, p) = self.belief.after(&self.grammar.automaton, word)?;
        self.belief = belief;
        Some(p.ln())
    }
}
