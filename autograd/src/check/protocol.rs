//! The check of one subject: cases of all sizes, the controls, the verdicts, and for a wrong gradient the diagnosis.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::answer::Answer;
use super::diagnose::{diagnose, is_wrong, whereabouts};
use super::exam::{Coverage, FULL, JACOBIAN, STRATIFIED};
use super::example::Example;
use super::guard::{Trouble, guarded};
use super::judge::{EntryVerdict, Reason, Uncontrolled, controls, faults, judge_operand};
use super::prepared::Prepared;
use super::report::{TargetReport, Verdict};
use super::shrink::{Aim, shrink};
use super::subject::{Kind, Subject};

/// How a subject is checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many cases are tried.
    pub cases: usize,
    /// How long one call into the subject may take.
    pub limit: Duration,
    /// The sizes of axes; empty for all of 1, 2, 3, 5 and 7.
    pub sizes: Vec<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            cases: 12,
            limit: Duration::from_secs(5),
            sizes: Vec::new(),
        }
    }
}

/// The sizes that cases take in turn; 0 comes up by chance with all of them.
pub const SIZES: [&[usize]; 4] = [&[1, 2, 3], &[2, 3], &[1, 2, 3, 5, 7], &[3, 2, 5]];

/// How many draws a diagnosis is made on, and of how many it chooses them.
const DRAWS: (usize, u64) = (6, 40);

/// Checks one subject.
pub fn check(subject: &Arc<dyn Subject>, options: &Options) -> TargetReport {
    let mut report = TargetReport::new(subject.name(), subject.kind());
    let mut tally = Tally::default();
    for number in 0..options.cases {
        report.cases += 1;
        let step = try_case(subject, options, number, &mut report, &mut tally);
        match step {
            Ok(None) => {}
            Ok(Some((prepared, answer))) => {
                report.verdict = Verdict::Wrong;
                explain(subject, prepared, answer, options, &mut report);
                break;
            }
            Err(trouble) => {
                report.verdict = Verdict::Wrong;
                let cause = if matches!(trouble, Trouble::Endless { .. }) {
                    "endless"
                } else {
                    "panic"
                };
                report.find(cause, trouble.to_string());
                break;
            }
        }
    }
    tally.conclude(&mut report);
    report
}

/// One case; gives it back if something is wrong with the numbers.
fn try_case(
    subject: &Arc<dyn Subject>,
    options: &Options,
    number: usize,
    report: &mut TargetReport,
    tally: &mut Tally,
) -> Result<Option<(Prepared, Answer)>, Trouble> {
    let seed = seed_of(options.seed, number as u64);
    let sizes = sizes_of(options, number);
    let coverage = if subject.kind() == Kind::Model {
        STRATIFIED
    } else {
        FULL
    };
    let prepared = prepare(subject, seed, sizes, coverage, options.limit)?;
    let answer = prepared.ask(subject, options.limit)?;
    let found = faults(&prepared.exam, &answer);
    let mut any_wrong = !found.is_empty();
    for fault in found {
        report.find(fault.cause, fault.sentence);
    }
    for operand in prepared.exam.case.real() {
        let Some(truth) = &prepared.exam.truths[operand] else {
            continue;
        };
        if answer.g_x[operand].shape() != prepared.exam.case.operands[operand].value.shape() {
            continue;
        }
        match controls(truth) {
            Ok(Some(share)) => {
                tally.controlled += 1;
                report.resolution = report.resolution.max(share);
            }
            Ok(None) => {}
            Err(Uncontrolled) => tally.uncontrolled += 1,
        }
        for (entry, analytic, verdict) in judge_operand(&answer.g_x[operand], truth) {
            tally.count(verdict);
            report.entries += 1;
            let scale = truth.scale.max(entry.terms).max(f64::MIN_POSITIVE);
            report.worst_error = report.worst_error.max((analytic - entry.best()).abs() / scale);
            let bound = entry.numeric.map_or(0.0, |(_, bound)| bound / scale);
            if verdict == EntryVerdict::Pass && truth.scale > 0.0 {
                report.bound = report.bound.max(bound.min(1.0));
            }
            any_wrong |= verdict == EntryVerdict::Wrong;
        }
    }
    Ok(any_wrong.then_some((prepared, answer)))
}

/// A case, prepared where a module without a definition may do its worst.
fn prepare(
    subject: &Arc<dyn Subject>,
    seed: u64,
    sizes: Vec<usize>,
    coverage: Coverage,
    limit: Duration,
) -> Result<Prepared, Trouble> {
    let own = Arc::clone(subject);
    let first = guarded(limit, move |stage| {
        stage.enter("forward()");
        let mut draw = super::Draw::of_sizes(seed, sizes.iter().copied());
        let case = own.case(&mut draw);
        if own.function(&case).is_none() {
            super::answer::run_forward(&mut *own.module(&case), &case, &case.values());
        }
        sizes
    });
    Prepared::draw(subject, seed, &first?, coverage)
}

/// The seed of one case.
pub(super) fn seed_of(seed: u64, number: u64) -> u64 {
    seed.wrapping_mul(1_000_003).wrapping_add(number)
}

fn sizes_of(options: &Options, number: usize) -> Vec<usize> {
    if options.sizes.is_empty() {
        SIZES[number % SIZES.len()].to_vec()
    } else {
        options.sizes.clone()
    }
}

/// The diagnosis and the smallest example of a wrong gradient.
fn explain(
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

/// What was counted over all cases.
#[derive(Default)]
struct Tally {
    unchecked: BTreeMap<Reason, usize>,
    controlled: usize,
    uncontrolled: usize,
}

impl Tally {
    fn count(&mut self, verdict: EntryVerdict) {
        if let EntryVerdict::Unchecked(reason) = verdict {
            *self.unchecked.entry(reason).or_default() += 1;
        }
    }

    fn conclude(self, report: &mut TargetReport) {
        report.unchecked = self.unchecked.values().sum();
        for (reason, count) in &self.unchecked {
            report.find(
                &format!("{reason:?}"),
                format!("{count} of {} entries are unchecked: {}", report.entries, reason.text()),
            );
        }
        if report.verdict != Verdict::Pass {
            return;
        }
        if self.uncontrolled > 0 || (self.controlled == 0 && report.entries > 0) {
            report.verdict = Verdict::Invalid;
            let sentence = "the check could not tell a right gradient from wrong ones at these cases".to_string();
            report.find("controls", sentence);
        } else if report.unchecked > 0 {
            report.verdict = Verdict::Unchecked;
        }
    }
}
