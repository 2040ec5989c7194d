//! A lesson: a folder with its table of contents, its graph, its text, and answers that are known to be right.
//!
//! `lesson.toml` says which values the graph runs on, where the learner stops, and what is asked there; `model.cg` is
//! the graph; `text.md` the prose, one section for each stop; `solution.toml` the answers that CI gives. Everything
//! numeric is an expression over the run: no number is typed twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::rc::Rc;

use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::view::{self, Formulas, Picture};
use tapegrad_autograd::language::{Opened, open};

use super::format::{About, Answers, LessonFile, LessonStop, Property, Question, given};
use super::prose::{Section, sections};
use crate::learn::run::record::{FiniteDifferences, RunInputs, TraceError, record};
use crate::learn::run::telling::Telling;
use crate::learn::run::trace::Trace;

/// The four texts of a lesson's folder.
#[derive(Clone, Debug)]
pub struct LessonFolder {
    /// `lesson.toml`.
    pub lesson: String,
    /// `model.cg`.
    pub model: String,
    /// `text.md`.
    pub text: String,
    /// `solution.toml`.
    pub solution: String,
}

/// A lesson that is ready to be stepped through.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Name, title, goal.
    pub about: About,
    /// The graph's text.
    pub source: String,
    /// The graph.
    pub program: Program,
    /// The numbers of the run.
    pub given: RunInputs,
    /// Where the learner stops, in the order of the steps.
    pub stops: Vec<LessonStop>,
    /// What holds for any numbers.
    pub properties: Vec<Property>,
    /// The sections of the text.
    pub sections: Vec<Section>,
    /// Answers that are right.
    pub solution: BTreeMap<String, String>,
    /// How the run is told.
    pub telling: Telling,
    /// The run.
    pub trace: Rc<Trace>,
    /// The graph, drawn by scopes.
    pub picture: Picture,
}

/// Why a lesson cannot be opened: its file and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonError {
    pub file: &'static str,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for LessonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

impl LessonFolder {
    /// Reads a lesson's folder.
    ///
    /// **Errors** with the file that cannot be read.
    pub fn read(folder: &Path) -> Result<Self, LessonError> {
        let read = |file: &'static str| {
            std::fs::read_to_string(folder.join(file)).map_err(|error| LessonError {
                file,
                message: format!("cannot be read: {error}"),
            })
        };
        Ok(Self {
            lesson: read("lesson.toml")?,
            model: read("model.cg")?,
            text: read("text.md")?,
            solution: read("solution.toml")?,
        })
    }
}

impl Lesson {
    /// Opens a lesson: reads its files and runs its graph.
    ///
    /// **Errors** with the file and what is wrong in it.
    pub fn open(folder: &LessonFolder, differences: FiniteDifferences) -> Result<Self, LessonError> {
        let wrong = |file: &'static str| move |message: String| LessonError { file, message };
        let contents: LessonFile =
            toml::from_str(&folder.lesson).map_err(|error| wrong("lesson.toml")(error.to_string()))?;
        let opened = open("model.cg", &folder.model);
        if !opened.is_correct() {
            return Err(wrong("model.cg")(opened.render()));
        }
        let program = opened.program(None).cloned();
        let program = program.ok_or_else(|| wrong("model.cg")("there is no graph in it".into()))?;
        let given = given(&contents.bind).map_err(wrong("lesson.toml"))?;
        let trace = record(&program, &given, differences)
            .map_err(|error| wrong("lesson.toml")(format!("the graph cannot be run: {error}")))?;
        let mut stops = contents.stops;
        let mut telling = Telling {
            detail: contents.lesson.steps,
            written: written(&opened, &program),
            stops: BTreeSet::new(),
        };
        let trace = telling.worded(trace);
        telling.stops = stops.iter().filter_map(|stop| trace.anchored(&stop.at)).collect();
        let trace = telling.folded(trace);
        for stop in &mut stops {
            stop.step = trace.anchor(&stop.at).map_err(wrong("lesson.toml"))?;
        }
        stops.sort_by_key(|stop| stop.step);
        let answers: Answers =
            toml::from_str(&folder.solution).map_err(|error| wrong("solution.toml")(error.to_string()))?;
        let picture = picture(&opened, &program, &trace).map_err(wrong("model.cg"))?;
        Ok(Self {
            about: contents.lesson,
            source: folder.model.clone(),
            program,
            given,
            stops,
            properties: contents.properties,
            sections: sections(&folder.text).map_err(wrong("text.md"))?,
            solution: answers.answers,
            picture,
            telling,
            trace: Rc::new(trace),
        })
    }

    /// Runs the graph on other numbers, told in the same steps.
    ///
    /// **Errors** with a sentence if it cannot be run.
    pub fn run(&self, given: &RunInputs, differences: FiniteDifferences) -> Result<Trace, String> {
        let trace = record(&self.program, given, differences).map_err(|error| error.to_string())?;
        Ok(self.telling.folded(self.telling.worded(trace)))
    }

    /// All questions, in the order of their stops, each with its step.
    pub fn questions(&self) -> impl Iterator<Item = (usize, &Question)> {
        self.stops
            .iter()
            .flat_map(|stop| stop.questions.iter().map(move |question| (stop.step, question)))
    }

    /// The section of the text with this key.
    pub fn section(&self, key: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.key == key)
    }

    /// The number of the last step; 0 is before the first op, and one more follows the last.
    pub fn last_step(&self) -> usize {
        self.trace.steps.len() + 1
    }
}

/// The text of each value of a program.
fn written(opened: &Opened, program: &Program) -> BTreeMap<usize, String> {
    let formulas = Formulas::of(program, &opened.file, &opened.sources);
    let texts = (0..program.values.len()).map(|value| (value, formulas.text(value)));
    texts.filter(|(_, text)| !text.is_empty()).collect()
}

/// The picture of the graph with a box for each node, before it is folded.
fn picture(opened: &Opened, program: &Program, trace: &Trace) -> Result<Picture, String> {
    let picture =
        view::unrolled(program, &trace.sizes, true, None).map_err(|error| TraceError::from(error).to_string())?;
    Ok(view::with_formulas(picture, program, &opened.file, &opened.sources))
}
