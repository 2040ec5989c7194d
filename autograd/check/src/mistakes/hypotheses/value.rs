//! The right derivative of something else: at the operands of an earlier call, with shifted ids, with another mask.

use ndarray::ArrayD;

use super::Hypotheses;
use super::arrays::{reversed, rolled};
use crate::mistakes::Description;
use crate::subject::CaseOperand;
use crate::witness::reference::Reference;
use crate::witness::reference_gradient::column_of;
use crate::witness::{DualNumbers, FiniteDifferences, Witness};
use tapegrad_core::op::OperandKind;

/// The derivative is the right one, but at other values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueMistake {
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
    /// Numbers without a gradient, such as weights, are taken as 1.
    DataIgnored(String),
    /// Numbers without a gradient, such as weights, are squared.
    DataSquared(String),
    /// A mask is inverted.
    MaskInverted(String),
    /// A mask stands one place later or earlier along its last axis.
    MaskShifted(String, isize),
    /// A mask counts the diagonal too, or does not count it.
    MaskDiagonal(String, bool),
    /// A mask is transposed.
    MaskTransposed(String),
    /// One operand, or the value, is taken in the place of another in the derivative.
    TakenFor {
        /// What is taken.
        taken: String,
        /// Where it stands.
        place: String,
    },
}

impl ValueMistake {
    pub(crate) fn description(&self) -> Description {
        let ids = |cause: String, sentence: String| Description::new(1.5, cause, sentence);
        match self {
            Self::IdsLarger(name) => ids(format!("{name} + 1"), format!("all {name} were larger by 1")),
            Self::IdsSmaller(name) => ids(format!("{name} - 1"), format!("all {name} were smaller by 1")),
            Self::IdsLater(name) => ids(format!("{name} shifted 1"), format!("{name} stood one place later")),
            Self::IdsEarlier(name) => ids(format!("{name} shifted -1"), format!("{name} stood one place earlier")),
            Self::MaskIgnored(name) => Description::new(
                1.5,
                format!("{name} ignored"),
                format!("{name} were ignored: everything counts"),
            ),
            Self::DataIgnored(name) => Description::new(
                1.5,
                format!("{name} ignored"),
                format!("{name} were ignored, as a weight or a factor that is left out: all of {name} counts as 1"),
            ),
            Self::DataSquared(name) => Description::new(
                1.7,
                format!("{name} squared"),
                format!("{name} counted twice: its square stands where {name} belongs"),
            ),
            Self::MaskShifted(name, by) => {
                let way = if *by > 0 { "later" } else { "earlier" };
                Description::new(
                    1.5,
                    format!("{name} shifted {by}"),
                    format!("{name} stood one place {way}: an index is off by one"),
                )
            }
            Self::MaskDiagonal(name, is_counted) => Description::new(
                1.5,
                format!("{name} diagonal {is_counted}"),
                match is_counted {
                    true => format!("{name} let the diagonal through too: `<=` where `<` is meant"),
                    false => format!("{name} did not let the diagonal through: `<` where `<=` is meant"),
                },
            ),
            Self::MaskTransposed(name) => {
                Description::new(1.55, format!("{name} transposed"), format!("{name} were transposed"))
            }
            Self::TakenFor { taken, place } => Description::new(
                1.85,
                format!("{taken} for {place}"),
                format!("{taken} stood where {place} belongs in the derivative"),
            ),
            Self::MaskInverted(name) => {
                Description::new(1.6, format!("{name} inverted"), format!("{name} were inverted"))
            }
        }
    }
}

impl Hypotheses {
    /// The right derivative at other values: shifted ids, another mask, one operand in the place of another.
    pub(super) fn of_other_values(&mut self, reference: &Reference, operand: usize) {
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
        self.exchanged(reference, operand);
    }

    /// Another operand of the same shape, or the value, in the place of one operand.
    fn exchanged(&mut self, reference: &Reference, operand: usize) {
        let x = reference.case.values();
        let given = reference.case.operands.iter().zip(&x);
        let of_operands = given
            .filter(|(operand, _)| operand.kind != OperandKind::Id)
            .map(|(operand, value)| {
                let name = match operand.kind {
                    OperandKind::Real => operand.name.clone(),
                    _ => format!("the data {}", operand.name),
                };
                (name, value.clone())
            });
        let taken: Vec<(String, ArrayD<f64>)> = of_operands.chain([("y".to_string(), reference.y.clone())]).collect();
        for place in reference.case.real() {
            let name = &reference.case.operands[place].name;
            for (own, value) in taken.iter().chain(&turned(name, &x[place])) {
                if own == name || value.shape() != x[place].shape() || value == x[place] {
                    continue;
                }
                let mut x = x.clone();
                x[place] = value.clone();
                let mistake = ValueMistake::TakenFor {
                    taken: own.clone(),
                    place: name.clone(),
                };
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

/// An operand with its axes exchanged or its entries in the opposite order.
fn turned(name: &str, value: &ArrayD<f64>) -> Vec<(String, ArrayD<f64>)> {
    let mut turned = Vec::new();
    if value.ndim() == 2 && value.shape()[0] == value.shape()[1] {
        turned.push((
            format!("{name} transposed"),
            value.t().as_standard_layout().into_owned(),
        ));
    }
    let backwards = (0..value.ndim()).fold(value.clone(), |value, axis| reversed(&value, axis));
    turned.push((format!("{name} reversed (flipped)"), backwards));
    turned
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
    let ignored = match data.kind {
        OperandKind::Mask => ValueMistake::MaskIgnored(name()),
        _ => ValueMistake::DataIgnored(name()),
    };
    let mut changes = vec![
        (ignored, mask.mapv(|_| 1.0)),
        (ValueMistake::MaskInverted(name()), turned),
    ];
    if data.kind != OperandKind::Mask {
        changes.push((ValueMistake::DataSquared(name()), mask.mapv(|w| w * w)));
    }
    if let Some(last) = mask.ndim().checked_sub(1) {
        for by in [1, -1] {
            changes.push((ValueMistake::MaskShifted(name(), by), shifted(mask, last, by)));
        }
        if last > 0 && mask.shape()[last] == mask.shape()[last - 1] {
            for is_counted in [true, false] {
                let mut other = mask.clone();
                for (index, entry) in other.indexed_iter_mut() {
                    if index[last] == index[last - 1] {
                        *entry = f64::from(u8::from(is_counted));
                    }
                }
                changes.push((ValueMistake::MaskDiagonal(name(), is_counted), other));
            }
            let mut order: Vec<usize> = (0..mask.ndim()).collect();
            order.swap(last, last - 1);
            let turned = mask.clone().permuted_axes(order).as_standard_layout().into_owned();
            changes.push((ValueMistake::MaskTransposed(name()), turned));
        }
    }
    changes
}

/// The entries one place further along an axis; what comes in is a copy of the edge.
fn shifted(x: &ArrayD<f64>, axis: usize, by: isize) -> ArrayD<f64> {
    let size = x.shape()[axis];
    let order: Vec<usize> = (0..size)
        .map(|i| i.saturating_add_signed(-by).min(size.saturating_sub(1)))
        .collect();
    x.select(ndarray::Axis(axis), &order)
}

/// A gradient by differences costs some twenty values an entry: of more entries it is not tried.
const BY_DIFFERENCES_MAX: usize = 40;

/// The gradient of the function at other operands, by dual numbers or else by differences.
fn gradient_at(reference: &Reference, operand: usize, x: &[ArrayD<f64>]) -> Option<ArrayD<f64>> {
    let columns = x[operand].len();
    let function = &*reference.function;
    let mut gradient = Vec::with_capacity(columns);
    for j in 0..columns {
        let mut v = vec![0.0; columns];
        v[j] = 1.0;
        let slopes = DualNumbers.along(function, x, operand, &v);
        let slopes = match slopes {
            None if columns * reference.y.len() <= BY_DIFFERENCES_MAX => {
                FiniteDifferences.along(function, x, operand, &v)?
            }
            slopes => slopes?,
        };
        if slopes.len() != reference.g_y.len() {
            return None;
        }
        let weighted = column_of(Some(&slopes)).into_iter().zip(&reference.g_y);
        gradient.push(weighted.map(|(t, g)| if t == 0.0 { 0.0 } else { t * g }).sum());
    }
    ArrayD::from_shape_vec(x[operand].raw_dim(), gradient).ok()
}
