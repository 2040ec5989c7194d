//! What holds of every tokenizer: a lossless one gives every text back, and the way without offsets is that with them.

use super::{STYLES, tokenizer};
use proptest::prelude::*;
use std::sync::LazyLock;
use tapegrad_models::tokenizer::{Algorithm, Special, SubwordTokenizer, Tokenizer};

const TEXT: &str = include_str!("../../../docs/training.md");

static TRAINED: LazyLock<[SubwordTokenizer; 3]> = LazyLock::new(|| {
    [Algorithm::Bpe, Algorithm::WordPiece, Algorithm::Unigram]
        .map(|algorithm| SubwordTokenizer::train(algorithm, TEXT, 700, &["<end>".to_string()]).unwrap())
});

static STORED: LazyLock<Vec<SubwordTokenizer>> = LazyLock::new(|| STYLES.map(tokenizer).into());

/// A text of any characters, many of which tokenizers trip over.
fn text() -> impl Strategy<Value = String> {
    let odd = proptest::sample::select(
        " '\n\t.,1 aeionrstlTHE▁Ġé\u{301}漢字\u{200d}👩\u{0}\u{a0}<>#_"
            .chars()
            .collect::<Vec<_>>(),
    );
    proptest::collection::vec(prop_oneof![any::<char>(), odd], 0..60).prop_map(|all| all.into_iter().collect())
}

#[test]
fn a_trained_vocabulary_has_the_size_that_was_asked_for_and_its_special_tokens() {
    for tokenizer in &*TRAINED {
        assert_eq!(tokenizer.vocabulary().words().len(), 700);
        let encoding = tokenizer.encode("the end<end>", Special::LeftOut);
        let id = *encoding.ids.last().unwrap();
        assert_eq!(
            (tokenizer.vocabulary().word(id), encoding.offsets.last()),
            ("<end>", Some(&(7, 12)))
        );
        assert_eq!(tokenizer.decode(&encoding.ids, Special::LeftOut), "the end");
        let again = Tokenizer::from_json(&Tokenizer::Subword(Box::new(tokenizer.clone())).to_json()).unwrap();
        assert_eq!(again, Tokenizer::Subword(Box::new(tokenizer.clone())));
    }
}

#[test]
fn training_again_gives_the_same_file() {
    for algorithm in [Algorithm::Bpe, Algorithm::WordPiece, Algorithm::Unigram] {
        let train = || SubwordTokenizer::train(algorithm, TEXT, 700, &["<end>".to_string()]).unwrap();
        assert_eq!(train().document(), train().document(), "{algorithm:?}");
    }
}

#[test]
fn a_vocabulary_without_room_is_refused() {
    let refused = |algorithm, size| {
        SubwordTokenizer::train(algorithm, "abc abc", size, &[])
            .unwrap_err()
            .to_string()
    };
    let bpe = refused(Algorithm::Bpe, 256);
    assert_eq!(
        bpe,
        "a vocabulary of 256 has no room for the 256 bytes and 0 special tokens; make it larger than 256"
    );
    assert!(refused(Algorithm::WordPiece, 7).contains("the 3 characters of the text"));
    assert!(refused(Algorithm::Unigram, 261).contains("larger than 261"));
    let twice = ["<s>".to_string(), "<s>".to_string()];
    assert!(SubwordTokenizer::train(Algorithm::Bpe, "a", 300, &twice).is_err());
}

#[test]
fn known_characters_are_never_unknown_to_wordpiece() {
    let wordpiece = &TRAINED[1];
    let unknown = wordpiece.unknown().unwrap();
    // Words of known letters that the text does not have.
    let encoding = wordpiece.encode("lectrue givin zzyzx", Special::LeftOut);
    assert!(!encoding.ids.contains(&unknown), "{encoding:?}");
    assert_eq!(wordpiece.decode(&encoding.ids, Special::LeftOut), "lectrue givin zzyzx");
    assert_eq!(wordpiece.encode("漢", Special::LeftOut).ids, [unknown]);
}

#[test]
fn a_word_of_a_million_letters_is_cut_by_every_algorithm() {
    let word = "narwhal".repeat(150_000);
    for tokenizer in &*TRAINED {
        let encoding = tokenizer.encode(&word, Special::LeftOut);
        assert_eq!(encoding.offsets.first().unwrap().0, 0);
        assert_eq!(encoding.offsets.last().unwrap().1, word.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_text_comes_back_from_bytes(text in text()) {
        let bpe = &TRAINED[0];
        prop_assert_eq!(bpe.decode(&bpe.ids(&text), Special::Added), text.clone());
        let gpt2 = &STORED[0];
        prop_assert_eq!(gpt2.decode(&gpt2.ids(&text), Special::Added), text);
    }

    #[test]
    fn every_text_without_the_mark_of_spaces_comes_back_from_unigram(text in text()) {
        let text = text.replace('▁', "_");
        let unigram = &TRAINED[2];
        prop_assert_eq!(unigram.decode(&unigram.ids(&text), Special::Added), text);
    }

    #[test]
    fn the_ids_without_offsets_are_those_with_them(text in text()) {
        for tokenizer in STORED.iter().chain(&*TRAINED) {
            let encoding = tokenizer.encode(&text, Special::LeftOut);
            prop_assert_eq!(tokenizer.ids(&text), encoding.ids);
        }
    }

    #[test]
    fn offsets_lie_in_the_text(text in text()) {
        let count = text.chars().count();
        for tokenizer in STORED.iter().chain(&*TRAINED) {
            for (start, end) in tokenizer.encode(&text, Special::Added).offsets {
                prop_assert!(start <= end && end <= count);
            }
        }
    }

    #[test]
    fn the_tokens_of_bytes_cover_the_text_without_gaps(text in text()) {
        let offsets = TRAINED[0].encode(&text, Special::LeftOut).offsets;
        let mut covered = 0;
        for (start, end) in offsets {
            prop_assert!(start <= covered && end >= covered, "{} {} after {}", start, end, covered);
            covered = end;
        }
        prop_assert_eq!(covered, text.chars().count());
    }
}
