//! Where the numbers of a parameter lie in an array of another tool: transposed, side by side with others, or reordered.
//!
//! A matrix of ours has a row for each output. GPT-2's `Conv1D` has a column for each, and queries, keys and values stand
//! side by side in one array: entry `(o, i)` of ours is entry `start + o` of row `i` of theirs.

use super::error::Exchanged;
use super::weights::Weights;
use std::collections::BTreeMap;
use tapegrad_core::ParamList;

/// Where a parameter lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The name of the parameter here; `None` for an array that is there for the other tool alone.
    pub param: Option<String>,
    /// The name of the array there.
    pub array: String,
    /// The shape of the array.
    pub shape: Vec<usize>,
    /// What the array holds where no parameter lies.
    pub otherwise: Otherwise,
    /// The first output of the parameter among those of the array.
    pub start: usize,
    /// Whether the outputs are columns and not rows.
    pub is_transposed: bool,
    /// Whether the array is added to the parameter, which has another slot: it is written as zeros.
    pub is_summand: bool,
    /// The width of a head whose outputs are pairs of neighbours here and of halves there, if they are.
    pub halved: Option<usize>,
}

/// What an array holds that is no parameter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// 0: a bias that this model does not have.
    Zeros,
    /// 1: a gain that this model does not have.
    Ones,
}

impl Slot {
    /// A parameter that is the whole array.
    pub fn whole(param: impl Into<String>, array: impl Into<String>, shape: &[usize]) -> Self {
        Self {
            param: Some(param.into()),
            array: array.into(),
            shape: shape.to_vec(),
            otherwise: Otherwise::Zeros,
            start: 0,
            is_transposed: false,
            is_summand: false,
            halved: None,
        }
    }

    /// The same in an array that has a column for each output.
    pub fn transposed(self) -> Self {
        Self {
            is_transposed: true,
            ..self
        }
    }

    /// The same from a later output of the array on.
    pub fn from(self, start: usize) -> Self {
        Self { start, ..self }
    }

    /// The same with an array of ones where the parameter is missing.
    pub fn or_ones(self) -> Self {
        Self {
            otherwise: Otherwise::Ones,
            ..self
        }
    }

    /// The same, whose heads are halved.
    pub fn with_halves(self, head: Option<usize>) -> Self {
        Self { halved: head, ..self }
    }

    /// The place in the array of entry `(o, i)` of a parameter with so many inputs, which is 1 for a vector.
    fn place(&self, o: usize, i: usize, inputs: usize) -> usize {
        let o = self.start
            + match self.halved {
                None => o,
                Some(head) => {
                    let (of, at) = (o / head * head, o % head);
                    of + at % 2 * (head / 2) + at / 2
                }
            };
        match self.is_transposed {
            true => i * self.shape[1] + o,
            false => o * inputs + i,
        }
    }

    fn each(&self, shape: &[usize], mut told: impl FnMut(usize, usize)) {
        let (outputs, inputs) = (shape[0], shape[1..].iter().product::<usize>());
        for o in 0..outputs {
            for i in 0..inputs {
                told(o * inputs + i, self.place(o, i, inputs));
            }
        }
    }
}

/// An error unless every array of the slots is there, with its shape.
pub fn check(slots: &[Slot], weights: &Weights) -> Exchanged<()> {
    slots
        .iter()
        .try_for_each(|slot| weights.check(&slot.array, &slot.shape))
}

/// The values of all parameters of a list, flat in its order, read from their slots; several slots of one add up.
///
/// The slots of one array stand behind each other.
///
/// **Errors** if an array is missing or damaged.
pub fn read(slots: &[Slot], list: &ParamList, weights: &mut Weights) -> Exchanged<Vec<f32>> {
    let starts = starts(list);
    let mut values = vec![0.0; list.len()];
    for group in slots.chunk_by(|one, other| one.array == other.array) {
        let numbers = weights.numbers(&group[0].array, &group[0].shape)?;
        for slot in group {
            let Some(param) = &slot.param else { continue };
            let (start, shape) = &starts[param.as_str()];
            slot.each(shape, |own, theirs| values[start + own] += numbers[theirs]);
        }
    }
    Ok(values)
}

/// Tells each array of the slots with the values of a model, flat in the order of its list.
///
/// The slots of one array stand behind each other.
pub fn write<'s, T: Copy + From<u8>>(
    slots: &'s [Slot],
    list: &ParamList,
    values: &[T],
    mut told: impl FnMut(&'s Slot, Vec<T>) -> Exchanged<()>,
) -> Exchanged<()> {
    let starts = starts(list);
    for group in slots.chunk_by(|one, other| one.array == other.array) {
        let fill = T::from(u8::from(group[0].otherwise == Otherwise::Ones));
        let mut numbers = vec![fill; group[0].shape.iter().product()];
        for slot in group.iter().filter(|slot| !slot.is_summand) {
            let Some(param) = &slot.param else { continue };
            let (start, shape) = &starts[param.as_str()];
            slot.each(shape, |own, theirs| numbers[theirs] = values[start + own]);
        }
        told(&group[0], numbers)?;
    }
    Ok(())
}

/// Where each parameter begins among all values, and its shape.
fn starts(list: &ParamList) -> BTreeMap<&str, (usize, Vec<usize>)> {
    let mut at = 0;
    let specs = list.specs().iter().map(|spec| {
        let start = at;
        at += spec.shape.len();
        (spec.name.as_str(), (start, spec.shape.to_vec()))
    });
    specs.collect()
}
