//! Ids of tokens as a person or a program writes them.

use tapegrad_models::tokenizer::{TokenId, Tokenizer};

use super::super::error::{CliError, ErrorCode};

/// The ids of a list such as `1,2,3`, `1 2 3` or `[1, 2, 3]`.
///
/// **Errors** with the first entry that is no id, and `place`, the option or the file.
pub fn parsed(text: &str, place: &str) -> Result<Vec<TokenId>, CliError> {
    let inner = text.trim();
    let inner = inner
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(inner);
    let entries = inner.split(|letter: char| letter == ',' || letter.is_whitespace());
    let entries = entries.filter(|entry| !entry.is_empty());
    let ids = entries.map(|entry| {
        entry.parse().map_err(|_| {
            CliError::new(ErrorCode::Data, format!("`{entry}` is no id of a token"))
                .at(place)
                .help("write whole numbers with commas between them, such as 1,2,3")
        })
    });
    ids.collect()
}

/// An error unless a tokenizer has all these ids.
///
/// **Errors** with the first that it does not have.
pub fn check(ids: &[TokenId], tokenizer: &Tokenizer, place: &str) -> Result<(), CliError> {
    let count = tokenizer.vocabulary().size();
    match ids.iter().enumerate().find(|(_, id)| **id as usize >= count) {
        None => Ok(()),
        Some((at, id)) => Err(CliError::new(
            ErrorCode::Data,
            format!("no token has the id {id}, which is number {} of the list", at + 1),
        )
        .at(place)
        .help(format!("the ids of this tokenizer are 0 to {}", count - 1))),
    }
}

#[cfg(test)]
mod tests {
    use super::parsed;

    #[test]
    fn ids_stand_between_commas_or_blanks_with_brackets_or_without() {
        for text in ["1,2,3", "1 2\n3\n", "[1, 2, 3]", " 1, 2 ,3, "] {
            assert_eq!(parsed(text, "--ids"), Ok(vec![1, 2, 3]), "{text}");
        }
        for text in ["1,-2", "1;2", "one", "[1", "1.5", "99999999999"] {
            assert!(parsed(text, "--ids").is_err(), "{text}");
        }
    }
}
