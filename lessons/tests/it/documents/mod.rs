//! The README and the pages of docs: every command runs as it stands, and prints what the page shows.
//!
//! Commands that take minutes run if `TAPEGRAD_SLOW` is set.

mod blocks;
mod printed;
mod workplace;

use std::collections::BTreeSet;
use std::path::Path;

use blocks::{Block, blocks, commands_in_sentences};
use printed::is_printed;
use workplace::Workplace;

use crate::tapegrad;

/// The languages of blocks that are no commands, and who tests them.
const TESTED_ELSEWHERE: [(&str, &str, &str); 12] = [
    ("README.md", "rust", "the_first_program_is_the_example"),
    ("README.md", "toml", "the_first_program_runs_in_a_crate_of_its_own"),
    ("docs/assignments.md", "rust", "lessons/tests/it/assignment/"),
    ("docs/assignments.md", "toml", "lessons/tests/it/assignment/"),
    ("docs/assignments.md", "markdown", "lessons/tests/it/assignment/"),
    ("docs/graph-run.md", "json", "lessons/tests/it/graph/run.rs"),
    ("docs/language.md", "", "autograd/language/tests/language/page.rs"),
    (
        "docs/language.md",
        "ebnf",
        "autograd/language/tests/language/grammar.rs",
    ),
    ("docs/editors.md", "json", "the_settings_of_editors_can_be_read"),
    ("docs/editors.md", "toml", "the_settings_of_editors_can_be_read"),
    ("docs/editors.md", "lua", "nobody: it needs Neovim"),
    ("docs/editors.md", "elisp", "nobody: it needs Emacs"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// True if blocks of a language on a page are no commands to run here.
fn is_tested_elsewhere(page: &str, language: &str) -> bool {
    TESTED_ELSEWHERE
        .iter()
        .any(|known| (known.0, known.1) == (page, language))
}

fn runs_slow() -> bool {
    std::env::var_os("TAPEGRAD_SLOW").is_some()
}

/// Runs the commands of a page in their order, and compares what they print.
fn follow(page: &str) {
    let workplace = Workplace::new(root());
    let blocks = blocks(root(), page);
    let here = blocks
        .iter()
        .filter(|block| !is_tested_elsewhere(page, &block.language));
    for block in here.filter(|block| !block.mark.is_slow || runs_slow()) {
        match block.language.as_str() {
            "sh" if !block.mark.is_not_run => run(block, &workplace),
            "text" if block.mark.is_printed => compare(block, &workplace),
            _ => {}
        }
    }
}

fn run(block: &Block, workplace: &Workplace) {
    let done = workplace.run(&block.text);
    assert_eq!(
        done.code,
        Some(block.mark.exit_code),
        "{}: the exit code of\n{}\n{}{}",
        block.place,
        block.text,
        done.stdout,
        done.stderr
    );
}

fn compare(block: &Block, workplace: &Workplace) {
    let done = workplace.run(&block.mark.text);
    assert!(
        is_printed(&block.text, &done.stdout, block.mark.figures_vary),
        "{}: `{}` prints\n{}{}\nand the page shows\n{}",
        block.place,
        block.mark.text,
        done.stdout,
        done.stderr,
        block.text
    );
}

macro_rules! pages {
    ($($name:ident $page:literal)+) => {
        const PAGES: &[&str] = &[$($page),+];
        $(
            #[test]
            fn $name() {
                follow($page);
            }
        )+
    };
}

pages! {
    the_commands_of_the_readme_run "README.md"
    the_commands_of_architecture_run "docs/architecture.md"
    the_commands_of_assignments_run "docs/assignments.md"
    the_commands_of_checking_run "docs/checking.md"
    the_commands_of_checkpoints_run "docs/checkpoints.md"
    the_commands_of_contributing_run "docs/contributing.md"
    the_commands_of_coverage_run "docs/coverage.md"
    the_commands_of_datasets_run "docs/datasets.md"
    the_commands_of_decoding_run "docs/decoding.md"
    the_commands_of_editors_run "docs/editors.md"
    the_commands_of_errata_run "docs/errata.md"
    the_commands_of_graph_run_run "docs/graph-run.md"
    the_commands_of_language_run "docs/language.md"
    the_commands_of_lessons_run "docs/lessons.md"
    the_commands_of_performance_run "docs/performance.md"
    the_commands_of_tokens_run "docs/tokens.md"
    the_commands_of_training_run "docs/training.md"
}

#[test]
fn every_page_is_followed() {
    let docs = std::fs::read_dir(root().join("docs")).unwrap();
    let names = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    let mut there: BTreeSet<String> = names.filter(|name| name.ends_with(".md")).collect();
    there.insert("README.md".to_string());
    assert_eq!(there, PAGES.iter().map(|page| page.to_string()).collect());
}

#[test]
fn every_block_is_run_or_says_why_not() {
    for page in PAGES {
        for block in blocks(root(), page) {
            let mark = &block.mark;
            let is_treated = match block.language.as_str() {
                language if is_tested_elsewhere(page, language) => true,
                "sh" => !mark.is_form && !mark.is_printed,
                "text" => mark.is_form || mark.is_printed,
                _ => false,
            };
            assert!(
                is_treated,
                "{}: a block of `{}` that nobody tests; lessons/tests/it/documents/blocks.rs lists the marks",
                block.place, block.language
            );
        }
    }
}

/// The only block of a page in a language.
fn only(page: &str, language: &str) -> String {
    let mut found = blocks(root(), page);
    found.retain(|block| block.language == language);
    assert_eq!(found.len(), 1, "{page} has one block of {language}");
    found.remove(0).text + "\n"
}

#[test]
fn the_first_program_is_the_example() {
    let example = root().join("autograd/examples/first_gradient.rs");
    assert_eq!(only("README.md", "rust"), std::fs::read_to_string(example).unwrap());
}

#[test]
fn the_first_program_runs_in_a_crate_of_its_own() {
    let dependencies = only("README.md", "toml");
    let table: toml::Table = dependencies.parse().unwrap();
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    assert_eq!(
        table["dependencies"]["ndarray"],
        manifest["workspace"]["dependencies"]["ndarray"]
    );
    if runs_slow() {
        let workplace = Workplace::new(root());
        let crate_ = workplace.beside("first-gradient");
        std::fs::create_dir_all(crate_.join("src")).unwrap();
        let package = "[package]\nname = \"first-gradient\"\nedition = \"2024\"\n\n";
        std::fs::write(crate_.join("Cargo.toml"), package.to_string() + &dependencies).unwrap();
        std::fs::write(crate_.join("src/main.rs"), only("README.md", "rust")).unwrap();
        let done = workplace.run("cd ../first-gradient && cargo run --quiet --offline");
        assert!(
            done.stdout.starts_with("dy/dalpha = [["),
            "{}{}",
            done.stdout,
            done.stderr
        );
    }
}

#[test]
fn the_settings_of_editors_can_be_read() {
    for block in blocks(root(), "docs/editors.md") {
        match block.language.as_str() {
            "json" => drop(serde_json::from_str::<serde_json::Value>(&format!("{{{}}}", block.text)).unwrap()),
            "toml" => drop(block.text.parse::<toml::Table>().unwrap()),
            _ => {}
        }
    }
}

/// Why a command line cannot be meant: a command or an option of it does not exist.
fn unknown(command: &str) -> Option<String> {
    let is_option = |word: &&str| word.starts_with("--");
    let options = command.split_whitespace().filter(is_option);
    // Words in capitals stand for what a reader puts there, such as MODEL.
    let words = command.split_whitespace().take_while(|word| !is_option(word));
    let words: Vec<&str> = words
        .filter(|word| word.chars().all(|letter| !letter.is_uppercase()))
        .collect();
    let (code, help, stderr) = tapegrad(&[&words[..], &["--help"]].concat());
    if code != 0 {
        return Some(stderr);
    }
    let name = |option: &str| option.split('=').next().unwrap_or_default().to_string();
    let missing: Vec<String> = options.map(name).filter(|name| !help.contains(name.as_str())).collect();
    (!missing.is_empty()).then(|| format!("no {}", missing.join(", ")))
}

#[test]
fn every_command_in_a_sentence_exists_with_its_options() {
    let commands = PAGES.iter().flat_map(|page| commands_in_sentences(root(), page));
    let wrong: Vec<String> = commands
        .filter_map(|(place, command)| Some(format!("{place}: `tapegrad {command}`: {}", unknown(&command)?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The help of a command and of all below it, each with its words.
fn helps(words: &[&str], found: &mut Vec<(String, String)>) {
    let (_, help, _) = tapegrad(&[words, &["--help"]].concat());
    found.push((words.join(" "), help.clone()));
    let commands = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let commands = commands.lines().take_while(|line| line.starts_with("  "));
    for name in commands.filter_map(|line| line.split_whitespace().next()) {
        if name != "help" {
            helps(&[words, &[name]].concat(), found);
        }
    }
}

#[test]
fn every_example_of_a_help_exists_with_its_options() {
    let mut found = Vec::new();
    helps(&[], &mut found);
    assert!(found.len() > 25, "only {} commands have a help", found.len());
    let mut wrong = Vec::new();
    for (words, help) in &found {
        for example in help.lines().filter_map(|line| line.strip_prefix("  tapegrad ")) {
            let own = example.split(['|', '>', '<']).next().unwrap_or_default();
            wrong.extend(unknown(own).map(|why| format!("{words} --help: `tapegrad {example}`: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
