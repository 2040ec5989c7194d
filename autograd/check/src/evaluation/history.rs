//! What may happen to a module before the backward() that is judged.

use ndarray::{ArrayD, Axis};

use crate::Draw;
use crate::evaluation::calls::{Call, CallUpstream, Calls};
use crate::guard::caught;
use crate::subject::{Case, CaseOperand, Kind, Subject};
use tapegrad_core::op::OperandKind;
use tapegrad_core::shape::Shape;

/// What happened to a module before, in the order in which it is tried: of several that fail the first is the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum History {
    /// Nothing but the same forward(), several times.
    SameForward,
    /// The same backward(), several times.
    SameBackward,
    /// A backward() with another upstream gradient.
    OtherBackward,
    /// A whole round of forward() and backward() at the same operands.
    SameRound,
    /// A forward() with other real values.
    Values,
    /// A forward() with other ids.
    Ids,
    /// A forward() with another mask.
    Masks,
    /// It was made with other parameters.
    MadeWithOthers,
    /// A forward() with other parameters.
    Params,
    /// A forward() with fewer entries along an axis.
    FewerEntries,
    /// A forward() with more entries along an axis.
    MoreEntries,
    /// Another module of the same kind ran forward() in between.
    AnotherModule,
    /// Another module of the same kind ran forward() and backward() in between.
    OutOfOrder,
}

/// How often the same call is repeated: a fault in one call of seven shows.
const REPEATS: usize = 8;
/// How many draws are looked through for operands of other sizes.
const DRAWS: u64 = 24;

impl History {
    /// All histories that a subject can have at a case, with their calls.
    pub fn all(subject: &dyn Subject, case: &Case, draw: &mut Draw) -> Vec<(Self, Calls)> {
        let x = case.values();
        let own = Call::Backward(0, CallUpstream::Own);
        let make = [Call::Make(0, 0), Call::Forward(0, 0)];
        let alone = |calls: Vec<Call>| Calls::new([make.to_vec(), calls].concat(), vec![x.clone()]);
        let mut all = vec![
            (Self::SameForward, alone(vec![Call::Forward(0, 0); REPEATS - 1])),
            (Self::SameBackward, alone(vec![own; REPEATS])),
            (
                Self::OtherBackward,
                alone(vec![Call::Backward(0, CallUpstream::Other), own]),
            ),
            (Self::SameRound, alone(vec![own, Call::Forward(0, 0), own])),
        ];
        let first = |made: usize, before: Vec<ArrayD<f64>>, calls: &[Call]| {
            Calls::new([&[Call::Make(0, made)], calls].concat(), vec![x.clone(), before])
        };
        let after = [Call::Forward(0, 1), Call::Forward(0, 0), own];
        let trained = [Call::Forward(0, 1), own, Call::Forward(0, 0), own];
        let older = older(case, draw);
        for (history, before) in older.iter().filter(|(_, before)| *before != x) {
            all.push((*history, first(0, before.clone(), &after)));
            if *history == Self::Params {
                all.push((
                    Self::MadeWithOthers,
                    first(1, before.clone(), &[Call::Forward(0, 0), own]),
                ));
                all.push((Self::Params, first(1, before.clone(), &trained)));
            }
        }
        for (history, before) in of_other_sizes(subject, case, draw) {
            all.push((history, first(0, before, &after)));
        }
        let other = older
            .into_iter()
            .find(|(history, before)| *history == Self::Values && *before != x);
        if let Some((_, before)) = other {
            let two = |calls: &[Call]| {
                let made = [
                    Call::Make(0, 0),
                    Call::Make(1, 0),
                    Call::Forward(0, 0),
                    Call::Forward(1, 1),
                ];
                Calls::new([&made, calls].concat(), vec![x.clone(), before.clone()])
            };
            all.push((Self::AnotherModule, two(&[own])));
            all.push((Self::OutOfOrder, two(&[Call::Backward(1, CallUpstream::Own), own])));
        }
        all.sort_by_key(|(history, _)| *history);
        all
    }

    /// True if this is tried on subjects whose backward() comes from a tape too.
    pub fn concerns(self, kind: Kind) -> bool {
        matches!(kind, Kind::Op | Kind::Module) || matches!(self, Self::SameRound | Self::Values)
    }
}

/// Operands of the same shapes in which one thing is different.
fn older(case: &Case, draw: &mut Draw) -> Vec<(History, Vec<ArrayD<f64>>)> {
    let mut changed = |history: History, is_changed: &dyn Fn(usize, &CaseOperand) -> bool| {
        let value = |(i, operand): (usize, &CaseOperand)| match is_changed(i, operand) {
            true => older_value(operand, draw),
            false => operand.value.clone(),
        };
        (history, case.operands.iter().enumerate().map(value).collect())
    };
    let is_given = |i: usize| i < case.given;
    vec![
        changed(History::Values, &|i, x| {
            is_given(i) && matches!(x.kind, OperandKind::Real | OperandKind::Data)
        }),
        changed(History::Ids, &|i, x| is_given(i) && x.kind == OperandKind::Id),
        changed(History::Masks, &|i, x| is_given(i) && x.kind == OperandKind::Mask),
        changed(History::Params, &|i, _| !is_given(i)),
    ]
}

/// Another value of the same shape: real ones are scaled down a little, so they stay in the domain; ids are those of the
/// case in another order, or all the same one; a mask is turned round.
fn older_value(operand: &CaseOperand, draw: &mut Draw) -> ArrayD<f64> {
    let x = &operand.value;
    match operand.kind {
        OperandKind::Real | OperandKind::Data => x * &draw.between(Shape::new(x.shape()), 0.7, 0.97),
        OperandKind::Id => {
            let mut ids: Vec<f64> = x.iter().copied().collect();
            let by = usize::from(ids.len() > 1);
            ids.rotate_left(by);
            if ids.iter().eq(x.iter()) {
                // A single id, or all the same: the one below, which exists if this is not the first.
                ids.iter_mut().for_each(|id| *id = (*id - 1.0).max(0.0));
            }
            ArrayD::from_shape_vec(x.raw_dim(), ids).expect("as many ids as before")
        }
        OperandKind::Mask => {
            let mut turned: Vec<f64> = x.iter().copied().collect();
            turned.reverse();
            let is_same = turned.iter().eq(x.iter());
            if is_same && let Some(last) = turned.last_mut() {
                *last = if *last == 0.0 { 1.0 } else { 0.0 };
            }
            ArrayD::from_shape_vec(x.raw_dim(), turned).expect("as many entries as before")
        }
    }
}

/// Operands with fewer and with more entries, and the same parameters; none where the definition takes none.
fn of_other_sizes(subject: &dyn Subject, case: &Case, draw: &mut Draw) -> Vec<(History, Vec<ArrayD<f64>>)> {
    let numbers = |x: &[ArrayD<f64>]| -> usize { x[..case.given].iter().map(ArrayD::len).sum() };
    let x = case.values();
    let mut fitting: Vec<Vec<ArrayD<f64>>> = Vec::new();
    for _ in 0..DRAWS {
        let seed = draw.below(1 << 30) as u64;
        let Ok(other) = caught(|| subject.case(&mut Draw::of_sizes(seed, [1, 2, 3, 4, 5]))) else {
            continue;
        };
        let is_like = other.given == case.given
            && other.operands.len() == case.operands.len()
            && other.op == case.op
            && other.constants == case.constants;
        if is_like {
            let mut values = other.values();
            let own = values.split_off(case.given);
            if own.iter().zip(&x[case.given..]).all(|(a, b)| a.shape() == b.shape()) {
                values.extend_from_slice(&x[case.given..]);
                fitting.push(values);
            }
        }
    }
    if matches!(subject.kind(), Kind::Op | Kind::Module) && case.op.is_none() {
        fitting.extend(first_axis_changed(case));
    }
    fitting.retain(|values| numbers(values) > 0 && has_value(subject, case, values));
    let mut found = Vec::new();
    let fewer = fitting.iter().filter(|values| numbers(values) < numbers(&x));
    found.extend(
        fewer
            .max_by_key(|values| numbers(values))
            .map(|v| (History::FewerEntries, v.clone())),
    );
    let more = fitting.iter().filter(|values| numbers(values) > numbers(&x));
    found.extend(
        more.min_by_key(|values| numbers(values))
            .map(|v| (History::MoreEntries, v.clone())),
    );
    found
}

/// The rows of the batch without the last, and with the first once more, where all given operands have a batch.
fn first_axis_changed(case: &Case) -> Vec<Vec<ArrayD<f64>>> {
    let x = case.values();
    let Some(batch) = x[..case.given].first().and_then(|x| x.shape().first().copied()) else {
        return Vec::new();
    };
    let chosen = |rows: &[usize]| {
        let part = |(i, x): (usize, &ArrayD<f64>)| match i < case.given && x.shape().first() == Some(&batch) {
            true => x.select(Axis(0), rows),
            false => x.clone(),
        };
        x.iter().enumerate().map(part).collect::<Vec<_>>()
    };
    let all: Vec<usize> = (0..batch).collect();
    let mut changed = Vec::new();
    if batch > 1 {
        changed.push(chosen(&all[..batch - 1]));
    }
    if batch > 0 {
        changed.push(chosen(&[&all[..], &[0, batch - 1]].concat()));
    }
    changed
}

/// True if the definition, or else forward() of a new module, has a value at these operands.
fn has_value(subject: &dyn Subject, case: &Case, x: &[ArrayD<f64>]) -> bool {
    let other = case.with_values(x);
    caught(|| match subject.function(&other) {
        Some(function) => function.value(x).iter().all(|y| y.is_finite()),
        None => true,
    })
    .unwrap_or(false)
        && caught(|| {
            crate::subject::run::run_forward(&mut *subject.module(case), case, x);
        })
        .is_ok()
}
