//! The most probable text: by a beam of the best beginnings, or by trying every text.
//!
//! A text is a path in a tree whose edges weigh `-log p` of their tokens; the search is for the lightest path from the
//! root to an end. Greedy decoding follows the lightest edge at each node and may miss it (LECTURES rows G1, G2).

use super::generation::{DecodeError, Generated, Request, Token};
use crate::language_model::{LanguageModel, Logits};
use crate::tokenizer::TokenId;
use std::cmp::Ordering;

/// The most probable texts that a beam finds, the best first.
///
/// At each step every beginning in the beam is continued by every token, and the `width` most probable of all these stay,
/// finished texts among them. Texts are compared by the sum of their nats, whatever their length; of equals the one with
/// the lower ids comes first. A beam as wide as the tree finds what [`every_text`] finds. The sampling of the request has
/// no meaning here.
///
/// **Errors** when the prompt cannot be read, the width is 0, or no token can follow.
pub fn beam_search<M: LanguageModel + ?Sized>(
    model: &M,
    request: &Request,
    width: usize,
) -> Result<Vec<Generated>, DecodeError> {
    if width == 0 {
        return Err(DecodeError::NoBeam);
    }
    let (read, last) = request.split_prompt(model.vocabulary())?;
    let mut rows = model.start_rows(width);
    for &token in read {
        rows.next(&vec![Some(token); width]);
    }
    let (mut live, mut finished) = (vec![Generated::default()], Vec::new());
    let mut unread = vec![last];
    for step in 0..request.length_max {
        let tokens: Vec<_> = (0..width).map(|row| unread.get(row).copied()).collect();
        let logits = rows.next(&tokens);
        let mut candidates: Vec<(usize, Generated)> = Vec::new();
        for ((row, text), logits) in live.iter().enumerate().zip(logits.into_iter().flatten()) {
            for token in best(followers(request, &logits, step)?, width) {
                candidates.push((row, extended(text, token)));
            }
        }
        // A finished text has no row that goes on.
        candidates.extend(finished.drain(..).map(|text| (width, text)));
        candidates.sort_by(|(_, one), (_, other)| order(one, other));
        candidates.truncate(width);
        let is_finished = |text: &Generated| text.tokens.len() <= step || ends(request, text);
        let (over, going): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|(_, text)| is_finished(text));
        finished = over.into_iter().map(|(_, text)| text).collect();
        if going.is_empty() {
            live.clear();
            if finished.is_empty() {
                return Err(DecodeError::DeadEnd { tokens: step });
            }
            break;
        }
        let from: Vec<usize> = (0..width)
            .map(|row| going.get(row).map_or(row, |(from, _)| *from))
            .collect();
        rows.rearrange(&from);
        live = going.into_iter().map(|(_, text)| text).collect();
        unread = live.iter().filter_map(|text| text.tokens.last().copied()).collect();
    }
    finished.extend(live);
    finished.sort_by(order);
    Ok(finished)
}

/// Every text that the model can write, the most probable first: those that end, and those of `length_max` tokens.
///
/// **Errors** when the prompt cannot be read, no token can follow, or there are more than `limit` texts.
pub fn every_text<M: LanguageModel + ?Sized>(
    model: &M,
    request: &Request,
    limit: usize,
) -> Result<Vec<Generated>, DecodeError> {
    let (read, last) = request.split_prompt(model.vocabulary())?;
    let mut state = model.start();
    for &token in read {
        model.next(&mut state, token);
    }
    let mut texts = Vec::new();
    // A text that may go on, with the state before its last token and that token.
    let mut open = vec![(Generated::default(), state, last)];
    while let Some((text, mut state, unread)) = open.pop() {
        if text.tokens.len() == request.length_max || ends(request, &text) {
            texts.push(text);
        } else {
            let logits = model.next(&mut state, unread);
            for token in followers(request, &logits, text.tokens.len())? {
                open.push((extended(&text, token), state.clone(), token.id));
            }
        }
        if texts.len() + open.len() > limit {
            return Err(DecodeError::TooManyTexts {
                limit,
                tokens: request.length_max,
            });
        }
    }
    texts.sort_by(order);
    match texts.is_empty() {
        true => Err(DecodeError::DeadEnd { tokens: 0 }),
        false => Ok(texts),
    }
}

fn ends(request: &Request, text: &Generated) -> bool {
    request.stop.is_some() && text.tokens.last().copied() == request.stop
}

/// The tokens that can follow, with the nats that the model itself gives them.
fn followers(request: &Request, logits: &Logits, tokens: usize) -> Result<Vec<Token>, DecodeError> {
    let allowed = request.allowed(logits, tokens)?;
    let log_probs = logits.log_probs();
    let ids = (0..log_probs.len()).filter(|&id| allowed.values()[id] > f64::NEG_INFINITY);
    let token = |id: usize| Token {
        id: id as TokenId,
        nats: -log_probs[id],
    };
    Ok(ids.map(token).collect())
}

/// The `width` cheapest tokens: no other continuation of the same text can be in the beam.
fn best(mut tokens: Vec<Token>, width: usize) -> Vec<Token> {
    tokens.sort_by(|a, b| a.nats.total_cmp(&b.nats).then(a.id.cmp(&b.id)));
    tokens.truncate(width);
    tokens
}

fn extended(text: &Generated, token: Token) -> Generated {
    let mut text = text.clone();
    text.push(token);
    text
}

fn order(one: &Generated, other: &Generated) -> Ordering {
    let totals = one.total().total_cmp(&other.total());
    totals.then_with(|| one.tokens.cmp(&other.tokens))
}
