//! The fields of `lesson.toml`.

use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;

use crate::learn::run::record::RunInputs;
use crate::learn::run::telling::StepDetail;

/// What a lesson is about.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The name of its folder.
    pub id: String,
    pub title: String,
    /// What the learner can do afterwards.
    pub goal: String,
    /// What has a step of its own: each operation, or each value with a name.
    #[serde(default)]
    pub steps: StepDetail,
    /// The lessons to do before.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The rows of the lectures that it covers, by their ids, each with what it does for it.
    #[serde(default)]
    pub covers: BTreeMap<String, String>,
}

/// A step at which the lesson shows text or asks questions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonStop {
    /// The step: `start`, `forward z`, `backward beta`, `end`.
    pub at: String,
    /// The key of its section of the text.
    pub text: Option<String>,
    /// The questions asked there.
    #[serde(default, rename = "predict")]
    pub questions: Vec<Question>,
    /// The place of the step, found when the lesson is opened.
    #[serde(skip)]
    pub step: usize,
}

/// A question, asked before the answer is shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The key under which answers are stored.
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
    /// The values that it needs, by name; without them those in its hints and in its worked answer.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The hints after the first and the second wrong attempt.
    #[serde(default)]
    pub hints: Vec<String>,
    /// The worked answer.
    pub why: String,
    /// Mistakes that are recognised.
    #[serde(default)]
    pub wrong: Vec<Mistake>,
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

/// A mistake that is recognised, with its explanation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mistake {
    /// The wrong answer, written like a right one.
    pub expr: String,
    /// The sentence that explains the mistake.
    pub say: String,
}

/// A claim that holds for all numbers; it is tried on random ones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// The claim, as a sentence.
    pub claim: String,
    /// The values that are drawn anew for each try.
    #[serde(default)]
    pub free: Vec<String>,
    /// An expression that is 0 if it holds; names that begin with `again.` are of the second run.
    pub zero: Option<String>,
    /// An expression that is never above 0 if it holds.
    pub at_most_zero: Option<String>,
    /// How a second run differs from the first: values by name, as expressions over the first.
    #[serde(default)]
    pub again: BTreeMap<String, String>,
    /// How far from 0, or above it, rounding may take it: a run computes with numbers of about 1, to 1e-16 each.
    #[serde(default = "rounding")]
    pub within: f64,
}

fn rounding() -> f64 {
    1e-9
}

/// The whole of `lesson.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LessonFile {
    pub lesson: About,
    #[serde(default)]
    pub bind: Bindings,
    #[serde(default, rename = "stop")]
    pub stops: Vec<LessonStop>,
    #[serde(default, rename = "property")]
    pub properties: Vec<Property>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Bindings {
    dims: BTreeMap<String, i64>,
    values: BTreeMap<String, toml::Value>,
    seed: u64,
}

/// The numbers of the run.
pub(super) fn given(bind: &Bindings) -> Result<RunInputs, String> {
    let value = |(name, value): (&String, &toml::Value)| {
        let array = array(value).map_err(|why| format!("bind.values.{name}: {why}"))?;
        Ok((name.clone(), array))
    };
    let values = bind.values.iter().map(value).collect::<Result<_, String>>()?;
    Ok(RunInputs {
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

/// Answers out of a file: `[answers]` with a text for each prompt's key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The answers by the keys of their prompts.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
}
