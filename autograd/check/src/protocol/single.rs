//! The check of one case in single precision.

use super::Checker;
use crate::evaluation::prepared_case::PreparedCase;
use crate::guard::Trouble;
use crate::report::Verdict;
use crate::verdict::judge::EntryVerdict;
use crate::verdict::single_precision;

impl Checker<'_> {
    /// One case in single precision.
    pub(super) fn single(&mut self, from: &PreparedCase) -> Result<(), Trouble> {
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
}
