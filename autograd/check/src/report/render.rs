//! A report as text for a terminal: one line for what is right, everything needed to mend what is wrong.

use std::fmt::Write as _;

use crate::report::{Report, TargetReport, Verdict};

/// The report as text.
pub fn text(report: &Report) -> String {
    told(report, Told::Everything)
}

/// The report as text, without the right formula of what is wrong.
pub fn text_without_solution(report: &Report) -> String {
    told(report, Told::NoSolution)
}

fn told(report: &Report, told: Told) -> String {
    let with_covered = report.targets.len() <= COVERED_MAX;
    let targets = report.targets.iter();
    let mut text: String = targets.clone().map(|target| one(target, told, with_covered)).collect();
    text += &totals(targets.map(|target| (target.verdict, target.entries)), report.seed);
    text
}

/// The report on one subject as text; of a pass, whether what was covered is told too.
pub fn target(target: &TargetReport, with_covered: bool) -> String {
    one(target, Told::Everything, with_covered)
}

/// The same without the right formula of what is wrong.
pub fn target_without_solution(target: &TargetReport, with_covered: bool) -> String {
    one(target, Told::NoSolution, with_covered)
}

fn one(target: &TargetReport, told: Told, with_covered: bool) -> String {
    let mut text = match target.verdict {
        Verdict::Wrong => explained(target, told),
        _ => line(target),
    };
    if target.verdict == Verdict::Pass && with_covered {
        let _ = writeln!(text, "          {}", target.covered.text());
    }
    text
}

/// The last line of a report, from the verdict on each subject and the number of its entries.
pub fn totals(targets: impl Iterator<Item = (Verdict, usize)>, seed: u64) -> String {
    let (verdicts, entries): (Vec<Verdict>, Vec<usize>) = targets.unzip();
    let count = |verdict: Verdict| verdicts.iter().filter(|known| **known == verdict).count();
    let mut text = format!("{} passed, {} wrong", count(Verdict::Pass), count(Verdict::Wrong));
    for (verdict, word) in [(Verdict::Unchecked, "unchecked"), (Verdict::Invalid, "invalid")] {
        if count(verdict) > 0 {
            let _ = write!(text, ", {} {word}", count(verdict));
        }
    }
    let entries: usize = entries.iter().sum();
    let _ = writeln!(text, "; {entries} entries compared, seed {seed}");
    text
}

/// What each check covered is told of this many subjects.
const COVERED_MAX: usize = 3;

fn line(target: &TargetReport) -> String {
    let word = match target.verdict {
        Verdict::Pass => "pass",
        Verdict::Wrong => "WRONG",
        Verdict::Unchecked => "unchecked",
        Verdict::Invalid => "invalid",
    };
    let mut line = format!(
        "{word:<9} {:<22} {:>6} entries, worst error {:.1e}, numeric bound {:.1e}\n",
        target.name, target.entries, target.worst_error, target.bound
    );
    for finding in &target.findings {
        let _ = writeln!(line, "          {}", finding.sentence);
    }
    line
}

/// Everything about a wrong gradient: the sentence first, then the numbers, then what else is wrong.
pub fn wrong(target: &TargetReport) -> String {
    explained(target, Told::Everything)
}

/// The same without the right formula, for a reader who is to find it.
pub fn without_solution(target: &TargetReport) -> String {
    explained(target, Told::NoSolution)
}

/// How much a reader is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Everything,
    NoSolution,
}

fn explained(target: &TargetReport, told: Told) -> String {
    let mut text = format!("WRONG     {}\n", target.name);
    if let Some(diagnosis) = &target.diagnosis {
        let sentence = match told {
            Told::Everything => &diagnosis.sentence,
            Told::NoSolution => &diagnosis.hint,
        };
        let _ = writeln!(text, "\n  {}.", upper_first(sentence));
        let _ = writeln!(
            text,
            "  This mistake gives the numbers of your backward() on {} draws of different sizes, to a relative error of {:.0e}.",
            diagnosis.draws,
            diagnosis.residual.max(1e-16)
        );
        for also in diagnosis.also.iter().filter(|_| told == Told::Everything) {
            let _ = writeln!(text, "  Also consistent with: {also}.");
        }
    }
    for finding in &target.findings {
        let _ = writeln!(text, "  {}.", upper_first(&finding.sentence));
    }
    if let Some(example) = &target.example {
        let _ = writeln!(
            text,
            "\n  The smallest wrong case, with {} (seed {}):\n",
            match example.numbers {
                1 => "1 number".to_string(),
                numbers => format!("{numbers} numbers"),
            },
            example.seed
        );
        for row in example.by_hand().lines() {
            let _ = writeln!(text, "  {row}");
        }
        let _ = writeln!(text, "\n  As a test:\n");
        for row in example.as_test().lines() {
            let _ = writeln!(text, "    {row}");
        }
    }
    text.push('\n');
    text
}

fn upper_first(sentence: &str) -> String {
    // A name such as g_x stays as it is.
    if sentence
        .split(' ')
        .next()
        .is_some_and(|word| word.contains(['_', '(', '`']))
    {
        return sentence.to_string();
    }
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
