//! Judging an answer: right, a recognised mistake, or wrong. Values are compared, never texts.
//!
//! A text that is no answer of the kind that is asked for is told so, and is no attempt.

use ndarray::ArrayD;

use super::typed;
use crate::learn::lesson::evaluate::evaluate;
use crate::learn::lesson::format::{AnswerKind, Question};
use crate::learn::lesson::visible::Visible;
use crate::learn::run::numeral::{inline, numeral};

/// How far a number may be from the right one, as a share of that: what is left when a learner calculates with the
/// numbers on the screen, which have three digits or more.
pub const RELATIVE: f64 = 0.005;

/// A number this near to 0 is what rounding left of 0: lessons compute with numbers of about 1, to 1e-16 each.
const ROUNDING: f64 = 1e-13;

/// The fewest digits that a rounded number must have to be judged by its digits.
const DIGITS_MIN: usize = 2;

/// The longest text that is read as an answer, in bytes.
const LENGTH_MAX: usize = 1000;

/// The judgement on an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Right,
    /// The answer is wrong; the sentence explains the mistake, if it was recognised.
    Wrong(Option<String>),
    /// The text is no answer to this question, and the sentence says what to type; it is no attempt.
    Unreadable(String),
}

/// Judges an answer; `visible` is what the learner may use in it, `all` is the whole trace.
pub fn judge(question: &Question, given: &str, visible: &Visible<'_>, all: &Visible<'_>) -> Judgement {
    let mut given = typed::plain(given);
    if given.is_empty() {
        return Judgement::Unreadable("Type an answer first.".into());
    }
    if given.len() > LENGTH_MAX {
        return Judgement::Unreadable("That is too long for an answer.".into());
    }
    let right = ParsedAnswer::read(question, &question.answer, all).ok();
    let one_number = matches!(&right, Some(ParsedAnswer::Numbers { value, .. }) if value.len() == 1);
    if let Some(with_point) = typed::decimal_point(typed::right_side(&given)).filter(|_| one_number) {
        given = with_point;
    }
    let read = match ParsedAnswer::read(question, &given, visible) {
        Ok(read) => read,
        Err(why) => return Judgement::Unreadable(sentence(&why)),
    };
    if right.as_ref().is_some_and(|right| read.is(right)) {
        return Judgement::Right;
    }
    let is_mistake = |expr: &str| ParsedAnswer::read(question, expr, all).is_ok_and(|mistake| read.is(&mistake));
    if let Some(wrong) = question.wrong.iter().find(|wrong| is_mistake(&wrong.expr)) {
        return Judgement::Wrong(Some(wrong.say.clone()));
    }
    match right.as_ref().and_then(|right| misfit(&read, right, &given)) {
        Some(why) => Judgement::Unreadable(why),
        None => Judgement::Wrong(right.as_ref().and_then(|right| generated(&read, right))),
    }
}

/// A text as a sentence: with a capital letter, unless it begins with a name, and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// Why an answer cannot be compared with the right one, if it is of another form.
fn misfit(read: &ParsedAnswer, right: &ParsedAnswer, given: &str) -> Option<String> {
    match (read, right) {
        (ParsedAnswer::Numbers { value, .. }, ParsedAnswer::Numbers { value: right, .. }) => {
            let fits = value.shape() == right.shape() || (value.len() == 1 && right.len() == 1);
            if fits {
                return None;
            }
            let point = match right.len() == 1 && given.contains(',') && !given.contains('[') {
                true => " If the comma is a decimal sign, type a point: 0.5.",
                false => "",
            };
            let (wanted, own) = (form(right.shape()), form(value.shape()));
            Some(format!("The answer is {wanted}; what you typed is {own}.{point}"))
        }
        (ParsedAnswer::Order(own), ParsedAnswer::Order(right)) => {
            let sorted = |names: &[String]| {
                let mut names = names.to_vec();
                names.sort();
                names
            };
            let wanted = sorted(right);
            (sorted(own) != wanted)
                .then(|| format!("Name each of {} once, with commas between them.", wanted.join(", ")))
        }
        _ => None,
    }
}

/// What has this shape, in words.
fn form(shape: &[usize]) -> String {
    match *shape {
        [] | [1] => "a single number".into(),
        [count] => format!("a list of {count} numbers"),
        [rows, columns] => format!("a table of {rows} rows and {columns} columns"),
        ref axes => format!("an array with {} axes", axes.len()),
    }
}

/// A mistake that is known for every number: the other sign, a factor of two, a per cent without its sign.
fn generated(read: &ParsedAnswer, right: &ParsedAnswer) -> Option<String> {
    let (ParsedAnswer::Numbers { value, .. }, ParsedAnswer::Numbers { value: right, .. }) = (read, right) else {
        return None;
    };
    let is = |factor: f64| {
        let mut pairs = value.iter().zip(right);
        pairs.all(|(&value, &right)| near(value, factor * right))
    };
    if is(-1.0) {
        return Some("The size is right, the sign is not.".into());
    }
    if is(2.0) || is(0.5) {
        return Some("That is off by a factor of exactly 2.".into());
    }
    is(100.0).then(|| "That is 100 times the answer. A per cent is written with its sign: 52.5%.".into())
}

/// An answer that could be read.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedAnswer {
    /// A number or an array.
    Numbers {
        value: ArrayD<f64>,
        /// For each entry that was typed as a number how many of its digits count.
        typed: Vec<Option<usize>>,
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
        let text = &typed::plain(text);
        match question.kind {
            AnswerKind::Number => numbers(typed::right_side(text), names),
            AnswerKind::Choice => option(question, text),
            AnswerKind::Shape => sizes(typed::right_side(text), names).map(Self::Shape),
            AnswerKind::Order => order(text, names),
        }
    }

    fn is(&self, right: &Self) -> bool {
        match (self, right) {
            (Self::Numbers { value, typed }, Self::Numbers { value: right, .. }) => {
                let fits = value.shape() == right.shape() || (value.len() == 1 && right.len() == 1);
                let same = |((&value, &right), typed): ((&f64, &f64), &Option<usize>)| {
                    near(value, right) || typed.is_some_and(|digits| rounds_to(right, value, digits))
                };
                fits && value.iter().zip(right).zip(typed).all(same)
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
                // A list of one number is that number.
                Some(&only) if value.len() == 1 => numeral(only),
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

/// The letter of an option: a, b, c.
pub fn letter(option: usize) -> char {
    char::from(b'a' + u8::try_from(option % 26).unwrap_or(0))
}

/// The value of a number, a list or a formula.
///
/// **Errors** with a sentence for the learner.
pub fn values(text: &str, names: &Visible<'_>) -> Result<ArrayD<f64>, String> {
    let text = typed::decimal_point(text).unwrap_or_else(|| text.to_string());
    match numbers(&text, names)? {
        ParsedAnswer::Numbers { value, .. } => Ok(value),
        _ => Err("Type a number, a list or a formula.".into()),
    }
}

fn numbers(text: &str, names: &Visible<'_>) -> Result<ParsedAnswer, String> {
    if let Some(number) = typed::number(text) {
        return Ok(ParsedAnswer::Numbers {
            value: ArrayD::from_elem(vec![], number.value),
            typed: vec![Some(number.digits)],
        });
    }
    let Some(entries) = typed::entries(text) else {
        let value = evaluate(&typed::formula(text)?, names)?;
        if value.iter().any(|entry| entry.is_nan()) {
            return Err("This has no value: the logarithm or the root of a negative number, or 0 divided by 0.".into());
        }
        let typed = vec![None; value.len()];
        return Ok(ParsedAnswer::Numbers { value, typed });
    };
    let (mut rows, mut digits) = (Vec::new(), Vec::new());
    for entry in &entries {
        if let ParsedAnswer::Numbers { value, typed } = numbers(entry, names)? {
            rows.push(value);
            digits.extend(typed);
        }
    }
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    let value = ndarray::stack(ndarray::Axis(0), &views).map_err(|_| "The rows of a table must be of equal length.")?;
    Ok(ParsedAnswer::Numbers { value, typed: digits })
}

fn option(question: &Question, text: &str) -> Result<ParsedAnswer, String> {
    let letters = text.trim_matches(['(', ')', '.', ' ']).to_lowercase();
    let by_letter = (0..question.options.len()).find(|&at| letters == letter(at).to_string());
    let by_text = question
        .options
        .iter()
        .position(|option| typed::plain(option).eq_ignore_ascii_case(text));
    by_letter.or(by_text).map(ParsedAnswer::Option).ok_or_else(|| {
        let last = letter(question.options.len().saturating_sub(1));
        format!("Answer with a letter from a to {last}.")
    })
}

fn sizes(text: &str, names: &Visible<'_>) -> Result<Vec<i64>, String> {
    let inner = text.trim_matches(['[', ']', '(', ')', ' ']);
    if ["", "a number", "number", "scalar", "a single number"].contains(&inner) {
        return Ok(Vec::new());
    }
    // `2 x 3`, `2 by 3`, `2 3`.
    let is_separator = |part: &&str| !["x", "by"].contains(part);
    let spaced = inner.replace('*', " ");
    let parts: Vec<&str> = match inner.contains(',') {
        true => inner.split(',').collect(),
        false => spaced.split_whitespace().filter(is_separator).collect(),
    };
    let size = |part: &&str| {
        let value = evaluate(&typed::formula(part)?, names)?;
        match value.first() {
            Some(&size) if value.ndim() == 0 && size.fract() == 0.0 && size >= 0.0 => Ok(size as i64),
            _ => Err(format!("`{}` is no size. A shape is written like [2, 3].", part.trim())),
        }
    };
    parts.iter().map(size).collect()
}

fn order(text: &str, names: &Visible<'_>) -> Result<ParsedAnswer, String> {
    let words = text
        .split([',', '>', ' ', ';'])
        .map(str::trim)
        .filter(|word| !word.is_empty() && !["then", "and"].contains(word));
    let known = |word: &str| {
        let own = word.strip_prefix("g_").unwrap_or(word);
        match names.trace.find(own) {
            Some(_) => Ok(own.to_string()),
            None => Err(format!(
                "Nothing here is called `{word}`. Give names with commas between them."
            )),
        }
    };
    words.map(known).collect::<Result<_, _>>().map(ParsedAnswer::Order)
}

/// True if two numbers differ by no more than a share of the right one, or are both what rounding left of 0.
fn near(value: f64, right: f64) -> bool {
    value == right
        || (value - right).abs() <= RELATIVE * right.abs()
        || (value.abs() <= ROUNDING && right.abs() <= ROUNDING)
}

/// True if `right` rounded to the digits that were typed is what was typed.
fn rounds_to(right: f64, value: f64, digits: usize) -> bool {
    let decimals = digits.saturating_sub(1).min(16);
    let rounded: f64 = format!("{right:.decimals$e}").parse().unwrap_or(f64::NAN);
    digits >= DIGITS_MIN && (rounded - value).abs() <= ROUNDING * value.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::lesson::bundled;
    use crate::learn::lesson::evaluate::Environment;
    use crate::learn::lesson::load::Lesson;
    use crate::learn::lesson::prose::{TextSpan, spans};
    use crate::learn::run::record::FiniteDifferences;

    /// What a learner knows who reads numbers off the screen.
    struct OnScreen<'t>(Visible<'t>);

    impl Environment for OnScreen<'_> {
        fn value(&self, name: &str) -> Result<ArrayD<f64>, String> {
            Ok(self
                .0
                .value(name)?
                .mapv(|entry| numeral(entry).parse().expect("a number is shown")))
        }
    }

    #[test]
    fn the_tolerance_admits_what_is_calculated_with_the_numbers_on_the_screen() {
        let mut calculated = 0;
        for (id, folder) in bundled::lessons() {
            let lesson = Lesson::open(&folder, FiniteDifferences::Skipped).unwrap();
            let all = Visible::all(&lesson.trace);
            let numbers = |question: &&Question| question.kind == AnswerKind::Number;
            for question in lesson.stops.iter().flat_map(|stop| &stop.questions).filter(numbers) {
                let ParsedAnswer::Numbers { value: right, .. } =
                    ParsedAnswer::read(question, &question.answer, &all).unwrap()
                else {
                    continue;
                };
                let last = question.hints.last().map(|hint| spans(hint)).unwrap_or_default();
                for formula in last.iter().filter(|span| matches!(span, TextSpan::Code(_))) {
                    let text = typed::plain(formula.text());
                    let Ok(text) = typed::formula(typed::right_side(&text)) else {
                        continue;
                    };
                    let Ok(value) = evaluate(&text, &OnScreen(all)) else {
                        continue;
                    };
                    // Of the formulas in a hint, those that are the answer.
                    let exact = evaluate(&text, &all).expect("it was read with other numbers");
                    let same = |(&value, &right): (&f64, &f64)| near(value, right);
                    if exact.len() != right.len() || !exact.iter().zip(&right).all(same) {
                        continue;
                    }
                    let fits = value.iter().zip(&right).all(|(&value, &right)| near(value, right));
                    assert!(
                        fits,
                        "{id}, {}: {text} is {value} on the screen, and {right}",
                        question.key
                    );
                    calculated += 1;
                }
            }
        }
        assert!(calculated > 30, "{calculated}");
    }

    #[test]
    fn a_number_is_judged_by_its_relative_size() {
        let right = 5.2e-5;
        for wrong in [0.0, 5e-4, 1e-4, 5.3e-5, -5.2e-5] {
            assert!(!near(wrong, right), "{wrong}");
        }
        assert!(near(5.21e-5, right) && rounds_to(5.234e-5, 5.2e-5, 2));
        assert!(!rounds_to(5.234e-5, 1e-4, 1), "a single digit is too few");
        assert!(near(1e-17, 0.0) && !near(1e-9, 0.0) && !near(0.0, 1e-9));
    }
}
