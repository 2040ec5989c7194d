//! The loop of decoding: read the prompt, choose a token, read it, choose the next.

use super::sampling::{Sampling, Stage};
use crate::language_model::{LanguageModel, Logits};
use crate::tokenizer::TokenId;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// What is to be generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the model reads first: SOS, or SOS and the start of a sentence, or some text of a stream.
    pub prompt: Vec<TokenId>,
    /// How many tokens are chosen at most.
    pub length_max: usize,
    /// The token that ends the text, customarily EOS; it is part of the result.
    pub stop: Option<TokenId>,
    /// Tokens that are not chosen, whatever the model says of them, such as PAD and SOS.
    pub never: Vec<TokenId>,
    /// How each token is chosen; a search does not ask.
    pub sampling: Sampling,
    /// Decides all draws; greedy decoding and searches draw nothing.
    pub seed: u64,
}

/// A chosen token with what it cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token {
    /// The chosen id.
    pub id: TokenId,
    /// `-log p` of the token by the model itself, before temperature and filters. **Units**: nats.
    ///
    /// So the numbers add up to what an evaluation of the finished text gives.
    pub nats: f64,
}

/// A finished text: ids and nats, side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// The chosen ids, without the prompt.
    pub tokens: Vec<TokenId>,
    /// The cost of each; see [`Token::nats`].
    pub nats: Vec<f64>,
}

impl Generated {
    /// Adds a token.
    pub fn push(&mut self, Token { id, nats }: Token) {
        self.tokens.push(id);
        self.nats.push(nats);
    }

    /// What the whole text costs: `-log p` of all tokens together. **Units**: nats.
    pub fn total(&self) -> f64 {
        self.nats.iter().sum()
    }
}

/// Says why no token could be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The prompt is empty.
    #[error("the prompt is empty, and a model predicts only after a token; start with SOS or with some text")]
    EmptyPrompt,
    /// A prompt token is not in the model's vocabulary.
    #[error("the prompt has token {id}, but the ids of the model's vocabulary are below {vocabulary}")]
    ForeignToken {
        /// The id.
        id: TokenId,
        /// The number of ids that the model has.
        vocabulary: usize,
    },
    /// The model gives no token a probability.
    #[error(
        "no token can follow: after {tokens} tokens the model gives probability 0 to every allowed token; \
         a model without smoothing predicts nothing after contexts that it has never seen"
    )]
    DeadEnd {
        /// How many tokens were chosen before.
        tokens: usize,
    },
    /// A logit is not a number.
    #[error("after {tokens} tokens the logit of token {id} is not a number; the model's weights are damaged")]
    NotANumber {
        /// How many tokens were chosen before.
        tokens: usize,
        /// The first id concerned.
        id: TokenId,
    },
    /// A beam of width 0.
    #[error("a beam of width 0 holds no text; give a width of at least 1")]
    NoBeam,
    /// The tree of all texts is too large to be searched.
    #[error("there are more than {limit} texts of at most {tokens} tokens; search fewer tokens, or use a beam")]
    TooManyTexts {
        /// How many may be visited.
        limit: usize,
        /// The length of the longest.
        tokens: usize,
    },
}

impl Request {
    /// The prompt without its last token, and that token.
    ///
    /// **Errors** when the prompt is empty or has an id that is not below `vocabulary`.
    pub(super) fn split_prompt(&self, vocabulary: usize) -> Result<(&[TokenId], TokenId), DecodeError> {
        if let Some(&id) = self.prompt.iter().find(|&&id| id as usize >= vocabulary) {
            return Err(DecodeError::ForeignToken { id, vocabulary });
        }
        let (&last, read) = self.prompt.split_last().ok_or(DecodeError::EmptyPrompt)?;
        Ok((read, last))
    }

    /// The logits, with minus infinity for tokens that are not to be chosen.
    ///
    /// **Errors** when a logit is not a number; infinity is none either.
    pub(super) fn allowed(&self, logits: &Logits, tokens: usize) -> Result<Logits, DecodeError> {
        let is_none = |y: &f64| y.is_nan() || *y == f64::INFINITY;
        if let Some(id) = logits.values().iter().position(is_none) {
            let id = id as TokenId;
            return Err(DecodeError::NotANumber { tokens, id });
        }
        let mut allowed = logits.values().to_vec();
        for &id in &self.never {
            if let Some(value) = allowed.get_mut(id as usize) {
                *value = f64::NEG_INFINITY;
            }
        }
        Ok(Logits::new(allowed))
    }
}

/// What chooses the tokens of one text, given the logits after each.
#[derive(Debug)]
pub(super) struct Chooser {
    request: Request,
    rng: ChaCha8Rng,
    /// The prompt and what was chosen.
    before: Vec<TokenId>,
    chosen: usize,
    /// The token to be read before the next choice; `None` when the text is finished.
    unread: Option<TokenId>,
}

impl Chooser {
    /// One that has chosen nothing.
    ///
    /// **Errors** when the prompt cannot be read.
    pub fn new(request: Request, vocabulary: usize) -> Result<Self, DecodeError> {
        let (_, last) = request.split_prompt(vocabulary)?;
        Ok(Self {
            rng: ChaCha8Rng::seed_from_u64(request.seed),
            before: request.prompt.clone(),
            chosen: 0,
            unread: Some(last).filter(|_| request.length_max > 0),
            request,
        })
    }

    /// The token that the model reads next; `None` when the text is finished.
    pub fn take_unread(&mut self) -> Option<TokenId> {
        self.unread.take()
    }

    /// Chooses the token after these logits.
    ///
    /// **Errors** when none can follow; the text is then finished.
    pub fn choose(&mut self, logits: &Logits) -> Result<Token, DecodeError> {
        let allowed = self.request.allowed(logits, self.chosen)?;
        let id = self.request.sampling.choose(&allowed, &self.before, &mut self.rng);
        let id = id.ok_or(DecodeError::DeadEnd { tokens: self.chosen })?;
        self.before.push(id);
        self.chosen += 1;
        let goes_on = self.chosen < self.request.length_max && Some(id) != self.request.stop;
        self.unread = goes_on.then_some(id);
        Ok(Token {
            id,
            nats: -logits.log_probs()[id as usize],
        })
    }

    /// What the filters make of these logits, before the token is chosen.
    fn stages(&self, logits: &Logits) -> Result<Vec<Stage>, DecodeError> {
        let allowed = self.request.allowed(logits, self.chosen)?;
        Ok(self.request.sampling.stages(&allowed, &self.before))
    }
}

/// The tokens of a text, chosen one at a time as they are asked for.
///
/// It ends after the stop token, after `length_max` tokens, or after an error.
pub struct Generation<'m, M: LanguageModel + ?Sized> {
    model: &'m M,
    state: M::State,
    chooser: Chooser,
}

impl<'m, M: LanguageModel + ?Sized> Generation<'m, M> {
    /// Lets a model read the prompt.
    ///
    /// **Errors** when the prompt is empty or has an id that the model does not know.
    pub fn new(model: &'m M, request: Request) -> Result<Generation<'m, M>, DecodeError> {
        let chooser = Chooser::new(request, model.vocabulary())?;
        let mut state = model.start();
        let (read, _) = chooser.request.split_prompt(model.vocabulary())?;
        for &token in read {
            model.next(&mut state, token);
        }
        Ok(Generation { model, state, chooser })
    }

    /// The next token, and the distributions that led to it: of the model, and behind each filter.
    pub fn next_explained(&mut self) -> Option<Result<(Token, Vec<Stage>), DecodeError>> {
        let logits = self.model.next(&mut self.state, self.chooser.take_unread()?);
        let stages = self.chooser.stages(&logits);
        Some(stages.and_then(|stages| Ok((self.chooser.choose(&logits)?, stages))))
    }
}

impl<M: LanguageModel + ?Sized> Iterator for Generation<'_, M> {
    type Item = Result<Token, DecodeError>;

    fn next(&mut self) -> Option<Result<Token, DecodeError>> {
        let logits = self.model.next(&mut self.state, self.chooser.take_unread()?);
        Some(self.chooser.choose(&logits))
    }
}

/// Generates a whole text.
///
/// **Errors** when the prompt cannot be read, or no token can follow.
pub fn generate<M: LanguageModel + ?Sized>(model: &M, request: Request) -> Result<Generated, DecodeError> {
    let mut generated = Generated::default();
    for token in Generation::new(model, request)? {
        generated.push(token?);
    }
    Ok(generated)
}
