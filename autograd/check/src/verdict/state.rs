//! What a module keeps from one call to the next, and must not: each history of calls is compared with a new module.

use ndarray::ArrayD;

use crate::evaluation::Evaluation;
use crate::evaluation::calls::{Call, Calls};
use crate::evaluation::history::History;
use crate::magnitude::largest;
use crate::verdict::faults::{Cause, Fault, differ_above};
use crate::witness::reference::Reference;

/// The first fault that the histories show; a later history contains earlier ones.
pub(super) fn state_fault(reference: &Reference, evaluation: &Evaluation) -> Option<Fault> {
    evaluation.histories.iter().find_map(|(history, calls)| {
        let (cause, sentence, compared) = fault_of(*history, calls, reference, evaluation)?;
        Some(Fault {
            cause,
            sentence,
            calls: Some((*history, calls.clone())),
            compared,
            upstream: None,
        })
    })
}

fn fault_of(
    history: History,
    calls: &Calls,
    reference: &Reference,
    evaluation: &Evaluation,
) -> Option<(Cause, String, Option<Compared>)> {
    if let Some((number, message)) = &calls.panic {
        let (cause, sentence) = panic_of(history, calls, (*number, message), evaluation)?;
        return Some((cause, sentence, None));
    }
    let height = largest(evaluation.y.iter().filter(|y| y.is_finite()));
    let is_other_value = |y: &ArrayD<f64>| differ_above(y, &evaluation.y, 1e-12, f64::EPSILON * height);
    if let Some(at) = calls.values.iter().position(&is_other_value) {
        let (cause, sentence) = match history {
            History::SameForward => dice(calls, &is_other_value)?,
            _ => value_fault(history, &calls.values[at], evaluation),
        };
        let compared = ("y".to_string(), calls.values[at].clone(), evaluation.y.clone());
        return Some((cause, sentence, Some(compared)));
    }
    let is_other = |g: &Vec<ArrayD<f64>>| {
        reference
            .case
            .real()
            .find(|&i| differ_above(&g[i], &evaluation.g_x[i], 1e-12, 100.0 * reference.rounding_of(i)))
    };
    let off: Vec<Option<usize>> = calls.gradients.iter().map(is_other).collect();
    let at = off.iter().position(Option::is_some)?;
    let operand = off[at]?;
    let name = &reference.case.operands[operand].name;
    let right = &evaluation.g_x[operand];
    let given = &calls.gradients[at][operand];
    let (cause, sentence) = match history {
        History::SameBackward | History::SameRound => repeated(name, &off, given, right, history),
        _ => (cause(history), gradient_sentence(history, name, given, right)),
    };
    Some((
        cause,
        sentence,
        Some((format!("g_{name}"), given.clone(), right.clone())),
    ))
}

/// A name with what the calls give and what a new module gives.
type Compared = (String, ArrayD<f64>, ArrayD<f64>);

/// A panic counts if the calls before it, and the same call of a new module, went well.
fn panic_of(
    history: History,
    calls: &Calls,
    (number, message): (usize, &str),
    evaluation: &Evaluation,
) -> Option<(Cause, String)> {
    let is_backward = matches!(calls.calls[number], Call::Backward(..));
    let of_other_operands = match calls.calls[number] {
        Call::Make(_, at) | Call::Forward(_, at) => at != 0,
        Call::Backward(module, _) => {
            let last = calls.calls[..number].iter().rev().find_map(|call| match call {
                Call::Forward(of, at) if *of == module => Some(*at),
                _ => None,
            });
            last != Some(0)
        }
    };
    if of_other_operands || is_backward && evaluation.once.is_some() {
        return None;
    }
    let what = if is_backward { "backward()" } else { "forward()" };
    let message = message.lines().next().unwrap_or_default();
    Some((cause(history), format!("{what} panics {}: {message}", after(history))))
}

/// The history as the end of a sentence.
fn after(history: History) -> &'static str {
    match history {
        History::SameForward => "when forward() is called again on the same operands",
        History::SameBackward => "when it is called again with the same upstream gradient",
        History::OtherBackward => "after a backward() with another upstream gradient",
        History::SameRound => "after a round of forward() and backward() at the same operands",
        History::Values => "after a forward() with other values",
        History::Ids => "after a forward() with other ids",
        History::Masks => "after a forward() with another mask",
        History::MadeWithOthers => "when the parameters are set after the module was made",
        History::Params => "after a forward() with other parameters",
        History::FewerEntries => "after a forward() with fewer entries",
        History::MoreEntries => "after a forward() with more entries",
        History::AnotherModule => "after a forward() of another module of the same kind",
        History::OutOfOrder => "after the backward() of another module of the same kind",
    }
}

fn cause(history: History) -> Cause {
    match history {
        History::SameForward => Cause::Dice,
        History::SameBackward | History::OtherBackward | History::SameRound => Cause::Impure,
        History::Values => Cause::Stale,
        History::Ids => Cause::StaleIds,
        History::Masks => Cause::StaleMask,
        History::MadeWithOthers => Cause::KeptFromConstruction,
        History::Params => Cause::StaleParams,
        History::FewerEntries | History::MoreEntries => Cause::StaleSizes,
        History::AnotherModule | History::OutOfOrder => Cause::SharedState,
    }
}

/// What is kept, and from where.
fn kept(history: History) -> &'static str {
    match history {
        History::SameForward | History::SameBackward | History::OtherBackward | History::SameRound => {
            "the module keeps something from one call to the next"
        }
        History::Values => "the module keeps a result of the earlier forward() and does not compute it again",
        History::Ids => "the module keeps the ids of the earlier forward() and does not replace them",
        History::Masks => "the module keeps the mask of the earlier forward() and does not replace it",
        History::MadeWithOthers => {
            "the module computes something from the parameters when it is made, such as a transpose, and does not compute it again"
        }
        History::Params => {
            "the module keeps something that it computed from the parameters, such as a transpose, and does not compute it again"
        }
        History::FewerEntries | History::MoreEntries => {
            "the module keeps a size, a loop bound or a buffer of the first forward()"
        }
        History::AnotherModule | History::OutOfOrder => {
            "modules share data that each should own, as in a static or thread-local variable"
        }
    }
}

fn gradient_sentence(history: History, name: &str, given: &ArrayD<f64>, right: &ArrayD<f64>) -> String {
    let lost = lost_slices(given, right).map_or(String::new(), |text| format!(" ({text})"));
    format!("g_{name} is wrong {}{lost}: {}", after(history), kept(history))
}

/// The slices from some place on that are 0 and should not be: a loop that ends too early.
fn lost_slices(given: &ArrayD<f64>, right: &ArrayD<f64>) -> Option<String> {
    if given.shape() != right.shape() {
        return Some(format!(
            "it has the shape {:?} and should have {:?}",
            given.shape(),
            right.shape()
        ));
    }
    let rows = *right.shape().first()?;
    let row = |x: &ArrayD<f64>, i: usize| x.index_axis(ndarray::Axis(0), i).to_owned();
    let is_lost = |i: usize| row(given, i).iter().all(|g| *g == 0.0) && row(right, i).iter().any(|g| *g != 0.0);
    let first = (0..rows).find(|&i| is_lost(i))?;
    let is_rest = first > 0 && (0..first).all(|i| row(given, i) == row(right, i)) && (first..rows).all(is_lost);
    is_rest.then(|| format!("its slices are 0 from number {first} on"))
}

/// A value that an earlier call changed.
fn value_fault(history: History, y: &ArrayD<f64>, evaluation: &Evaluation) -> (Cause, String) {
    let shapes = match y.shape() == evaluation.y.shape() {
        true => String::new(),
        false => format!(" (the shape {:?} instead of {:?})", y.shape(), evaluation.y.shape()),
    };
    let sentence = format!(
        "forward() gives another value{shapes} {} than a new module does: {}",
        after(history),
        kept(history)
    );
    (cause(history), sentence)
}

/// What repeated calls of backward() say: it adds up, it changes what it reads, or one call in some is wrong.
fn repeated(
    name: &str,
    off: &[Option<usize>],
    given: &ArrayD<f64>,
    right: &ArrayD<f64>,
    history: History,
) -> (Cause, String) {
    let wrong = off.iter().filter(|off| off.is_some()).count();
    let at = off.iter().position(Option::is_some).unwrap_or(0);
    let recovers = off[at..].iter().any(Option::is_none);
    let again = match history {
        History::SameRound => "forward() and backward() at the same operands",
        _ => "backward() with the same upstream gradient",
    };
    if recovers {
        let sentence = format!(
            "call number {} of {again} gives another g_{name} than the others ({wrong} of {} calls differ), \
             as if there were noise or a counter",
            at + 1,
            off.len()
        );
        return (Cause::Noise, sentence);
    }
    let is_sum = !differ_above(given, &(right * (at + 1) as f64), 1e-9, 0.0);
    let why = match is_sum {
        true => "backward() adds to a buffer (`+=`) that it does not set to 0 first",
        false => {
            "backward() changes the data that it reads: it overwrites what forward() kept, or does not reset a buffer"
        }
    };
    (Cause::Impure, format!("a second {again} gives another g_{name}: {why}"))
}

/// What repeated calls of forward() at the same operands say.
fn dice(calls: &Calls, is_other: &dyn Fn(&ArrayD<f64>) -> bool) -> Option<(Cause, String)> {
    let off: Vec<bool> = calls.values.iter().map(is_other).collect();
    let wrong = off.iter().filter(|off| **off).count();
    let at = off.iter().position(|off| *off)?;
    if off[0] || draws_a_mask(&calls.values) || 2 * wrong > off.len() {
        return Some(match is_drift(&calls.values) {
            true => (
                Cause::Impure,
                "forward() gives another value each time it is called on the same operands, always in one direction: \
                 it adds to a value that it keeps"
                    .to_string(),
            ),
            false => (Cause::Dice, dice_sentence(&calls.values)),
        });
    }
    Some((
        Cause::Noise,
        format!(
            "call number {} of forward() on the same operands gives another value than the others ({wrong} of {} calls \
             differ), as if there were noise or a counter",
            at + 1,
            off.len()
        ),
    ))
}

/// True if the values move on in one direction from call to call, as a sum or an average that is kept does.
fn is_drift(values: &[ArrayD<f64>]) -> bool {
    let steps: Vec<ArrayD<f64>> = values.windows(2).map(|pair| &pair[1] - &pair[0]).collect();
    let dot = |a: &ArrayD<f64>, b: &ArrayD<f64>| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let Some(first) = steps.first().filter(|step| dot(step, step) > 0.0) else {
        return false;
    };
    let along = |step: &ArrayD<f64>| dot(first, step) >= 0.999 * (dot(first, first) * dot(step, step)).sqrt();
    steps.iter().all(along)
}

/// True if other entries are 0 from call to call.
fn draws_a_mask(values: &[ArrayD<f64>]) -> bool {
    let zeros = |y: &ArrayD<f64>| y.iter().map(|y| *y == 0.0).collect::<Vec<_>>();
    values.iter().any(|y| zeros(y) != zeros(&values[0]))
}

/// Values that change from call to call, in words.
pub(crate) fn dice_sentence(values: &[ArrayD<f64>]) -> String {
    let what = match draws_a_mask(values) {
        true => "it draws its own mask, as dropout does: other entries are 0 each time",
        false => "it draws its own random numbers, or adds to a value that it keeps",
    };
    format!(
        "forward() gives other values each time it is called on the same operands: {what}. Give the mask as an operand \
         (`with_data`), so that forward() is a function with a derivative"
    )
}
