//! Edits of Rust text: the right modules of the corpus of `tests/`, with one token changed, against the checker.
//!
//! The generator knows nothing of the mistakes that a diagnosis can name: it exchanges operators, numbers, comparisons and
//! axes, and leaves out signs and calls, as `cargo mutants` does. All mutants are compiled into one program. Whether a
//! mutant is wrong at all is decided by the corpus's own proof, slopes of forward() alone.
//!
//! `cargo test -p tapegrad-lessons --test it source_mutants -- --ignored --nocapture`; `TAPEGRAD_SOURCE_MUTANTS` says how
//! many of the mutants are tried, at most.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use tapegrad_lessons::assignment::project::{Libraries, Project};

/// The files whose entries are edited, below the folder of the corpus.
const EDITED: [&str; 5] = [
    "right_maths/one",
    "right_maths/two",
    "right_layers/one",
    "second/right",
    "second/right_layers",
];

/// Files of the corpus that the program does not need.
const LEFT_OUT: [&str; 2] = ["main.rs", "runner.rs"];

/// Mutants that are not found, with the reason.
const EXPLAINED: [(&str, &str); 1] = [(
    "right-mask-multiplied: |x| &x[0] / &x[1] * 2.0,",
    "forward() is infinite where the mask is 0; what is infinite, such as a masked score, has no slope, and its gradient 0 is right",
)];

/// What stands for what: an edit is one of these at one place.
const EXCHANGES: [(&str, &str); 28] = [
    (" + ", " - "),
    (" - ", " + "),
    (" * ", " / "),
    (" / ", " * "),
    (" += ", " -= "),
    (" += ", " = "),
    (" -= ", " += "),
    (" > ", " < "),
    (" < ", " > "),
    (" >= ", " < "),
    (" <= ", " > "),
    (" == ", " != "),
    ("(-", "("),
    (" -", " "),
    ("0.0", "1.0"),
    ("1.0", "0.0"),
    ("2.0", "1.0"),
    ("0.5", "1.0"),
    (".t()", ""),
    (".exp()", ""),
    (".sqrt()", ""),
    (".ln()", ""),
    (".tanh()", ""),
    (".abs()", ""),
    ("Axis(0)", "Axis(1)"),
    ("Axis(1)", "Axis(0)"),
    (".max(", ".min("),
    (".sum()", ".mean().unwrap_or(0.0)"),
];

/// One entry with one edit.
#[derive(Clone, Debug)]
struct SourceMutant {
    /// The file of the entry, below the folder of the corpus, without its ending.
    file: &'static str,
    /// The text of the file that holds the edited entry.
    text: String,
    /// The entry and the edited line.
    what: String,
}

/// Where `(` at the end of `before` is closed.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0;
    text[from..].char_indices().find_map(|(at, c)| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        (c == ')' && depth == 0).then_some(from + at)
    })
}

/// All mutants of a file of right entries.
fn mutants_of(file: &'static str, text: &str) -> Vec<SourceMutant> {
    let list = text
        .split_once("pub fn entries() -> Vec<Entry> {")
        .expect("a file of entries")
        .1;
    let (before, list) = list.split_once("    vec![\n").expect("the entries are a list");
    let starts: Vec<usize> = list.match_indices("\n        right(").map(|(at, _)| at + 1).collect();
    let starts: Vec<usize> = list
        .starts_with("        right(")
        .then_some(0)
        .into_iter()
        .chain(starts)
        .collect();
    let ends = starts[1..].iter().copied().chain(list.rfind("\n    ]"));
    let mut all = Vec::new();
    for (start, end) in starts.iter().zip(ends) {
        let entry = list[*start..end].trim().trim_end_matches(',');
        let name = entry.split('"').nth(1).unwrap_or_default();
        let Some(from) = entry.find(".by(") else { continue };
        let Some(to) = closing(entry, from + 3) else { continue };
        for (old, new) in EXCHANGES {
            for (at, _) in entry[from..to].match_indices(old) {
                let edited = format!("{}{new}{}", &entry[..from + at], &entry[from + at + old.len()..]);
                let line = edited[..from + at].rfind('\n').map_or(0, |line| line + 1);
                let line = edited[line..].lines().next().unwrap_or_default().trim();
                let body = format!(
                    "use super::*;\npub fn entry() -> Entry {{\n{before}\n    let all = vec![{edited}];\n    all.into_iter().next().expect(\"one entry\")\n}}\n"
                );
                all.push(SourceMutant {
                    file,
                    text: body,
                    what: format!("{name}: {line}"),
                });
            }
        }
    }
    all
}

const MAIN: &str = r#"
fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    for (number, entry) in mutants() {
        let differs = (1..=60).any(|seed| {
            let agrees = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| proof::agrees(&entry, &proof::drawn(&entry, seed)).is_ok()));
            !agrees.unwrap_or(false)
        });
        let (operands, made) = (entry.operands.clone(), entry.clone());
        let subject = ModuleSubject::made_for_case(entry.id, move |draw| operands(draw), move |case: &Case| made.make(case));
        let subject: std::sync::Arc<dyn Subject> = match entry.definition.clone() {
            Some(definition) => std::sync::Arc::new(subject.defined_by(move |x| definition(x))),
            None => std::sync::Arc::new(subject),
        };
        let options = Options { limit: std::time::Duration::from_secs(1), ..Options::default() };
        let report = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&subject, &options)));
        let (verdict, sentence, named) = match report {
            Ok(report) => {
                let named = report.diagnosis.is_some();
                let said = report.diagnosis.map(|d| d.sentence).or_else(|| report.findings.first().map(|f| f.sentence.clone()));
                (format!("{:?}", report.verdict), said.unwrap_or_default(), named)
            }
            Err(_) => ("the checker panics".to_string(), String::new(), false),
        };
        println!("{number}\t{differs}\t{verdict}\t{named}\t{}", sentence.replace(['\n', '\t'], " "));
    }
    std::process::exit(0);
}
"#;

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        match path.is_dir() {
            true => copied(&path, &to.join(name)),
            false => {
                fs::copy(&path, to.join(name)).unwrap();
            }
        }
    }
}

/// Writes a program with these mutants into a folder.
fn written(corpus: &Path, folder: &Path, mutants: &[(usize, SourceMutant)]) {
    copied(corpus, folder);
    let mut modules: Vec<String> = Vec::new();
    for entry in fs::read_dir(corpus).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().to_string();
        if !LEFT_OUT.contains(&name.as_str()) {
            modules.push(format!("mod {};", name.trim_end_matches(".rs")));
        }
    }
    let mut list = String::new();
    for file in EDITED {
        let own: Vec<&(usize, SourceMutant)> = mutants.iter().filter(|(_, mutant)| mutant.file == file).collect();
        let mut text = fs::read_to_string(corpus.join(format!("{file}.rs"))).unwrap();
        for (number, mutant) in &own {
            text += &format!("pub mod m{number};\n");
            fs::create_dir_all(folder.join(file)).unwrap();
            fs::write(folder.join(file).join(format!("m{number}.rs")), &mutant.text).unwrap();
            list += &format!("({number}, {}::m{number}::entry()),\n", file.replace('/', "::"));
        }
        fs::write(folder.join(format!("{file}.rs")), text).unwrap();
        // The files above must let the program name what is in this one.
        if let Some((room, name)) = file.split_once('/') {
            let above = folder.join(room).join("mod.rs");
            let text = fs::read_to_string(&above).unwrap();
            let text = text.replace(&format!("\nmod {name};"), &format!("\npub mod {name};"));
            fs::write(&above, text).unwrap();
        }
    }
    let uses = "use tapegrad_autograd::check::{Case, ModuleSubject, Options, Subject, check};";
    let main = format!(
        "#![allow(warnings)]\n{}\n{uses}\nfn mutants() -> Vec<(usize, entry::Entry)> {{\n    vec![\n{list}]\n}}\n{MAIN}",
        modules.join("\n")
    );
    fs::write(folder.join("main.rs"), main).unwrap();
}

#[test]
#[ignore = "compiles and checks some hundreds of mutants, which takes minutes"]
fn one_token_of_a_right_module_changed() {
    let project = Project::find(None).unwrap();
    let libraries = Libraries::find(&project).unwrap();
    let corpus = project.root().join("tests/tests/strangers");
    let most: usize = std::env::var("TAPEGRAD_SOURCE_MUTANTS").map_or(300, |n| n.parse().unwrap());
    let read = |file: &'static str| mutants_of(file, &fs::read_to_string(corpus.join(format!("{file}.rs"))).unwrap());
    let all: Vec<SourceMutant> = EDITED.into_iter().flat_map(read).collect();
    let step = all.len().div_ceil(most).max(1);
    let mut mutants: Vec<(usize, SourceMutant)> = all.into_iter().enumerate().step_by(step).collect();
    let made = mutants.len();
    let folder = tempfile::tempdir().unwrap();
    let compiler = |arguments: &[&str], place: &Path| {
        let mut compiler: Command = libraries.rustc();
        compiler.args(arguments).arg("main.rs").current_dir(place);
        let output = compiler.output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).to_string(),
        )
    };
    // What does not compile is no mutant; the compiler tells in several rounds, because it stops at the first kind of error.
    for round in 0.. {
        let place = folder.path().join(round.to_string());
        written(&corpus, &place, &mutants);
        let (compiles, said) = compiler(&["--emit", "metadata", "-o", "main.rmeta"], &place);
        if compiles {
            let (links, said) = compiler(&["-C", "opt-level=1", "-C", "strip=symbols", "-o", "main"], &place);
            assert!(links, "{said}");
            report(&place, &mutants, made);
            return;
        }
        let is_named = |number: usize| said.contains(&format!("/m{number}.rs:"));
        let before = mutants.len();
        mutants.retain(|(number, _)| !is_named(*number));
        assert!(mutants.len() < before && round < 8, "{said}");
    }
}

/// Runs the program, and prints what became of each mutant.
fn report(place: &Path, mutants: &[(usize, SourceMutant)], made: usize) {
    let output = Command::new(place.join("main")).current_dir(place).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let (mut wrong, mut found, mut named, mut alarms) = (0, 0, 0, Vec::new());
    let mut missed = Vec::new();
    let mut seen = BTreeSet::new();
    for line in said.lines() {
        let [number, differs, verdict, is_named, sentence] = line.split('\t').collect::<Vec<_>>()[..] else {
            continue;
        };
        let number: usize = number.parse().unwrap();
        seen.insert(number);
        let what = &mutants.iter().find(|(own, _)| *own == number).unwrap().1.what;
        println!(
            "{} | {verdict} | {what} | {sentence}",
            if differs == "true" { "wrong" } else { "equal" }
        );
        match (differs == "true", verdict == "Wrong") {
            (true, true) => {
                wrong += 1;
                found += 1;
                named += usize::from(is_named == "true");
            }
            (true, false) => {
                wrong += 1;
                match EXPLAINED.iter().find(|(known, _)| known == what) {
                    Some((_, reason)) => println!("not found: {reason}"),
                    None => missed.push(format!("{what} ({verdict})")),
                }
            }
            (false, true) => alarms.push(format!("{what}: {sentence}")),
            (false, false) => {}
        }
    }
    println!(
        "\n{made} mutants, {} compile; {wrong} are wrong by slopes of forward(): {found} found, {named} named\n\
         not found:\n{}\nwrong though no slope of 60 draws tells it:\n{}",
        mutants.len(),
        missed.join("\n"),
        alarms.join("\n")
    );
    assert_eq!(seen.len(), mutants.len(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(wrong > 0 && missed.is_empty(), "not found: {missed:?}");
}
