//! Learning from a teacher: a trained model's probabilities stand beside the labels.
//!
//! **Formula**: `J = (1 - w) CE + w T² / n sum over labels t and tokens v of -p_tv log q_tv` with `p = softmax(y / T)` of the
//! teacher's logits, `q = softmax(z / T)` of the student's, and n labels. The factor `T²` keeps the size of the gradient.
//! Source: Hinton, Vinyals and Dean 2015, section 2; deck S3, distillation; LECTURES row G9.

use crate::corpus::{Batch, NO_LABEL};
use crate::decode::softmax;
use crate::language_model::{AnyLanguageModel, Rows};
use serde::{Deserialize, Serialize};
use tapegrad_core::{Var, ops};

/// How much a teacher counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distillation {
    /// The share of the loss that is the teacher's, `w`.
    pub weight: f64,
    /// What both models' logits are divided by, `T`.
    pub temperature: f64,
}

impl Default for Distillation {
    fn default() -> Self {
        Self {
            weight: 0.5,
            temperature: 2.0,
        }
    }
}

/// `T²` times the cross-entropy of the student with the targets, which hold `p / n`.
pub(crate) fn soft_loss<'t>(logits: Var<'t>, targets: Var<'t>, temperature: f64) -> Var<'t> {
    let log_q = ops::log_softmax(logits * temperature.recip(), -1);
    (targets * log_q).sum() * -temperature.powi(2)
}

/// A model that teaches.
pub struct Teacher<'m> {
    model: &'m dyn AnyLanguageModel,
    temperature: f64,
    /// The sequences of a batch, read side by side.
    rows: Option<(usize, Box<dyn Rows + 'm>)>,
}

impl<'m> Teacher<'m> {
    /// A model that teaches at this temperature.
    pub fn new(model: &'m dyn AnyLanguageModel, temperature: f64) -> Self {
        Self {
            model,
            temperature,
            rows: None,
        }
    }

    /// `p / n` of each token at each position of a batch, `[B, T, V]`; 0 where there is no label.
    pub fn targets(&mut self, batch: &Batch) -> Vec<f32> {
        let (rows, time, size) = (batch.rows(), batch.time(), self.model.any_vocabulary());
        if self.rows.as_ref().is_none_or(|(own, _)| *own != rows) {
            self.rows = Some((rows, self.model.any_start_rows(rows)));
        }
        let (_, reader) = self.rows.as_mut().expect("they were begun just now");
        reader.forget();
        let mut targets = vec![0.0; rows * time * size];
        let count = batch.label_count() as f64;
        for t in 0..time {
            let tokens: Vec<_> = (0..rows).map(|row| Some(batch.inputs()[row * time + t])).collect();
            for (row, logits) in reader.next(&tokens).into_iter().enumerate() {
                let at = row * time + t;
                if let (Some(logits), true) = (logits, batch.labels()[at] != NO_LABEL) {
                    let probs = softmax(logits.values(), self.temperature);
                    let place = &mut targets[at * size..(at + 1) * size];
                    place
                        .iter_mut()
                        .zip(probs)
                        .for_each(|(place, p)| *place = (p / count) as f32);
                }
            }
        }
        targets
    }
}
