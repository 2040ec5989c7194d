//! The right gradient with one factor more or less, made of numbers that lie beside it: the operand, another operand or
//! data of its shape, the result of its row.

use ndarray::ArrayD;

use super::{Hypotheses, beside};
use crate::mistakes::Description;
use crate::witness::jacobian::Jacobian;

/// A factor too much or too little in each entry of the gradient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OtherFactor {
    /// The factor as a formula.
    formula: String,
    /// Whether it is missing.
    is_missing: bool,
}

impl OtherFactor {
    pub(crate) fn description(&self) -> Description {
        let Self { formula, is_missing } = self;
        let letters = match formula.split(|c: char| !c.is_alphanumeric()).any(|word| word == "y") {
            true => ", where y is the output",
            false => "",
        };
        match is_missing {
            true => Description::new(
                2.32,
                format!("gradient lacks {formula}"),
                format!("{{g}} lacks the factor {formula}{letters}: it is divided by it"),
            )
            .with_hint("{g} lacks a factor"),
            false => Description::new(
                2.31,
                format!("gradient times {formula}"),
                format!(
                    "{{g}} has the extra factor {formula}, which does not belong there or counts once more{letters}"
                ),
            ),
        }
    }
}

/// Factors of one number `v`: their text, in which `v` is replaced by its name.
const FACTORS: [(&str, fn(f64) -> f64); 6] = [
    ("v", |v| v),
    ("1 - v", |v| 1.0 - v),
    ("v (1 - v)", |v| v * (1.0 - v)),
    ("v^2", |v| v * v),
    ("sigmoid(v) (1 - sigmoid(v))", |v| {
        let s = 1.0 / (1.0 + (-v).exp());
        s * (1.0 - s)
    }),
    ("sqrt(v)", f64::sqrt),
];

impl Hypotheses {
    /// Each entry multiplied or divided by a factor of its own.
    pub(super) fn of_other_factors(&mut self, jacobian: &Jacobian<'_>) {
        let n = &jacobian.right;
        let reference = jacobian.reference;
        let operands = reference.case.operands.iter();
        let mut sources: Vec<(&str, ArrayD<f64>)> = operands
            .filter_map(|operand| Some((operand.name.as_str(), factor(&operand.value, n.shape())?)))
            .collect();
        sources.extend(factor(&reference.y, n.shape()).map(|y| ("y", y)));
        for (name, v) in sources {
            for (text, f) in FACTORS {
                let formula = text.replace('v', name);
                let factor = v.mapv(f);
                let times = |is_missing| OtherFactor {
                    formula: formula.clone(),
                    is_missing,
                };
                self.add(times(false), n * &factor);
                self.add(times(true), n / &factor);
            }
        }
    }
}

/// What may be a factor of each entry: more than one number, of the shape of the gradient or one for each row.
fn factor(v: &ArrayD<f64>, shape: &[usize]) -> Option<ArrayD<f64>> {
    let is_of_rows = v.ndim() + 1 == shape.len() && v.shape() == &shape[..v.ndim()];
    (v.len() > 1 && (v.ndim() == shape.len() || is_of_rows))
        .then(|| beside(v, shape))
        .flatten()
}
