//! Judging an answer: right, a recognised mistake, or wrong. Values are compared, never texts.

use ndarray::ArrayD;

use crate::learn::lesson::evaluate::evaluate;
use crate::learn::lesson::format::{AnswerKind, AnswerTolerance, Question};
use crate::learn::lesson::visible::Visible;
use crate::learn::run::numeral::{inline, shape};

/// The judgement on an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Right,
    /// The answer is wrong; the sentence explains the mistake, if it was recognised.
    Wrong(Option<String>),
    /// The answer cannot be read; this does not count as an attempt.
    Unreadable(String),
}

/// Judges an answer; `visible` is what the learner may use in it, `all` is the whole trace.
pub fn judge(question: &Question, given: &str, visible: &Visible<'_>, all: &Visible<'_>) -> Judgement {
    let given = given.trim();
    if given.is_empty() {
        return Judgement::Unreadable("type an answer first".into());
    }
    let read = match ParsedAnswer::read(question, given, visible) {
        Ok(read) => read,
        Err(why) => return Judgement::Unreadable(why),
    };
    let expected = |text: &str| ParsedAnswer::read(question, text, all).ok();
    if expected(&question.answer).is_some_and(|right| read.is(&right, question.accept)) {
        return Judgement::Right;
    }
    let recognised = question
        .wrong
        .iter()
        .find(|wrong| expected(&wrong.expr).is_some_and(|it| read.is(&it, question.accept)));
    match recognised {
        Some(wrong) => Judgement::Wrong(Some(wrong.say.clone())),
        None => Judgement::Wrong(generated(question, &read, &expected(&question.answer))),
    }
}

/// A mistake that is known for every number: the other sign, or a factor of two.
fn generated(question: &Question, read: &ParsedAnswer, right: &Option<ParsedAnswer>) -> Option<String> {
    let (ParsedAnswer::Numbers { value, .. }, Some(ParsedAnswer::Numbers { value: right, .. })) = (read, right) else {
        return None;
    };
    if value.shape() != right.shape() {
        return Some(format!(
            "The answer has the shape {}, yours has {}.",
            shape(right.shape()),
            shape(value.shape())
        ));
    }
    let is = |changed: ArrayD<f64>| near(value, &changed, question.accept);
    if is(-right) {
        return Some("The size is right, the sign is not.".into());
    }
    if is(right * 2.0) || is(right / 2.0) {
        return Some("That is off by a factor of exactly 2.".into());
    }
    None
}

/// An answer that could be read.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedAnswer {
    /// A number or an array; `digits` if it was typed as a plain number.
    Numbers {
        value: ArrayD<f64>,
        /// The digits after the point, and how many digits count, of a number that was typed as such.
        typed: Option<(usize, usize)>,
    },
    /// The number of an option, counted from 0.
    Option(usize),
    /// The sizes of a shape.
    Shape(Vec<i64>),
    /// Names in order.
    Order(Vec<String>),
}

impl ParsedAnswer {
    /// Reads an answer of the kind that is asked for.
    ///
    /// **Errors** with a sentence for the learner.
    pub fn read(question: &Question, text: &str, names: &Visible<'_>) -> Result<Self, String> {
        match question.kind {
            AnswerKind::Number => numbers(text, names),
            AnswerKind::Choice => option(question, text),
            AnswerKind::Shape => sizes(text, names).map(Self::Shape),
            AnswerKind::Order => order(text, names),
        }
    }

    fn is(&self, right: &Self, accept: AnswerTolerance) -> bool {
        match (self, right) {
            (Self::Numbers { value, typed }, Self::Numbers { value: right, .. }) => {
                near(value, right, accept) || typed.is_some_and(|typed| rounds_to(right, value, typed))
            }
            (own, right) => own == right,
        }
    }

    /// The answer as a learner reads it.
    pub fn text(&self, question: &Question) -> String {
        match self {
            Self::Numbers { value, .. } => match value.first() {
                Some(&left) if value.len() == 1 && left != 0.0 && left.abs() <= ROUNDING => {
                    format!("0, up to rounding ({left:.1e})")
                }
                _ => inline(value),
            },
            Self::Option(at) => format!(
                "{}) {}",
                letter(*at),
                question.options.get(*at).map_or("", String::as_str)
            ),
            Self::Shape(sizes) if sizes.is_empty() => "[] (a number)".into(),
            Self::Shape(sizes) => format!("{sizes:?}"),
            Self::Order(names) => names.join(", "),
        }
    }
}

/// A single answer this near to 0 is what rounding left of 0: lessons compute with numbers of about 1, to 1e-16 each.
const ROUNDING: f64 = 1e-13;

/// The letter of an option: a, b, c.
pub fn letter(option: usize) -> char {
    char::from(b'a' + u8::try_from(option % 26).unwrap_or(0))
}

fn numbers(text: &str, names: &Visible<'_>) -> Result<ParsedAnswer, String> {
    if let Ok(value) = text.parse::<f64>() {
        let mantissa = text
            .trim_start_matches('-')
            .split(['e', 'E'])
            .next()
            .unwrap_or_default();
        let decimals = mantissa.split_once('.').map_or(0, |(_, behind)| behind.len());
        let counting = mantissa.replace('.', "").trim_start_matches('0').len();
        let plain = !text.contains(['e', 'E']);
        return Ok(ParsedAnswer::Numbers {
            value: ArrayD::from_elem(vec![], value),
            typed: plain.then_some((decimals, counting)),
        });
    }
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let parts = parts(inner.unwrap_or(text));
    if inner.is_none() && parts.len() == 1 {
        return evaluate(text, names).map(|value| ParsedAnswer::Numbers { value, typed: None });
    }
    let rows: Vec<ArrayD<f64>> = parts
        .iter()
        .map(|part| match numbers(part.trim(), names)? {
            ParsedAnswer::Numbers { value, .. } => Ok(value),
            _ => Err("a list has numbers".to_string()),
        })
        .collect::<Result<_, _>>()?;
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    let value = ndarray::stack(ndarray::Axis(0), &views).map_err(|_| "the rows are not of equal length".to_string())?;
    Ok(ParsedAnswer::Numbers { value, typed: None })
}

/// The parts between the commas that stand in no brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0, 0, Vec::new());
    for (at, sign) in text.char_indices() {
        match sign {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

fn option(question: &Question, text: &str) -> Result<ParsedAnswer, String> {
    let lower = text.trim_end_matches(')').to_lowercase();
    let by_letter = (0..question.options.len()).find(|&at| lower == letter(at).to_string());
    let by_text = question
        .options
        .iter()
        .position(|option| option.eq_ignore_ascii_case(text));
    by_letter.or(by_text).map(ParsedAnswer::Option).ok_or_else(|| {
        let last = letter(question.options.len().saturating_sub(1));
        format!("answer with a letter from a to {last}")
    })
}

fn sizes(text: &str, names: &Visible<'_>) -> Result<Vec<i64>, String> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']').trim();
    if inner.is_empty() || inner == "a number" {
        return Ok(Vec::new());
    }
    let size = |part: &str| {
        let value = evaluate(part.trim(), names)?;
        match value.first() {
            Some(&size) if value.ndim() == 0 && size.fract() == 0.0 => Ok(size as i64),
            _ => Err(format!(
                "`{}` is not a size; a shape is written like [2, 3]",
                part.trim()
            )),
        }
    };
    inner.split(',').map(size).collect()
}

fn order(text: &str, names: &Visible<'_>) -> Result<ParsedAnswer, String> {
    let words = text
        .split([',', '>', ' '])
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let known = |word: &str| {
        let own = word.strip_prefix("g_").unwrap_or(word);
        match names.trace.find(own) {
            Some(_) => Ok(own.to_string()),
            None => Err(format!(
                "nothing here is called `{word}`; give names with commas between them"
            )),
        }
    };
    words.map(known).collect::<Result<_, _>>().map(ParsedAnswer::Order)
}

fn near(value: &ArrayD<f64>, right: &ArrayD<f64>, accept: AnswerTolerance) -> bool {
    value.shape() == right.shape()
        && value
            .iter()
            .zip(right)
            .all(|(&value, &right)| value == right || (value - right).abs() <= accept.abs + accept.rel * right.abs())
}

/// True if `right` rounded to the digits typed is the value typed, and at least two digits count.
fn rounds_to(right: &ArrayD<f64>, value: &ArrayD<f64>, (decimals, counting): (usize, usize)) -> bool {
    let (Some(&right), Some(&value)) = (right.first(), value.first()) else {
        return false;
    };
    let rounded: Option<f64> = format!("{right:.decimals$}").parse().ok();
    counting >= 2 && decimals < 17 && rounded == Some(value)
}
