//! A lesson: a folder with its table of contents, its graph, its text, and answers that are known to be right.
//!
//! `lesson.toml` says which values the graph runs on, where the learner stops, and what is asked there; `model.cg` is
//! the graph; `text.md` the prose, one section for each stop; `solution.toml` the answers that CI gives. Everything
//! numeric is an expression over the run: no number is typed twice.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::rc::Rc;

use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;
use tapegrad_autograd::language::core::Program;
use tapegrad_autograd::language::open;

use super::answer::Answers;
use super::prose::{Section, sections};
use super::record::{Differences, Given, record};
use super::trace::Trace;

/// The four texts of a lesson's folder.
#[derive(Clone, Debug)]
pub struct Folder {
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
    pub given: Given,
    /// Where the learner stops, in the order of the steps.
    pub stops: Vec<Stop>,
    /// What holds for any numbers.
    pub properties: Vec<Property>,
    /// The sections of the text.
    pub sections: Vec<Section>,
    /// Answers that are right.
    pub solution: BTreeMap<String, String>,
    /// The run.
    pub trace: Rc<Trace>,
}

/// What a lesson is about.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The name of its folder.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What the learner can do afterwards.
    pub goal: String,
    /// The lessons to do before.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The rows of the lectures that it covers, by their ids, each with what it does for it.
    #[serde(default)]
    pub covers: BTreeMap<String, String>,
}

/// A place where the learner is told or asked something.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The step: `start`, `forward z`, `backward beta`, `end`.
    pub at: String,
    /// The key of its section of the text.
    pub text: Option<String>,
    /// What is asked.
    #[serde(default)]
    pub predict: Vec<Predict>,
    /// The place of the step, found when the lesson is opened.
    #[serde(skip)]
    pub step: usize,
}

/// A question, asked before the answer is shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// What answers are filed under.
    pub key: String,
    /// The question.
    pub ask: String,
    /// The kind of answer.
    #[serde(default)]
    pub kind: AnswerKind,
    /// The right answer: an expression over the run, the letter of an option, a shape, names in order.
    pub answer: String,
    /// The options to choose from.
    #[serde(default)]
    pub options: Vec<String>,
    /// How near a number must be.
    #[serde(default)]
    pub accept: Accept,
    /// What is said after the first and the second wrong attempt.
    #[serde(default)]
    pub hints: Vec<String>,
    /// The worked answer.
    pub why: String,
    /// Mistakes that are recognised.
    #[serde(default)]
    pub wrong: Vec<Wrong>,
}

/// The kinds of answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerKind {
    /// A number, a list of numbers, or an expression.
    #[default]
    Number,
    /// The letter of an option.
    Choice,
    /// A shape such as `[T, 2]`.
    Shape,
    /// Names in order.
    Order,
}

/// How near a number must be to count as right.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// As a share of the right answer.
    pub rel: f64,
    /// Besides that.
    pub abs: f64,
}

/// A mistake that is recognised, and what is said to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// The wrong answer, written like a right one.
    pub expr: String,
    /// What is said.
    pub say: String,
}

/// Something that holds whatever the numbers are; tried on random ones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// What holds.
    pub claim: String,
    /// The values that are drawn anew for each try.
    #[serde(default)]
    pub free: Vec<String>,
    /// An expression that is 0 if it holds; names that begin with `again.` are of the second run.
    pub zero: Option<String>,
    /// How a second run differs from the first: values by name, as expressions over the first.
    #[serde(default)]
    pub again: BTreeMap<String, String>,
    /// How far from 0 it may be.
    #[serde(default = "rounding")]
    pub within: f64,
}

fn rounding() -> f64 {
    1e-9
}

/// Why a lesson cannot be opened: its file and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonError {
    /// The file.
    pub file: &'static str,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for LessonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    lesson: About,
    #[serde(default)]
    bind: Bind,
    #[serde(default, rename = "stop")]
    stops: Vec<Stop>,
    #[serde(default, rename = "property")]
    properties: Vec<Property>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Bind {
    dims: BTreeMap<String, i64>,
    values: BTreeMap<String, toml::Value>,
    seed: u64,
}

impl Folder {
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
    pub fn open(folder: &Folder, differences: Differences) -> Result<Self, LessonError> {
        let wrong = |file: &'static str| move |message: String| LessonError { file, message };
        let contents: Contents =
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
        for stop in &mut stops {
            stop.step = trace.anchor(&stop.at).map_err(wrong("lesson.toml"))?;
        }
        stops.sort_by_key(|stop| stop.step);
        let answers: Answers =
            toml::from_str(&folder.solution).map_err(|error| wrong("solution.toml")(error.to_string()))?;
        Ok(Self {
            about: contents.lesson,
            source: folder.model.clone(),
            program,
            given,
            stops,
            properties: contents.properties,
            sections: sections(&folder.text).map_err(wrong("text.md"))?,
            solution: answers.answers,
            trace: Rc::new(trace),
        })
    }

    /// All questions, in the order of their stops, each with its step.
    pub fn predicts(&self) -> impl Iterator<Item = (usize, &Predict)> {
        self.stops
            .iter()
            .flat_map(|stop| stop.predict.iter().map(move |predict| (stop.step, predict)))
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

fn given(bind: &Bind) -> Result<Given, String> {
    let value = |(name, value): (&String, &toml::Value)| {
        let array = array(value).map_err(|why| format!("bind.values.{name}: {why}"))?;
        Ok((name.clone(), array))
    };
    let values = bind.values.iter().map(value).collect::<Result<_, String>>()?;
    Ok(Given {
        sizes: bind.dims.clone(),
        values,
        seed: bind.seed,
    })
}

/// Nested lists of numbers as an array.
fn array(value: &toml::Value) -> Result<ArrayD<f64>, String> {
    let (mut shape, mut entries) = (Vec::new(), Vec::new());
    flatten(value, 0, &mut shape, &mut entries)?;
    ArrayD::from_shape_vec(IxDyn(&shape), entries).map_err(|_| "the lists are not of equal length".into())
}

fn flatten(value: &toml::Value, depth: usize, shape: &mut Vec<usize>, entries: &mut Vec<f64>) -> Result<(), String> {
    match value {
        toml::Value::Array(items) => {
            if shape.len() == depth {
                shape.push(items.len());
            }
            if shape[depth] != items.len() {
                return Err("the lists are not of equal length".into());
            }
            items
                .iter()
                .try_for_each(|item| flatten(item, depth + 1, shape, entries))
        }
        toml::Value::Float(number) => {
            entries.push(*number);
            Ok(())
        }
        toml::Value::Integer(number) => {
            entries.push(*number as f64);
            Ok(())
        }
        other => Err(format!("{other} is not a number")),
    }
}
