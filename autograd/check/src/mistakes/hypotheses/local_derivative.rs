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
    Formula(&'static str),
    /// The derivative has this factor more.
    FactorMore(&'static str),
    /// The derivative lacks this factor.
    FactorMissing(&'static str),
    /// The derivative is this other operand.
    Operand(String),
    /// The derivative is the reciprocal of this other operand.
    OperandReciprocal(String),
}

impl LocalDerivativeMistake {
    pub(crate) fn description(&self) -> Description {
        let (cost, cause, sentence) = match self {
            Self::Formula(text) => (
                2.0,
                format!("local {text}"),
                format!("the local derivative were {text}"),
            ),
            Self::FactorMore(text) => (
                2.3,
                format!("factor {text}"),
                format!("there were one more factor, {text}"),
            ),
            Self::FactorMissing(text) => (2.3, format!("lacks {text}"), format!("the factor {text} were missing")),
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
    ("the square of the right one", |_, _, d| d * d),
    ("the square root of the right one", |_, _, d| d.sqrt()),
    ("y / x", |x, y, _| y / x),
    ("x y", |x, y, _| x * y),
    ("y^2", |_, y, _| y * y),
    ("x^2", |x, _, _| x * x),
];

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
        let mut add = |mistake: LocalDerivativeMistake, gradient: Option<ArrayD<f64>>| {
            if let Some(gradient) = gradient {
                self.add(mistake, gradient);
            }
        };
        for (text, f) in LOCAL {
            add(LocalDerivativeMistake::Formula(text), with(f));
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
