//! The check of one subject: cases of all sizes, special values, every pattern of broadcasting, the controls, the
//! verdicts, what drivers and threads make of it, and for a wrong gradient the diagnosis.

mod explanation;
mod single;
mod verdict_counts;

use std::sync::Arc;

use crate::evaluation::options::{LARGER, Numbers, Options, seed_of, sizes_of};
use crate::evaluation::prepared_case::PreparedCase;
use crate::evaluation::{Evaluation, Upstream};
use crate::guard::{Trouble, caught, guarded};
use crate::laws;
use crate::protocol::explanation::explain;
use crate::protocol::verdict_counts::VerdictCounts;
use crate::report::{TargetReport, Verdict};
use crate::subject::special::{DrawnRange, SpecialValues, whole_operands};
use crate::subject::{Case, Kind, Subject};
use crate::verdict::approximation::approximation;
use crate::verdict::faults::{Cause, Fault, faults, is_beyond_rounding};
use crate::verdict::judge::{EntryVerdict, Uncontrolled, controls, judge_operand};
use crate::verdict::rounding::excuse;
use crate::witness::reference::{Coverage, FULL, Reference, STRATIFIED};
use tapegrad_core::op::Draw;

/// Checks one subject.
pub fn check(subject: &Arc<dyn Subject>, options: &Options) -> TargetReport {
    let mut check = Checker {
        subject,
        options,
        report: TargetReport::new(subject.name(), subject.kind()),
        counts: VerdictCounts::default(),
        whole: None,
    };
    if let Err(trouble) = check.all() {
        check.report.verdict = Verdict::Wrong;
        let is_endless = matches!(trouble, Trouble::Endless { .. });
        check
            .report
            .find(if is_endless { "endless" } else { "panic" }, trouble.to_string());
    }
    check.locate();
    let counts = std::mem::take(&mut check.counts);
    counts.conclude(&mut check.report);
    check.hint_at_ids();
    check.report
}

/// The state of a check while its cases are tried.
struct Checker<'c> {
    subject: &'c Arc<dyn Subject>,
    options: &'c Options,
    report: TargetReport,
    counts: VerdictCounts,
    /// The real operands that held whole numbers in all cases so far.
    whole: Option<Vec<String>>,
}

/// Special values are tried on this many drawn cases, of at most so many numbers each.
const SPECIAL: (usize, usize) = (3, 150);

impl Checker<'_> {
    /// Runs all parts of the check, and stops at the first wrong gradient.
    fn all(&mut self) -> Result<(), Trouble> {
        let (mut special, mut drawn) = (Vec::new(), DrawnRange::default());
        for number in 0..self.options.cases {
            let seed = seed_of(self.options.seed, number as u64);
            let prepared = self.drawn(seed, sizes_of(self.options, number))?;
            let case = prepared.reference.case.clone();
            drawn.note(&case);
            if (1..=SPECIAL.1).contains(&case.numbers()) && special.len() < SPECIAL.0 {
                special.push((case, seed));
            }
            self.case(prepared)?;
            if self.is_over() {
                return Ok(());
            }
        }
        let is_written_by_hand = matches!(self.subject.kind(), Kind::Op | Kind::Module);
        if self.options.numbers == Numbers::Double && is_written_by_hand && self.options.cases > 0 {
            self.larger()?;
            self.special(&special, &drawn)?;
        }
        if self.options.numbers == Numbers::Double && self.options.sizes.is_empty() && self.options.cases > 0 {
            self.patterns()?;
            self.properties();
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.report.verdict != Verdict::Pass
    }

    fn case(&mut self, prepared: PreparedCase) -> Result<(), Trouble> {
        self.report.cases += 1;
        self.counts.has_gradient |= prepared.reference.case.real().next().is_some();
        self.note_whole_operands(&prepared.reference.case);
        if self.options.numbers == Numbers::Single {
            return self.single(&prepared);
        }
        let mut evaluation = prepared.ask(self.subject, self.options.limit)?;
        evaluation.histories = prepared.ask_histories(self.subject, None, self.options.limit)?;
        if let Some(message) = &evaluation.once {
            let message = message.lines().next().unwrap_or_default();
            let sentence = format!(
                "backward() can run once only after each forward(), because it takes what forward() kept ({message}); a \
                 second call panics"
            );
            self.report.find("once", sentence);
        }
        if let Some(rounding) = prepared.reference.value_rounding {
            let digits = (-rounding.log10()).floor();
            let sentence = format!(
                "the values of forward() are right to {digits} digits, as in single precision (f32): backward() is compared \
                 with its slopes to 4 digits"
            );
            self.report.find("rounded values", sentence);
        }
        self.report.covered.note(&prepared.reference, &evaluation);
        let found = faults(&prepared.reference, &evaluation);
        if !self.is_wrong(&prepared.reference, &evaluation, &found) {
            return Ok(());
        }
        let excused = || {
            let excused = excuse(self.subject, &prepared, &evaluation, self.options.limit);
            let is_own = !prepared.reference.function.has_duals() && found.is_empty();
            excused.or_else(|| is_own.then(|| approximation(self.subject, self.options)).flatten())
        };
        if found.iter().all(|fault| fault.cause == Cause::Forward)
            && let Some(sentences) = excused()
        {
            for sentence in sentences {
                let about = sentence.split(' ').next().unwrap_or_default().to_string();
                self.report.find(&format!("rounding of {about}"), sentence);
            }
            return Ok(());
        }
        let (prepared, evaluation, found) = self.of_more_numbers(prepared, evaluation, found);
        self.wrong(prepared, evaluation, &found, None);
        Ok(())
    }

    /// A larger case for a gradient that is not linear in the upstream gradient: of one number it cannot be told what is
    /// added.
    fn of_more_numbers(
        &self,
        prepared: PreparedCase,
        evaluation: Evaluation,
        found: Vec<Fault>,
    ) -> (PreparedCase, Evaluation, Vec<Fault>) {
        let is_not_linear = |found: &[Fault]| found.iter().any(|fault| fault.cause == Cause::NotLinear);
        if prepared.reference.case.numbers() < 4 && is_not_linear(&found) {
            let larger = self.drawn(prepared.seed, vec![2, 3]);
            let evaluated = larger.and_then(|larger| Ok((larger.ask(self.subject, self.options.limit)?, larger)));
            if let Ok((evaluation, larger)) = evaluated {
                let of_larger = faults(&larger.reference, &evaluation);
                if is_not_linear(&of_larger) {
                    return (larger, evaluation, of_larger);
                }
            }
        }
        (prepared, evaluation, found)
    }

    /// What is wrong is said, with its explanation.
    fn wrong(
        &mut self,
        prepared: PreparedCase,
        evaluation: Evaluation,
        found: &[Fault],
        special: Option<(SpecialValues, &DrawnRange)>,
    ) {
        for fault in found {
            self.report.find(fault.cause.key(), fault.sentence.clone());
        }
        // A function that gives other values each time is not wrong, but cannot be differentiated.
        let is_dice = !found.is_empty() && found.iter().all(|fault| fault.cause == Cause::Dice);
        self.report.verdict = if is_dice { Verdict::Unchecked } else { Verdict::Wrong };
        explain(
            self.subject,
            (prepared, evaluation),
            (found, special),
            self.options,
            &mut self.report,
        );
    }

    /// More than 7 entries, and one row against many.
    fn larger(&mut self) -> Result<(), Trouble> {
        if !self.options.sizes.is_empty() {
            return Ok(());
        }
        for (number, sizes) in LARGER.into_iter().enumerate() {
            let prepared = self.drawn(seed_of(self.options.seed, 900 + number as u64), sizes.to_vec())?;
            self.case(prepared)?;
            if self.is_over() {
                break;
            }
        }
        Ok(())
    }

    /// Special values, where the function has a value and a slope there and the caller may have drawn them; what cannot
    /// be checked there is not counted.
    fn special(&mut self, cases: &[(Case, u64)], drawn: &DrawnRange) -> Result<(), Trouble> {
        for special in SpecialValues::ALL {
            for (case, seed) in cases {
                if self.is_over() {
                    return Ok(());
                }
                if let Some(case) = drawn.at(special, case) {
                    self.special_case(case, *seed, (special, drawn))?;
                }
            }
        }
        Ok(())
    }

    fn special_case(
        &mut self,
        case: Case,
        seed: u64,
        (special, drawn): (SpecialValues, &DrawnRange),
    ) -> Result<(), Trouble> {
        let (subject, upstream) = (Arc::clone(self.subject), Upstream::Seed(seed));
        let prepared = guarded(self.options.limit, move |_| {
            PreparedCase::of(&subject, case, &upstream, seed, FULL)
        });
        let Ok(Ok(prepared)) = prepared else { return Ok(()) };
        if !prepared.reference.y.iter().all(|y| y.is_finite()) {
            return Ok(());
        }
        // Outside of what a caller draws a module may refuse to work.
        let Ok(evaluation) = prepared.ask(self.subject, self.options.limit) else {
            return Ok(());
        };
        let reference = &prepared.reference;
        let found: Vec<Fault> = faults(reference, &evaluation)
            .into_iter()
            .filter(|fault| match fault.cause {
                Cause::NotFinite => reference.is_smooth(),
                Cause::Forward => is_beyond_rounding(reference, &evaluation),
                cause => cause == Cause::Ties,
            })
            .collect();
        let unit: f64 = reference.g_y.iter().map(|g| g.abs()).sum();
        let (mut is_wrong, mut passed) = (!found.is_empty(), 0);
        for operand in reference.case.real() {
            let Some(expected) = &reference.gradients[operand] else {
                continue;
            };
            if evaluation.g_x[operand].shape() != reference.case.operands[operand].value.shape() {
                continue;
            }
            for (entry, given, verdict) in judge_operand(&evaluation.g_x[operand], expected) {
                passed += usize::from(verdict == EntryVerdict::Pass);
                is_wrong |= verdict == EntryVerdict::Wrong && entry.is_certain(given, unit);
            }
        }
        self.report.covered.note_special(special, passed);
        let is_excused = || {
            found.iter().all(|fault| fault.cause == Cause::Forward)
                && excuse(self.subject, &prepared, &evaluation, self.options.limit).is_some()
        };
        if is_wrong && !is_excused() {
            let sentence = format!("it goes wrong at {}", special.text());
            self.report.find("special values", sentence);
            self.wrong(prepared, evaluation, &found, Some((special, drawn)));
        }
        Ok(())
    }

    /// Every pattern of broadcasting, each as a case of its own.
    fn patterns(&mut self) -> Result<(), Trouble> {
        let seed = self.options.seed;
        let mut draw = Draw::new(seed, 3);
        for case in self.subject.patterns(&mut draw) {
            if self.is_over() {
                break;
            }
            let prepared = PreparedCase::of(self.subject, case, &Upstream::Seed(seed), seed, FULL)?;
            self.case(prepared)?;
        }
        Ok(())
    }

    /// Checks the laws of ops, and that the number of threads changes nothing.
    fn properties(&mut self) {
        if self.subject.kind() != Kind::Op || self.is_over() {
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
    fn is_wrong(&mut self, reference: &Reference, evaluation: &Evaluation, found: &[Fault]) -> bool {
        let mut is_wrong = !found.is_empty();
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

    /// In which of its parts the fault sits, if the whole has parts.
    fn locate(&mut self) {
        if self.report.verdict != Verdict::Wrong {
            return;
        }
        let parts = self.subject.parts();
        let found: Vec<TargetReport> = parts.iter().map(|part| check(part, self.options)).collect();
        let wrong: Vec<&TargetReport> = found.iter().filter(|part| part.verdict == Verdict::Wrong).collect();
        if let Some(first) = wrong.first() {
            self.report.diagnosis.clone_from(&first.diagnosis);
            self.report.example.clone_from(&first.example);
        }
        for part in &wrong {
            let sentence = match (&part.diagnosis, part.findings.first()) {
                (Some(diagnosis), _) => diagnosis.sentence.clone(),
                (None, Some(finding)) => finding.sentence.clone(),
                (None, None) => "its gradient is wrong".to_string(),
            };
            self.report.find(
                &format!("in {}", part.name),
                format!("the fault sits in {}: {sentence}", part.name),
            );
        }
        if wrong.is_empty() && !parts.is_empty() {
            let sentence = "each part by itself is right: the fault is in how they are put together".to_string();
            self.report.find("parts", sentence);
        }
    }

    fn note_whole_operands(&mut self, case: &Case) {
        if case.numbers() == 0 {
            return;
        }
        let now: Vec<String> = whole_operands(case)
            .iter()
            .map(|&i| case.operands[i].name.clone())
            .collect();
        let known = self.whole.take().unwrap_or_else(|| now.clone());
        self.whole = Some(known.into_iter().filter(|name| now.contains(name)).collect());
    }

    /// Real operands that are whole numbers in every case may be ids, which have no gradient.
    fn hint_at_ids(&mut self) {
        if self.report.verdict == Verdict::Pass || self.subject.kind() != Kind::Module {
            return;
        }
        for name in self.whole.take().unwrap_or_default() {
            let sentence = format!(
                "{name} holds whole numbers in every case, and is checked as a real operand: if they are ids or a mask, say \
                 so with `with_data(\"{name}\", OperandKind::Id, ..)`, and no gradient is expected"
            );
            self.report.find("ids", sentence);
        }
    }

    fn drawn(&self, seed: u64, sizes: Vec<usize>) -> Result<PreparedCase, Trouble> {
        let coverage = if self.subject.kind() == Kind::Model {
            STRATIFIED
        } else {
            FULL
        };
        prepare(self.subject, seed, sizes, coverage, self.options)
    }
}

/// Draws a case with its reference, each call under the time limit.
fn prepare(
    subject: &Arc<dyn Subject>,
    seed: u64,
    sizes: Vec<usize>,
    coverage: Coverage,
    options: &Options,
) -> Result<PreparedCase, Trouble> {
    let own = Arc::clone(subject);
    guarded(options.limit, move |stage| {
        stage.enter("drawing a case");
        PreparedCase::draw(&own, seed, &sizes, coverage)
    })?
}
