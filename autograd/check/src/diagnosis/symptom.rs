//! What is wrong, so that it can be recognised at another case: it must stay the same while the case shrinks.

use std::sync::Arc;
use std::time::Duration;

use crate::diagnosis::diagnose::{SAME, is_wrong};
use crate::diagnosis::pattern::Pattern;
use crate::evaluation::Evaluation;
use crate::evaluation::history::History;
use crate::evaluation::prepared_case::PreparedCase;
use crate::guard::Trouble;
use crate::mistakes::Mistake;
use crate::mistakes::hypotheses::residual_above;
use crate::subject::Subject;
use crate::verdict::faults::{Cause, faults};

/// The failure that must stay the same while a case shrinks.
#[derive(Clone, Debug)]
pub enum Symptom {
    /// The gradient of an operand is wrong as this mistake makes it.
    Mistake(String, Mistake),
    /// The gradient of an operand is wrong in these places.
    Wrong(String, Pattern),
    /// Something else is wrong: its kind, and the calls that show it.
    Fault(Cause, Option<History>),
}

impl Symptom {
    /// True if the subject shows the same failure at this case.
    pub fn is_shown(&self, prepared: &PreparedCase, evaluation: &Evaluation) -> bool {
        let operand = |name: &String| {
            let operands = &prepared.reference.case.operands;
            let at = operands.iter().position(|x| x.name == *name)?;
            is_wrong(prepared, evaluation, at).then_some(at)
        };
        match self {
            Self::Mistake(name, mistake) => operand(name).is_some_and(|at| {
                let floor = 100.0 * prepared.reference.rounding_of(at);
                let gradient = prepared.gradient_of(mistake, at);
                gradient.is_some_and(|h| residual_above(&evaluation.g_x[at], &h, floor) <= SAME)
            }),
            Self::Wrong(name, pattern) => operand(name).is_some_and(|at| pattern.is_at(prepared, evaluation, at)),
            Self::Fault(cause, _) => faults(&prepared.reference, evaluation)
                .iter()
                .any(|fault| fault.cause == *cause),
        }
    }

    /// Evaluates a subject at a case as far as the failure needs it.
    ///
    /// **Errors** as [`PreparedCase::ask`].
    pub fn ask(
        &self,
        subject: &Arc<dyn Subject>,
        prepared: &PreparedCase,
        limit: Duration,
    ) -> Result<Evaluation, Trouble> {
        let mut evaluation = prepared.ask(subject, limit)?;
        if let Self::Fault(_, Some(history)) = self {
            evaluation.histories = prepared.ask_histories(subject, Some(*history), limit)?;
        }
        Ok(evaluation)
    }

    /// The operand whose gradient is wrong, if the failure is about one.
    pub fn operand(&self) -> Option<&str> {
        match self {
            Self::Mistake(name, _) | Self::Wrong(name, _) => Some(name),
            Self::Fault(..) => None,
        }
    }
}
