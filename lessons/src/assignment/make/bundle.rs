//! The files for a lecturer: starter, solution, handout, tests and rubric, written only after all checks pass.

use std::path::Path;
use std::process::Command;

use super::handout;
use super::hole::{Reference, leaks};
use super::mutants;
use super::mutation::{self, MutationScore, SHARE_MIN, parsed};
use super::student_crate;
use crate::assignment::error::AssignmentError;
use crate::assignment::exam::{Assignment, HANDED_IN};
use crate::assignment::grade::GradeReport;
use crate::assignment::grade::compile::{Compilation, Compiled, Warnings, write};
use crate::assignment::grade::{Grading, Isolation, Tests};
use crate::assignment::project::{Libraries, Project};

/// The checks that an assignment passed before it was written.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The report on the starter: no points.
    pub starter: GradeReport,
    /// The report on the solution: all points.
    pub solution: GradeReport,
    /// The mutants that the tests detect.
    pub mutation: MutationScore,
}

/// Proves everything about an assignment and writes it.
///
/// **Errors** with the first thing that does not hold; then nothing is written.
pub fn build(
    assignment: &Assignment,
    project: &Project,
    libraries: &Libraries,
    out: &Path,
) -> Result<Proof, AssignmentError> {
    let proof = prove(assignment, libraries)?;
    let reference = parsed(assignment)?;
    let markdown = handout::markdown(assignment, &reference);
    student_crate::starter(assignment, project, &out.join("starter"))?;
    student_crate::solution(assignment, project, &out.join("solution"))?;
    write(out, "handout.md", &markdown)?;
    write(out, "handout.html", &handout::page(assignment, &markdown))?;
    write(out, "public-tests/examples.rs", assignment.examples)?;
    write(out, "hidden-tests/exam.rs", assignment.exam)?;
    write(out, "hidden-tests/respond.rs", assignment.respond)?;
    write(out, "rubric.md", &handout::rubric(assignment))?;
    Ok(proof)
}

/// Proves everything about an assignment.
///
/// **Errors** with the first thing that does not hold.
pub fn prove(assignment: &Assignment, libraries: &Libraries) -> Result<Proof, AssignmentError> {
    let reference = parsed(assignment)?;
    let refuse = |reason: String| Err(AssignmentError::refused(assignment.id, reason));
    inspect(assignment)?;
    let (starter, starter_passes) = graded(assignment, libraries, &reference.starter())?;
    let (solution, solution_passes) = graded(assignment, libraries, &reference.solution())?;
    if let Some(passed) = starter.tests.iter().find(|test| test.points() > 0) {
        return refuse(format!("the starter passes {}", passed.name));
    }
    if solution.score() < solution.score_max() {
        return refuse(format!("the solution fails:\n{}", solution.text()));
    }
    if starter_passes || !solution_passes {
        return refuse("the examples must fail on the starter and pass on the solution".to_string());
    }
    let mutation = mutation::score(assignment, libraries)?;
    for hole in reference.holes() {
        let (killed, all) = mutation.of(Some(&hole.name));
        if all == 0 || (killed as f64) < SHARE_MIN * all as f64 {
            let tasks: Vec<String> = reference.holes().map(|hole| hole.name.clone()).collect();
            return refuse(format!(
                "the tests miss mutants of {}:\n{}",
                hole.name,
                mutation.text(&tasks)
            ));
        }
    }
    let missed = mutation
        .mutants
        .iter()
        .find(|(mutant, killer)| mutant.trap.is_some() && killer.is_none());
    if let Some((mutant, _)) = missed {
        let warning = mutant.trap.as_deref().unwrap_or_default();
        return refuse(format!(
            "the handout warns `{warning}`, and `{}` costs no points",
            mutant.becomes
        ));
    }
    Ok(Proof {
        starter,
        solution,
        mutation,
    })
}

/// Looks for what can be seen without compiling: points that do not add up, and a solution that students can read.
///
/// **Errors** with the first thing found.
pub fn inspect(assignment: &Assignment) -> Result<(), AssignmentError> {
    let reference = parsed(assignment)?;
    mutants::traps(assignment, &reference)?;
    let found = disagreement(assignment, &reference).or_else(|| leak(assignment, &reference));
    found.map_or(Ok(()), |reason| Err(AssignmentError::refused(assignment.id, reason)))
}

/// Where tasks and tests do not fit together.
fn disagreement(assignment: &Assignment, reference: &Reference) -> Option<String> {
    for hole in reference.holes() {
        let tests = assignment.tests.iter().filter(|test| test.task == hole.name);
        let points: u32 = tests.map(|test| test.points).sum();
        if points != hole.points {
            return Some(format!(
                "{} is worth {} points, its tests {points}",
                hole.name, hole.points
            ));
        }
    }
    let is_known = |task: &str| reference.holes().any(|hole| hole.name == task);
    let stray = assignment.tests.iter().find(|test| !is_known(test.task))?;
    Some(format!(
        "the test {} is about {}, which is no hole",
        stray.name, stray.task
    ))
}

/// Where the solution can be read by students.
fn leak(assignment: &Assignment, reference: &Reference) -> Option<String> {
    let told = [
        ("the starter", reference.starter()),
        ("the handout", handout::markdown(assignment, reference)),
        ("the examples", assignment.examples.to_string()),
    ];
    for (place, text) in told {
        if let Some((number, line)) = leaks(reference, &text).into_iter().next() {
            return Some(format!("{place} tells line {number} of the solution: `{line}`"));
        }
    }
    None
}

/// Grades a text as if it were handed in, and says whether the examples pass; warnings are errors.
fn graded(assignment: &Assignment, libraries: &Libraries, text: &str) -> Result<(GradeReport, bool), AssignmentError> {
    let folder = tempfile::tempdir().map_err(|error| AssignmentError::file("a temporary folder", &error))?;
    write(folder.path(), HANDED_IN, text)?;
    match Compilation::trusted(libraries).submission(assignment, folder.path(), Warnings::Denied)? {
        Compiled::Failed(reason) => Err(AssignmentError::refused(assignment.id, reason)),
        Compiled::Program(program) => {
            let grading = Grading::new(
                assignment,
                libraries,
                &Isolation::Unisolated,
                "",
                Tests::All { secret: "" },
            );
            let report = grading.run(&program, &[])?;
            Ok((report, examples_pass(assignment, libraries, folder.path())?))
        }
    }
}

/// True if the examples pass on the submission that was compiled in a folder.
fn examples_pass(assignment: &Assignment, libraries: &Libraries, folder: &Path) -> Result<bool, AssignmentError> {
    write(folder, "examples.rs", assignment.examples)?;
    let mut examples = libraries.rustc();
    examples
        .args(["--extern", "submission=out/libsubmission.rlib", "-D", "warnings"])
        .args(["--test", "--crate-name", "examples", "--out-dir", "out", "examples.rs"]);
    if let Compiled::Failed(reason) = Compilation::trusted(libraries).run(examples, folder)? {
        return Err(AssignmentError::refused(
            assignment.id,
            format!("its examples do not compile: {reason}"),
        ));
    }
    let output = Command::new(folder.join("out").join("examples"))
        .current_dir(folder)
        .output();
    let output = output.map_err(|error| AssignmentError::file("the examples", &error))?;
    Ok(output.status.success())
}
