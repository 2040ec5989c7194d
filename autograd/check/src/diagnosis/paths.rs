//! What can be said of a wrong gradient that no mistake explains: which shares of the upstream gradient it takes.
//!
//! `g_x` is linear in the upstream gradient, so one backward() for each entry of `y` gives the whole matrix that stands
//! in the place of the transposed Jacobian. Where the two differ, the difference is told entry by entry: a share that is
//! left out, one that should not be there, one that counts twice. If all shares differ, the error may still have a
//! form: in each row a multiple of one known array.

use std::sync::Arc;
use std::time::Duration;

use ndarray::{ArrayD, Axis};

use crate::diagnosis::diagnose::{SAME, is_wrong};
use crate::evaluation::Evaluation;
use crate::evaluation::prepared_case::PreparedCase;
use crate::guard::guarded;
use crate::magnitude::largest;
use crate::subject::Subject;
use crate::subject::run::{run_backward, run_forward};
use crate::verdict::locate::place;
use crate::witness::jacobian::Jacobian;

/// A case, and what the subject computes there.
type Draw<'d> = (&'d PreparedCase, &'d Evaluation);

/// Larger Jacobians are not compared share by share.
const SHARES_MAX: usize = 900;
/// Fewer draws do not tell a rule from chance.
const DRAWS_MIN: usize = 3;
/// Fewer shares may be those of other places by chance.
const SHARES_MIN: usize = 2;
/// A share this small beside the largest is 0.
const ZERO: f64 = 1e-9;

/// How the shares of one draw are wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shares {
    /// Some are left out, and an example: the entry of y, and that of the operand.
    missing: Option<(usize, usize)>,
    /// Some are there that should not be.
    extra: Option<(usize, usize)>,
    /// Some count another number of times, and how often, if it is the same for all.
    scaled: Option<(usize, usize)>,
    factor: Option<f64>,
    /// Whether each of these is, but for its sign, a share that belongs to another place.
    is_of_others: bool,
    /// Whether all that are not 0 are wrong.
    is_all: bool,
}

/// Which shares of the upstream gradient are wrong, in a sentence, if it is the same on all draws.
pub(crate) fn wrong_shares(
    subject: &Arc<dyn Subject>,
    draws: &[Draw<'_>],
    operand: usize,
    limit: Duration,
) -> Option<String> {
    let wrong: Vec<&Draw<'_>> = draws.iter().filter(|(p, e)| is_wrong(p, e, operand)).collect();
    let all: Vec<(&PreparedCase, Shares)> = wrong
        .iter()
        .filter_map(|(prepared, _)| Some((*prepared, shares(subject, prepared, operand, limit)?)))
        .collect();
    let (first, example) = all.iter().min_by_key(|(p, _)| p.reference.case.numbers())?;
    let is_one_kind = |kind: &dyn Fn(&Shares) -> bool| all.iter().all(|(_, shares)| kind(shares));
    let is_told = |(_, shares): &(_, Shares)| !shares.is_all || shares.is_of_others || shares.extra.is_some();
    if all.len() < DRAWS_MIN.min(wrong.len()) || !all.iter().any(is_told) {
        return None;
    }
    let reference = &first.reference;
    let name = &reference.case.operands[operand].name;
    let x = |j: usize| format!("{name}{}", place(reference.case.operands[operand].value.shape(), j));
    let g_x = |j: usize| format!("g_{name}{}", place(reference.case.operands[operand].value.shape(), j));
    let y = |i: usize| format!("y{}", place(reference.y.shape(), i));
    let g_y = |i: usize| format!("g_y{}", place(reference.y.shape(), i));
    let others = match is_one_kind(&|s| s.scaled.is_none()) {
        true => ", and the others are right",
        false => "",
    };
    let sentence = match (example.missing, example.extra, example.scaled) {
        (Some((i, j)), None, _) if is_one_kind(&|s| s.missing.is_some() && s.extra.is_none()) => format!(
            "g_{name} leaves out some paths{others}: {} acts on {}, but {} takes nothing of {}",
            x(j),
            y(i),
            g_x(j),
            g_y(i)
        ),
        (None, Some((i, j)), _) if is_one_kind(&|s| s.missing.is_none() && s.extra.is_some()) => format!(
            "g_{name} counts paths that are not there{others}: {} does not act on {}, but {} takes a share of {}",
            x(j),
            y(i),
            g_x(j),
            g_y(i)
        ),
        (Some(_), Some((i, j)), _) if is_one_kind(&|s| s.missing.is_some() || s.extra.is_some()) => {
            let (own, _) = example.missing.filter(|(_, column)| *column == j).unwrap_or((i, j));
            let instead = match own == i {
                true => String::new(),
                false => format!(", and nothing of {}, on which it does", g_y(own)),
            };
            format!(
                "g_{name} takes entries of the upstream gradient from wrong places (an index, a shift, a stride): {} takes \
                 a share of {}, on which {} does not act{instead}",
                g_x(j),
                g_y(i),
                x(j)
            )
        }
        (None, None, Some((i, j))) if is_one_kind(&|s| s.factor.is_some() && s.factor == example.factor) => {
            let factor = example.factor.unwrap_or(1.0);
            let times = match factor {
                f if (f - 2.0).abs() < SAME => "twice".to_string(),
                f if (f + 1.0).abs() < SAME => "with the wrong sign".to_string(),
                f => format!("times {}", (f * 1e6).round() / 1e6),
            };
            format!(
                "some paths of g_{name} count {times}, and the others are right: that from {} to {} is one",
                x(j),
                y(i)
            )
        }
        (None, None, Some((i, j))) if is_one_kind(&|s| s.is_of_others) => format!(
            "the factors in g_{name} are right ones at wrong places (an index, a shift, a stride, another axis): {} takes {} \
             times a number that belongs to another entry",
            g_x(j),
            g_y(i)
        ),
        _ => return None,
    };
    Some(sentence)
}

fn shares(subject: &Arc<dyn Subject>, prepared: &PreparedCase, operand: usize, limit: Duration) -> Option<Shares> {
    let jacobian = Jacobian::new(&prepared.reference, operand)?;
    let (rows, columns) = (jacobian.rows, jacobian.columns);
    if rows * columns > SHARES_MAX {
        return None;
    }
    let (own, case, y) = (
        Arc::clone(subject),
        prepared.reference.case.clone(),
        prepared.reference.y.clone(),
    );
    let given = guarded(limit, move |stage| {
        let unit = |i: usize| {
            let mut g_y = ArrayD::zeros(y.raw_dim());
            if let Some(g) = g_y.iter_mut().nth(i) {
                *g = 1.0;
            }
            g_y
        };
        let one = |i: usize| {
            let mut module = own.module(&case);
            stage.enter("forward()");
            run_forward(&mut *module, &case, &case.values());
            stage.enter("backward()");
            run_backward(&mut *module, &case, unit(i).view())
                .into_iter()
                .nth(operand)
        };
        (0..y.len()).map(one).collect::<Option<Vec<ArrayD<f64>>>>()
    });
    let given: Vec<Vec<f64>> = given.ok()??.iter().map(|g| g.iter().copied().collect()).collect();
    if given
        .iter()
        .any(|row| row.len() != columns || row.iter().any(|g| !g.is_finite()))
    {
        return None;
    }
    let right = |i: usize, j: usize| jacobian.at(i, j);
    let pairs = || (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
    let scale = pairs()
        .map(|(i, j)| right(i, j).abs().max(given[i][j].abs()))
        .fold(0.0, f64::max);
    let is_zero = |share: f64| share.abs() <= ZERO * scale;
    let is_off = |&(i, j): &(usize, usize)| !((right(i, j) - given[i][j]).abs() <= SAME * scale);
    let off: Vec<(usize, usize)> = pairs().filter(is_off).collect();
    // Of a function of each entry by itself, which entries are wrong says it all.
    let is_own = |&(i, j): &(usize, usize)| i == j || is_zero(right(i, j)) && is_zero(given[i][j]);
    if rows == columns && pairs().all(|pair| is_own(&pair)) {
        return None;
    }
    let is_of_another = |share: f64| pairs().any(|(i, j)| (right(i, j).abs() - share.abs()).abs() <= SAME * scale);
    let find = |kind: &dyn Fn(f64, f64) -> bool| off.iter().copied().find(|&(i, j)| kind(given[i][j], right(i, j)));
    let scaled: Vec<f64> = off
        .iter()
        .filter(|&&(i, j)| !is_zero(given[i][j]) && !is_zero(right(i, j)))
        .map(|&(i, j)| given[i][j] / right(i, j))
        .collect();
    let factor = scaled
        .first()
        .copied()
        .filter(|first| scaled.iter().all(|factor| (factor - first).abs() <= 1e-6 * first.abs()));
    Some(Shares {
        missing: find(&|given, right| is_zero(given) && !is_zero(right)),
        extra: find(&|given, right| !is_zero(given) && is_zero(right)),
        scaled: find(&|given, right| !is_zero(given) && !is_zero(right)),
        factor: factor.map(|factor| (factor * 1e6).round() / 1e6),
        is_of_others: scaled.len() >= SHARES_MIN && off.iter().all(|&(i, j)| is_of_another(given[i][j])),
        is_all: pairs()
            .filter(|&(i, j)| !is_zero(right(i, j)))
            .all(|pair| is_off(&pair)),
    })
}

/// What the error of each row may be a multiple of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Constant,
    Upstream,
    Output,
    Operand,
    Centred,
}

impl Form {
    const ALL: [Self; 5] = [
        Self::Constant,
        Self::Upstream,
        Self::Output,
        Self::Operand,
        Self::Centred,
    ];

    /// The array that the error is compared with.
    fn of(self, prepared: &PreparedCase, operand: usize, axis: usize) -> Option<ArrayD<f64>> {
        let reference = &prepared.reference;
        let x = &reference.case.operands[operand].value;
        let own = |array: &ArrayD<f64>| (array.shape() == x.shape()).then(|| array.clone());
        match self {
            Self::Constant => Some(ArrayD::ones(x.raw_dim())),
            Self::Upstream => own(&reference.g_y),
            Self::Output => own(&reference.y),
            Self::Operand => Some(x.clone()),
            Self::Centred => Some(x - &x.mean_axis(Axis(axis))?.insert_axis(Axis(axis))),
        }
    }

    fn sentence(self, name: &str, axis: &str) -> String {
        let term = format!("a term with a sum or a mean over {axis}");
        match self {
            Self::Constant => format!(
                "the error of g_{name} is the same for all entries along {axis}: {term} is missing, extra or wrong"
            ),
            Self::Upstream => format!(
                "the error of g_{name} along {axis} is a multiple of the upstream gradient: the factor before g_y, which is \
                 the same for all entries along {axis}, is wrong"
            ),
            Self::Output => format!(
                "the error of g_{name} along {axis} is a multiple of y: {term} that multiplies y is missing, extra or \
                 wrong"
            ),
            Self::Operand => format!(
                "the error of g_{name} along {axis} is a multiple of {name}: {term} that multiplies {name} is missing, extra \
                 or wrong"
            ),
            Self::Centred => format!(
                "the error of g_{name} along {axis} is a multiple of {name} minus its mean: {term} that multiplies it is \
                 missing, extra or wrong"
            ),
        }
    }
}

/// The form that the error has in each row of all draws.
pub(crate) fn form_of_error(draws: &[Draw<'_>], operand: usize) -> Option<String> {
    let wrong: Vec<&Draw<'_>> = draws.iter().filter(|(p, e)| is_wrong(p, e, operand)).collect();
    let (first, _) = wrong.first()?;
    let shape = first.reference.case.operands[operand].value.shape().to_vec();
    let name = &first.reference.case.operands[operand].name;
    let last = shape.len().checked_sub(1)?;
    for form in Form::ALL {
        for axis in (0..=last).rev() {
            let mut telling = 0;
            let fits = wrong.iter().all(|(p, e)| {
                let seen = rows_of_form(p, e, operand, (form, axis));
                telling += seen.unwrap_or(0);
                seen.is_some()
            });
            if fits && telling >= DRAWS_MIN {
                let text = match (shape.len(), axis) {
                    (1, _) => "the operand".to_string(),
                    (_, axis) if axis == last => "the last axis".to_string(),
                    (_, 0) => "the first axis".to_string(),
                    (_, axis) => format!("axis {axis}"),
                };
                return Some(form.sentence(name, &text));
            }
        }
    }
    None
}

/// How many rows of a draw show that the error is a multiple of a form: those of three entries and more. `None` if in
/// some row it is not.
fn rows_of_form(p: &PreparedCase, e: &Evaluation, operand: usize, (form, axis): (Form, usize)) -> Option<usize> {
    let right = p.reference.gradient(operand)?;
    let given = e.g_x.get(operand).filter(|given| given.shape() == right.shape())?;
    if axis >= right.ndim() {
        return None;
    }
    let of = form.of(p, operand, axis)?;
    let error = given - &right;
    let floor = 100.0 * p.reference.rounding_of(operand) + SAME * largest(&right);
    let mut telling = 0;
    for (error, of) in error.lanes(Axis(axis)).into_iter().zip(of.lanes(Axis(axis))) {
        let most = of.iter().map(|x| x.abs()).fold(0.0, f64::max);
        let at = of.iter().position(|x| x.abs() == most)?;
        if most == 0.0 {
            continue;
        }
        let factor = error[at] / of[at];
        if error
            .iter()
            .zip(of)
            .any(|(error, of)| !((error - factor * of).abs() <= floor))
        {
            return None;
        }
        telling += usize::from(error.len() >= 3 && error.iter().any(|error| error.abs() > 10.0 * floor));
    }
    Some(telling)
}
