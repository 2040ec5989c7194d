//! `tapegrad learn`: lessons that are stepped through, and what belongs to them.

mod files;

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::error::{CliError, ErrorCode};
use crate::cli::output::Output;
use crate::cli::signals::StopRequest;
use crate::learn::lesson::prose::unmarked;
use crate::learn::screen::terminal::{LessonEnd, LineCommand};
use crate::learn::screen::{step_blocks, step_name, terminal};
use crate::learn::session::TextEntry;
use crate::learn::session::file::{Found, ProgressFile};
use crate::learn::session::keeper::ProgressKeeper;
use crate::learn::session::progress::{LearnerProgress, default_file};
use crate::learn::{Action, FiniteDifferences, Lesson, LessonFolder, LessonState, bundled, plain, view};
use files::{AnswersCommand, CoverageCommand, Doctor, Export, New};

/// Learn: step through every forward and backward, and predict the numbers
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  tapegrad learn
  tapegrad learn 1
  tapegrad learn 1 --plain
  tapegrad learn 1 --at 4 --json
  tapegrad learn export 1 --html ledger.html
  tapegrad learn check 1 --answers answers.toml --report report.json
  tapegrad learn doctor
  tapegrad learn new my-lesson

Your answers are kept in the file that TAPEGRAD_PROGRESS names, or in tapegrad/progress.toml in your data folder.
Exit codes: 0 success, 1 some answers are wrong, 2 the command line is wrong, 3 a lesson is broken."
)]
pub struct Learn {
    #[command(subcommand)]
    action: Option<What>,
    /// Lesson: its number, its name, or a folder [default: list all lessons]
    lesson: Option<String>,
    /// Show only this step: a number, or a place such as "backward z"
    #[arg(long, value_name = "STEP", requires = "lesson")]
    at: Option<String>,
    /// Keep your answers in this file
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    Export(Export),
    Check(AnswersCommand),
    Doctor(Doctor),
    New(New),
    Coverage(CoverageCommand),
}

impl Learn {
    /// Shows the menu, a lesson, or a step, or does what belongs to lessons.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        match (&self.action, &self.lesson) {
            (Some(What::Export(export)), _) => export.run(out),
            (Some(What::Check(check)), _) => check.run(out),
            (Some(What::Doctor(doctor)), _) => doctor.run(out),
            (Some(What::New(new)), _) => new.run(out),
            (Some(What::Coverage(coverage)), _) => coverage.run(out),
            (None, None) => self.menu(out),
            (None, Some(lesson)) => self.lesson(lesson, out),
        }
    }

    fn progress_file(&self) -> Option<PathBuf> {
        self.progress.clone().or_else(default_file)
    }

    /// The progress that is kept so far, and a sentence if the file is damaged; it is left where it is.
    fn read_progress(&self) -> Result<(LearnerProgress, Option<String>), CliError> {
        let Some(file) = self.progress_file() else {
            return Ok(Default::default());
        };
        Ok(match ProgressFile::new(&file).read().map_err(progress_error)? {
            Found::Progress(progress) => (progress, None),
            Found::Damaged(why) => {
                let told = format!("Your progress in {} cannot be read ({why}).", file.display());
                (LearnerProgress::default(), Some(told))
            }
        })
    }

    fn menu(&self, out: &Output<'_>) -> Result<(), CliError> {
        let (progress, damage) = self.read_progress()?;
        let lessons: Vec<Lesson> = bundled::lessons()
            .iter()
            .map(|(_, folder)| opened(folder, FiniteDifferences::Skipped))
            .collect::<Result<_, _>>()?;
        if out.is_json() {
            let one = |lesson: &Lesson| {
                let begun = progress.lessons.get(&lesson.about.id).cloned().unwrap_or_default();
                let questions = lesson.questions().count();
                json!({"id": lesson.about.id, "title": lesson.about.title, "goal": lesson.about.goal,
                       "questions": questions, "right": begun.right(lesson), "step": begun.step, "steps": lesson.last_step()})
            };
            let all: Vec<_> = lessons.iter().map(one).collect();
            return out.document(&json!({"lessons": all, "progress_file": self.progress_file(), "damage": damage}));
        }
        let reads_keys = io::stdin().is_terminal() && io::stdout().is_terminal() && !out.is_plain();
        if reads_keys {
            let ids: Vec<String> = lessons.iter().map(|lesson| lesson.about.id.clone()).collect();
            let rows: Vec<(String, String, String)> =
                lessons.iter().map(|lesson| menu_row(lesson, &progress)).collect();
            return match terminal::menu(&rows).map_err(|error| terminal_error(&error))? {
                Some(chosen) => self.lesson(&ids[chosen], out),
                None => Ok(()),
            };
        }
        let mut text = "Lessons\n".to_string();
        for lesson in &lessons {
            let (title, standing, goal) = menu_row(lesson, &progress);
            text += &format!("\n{title} ({standing})\n  {goal}\n");
        }
        text += "\nBegin with `tapegrad learn 1`.";
        if let Some(file) = self.progress_file() {
            text += &format!(" Your answers are kept in {}.", file.display());
        }
        if let Some(damage) = damage {
            text += &format!("\n{damage} The next lesson that you begin moves it away and begins a new one.");
        }
        out.text(&(text + "\n"))
    }

    fn lesson(&self, name: &str, out: &Output<'_>) -> Result<(), CliError> {
        let lesson = Rc::new(find(name)?);
        let mut state = LessonState::new(lesson);
        if let Some(at) = &self.at {
            state.go(step(&state, at)?);
            let screen = view(&state);
            return match out.is_json() {
                true => out.document(&step_document(&state, &screen)),
                false => out.text(&plain::render(&screen)),
            };
        }
        if out.is_json() {
            return Err(CliError::option(
                "--json shows one step",
                "name the step, as in `tapegrad learn 1 --at 4 --json`",
            ));
        }
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let (reads, draws) = (
            io::stdin().is_terminal(),
            io::stdout().is_terminal() && !dumb && !out.is_plain(),
        );
        if !reads {
            return out.text(&transcript(&mut state));
        }
        let file = self.progress_file();
        let mut keeper = ProgressKeeper::begin(file.as_deref(), &mut state).map_err(progress_error)?;
        let end = match draws {
            true => {
                let stop = StopRequest::listen_with_terminal()?;
                let after = &mut |state: &mut LessonState| keeper.keep(state);
                terminal::run(&mut state, after, &|| stop.is_set()).map_err(|error| terminal_error(&error))?
            }
            false => lines(&mut state, &mut keeper, &mut io::stdin().lock(), out)?,
        };
        keeper
            .end(&mut state)
            .map_err(|why| CliError::new(ErrorCode::Progress, why))?;
        match (end, state.lesson_after()) {
            (LessonEnd::NextLesson, Some((number, _))) => self.lesson(&number, out),
            _ => Ok(()),
        }
    }
}

fn progress_error(why: String) -> CliError {
    CliError::new(ErrorCode::Progress, why).help("repair the file, move it away, or name another one with --progress")
}

fn terminal_error(error: &io::Error) -> CliError {
    CliError::new(ErrorCode::Terminal, format!("the terminal cannot be used: {error}")).help("try `--plain`")
}

/// Title, standing and goal of a lesson.
fn menu_row(lesson: &Lesson, progress: &LearnerProgress) -> (String, String, String) {
    let questions = lesson.questions().count();
    let standing = match progress.lessons.get(&lesson.about.id) {
        None => format!("{questions} questions"),
        Some(begun) => format!(
            "{} of {questions} questions, step {} of {}",
            begun.right(lesson),
            begun.step,
            lesson.last_step()
        ),
    };
    let number = lesson
        .about
        .id
        .split('-')
        .next()
        .unwrap_or_default()
        .trim_start_matches('0')
        .to_string();
    (
        format!("{number}  {}", lesson.about.title),
        standing,
        lesson.about.goal.clone(),
    )
}

/// The lesson of this number, name or folder, with all its differences.
pub fn find(name: &str) -> Result<Lesson, CliError> {
    opened(&folder(name)?, FiniteDifferences::Taken).map_err(|error| error.at(name))
}

/// The texts of the lesson of this number, name or folder.
pub fn folder(name: &str) -> Result<LessonFolder, CliError> {
    let path = Path::new(name);
    if path.is_dir() {
        return LessonFolder::read(path)
            .map_err(|error| CliError::new(ErrorCode::BrokenLesson, error).at(name).exit(3));
    }
    let found = bundled::find(name).map(|(_, folder)| folder);
    found.map_err(|why| CliError::option(why, "give a lesson's number, its name, or the path of a folder"))
}

fn opened(folder: &LessonFolder, differences: FiniteDifferences) -> Result<Lesson, CliError> {
    Lesson::open(folder, differences).map_err(|error| CliError::new(ErrorCode::BrokenLesson, error).exit(3))
}

/// The step that a text means: a number, or an anchor.
fn step(state: &LessonState, at: &str) -> Result<usize, CliError> {
    let last = state.lesson.last_step();
    let help = format!("a step is a number from 0 to {last}, or as in `--at \"backward z\"`");
    match at.parse::<usize>() {
        Ok(step) if step <= last => Ok(step),
        Ok(_) => Err(CliError::option(format!("there is no step {at}"), help)),
        Err(_) => state.trace.anchor(at).map_err(|why| CliError::option(why, help)),
    }
}

/// `{"lesson":id,"step":n,"steps":n,"phase":..|null,"node":name|null,"status":text,"screen":[block,..]}`.
fn step_document(state: &LessonState, screen: &crate::learn::Screen) -> serde_json::Value {
    let now = state.step.checked_sub(1).and_then(|at| state.trace.steps.get(at));
    json!({
        "lesson": state.lesson.about.id,
        "step": state.step,
        "steps": state.lesson.last_step(),
        "phase": now.map(|now| now.phase.name()),
        "node": now.map(|now| state.trace.nodes[now.node].label.clone()),
        "status": step_name(&state.trace, state.step),
        "screen": screen.blocks,
    })
}

/// The whole lesson as text, with every question settled as skipped, for readers without a keyboard.
fn transcript(state: &mut LessonState) -> String {
    let mut text = String::new();
    for at in 0..=state.lesson.last_step() {
        state.go(at);
        let before = step_blocks(state);
        before.iter().for_each(|block| text += &(plain::block(block) + "\n"));
        while let Some(open_question) = state.open_question() {
            state.act(Action::Skip);
            let worked = unmarked(&state.worked(&open_question));
            text += &format!("Answer to {}: {worked}\n\n", open_question.key);
        }
        text += "----\n\n";
    }
    text
}

/// The lesson line by line: the screen as text, then a line from the learner, and so on.
fn lines(
    state: &mut LessonState,
    keeper: &mut ProgressKeeper,
    input: &mut dyn BufRead,
    out: &Output<'_>,
) -> Result<LessonEnd, CliError> {
    out.text("Type n for next, p for back, s to skip, an answer to a question, q to quit, ? for more.\n\n")?;
    loop {
        out.text(&format!("{}\n> ", plain::render(&view(state))))?;
        let mut line = String::new();
        match input.read_line(&mut line) {
            Ok(0) => return Ok(LessonEnd::Quit),
            Ok(_) => {}
            Err(error) => return Err(CliError::new(ErrorCode::Input, error).at("standard input")),
        }
        match terminal::line_command(state, line.trim()) {
            LineCommand::Done => {}
            LineCommand::Quit => return Ok(LessonEnd::Quit),
            LineCommand::NextLesson => return Ok(LessonEnd::NextLesson),
        }
        if state.entry == TextEntry::Closed && state.open_question().is_some() {
            let said = state.said.take();
            state.act(Action::Open(TextEntry::Answer));
            state.said = said;
        }
        keeper.keep(state);
    }
}
