//! What each assignment promises, proved by compiling it.

use tapegrad_lessons::assignment::grade::{Grading, Isolation, Tests};
use tapegrad_lessons::assignment::make::{Reference, Versions, bundle};
use tapegrad_lessons::assignment::registry;

use super::libraries;

#[test]
fn each_assignment_adds_up_and_tells_nothing_of_its_solution() {
    for assignment in &registry::ALL {
        bundle::inspect(assignment).unwrap();
    }
}

/// Takes minutes: `cargo test -p tapegrad-lessons --test it assignment -- --ignored --nocapture` prints the scores.
#[test]
#[ignore = "compiles all mutants of all assignments"]
fn each_assignment_holds_what_it_promises() {
    for assignment in &registry::ALL {
        let proof = bundle::prove(assignment, libraries()).unwrap_or_else(|error| panic!("{error}"));
        let (killed, all) = proof.mutation.of(None);
        println!("{}: {killed} of {all} mutants killed", assignment.id);
        assert_eq!(proof.starter.score(), 0);
        assert_eq!(proof.solution.score(), proof.solution.score_max());
        assert!(killed as f64 >= 0.95 * all as f64 && all >= 20);
    }
}

/// Takes a minute: every solution is graded for many students.
#[test]
#[ignore = "compiles all assignments and runs their tests on many seeds"]
fn a_solution_gets_all_points_whatever_the_values() {
    for assignment in &registry::ALL {
        let folder = tempfile::tempdir().unwrap();
        let solution = Reference::parse(assignment.reference).unwrap().solution();
        let versions = Versions::build(assignment, libraries(), &[solution], folder.path()).unwrap();
        for number in 0..40 {
            let student = format!("student {number}");
            let grading = Grading::new(
                assignment,
                libraries(),
                &Isolation::Unisolated,
                &student,
                Tests::All { secret: "s3cret" },
            );
            let report = grading.run(versions.program(), &["0".to_string()]).unwrap();
            assert_eq!(report.score(), report.score_max(), "{}", report.text());
        }
    }
}
