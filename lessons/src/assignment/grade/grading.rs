//! Grades a submission: copies what is handed in to a clean folder, compiles it once, runs each test on its own.

use std::fs;

use std::path::Path;

use tapegrad_autograd::check::guard;

use super::compile::{self, Compiled, Warnings};
use super::process::Limits;
use super::report::{GradeReport, TestReport};
use super::session::Session;
use super::submission::Submission;
use super::verdict::TestVerdict;
use crate::assignment::error::AssignmentError;
use crate::assignment::exam::{Assignment, HANDED_IN, TESTING, Test, Visibility};
use crate::assignment::project::Libraries;

/// How a submission is graded.
#[derive(Clone, Copy, Debug)]
pub struct Grading<'a> {
    /// The assignment.
    pub assignment: &'a Assignment,
    /// The libraries that submissions are compiled against.
    pub libraries: &'a Libraries,
    /// Who handed it in; each student's tests have values of their own.
    pub student: &'a str,
    /// The tests that run.
    pub tests: Tests<'a>,
    /// The limits of each test.
    pub limits: Limits,
}

/// The tests that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tests<'a> {
    /// Those that students see.
    Public,
    /// All; the values of the hidden ones follow from this secret too.
    All {
        /// Known to the server only.
        secret: &'a str,
    },
}

impl<'a> Grading<'a> {
    /// A grading with the usual limits.
    pub fn new(assignment: &'a Assignment, libraries: &'a Libraries, student: &'a str, tests: Tests<'a>) -> Self {
        Self {
            assignment,
            libraries,
            student,
            tests,
            limits: TESTING,
        }
    }

    /// Grades the submission in a folder.
    ///
    /// **Errors** if grading itself is impossible; whatever is wrong with the submission is in the report.
    pub fn grade(&self, folder: &Path) -> Result<GradeReport, AssignmentError> {
        let skeleton = tempfile::tempdir().map_err(|error| AssignmentError::file("a temporary folder", &error))?;
        let handed_in = match handed_in(folder) {
            Ok(bytes) => bytes,
            Err(reason) => return Ok(self.ungraded(TestVerdict::Missing, &reason)),
        };
        if let Some(line) = line_with_unsafe(&handed_in) {
            let reason = format!("{HANDED_IN}:{line}: a submission does without `unsafe`, in code and in comments");
            return Ok(self.ungraded(TestVerdict::DoesNotCompile, &reason));
        }
        let place = skeleton.path().join(HANDED_IN);
        fs::create_dir_all(place.parent().unwrap_or(&place))
            .and_then(|()| fs::write(&place, handed_in))
            .map_err(|error| AssignmentError::file(HANDED_IN, &error))?;
        match compile::submission(self.assignment, self.libraries, skeleton.path(), Warnings::Ignored)? {
            Compiled::Failed(reason) => Ok(self.ungraded(TestVerdict::DoesNotCompile, &reason)),
            Compiled::Program(program) => self.run(&program, &[]),
        }
    }

    /// Runs the tests against a program that answers questions.
    ///
    /// **Errors** if the program cannot be started.
    pub fn run(&self, program: &Path, args: &[String]) -> Result<GradeReport, AssignmentError> {
        let mut report = self.empty();
        for test in self.chosen() {
            report.tests.push(self.one(test, program, args)?);
        }
        Ok(report)
    }

    /// Runs one test.
    ///
    /// **Errors** if the program cannot be started.
    pub fn one(&self, test: &Test, program: &Path, args: &[String]) -> Result<TestReport, AssignmentError> {
        let folder = tempfile::tempdir().map_err(|error| AssignmentError::file("a temporary folder", &error))?;
        let session = Session::start(program, args, folder.path(), self.limits)
            .map_err(|error| AssignmentError::file("the program with the submission", &error))?;
        let student = Submission::new(session);
        let seed = self.seed(test);
        // A test may panic on an answer of an unexpected shape; that is a wrong answer.
        let outcome = quietly(|| (test.run)(&student, seed));
        let session = student.session();
        let (verdict, message) = match (session.failure(), outcome) {
            (Some(failure), _) => (failure.verdict(), failure.to_string()),
            (None, Ok(Ok(()))) => (TestVerdict::Passed, String::new()),
            (None, Ok(Err(complaint))) if session.saw_nan() => (TestVerdict::NotANumber, complaint),
            (None, Ok(Err(complaint))) => (TestVerdict::Wrong, complaint),
            (None, Err(reason)) => (TestVerdict::Wrong, format!("the answer cannot be judged: {reason}")),
        };
        Ok(TestReport::new(test, verdict, message))
    }

    /// The tests that run.
    pub fn chosen(&self) -> impl Iterator<Item = &'static Test> {
        let all = self.tests != Tests::Public;
        let tests: &'static [Test] = self.assignment.tests;
        tests
            .iter()
            .filter(move |test| all || test.visibility == Visibility::Public)
    }

    /// The seed of a test: another one for each student, and for hidden tests one that no student can know.
    fn seed(&self, test: &Test) -> u64 {
        let secret = match (self.tests, test.visibility) {
            (Tests::All { secret }, Visibility::Hidden) => secret,
            _ => "",
        };
        let parts = [self.assignment.id, test.name, self.student, secret];
        // FNV-1a; 0xff is in no text, so it keeps the parts apart.
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        })
    }

    fn empty(&self) -> GradeReport {
        GradeReport {
            assignment: self.assignment.id,
            title: self.assignment.title,
            student: self.student.to_string(),
            note: None,
            tests: Vec::new(),
            points_not_run: self.assignment.points() - self.chosen().map(|test| test.points).sum::<u32>(),
        }
    }

    /// A report in which no test could run.
    fn ungraded(&self, verdict: TestVerdict, reason: &str) -> GradeReport {
        let test = |test: &Test| TestReport::new(test, verdict, String::new());
        GradeReport {
            note: Some(reason.to_string()),
            tests: self.chosen().map(test).collect(),
            ..self.empty()
        }
    }
}

/// The file handed in, or why it cannot be read.
fn handed_in(folder: &Path) -> Result<Vec<u8>, String> {
    const BYTES_MAX: u64 = 1 << 20;
    let file = folder.join(HANDED_IN);
    let real = file.canonicalize().map_err(|_| format!("{HANDED_IN} is missing"))?;
    let is_inside = folder.canonicalize().is_ok_and(|folder| real == folder.join(HANDED_IN));
    let data = real.metadata().map_err(|_| format!("{HANDED_IN} cannot be read"))?;
    if !is_inside || !data.is_file() {
        return Err(format!("{HANDED_IN} is not a file of this folder"));
    }
    if data.len() > BYTES_MAX {
        return Err(format!("{HANDED_IN} is larger than {} KiB", BYTES_MAX >> 10));
    }
    fs::read(&real).map_err(|_| format!("{HANDED_IN} cannot be read"))
}

/// The number of the first line with a word that begins with `unsafe`.
///
/// The lint cannot be used to forbid it: macros such as `ndarray::s!` allow it for themselves.
fn line_with_unsafe(text: &[u8]) -> Option<usize> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let has_it = |line: &[u8]| {
        line.split(|byte| !is_word(byte))
            .any(|word| word.starts_with(b"unsafe"))
    };
    (1..)
        .zip(text.split(|byte| *byte == b'\n'))
        .find(|(_, line)| has_it(line))
        .map(|(number, _)| number)
}

/// The result of a test, or why it panicked, which is not printed.
fn quietly<R>(test: impl FnOnce() -> R) -> Result<R, String> {
    guard::caught(test)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assignment::registry;

    fn seeds(student: &str, tests: Tests<'_>) -> Vec<(Visibility, u64)> {
        let libraries = Libraries {
            folder: "nowhere".into(),
            externs: Vec::new(),
        };
        let grading = Grading::new(&registry::ALL[0], &libraries, student, tests);
        grading
            .chosen()
            .map(|test| (test.visibility, grading.seed(test)))
            .collect()
    }

    #[test]
    fn each_student_and_each_test_has_values_of_its_own() {
        let mut all: Vec<u64> = ["ada", "bob", ""]
            .iter()
            .flat_map(|student| seeds(student, Tests::All { secret: "x" }))
            .map(|(_, seed)| seed)
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!((count, all.len()), (27, 27));
    }

    #[test]
    fn the_secret_changes_the_values_of_hidden_tests_only() {
        let [one, two] = ["x", "y"].map(|secret| seeds("ada", Tests::All { secret }));
        for ((visibility, one), (_, two)) in one.iter().zip(&two) {
            assert_eq!(one == two, *visibility == Visibility::Public);
        }
        let public = one.iter().filter(|(visibility, _)| *visibility == Visibility::Public);
        assert!(seeds("ada", Tests::Public).iter().eq(public));
    }

    #[test]
    fn the_word_unsafe_is_found_and_words_like_it_are_not() {
        assert_eq!(line_with_unsafe(b"let x = 1;\n// unsafe\n"), Some(2));
        assert_eq!(line_with_unsafe(b"#![allow(unsafe_code)]"), Some(1));
        assert_eq!(line_with_unsafe(b"let not_unsafe = 1;"), None);
    }
}
