//! Expressions over a trace, in the language's own grammar: `g_b * z[1]`, `2/8`, `sum(g_a * alpha[, 1])`.
//!
//! A name stands for a value of the run, `g_` before it for its gradient; a size such as `T` for its number. Positions
//! count from 1. What has not happened yet at the learner's step has no value.

use ndarray::linalg::Dot as _;
use ndarray::{ArrayD, ArrayViewMut1, Axis, IxDyn};
use tapegrad_autograd::language::ast::{Arg, Binary, Expr, ExprKind, ItemKind, StmtKind};
use tapegrad_autograd::language::parse::parse;
use tapegrad_autograd::language::print::print_expr;

use crate::learn::run::numeral::shape;

/// What is said of a name whose value comes later.
pub const NOT_YET: &str = "is not known yet at this step";

/// Where names get their values.
pub trait Environment {
    /// The value of a name.
    ///
    /// **Errors** with a sentence if it has none, or none yet.
    fn value(&self, name: &str) -> Result<ArrayD<f64>, String>;
}

/// The value of an expression.
///
/// **Errors** with a sentence for a learner if it cannot be read, or a name in it has no value.
pub fn evaluate(text: &str, names: &dyn Environment) -> Result<ArrayD<f64>, String> {
    of_expr(&read(text)?, names)
}

/// The tree of an expression.
///
/// **Errors** with a sentence if it cannot be read.
pub fn read(text: &str) -> Result<Expr, String> {
    let parsed = parse(&format!("graph answer {{ answer = {text}\n}}"));
    if !parsed.diagnostics.is_empty() {
        return Err(format!("`{text}` cannot be read as a formula"));
    }
    let [only] = parsed.file.items.as_slice() else {
        return Err(format!("`{text}` is more than one expression"));
    };
    let ItemKind::Graph { body, .. } = &only.kind else {
        return Err(format!("`{text}` is not an expression"));
    };
    match body.stmts.as_slice() {
        [only] => match &only.kind {
            StmtKind::Equation(_, value, None) => Ok(value.clone()),
            _ => Err(format!("`{text}` is not an expression")),
        },
        _ => Err(format!("`{text}` is more than one expression")),
    }
}

fn of_expr(expr: &Expr, names: &dyn Environment) -> Result<ArrayD<f64>, String> {
    match &expr.kind {
        ExprKind::Number(value) => Ok(number(*value)),
        ExprKind::Name(name) => names.value(name),
        ExprKind::Neg(a) => Ok(-of_expr(a, names)?),
        ExprKind::Binary(Binary::Matmul, a, b) => product(&of_expr(a, names)?, &of_expr(b, names)?),
        ExprKind::Binary(sign, a, b) => {
            let (a, b) = (of_expr(a, names)?, of_expr(b, names)?);
            let apply = arithmetic(*sign).ok_or_else(|| format!("`{}` has no place in an answer", sign.sign()))?;
            entrywise(&a, &b, apply)
        }
        ExprKind::Field(a, field) => match (path(expr), field.name.as_str()) {
            (Some(path), _) if names.value(&path).is_ok() => names.value(&path),
            (_, "T") => Ok(of_expr(a, names)?.reversed_axes().as_standard_layout().into_owned()),
            (Some(path), _) => names.value(&path),
            _ => Err(format!("`{}` means nothing here", print_expr(expr))),
        },
        ExprKind::Index(a, at) => index(expr, a, at, names),
        ExprKind::Call(function, args) => call(function, args, names),
        _ => Err(format!("`{}` cannot stand in an answer", print_expr(expr))),
    }
}

fn number(value: f64) -> ArrayD<f64> {
    ArrayD::from_elem(IxDyn(&[]), value)
}

fn arithmetic(sign: Binary) -> Option<fn(f64, f64) -> f64> {
    Some(match sign {
        Binary::Add => |a, b| a + b,
        Binary::Sub => |a, b| a - b,
        Binary::Mul => |a, b| a * b,
        Binary::Div => |a, b| a / b,
        Binary::Pow => f64::powf,
        _ => return None,
    })
}

/// `a.b.c` as a name.
fn path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field(inner, field) => Some(format!("{}.{}", path(inner)?, field.name)),
        ExprKind::Index(inner, at) => {
            let at: Option<Vec<String>> = at
                .iter()
                .map(|one| match one.kind {
                    ExprKind::Number(value) => Some(value.to_string()),
                    _ => None,
                })
                .collect();
            Some(format!("{}[{}]", path(inner)?, at?.join(", ")))
        }
        _ => None,
    }
}

/// `h[2]`, a value of its own in a loop; or an entry or row of an array.
fn index(expr: &Expr, array: &Expr, at: &[Expr], names: &dyn Environment) -> Result<ArrayD<f64>, String> {
    let own = path(expr).map(|path| names.value(&path));
    if let Some(Ok(value)) = own {
        return Ok(value);
    }
    let positions: Vec<usize> = at.iter().map(|one| position(one, names)).collect::<Result<_, _>>()?;
    // `x[2, 1]` may be entry 1 of the value `x[2]`.
    if let (Some(base), [first, rest @ ..]) = (path(array), positions.as_slice())
        && let Ok(value) = names.value(&format!("{base}[{first}]"))
    {
        return rest.iter().try_fold(value, |value, &at| row(&value, at, expr));
    }
    let value = match (of_expr(array, names), own) {
        // What is known only later is worth more to a learner than that no name is spelled so.
        (Err(base), Some(Err(_))) if base.contains(NOT_YET) => return Err(base),
        (Err(_), Some(Err(why))) => return Err(why),
        (value, _) => value?,
    };
    positions.into_iter().try_fold(value, |value, at| row(&value, at, expr))
}

fn position(at: &Expr, names: &dyn Environment) -> Result<usize, String> {
    let value = of_expr(at, names)?;
    match value.first().copied() {
        Some(at) if value.ndim() == 0 && at >= 1.0 && at.fract() == 0.0 => Ok(at as usize),
        _ => Err("a position is a whole number, counted from 1".into()),
    }
}

fn row(value: &ArrayD<f64>, at: usize, expr: &Expr) -> Result<ArrayD<f64>, String> {
    match value.shape().first() {
        None => Err(format!(
            "`{}` has too many positions: a single number has none",
            print_expr(expr)
        )),
        Some(&size) if at > size => Err(format!("`{}` goes beyond the end: there are {size}", print_expr(expr))),
        Some(_) => Ok(value.index_axis(Axis(0), at - 1).to_owned()),
    }
}

fn call(function: &Expr, args: &[Arg], names: &dyn Environment) -> Result<ArrayD<f64>, String> {
    let name = function.as_name().ok_or("only a function can be called")?;
    let values: Vec<ArrayD<f64>> = args
        .iter()
        .map(|arg| match arg {
            Arg::Value(value) => of_expr(value, names),
            _ => Err(format!("in an answer {name} takes values only")),
        })
        .collect::<Result<_, _>>()?;
    let unary = |apply: fn(f64) -> f64| Ok(values[0].mapv(apply));
    match (name, values.as_slice()) {
        ("exp", [_]) => unary(f64::exp),
        ("log" | "ln", [_]) => unary(f64::ln),
        ("sqrt", [_]) => unary(f64::sqrt),
        ("tanh", [_]) => unary(f64::tanh),
        ("abs", [_]) => unary(f64::abs),
        ("sigmoid", [_]) => unary(|a| 1.0 / (1.0 + (-a).exp())),
        ("relu", [_]) => unary(|a| a.max(0.0)),
        ("sum", [a]) => Ok(number(a.sum())),
        ("mean", [a]) => Ok(number(a.sum() / a.len() as f64)),
        ("max", [a]) => Ok(number(a.iter().copied().fold(f64::NEG_INFINITY, f64::max))),
        ("min", [a]) => Ok(number(a.iter().copied().fold(f64::INFINITY, f64::min))),
        ("max", [a, b]) => entrywise(a, b, f64::max),
        ("min", [a, b]) => entrywise(a, b, f64::min),
        ("list", [_, ..]) => list(&values),
        ("softmax", [a]) => {
            let mut y = a.clone();
            y.rows_mut().into_iter().for_each(softmax);
            Ok(y)
        }
        ("sum", [a, axis]) => Ok(a.sum_axis(axis_of(a, axis)?)),
        ("softmax", [a, axis]) => {
            let mut y = a.clone();
            y.lanes_mut(axis_of(a, axis)?).into_iter().for_each(softmax);
            Ok(y)
        }
        _ => Err(format!(
            "an answer has no function {name} with {} values; there are exp, log, sqrt, tanh, abs, sigmoid, relu, sum, \
             mean, max, min, softmax and list",
            values.len()
        )),
    }
}

fn axis_of(a: &ArrayD<f64>, axis: &ArrayD<f64>) -> Result<Axis, String> {
    match axis.first() {
        Some(&axis) if axis >= 1.0 && axis <= a.ndim() as f64 => Ok(Axis(axis as usize - 1)),
        _ => Err(format!("axes count from 1; this has {}", a.ndim())),
    }
}

fn softmax(mut row: ArrayViewMut1<'_, f64>) {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.mapv_inplace(|entry| (entry - largest).exp());
    let sum = row.sum();
    row.mapv_inplace(|entry| entry / sum);
}

/// Values of one shape as the rows of one array.
fn list(values: &[ArrayD<f64>]) -> Result<ArrayD<f64>, String> {
    let views: Vec<_> = values.iter().map(|value| value.view()).collect();
    ndarray::stack(Axis(0), &views).map_err(|_| "a list has values of one shape".to_string())
}

/// `a @ b` of vectors and matrices.
fn product(a: &ArrayD<f64>, b: &ArrayD<f64>) -> Result<ArrayD<f64>, String> {
    let is_known = |x: &ArrayD<f64>| matches!(x.ndim(), 1 | 2);
    match is_known(a) && is_known(b) && a.shape().last() == b.shape().first() {
        true => Ok(a.dot(b)),
        false => Err(format!(
            "the shapes {} and {} do not fit `@`: the last axis of the first must be the first axis of the second",
            shape(a.shape()),
            shape(b.shape())
        )),
    }
}

/// Entry by entry; the shorter shape is repeated along the axes it lacks in front.
fn entrywise(a: &ArrayD<f64>, b: &ArrayD<f64>, apply: fn(f64, f64) -> f64) -> Result<ArrayD<f64>, String> {
    let wrong = || {
        format!(
            "the shapes {} and {} do not fit entry by entry",
            shape(a.shape()),
            shape(b.shape())
        )
    };
    let rank = a.ndim().max(b.ndim());
    let size = |x: &ArrayD<f64>, axis: usize| (axis + x.ndim()).checked_sub(rank).map_or(1, |axis| x.shape()[axis]);
    let shape: Vec<usize> = (0..rank).map(|axis| size(a, axis).max(size(b, axis))).collect();
    let a = a.broadcast(IxDyn(&shape)).ok_or_else(wrong)?;
    let b = b.broadcast(IxDyn(&shape)).ok_or_else(wrong)?;
    let mut out = a.to_owned();
    out.zip_mut_with(&b, |out, &b| *out = apply(*out, b));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    struct Few;
    impl Environment for Few {
        fn value(&self, name: &str) -> Result<ArrayD<f64>, String> {
            match name {
                "z" => Ok(array![0.5, 0.25].into_dyn()),
                "W" => Ok(array![[1.0, 2.0], [3.0, 4.0]].into_dyn()),
                "h[2]" => Ok(array![7.0, 8.0].into_dyn()),
                "cell.W" => Ok(number(9.0)),
                _ => Err(format!("{name} is not known")),
            }
        }
    }

    #[test]
    fn an_expression_is_what_the_language_says() {
        let value = |text: &str| evaluate(text, &Few).map(|value| value.into_raw_vec_and_offset().0);
        assert_eq!(value("2/8"), Ok(vec![0.25]));
        assert_eq!(value("-2 * z[2] + W[2, 1]^2"), Ok(vec![8.5]));
        assert_eq!(value("W.T @ z"), Ok(vec![1.25, 2.0]));
        assert_eq!(value("h[2]"), Ok(vec![7.0, 8.0]));
        assert_eq!(value("h[2, 1]"), Ok(vec![7.0]));
        assert_eq!(value("cell.W + sum(z)"), Ok(vec![9.75]));
        assert_eq!(value("softmax(W - W)[1]"), Ok(vec![0.5, 0.5]));
    }

    #[test]
    fn what_makes_no_sense_says_why() {
        let why = |text: &str| evaluate(text, &Few).unwrap_err();
        assert_eq!(why("g_z"), "g_z is not known");
        assert!(why("z[3]").contains("beyond the end"), "{}", why("z[3]"));
        assert!(why("z[").contains("cannot be read"));
        assert!(why("z + W[1, 1, 1]").contains("too many positions"));
        assert!(why("import(z)").contains("no function import"));
        assert!(why("1 } graph x { y = 2").contains("more than one"));
    }
}
