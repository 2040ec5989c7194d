//! The rows D9 and D10 of the lectures: parts of words by three algorithms, and from parts to ids to embeddings.

use ndarray::{Array2, Axis};
use serde_json::{Value, json};
use std::collections::HashSet;
use tapegrad_autograd::{Tape, ops};
use tapegrad_models::tokenizer::{Algorithm, Special, SubwordTokenizer};

/// The text that `tapegrad tokenize compare` learns from.
const TEXT: &str = include_str!("../../../lessons/src/cli/tokenize/sample.txt");

/// A vocabulary of words does not have the lecture's typo, and says `<OOV>`. Parts of words cut it, each in its own way.
#[test]
fn d9_three_algorithms_cut_an_unknown_word_into_known_parts_each_in_its_own_way() {
    assert!(!TEXT.contains("lectrue"));
    let mut cuts = HashSet::new();
    for algorithm in [Algorithm::Bpe, Algorithm::WordPiece, Algorithm::Unigram] {
        let tokenizer = SubwordTokenizer::train(algorithm, TEXT, 600, &[]).unwrap();
        let ids = tokenizer.encode(" lectrue", Special::LeftOut).ids;
        assert!(ids.iter().all(|&id| Some(id) != tokenizer.unknown()), "{algorithm:?}");
        assert_eq!(
            tokenizer.decode(&ids, Special::Added).trim_start(),
            "lectrue",
            "{algorithm:?}"
        );
        let part = |&id: &u32| tokenizer.vocabulary().word(id).replace(['Ġ', '▁', '#'], "");
        let parts: Vec<String> = ids.iter().map(part).collect();
        assert!((2..7).contains(&parts.len()), "{parts:?}");
        cuts.insert(parts.join(" "));
    }
    assert_eq!(cuts.len(), 3, "{cuts:?}");
}

/// The slide: `Narwhal ##s are generat ##ed EOS` with the ids 7, 11, 50, 8, 12, 128.
///
/// The slide writes `#` for the mark of a piece inside a word; BERT's files write `##`.
fn slide() -> SubwordTokenizer {
    let named = [
        (7, "Narwhal"),
        (8, "generat"),
        (11, "##s"),
        (12, "##ed"),
        (50, "are"),
        (128, "EOS"),
    ];
    let name = |id: u32| {
        let own = named
            .iter()
            .find(|(own, _)| *own == id)
            .map(|(_, name)| (*name).to_string());
        own.unwrap_or_else(|| format!("[{id}]"))
    };
    let vocabulary: serde_json::Map<String, Value> = (0..129).map(|id| (name(id), id.into())).collect();
    let document = json!({
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "EOS", "type_id": 0}}],
            "pair": [],
            "special_tokens": {"EOS": {"id": "EOS", "ids": [128], "tokens": ["EOS"]}},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": false},
        "model": {"type": "WordPiece", "unk_token": "[0]", "vocab": vocabulary},
    });
    SubwordTokenizer::from_document(document).unwrap()
}

#[test]
fn d10_the_words_of_the_slide_become_parts_then_ids_then_rows_of_the_table() {
    let tokenizer = slide();
    let encoding = tokenizer.encode("Narwhals are generated", Special::Added);
    assert_eq!(encoding.ids, [7, 11, 50, 8, 12, 128]);
    let tokens: Vec<&str> = encoding.ids.iter().map(|&id| tokenizer.vocabulary().word(id)).collect();
    assert_eq!(tokens, ["Narwhal", "##s", "are", "generat", "##ed", "EOS"]);
    assert_eq!(encoding.offsets, [(0, 7), (7, 8), (9, 12), (13, 20), (20, 22), (0, 0)]);

    // The table has a row of three numbers for each of the 129 ids.
    let table = Array2::from_shape_fn((129, 3), |(id, at)| id as f64 + at as f64 / 10.0);
    let ids: Vec<usize> = encoding.ids.iter().map(|&id| id as usize).collect();
    let tape = Tape::<f64>::new();
    let variable = tape.input("table", table.clone());
    let rows = ops::embedding(variable, tape.ids("ids", [6], &ids));
    assert_eq!(tape.value(rows), table.select(Axis(0), &ids).into_dyn());
    let gradient = tape.backward(rows.sum()).of(variable).clone();
    let touched = |id: usize| gradient.index_axis(Axis(0), id).sum();
    assert!((0..129).all(|id| touched(id) == if ids.contains(&id) { 3.0 } else { 0.0 }));
}
