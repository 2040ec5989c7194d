//! A case with its reference gradients, on which subjects are evaluated.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use ndarray::ArrayD;

use crate::evaluation::history::History;
use crate::evaluation::{Evaluation, OwnForward, Upstream, ask, ask_histories};
use crate::function::Function;
use crate::guard::{CASE, Trouble, caught, trace};
use crate::mistakes::Mistake;
use crate::mistakes::hypotheses::{Hypothesis, gradient_of, hypotheses};
use crate::subject::{Case, Subject};
use crate::witness::reference::{Coverage, Reference};
use tapegrad_core::op::Draw;

/// A case with its reference gradients, and with the hypotheses about each operand, computed on first use.
pub struct PreparedCase {
    /// The case with its reference gradients.
    pub reference: Reference,
    /// The seed that the case was drawn from.
    pub seed: u64,
    hypotheses: Vec<OnceCell<Vec<Hypothesis>>>,
}

impl PreparedCase {
    /// Draws a case from a seed and computes its reference gradients.
    ///
    /// **Errors** if the subject cannot draw a case or its definition has no value there.
    pub fn draw(subject: &Arc<dyn Subject>, seed: u64, sizes: &[usize], coverage: Coverage) -> Result<Self, Trouble> {
        let mut draw = Draw::of_sizes(seed, sizes.iter().copied());
        trace(|| "drawing a case".to_string());
        let case = caught(|| subject.case(&mut draw)).map_err(|message| trouble("drawing a case", message))?;
        Self::of(subject, case, &Upstream::Seed(seed), seed, coverage)
    }

    /// Computes the reference gradients of a given case.
    pub fn of(
        subject: &Arc<dyn Subject>,
        case: Case,
        upstream: &Upstream,
        seed: u64,
        coverage: Coverage,
    ) -> Result<Self, Trouble> {
        trace(|| format!("{CASE}{}", case.text()));
        let own = || -> Arc<dyn Function> {
            Arc::new(OwnForward {
                subject: Arc::clone(subject),
                case: case.clone(),
            })
        };
        let (function, stage) = match subject.function(&case) {
            Some(function) => (function, "the definition"),
            None => (own(), "forward()"),
        };
        trace(|| stage.to_string());
        let y = caught(|| function.value(&case.values())).map_err(|message| trouble(stage, message))?;
        let [g_y, _] = upstream.of(y.shape());
        let mut draw = Draw::new(seed ^ 0x5bd1_e995, 3);
        let hypotheses = case.operands.iter().map(|_| OnceCell::new()).collect();
        let reference = Reference::new(case, y, g_y, function, coverage, &mut draw);
        Ok(Self {
            reference,
            seed,
            hypotheses,
        })
    }

    /// The gradients that mistakes with one operand would give at this case.
    pub fn hypotheses(&self, operand: usize) -> &[Hypothesis] {
        self.hypotheses[operand].get_or_init(|| hypotheses(&self.reference, operand))
    }

    /// The gradient that one mistake would give at this case; `None` if it cannot be made here.
    pub(crate) fn gradient_of(&self, mistake: &Mistake, operand: usize) -> Option<ArrayD<f64>> {
        if let Some(all) = self.hypotheses[operand].get() {
            let h = all.iter().find(|h| h.mistake == *mistake)?;
            return Some(h.gradient.clone());
        }
        gradient_of(&self.reference, operand, mistake)
    }

    /// Evaluates a subject at this case.
    pub fn ask(&self, subject: &Arc<dyn Subject>, limit: Duration) -> Result<Evaluation, Trouble> {
        let upstream = Upstream::Given(self.reference.g_y.clone());
        ask(subject, &self.reference.case, upstream, limit)
    }

    /// Evaluates a subject at this case after other calls.
    pub(crate) fn ask_histories(
        &self,
        subject: &Arc<dyn Subject>,
        wanted: Option<History>,
        limit: Duration,
    ) -> Result<Vec<(History, crate::evaluation::calls::Calls)>, Trouble> {
        let reference = &self.reference;
        ask_histories(subject, &reference.case, &reference.g_y, wanted, (self.seed, limit))
    }
}

fn trouble(stage: &'static str, message: String) -> Trouble {
    Trouble::Panicked { stage, message }
}
