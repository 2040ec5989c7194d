//! Text as its tokens come: never half a character, and nothing behind a stop sequence.

use crate::tokenizer::{TokenId, Tokenizer};

/// What a token of bytes becomes that is not a whole character yet.
const HALF: char = '\u{FFFD}';

/// Turns tokens into text one by one.
///
/// Of parts of words a token may be some bytes of a character, so its text waits for the rest. What could be the
/// beginning of a stop sequence waits too. All pieces together are the text of all tokens, up to the stop sequence.
pub struct TextStream<'t> {
    tokenizer: &'t Tokenizer,
    stops: Vec<String>,
    ids: Vec<TokenId>,
    /// From where tokens are turned into text, and up to where their text is known.
    from: usize,
    known: usize,
    /// Text that may be the beginning of a stop sequence.
    waiting: String,
    is_stopped: bool,
}

impl<'t> TextStream<'t> {
    /// A stream behind a prompt, which ends at the first of these texts; an empty one never ends it.
    pub fn new(tokenizer: &'t Tokenizer, prompt: &[TokenId], stops: Vec<String>) -> Self {
        Self {
            tokenizer,
            stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(),
            ids: prompt.to_vec(),
            from: 0,
            known: prompt.len(),
            waiting: String::new(),
            is_stopped: false,
        }
    }

    /// True if a stop sequence was written; nothing comes after it.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Takes the next token, and gives the text that is settled by it.
    pub fn push(&mut self, id: TokenId) -> String {
        self.ids.push(id);
        let known = self.decoded(self.known);
        let all = self.decoded(self.ids.len());
        match all.strip_prefix(known.as_str()) {
            Some(new) if !new.ends_with(HALF) => {
                let new = new.to_string();
                // The tokens from `known` on are enough context for those that come: their text is settled.
                if !new.is_empty() {
                    (self.from, self.known) = (self.known, self.ids.len());
                }
                self.passed(&new)
            }
            _ => String::new(),
        }
    }

    /// Gives what was still waiting, when no token comes any more.
    pub fn finish(mut self) -> String {
        if self.is_stopped {
            return String::new();
        }
        let known = self.decoded(self.known);
        let all = self.decoded(self.ids.len());
        let rest = all.strip_prefix(known.as_str()).unwrap_or_default().to_string();
        let passed = self.passed(&rest);
        match self.is_stopped {
            true => passed,
            false => passed + &self.waiting,
        }
    }

    fn decoded(&self, end: usize) -> String {
        self.tokenizer.decode(&self.ids[self.from..end])
    }

    /// What of the waiting text and the new one cannot be part of a stop sequence.
    fn passed(&mut self, new: &str) -> String {
        if self.is_stopped {
            return String::new();
        }
        self.waiting += new;
        let found = self
            .stops
            .iter()
            .filter_map(|stop| self.waiting.find(stop.as_str()))
            .min();
        if let Some(at) = found {
            self.is_stopped = true;
            self.waiting.truncate(at);
            return std::mem::take(&mut self.waiting);
        }
        let begun = |at: &usize| self.stops.iter().any(|stop| stop.starts_with(&self.waiting[*at..]));
        let places = self.waiting.char_indices().map(|(at, _)| at);
        let end = places.filter(begun).min().unwrap_or(self.waiting.len());
        let kept = self.waiting.split_off(end);
        std::mem::replace(&mut self.waiting, kept)
    }
}
