//! Text as it comes, against the text of all tokens.

use crate::decode::TextStream;
use crate::tokenizer::{Algorithm, Case, CharTokenizer, Split, SubwordTokenizer, TokenId, Tokenizer, WordTokenizer};
use proptest::prelude::*;

const TEXT: &str = "Ein Narwal ißt kein Öl, sagt er. 鯨は歌う。 Naïve whales sing 🐋🐋 in the deep, deep sea.";

fn tokenizers() -> Vec<Tokenizer> {
    let subword = |algorithm| {
        let own = SubwordTokenizer::train(algorithm, TEXT, 320, &[]).unwrap();
        Tokenizer::Subword(Box::new(own))
    };
    vec![
        Tokenizer::Char(CharTokenizer::train(TEXT)),
        Tokenizer::Word(WordTokenizer::train([TEXT], Split::Punctuation, Case::AsWritten, 1)),
        subword(Algorithm::Bpe),
    ]
}

fn streamed(tokenizer: &Tokenizer, prompt: &[TokenId], ids: &[TokenId], stops: &[&str]) -> (Vec<String>, bool) {
    let stops = stops.iter().map(ToString::to_string).collect();
    let mut stream = TextStream::new(tokenizer, prompt, stops);
    let mut pieces: Vec<String> = ids.iter().map(|&id| stream.push(id)).collect();
    let is_stopped = stream.is_stopped();
    pieces.push(stream.finish());
    (pieces, is_stopped)
}

#[test]
fn a_character_of_several_tokens_is_never_written_in_halves() {
    let bpe = Tokenizer::Subword(Box::new(
        SubwordTokenizer::train(Algorithm::Bpe, "aa", 257, &[]).unwrap(),
    ));
    let ids = bpe.encode("a🐋é");
    assert_eq!(ids.len(), 7);
    let (pieces, _) = streamed(&bpe, &[], &ids, &[]);
    assert_eq!(pieces, ["a", "", "", "", "🐋", "", "é", ""]);
    // A character that is never finished comes at the end, as the whole text has it.
    let (pieces, _) = streamed(&bpe, &[], &ids[..3], &[]);
    assert_eq!(pieces.concat(), bpe.decode(&ids[..3]));
}

#[test]
fn text_ends_before_the_first_stop_sequence_and_what_may_begin_one_waits() {
    let chars = Tokenizer::Char(CharTokenizer::train("abc.\n"));
    let stream = |text: &str, stops: &[&str]| streamed(&chars, &[], &chars.encode(text), stops);
    let (pieces, is_stopped) = stream("ab\n\nc", &["\n\n"]);
    assert_eq!(
        (pieces, is_stopped),
        (["a", "b", "", "", "", ""].map(String::from).to_vec(), true)
    );
    let (pieces, is_stopped) = stream("ab\nc", &["\n\n"]);
    assert_eq!(
        (pieces, is_stopped),
        (["a", "b", "", "\nc", ""].map(String::from).to_vec(), false)
    );
    // The first of several, whichever that is, and one that ends the text half-begun is text.
    assert_eq!(stream("ab.c", &["c", "b."]).0.concat(), "a");
    assert_eq!(stream("ab.", &[".c"]).0.concat(), "ab.");
    assert_eq!(stream("ab", &[""]).0.concat(), "ab");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn all_pieces_together_are_the_text_of_all_tokens(picks in prop::collection::vec(any::<u32>(), 1..40), prompted in 0..6usize) {
        for tokenizer in tokenizers() {
            let size = tokenizer.vocabulary().size() as u32;
            let ids: Vec<TokenId> = picks.iter().map(|pick| pick % size).collect();
            let (prompt, new) = ids.split_at(prompted.min(ids.len()));
            let before = tokenizer.decode(prompt);
            // Bytes of a character at the end of a prompt are no text yet.
            prop_assume!(!before.ends_with('\u{FFFD}'));
            let (pieces, _) = streamed(&tokenizer, prompt, new, &[]);
            prop_assert_eq!(before + &pieces.concat(), tokenizer.decode(&ids));
        }
    }

    #[test]
    fn a_stop_sequence_cuts_the_text_where_it_first_stands(text in "[ab]{0,12}", stop in "[ab]{1,3}") {
        let chars = Tokenizer::Char(CharTokenizer::train("ab"));
        let (pieces, is_stopped) = streamed(&chars, &[], &chars.encode(&text), &[&stop]);
        let at = text.find(&stop);
        prop_assert_eq!(is_stopped, at.is_some());
        prop_assert_eq!(pieces.concat(), &text[..at.unwrap_or(text.len())]);
    }
}
