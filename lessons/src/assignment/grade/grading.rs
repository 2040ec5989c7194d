//! Grades a submission: copies what is handed in to a clean folder, compiles it once, runs each test on its own.

use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::Path;

use tapegrad_autograd::check::guard;
use tempfile::TempDir;

use super::compile::{self, Compilation, Compiled, Warnings};
use super::isolation::Isolation;
use super::process::Limits;
use super::report::{GradeReport, TestReport};
use super::session::Session;
use super::source;
use super::submission::Submission;
use super::verdict::TestVerdict;
use crate::assignment::error::AssignmentError;
use crate::assignment::exam::{Assignment, COMPILING, HANDED_IN, TESTING, Test, Visibility};
use crate::assignment::project::Libraries;

/// How a submission is graded.
#[derive(Clone, Copy, Debug)]
pub struct Grading<'a> {
    /// The assignment.
    pub assignment: &'a Assignment,
    /// The libraries that submissions are compiled against.
    pub libraries: &'a Libraries,
    /// What a submission and its compiler can reach.
    pub isolation: &'a Isolation,
    /// Who handed it in; each student's tests have values of their own.
    pub student: &'a str,
    /// The tests that run.
    pub tests: Tests<'a>,
    /// The limits of each test.
    pub limits: Limits,
    /// The limits of the compiler.
    pub compiling: Limits,
    /// Who is told how far grading is.
    pub progress: &'a dyn Progress,
}

/// Who is told how far grading is.
pub trait Progress: Debug + Sync {
    /// Grading is here now.
    fn at(&self, stage: Stage<'_>);
}

/// How far grading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage<'a> {
    /// The submission is compiled.
    Compiling,
    /// A test runs.
    Testing {
        /// Which one, from 1.
        number: usize,
        /// Of how many.
        count: usize,
        /// Its name.
        name: &'a str,
    },
}

/// Nobody is told.
#[derive(Clone, Copy, Debug)]
pub struct Untold;

impl Progress for Untold {
    fn at(&self, _: Stage<'_>) {}
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
    /// A grading with the usual limits, in isolation.
    pub fn new(
        assignment: &'a Assignment,
        libraries: &'a Libraries,
        isolation: &'a Isolation,
        student: &'a str,
        tests: Tests<'a>,
    ) -> Self {
        Self {
            assignment,
            libraries,
            isolation,
            student,
            tests,
            limits: TESTING,
            compiling: COMPILING,
            progress: &Untold,
        }
    }

    /// Grades the submission in a folder.
    ///
    /// **Errors** if grading itself is impossible; whatever is wrong with the submission is in the report.
    pub fn grade(&self, folder: &Path) -> Result<GradeReport, AssignmentError> {
        let handed_in = match handed_in(folder) {
            Ok(text) => text,
            Err(reason) => return Ok(self.ungraded(TestVerdict::Missing, &reason)),
        };
        match source::refused(&handed_in) {
            Ok(None) => self.grade_text(&handed_in),
            Ok(Some(refusal)) => {
                let reason = format!("{HANDED_IN}:{}: {}", refusal.line, refusal.reason);
                Ok(self.ungraded(TestVerdict::DoesNotCompile, &reason))
            }
            // The compiler says better what is no Rust, unless it sees Rust there.
            Err(refusal) => match self.compiled(&handed_in)?.1 {
                Compiled::Failed(reason) => Ok(self.ungraded(TestVerdict::DoesNotCompile, &reason)),
                Compiled::Program(_) => {
                    let reason = format!("{HANDED_IN}:{}: {}", refusal.line, refusal.reason);
                    Ok(self.ungraded(TestVerdict::DoesNotCompile, &reason))
                }
            },
        }
    }

    /// Grades a text as the file handed in, without reading it first: isolation alone stands between it and the machine.
    ///
    /// **Errors** as [`grade`](Self::grade).
    pub fn grade_text(&self, handed_in: &str) -> Result<GradeReport, AssignmentError> {
        let (_folder, compiled) = self.compiled(handed_in)?;
        match compiled {
            Compiled::Failed(reason) => Ok(self.ungraded(TestVerdict::DoesNotCompile, &reason)),
            Compiled::Program(program) => self.run(&program, &[]),
        }
    }

    /// What became of compiling a text, and the folder in which it was.
    fn compiled(&self, handed_in: &str) -> Result<(TempDir, Compiled), AssignmentError> {
        self.progress.at(Stage::Compiling);
        let folder = passable_folder()?;
        compile::write(folder.path(), HANDED_IN, handed_in)?;
        let compilation = Compilation {
            libraries: self.libraries,
            isolation: self.isolation,
            limits: self.compiling,
        };
        let compiled = compilation.submission(self.assignment, folder.path(), Warnings::Ignored)?;
        if let Compiled::Program(program) = &compiled {
            let out = program.parent().unwrap_or(program);
            passable(out)
                .and_then(|()| passable(program))
                .map_err(|error| AssignmentError::file("the program", &error))?;
        }
        Ok((folder, compiled))
    }

    /// Runs the tests against a program that answers questions.
    ///
    /// **Errors** if the program cannot be started.
    pub fn run(&self, program: &Path, args: &[String]) -> Result<GradeReport, AssignmentError> {
        let mut report = self.empty();
        let count = self.chosen().count();
        for (number, test) in (1..).zip(self.chosen()) {
            let name = test.name;
            self.progress.at(Stage::Testing { number, count, name });
            report.tests.push(self.one(test, program, args)?);
        }
        Ok(report)
    }

    /// Runs one test.
    ///
    /// **Errors** if the program cannot be started.
    pub fn one(&self, test: &Test, program: &Path, args: &[String]) -> Result<TestReport, AssignmentError> {
        let folder = passable_folder()?;
        let session = Session::start(program, args, folder.path(), self.limits, self.isolation)
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
            title: self.assignment.title(),
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

/// The text handed in, or why it cannot be read.
fn handed_in(folder: &Path) -> Result<String, String> {
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
    let bytes = fs::read(&real).map_err(|_| format!("{HANDED_IN} cannot be read"))?;
    String::from_utf8(bytes).map_err(|_| format!("{HANDED_IN} is no text in UTF-8; save it as UTF-8"))
}

/// A temporary folder that a program of another user may pass through.
fn passable_folder() -> Result<TempDir, AssignmentError> {
    let folder = tempfile::tempdir().and_then(|folder| passable(folder.path()).map(|()| folder));
    folder.map_err(|error| AssignmentError::file("a temporary folder", &error))
}

/// Lets a program that is no longer root use what root has made; where the grader is not root, nothing changes.
fn passable(place: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        use std::os::unix::fs::PermissionsExt;
        return fs::set_permissions(place, fs::Permissions::from_mode(0o755));
    }
    let _ = place;
    Ok(())
}

/// The result of a test, or why it panicked, which is not printed.
fn quietly<R>(test: impl FnOnce() -> R) -> Result<R, String> {
    guard::caught(test)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assignment::project::Compiler;
    use crate::assignment::registry;

    fn seeds(student: &str, tests: Tests<'_>) -> Vec<(Visibility, u64)> {
        let libraries = Libraries {
            folder: "nowhere".into(),
            externs: Vec::new(),
            compiler: Compiler::default(),
        };
        let isolation = Isolation::Unisolated;
        let grading = Grading::new(&registry::ALL[0], &libraries, &isolation, student, tests);
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
        assert_eq!((count, all.len()), (45, 45));
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
}
