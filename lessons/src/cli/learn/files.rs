//! The commands about lessons as files: pages, answers, the doctor, new lessons, the table of coverage.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use serde_json::json;

use super::{find, folder};
use crate::cli::error::{CliError, ErrorCode};
use crate::cli::output::Output;
use crate::learn::doctor::examine;
use crate::learn::lesson::Answers;
use crate::learn::lesson::{bundled, coverage, template};
use crate::learn::page;
use crate::learn::session::report;

/// Write a lesson as a page for a browser, in one file
#[derive(Args, Debug)]
pub struct Export {
    /// The lesson: its number, its name, or a folder
    lesson: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
}

/// Judge the answers in a file
#[derive(Args, Debug)]
pub struct AnswersCommand {
    /// The lesson: its number, its name, or a folder
    lesson: String,
    /// A TOML file: `[answers]`, then a line `key = "answer"` for each question
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
    /// Write the report to this file as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Check lessons: places, answers, recognised mistakes, gradients, properties, solutions
#[derive(Args, Debug)]
pub struct Doctor {
    /// The lessons; without any, all that come with the program
    lessons: Vec<String>,
}

/// Write a small working lesson into a new folder, to begin your own
#[derive(Args, Debug)]
pub struct New {
    /// The folder to make; its name is the lesson's
    folder: PathBuf,
}

/// Print the table of what the lectures mention and where it is
#[derive(Args, Debug)]
pub struct CoverageCommand {}

fn read(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file).map_err(|error| {
        CliError::new(ErrorCode::UnreadableFile, format!("cannot be read: {error}")).at(file.display())
    })
}

fn write(file: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(file, text).map_err(|error| {
        CliError::new(ErrorCode::UnwritableFile, format!("cannot be written: {error}")).at(file.display())
    })
}

impl Export {
    /// Writes the page.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let lesson = Rc::new(find(&self.lesson)?);
        let page = page::page(&lesson);
        write(&self.html, &page)?;
        let (file, bytes) = (self.html.display().to_string(), page.len());
        match out.is_json() {
            true => out.document(&json!({"file": file, "bytes": bytes, "steps": lesson.last_step()})),
            false => out.text(&format!(
                "{file}: {} steps, {} kB\n",
                lesson.last_step() + 1,
                bytes.div_ceil(1000)
            )),
        }
    }
}

impl AnswersCommand {
    /// Judges the answers; the exit code is 1 if some are wrong or missing.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let lesson = Rc::new(find(&self.lesson)?);
        let answers: Answers = toml::from_str(&read(&self.answers)?).map_err(|error| {
            CliError::new(ErrorCode::WrongAnswersFile, error)
                .at(self.answers.display())
                .help("the file looks like\n[answers]\ny = \"0.53\"\ng_b = \"t - y\"")
                .exit(2)
        })?;
        let report = report(&lesson, &answers.answers);
        if let Some(file) = &self.report {
            let text =
                serde_json::to_string_pretty(&report).map_err(|error| CliError::new(ErrorCode::Output, error))?;
            write(file, &(text + "\n"))?;
        }
        if out.is_json() {
            out.document(&report)?;
        } else {
            let mut text = format!("{} of {} right\n", report.right, report.questions);
            for one in report.prompts.iter().filter(|one| one.verdict != "right") {
                let given = one
                    .given
                    .as_deref()
                    .map_or(String::new(), |given| format!(" ({given})"));
                let say = one.say.as_deref().unwrap_or_default();
                text += &format!("{}: {}{given} {say}\n", one.key, one.verdict);
            }
            for key in &report.unknown {
                text += &format!("{key}: the lesson has no such question\n");
            }
            out.text(&text)?;
        }
        if report.right == report.questions {
            Ok(())
        } else {
            Err(CliError::reported())
        }
    }
}

impl Doctor {
    /// Examines the lessons; the exit code is 3 if something is wrong with one.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let lessons = if self.lessons.is_empty() {
            bundled::lessons()
                .into_iter()
                .map(|(id, folder)| (id.to_string(), folder))
                .collect()
        } else {
            let named = |name: &String| {
                let id = Path::new(name)
                    .file_name()
                    .map_or(name.clone(), |id| id.to_string_lossy().into_owned());
                let id = bundled::find(name).map_or(id, |(id, _)| id.to_string());
                Ok((id, folder(name)?))
            };
            self.lessons.iter().map(named).collect::<Result<Vec<_>, CliError>>()?
        };
        let (mut text, mut documents, mut healthy) = (String::new(), Vec::new(), true);
        for (id, folder) in &lessons {
            let findings = examine(id, folder);
            healthy &= findings.wrong.is_empty();
            documents.push(json!({"lesson": id, "checks": findings.checks, "wrong": findings.wrong}));
            let verdict = if findings.wrong.is_empty() { "healthy" } else { "BROKEN" };
            text += &format!("{id}: {verdict}, {} checks\n", findings.checks);
            findings.wrong.iter().for_each(|wrong| text += &format!("  {wrong}\n"));
        }
        match out.is_json() {
            true => out.document(&json!({"lessons": documents}))?,
            false => out.text(&text)?,
        }
        if healthy {
            Ok(())
        } else {
            Err(CliError::reported().exit(3))
        }
    }
}

impl New {
    /// Makes the folder.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let place = self.folder.display().to_string();
        let made = template::write(&self.folder);
        made.map_err(|why| {
            CliError::new(ErrorCode::NewLesson, why)
                .at(&place)
                .help("give the name of a folder that does not exist")
        })?;
        match out.is_json() {
            true => out.document(&json!({"folder": place, "files": template::FILES})),
            false => out.text(&format!(
                "{place}: {}\nTry it with `tapegrad learn {place}`, and examine it with `tapegrad learn doctor {place}`.\n",
                template::FILES.join(", ")
            )),
        }
    }
}

impl CoverageCommand {
    /// Writes the table, or as JSON its rows.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let rows = coverage::rows().map_err(|why| CliError::new(ErrorCode::Coverage, why).exit(3))?;
        match out.is_json() {
            true => out.document(&rows),
            false => out.text(&coverage::table(&rows)),
        }
    }
}
