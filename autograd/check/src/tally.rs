//! What is counted over all cases of a subject, and the verdict that follows from it.

use std::collections::BTreeMap;

use super::judge::{EntryVerdict, Reason};
use super::report::{TargetReport, Verdict};

/// What was counted over all cases.
#[derive(Default)]
pub(super) struct Tally {
    unchecked: BTreeMap<Reason, usize>,
    pub(super) controlled: usize,
    pub(super) uncontrolled: usize,
}

impl Tally {
    pub(super) fn count(&mut self, verdict: EntryVerdict) {
        if let EntryVerdict::Unchecked(reason) = verdict {
            *self.unchecked.entry(reason).or_default() += 1;
        }
    }

    pub(super) fn conclude(self, report: &mut TargetReport) {
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
