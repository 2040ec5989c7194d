//! A case with its reference gradients, on which subjects are evaluated.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use ndarray::ArrayD;

use crate::evaluation::{Evaluation, OwnForward, Upstream, ask, old_operands};
use crate::function::Function;
use crate::guard::{Trouble, caught};
use crate::mistakes::hypotheses::{Hypothesis, hypotheses};
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
        let case = caught(|| subject.case(&mut draw)).map_err(|message| trouble("drawing a case", message))?;
        let x_old = old_operands(&case, &mut draw);
        Self::of(subject, case, x_old, &Upstream::Seed(seed), seed, coverage)
    }

    /// Computes the reference gradients of a given case.
    pub fn of(
        subject: &Arc<dyn Subject>,
        case: Case,
        x_old: Vec<ArrayD<f64>>,
        upstream: &Upstream,
        seed: u64,
        coverage: Coverage,
    ) -> Result<Self, Trouble> {
        let own = || -> Arc<dyn Function> {
            Arc::new(OwnForward {
                subject: Arc::clone(subject),
                case: case.clone(),
            })
        };
        let function = subject.function(&case).unwrap_or_else(own);
        let y = caught(|| function.value(&case.values())).map_err(|message| trouble("the definition", message))?;
        let [g_y, _] = upstream.of(y.shape());
        let mut draw = Draw::new(seed ^ 0x5bd1_e995, 3);
        let hypotheses = case.operands.iter().map(|_| OnceCell::new()).collect();
        let reference = Reference::new(case, x_old, y, g_y, function, coverage, &mut draw);
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

    /// Evaluates a subject at this case.
    pub fn ask(&self, subject: &Arc<dyn Subject>, limit: Duration) -> Result<Evaluation, Trouble> {
        let upstream = Upstream::Given(self.reference.g_y.clone());
        ask(
            subject,
            &self.reference.case,
            self.reference.x_old.clone(),
            upstream,
            limit,
        )
    }
}

fn trouble(stage: &'static str, message: String) -> Trouble {
    Trouble::Panicked { stage, message }
}
