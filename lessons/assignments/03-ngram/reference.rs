//! An n-gram model: the next word's probability, from counts after the last words, with add-k smoothing.
//!
//! Words are numbers below the size of the vocabulary. Two more numbers are no words: the end of a sentence, which is
//! predicted like a word, and the start, which only stands in contexts.

use std::collections::BTreeMap;

/// An n-gram model of any order.
#[derive(Clone, Debug, Default)]
pub struct Ngram {
    /// The longest n-gram: 3 predicts from two words of context.
    pub order: usize,
    /// The number of words.
    pub vocabulary: usize,
    /// What is added to each count.
    pub k: f64,
    /// For each context of `order - 1` tokens: how often each word followed, and last how often the sentence ended.
    pub counts: BTreeMap<Vec<usize>, Vec<u64>>,
}

impl Ngram {
    /// A model that has seen nothing.
    pub fn new(order: usize, vocabulary: usize, k: f64) -> Self {
        Self {
            order,
            vocabulary,
            k,
            ..Self::default()
        }
    }

    /// The number of the end of a sentence.
    pub fn end(&self) -> usize {
        self.vocabulary
    }

    /// The number of the start of a sentence.
    pub fn start(&self) -> usize {
        self.vocabulary + 1
    }

    /// Counts each word of a sentence, and its end, after the `order - 1` tokens before it.
    ///
    /// Before the first word there are as many starts as the context needs.
    pub fn learn(&mut self, sentence: &[usize]) {
        // hole: counting points=20
        // starter: let _ = sentence;
        let mut text = vec![self.start(); self.order - 1];
        text.extend_from_slice(sentence);
        text.push(self.end());
        let length = self.order - 1;
        for t in length..text.len() {
            let context = text[t - length..t].to_vec();
            let followers = self.vocabulary + 1;
            let counts = self.counts.entry(context).or_insert_with(|| vec![0; followers]);
            counts[text[t]] += 1;
        }
        // end hole
    }

    /// The probability of a word, or of the end, after a context of `order - 1` tokens.
    ///
    /// **Formula**: `(c(h w) + k) / (c(h) + k P)`, where `P` counts all that can follow.
    pub fn prob(&self, context: &[usize], word: usize) -> f64 {
        // hole: smoothing points=20
        // starter: let _ = (context, word);
        // starter: 0.0
        let counts = self.counts.get(context);
        let count = counts.map_or(0, |counts| counts[word]);
        let total: u64 = counts.map_or(0, |counts| counts.iter().sum());
        let followers = (self.vocabulary + 1) as f64;
        (count as f64 + self.k) / (total as f64 + self.k * followers)
        // end hole
    }

    /// The loss on sentences, in nats a token.
    pub fn loss(&self, sentences: &[Vec<usize>]) -> f64 {
        let prob = |context: &[usize], word: usize| self.prob(context, word);
        mean_nats(self.order, self.start(), self.end(), sentences, &prob)
    }

    /// The perplexity on sentences: among how many words it feels like choosing.
    pub fn perplexity(&self, sentences: &[Vec<usize>]) -> f64 {
        self.loss(sentences).exp()
    }
}

/// The mean of `-log p` over all tokens that are predicted: each word and each end.
///
/// `prob` gives the probability of a token after the `order - 1` tokens before it, starts included.
pub fn mean_nats(
    order: usize,
    start: usize,
    end: usize,
    sentences: &[Vec<usize>],
    prob: &dyn Fn(&[usize], usize) -> f64,
) -> f64 {
    // hole: mean-nats points=20
    // starter: let _ = (order, start, end, sentences, prob);
    // starter: 0.0
    let mut nats = 0.0;
    let mut tokens = 0;
    for sentence in sentences {
        let mut context = vec![start; order - 1];
        for &token in sentence.iter().chain([&end]) {
            nats -= prob(&context, token).ln();
            tokens += 1;
            context.push(token);
            context.remove(0);
        }
    }
    nats / f64::from(tokens)
    // end hole
}
