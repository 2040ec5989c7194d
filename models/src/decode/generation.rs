//! The loop of decoding: read the prompt, choose a token, read it, choose the next.

use super::sampling::Sampling;
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
    /// How each token is chosen.
    pub sampling: Sampling,
    /// Decides all draws; greedy decoding draws nothing.
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
}

/// The tokens of a text, chosen one at a time as they are asked for.
///
/// It ends after the stop token, after `length_max` tokens, or after an error.
pub struct Generation<'m, M: LanguageModel + ?Sized> {
    model: &'m M,
    state: M::State,
    request: Request,
    rng: ChaCha8Rng,
    /// The token to be read before the next choice; `None` when the text is finished.
    unread: Option<TokenId>,
    chosen: usize,
}

impl<'m, M: LanguageModel + ?Sized> Generation<'m, M> {
    /// Lets a model read the prompt.
    ///
    /// **Errors** when the prompt is empty or has an id that the model does not know.
    pub fn new(model: &'m M, request: Request) -> Result<Generation<'m, M>, DecodeError> {
        let vocabulary = model.vocabulary();
        if let Some(&id) = request.prompt.iter().find(|&&id| id as usize >= vocabulary) {
            return Err(DecodeError::ForeignToken { id, vocabulary });
        }
        let Some((&unread, read)) = request.prompt.split_last() else {
            return Err(DecodeError::EmptyPrompt);
        };
        let mut state = model.start();
        for &token in read {
            model.next(&mut state, token);
        }
        let rng = ChaCha8Rng::seed_from_u64(request.seed);
        Ok(Generation {
            model,
            state,
            request,
            rng,
            unread: Some(unread),
            chosen: 0,
        })
    }

    fn choose(&mut self, logits: &Logits) -> Result<Token, DecodeError> {
        if let Some(id) = logits.values().iter().position(|value| value.is_nan()) {
            return Err(DecodeError::NotANumber {
                tokens: self.chosen,
                id: id as TokenId,
            });
        }
        let id = if self.request.never.is_empty() {
            self.request.sampling.choose(logits, &mut self.rng)
        } else {
            let mut allowed = logits.values().to_vec();
            for &id in &self.request.never {
                allowed
                    .get_mut(id as usize)
                    .into_iter()
                    .for_each(|value| *value = f64::NEG_INFINITY);
            }
            self.request.sampling.choose(&Logits::new(allowed), &mut self.rng)
        };
        let id = id.ok_or(DecodeError::DeadEnd { tokens: self.chosen })?;
        Ok(Token {
            id,
            nats: -logits.log_probs()[id as usize],
        })
    }
}

impl<M: LanguageModel + ?Sized> Iterator for Generation<'_, M> {
    type Item = Result<Token, DecodeError>;

    fn next(&mut self) -> Option<Result<Token, DecodeError>> {
        if self.chosen == self.request.length_max {
            return None;
        }
        let logits = self.model.next(&mut self.state, self.unread.take()?);
        let token = self.choose(&logits);
        if let Ok(Token { id, .. }) = token {
            self.chosen += 1;
            self.unread = Some(id).filter(|&id| Some(id) != self.request.stop);
        }
        Some(token)
    }
}

/// Generates a whole text.
///
/// **Errors** when the prompt cannot be read, or no token can follow.
pub fn generate<M: LanguageModel + ?Sized>(model: &M, request: Request) -> Result<Generated, DecodeError> {
    let mut generated = Generated::default();
    for token in Generation::new(model, request)? {
        let Token { id, nats } = token?;
        generated.tokens.push(id);
        generated.nats.push(nats);
    }
    Ok(generated)
}
