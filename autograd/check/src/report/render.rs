//! A report as text for a terminal: one line for what is right, everything needed to mend what is wrong.

use std::fmt::Write as _;

use crate::report::{Report, TargetReport, Verdict};

/// The report as text.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    for target in &report.targets {
        match target.verdict {
            Verdict::Wrong => text.push_str(&wrong(target)),
            _ => text.push_str(&line(target)),
        }
    }
    let count = |verdict: Verdict| report.targets.iter().filter(|target| target.verdict == verdict).count();
    let entries: usize = report.targets.iter().map(|target| target.entries).sum();
    let _ = write!(text, "{} passed, {} wrong", count(Verdict::Pass), count(Verdict::Wrong));
    for (verdict, word) in [(Verdict::Unchecked, "unchecked"), (Verdict::Invalid, "invalid")] {
        if count(verdict) > 0 {
            let _ = write!(text, ", {} {word}", count(verdict));
        }
    }
    let _ = writeln!(text, "; {entries} entries compared, seed {}", report.seed);
    text
}

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
    let mut text = format!("WRONG     {}\n", target.name);
    if let Some(diagnosis) = &target.diagnosis {
        let _ = writeln!(text, "\n  {}.", upper_first(&diagnosis.sentence));
        let _ = writeln!(
            text,
            "  This gives your numbers on {} draws of different sizes, to {:.0e} of their size.",
            diagnosis.draws,
            diagnosis.residual.max(1e-16)
        );
        for also in &diagnosis.also {
            let _ = writeln!(text, "  Also consistent with: {also}.");
        }
    }
    for finding in &target.findings {
        let _ = writeln!(text, "  {}.", upper_first(&finding.sentence));
    }
    if let Some(example) = &target.example {
        let _ = writeln!(
            text,
            "\n  The smallest case found, {} numbers (seed {}):\n",
            example.numbers, example.seed
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
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
