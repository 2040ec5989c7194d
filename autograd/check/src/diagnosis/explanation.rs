//! What is said of a wrong gradient: the diagnosis on fresh draws, and the smallest example.

use std::sync::Arc;

use crate::diagnosis::diagnose::{diagnose, is_wrong, whereabouts};
use crate::diagnosis::example::Example;
use crate::diagnosis::shrink::{Aim, shrink};
use crate::report::TargetReport;
use crate::subject::Subject;
use crate::verdict::answer::Answer;
use crate::verdict::exam::JACOBIAN;
use crate::verdict::prepared::Prepared;
use crate::verdict::protocol::{Options, sizes_of};

/// How many draws a diagnosis is made on, and of how many it chooses them.
const DRAWS: (usize, u64) = (6, 40);

/// The diagnosis and the smallest example of a wrong gradient.
pub(crate) fn explain(
    subject: &Arc<dyn Subject>,
    prepared: Prepared,
    answer: Answer,
    options: &Options,
    report: &mut TargetReport,
) {
    if report.findings.iter().any(|finding| finding.cause == "forward") {
        return;
    }
    let draws = wrong_draws(subject, options, &prepared);
    let views: Vec<(&Prepared, &Answer)> = draws.iter().map(|(p, a)| (p, a)).collect();
    let diagnosis = diagnose(&views);
    let first_wrong = prepared.exam.case.real().find(|&i| is_wrong(&prepared, &answer, i));
    let operand = diagnosis.as_ref().map(|d| d.operand.clone());
    let operand = operand.or_else(|| first_wrong.map(|i| prepared.exam.case.operands[i].name.clone()));
    let Some(operand) = operand else { return };
    let aim = Aim {
        operand,
        key: diagnosis
            .as_ref()
            .map(|d| d.cause.clone())
            .filter(|cause| cause != "constant factor"),
    };
    let start = draws.into_iter().filter(|(p, a)| aim.is_met(p, a).is_some());
    let start = start
        .min_by_key(|(p, _)| p.exam.case.numbers())
        .unwrap_or((prepared, answer));
    let (prepared, answer) = shrink(subject, start.0, start.1, &aim, options.limit);
    if let Some(i) = prepared.exam.case.operands.iter().position(|x| x.name == aim.operand) {
        report.example = Some(Example::new(&report.name, &prepared, &answer, i, aim.key.as_deref()));
        if diagnosis.is_none()
            && let Some(right) = prepared.exam.gradient(i)
        {
            let place = whereabouts(&answer.g_x[i], &right);
            report.find(
                "unexplained",
                format!("no mistake of the bank explains g_{}; {place}", aim.operand),
            );
        }
    }
    report.diagnosis = diagnosis;
}

/// Answers on fresh draws of different sizes, for a diagnosis.
fn wrong_draws(subject: &Arc<dyn Subject>, options: &Options, first: &Prepared) -> Vec<(Prepared, Answer)> {
    let mut draws = Vec::new();
    let mut empty = 0;
    for number in 0..DRAWS.1 {
        let sizes = sizes_of(options, number as usize + 1);
        let Ok(prepared) = Prepared::draw(
            subject,
            first.seed.wrapping_add(104_729 * (number + 1)),
            &sizes,
            JACOBIAN,
        ) else {
            continue;
        };
        let Ok(answer) = prepared.ask(subject, options.limit) else {
            continue;
        };
        let is_telling = prepared.exam.case.real().any(|i| is_wrong(&prepared, &answer, i));
        if is_telling || empty < 2 {
            empty += usize::from(!is_telling);
            draws.push((prepared, answer));
        }
        if draws.len() >= DRAWS.0 + empty {
            break;
        }
    }
    draws
}
