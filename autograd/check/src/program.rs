//! A program that checks modules of the crate it stands in: by itself for a person, or question by question for
//! `tapegrad check --module FOLDER`, which survives whatever a module does to its process.
//!
//! Questions come one a line on standard input, after a first line with a word that every reply begins with: it tells
//! replies from what a module prints. `subjects` is answered by `ok NAMES`, and `check NAME REQUEST`, both as JSON, by
//! `ok ANSWER`. Before that, lines `at ..` say what comes next, if the request asks for them.

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evaluation::options::{Numbers, Options};
use crate::guard;
use crate::protocol::check;
use crate::report::gradient_plot::GradientPlot;
use crate::report::page::page;
use crate::report::{Report, TargetReport, Verdict, render};
use crate::subject::Subject;

/// The argument with which the program answers questions.
pub const ANSWERING: &str = "--answer";

/// How one subject is to be checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The seed of all random numbers.
    pub seed: u64,
    /// How many cases are tried.
    pub cases: usize,
    /// The sizes of axes; empty for the usual ones.
    pub sizes: Vec<usize>,
    /// Whether the module in single precision is checked.
    pub single: bool,
    /// How long one call may take, if not as long as usual.
    pub limit: Option<Duration>,
    /// Whether each case and each stage is told before it begins.
    pub traced: bool,
    /// Whether a page for a browser is wanted.
    pub page: bool,
}

/// The report on one subject, ready to be printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// How many entries were compared.
    pub entries: usize,
    /// The report as text.
    pub text: String,
    /// The report as text, without the right formula.
    pub text_without_solution: String,
    /// The report as JSON.
    pub json: Value,
    /// The page, if one was wanted.
    pub page: Option<String>,
}

impl Answer {
    /// The answer that tells this report.
    pub fn of(report: &TargetReport) -> Self {
        Self {
            verdict: report.verdict,
            entries: report.entries,
            text: render::target(report, true),
            text_without_solution: render::target_without_solution(report, true),
            json: serde_json::to_value(report).expect("a report holds numbers, strings and lists only"),
            page: None,
        }
    }
}

/// The `main` of a crate with modules of one's own.
///
/// Without arguments it checks all of them and prints the report; it fails if a gradient is wrong.
pub fn main(subjects: Vec<Arc<dyn Subject>>) -> ExitCode {
    if std::env::args().any(|argument| argument == ANSWERING) {
        answer_all(&subjects);
        // What a module left behind is not ended in order: that could take forever.
        std::process::exit(0);
    }
    let options = Options::default();
    let report = Report {
        seed: options.seed,
        targets: subjects.iter().map(|subject| check(subject, &options)).collect(),
    };
    print!("{}", render::text(&report));
    let is_right = report.targets.iter().all(|target| target.verdict == Verdict::Pass);
    std::process::exit(i32::from(!is_right));
}

/// The word that begins every reply.
static WORD: OnceLock<String> = OnceLock::new();

fn answer_all(subjects: &[Arc<dyn Subject>]) {
    let mut lines = std::io::stdin().lock().lines();
    let Some(Ok(word)) = lines.next() else { return };
    WORD.get_or_init(|| word);
    while let Some(Ok(line)) = lines.next() {
        match answer(subjects, &line) {
            Some(json) => reply(&format!("ok {json}")),
            None => reply("unknown"),
        }
    }
}

/// The answer to one question; `None` if it asks for something that is not there.
fn answer(subjects: &[Arc<dyn Subject>], line: &str) -> Option<Value> {
    let (question, rest) = line.split_once(' ').unwrap_or((line, ""));
    if question == "subjects" {
        return Some(subjects.iter().map(|subject| subject.name()).collect());
    }
    let (index, request) = rest.split_once(' ').filter(|_| question == "check")?;
    let subject = subjects.get(index.parse::<usize>().ok()?)?;
    let request: Request = serde_json::from_str(request).ok()?;
    if request.traced {
        guard::trace_to(|what| reply(&format!("at {what}")));
    }
    let usual = Options::default();
    let options = Options {
        seed: request.seed,
        cases: request.cases,
        sizes: request.sizes,
        numbers: if request.single {
            Numbers::Single
        } else {
            Numbers::Double
        },
        limit: request.limit.unwrap_or(usual.limit),
    };
    let report = check(subject, &options);
    let mut answer = Answer::of(&report);
    if request.page {
        let plot = GradientPlot::of(subject, options.seed, options.limit);
        let report = Report {
            seed: options.seed,
            targets: vec![report],
        };
        answer.page = Some(page(&report, &[plot]));
    }
    serde_json::to_value(answer).ok()
}

/// Writes one reply. The line feed before it ends a line that a module may have begun.
fn reply(text: &str) {
    let word = WORD.get().map_or("", String::as_str);
    let mut stdout = std::io::stdout().lock();
    // Without a reader there is nobody to answer.
    let _: std::io::Result<()> = write!(stdout, "\n{word} {text}\n").and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::OpSubject;

    #[test]
    fn questions_are_answered_and_what_is_not_there_is_unknown() {
        let subjects: Vec<Arc<dyn Subject>> = vec![Arc::new(OpSubject::new("tanh").unwrap())];
        assert_eq!(answer(&subjects, "subjects"), Some(serde_json::json!(["tanh"])));
        let request = Request {
            seed: 3,
            cases: 2,
            ..Request::default()
        };
        let request = serde_json::to_string(&request).unwrap();
        let told: Answer = serde_json::from_value(answer(&subjects, &format!("check 0 {request}")).unwrap()).unwrap();
        assert_eq!(told.verdict, Verdict::Pass);
        assert!(told.text.starts_with("pass      tanh"), "{}", told.text);
        for line in [
            "",
            "check",
            "check 1 {}",
            "check 0 nonsense",
            &format!("check 1 {request}"),
        ] {
            assert_eq!(answer(&subjects, line), None, "{line}");
        }
    }
}
