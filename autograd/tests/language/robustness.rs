//! Whatever is written, there is an answer: a program, or mistakes with a place; and never a panic.

use proptest::prelude::*;
use tapegrad_autograd::language::{open, print};

use crate::{programs, random_programs};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_program_with_words_exchanged_or_left_out_is_checked_or_refused(
        program in 0..19usize, changes in prop::collection::vec((0..10_000usize, 0..10_000usize, 0..3u8), 1..4)
    ) {
        let all = programs::all();
        let text = &all[program % all.len()].1;
        let mut words: Vec<String> = text.split_inclusive([' ', '\n', '[', ']', '(', ')', ',']).map(str::to_string).collect();
        for (at, other, kind) in changes {
            let (at, other) = (at % words.len(), other % words.len());
            match kind {
                0 => words.swap(at, other),
                1 => words[at] = words[other].clone(),
                _ => drop(words.remove(at)),
            }
        }
        let text = words.concat();
        let opened = open("changed", &text);
        for mistake in &opened.diagnostics {
            prop_assert!(mistake.primary.span.end as usize <= text.len(), "{}", text);
            prop_assert!(!mistake.render(&opened.sources).is_empty());
        }
    }

    #[test]
    fn a_random_tree_is_checked_or_refused(file in random_programs::file()) {
        let text = print::print(&file);
        let opened = open("random", &text);
        prop_assert!(opened.diagnostics.iter().all(|mistake| !mistake.render(&opened.sources).is_empty()));
    }
}
