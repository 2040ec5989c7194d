//! Mutants: solutions with one mistake, made mechanically in the holes of a reference, and some written by hand.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::hole::Reference;
use crate::assignment::error::AssignmentError;
use crate::assignment::exam::Assignment;

/// A solution with one line changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolutionMutant {
    /// The task whose hole is changed.
    pub task: String,
    /// The number of the line in the reference.
    pub number: usize,
    /// The line, without its indentation.
    pub line: String,
    /// The line after the change.
    pub becomes: String,
    /// Why it is no mistake, if it is none.
    pub equivalent: Option<String>,
    /// The words of the handout that warn of it, if they do.
    pub trap: Option<String>,
}

/// Pairs that are swapped mechanically wherever they stand: each side becomes the other.
const SWAPS: [(&str, &str); 14] = [
    (" + ", " - "),
    (" * ", " / "),
    (" += ", " -= "),
    (" *= ", " /= "),
    (" < ", " <= "),
    (" > ", " >= "),
    (" == ", " != "),
    (" && ", " || "),
    ("..=", ".."),
    ("0.0", "1.0"),
    ("(0)", "(1)"),
    (".min(", ".max("),
    ("true", "false"),
    ("continue", "break"),
];

/// Replacements that are made in one direction only.
const EDITS: [(&str, &str); 12] = [
    (" += ", " = "),
    (" -= ", " = "),
    (" *= ", " = "),
    (".t()", ""),
    (".rev()", ""),
    ("= -", "= "),
    (" + 1", ""),
    (" - 1", ""),
    ("1.0 - ", ""),
    (".exp()", ""),
    ("if !", "if "),
    (".sqrt()", ""),
];

/// The file `mutants.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    mutant: Vec<Hand>,
    #[serde(default)]
    equivalent: Vec<Equivalent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hand {
    task: String,
    line: String,
    becomes: String,
    trap: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Equivalent {
    task: String,
    line: String,
    becomes: String,
    reason: String,
}

/// All mutants of an assignment; some may not compile.
///
/// **Errors** if its file of mutants is not well formed or names lines that do not exist.
pub fn all(assignment: &Assignment, reference: &Reference) -> Result<Vec<SolutionMutant>, AssignmentError> {
    let refused = |reason: String| AssignmentError::refused(assignment.id, format!("mutants.toml: {reason}"));
    let written: Written = toml::from_str(assignment.mutants).map_err(|error| refused(error.to_string()))?;
    let mut mutants = mechanical(reference);
    for hand in &written.mutant {
        let holes = reference.holes().filter(|hole| hole.name == hand.task);
        let mut lines = holes.flat_map(|hole| &hole.solution);
        let found = lines.find(|(_, line)| line.trim() == hand.line);
        let (number, _) = found.ok_or_else(|| refused(format!("{} has no line `{}`", hand.task, hand.line)))?;
        mutants.push(SolutionMutant {
            task: hand.task.clone(),
            number: *number,
            line: hand.line.clone(),
            becomes: hand.becomes.clone(),
            equivalent: None,
            trap: hand.trap.clone(),
        });
    }
    for equivalent in &written.equivalent {
        let parts = [&equivalent.task, &equivalent.line, &equivalent.becomes];
        let is_it = |mutant: &&mut SolutionMutant| [&mutant.task, &mutant.line, &mutant.becomes] == parts;
        let mut found = false;
        for mutant in mutants.iter_mut().filter(is_it) {
            mutant.equivalent = Some(equivalent.reason.clone());
            found = true;
        }
        if !found {
            let (line, becomes) = (&equivalent.line, &equivalent.becomes);
            return Err(refused(format!(
                "there is no mutant that turns `{line}` into `{becomes}`"
            )));
        }
    }
    Ok(mutants)
}

/// The mutants that the handout warns of.
///
/// **Errors** if the file of mutants is not well formed, and if the handout does not have the words that a mutant quotes.
pub fn traps(assignment: &Assignment, reference: &Reference) -> Result<Vec<SolutionMutant>, AssignmentError> {
    let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let handout = on_one_line(assignment.handout);
    let mut traps = all(assignment, reference)?;
    traps.retain(|mutant| mutant.trap.is_some());
    let unsaid = traps
        .iter()
        .find(|mutant| !handout.contains(&on_one_line(mutant.trap.as_deref().unwrap_or_default())));
    match unsaid.and_then(|mutant| mutant.trap.as_deref()) {
        Some(words) => {
            let reason = format!("mutants.toml: the handout does not say `{words}`");
            Err(AssignmentError::refused(assignment.id, reason))
        }
        None => Ok(traps),
    }
}

/// One mutant for each edit of each line, and one for each statement that is left out.
fn mechanical(reference: &Reference) -> Vec<SolutionMutant> {
    let mut mutants = Vec::new();
    for hole in reference.holes() {
        for (number, line) in &hole.solution {
            let code = line.trim();
            if code.starts_with("//") {
                continue;
            }
            let mut seen = BTreeSet::new();
            for becomes in edits(code) {
                if becomes != code && seen.insert(becomes.clone()) {
                    mutants.push(SolutionMutant {
                        task: hole.name.clone(),
                        number: *number,
                        line: code.to_string(),
                        becomes,
                        equivalent: None,
                        trap: None,
                    });
                }
            }
        }
    }
    mutants
}

/// All results of one edit to a line.
fn edits(code: &str) -> Vec<String> {
    let both = SWAPS.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]);
    let mut all: Vec<String> = both
        .chain(EDITS)
        .flat_map(|(from, to)| {
            code.match_indices(from)
                .map(move |(at, _)| format!("{}{to}{}", &code[..at], &code[at + from.len()..]))
        })
        .collect();
    let is_statement = code.ends_with(';') && !code.starts_with("let ") && !code.starts_with('}');
    if is_statement {
        all.push(String::new());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_has_a_mutant_for_each_edit() {
        assert_eq!(edits("g += a * b;"), ["g += a / b;", "g -= a * b;", "g = a * b;", ""]);
        assert_eq!(edits("x"), Vec::<String>::new());
    }
}
