//! Wrong local derivatives of elementwise functions: taken at the output, of another function, with a factor missing.

use ndarray::{ArrayD, Axis, IxDyn};

use crate::diagnosis::hypotheses::Hypotheses;
use crate::witness::jacobian::Jacobian;
use crate::witness::reference::Reference;

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

/// Adds the candidates for an operand that is of the shape of the result, or broadcast to it.
pub(crate) fn add(reference: &Reference, operand: usize, jacobian: &Jacobian<'_>, hypotheses: &mut Hypotheses) {
    let target = reference.y.shape();
    let Some(x) = reference.case.operands[operand].value.broadcast(IxDyn(target)) else {
        return;
    };
    let wider = |g: ArrayD<f64>| summed_to(g, jacobian.right.shape());
    let same = jacobian.right.shape() == target;
    let local = |i: usize, j: usize| jacobian.j(i, j);
    let index: Vec<usize> = entry_of(jacobian.right.shape(), target);
    let d: Vec<f64> = index.iter().enumerate().map(|(i, &j)| local(i, j)).collect();
    for (text, f) in LOCAL {
        let values = x
            .iter()
            .zip(&reference.y)
            .zip(&d)
            .zip(&reference.g_y)
            .map(|(((x, y), d), g)| f(*x, *y, *d) * g);
        let Ok(gradient) = ArrayD::from_shape_vec(IxDyn(target), values.collect()) else {
            continue;
        };
        if let Some(gradient) = if same { Some(gradient) } else { wider(gradient) } {
            hypotheses.add(
                2.0,
                format!("local {text}"),
                format!("the local derivative were {text}"),
                gradient,
            );
        }
        if text.contains("right") {
            continue;
        }
        let values = x
            .iter()
            .zip(&reference.y)
            .zip(&d)
            .zip(&reference.g_y)
            .map(|(((x, y), d), g)| f(*x, *y, *d) * d * g);
        if let Some(gradient) = ArrayD::from_shape_vec(IxDyn(target), values.collect())
            .ok()
            .and_then(wider)
        {
            hypotheses.add(
                2.3,
                format!("factor {text}"),
                format!("there were one more factor, {text}"),
                gradient,
            );
        }
        let values = x
            .iter()
            .zip(&reference.y)
            .zip(&d)
            .zip(&reference.g_y)
            .map(|(((x, y), d), g)| d / f(*x, *y, *d) * g);
        if let Some(gradient) = ArrayD::from_shape_vec(IxDyn(target), values.collect())
            .ok()
            .and_then(wider)
        {
            hypotheses.add(
                2.3,
                format!("lacks {text}"),
                format!("the factor {text} were missing"),
                gradient,
            );
        }
    }
    for (i, other) in reference
        .case
        .operands
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != operand)
    {
        let _ = i;
        let Some(value) = other.value.broadcast(IxDyn(target)) else {
            continue;
        };
        let name = &other.name;
        let gradient = &reference.g_y * &value;
        if let Some(gradient) = wider(gradient) {
            hypotheses.add(
                2.1,
                format!("local {name}"),
                format!("the local derivative were {name}"),
                gradient,
            );
        }
        if let Some(gradient) = wider(&reference.g_y / &value) {
            hypotheses.add(
                2.2,
                format!("local 1/{name}"),
                format!("the local derivative were 1 / {name}"),
                gradient,
            );
        }
    }
    if !same && let Some(gradient) = wider(reference.g_y.clone()) {
        hypotheses.add(
            1.5,
            "local derivative missing",
            "the local derivative were missing: the upstream gradient is summed as it is",
            gradient,
        );
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
