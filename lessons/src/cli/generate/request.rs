//! What is asked of a model that was trained by a recipe.

use tapegrad_models::corpus::CorpusConfig;
use tapegrad_models::decode::{Generated, Request, Sampling};
use tapegrad_models::tokenizer::{TokenId, Tokenizer};
use tapegrad_models::train::Recipe;

/// What is asked of a model that was trained by a recipe.
///
/// A model of sentences begins at the start of one and stops at its end; a model of a stream begins after the prompt,
/// or after a new line.
pub fn request(
    recipe: &Recipe,
    tokenizer: &Tokenizer,
    prompt: &str,
    length_max: usize,
    sampling: Sampling,
    seed: u64,
) -> Request {
    let vocabulary = tokenizer.vocabulary();
    let mut never: Vec<TokenId> = recipe.never_predicted(vocabulary);
    never.extend([vocabulary.oov(), tokenizer.unknown()]);
    // A model that was made elsewhere does not know the markers.
    never.retain(|&id| (id as usize) < recipe.ids(vocabulary));
    let written = tokenizer.encode(prompt);
    let (prompt, stop) = match recipe.corpus {
        CorpusConfig::Grammar { .. } => (
            std::iter::once(vocabulary.sos()).chain(written).collect(),
            Some(vocabulary.eos()),
        ),
        CorpusConfig::Text { .. } | CorpusConfig::Absent => (
            if written.is_empty() {
                first_of_stream(tokenizer)
            } else {
                written
            },
            None,
        ),
    };
    Request {
        prompt,
        length_max,
        stop,
        never,
        sampling,
        seed,
    }
}

/// A token that a stream may begin after: a new line, or else the first word of the vocabulary.
fn first_of_stream(tokenizer: &Tokenizer) -> Vec<TokenId> {
    let new_line = tokenizer.encode("\n");
    let oov = tokenizer.unknown();
    if new_line.is_empty() || new_line.contains(&oov) {
        vec![tokenizer.vocabulary().pad().map_or(0, |pad| pad + 1)]
    } else {
        new_line
    }
}

/// The text of what was generated.
pub fn text_of(tokenizer: &Tokenizer, generated: &Generated) -> String {
    tokenizer.decode(&generated.tokens)
}
