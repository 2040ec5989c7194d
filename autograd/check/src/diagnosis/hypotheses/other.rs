//! The right derivative of something else: at other values, or of the graph with one thing wrong in it.

use ndarray::ArrayD;

use super::arrays::rolled;
use super::{Hypotheses, residual};
use crate::diagnosis::expanded_graph::GraphEdit;
use crate::subject::guard::caught;
use crate::witness::jacobian::Jacobian;
use crate::witness::reference::Reference;
use tapegrad_core::op::OperandKind;

impl Hypotheses {
    /// The right derivative at other values: a stale cache, shifted ids, another mask.
    pub(super) fn of_other_values(&mut self, reference: &Reference, operand: usize) {
        let at = |hypotheses: &mut Self, cost: f64, key: String, sentence: String, x: &[ArrayD<f64>]| {
            if let Some(gradient) = gradient_at(reference, operand, x) {
                hypotheses.add(cost, key, sentence, gradient);
            }
        };
        at(
            self,
            1.5,
            "stale".into(),
            "it belonged to the forward() before: a cache is not renewed".into(),
            &reference.x_old,
        );
        for (i, data) in reference
            .case
            .operands
            .iter()
            .enumerate()
            .filter(|(_, data)| data.kind != OperandKind::Real)
        {
            let with = |change: &dyn Fn(&ArrayD<f64>) -> ArrayD<f64>| {
                let mut x = reference.case.values();
                x[i] = change(&x[i]);
                x
            };
            let name = &data.name;
            if data.kind == OperandKind::Id {
                let most = data.value.iter().fold(0.0, |most: f64, id| most.max(*id));
                let up = with(&|ids| ids.mapv(|id| (id + 1.0).min(most)));
                at(
                    self,
                    1.5,
                    format!("{name} + 1"),
                    format!("all {name} were larger by 1"),
                    &up,
                );
                let down = with(&|ids| ids.mapv(|id| (id - 1.0).max(0.0)));
                at(
                    self,
                    1.5,
                    format!("{name} - 1"),
                    format!("all {name} were smaller by 1"),
                    &down,
                );
                for (by, text) in [(1, "later"), (-1, "earlier")] {
                    if let Some(axis) = data.value.ndim().checked_sub(1) {
                        let moved = with(&|ids| rolled(ids, axis, by));
                        at(
                            self,
                            1.5,
                            format!("{name} shifted {by}"),
                            format!("{name} stood one place {text}"),
                            &moved,
                        );
                    }
                }
            } else {
                let open = with(&|mask| mask.mapv(|_| 1.0));
                at(
                    self,
                    1.5,
                    format!("{name} ignored"),
                    format!("{name} were ignored: everything counts"),
                    &open,
                );
                let turned = with(&|mask| mask.mapv(|m| if m == 0.0 { 1.0 } else { 0.0 }));
                at(
                    self,
                    1.6,
                    format!("{name} inverted"),
                    format!("{name} were inverted"),
                    &turned,
                );
            }
        }
    }

    /// The graph of the function with one thing wrong in it.
    pub(super) fn of_the_graph(&mut self, reference: &Reference, operand: usize, jacobian: &Jacobian<'_>) {
        let x = reference.case.values();
        let Some(opened) = caught(|| reference.function.opened(&x)).ok().flatten() else {
            return;
        };
        let is_right = opened
            .gradient(operand, &reference.g_y, None)
            .is_some_and(|g| residual(&g, &jacobian.right) < 1e-6);
        if !is_right {
            return;
        }
        for (edit, sentence) in opened.edits() {
            let cost = match edit {
                GraphEdit::Drop(_) => 1.3,
                GraphEdit::LastUse(_) | GraphEdit::FirstUse(_) => 1.35,
                GraphEdit::Negate(_) => 1.6,
                GraphEdit::PassOn(_) => 1.7,
                GraphEdit::OwnFactor(_) => 1.8,
                GraphEdit::Double(_) => 1.9,
            };
            if let Some(gradient) = opened.gradient(operand, &reference.g_y, Some(&edit)) {
                self.add(cost, edit.to_string(), sentence, gradient);
            }
        }
        for (key, sentence, twin) in opened.variants() {
            if let Some(gradient) = twin.gradient(operand, &reference.g_y, None) {
                self.add(1.5, format!("variant {key}"), sentence, gradient);
            }
        }
    }
}

/// The gradient of the function at other operands, by dual numbers.
fn gradient_at(reference: &Reference, operand: usize, x: &[ArrayD<f64>]) -> Option<ArrayD<f64>> {
    let columns = x[operand].len();
    let mut gradient = Vec::with_capacity(columns);
    for j in 0..columns {
        let mut v = vec![0.0; columns];
        v[j] = 1.0;
        let tangent = caught(|| reference.function.along(x, operand, &v)).ok().flatten()?;
        gradient.push(
            tangent
                .iter()
                .zip(&reference.g_y)
                .map(|(t, g)| if *t == 0.0 { 0.0 } else { t * g })
                .sum(),
        );
    }
    ArrayD::from_shape_vec(x[operand].raw_dim(), gradient).ok()
}
