//! The mutation score: how many mutants the tests of an assignment detect.
//!
//! All mutants are compiled as modules of one program, so that they cost one build. Those that do not compile are left
//! out: the compiler has killed them.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::hole::Reference;
use super::mutants::{self, SolutionMutant};
use super::versions::Versions;
use crate::assignment::error::AssignmentError;
use crate::assignment::exam::{Assignment, TESTING};
use crate::assignment::grade::Limits;
use crate::assignment::grade::TestVerdict;
use crate::assignment::grade::{Grading, Isolation, Tests};
use crate::assignment::project::Libraries;

/// The mutants that the tests of an assignment detect, and those that they miss.
#[derive(Clone, Debug)]
pub struct MutationScore {
    /// The mutants that compile, and for each the first test that noticed it.
    pub mutants: Vec<(SolutionMutant, Option<(&'static str, TestVerdict)>)>,
    /// The number of mutants that do not compile.
    pub uncompilable: usize,
}

/// The share of mutants that tests must notice.
pub const SHARE_MIN: f64 = 0.95;

impl MutationScore {
    /// Killed and all, of one task or of all, without those that are no mistakes.
    pub fn of(&self, task: Option<&str>) -> (usize, usize) {
        let counted = |(mutant, _): &&(SolutionMutant, _)| {
            mutant.equivalent.is_none() && task.is_none_or(|task| task == mutant.task)
        };
        let all: Vec<_> = self.mutants.iter().filter(counted).collect();
        (all.iter().filter(|(_, killer)| killer.is_some()).count(), all.len())
    }

    /// The score as a table, with every mutant that lives.
    pub fn text(&self, tasks: &[String]) -> String {
        let mut text = String::new();
        let mut line = |name: &str, (killed, all): (usize, usize)| {
            let percent = 100.0 * killed as f64 / all.max(1) as f64;
            let _ = writeln!(
                text,
                "{name:<34} {killed:>3} of {all:>3} mutants killed, {percent:.1} %"
            );
        };
        for task in tasks {
            line(task, self.of(Some(task)));
        }
        line("all", self.of(None));
        let _ = writeln!(text, "{} more do not compile", self.uncompilable);
        for (mutant, killer) in &self.mutants {
            match (killer, &mutant.equivalent) {
                (None, None) => {
                    let _ = writeln!(
                        text,
                        "lives: {}: `{}` -> `{}`",
                        mutant.task, mutant.line, mutant.becomes
                    );
                }
                (_, Some(reason)) => {
                    let _ = writeln!(text, "no mistake: `{}` -> `{}`: {reason}", mutant.line, mutant.becomes);
                }
                (Some(_), None) => {}
            }
        }
        text
    }
}

/// Runs the tests of each task against the mutants of its hole.
///
/// **Errors** if mutants cannot be built, or the unchanged solution or an edit that is no mistake is found wrong.
pub fn score(assignment: &Assignment, libraries: &Libraries) -> Result<MutationScore, AssignmentError> {
    let reference = parsed(assignment)?;
    let mutants = mutants::all(assignment, &reference)?;
    let folder = tempfile::tempdir().map_err(|error| AssignmentError::file("a temporary folder", &error))?;
    let mut sources = vec![reference.solution()];
    sources.extend(
        mutants
            .iter()
            .map(|mutant| reference.mutated(mutant.number, &mutant.becomes)),
    );
    let versions = Versions::build(assignment, libraries, &sources, folder.path())?;
    let limits = Limits {
        time: Duration::from_secs(2),
        ..TESTING
    };
    let grading = Grading {
        limits,
        ..Grading::new(
            assignment,
            libraries,
            &Isolation::Unisolated,
            "mutants",
            Tests::All { secret: "" },
        )
    };
    let whole = grading.run(versions.program(), &["0".to_string()])?;
    if whole.score() < whole.score_max() {
        let reason = format!("the solution fails its own tests:\n{}", whole.text());
        return Err(AssignmentError::refused(assignment.id, reason));
    }
    let killers = killers(&grading, &versions, &mutants)?;
    for (i, killer) in &killers {
        if let (Some((test, _)), Some(_)) = (killer, &mutants[*i].equivalent) {
            let reason = format!("`{}` is said to be no mistake, but {test} fails", mutants[*i].becomes);
            return Err(AssignmentError::refused(assignment.id, reason));
        }
    }
    Ok(MutationScore {
        uncompilable: mutants.len() - killers.len(),
        mutants: killers
            .into_iter()
            .map(|(i, killer)| (mutants[i].clone(), killer))
            .collect(),
    })
}

/// The parts of an assignment's reference.
///
/// **Errors** with the line that is not well formed.
pub fn parsed(assignment: &Assignment) -> Result<Reference, AssignmentError> {
    Reference::parse(assignment.reference).map_err(|error| AssignmentError::Reference {
        id: assignment.id.to_string(),
        error,
    })
}

type Killer = Option<(&'static str, TestVerdict)>;

/// For each mutant that compiles, the first test of its task that fails.
fn killers(
    grading: &Grading<'_>,
    versions: &Versions,
    mutants: &[SolutionMutant],
) -> Result<Vec<(usize, Killer)>, AssignmentError> {
    // The solution itself is number 0.
    let compiled: Vec<usize> = versions.compiled().filter(|i| *i > 0).map(|i| i - 1).collect();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let work = || -> Result<(), AssignmentError> {
        while let Some(i) = compiled.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut killer = None;
            for test in grading.chosen().filter(|test| test.task == mutants[*i].task) {
                let report = grading.one(test, versions.program(), &[(i + 1).to_string()])?;
                if report.verdict != TestVerdict::Passed {
                    killer = Some((test.name, report.verdict));
                    break;
                }
            }
            if let Ok(mut found) = found.lock() {
                found.push((*i, killer));
            }
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.sort_by_key(|(i, _)| *i);
    Ok(found)
}
