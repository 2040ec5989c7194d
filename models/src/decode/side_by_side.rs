//! Several texts at once: one pass of the model gives the next token of all of them.

use std::ops::ControlFlow;

use super::generation::{Chooser, DecodeError, Generated, Request, Token};
use crate::language_model::LanguageModel;
use crate::tokenizer::TokenId;

/// Generates several texts side by side; each is what [`generate`](super::generate) gives for its request.
///
/// The prompts may have different lengths: the longest is begun first, and all end at the same time. `each` is shown every
/// token of every text and may end that text.
///
/// **Errors** for the first request whose prompt cannot be read, or after whose text no token can follow.
pub fn generate_side_by_side<M: LanguageModel + ?Sized>(
    model: &M,
    requests: &[Request],
    each: &mut dyn FnMut(usize, Token) -> ControlFlow<()>,
) -> Result<Vec<Generated>, DecodeError> {
    let vocabulary = model.vocabulary();
    let mut rows = model.start_rows(requests.len());
    let read: Vec<&[TokenId]> = requests
        .iter()
        .map(|request| Ok(request.split_prompt(vocabulary)?.0))
        .collect::<Result<_, DecodeError>>()?;
    let longest = read.iter().map(|read| read.len()).max().unwrap_or(0);
    for step in 0..longest {
        let token = |read: &&[TokenId]| (step + read.len()).checked_sub(longest).map(|at| read[at]);
        rows.next(&read.iter().map(token).collect::<Vec<_>>());
    }
    let choosers = requests.iter().map(|request| Chooser::new(request.clone(), vocabulary));
    let mut choosers = choosers.collect::<Result<Vec<_>, DecodeError>>()?;
    let mut texts = vec![Generated::default(); requests.len()];
    loop {
        let unread: Vec<Option<TokenId>> = choosers.iter_mut().map(Chooser::take_unread).collect();
        if unread.iter().all(Option::is_none) {
            return Ok(texts);
        }
        for (row, logits) in rows.next(&unread).into_iter().enumerate() {
            let Some(logits) = logits else { continue };
            let token = choosers[row].choose(&logits)?;
            texts[row].push(token);
            if each(row, token).is_break() {
                choosers[row].take_unread();
            }
        }
    }
}
