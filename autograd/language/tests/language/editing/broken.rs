//! A text that is being written is mostly wrong: every question about it has an answer, and none panics.

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::time::{Duration, Instant};
use tapegrad_autograd::language::edit::complete::completions;
use tapegrad_autograd::language::edit::position::Lines;
use tapegrad_autograd::language::limits;

use super::study;
use crate::programs;

/// Pieces that an edit puts in, some of them of several bytes or units.
const PIECES: &[&str] = &[
    "",
    "x",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "over ",
    "=",
    " = ",
    ":",
    "..",
    ",",
    "\n",
    "\r\n",
    "\r",
    "\"",
    "//",
    "///",
    "α",
    "ŷ",
    "🦀",
    "use \"",
    "for t = 1..T {",
    "sum(i: ",
    "softmax(",
    "~",
    ".",
    "engine.",
    "1e",
    "as [q:T]",
    "=>",
    "@",
    "if ",
    "then",
    "\u{feff}",
    "\0",
];

/// The text with a stretch replaced by a piece.
fn edited(text: &str, at: usize, length: usize, piece: usize) -> String {
    let boundary = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(0)
    };
    let (start, end) = (
        boundary(at % (text.len() + 1)),
        boundary((at % (text.len() + 1)) + length),
    );
    format!("{}{}{}", &text[..start], PIECES[piece % PIECES.len()], &text[end..])
}

/// Everything that an editor asks, at a byte.
fn ask_everything(text: &str, byte: usize) {
    let study = study(text);
    let at = u32::try_from(byte).unwrap();
    let inside = |end: u32| assert!(end as usize <= text.len(), "{text}");
    if let Some(hover) = study.hover(at) {
        inside(hover.at.end);
        assert!(!hover.text.is_empty(), "{text}");
    }
    let _ = study.definitions(at);
    study.references(at).iter().for_each(|place| inside(place.end));
    if let Ok(edits) = study.rename(at, "another_name") {
        let changed = study.opened.sources.changed(&edits).map(|(_, text)| text);
        assert!(
            edits.is_empty() || changed.is_some_and(|changed| changed.contains("another_name")),
            "{text}"
        );
    }
    for part in study.outline() {
        inside(part.whole.end);
    }
    assert_eq!(study.text_with_types().lines().count(), text.lines().count());
    let lines = Lines::of(text);
    let back = lines.byte(lines.position(byte));
    assert!(
        back <= byte && byte - back <= 1 || text[back..byte].contains('\r'),
        "{text:?} {byte} {back}"
    );
    let mut alone = |_: &str| Err("this text stands alone".to_string());
    let _ = completions("text.cg", text, byte, limits::MEMORY, &mut alone);
}

fn boundary(text: &str, at: usize) -> usize {
    let at = at % (text.len() + 1);
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_program_with_random_edits_can_be_asked_everything(
        program in 0usize..1000,
        edits in prop::collection::vec((any::<u16>(), 0usize..12, 0usize..1000), 1..6),
        at in any::<u16>(),
    ) {
        let all = programs::all();
        let mut text = all[program % all.len()].1.clone();
        for (at, length, piece) in edits {
            text = edited(&text, at as usize, length, piece);
        }
        ask_everything(&text, boundary(&text, at as usize));
    }
}

/// `TAPEGRAD_FUZZ_SECONDS=600 cargo test -p tapegrad-language --test language -- --ignored fuzzing_edits`
#[test]
#[ignore = "runs as long as TAPEGRAD_FUZZ_SECONDS says"]
fn fuzzing_edits() {
    let seconds = std::env::var("TAPEGRAD_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(60);
    let seed = std::env::var("TAPEGRAD_FUZZ_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let (begin, mut random) = (Instant::now(), ChaCha8Rng::seed_from_u64(seed));
    let all = programs::all();
    let mut count = 0;
    while begin.elapsed() < Duration::from_secs(seconds) {
        let mut text = all[random.random_range(0..all.len())].1.clone();
        for _ in 0..random.random_range(1..12) {
            let (at, length) = (random.random_range(0..text.len() + 1), random.random_range(0..40));
            text = edited(&text, at, length, random.random_range(0..PIECES.len()));
            let byte = boundary(&text, random.random_range(0..text.len() + 1));
            ask_everything(&text, byte);
            count += 1;
        }
    }
    println!("{count} texts");
}
