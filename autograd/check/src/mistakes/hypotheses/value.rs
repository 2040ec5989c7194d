//! The right derivative of something else: at the operands of an earlier call, with shifted ids, with another mask.

use ndarray::ArrayD;

use super::Hypotheses;
use super::arrays::rolled;
use crate::guard::caught;
use crate::mistakes::Description;
use crate::subject::CaseOperand;
use crate::witness::reference::Reference;
use tapegrad_core::op::OperandKind;

/// The derivative is the right one, but at other values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueMistake {
    /// The gradient belongs to the forward() before.
    Stale,
    /// All ids are larger by 1.
    IdsLarger(String),
    /// All ids are smaller by 1.
    IdsSmaller(String),
    /// Ids stand one place later.
    IdsLater(String),
    /// Ids stand one place earlier.
    IdsEarlier(String),
    /// A mask is ignored.
    MaskIgnored(String),
    /// A mask is inverted.
    MaskInverted(String),
}

impl ValueMistake {
    pub(crate) fn description(&self) -> Description {
        let ids = |cause: String, sentence: String| Description::new(1.5, cause, sentence);
        match self {
            Self::Stale => Description::new(
                1.5,
                "stale",
                "it belonged to the forward() before: a cache is not renewed",
            ),
            Self::IdsLarger(name) => ids(format!("{name} + 1"), format!("all {name} were larger by 1")),
            Self::IdsSmaller(name) => ids(format!("{name} - 1"), format!("all {name} were smaller by 1")),
            Self::IdsLater(name) => ids(format!("{name} shifted 1"), format!("{name} stood one place later")),
            Self::IdsEarlier(name) => ids(format!("{name} shifted -1"), format!("{name} stood one place earlier")),
            Self::MaskIgnored(name) => Description::new(
                1.5,
                format!("{name} ignored"),
                format!("{name} were ignored: everything counts"),
            ),
            Self::MaskInverted(name) => {
                Description::new(1.6, format!("{name} inverted"), format!("{name} were inverted"))
            }
        }
    }
}

impl Hypotheses {
    /// The right derivative at other values: a stale cache, shifted ids, another mask.
    pub(super) fn of_other_values(&mut self, reference: &Reference, operand: usize) {
        self.add_at(ValueMistake::Stale, reference, operand, &reference.x_old);
        for (i, data) in reference.case.operands.iter().enumerate() {
            let changes = match data.kind {
                OperandKind::Real => continue,
                OperandKind::Id => changed_ids(data),
                _ => changed_mask(data),
            };
            for (mistake, value) in changes {
                let mut x = reference.case.values();
                x[i] = value;
                self.add_at(mistake, reference, operand, &x);
            }
        }
    }

    fn add_at(&mut self, mistake: ValueMistake, reference: &Reference, operand: usize, x: &[ArrayD<f64>]) {
        if let Some(gradient) = gradient_at(reference, operand, x) {
            self.add(mistake, gradient);
        }
    }
}

/// Ids that are off by one, or stand one place off.
fn changed_ids(data: &CaseOperand) -> Vec<(ValueMistake, ArrayD<f64>)> {
    let ids = &data.value;
    let name = || data.name.clone();
    let most = ids.iter().fold(0.0, |most: f64, id| most.max(*id));
    let mut changes = vec![
        (ValueMistake::IdsLarger(name()), ids.mapv(|id| (id + 1.0).min(most))),
        (ValueMistake::IdsSmaller(name()), ids.mapv(|id| (id - 1.0).max(0.0))),
    ];
    if let Some(axis) = ids.ndim().checked_sub(1) {
        changes.push((ValueMistake::IdsLater(name()), rolled(ids, axis, 1)));
        changes.push((ValueMistake::IdsEarlier(name()), rolled(ids, axis, -1)));
    }
    changes
}

/// A mask that lets everything through, or the opposite of what it should.
fn changed_mask(data: &CaseOperand) -> Vec<(ValueMistake, ArrayD<f64>)> {
    let (mask, name) = (&data.value, || data.name.clone());
    let turned = mask.mapv(|m| if m == 0.0 { 1.0 } else { 0.0 });
    vec![
        (ValueMistake::MaskIgnored(name()), mask.mapv(|_| 1.0)),
        (ValueMistake::MaskInverted(name()), turned),
    ]
}

/// The gradient of the function at other operands, by dual numbers.
fn gradient_at(reference: &Reference, operand: usize, x: &[ArrayD<f64>]) -> Option<ArrayD<f64>> {
    let columns = x[operand].len();
    let mut gradient = Vec::with_capacity(columns);
    for j in 0..columns {
        let mut v = vec![0.0; columns];
        v[j] = 1.0;
        let tangent = caught(|| reference.function.along(x, operand, &v)).ok().flatten()?;
        let weighted = tangent.iter().zip(&reference.g_y);
        gradient.push(weighted.map(|(t, g)| if *t == 0.0 { 0.0 } else { t * g }).sum());
    }
    ArrayD::from_shape_vec(x[operand].raw_dim(), gradient).ok()
}
