//! The explanation of a wrong gradient: a diagnosis on fresh draws, and the smallest counterexample.

use std::sync::Arc;

use crate::diagnosis::counterexample::Counterexample;
use crate::diagnosis::diagnose::{diagnose, is_wrong, whereabouts};
use crate::diagnosis::shrink::{Symptom, shrink};
use crate::evaluation::Evaluation;
use crate::evaluation::options::{Options, sizes_of};
use crate::evaluation::prepared_case::PreparedCase;
use crate::mistakes::Mistake;
use crate::report::TargetReport;
use crate::subject::Subject;
use crate::witness::reference::JACOBIAN;

/// How many draws with a wrong gradient a diagnosis uses, and how many draws are tried to find them.
const DRAWS: (usize, u64) = (6, 40);

/// Adds the diagnosis and the smallest counterexample to a report.
pub(crate) fn explain(
    subject: &Arc<dyn Subject>,
    prepared: PreparedCase,
    evaluation: Evaluation,
    options: &Options,
    report: &mut TargetReport,
) {
    if report.findings.iter().any(|finding| finding.cause == "forward") {
        return;
    }
    let draws = wrong_draws(subject, options, &prepared);
    let views: Vec<(&PreparedCase, &Evaluation)> = draws.iter().map(|(p, a)| (p, a)).collect();
    let diagnosis = diagnose(&views);
    let first_wrong = prepared
        .reference
        .case
        .real()
        .find(|&i| is_wrong(&prepared, &evaluation, i));
    let operand = diagnosis.as_ref().map(|d| d.operand.clone());
    let operand = operand.or_else(|| first_wrong.map(|i| prepared.reference.case.operands[i].name.clone()));
    let Some(operand) = operand else { return };
    let symptom = Symptom {
        operand,
        mistake: diagnosis
            .as_ref()
            .map(|d| d.mistake.clone())
            .filter(|mistake| !matches!(mistake, Mistake::ConstantFactor(_))),
    };
    let start = draws.into_iter().filter(|(p, a)| symptom.operand_in(p, a).is_some());
    let start = start
        .min_by_key(|(p, _)| p.reference.case.numbers())
        .unwrap_or((prepared, evaluation));
    let (prepared, evaluation) = shrink(subject, start.0, start.1, &symptom, options.limit);
    if let Some(i) = prepared
        .reference
        .case
        .operands
        .iter()
        .position(|x| x.name == symptom.operand)
    {
        report.example = Some(Counterexample::new(
            &report.name,
            &prepared,
            &evaluation,
            i,
            symptom.mistake.as_ref(),
        ));
        if diagnosis.is_none()
            && let Some(right) = prepared.reference.gradient(i)
        {
            let place = whereabouts(&evaluation.g_x[i], &right);
            report.find(
                "unexplained",
                format!("no mistake of the bank explains g_{}; {place}", symptom.operand),
            );
        }
    }
    report.diagnosis = diagnosis;
}

/// Evaluations on fresh draws of different sizes.
fn wrong_draws(subject: &Arc<dyn Subject>, options: &Options, first: &PreparedCase) -> Vec<(PreparedCase, Evaluation)> {
    let mut draws = Vec::new();
    let mut empty = 0;
    for number in 0..DRAWS.1 {
        let sizes = sizes_of(options, number as usize + 1);
        let Ok(prepared) = PreparedCase::draw(
            subject,
            first.seed.wrapping_add(104_729 * (number + 1)),
            &sizes,
            JACOBIAN,
        ) else {
            continue;
        };
        let Ok(evaluation) = prepared.ask(subject, options.limit) else {
            continue;
        };
        let is_telling = prepared
            .reference
            .case
            .real()
            .any(|i| is_wrong(&prepared, &evaluation, i));
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
