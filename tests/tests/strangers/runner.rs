//! Checks every module of the corpus as a student would, and writes what the checker says of each as a table.
//!
//! `cargo test -p tapegrad-tests --test strangers -- --ignored --nocapture`

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tapegrad_autograd::check::{Case, ModuleSubject, Options, Subject, TargetReport, Verdict, check};

use crate::entry::Entry;
use crate::{corpus, second};

/// What the checker said of one module.
struct Row {
    right: bool,
    found: bool,
    /// The first cause that is named, and whether it is a diagnosis of the gradient rather than another finding.
    cause: Option<(String, bool)>,
    accepted: bool,
    /// A diagnosis without hedging that names something else.
    confidently_wrong: bool,
    numbers: Option<usize>,
    verdict: String,
}

/// Words by which a sentence says that it is not sure.
const HEDGES: [&str; 9] = [
    "may",
    "might",
    "maybe",
    "perhaps",
    "possibly",
    "probably",
    "could",
    "unexplained",
    "not sure",
];

#[test]
#[ignore = "checks some four hundred modules, which takes minutes"]
fn the_checker_on_a_strangers_corpus() {
    println!("\n{}", totals(&judged(&corpus())));
}

/// The figures of the second corpus, which `docs/checking.md` states; fewer would be worse.
#[test]
fn the_checker_on_the_second_corpus() {
    let rows = judged(&second::entries());
    println!("\n{}", totals(&rows));
    let wrong: Vec<&Row> = rows.iter().filter(|row| !row.right).collect();
    assert!(wrong.iter().all(|row| row.found), "a wrong module is not found");
    assert!(
        rows.iter().all(|row| !row.right || !row.found),
        "a right module is called wrong"
    );
    let accepted = wrong.iter().filter(|row| row.accepted).count();
    let sure = wrong.iter().filter(|row| row.confidently_wrong).count();
    assert!(
        accepted >= ACCEPTED.0 && sure <= ACCEPTED.1,
        "{accepted} accepted, {sure} stated and not accepted"
    );
}

/// How many first sentences are accepted, and how many are stated with confidence and are not.
const ACCEPTED: (usize, usize) = (30, 4);

/// What the checker says of each; prints a line for each as it comes.
fn judged(corpus: &[Entry]) -> Vec<Row> {
    let rows: Mutex<Vec<Option<Row>>> = Mutex::new(corpus.iter().map(|_| None).collect());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((i, entry)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, corpus.get(i)?)))
                {
                    let row = judge(entry);
                    println!("{}", line(entry, &row));
                    rows.lock().expect("no row panics")[i] = Some(row);
                }
            });
        }
    });
    let rows = rows.into_inner().expect("no row panics");
    rows.into_iter().flatten().collect()
}

fn judge(entry: &Entry) -> Row {
    let subject = subject(entry);
    let options = Options {
        seed: 1,
        ..Options::default()
    };
    let Ok(report) = catch_unwind(AssertUnwindSafe(|| check(&subject, &options))) else {
        return Row {
            right: entry.right,
            found: false,
            cause: Some(("the checker itself panics".to_string(), false)),
            accepted: false,
            confidently_wrong: false,
            numbers: None,
            verdict: "panic".to_string(),
        };
    };
    let cause = cause(&report);
    let accepted = cause
        .as_ref()
        .is_some_and(|(sentence, _)| accepts(entry.accept, sentence));
    let sure = cause
        .as_ref()
        .is_some_and(|(sentence, diagnosis)| *diagnosis && !hedges(sentence))
        && report
            .diagnosis
            .as_ref()
            .is_some_and(|diagnosis| diagnosis.also.is_empty());
    Row {
        right: entry.right,
        found: report.verdict == Verdict::Wrong,
        accepted,
        confidently_wrong: sure && !accepted,
        numbers: report
            .example
            .as_ref()
            .map(|example| example.operands.iter().map(|o| o.data.len()).sum()),
        verdict: format!("{:?}", report.verdict).to_lowercase(),
        cause,
    }
}

/// The module as a student hands it to the checker.
fn subject(entry: &Entry) -> Arc<dyn Subject> {
    let (operands, made) = (entry.operands.clone(), entry.clone());
    let subject =
        ModuleSubject::made_for_case(entry.id, move |draw| operands(draw), move |case: &Case| made.make(case));
    match entry.definition.clone() {
        Some(definition) => Arc::new(subject.defined_by(move |x| definition(x))),
        None => Arc::new(subject),
    }
}

fn cause(report: &TargetReport) -> Option<(String, bool)> {
    let diagnosis = report
        .diagnosis
        .as_ref()
        .map(|diagnosis| (diagnosis.sentence.clone(), true));
    diagnosis.or_else(|| report.findings.first().map(|finding| (finding.sentence.clone(), false)))
}

/// Whether a sentence has all words of one alternative; words of three letters and more may go on.
fn accepts(accept: &str, sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '.').collect();
    let has = |word: &str| {
        let word = word.to_lowercase();
        words.iter().any(|w| {
            if word.len() < 3 {
                *w == word
            } else {
                w.starts_with(&word)
            }
        })
    };
    let parts = |alternative: &str| -> bool {
        let mut parts = alternative
            .split(|c: char| !c.is_alphanumeric() && c != '.')
            .filter(|part| !part.is_empty())
            .peekable();
        parts.peek().is_some() && parts.all(has)
    };
    accept.split('|').any(parts)
}

fn hedges(sentence: &str) -> bool {
    HEDGES.iter().any(|hedge| accepts(hedge, sentence))
}

fn line(entry: &Entry, row: &Row) -> String {
    let kind = if entry.right { "right" } else { "wrong" };
    let numbers = row.numbers.map_or("-".to_string(), |n| n.to_string());
    let named = match (&row.cause, row.accepted, row.confidently_wrong) {
        (None, _, _) => "no cause",
        (_, true, _) => "accepted",
        (_, _, true) => "CONFIDENTLY WRONG",
        _ => "other",
    };
    let sentence = row
        .cause
        .as_ref()
        .map_or("", |(sentence, _)| sentence)
        .replace('\n', " ");
    format!(
        "{} | {kind} | {} | {numbers} | {named} | {sentence} | {}",
        entry.id, row.verdict, entry.says
    )
}

fn totals(rows: &[Row]) -> String {
    let (right, wrong): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.right);
    let count = |rows: &[&Row], f: fn(&Row) -> bool| rows.iter().filter(|row| f(row)).count();
    let mut numbers: Vec<usize> = wrong.iter().filter_map(|row| row.numbers).collect();
    numbers.sort_unstable();
    format!(
        "wrong modules {}: found {}, missed {}\n\
         diagnosis given {}, accepted {}, confidently wrong {}; cause named by another finding and accepted {}\n\
         numbers in the example: median {}, largest {}\n\
         right modules {}: false alarms {}, passed {}, unchecked or otherwise {}",
        wrong.len(),
        count(&wrong, |row| row.found),
        count(&wrong, |row| !row.found),
        count(&wrong, |row| row.cause.as_ref().is_some_and(|cause| cause.1)),
        count(&wrong, |row| row.accepted
            && row.cause.as_ref().is_some_and(|cause| cause.1)),
        count(&wrong, |row| row.confidently_wrong),
        count(&wrong, |row| row.accepted
            && row.cause.as_ref().is_some_and(|cause| !cause.1)),
        numbers.get(numbers.len() / 2).copied().unwrap_or(0),
        numbers.last().copied().unwrap_or(0),
        right.len(),
        count(&right, |row| row.found),
        count(&right, |row| row.verdict == "pass"),
        count(&right, |row| !row.found && row.verdict != "pass"),
    )
}
