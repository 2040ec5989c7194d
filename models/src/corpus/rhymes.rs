//! A small rhyming text, as large as the lecture's: 950 tokens, of which 35 are different.
//!
//! The lecture shows a children's book that is not free. This text is ours; it lies in `models/corpora/` for `train --text`.
//! Source: deck S0; LECTURES row D1.

/// The text.
pub const RHYMES: &str = include_str!("../../corpora/whale-in-the-bay.txt");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenizer::{Case, Split, WordTokenizer};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn d1_the_rhyming_text_has_the_counts_of_the_lectures() {
        let words = WordTokenizer::train([RHYMES], Split::Punctuation, Case::AsWritten, 1);
        let ids = words.encode(RHYMES);
        assert_eq!(ids.len(), 950);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 35);
        assert!(!ids.contains(&words.vocabulary().oov()));
    }

    #[test]
    fn d1_its_lines_rhyme_in_pairs() {
        let sounds: BTreeMap<&str, &str> = [
            ("bay", "ay"),
            ("play", "ay"),
            ("day", "ay"),
            ("away", "ay"),
            ("noon", "oon"),
            ("soon", "oon"),
            ("moon", "oon"),
            ("rain", "ain"),
            ("again", "ain"),
        ]
        .into();
        let lines: Vec<&str> = RHYMES.lines().skip(1).filter(|line| !line.is_empty()).collect();
        assert!(lines.len() >= 19);
        for pair in lines.chunks(2) {
            let ends = [0, 1].map(|line| {
                let words: Vec<&str> = pair[line].split_whitespace().collect();
                sounds[words[words.len() - 2]]
            });
            assert_eq!(ends[0], ends[1], "{pair:?}");
        }
    }
}
