//! `tapegrad assignment`: get an assignment, have it graded, and build what a lecturer hands out.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::error::CliError;
use super::output::Output;
use crate::assignment::exam::Assignment;
use crate::assignment::grade::{Grading, Tests, classroom, gradescope};
use crate::assignment::make::{bundle, parsed, student_crate};
use crate::assignment::project::{Libraries, Project};
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
        /// The assignment
        id: String,
        /// A new folder
        dir: PathBuf,
    },
    /// Grade the submission in a folder
    Grade(Grade),
    /// Prove an assignment, and write starter, solution, handout, tests and rubric
    Build {
        /// The assignment [default: all]
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
    /// The assignment [default: what the folder says]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Whose it is; each student's tests have values of their own
    #[arg(long, value_name = "NAME", default_value = "")]
    student: String,
    /// Run the hidden tests too; their values follow from the environment variable TAPEGRAD_SECRET
    #[arg(long)]
    hidden: bool,
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
                    true => out.document(&json!({"id": id, "file": file})),
                    false => out.text(&format!(
                        "Your work: the places marked TODO in {file}.\nREADME.md says what to do.\n"
                    )),
                }
            }
            AssignmentAction::Grade(grade) => grade.run(&project()?, out),
            AssignmentAction::Build { id, out: folder } => build(id.as_deref(), folder.as_deref(), &project()?, out),
        }
    }
}

impl Grade {
    fn run(&self, project: &Project, out: &Output<'_>) -> Result<(), CliError> {
        let id = self.id.clone().map_or_else(|| student_crate::id_of(&self.dir), Ok)?;
        let secret = std::env::var("TAPEGRAD_SECRET").unwrap_or_default();
        let tests = match self.hidden {
            true => Tests::All { secret: &secret },
            false => Tests::Public,
        };
        let libraries = Libraries::find(project)?;
        let report = Grading::new(registry::find(&id)?, &libraries, &self.student, tests).grade(&self.dir)?;
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
}

fn list(out: &Output<'_>) -> Result<(), CliError> {
    if out.is_json() {
        let all: Vec<_> = registry::ALL
            .iter()
            .map(|known| json!({"id": known.id, "title": known.title, "points": known.points()}))
            .collect();
        return out.document(&all);
    }
    let line = |known: &Assignment| format!("{:<16} {:>3} points  {}\n", known.id, known.points(), known.title);
    out.text(&registry::ALL.iter().map(line).collect::<String>())
}

fn build(id: Option<&str>, folder: Option<&Path>, project: &Project, out: &Output<'_>) -> Result<(), CliError> {
    let chosen: Vec<&Assignment> = match id {
        Some(id) => vec![registry::find(id)?],
        None => registry::ALL.iter().collect(),
    };
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
