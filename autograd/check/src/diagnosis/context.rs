//! What the draws say besides the mistake: which entries it makes wrong, and how the entries of `y` come from those of `x`.
//!
//! "The upstream gradient is handed on" is all that a gradient says of a forgotten mask, of a sign, of an order that is
//! not undone. The right Jacobian tells these apart.

use crate::diagnosis::diagnose::{Candidate, is_wrong};
use crate::diagnosis::pattern::{Entry, entries};
use crate::evaluation::Evaluation;
use crate::evaluation::prepared_case::PreparedCase;
use crate::mistakes::Mistake;
use crate::mistakes::hypotheses::{JacobianMistake, UpstreamMistake};
use crate::witness::jacobian::Jacobian;

/// What belongs behind the sentence of a mistake that fits, if there is more to say.
pub(super) fn context(
    best: &Candidate,
    fits: &[Candidate],
    draws: &[(&PreparedCase, &Evaluation)],
    operand: usize,
) -> Option<String> {
    let wrong: Vec<&PreparedCase> = draws
        .iter()
        .filter(|(p, e)| is_wrong(p, e, operand))
        .map(|(p, _)| *p)
        .collect();
    match &best.mistake {
        Mistake::Jacobian(JacobianMistake::LocalDerivativeMissing { .. }) => {
            let moved = moved_sentence(&wrong, operand, false);
            moved.or_else(|| region(draws, operand).map(|region| format!("; {region}")))
        }
        Mistake::Jacobian(JacobianMistake::NotTransposed) => moved_sentence(&wrong, operand, true),
        Mistake::Jacobian(JacobianMistake::LastUseOverwrites | JacobianMistake::FirstUseOnly) => slice_sentence(fits),
        _ => region(draws, operand).map(|region| format!("; {region}")),
    }
}

/// Where a use is a slice of the upstream gradient, the same is said of the slice.
fn slice_sentence(fits: &[Candidate]) -> Option<String> {
    let slice = fits.iter().find(|fit| {
        matches!(
            fit.mistake,
            Mistake::Upstream(
                UpstreamMistake::OnlyFirst(_)
                    | UpstreamMistake::OnlyLast(_)
                    | UpstreamMistake::WithoutFirst(_)
                    | UpstreamMistake::WithoutLast(_)
            )
        )
    })?;
    Some(format!(
        "; in other words, as if {}",
        slice.mistake.description().aside("")
    ))
}

/// How the entries of `y` are those of `x` moved to other places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Transposed,
    Reversed,
    Rolled,
    /// In an order of any other kind, such as sorted.
    Reordered,
    /// Some entries are copied, once or several times, and others are not.
    Copied,
}

fn moved_sentence(wrong: &[&PreparedCase], operand: usize, is_repeated: bool) -> Option<String> {
    let all: Option<Vec<Vec<Move>>> = wrong.iter().map(|prepared| moves(prepared, operand)).collect();
    let all = all?;
    let telling: Vec<&Vec<Move>> = all.iter().filter(|moves| !moves.is_empty()).collect();
    let common = telling
        .first()?
        .iter()
        .find(|of| telling.iter().all(|moves| moves.contains(of)))?;
    let how = match common {
        Move::Transposed => "transposed",
        Move::Reversed => "in reversed order",
        Move::Rolled => "rolled to other places",
        Move::Reordered => "in another order (sorted, permuted)",
        Move::Copied => {
            return Some(
                "; each entry of y is a copy of an entry of x, and its gradient belongs to the place that it was copied from \
                 (an id, an index), not to its position in y"
                    .to_string(),
            );
        }
    };
    Some(match is_repeated {
        true => format!(
            "; y holds the entries of x {how}, and backward() moves the gradient in the same direction once more: it needs \
             the inverse order"
        ),
        false => {
            format!("; y holds the entries of x {how}, and backward() does not put the gradient back in their order")
        }
    })
}

/// An entry of a Jacobian that is this close to 0 or 1 is.
const WHOLE: f64 = 1e-6;

/// The ways in which `y` holds the entries of `x`, the most telling first; empty if all stay at their places, and `None`
/// if `y` holds something else.
fn moves(prepared: &PreparedCase, operand: usize) -> Option<Vec<Move>> {
    let jacobian = Jacobian::new(&prepared.reference, operand)?;
    let is = |slope: f64, value: f64| (slope - value).abs() <= WHOLE;
    let copied_from = |i: usize| {
        let used: Vec<usize> = (0..jacobian.columns).filter(|&j| !is(jacobian.at(i, j), 0.0)).collect();
        match used[..] {
            [j] if is(jacobian.at(i, j), 1.0) => Some(j),
            _ => None,
        }
    };
    let from: Vec<usize> = (0..jacobian.rows).map(copied_from).collect::<Option<_>>()?;
    let n = from.len();
    if (0..n).all(|i| from[i] == i) && n == jacobian.columns {
        return Some(Vec::new());
    }
    let mut sorted = from.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() != jacobian.columns || n != jacobian.columns {
        return Some(vec![Move::Copied]);
    }
    let transposed = match *jacobian.right.shape() {
        [rows, columns] => (0..n).all(|i| from[i] == i % rows * columns + i / rows),
        _ => false,
    };
    let reversed = (0..n).all(|i| from[i] == n - 1 - i);
    let rolled = (0..n).all(|i| from[i] == (i + from[0]) % n);
    let known = [
        (transposed, Move::Transposed),
        (reversed, Move::Reversed),
        (rolled, Move::Rolled),
        (true, Move::Reordered),
    ];
    Some(known.into_iter().filter_map(|(fits, of)| fits.then_some(of)).collect())
}

/// An axis that has the size 1 in every draw that goes wrong, and another in every draw that does not.
fn only_one_row(draws: &[(&PreparedCase, &Evaluation)], operand: usize) -> Option<String> {
    let (wrong, right): (Vec<_>, Vec<_>) = draws.iter().copied().partition(|(p, e)| is_wrong(p, e, operand));
    let size = |(p, _): &(&PreparedCase, &Evaluation), i: usize, axis: usize| {
        p.reference
            .case
            .operands
            .get(i)
            .and_then(|x| x.value.shape().get(axis).copied())
    };
    let (first, _) = wrong.first()?;
    for (i, x) in first.reference.case.operands.iter().enumerate() {
        for axis in 0..x.value.ndim() {
            let of_wrong = wrong.iter().all(|draw| size(draw, i, axis) == Some(1));
            if of_wrong && !right.is_empty() && right.iter().all(|draw| size(draw, i, axis) > Some(1)) {
                let axis = if axis == 0 {
                    "the first axis (the batch)"
                } else {
                    "a later axis"
                };
                return Some(format!(
                    "it is wrong only where {} has size 1 along {axis}, for example one row",
                    x.name
                ));
            }
        }
    }
    None
}

/// How many entries must lie on either side of a bound.
const BOUND_MIN: usize = 4;

/// A bound of the operand that parts the wrong entries from the right ones.
fn bound(wrong: &[&Entry], right: &[&Entry], x: &str) -> Option<String> {
    if wrong.len() < BOUND_MIN || right.len() < BOUND_MIN {
        return None;
    }
    let least = |entries: &[&Entry]| entries.iter().map(|e| e.x).fold(f64::INFINITY, f64::min);
    let most = |entries: &[&Entry]| entries.iter().map(|e| e.x).fold(f64::NEG_INFINITY, f64::max);
    let between = |low: f64, high: f64| ((low + high) * 5.0).round() / 10.0;
    match () {
        () if least(wrong) > most(right) => Some(format!(
            "it is wrong only where {x} is large, above about {}",
            between(most(right), least(wrong))
        )),
        () if most(wrong) < least(right) => Some(format!(
            "it is wrong only in the tail where {x} is below about {}",
            between(most(wrong), least(right))
        )),
        () => None,
    }
}

/// Fewer entries than this, wrong or right, do not make a region.
const REGION_MIN: usize = 2;

/// Which entries are wrong, over all draws together, if they are of one kind.
pub(crate) fn region(draws: &[(&PreparedCase, &Evaluation)], operand: usize) -> Option<String> {
    let of_draws: Option<Vec<Vec<Entry>>> = draws.iter().map(|(p, e)| entries(p, e, operand)).collect();
    let of_draws = of_draws?;
    let (wrong, right): (Vec<&Entry>, Vec<&Entry>) = of_draws.iter().flatten().partition(|e| e.is_wrong);
    if let Some(said) = only_one_row(draws, operand) {
        return Some(said);
    }
    if wrong.len() < REGION_MIN || right.len() < REGION_MIN {
        return None;
    }
    let only = |is_kind: &dyn Fn(&Entry) -> bool| {
        wrong.iter().all(|e| is_kind(e)) && right.iter().filter(|e| !is_kind(e)).count() >= REGION_MIN
    };
    let exactly = |is_kind: &dyn Fn(&Entry) -> bool| only(is_kind) && right.iter().all(|e| !is_kind(e));
    let off_diagonal = |e: &Entry| matches!(e.index[..], [.., i, j] if i != j);
    let case = &draws.first()?.0.reference.case;
    let x = &case.operands.get(operand)?.name;
    let mut said: Vec<String> = Vec::new();
    let equal = case.real().filter(|&i| i != operand).find(|&other| {
        let is_equal = |p: &PreparedCase, e: &Entry| {
            let other = p.reference.case.operands.get(other);
            other.and_then(|other| other.value.get(&e.index[..])) == Some(&e.x)
        };
        let mut all = draws.iter().zip(&of_draws);
        all.all(|((p, _), entries)| entries.iter().all(|e| e.is_wrong == is_equal(p, e)))
    });
    if let Some(other) = equal {
        let other = &case.operands[other].name;
        said.push(format!("it is wrong only where {x} equals {other}"));
    } else if exactly(&|e| e.x == 0.0) {
        said.push(format!("it is wrong only where {x} is 0"));
    } else if exactly(&|e| e.x < 0.0) {
        said.push(format!("it is wrong only where {x} is negative"));
    } else if exactly(&|e| e.x > 0.0) {
        said.push(format!("it is wrong only where {x} is positive"));
    } else if exactly(&off_diagonal) {
        said.push("it is wrong only off the diagonal".to_string());
    } else if let Some(bound) = bound(&wrong, &right, x) {
        said.push(bound);
    }
    if only(&|e| e.right == 0.0) {
        said.push(
            "only entries are wrong that should be 0: what cuts them off in forward() (a mask, a clip, a branch) does not \
             act in backward()"
                .to_string(),
        );
    } else if only(&|e| e.given == 0.0) {
        said.push("only entries are wrong that are 0: their gradient is lost".to_string());
    }
    (!said.is_empty()).then(|| said.join("; "))
}
