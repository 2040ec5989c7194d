//! What is counted over all cases of a subject, and the verdict that follows from it.

use std::collections::BTreeMap;

use crate::report::{TargetReport, Verdict};
use crate::verdict::judge::{EntryVerdict, Reason};

/// The verdicts on entries and the outcomes of the controls, counted over all cases.
#[derive(Default)]
pub(crate) struct VerdictCounts {
    unchecked: BTreeMap<Reason, usize>,
    pub(crate) controlled: usize,
    pub(crate) uncontrolled: usize,
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
