//! The explanation of what is wrong: the size of the error, a diagnosis on fresh draws, the smallest counterexample.

use std::sync::Arc;
use std::time::Duration;

use crate::Draw;
use crate::diagnosis::context::region;
use crate::diagnosis::counterexample::Counterexample;
use crate::diagnosis::cut;
use crate::diagnosis::diagnose::{diagnose, is_wrong};
use crate::diagnosis::paths::{form_of_error, wrong_shares};
use crate::diagnosis::pattern::Pattern;
use crate::diagnosis::shrink::shrink;
use crate::diagnosis::symptom::Symptom;
use crate::evaluation::options::{Options, sizes_of};
use crate::evaluation::prepared_case::PreparedCase;
use crate::evaluation::{Evaluation, Upstream};
use crate::guard::caught;
use crate::magnitude::largest;
use crate::report::TargetReport;
use crate::subject::Subject;
use crate::subject::special::{DrawnRange, SpecialValues};
use crate::verdict::faults::{Cause, Fault, faults};
use crate::verdict::locate::size_sentence;
use crate::witness::reference::JACOBIAN;

/// How many draws with a wrong gradient a diagnosis uses, and how many draws are tried to find them.
const DRAWS: (usize, u64) = (6, 40);

/// A case, and what the subject computes there.
type Shown = (PreparedCase, Evaluation);

/// Adds sizes of errors, the diagnosis and the smallest counterexample to a report.
pub(crate) fn explain(
    subject: &Arc<dyn Subject>,
    (prepared, evaluation): Shown,
    (found, special): (&[Fault], Option<(SpecialValues, &DrawnRange)>),
    options: &Options,
    report: &mut TargetReport,
) {
    let reference = &prepared.reference;
    let is_random = found
        .iter()
        .any(|fault| matches!(fault.cause, Cause::Dice | Cause::Noise));
    for i in reference.case.real().filter(|&i| evaluation.g_x.len() > i) {
        // The size of an error says nothing where each call gives another number.
        if !is_random
            && evaluation.g_x[i].shape() == reference.case.operands[i].value.shape()
            && let Some(sentence) = size_sentence(reference, &evaluation.g_x[i], i)
        {
            report.find(&format!("g_{}", reference.case.operands[i].name), sentence);
        }
    }
    let is_decisive = |fault: &&Fault| matches!(fault.cause, Cause::Forward | Cause::Dice | Cause::Noise);
    let is_wrong_here = reference.case.real().any(|i| is_wrong(&prepared, &evaluation, i));
    match found
        .iter()
        .find(is_decisive)
        .or(found.first().filter(|_| !is_wrong_here))
    {
        Some(fault) => example_of_fault(subject, (prepared, evaluation), fault, options, report),
        None => explain_gradient(subject, (prepared, evaluation), special, options, report),
    }
}

/// The smallest case that shows a fault other than a wrong entry.
fn example_of_fault(
    subject: &Arc<dyn Subject>,
    (prepared, evaluation): Shown,
    fault: &Fault,
    options: &Options,
    report: &mut TargetReport,
) {
    let history = fault.calls.as_ref().map(|(history, _)| *history);
    let symptom = Symptom::Fault(fault.cause, history);
    let (prepared, evaluation) = shrink(subject, prepared, evaluation, &symptom, options.limit);
    let shown = faults(&prepared.reference, &evaluation);
    let Some(fault) = shown.iter().find(|shown| shown.cause == fault.cause) else {
        return;
    };
    let (what, given, right) = match &fault.compared {
        Some((what, given, right)) => (what.as_str(), given.clone(), right.clone()),
        None => ("y", evaluation.y.clone(), evaluation.y.clone()),
    };
    let mut example = Counterexample::comparing(&report.name, &prepared, (what, &given, &right));
    if let Some(upstream) = &fault.upstream {
        example = example.with_upstream(upstream);
    }
    if let Some((_, calls)) = &fault.calls {
        example = example.after(calls);
    }
    report.example = Some(example);
}

fn explain_gradient(
    subject: &Arc<dyn Subject>,
    (prepared, evaluation): Shown,
    special: Option<(SpecialValues, &DrawnRange)>,
    options: &Options,
    report: &mut TargetReport,
) {
    let draws = wrong_draws(subject, options, &prepared, special);
    let views: Vec<(&PreparedCase, &Evaluation)> = draws.iter().map(|(p, a)| (p, a)).collect();
    let mut diagnosis = diagnose(&views);
    if let (Some(diagnosis), Some((special, _))) = (&mut diagnosis, special) {
        let at = format!("; it goes wrong at {}", special.text());
        diagnosis.sentence.push_str(&at);
        diagnosis.hint.push_str(&at);
    }
    let case = &prepared.reference.case;
    let first_wrong = case.real().find(|&i| is_wrong(&prepared, &evaluation, i));
    let operand = diagnosis.as_ref().map(|d| d.operand.clone());
    let Some(operand) = operand.or_else(|| first_wrong.map(|i| case.operands[i].name.clone())) else {
        return;
    };
    let symptom = match diagnosis.as_ref().map(|d| d.mistake.clone()) {
        Some(mistake) if !mistake.is_fitted() => Symptom::Mistake(operand.clone(), mistake),
        _ => Symptom::Wrong(operand.clone(), pattern(&views, (&prepared, &evaluation), &operand)),
    };
    let unexplained = match (&symptom, &diagnosis) {
        (Symptom::Wrong(name, pattern), None) => {
            // What does not follow the upstream gradient has no shares of it.
            let is_linear = report
                .findings
                .iter()
                .all(|known| known.cause != Cause::NotLinear.key());
            Some(unexplained(subject, &views, (name, *pattern), options.limit, is_linear))
        }
        _ => None,
    };
    let start = draws.into_iter().filter(|(p, a)| symptom.is_shown(p, a));
    let start = start
        .min_by_key(|(p, _)| p.reference.case.numbers())
        .unwrap_or((prepared, evaluation));
    let (prepared, evaluation) = shrink(subject, start.0, start.1, &symptom, options.limit);
    let at = prepared.reference.case.operands.iter().position(|x| x.name == operand);
    if let Some(i) = at {
        let mistake = diagnosis.as_ref().map(|d| &d.mistake);
        report.example = Some(Counterexample::new(&report.name, &prepared, &evaluation, i, mistake));
    }
    match unexplained {
        // Where it is wrong says more of the cause than a number does.
        Some((sentence, true)) if report.findings.iter().all(|known| known.cause.starts_with("g_")) => {
            report.find_first("unexplained", sentence)
        }
        Some((sentence, _)) => report.find("unexplained", sentence),
        None => {}
    }
    report.diagnosis = diagnosis;
}

/// What can be said of an error that no mistake explains, and whether it tells more than that there is one.
fn unexplained(
    subject: &Arc<dyn Subject>,
    draws: &[(&PreparedCase, &Evaluation)],
    (name, pattern): (&str, Pattern),
    limit: Duration,
    is_linear: bool,
) -> (String, bool) {
    let at = draws
        .first()
        .and_then(|(p, _)| p.reference.case.operands.iter().position(|x| x.name == name));
    let mut said = vec![pattern.text(&format!("g_{name}"))];
    said.extend(at.and_then(|i| region(draws, i)));
    let of_linear = at.filter(|_| is_linear);
    let shares = of_linear.and_then(|i| wrong_shares(subject, draws, i, limit));
    said.extend(shares.or_else(|| of_linear.and_then(|i| form_of_error(draws, i))));
    said.extend(at.and_then(|i| small_error(draws, i)));
    let is_telling = !matches!(pattern, Pattern::Some | Pattern::Everywhere | Pattern::Shape) || said.len() > 1;
    said.push("no known mistake explains it".to_string());
    (said.join("; "), is_telling)
}

/// An error that is small on all draws has other causes than a large one.
fn small_error(draws: &[(&PreparedCase, &Evaluation)], operand: usize) -> Option<String> {
    let share = |(p, e): &(&PreparedCase, &Evaluation)| {
        let right = p.reference.gradient(operand)?;
        let given = e.g_x.get(operand).filter(|given| given.shape() == right.shape())?;
        Some(largest(&(given - &right)) / largest(&right).max(f64::MIN_POSITIVE))
    };
    let shares: Vec<f64> = draws.iter().filter_map(share).filter(|share| *share > 0.0).collect();
    let most = shares.iter().copied().fold(0.0, f64::max);
    let is_finite = draws.iter().all(|(_, e)| e.g_x[operand].iter().all(|g| g.is_finite()));
    (shares.len() >= 3 && most < SMALL && is_finite).then(|| {
        format!(
            "it is right to {} digits on all cases: digits are lost (rounding, single precision, differences of large \
             numbers), or an approximation or a constant is slightly another",
            (-most.log10()).floor()
        )
    })
}

/// An error below this share of the largest entry, on all draws, is small.
const SMALL: f64 = 1e-3;

/// Where the wrong entries are on all draws, before any of them is made smaller.
fn pattern(draws: &[(&PreparedCase, &Evaluation)], first: (&PreparedCase, &Evaluation), operand: &str) -> Pattern {
    let at = |(p, _): &(&PreparedCase, &Evaluation)| p.reference.case.operands.iter().position(|x| x.name == operand);
    let Some(i) = at(&first) else { return Pattern::Some };
    let draws: Vec<_> = draws.iter().copied().filter(|draw| at(draw) == Some(i)).collect();
    Pattern::of(if draws.is_empty() { &[] } else { &draws }, i)
}

/// Evaluations on fresh draws of different sizes; where a caller draws one size only, or large ones, they are cut.
fn wrong_draws(
    subject: &Arc<dyn Subject>,
    options: &Options,
    first: &PreparedCase,
    special: Option<(SpecialValues, &DrawnRange)>,
) -> Vec<Shown> {
    let mut draws: Vec<Shown> = Vec::new();
    let mut empty = 0;
    let is_cut = is_of_one_size(subject, options, first);
    for number in 0..DRAWS.1 {
        let seed = first.seed.wrapping_add(104_729 * (number + 1));
        let sizes = sizes_of(options, number as usize + 1);
        let cut_one = || cut_draw(subject, seed, &sizes);
        let drawn = || PreparedCase::draw(subject, seed, &sizes, JACOBIAN).ok();
        // The sizes as they are drawn are tried too: a mistake may need them.
        let prepared = match is_cut && number % 4 != 3 {
            true => cut_one().or_else(drawn),
            false => drawn(),
        };
        let prepared = match special {
            Some(special) => prepared.and_then(|p| at_special_values(subject, &p, special)),
            None => prepared,
        };
        let Some((prepared, evaluation)) = prepared.and_then(|p| p.ask(subject, options.limit).ok().map(|e| (p, e)))
        else {
            continue;
        };
        let is_telling = prepared
            .reference
            .case
            .real()
            .any(|i| prepared.reference.gradient(i).is_some() && is_wrong(&prepared, &evaluation, i));
        if is_telling || empty < 2 {
            empty += usize::from(!is_telling);
            draws.push((prepared, evaluation));
        }
        if draws.len() >= DRAWS.0 + empty {
            break;
        }
    }
    draws
}

/// The same case at special values.
fn at_special_values(
    subject: &Arc<dyn Subject>,
    prepared: &PreparedCase,
    (special, drawn): (SpecialValues, &DrawnRange),
) -> Option<PreparedCase> {
    let case = drawn.at(special, &prepared.reference.case)?;
    let upstream = Upstream::Given(prepared.reference.g_y.clone());
    PreparedCase::of(subject, case, &upstream, prepared.seed, JACOBIAN).ok()
}

/// True if all draws have the same shapes, or the Jacobian of a case is too large to be known in full.
fn is_of_one_size(subject: &Arc<dyn Subject>, options: &Options, first: &PreparedCase) -> bool {
    let case = &first.reference.case;
    if !cut::may_be_cut(&**subject, case) {
        return false;
    }
    let shapes = |case: &crate::subject::Case| {
        case.operands
            .iter()
            .map(|x| x.value.shape().to_vec())
            .collect::<Vec<_>>()
    };
    let is_same = |number: u64| {
        let mut draw = Draw::of_sizes(first.seed ^ (number + 1), sizes_of(options, number as usize));
        caught(|| subject.case(&mut draw)).is_ok_and(|other| shapes(&other) == shapes(case))
    };
    (0..4).all(is_same) || case.real().any(|i| first.reference.gradient(i).is_none())
}

fn cut_draw(subject: &Arc<dyn Subject>, seed: u64, sizes: &[usize]) -> Option<PreparedCase> {
    let mut draw = Draw::of_sizes(seed, sizes.iter().copied());
    let case = caught(|| subject.case(&mut draw)).ok()?;
    let case = cut::cut_at_random(&case, &mut draw);
    let prepared = PreparedCase::of(subject, case, &Upstream::Seed(seed), seed, JACOBIAN).ok()?;
    prepared.reference.y.iter().all(|y| y.is_finite()).then_some(prepared)
}
