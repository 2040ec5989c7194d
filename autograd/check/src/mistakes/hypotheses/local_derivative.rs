//! Wrong local derivatives of elementwise functions: taken at the output, of another function, with a factor missing.

use ndarray::{ArrayD, Axis, IxDyn};

use super::Hypotheses;
use super::jacobian::JacobianMistake;
use crate::mistakes::{Description, Shown};
use crate::witness::jacobian::Jacobian;

/// A mistake in the derivative of an elementwise function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LocalDerivativeMistake {
    /// The derivative is this formula.
    Formula(&'static str, Shown<Beside>),
    /// The derivative has this factor more.
    FactorMore(&'static str),
    /// The derivative lacks this factor.
    FactorMissing(&'static str),
    /// The derivative is this other operand.
    Operand(String),
    /// The derivative is the reciprocal of this other operand.
    OperandReciprocal(String),
}

/// What a wrong formula has to do with the right derivative at a case.
#[derive(Clone, Copy, Debug)]
pub enum Beside {
    /// Nothing that is known.
    Nothing,
    /// It lacks this factor.
    Lacks(&'static str),
    /// It is this formula with the input in the place of the output, or the other way round.
    OtherLetter(&'static str),
}

impl LocalDerivativeMistake {
    pub(crate) fn description(&self) -> Description {
        let (cost, cause, sentence) = match self {
            Self::Formula(text, Shown(beside)) => return formula(text, *beside),
            Self::FactorMore(text) => (
                2.3,
                format!("factor {text}"),
                format!("there were one more factor, {text}{}", letters(&[text])),
            ),
            Self::FactorMissing(text) => {
                let sentence = format!("the factor {text} were missing{}", letters(&[text]));
                return Description::new(2.3, format!("lacks {text}"), sentence)
                    .with_hint("a factor of the local derivative were missing");
            }
            Self::Operand(name) => (
                2.1,
                format!("local {name}"),
                format!("the local derivative were {name}"),
            ),
            Self::OperandReciprocal(name) => (
                2.2,
                format!("local 1/{name}"),
                format!("the local derivative were 1 / {name}"),
            ),
        };
        Description::new(cost, cause, sentence)
    }
}

/// A formula in the place of the derivative; those earlier in the list are the more usual ones.
fn formula(text: &'static str, beside: Beside) -> Description {
    let place = LOCAL
        .iter()
        .position(|(known, _)| *known == text)
        .unwrap_or(LOCAL.len());
    let cost = 2.0 + 1e-3 * place as f64;
    let plain = format!("the local derivative were {text}{}", letters(&[text]));
    let sentence = match beside {
        _ if text == "y / x" => {
            format!("{plain}: of the product x · (y / x) one term is missing, that with the derivative of y / x")
        }
        Beside::Nothing => plain.clone(),
        Beside::Lacks(factor) => {
            let letters = letters(&[text, factor]);
            format!("the local derivative were {text}, without the factor {factor}{letters}")
        }
        Beside::OtherLetter(right) => {
            let (own, other) = match has_letter(text, "x") {
                true => ("input x", "output y"),
                false => ("output y", "input x"),
            };
            format!("the local derivative were {text} where {right} belongs: the {own} stands for the {other}")
        }
    };
    Description::new(cost, format!("local {text}"), sentence).with_hint(plain)
}

/// What the letters of some formulas stand for.
fn letters(texts: &[&str]) -> String {
    let has = |letter| texts.iter().any(|text| has_letter(text, letter));
    match (has("x"), has("y")) {
        (true, true) => ", where x is the input{x} and y the output".to_string(),
        (true, false) => ", where x is the input{x}".to_string(),
        (false, true) => ", where y is the output".to_string(),
        (false, false) => String::new(),
    }
}

fn has_letter(text: &str, letter: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| word == letter)
}

/// A derivative that is easily taken for another: its formula in `x`, `y`, and the right local derivative `d`.
type Local = (&'static str, fn(f64, f64, f64) -> f64);

const LOCAL: &[Local] = &[
    ("x", |x, _, _| x),
    ("y", |_, y, _| y),
    ("1 - y", |_, y, _| 1.0 - y),
    ("1 - y^2", |_, y, _| 1.0 - y * y),
    ("y (1 - y)", |_, y, _| y * (1.0 - y)),
    ("x (1 - x)", |x, _, _| x * (1.0 - x)),
    ("1 - x^2", |x, _, _| 1.0 - x * x),
    ("1 + y^2", |_, y, _| 1.0 + y * y),
    ("1 - x", |x, _, _| 1.0 - x),
    ("1 / x", |x, _, _| 1.0 / x),
    ("1 / y", |_, y, _| 1.0 / y),
    ("1 / x^2", |x, _, _| 1.0 / (x * x)),
    ("2 x", |x, _, _| 2.0 * x),
    ("exp(x)", |x, _, _| x.exp()),
    ("exp(y)", |_, y, _| y.exp()),
    ("sigmoid(x)", |x, _, _| sigmoid(x)),
    ("sigmoid(y)", |_, y, _| sigmoid(y)),
    ("σ(y) (1 - σ(y))", |_, y, _| sigmoid(y) * (1.0 - sigmoid(y))),
    ("1 - tanh(y)^2", |_, y, _| 1.0 - y.tanh() * y.tanh()),
    ("1 if x > 0", |x, _, _| f64::from(u8::from(x > 0.0))),
    ("1 if x < 0", |x, _, _| f64::from(u8::from(x < 0.0))),
    ("sign of x", |x, _, _| x.signum()),
    ("the reciprocal of the right one", |_, _, d| 1.0 / d),
    ("the square of the right one, which counts twice", |_, _, d| d * d),
    ("the square root of the right one", |_, _, d| d.sqrt()),
    ("y / x", |x, y, _| y / x),
    ("x y", |x, y, _| x * y),
    ("y^2", |_, y, _| y * y),
    ("x^2", |x, _, _| x * x),
];

/// Formulas that differ in a letter alone: those of the input, those of the output.
const LETTERS: [(&str, &str); 8] = [
    ("x", "y"),
    ("1 - x", "1 - y"),
    ("1 - x^2", "1 - y^2"),
    ("x (1 - x)", "y (1 - y)"),
    ("1 / x", "1 / y"),
    ("exp(x)", "exp(y)"),
    ("sigmoid(x)", "sigmoid(y)"),
    ("x^2", "y^2"),
];

/// Two numbers closer than this share are the same formula's.
const SAME_FORMULA: f64 = 1e-7;

/// What a formula has to do with the right derivatives `d` at some triples of `x`, `y` and `d`, if there are any.
fn beside(text: &'static str, own: fn(f64, f64, f64) -> f64, telling: &[(f64, f64, f64)]) -> Beside {
    if telling.is_empty() {
        return Beside::Nothing;
    }
    let is_right = |f: &dyn Fn(f64, f64, f64) -> f64| {
        telling
            .iter()
            .all(|&(x, y, d)| (f(x, y, d) - d).abs() <= SAME_FORMULA * d.abs())
    };
    let known = |text: &str| LOCAL.iter().find(|(known, _)| *known == text);
    for (of_input, of_output) in LETTERS {
        let twin = match text {
            own if own == of_input => of_output,
            own if own == of_output => of_input,
            _ => continue,
        };
        if let Some((twin, f)) = known(twin)
            && is_right(f)
        {
            return Beside::OtherLetter(twin);
        }
    }
    let factors = LOCAL
        .iter()
        .filter(|(factor, _)| !factor.contains("right") && !factor.contains("if"));
    let mut lacking = factors.filter(|(_, f)| is_right(&|x, y, d| own(x, y, d) * f(x, y, d)));
    lacking
        .next()
        .map_or(Beside::Nothing, |(factor, _)| Beside::Lacks(factor))
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl Hypotheses {
    /// The candidates for an operand that is of the shape of the result, or broadcast to it.
    pub(super) fn of_the_local_derivative(&mut self, jacobian: &Jacobian<'_>) {
        let reference = jacobian.reference;
        let (narrow, wide) = (jacobian.right.shape(), reference.y.shape());
        let Some(x) = reference.case.operands[jacobian.operand].value.broadcast(IxDyn(wide)) else {
            return;
        };
        let columns = entry_of(narrow, wide).into_iter().enumerate();
        let d: Vec<f64> = columns.map(|(i, j)| jacobian.at(i, j)).collect();
        let with = |factor: &dyn Fn(f64, f64, f64) -> f64| {
            let at = x.iter().zip(&reference.y).zip(&d).zip(&reference.g_y);
            let values = at.map(|(((x, y), d), g)| factor(*x, *y, *d) * g).collect();
            summed_to(ArrayD::from_shape_vec(IxDyn(wide), values).ok()?, narrow)
        };
        // At whole numbers many formulas agree. A derivative of constants is no formula that a factor could be missing
        // from. Where an entry acts on others too, the diagonal is not the derivative, and nothing is missing from it.
        let is_elementwise = narrow != wide
            || (0..jacobian.rows).all(|i| (0..jacobian.columns).all(|j| i == j || jacobian.at(i, j) == 0.0));
        let mut telling: Vec<(f64, f64, f64)> = x
            .iter()
            .zip(&reference.y)
            .zip(&d)
            .map(|((x, y), d)| (*x, *y, *d))
            .filter(|(x, y, _)| x.fract() != 0.0 && y.fract() != 0.0)
            .collect();
        if !is_elementwise || telling.iter().all(|(_, _, d)| [0.0, 1.0, -1.0].contains(d)) {
            telling.clear();
        }
        let mut add = |mistake: LocalDerivativeMistake, gradient: Option<ArrayD<f64>>| {
            if let Some(gradient) = gradient {
                self.add(mistake, gradient);
            }
        };
        for (text, f) in LOCAL {
            let beside = Shown(beside(text, *f, &telling));
            add(LocalDerivativeMistake::Formula(text, beside), with(f));
            if !text.contains("right") {
                add(
                    LocalDerivativeMistake::FactorMore(text),
                    with(&|x, y, d| f(x, y, d) * d),
                );
                add(
                    LocalDerivativeMistake::FactorMissing(text),
                    with(&|x, y, d| d / f(x, y, d)),
                );
            }
        }
        let others = reference.case.operands.iter().enumerate();
        for (_, other) in others.filter(|(i, _)| *i != jacobian.operand) {
            let Some(value) = other.value.broadcast(IxDyn(wide)) else {
                continue;
            };
            let (g_y, name) = (&reference.g_y, || other.name.clone());
            add(LocalDerivativeMistake::Operand(name()), summed_to(g_y * &value, narrow));
            add(
                LocalDerivativeMistake::OperandReciprocal(name()),
                summed_to(g_y / &value, narrow),
            );
        }
        if narrow != wide
            && let Some(gradient) = summed_to(reference.g_y.clone(), narrow)
        {
            let is_summed = Shown(true);
            self.add(JacobianMistake::LocalDerivativeMissing { is_summed }, gradient);
        }
    }
}

/// For each entry of the wide array, which entry of the narrow one it repeats.
fn entry_of(narrow: &[usize], wide: &[usize]) -> Vec<usize> {
    let count: usize = narrow.iter().product();
    let index = ArrayD::from_shape_vec(IxDyn(narrow), (0..count).collect());
    let wide = index
        .ok()
        .and_then(|index| index.broadcast(IxDyn(wide)).map(|wide| wide.iter().copied().collect()));
    wide.unwrap_or_default()
}

/// The sum over what was broadcast.
fn summed_to(mut g: ArrayD<f64>, narrow: &[usize]) -> Option<ArrayD<f64>> {
    while g.ndim() > narrow.len() {
        g = g.sum_axis(Axis(0));
    }
    for (axis, &size) in narrow.iter().enumerate() {
        if size == 1 && g.shape()[axis] != 1 {
            g = g.sum_axis(Axis(axis)).insert_axis(Axis(axis));
        }
    }
    (g.shape() == narrow).then_some(g)
}
