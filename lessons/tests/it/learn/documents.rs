//! The documents about lessons: what is covered, and what is wrong on the slides.

use std::path::Path;

use tapegrad_lessons::learn::lesson::Visible;
use tapegrad_lessons::learn::lesson::coverage::{rows, table};
use tapegrad_lessons::learn::lesson::evaluate;
use tapegrad_lessons::learn::run::inline;

use super::lesson;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn the_table_of_rows_is_what_the_command_prints() {
    let written = std::fs::read_to_string(root().join("docs/coverage.md")).unwrap();
    assert_eq!(
        written,
        table(&rows().unwrap()),
        "write it anew with `tapegrad learn coverage > docs/coverage.md`"
    );
}

#[test]
fn the_files_and_tests_that_the_table_names_exist() {
    for row in rows().unwrap() {
        for source in &row.sources {
            assert!(root().join(source).is_file(), "{}: {source}", row.id);
        }
        for test in &row.tests {
            let (file, name) = test.split_once(": ").unwrap();
            let text = std::fs::read_to_string(root().join(file)).unwrap();
            assert!(text.contains(&format!("fn {name}(")), "{}: {test}", row.id);
        }
    }
}

#[test]
fn the_numbers_in_the_errata_are_computed() {
    let errata = std::fs::read_to_string(root().join("docs/errata.md")).unwrap();
    let numbers = [
        ("ledger", "J"),
        ("ledger", "g_y"),
        ("attention", "O[4]"),
        ("attention", "A[4] @ list(V[1], V[3], V[2], V[4])"),
        ("ngrams", "q"),
    ];
    for (name, text) in numbers {
        let lesson = lesson(name);
        let value = inline(&evaluate(text, &Visible::all(&lesson.trace)).unwrap());
        assert!(
            errata.contains(&format!("`{value}`")),
            "the errata need {text} = `{value}`"
        );
    }
}

#[test]
fn d14_every_data_set_of_the_lectures_is_explained() {
    let page = std::fs::read_to_string(root().join("docs/datasets.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    for (name, size) in [
        ("The Pile", "800 GB"),
        ("Dolma", "3 trillion tokens"),
        ("ImageNet", ""),
        ("COCO", ""),
        ("ADE20k", ""),
        ("MNIST", ""),
        ("MMLU", "57 tasks"),
        ("MBPP", "about 400"),
    ] {
        let row = rows
            .iter()
            .find(|row| row[1] == name)
            .unwrap_or_else(|| panic!("{name} is missing"));
        assert!(!row[2].is_empty() && row[3] == size, "{row:?}");
    }
}
