//! What is counted over all cases of a subject, and the verdict that follows from it.

use std::collections::BTreeMap;

use crate::report::{TargetReport, Verdict};
use crate::subject::Kind;
use crate::verdict::judge::{EntryVerdict, Reason};

/// The verdicts on entries and the outcomes of the controls, counted over all cases.
#[derive(Default)]
pub(crate) struct VerdictCounts {
    unchecked: BTreeMap<Reason, usize>,
    pub(crate) controlled: usize,
    pub(crate) uncontrolled: usize,
    /// True if some operand of some case has a gradient.
    pub(crate) has_gradient: bool,
}

impl VerdictCounts {
    pub(crate) fn count(&mut self, verdict: EntryVerdict) {
        if let EntryVerdict::Unchecked(reason) = verdict {
            *self.unchecked.entry(reason).or_default() += 1;
        }
    }

    pub(crate) fn conclude(self, report: &mut TargetReport) {
        report.unchecked = self.unchecked.values().sum();
        for (reason, count) in &self.unchecked {
            report.find(
                reason.cause(),
                format!("{count} of {} entries are unchecked: {}", report.entries, reason.text()),
            );
        }
        if report.verdict != Verdict::Pass {
            return;
        }
        if report.entries == 0 {
            // Such an op says itself that it has none; its laws were checked.
            if report.kind == Kind::Op && report.cases > 0 && !self.has_gradient {
                report.find(
                    "nothing",
                    "it has no gradient: none of its operands is real".to_string(),
                );
                return;
            }
            report.verdict = Verdict::Unchecked;
            let why = match (report.cases, self.has_gradient) {
                (0, _) => "no case was tried",
                (_, true) => "the operands of all cases are empty",
                (_, false) => "no operand has a gradient: all are ids, masks or other data",
            };
            report.find("nothing", format!("nothing was compared: {why}"));
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
