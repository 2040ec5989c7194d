//! `tapegrad assignment`: get an assignment, have it graded, and build what a lecturer hands out.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::error::{CliError, ErrorCode};
use super::output::Output;
use crate::assignment::exam::{Assignment, COMPILING, TESTING};
use crate::assignment::examiner;
use crate::assignment::grade::{Grading, Isolation, Limits, Progress, Stage, Tests, Untold, classroom, gradescope};
use crate::assignment::make::{bundle, parsed, student_crate};
use crate::assignment::project::{LIBRARIES, Libraries, Project};
use crate::assignment::registry;

/// Get an assignment, have it graded, or build what a lecturer hands out
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad assignment list
  tapegrad assignment new 01-modules my-modules
  tapegrad assignment grade my-modules
  tapegrad assignment grade submission --id 01-modules --student ada --hidden --format gradescope
  tapegrad assignment build 01-modules --out course/01-modules")]
pub struct AssignmentCommand {
    #[command(subcommand)]
    action: AssignmentAction,
    /// The project's folder [default: the one this program was built in]
    #[arg(long, global = true, value_name = "DIR")]
    project: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum AssignmentAction {
    /// List the assignments
    List,
    /// Write a crate to work in
    New {
        /// The assignment: its name or number, or a folder that holds one
        id: String,
        /// A new folder
        dir: PathBuf,
    },
    /// Grade the submission in a folder
    Grade(Grade),
    /// Prove an assignment, and write starter, solution, handout, tests and rubric
    Build {
        /// The assignment, or a folder that holds one [default: all of the project]
        id: Option<String>,
        /// A new folder; without it everything is proved and nothing written
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// How a submission is graded.
#[derive(Args, Debug)]
struct Grade {
    /// The folder with src/lib.rs
    dir: PathBuf,
    /// The assignment, or a folder that holds one [default: what the folder of the submission says]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The student's name; each student's tests run on values of their own
    #[arg(long, value_name = "NAME", default_value = "")]
    student: String,
    /// Run the hidden tests too; their values follow from the environment variable TAPEGRAD_SECRET
    #[arg(long)]
    hidden: bool,
    /// Compile and run the submission with all that you may do yourself, where this system cannot isolate it
    #[arg(long)]
    unisolated: bool,
    /// The seconds for each test
    #[arg(long, value_name = "N", default_value_t = TESTING.time.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// The seconds for compiling
    #[arg(long, value_name = "N", default_value_t = COMPILING.time.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    compile_seconds: u64,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// results.json of Gradescope
    Gradescope,
    /// The line for the outputs of a step in GitHub Classroom
    Classroom,
}

impl AssignmentCommand {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let project = || Project::find(self.project.as_deref());
        match &self.action {
            AssignmentAction::List => list(out),
            AssignmentAction::New { id, dir } => {
                let known = registry::find(id)?;
                student_crate::starter(known, &project()?, dir)?;
                let file = dir.join("src/lib.rs").display().to_string();
                match out.is_json() {
                    true => out.document(&json!({"id": known.id, "file": file})),
                    false => out.text(&format!(
                        "Your work: the places marked TODO in {file}.\nREADME.md says what to do.\n\
                         The engine lies in the folder `tapegrad-engine` beside it, for all assignments there; keep them together.\n"
                    )),
                }
            }
            AssignmentAction::Grade(grade) => grade.run(&project()?, out),
            AssignmentAction::Build { id, out: folder } => build(id.as_deref(), folder.as_deref(), &project()?, out),
        }
    }
}

/// Lets the examiner of an assignment in a folder do the same, if it is one and this is not its examiner.
fn examined(
    assignment: &Assignment,
    project: &Project,
    args: &[OsString],
    out: &Output<'_>,
) -> Option<Result<(), CliError>> {
    if !assignment.tests.is_empty() {
        return None;
    }
    let run = || {
        let libraries = Libraries::find(project)?;
        let program = examiner::of(assignment, project, &libraries)?;
        let mut command = Command::new(&program);
        command.arg("assignment").args(args).env(LIBRARIES, &libraries.folder);
        command.arg("--project").arg(project.root());
        command
            .args(out.is_json().then_some("--json"))
            .args(out.is_plain().then_some("--plain"));
        let done = command.stderr(Stdio::inherit()).output();
        let done = done.map_err(|error| CliError::new(ErrorCode::File, error).at(program.display()))?;
        out.text(&String::from_utf8_lossy(&done.stdout))?;
        match done.status.code().and_then(|code| u8::try_from(code).ok()) {
            Some(0) => Ok(()),
            code => Err(CliError::reported().exit(code.unwrap_or(1))),
        }
    };
    Some(run())
}

impl Grade {
    fn run(&self, project: &Project, out: &Output<'_>) -> Result<(), CliError> {
        if self.hidden && self.format == ReportFormat::Classroom {
            return Err(CliError::option(
                "--hidden does not go with --format classroom: GitHub Classroom shows each result to the student at once",
                "run hidden tests in another format, and keep that report to yourself",
            ));
        }
        let id = self.id.clone().map_or_else(|| student_crate::id_of(&self.dir), Ok)?;
        let assignment = registry::find(&id)?;
        if let Some(done) = examined(assignment, project, &self.args(&id), out) {
            return done;
        }
        let secret = std::env::var("TAPEGRAD_SECRET").unwrap_or_default();
        let tests = match self.hidden {
            true => Tests::All { secret: &secret },
            false => Tests::Public,
        };
        let isolation = match self.unisolated {
            true => Isolation::Unisolated,
            false => Isolation::find()?,
        };
        let libraries = Libraries::find(project)?;
        let told = Told {
            draws: out.draws_progress(),
        };
        let grading = Grading {
            progress: if out.is_json() { &Untold } else { &told },
            limits: within(TESTING, self.seconds),
            compiling: within(COMPILING, self.compile_seconds),
            ..Grading::new(assignment, &libraries, &isolation, &self.student, tests)
        };
        let report = grading.grade(&self.dir);
        told.finish();
        let report = report?;
        match self.format {
            ReportFormat::Text if !out.is_json() => out.text(&report.text())?,
            ReportFormat::Text | ReportFormat::Json => out.document(&report.to_json())?,
            ReportFormat::Gradescope => out.document(&gradescope::document(&report))?,
            ReportFormat::Classroom => out.text(&classroom::output_line(&report))?,
        }
        // A grade is a result, whatever it is. Only people and scripts in between want a failure to fail.
        match self.format {
            ReportFormat::Text | ReportFormat::Json if report.score() < report.score_max() => Err(CliError::reported()),
            _ => Ok(()),
        }
    }

    /// The arguments that say the same again.
    fn args(&self, id: &str) -> Vec<OsString> {
        let format = self
            .format
            .to_possible_value()
            .map_or(String::new(), |value| value.get_name().to_string());
        let mut args: Vec<OsString> = ["grade", "--id", id, "--student", &self.student, "--format", &format]
            .iter()
            .map(OsString::from)
            .collect();
        for (name, number) in [("--seconds", self.seconds), ("--compile-seconds", self.compile_seconds)] {
            args.extend([OsString::from(name), number.to_string().into()]);
        }
        args.extend(self.hidden.then(|| "--hidden".into()));
        args.extend(self.unisolated.then(|| "--unisolated".into()));
        args.push(self.dir.clone().into());
        args
    }
}

fn within(limits: Limits, seconds: u64) -> Limits {
    Limits {
        time: Duration::from_secs(seconds),
        ..limits
    }
}

/// Tells on standard error how far grading is: on a terminal in one line that is written over, elsewhere line by line.
#[derive(Debug)]
struct Told {
    draws: bool,
}

impl Progress for Told {
    fn at(&self, stage: Stage<'_>) {
        let text = match stage {
            Stage::Compiling => "compiling the submission".to_string(),
            Stage::Testing { number, count, name } => format!("test {number} of {count}: {name}"),
        };
        match self.draws {
            true => eprint!("\r\u{1b}[K{text}"),
            false => eprintln!("{text}"),
        }
    }
}

impl Told {
    /// Takes the line away.
    fn finish(&self) {
        if self.draws {
            eprint!("\r\u{1b}[K");
        }
    }
}

fn list(out: &Output<'_>) -> Result<(), CliError> {
    if out.is_json() {
        let all: Vec<_> = registry::ALL
            .iter()
            .map(|known| json!({"id": known.id, "title": known.title(), "points": known.points()}))
            .collect();
        return out.document(&all);
    }
    let line = |known: &Assignment| format!("{:<16} {:>3} points  {}\n", known.id, known.points(), known.title());
    out.text(&registry::ALL.iter().map(line).collect::<String>())
}

fn build(id: Option<&str>, folder: Option<&Path>, project: &Project, out: &Output<'_>) -> Result<(), CliError> {
    let chosen: Vec<&Assignment> = match id {
        Some(id) => vec![registry::find(id)?],
        None => registry::ALL.iter().collect(),
    };
    if let ([own], Some(id)) = (&chosen[..], id) {
        let mut args: Vec<OsString> = vec!["build".into(), id.into()];
        args.extend(
            folder
                .iter()
                .flat_map(|folder| ["--out".into(), folder.as_os_str().to_os_string()]),
        );
        if let Some(done) = examined(own, project, &args, out) {
            return done;
        }
    }
    let libraries = Libraries::find(project)?;
    let mut documents = Vec::new();
    for known in &chosen {
        let proof = match folder {
            // Several assignments get a folder each.
            Some(folder) if id.is_none() => bundle::build(known, project, &libraries, &folder.join(known.id))?,
            Some(folder) => bundle::build(known, project, &libraries, folder)?,
            None => bundle::prove(known, &libraries)?,
        };
        let tasks: Vec<String> = parsed(known)?.holes().map(|hole| hole.name.clone()).collect();
        let (killed, all) = proof.mutation.of(None);
        let (starter, solution, points) = (
            proof.starter.score(),
            proof.solution.score(),
            proof.solution.score_max(),
        );
        if out.is_json() {
            documents.push(json!({
                "id": known.id, "starter": starter, "solution": solution, "points": points,
                "mutants": all, "killed": killed,
            }));
        } else {
            let head = format!(
                "{}: starter {starter} of {points}, solution {solution} of {points}",
                known.id
            );
            out.text(&format!("{head}\n{}\n", proof.mutation.text(&tasks)))?;
        }
    }
    match out.is_json() {
        true => out.document(&documents),
        false => Ok(()),
    }
}
