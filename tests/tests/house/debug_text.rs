//! No Rust debug text, such as `Some(0)`, quotes or the names of variants, in what people read.
//!
//! A place that formats with `{:?}` outside of assertions and panics stands in the list below, with the reason why a reader
//! sees nothing of Rust in it. A new one fails until somebody has looked at what it prints.

use super::{PACKAGES, rust_files, workspace};
use std::collections::BTreeMap;

/// Sizes or positions: the debug text of a list of numbers is how the language writes it, `[2, 3]`.
const NUMBERS: &str = "a list of numbers";
/// Text of a generated Rust program or of a program of the language.
const PROGRAM: &str = "a number or a list as a program spells it";
/// A type that implements `Debug` for people.
const OWN_TEXT: &str = "its `Debug` is written for people";
/// The name of a variant is a name of the interface, in lower case.
const NAME: &str = "the name of a variant, in lower case, is the name that people use";
const NOT_SHOWN: &str = "nobody reads it: it is hashed or compared";

/// File, how many places at most, why.
const ALLOWED: &[(&str, usize, &str)] = &[
    ("autograd/check/src/diagnosis/counterexample.rs", 2, NUMBERS),
    ("autograd/check/src/diagnosis/example_test.rs", 3, PROGRAM),
    ("autograd/check/src/function/program.rs", 2, PROGRAM),
    ("autograd/check/src/laws/mod.rs", 1, OWN_TEXT),
    ("autograd/check/src/laws/oracle/mod.rs", 1, NUMBERS),
    ("autograd/check/src/mistakes/hypotheses/result.rs", 3, NUMBERS),
    ("autograd/check/src/mutants/mutant.rs", 1, OWN_TEXT),
    ("autograd/check/src/mutants/mutation.rs", 1, NAME),
    ("autograd/check/src/report/covered.rs", 1, NUMBERS),
    ("autograd/check/src/report/page.rs", 1, NUMBERS),
    ("autograd/check/src/subject/case.rs", 1, NUMBERS),
    ("autograd/check/src/verdict/faults.rs", 2, NUMBERS),
    ("autograd/check/src/verdict/locate.rs", 1, NUMBERS),
    ("autograd/check/src/verdict/state.rs", 2, NUMBERS),
    ("autograd/core/src/graph/mod.rs", 1, OWN_TEXT),
    ("autograd/core/src/ops/factors.rs", 1, NUMBERS),
    ("autograd/core/src/ops/permute.rs", 1, NUMBERS),
    ("autograd/language/src/meaning/unroll.rs", 1, NUMBERS),
    ("autograd/language/src/run/elaborate/shape.rs", 1, NUMBERS),
    ("autograd/language/src/run/session.rs", 1, NUMBERS),
    ("autograd/language/src/show/flat/mod.rs", 2, NOT_SHOWN),
    ("autograd/language/src/show/view/json.rs", 1, NAME),
    ("autograd/language/src/show/view/svg.rs", 1, NAME),
    ("autograd/language/src/show/view/values.rs", 5, NUMBERS),
    ("autograd/language/src/syntax/print/expressions.rs", 1, PROGRAM),
    ("lessons/src/assignment/exam.rs", 3, NUMBERS),
    ("lessons/src/assignment/examiner.rs", 1, NOT_SHOWN),
    ("lessons/src/learn/session/answer.rs", 1, NUMBERS),
    ("lessons/src/learn/two_layer/plain.rs", 2, NUMBERS),
    ("models/src/exchange/npz.rs", 2, NUMBERS),
    ("models/src/exchange/recurrent.rs", 1, NUMBERS),
    ("models/src/exchange/tensor_file.rs", 3, NUMBERS),
    ("models/src/exchange/weights.rs", 1, NUMBERS),
    ("models/src/train/checkpoint.rs", 1, NUMBERS),
    ("models/src/train/checksum.rs", 1, NOT_SHOWN),
];

/// The lines that format with `{:?}`, outside of tests, assertions and panics, by file.
fn debug_texts() -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for package in PACKAGES {
        for (path, text) in rust_files(&workspace().join(package).join("src")) {
            let path = format!("{package}/src/{}", path.display());
            if path.contains("/tests") {
                continue;
            }
            let own = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines: Vec<&str> = own.lines().collect();
            let is_internal = |at: usize| {
                let near = lines[at.saturating_sub(3)..=at].join(" ");
                ["assert", "panic!", "unreachable!"]
                    .iter()
                    .any(|word| near.contains(word))
            };
            let places: Vec<String> = (0..lines.len())
                .filter(|&at| {
                    lines[at].contains(":?}") && !lines[at].trim_start().starts_with("//") && !is_internal(at)
                })
                .map(|at| lines[at].trim().to_string())
                .collect();
            if !places.is_empty() {
                found.insert(path, places);
            }
        }
    }
    found
}

#[test]
fn what_people_read_has_no_debug_text() {
    let mut found = debug_texts();
    for (file, count, why) in ALLOWED {
        let places = found.remove(*file).unwrap_or_default();
        assert!(places.len() <= *count, "{file} had {count}, where {why}: {places:#?}");
    }
    assert!(
        found.is_empty(),
        "`{{:?}}` prints Rust's debug text; write a sentence, or list the file in debug_text.rs with the reason: {found:#?}"
    );
}
