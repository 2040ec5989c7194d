//! The check of one subject: cases of all sizes, every pattern of broadcasting, the controls, the verdicts, what drivers
//! and threads make of it, and for a wrong gradient the diagnosis.

mod explanation;
mod verdict_counts;

use std::sync::Arc;
use std::time::Duration;

use crate::evaluation::options::{Numbers, Options, seed_of, sizes_of};
use crate::evaluation::prepared_case::PreparedCase;
use crate::evaluation::{Evaluation, Upstream, old_operands};
use crate::guard::{Trouble, caught, guarded};
use crate::laws;
use crate::protocol::explanation::explain;
use crate::protocol::verdict_counts::VerdictCounts;
use crate::report::{TargetReport, Verdict};
use crate::subject::{Kind, Subject};
use crate::verdict::judge::{EntryVerdict, Uncontrolled, controls, faults, judge_operand};
use crate::verdict::single_precision;
use crate::witness::reference::{Coverage, FULL, Reference, STRATIFIED};
use tapegrad_core::op::Draw;

/// Checks one subject.
pub fn check(subject: &Arc<dyn Subject>, options: &Options) -> TargetReport {
    let mut check = Checker {
        subject,
        options,
        report: TargetReport::new(subject.name(), subject.kind()),
        counts: VerdictCounts::default(),
    };
    if let Err(trouble) = check.all() {
        check.report.verdict = Verdict::Wrong;
        let is_endless = matches!(trouble, Trouble::Endless { .. });
        check
            .report
            .find(if is_endless { "endless" } else { "panic" }, trouble.to_string());
    }
    let mut report = check.report;
    check.counts.conclude(&mut report);
    report
}

/// The state of a check while its cases are tried.
struct Checker<'c> {
    subject: &'c Arc<dyn Subject>,
    options: &'c Options,
    report: TargetReport,
    counts: VerdictCounts,
}

impl Checker<'_> {
    /// Runs all parts of the check, and stops at the first wrong gradient.
    fn all(&mut self) -> Result<(), Trouble> {
        for number in 0..self.options.cases {
            let seed = seed_of(self.options.seed, number as u64);
            let prepared = self.drawn(seed, sizes_of(self.options, number))?;
            self.case(prepared)?;
            if self.report.verdict == Verdict::Wrong {
                return Ok(());
            }
        }
        if self.options.numbers == Numbers::Double && self.options.sizes.is_empty() {
            self.patterns()?;
            self.properties();
        }
        Ok(())
    }

    fn case(&mut self, prepared: PreparedCase) -> Result<(), Trouble> {
        self.report.cases += 1;
        if self.options.numbers == Numbers::Single {
            return self.single(&prepared);
        }
        let evaluation = prepared.ask(self.subject, self.options.limit)?;
        if self.is_wrong(&prepared.reference, &evaluation) {
            self.report.verdict = Verdict::Wrong;
            explain(self.subject, prepared, evaluation, self.options, &mut self.report);
        }
        Ok(())
    }

    /// Every pattern of broadcasting, each as a case of its own.
    fn patterns(&mut self) -> Result<(), Trouble> {
        let seed = self.options.seed;
        let mut draw = Draw::new(seed, 3);
        for case in self.subject.patterns(&mut draw) {
            let x_old = old_operands(&case, &mut draw);
            let prepared = PreparedCase::of(self.subject, case, x_old, &Upstream::Seed(seed), seed, FULL)?;
            self.case(prepared)?;
            if self.report.verdict == Verdict::Wrong {
                break;
            }
        }
        Ok(())
    }

    /// Checks the laws of ops, and that the number of threads changes nothing.
    fn properties(&mut self) {
        if self.subject.kind() != Kind::Op || self.report.verdict == Verdict::Wrong {
            return;
        }
        let (name, seed) = (self.subject.name(), self.options.seed);
        let laws = caught(|| laws::check(&name, seed, 3));
        let threads = caught(|| laws::same_on_any_number_of_threads(&name, seed));
        for (cause, outcome) in [("law", laws), ("threads", threads)] {
            if let Err(why) | Ok(Err(why)) = outcome {
                self.report.verdict = Verdict::Wrong;
                self.report.find(cause, why);
            }
        }
    }

    /// Judges everything that a subject computed at one case.
    fn is_wrong(&mut self, reference: &Reference, evaluation: &Evaluation) -> bool {
        let found = faults(reference, evaluation);
        let mut is_wrong = !found.is_empty();
        for fault in found {
            self.report.find(fault.cause, fault.sentence);
        }
        for operand in reference.case.real() {
            let Some(expected) = &reference.gradients[operand] else {
                continue;
            };
            if evaluation.g_x[operand].shape() != reference.case.operands[operand].value.shape() {
                continue;
            }
            match controls(expected) {
                Ok(Some(share)) => {
                    self.counts.controlled += 1;
                    self.report.resolution = self.report.resolution.max(share);
                }
                Ok(None) => {}
                Err(Uncontrolled) => self.counts.uncontrolled += 1,
            }
            for (entry, analytic, verdict) in judge_operand(&evaluation.g_x[operand], expected) {
                self.counts.count(verdict);
                self.report.note(&entry, analytic, verdict, expected.scale);
                is_wrong |= verdict == EntryVerdict::Wrong;
            }
        }
        is_wrong
    }

    /// One case in single precision.
    fn single(&mut self, from: &PreparedCase) -> Result<(), Trouble> {
        let prepared = single_precision::prepared(self.subject, from)?;
        let reference = &prepared.reference;
        let Some(g_x) = single_precision::evaluation(self.subject, reference, self.options.limit)? else {
            self.report.verdict = Verdict::Unchecked;
            self.report
                .find("single", "it has no form in single precision".to_string());
            return Ok(());
        };
        for operand in reference.case.real() {
            let Some(expected) = &reference.gradients[operand] else {
                continue;
            };
            let (verdicts, hidden) = single_precision::judge(&g_x[operand], expected);
            self.report.resolution = self.report.resolution.max(hidden);
            self.counts.controlled += 1;
            let given: Vec<f64> = g_x[operand].iter().copied().collect();
            for (i, verdict) in verdicts.into_iter().enumerate() {
                self.counts.count(verdict);
                self.report.entries += 1;
                if let Some(entry) = expected.entries.get(i) {
                    let error = (given[entry.index] - entry.best()).abs() / expected.scale.max(f64::MIN_POSITIVE);
                    self.report.worst_error = self.report.worst_error.max(error);
                }
                if verdict == EntryVerdict::Wrong {
                    self.report.verdict = Verdict::Wrong;
                    let name = &reference.case.operands[operand].name;
                    let sentence = "differs from the witnesses by more than rounding in single precision can do";
                    self.report
                        .find("single", format!("g_{name} {sentence} (seed {})", prepared.seed));
                }
            }
        }
        Ok(())
    }

    fn drawn(&self, seed: u64, sizes: Vec<usize>) -> Result<PreparedCase, Trouble> {
        let coverage = if self.subject.kind() == Kind::Model {
            STRATIFIED
        } else {
            FULL
        };
        prepare(self.subject, seed, sizes, coverage, self.options.limit)
    }
}

/// Draws a case, running the forward() of a module without a definition once under the time limit.
fn prepare(
    subject: &Arc<dyn Subject>,
    seed: u64,
    sizes: Vec<usize>,
    coverage: Coverage,
    limit: Duration,
) -> Result<PreparedCase, Trouble> {
    let own = Arc::clone(subject);
    let first = guarded(limit, move |stage| {
        stage.enter("forward()");
        let mut draw = Draw::of_sizes(seed, sizes.iter().copied());
        let case = own.case(&mut draw);
        if own.function(&case).is_none() {
            crate::evaluation::run_forward(&mut *own.module(&case), &case, &case.values());
        }
        sizes
    });
    PreparedCase::draw(subject, seed, &first?, coverage)
}
