//! Messages about typical mistakes: their place, what they say, and the changes that they offer.
//!
//! In `mistakes/` are 60 wrong programs, each with the right one that was meant and with the place and cause of the
//! mistake; they were written from the page of the language before anybody had seen its messages. `right/` has programs
//! from the same hand without mistakes. More wrong programs are made here, by typical slips in right ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use tapegrad_autograd::language::diagnostic::Diagnostic;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::language::{Opened, fix, limits, open};

use crate::running::request;
use crate::{deriving, programs};

/// Of 60 mistakes, how many have the right place: 95 %.
const PLACES_MIN: usize = 57;

/// Of 60 mistakes, how many are explained or mended: 90 %.
const EXPLAINED_MIN: usize = 54;

/// The objective of a mended program and of the one that was meant may differ by rounding alone, where an edit writes
/// the same sum in another order.
const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Mistake {
    /// The line of the mistake.
    line: usize,
    /// The first and the last column that a message may point at.
    columns: [usize; 2],
    cause: String,
    /// Words of which a message that helps has one.
    words: Vec<String>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language").join(name)
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Number, wrong program, right program and description of each mistake.
fn mistakes() -> Vec<(String, String, String, Mistake)> {
    let numbers = (1..=60).map(|number| format!("{number:02}"));
    numbers
        .map(|number| {
            let file = |end: &str| read(folder("mistakes").join(format!("{number}{end}")));
            let mistake = serde_json::from_str(&file(".json")).unwrap();
            (number.clone(), file(".cg"), file("_right.cg"), mistake)
        })
        .collect()
}

/// Name and text of the right programs, those of the project included.
pub fn right_programs() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder("right"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(path)))
        .collect();
    all.extend(programs::all());
    all.extend(
        mistakes()
            .into_iter()
            .map(|(number, _, right, _)| (format!("{number}_right"), right)),
    );
    // Programs that need what the language does not have yet have no say here.
    all.retain(|(name, text)| open(name, text).is_correct());
    all.sort();
    all
}

/// True if the message points into the columns.
fn is_at(found: &Diagnostic, opened: &Opened, line: usize, columns: [usize; 2]) -> bool {
    let place = opened.sources.position(found.primary.span);
    let length = opened.sources.text(found.primary.span).chars().count().max(1);
    place.line == line && place.column <= columns[1] && columns[0] < place.column + length
}

#[test]
fn a_message_points_at_the_mistake_and_says_the_cause_or_the_mend() {
    let (mut misplaced, mut unexplained) = (Vec::new(), Vec::new());
    for (number, wrong, _, mistake) in mistakes() {
        let opened = open("p.cg", &wrong);
        let first = opened.diagnostics.first();
        if !first.is_some_and(|found| is_at(found, &opened, mistake.line, mistake.columns)) {
            misplaced.push(format!("{number}: {}\n{}", mistake.cause, opened.render()));
        }
        let said = first.map_or(String::new(), |found| {
            let help = found.help.clone().unwrap_or_default();
            format!(
                "{} {} {help} {}",
                found.code.title(),
                found.primary.text,
                found.notes.join(" ")
            )
        });
        if !mistake.words.iter().any(|word| said.contains(word)) {
            unexplained.push(format!("{number}: {}\n{}", mistake.cause, opened.render()));
        }
    }
    println!(
        "of 60: {} misplaced, {} unexplained",
        misplaced.len(),
        unexplained.len()
    );
    assert!(60 - misplaced.len() >= PLACES_MIN, "{}", misplaced.join("\n"));
    assert!(60 - unexplained.len() >= EXPLAINED_MIN, "{}", unexplained.join("\n"));
}

#[test]
fn right_programs_get_no_warning() {
    let all = right_programs();
    let warned: Vec<String> = all
        .iter()
        .map(|(name, text)| open(name, text))
        .filter(|opened| !opened.diagnostics.is_empty())
        .map(|opened| opened.render())
        .collect();
    assert!(all.len() >= 100, "{} programs", all.len());
    assert!(warned.is_empty(), "{}", warned.join("\n"));
}

/// Sizes that all differ as far as the program allows it.
fn some_sizes(program: &Program) -> Option<BTreeMap<String, i64>> {
    let free: Vec<String> = program
        .dims
        .iter()
        .filter(|dim| dim.value.is_none())
        .map(|dim| dim.name.to_string())
        .collect();
    (0..6).find_map(|try_at| {
        let sizes = [3, 4, 5, 7, 2, 6, 8, 9, 10, 11];
        let rising = free.iter().zip(sizes.iter().cycle().skip(try_at));
        let dims: BTreeMap<String, i64> = match try_at {
            5 => free.iter().map(|name| (name.clone(), 4)).collect(),
            4 => free
                .iter()
                .zip((0..).map(|i| 12 >> (i % 3)))
                .map(|(name, size)| (name.clone(), size))
                .collect(),
            _ => rising.map(|(name, size)| (name.clone(), *size)).collect(),
        };
        let instance = tapegrad_autograd::language::run::Instance::new(program, &dims).ok()?;
        instance.graph().ok()?;
        Some(dims)
    })
}

/// The objective and the outputs of the last program of a text, with the values of a request.
fn answer(opened: &Opened, request: &Request) -> Result<Vec<(String, serde_json::Value)>, String> {
    let program = opened.programs.last().ok_or("no graph")?;
    let answer = run::<f64>(program, request, Wanted::default()).map_err(|error| error.to_string())?;
    let mut values = vec![("objective".to_string(), answer["objective"].clone())];
    let outputs = program
        .outputs
        .iter()
        .map(|(name, _)| (name.clone(), answer["values"][name].clone()));
    values.extend(outputs);
    Ok(values)
}

/// The request under the names of a program in which a declaration itself was misspelt: what has no name in common is
/// taken in its order.
fn renamed(request: &Request, meant: &Program, mended: &Program) -> Request {
    fn names(program: &Program) -> [Vec<String>; 2] {
        let free = program.dims.iter().filter(|dim| dim.value.is_none());
        let inputs = program.inputs.iter().map(|input| input.name.clone());
        let params = program.params.iter().map(|param| param.path.clone());
        [
            free.map(|dim| dim.name.to_string()).collect(),
            inputs.chain(params).collect(),
        ]
    }
    fn moved<V: Clone>(given: &BTreeMap<String, V>, from: &[String], to: &[String]) -> BTreeMap<String, V> {
        let mut given = given.clone();
        // A parameter of a row of layers, `block[].W`, has a value for each layer, `block[1].W`.
        let plain = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
        let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_string();
        let lost: Vec<&String> = from.iter().filter(|name| !to.contains(name)).collect();
        let new: Vec<&String> = to.iter().filter(|name| !from.contains(name)).collect();
        for (lost, new) in lost.into_iter().zip(new) {
            let is_it = |key: &&String| plain(key) == plain(lost) && last(key) == last(lost);
            let keys: Vec<String> = given.keys().filter(is_it).cloned().collect();
            for key in keys {
                let value = given.remove(&key).expect("the key was just found");
                given.insert(format!("{}{}", &key[..key.len() - last(lost).len()], last(new)), value);
            }
        }
        given
    }
    let ([from_dims, from_values], [to_dims, to_values]) = (names(meant), names(mended));
    Request {
        dims: moved(&request.dims, &from_dims, &to_dims),
        values: moved(&request.values, &from_values, &to_values),
        ..request.clone()
    }
}

/// Holds a mended text against the program that was meant: the same numbers from the same numbers.
fn hold_meant(what: &str, meant: &str, mended: &str) -> Result<(), String> {
    let meant = open("meant", meant);
    let program = meant
        .programs
        .last()
        .ok_or_else(|| format!("{what}: {}", meant.render()))?;
    let Some(sizes) = some_sizes(program) else {
        return Ok(());
    };
    let request = request(program, sizes);
    // Values that the program has no result for, such as the logarithm of a negative number, tell nothing.
    let Ok(wanted) = answer(&meant, &request) else {
        return Ok(());
    };
    let again = open("mended", mended);
    let request = again
        .programs
        .last()
        .map_or(request.clone(), |mended| renamed(&request, program, mended));
    let got = answer(&again, &request).map_err(|why| format!("{what}: {why}\n{mended}"))?;
    let numbers = |values: &[(String, serde_json::Value)]| {
        let mut numbers = Vec::new();
        values
            .iter()
            .for_each(|(_, value)| deriving::numbers(value, &mut numbers));
        numbers
    };
    let (wanted, got) = (numbers(&wanted), numbers(&got));
    let is_close =
        |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE * (1.0 + a.abs()) || a.is_nan() && b.is_nan() || a == b;
    if wanted.len() == got.len() && wanted.iter().zip(&got).all(is_close) {
        return Ok(());
    }
    Err(format!("{what}: {wanted:?} was meant, this gives {got:?}\n{mended}"))
}

/// Applies each offered change of a wrong text, and holds it to what was meant; counts them, and tells of wrong ones.
fn hold_edits(what: &str, wrong: &str, meant: &str, offered: &mut usize, finds: &mut Vec<String>) {
    let opened = open("wrong", wrong);
    for found in &opened.diagnostics {
        let Some(once) = found.mended(&opened.sources) else {
            continue;
        };
        *offered += 1;
        let mended = fix("wrong", &once, limits::MEMORY, &mut |_| Err(String::new())).text;
        if open("mended", &mended).is_correct() {
            let what = format!("{what}\n{wrong}\n{}", found.render(&opened.sources));
            finds.extend(hold_meant(&what, meant, &mended).err());
        }
    }
}

#[test]
fn every_change_offered_for_a_typical_mistake_gives_what_was_meant() {
    let (mut offered, mut finds) = (0, Vec::new());
    for (number, wrong, right, _) in mistakes() {
        hold_edits(&number, &wrong, &right, &mut offered, &mut finds);
    }
    println!("{offered} changes offered");
    assert!(finds.is_empty(), "{}", finds.join("\n"));
    assert!(offered >= 18, "{offered} changes");
}

/// A slip of the finger, a spelling of another language, or a mix-up, at a place of a right text; `None` if the place
/// does not allow it.
fn slipped(text: &str, rng: &mut ChaCha8Rng) -> Option<String> {
    let words: Vec<(usize, &str)> = words(text);
    let names: Vec<&str> = words
        .iter()
        .map(|(_, word)| *word)
        .filter(|word| word.len() > 1)
        .collect();
    let pick = rng.random_range(0..words.len().max(1));
    let (at, word) = *words.get(pick)?;
    let with = |new: &str| Some(format!("{}{new}{}", &text[..at], &text[at + word.len()..]));
    let letters: Vec<char> = word.chars().collect();
    let place = rng.random_range(0..letters.len());
    match rng.random_range(0..18) {
        // A letter is left out, doubled, exchanged or hit wrongly.
        0 if letters.len() > 1 => {
            let mut letters = letters;
            letters.remove(place);
            with(&letters.iter().collect::<String>())
        }
        1 => {
            let mut letters = letters;
            letters.insert(place, letters[place]);
            with(&letters.iter().collect::<String>())
        }
        2 if place + 1 < letters.len() => {
            let mut letters = letters;
            letters.swap(place, place + 1);
            with(&letters.iter().collect::<String>())
        }
        3 => {
            let mut letters = letters;
            letters[place] = char::from(rng.random_range(b'a'..=b'z'));
            with(&letters.iter().collect::<String>())
        }
        4 => {
            let other = if letters[0].is_uppercase() {
                word.to_lowercase()
            } else {
                word.to_uppercase()
            };
            with(&other)
        }
        // Another name of the program stands here.
        5 => with(names.get(rng.random_range(0..names.len().max(1)))?),
        // A line is left out, or two lines are exchanged.
        6 => {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.remove(rng.random_range(1..lines.len() - 1));
            Some(lines.join("\n"))
        }
        7 => {
            let mut lines: Vec<&str> = text.lines().collect();
            let line = rng.random_range(1..lines.len() - 2);
            lines.swap(line, line + 1);
            Some(lines.join("\n"))
        }
        // Signs of other languages, or none.
        kind => {
            let (from, to) = [
                ("^", "**"),
                (".T", ""),
                (".T", "'"),
                (" @ ", " * "),
                (" * ", " "),
                (" = ", " := "),
                (" = ", " == "),
                (", over ", ", "),
                (", over ", " over "),
                ("exp(", "np.exp("),
                ("[t-1]", "[t]"),
                ("[1]", "[0]"),
                ("sum(i: ", "(i: "),
                ("minimize", "minimise"),
                (" -", " −"),
                ("param", "params"),
                ("sigmoid(", "\\sigma("),
                (" * ", " × "),
                ("<=", "≤"),
                (", over T)", ")"),
                (" @ ", ".dot("),
                ("tanh", "torch.tanh"),
                (" and ", " && "),
                ("dim ", "dims "),
                (", ", " "),
            ][(kind * 25 + rng.random_range(0..25)) % 25];
            let places: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
            let at = *places.get(rng.random_range(0..places.len().max(1)))?;
            Some(format!("{}{to}{}", &text[..at], &text[at + from.len()..]))
        }
    }
}

/// The names and words of a text outside of comments, with their places.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        let code = &line[..line.find("//").unwrap_or(line.len())];
        let mut at = 0;
        for part in code.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
            if part.starts_with(|c: char| c.is_alphabetic()) {
                words.push((begin + at, part));
            }
            at += part.len();
            at += code[at..].chars().next().map_or(0, char::len_utf8);
        }
        begin += line.len();
    }
    words
}

/// Makes wrong programs of right ones, and holds the changes that are offered to what the right ones compute.
fn hold_slips(count: usize, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let right = right_programs();
    let (mut wrong, mut offered, mut finds) = (0, 0, Vec::new());
    while wrong < count {
        let (name, meant) = &right[rng.random_range(0..right.len())];
        let Some(text) = slipped(meant, &mut rng) else { continue };
        if open("slipped", &text).is_correct() {
            continue;
        }
        wrong += 1;
        hold_edits(name, &text, meant, &mut offered, &mut finds);
    }
    println!(
        "{wrong} wrong programs, {offered} changes offered, {} of them wrong",
        finds.len()
    );
    assert!(finds.is_empty(), "{}", finds.join("\n"));
    assert!(offered * 5 > wrong, "only {offered} changes for {wrong} wrong programs");
}

#[test]
fn a_change_offered_for_a_slip_gives_what_was_meant() {
    hold_slips(1000, 1);
}

#[test]
#[ignore = "long: 20 000 wrong programs"]
fn a_change_offered_for_any_of_many_slips_gives_what_was_meant() {
    hold_slips(20_000, 2);
}
