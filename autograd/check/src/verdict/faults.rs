//! Faults that show without comparing entries of gradients: shapes, purity, linearity, memory layout, state.

use ndarray::ArrayD;

use crate::evaluation::calls::Calls;
use crate::evaluation::history::History;
use crate::evaluation::{Evaluation, MemoryLayout};
use crate::magnitude::largest;
use crate::verdict::locate::place;
use crate::verdict::state::{dice_sentence, state_fault};
use crate::verdict::ties::tie_fault;
use crate::witness::reference::Reference;

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The gradient has another shape than its operand.
    Shape,
    /// An entry of the gradient is not finite, and the function is.
    NotFinite,
    /// A call changes what a later one gives.
    Impure,
    /// The gradient is not linear in the upstream gradient.
    NotLinear,
    /// The gradient depends on how the operands lie in memory.
    Layout,
    /// Some calls give other numbers than the others.
    Noise,
    /// forward() gives other values each time.
    Dice,
    /// The value is not that of the definition.
    Forward,
    /// Entries that tie are each given all of the gradient, or none is.
    Ties,
    /// Values of an earlier forward() are kept.
    Stale,
    /// Ids of an earlier forward() are kept.
    StaleIds,
    /// A mask of an earlier forward() is kept.
    StaleMask,
    /// Something is kept from when the module was made.
    KeptFromConstruction,
    /// Something computed from earlier parameters is kept.
    StaleParams,
    /// A size of an earlier forward() is kept.
    StaleSizes,
    /// Modules of one kind share what belongs to each of them.
    SharedState,
}

impl Cause {
    /// The identifier of the fault in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::NotFinite => "not-finite",
            Self::Impure => "impure",
            Self::NotLinear => "not-linear",
            Self::Layout => "layout",
            Self::Noise => "noise",
            Self::Dice => "dice",
            Self::Forward => "forward",
            Self::Ties => "ties",
            Self::Stale => "stale",
            Self::StaleIds => "stale ids",
            Self::StaleMask => "stale mask",
            Self::KeptFromConstruction => "kept from construction",
            Self::StaleParams => "stale parameters",
            Self::StaleSizes => "stale sizes",
            Self::SharedState => "shared state",
        }
    }
}

/// A fault of a subject other than a wrong number in its gradient.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The kind of the fault.
    pub cause: Cause,
    /// The description of the fault as a sentence.
    pub sentence: String,
    /// The calls that show it, if one forward() and one backward() do not.
    pub(crate) calls: Option<(History, Calls)>,
    /// What is compared: its name, what the subject gives, what is right.
    pub(crate) compared: Option<(String, ArrayD<f64>, ArrayD<f64>)>,
    /// The upstream gradient that shows it, if it is not that of the case.
    pub(crate) upstream: Option<ArrayD<f64>>,
}

impl Fault {
    fn new(cause: Cause, sentence: String) -> Self {
        Self {
            cause,
            sentence,
            calls: None,
            compared: None,
            upstream: None,
        }
    }

    fn comparing(self, name: &str, given: &ArrayD<f64>, right: &ArrayD<f64>) -> Self {
        Self {
            compared: Some((name.to_string(), given.clone(), right.clone())),
            ..self
        }
    }
}

/// All faults that show without comparing entries of gradients, in the order in which they are reported.
pub fn faults(reference: &Reference, evaluation: &Evaluation) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    let state = state_fault(reference, evaluation);
    let is_state = state.is_some();
    faults.extend(state);
    if reference.function.has_duals() {
        faults.extend(forward_fault(reference, evaluation));
    } else if !is_state {
        faults.extend(dice_fault(reference, evaluation));
    }
    for i in 0..reference.case.operands.len() {
        if evaluation.g_x.len() > i && reference.gradients[i].is_some() {
            faults.extend(operand_fault(reference, evaluation, i, is_state));
        }
    }
    if faults.is_empty() {
        faults.extend(tie_fault(reference, evaluation));
    }
    faults
}

fn operand_fault(reference: &Reference, evaluation: &Evaluation, i: usize, is_state: bool) -> Option<Fault> {
    let (operand, g) = (&reference.case.operands[i], &evaluation.g_x[i]);
    let name = &operand.name;
    let floor = 100.0 * reference.rounding_of(i);
    let letter = format!("g_{name}");
    let right = reference
        .gradient(i)
        .unwrap_or_else(|| ArrayD::from_elem(operand.value.raw_dim(), f64::NAN));
    let fault = |cause, sentence: String, given: &ArrayD<f64>, right: &ArrayD<f64>| {
        Some(Fault::new(cause, sentence).comparing(&letter, given, right))
    };
    if g.shape() != operand.value.shape() {
        let sentence = format!(
            "g_{name} has the shape {:?}, and {name} has {:?}",
            g.shape(),
            operand.value.shape()
        );
        return fault(Cause::Shape, sentence, g, &right);
    }
    if let Some(j) = g.iter().position(|g| !g.is_finite()) {
        let value = g.iter().nth(j).unwrap_or(&f64::NAN);
        let at = place(g.shape(), j);
        let sentence = format!("g_{name}{at} is {value}, although the function is finite");
        return fault(Cause::NotFinite, sentence, g, &right);
    }
    if is_state {
        // What comes next would only be what state makes of it.
        return None;
    }
    if differ_above(&evaluation.again[i], g, 1e-12, floor) {
        let is_sum = !differ_above(&evaluation.again[i], &(g * 2.0), 1e-9, 0.0);
        let why = match is_sum {
            true => {
                "backward() adds (`+=`) to a buffer that still holds the gradient of the call before, and is not set to 0"
            }
            false => "a buffer is not reset, or the data that backward() reads was changed in place",
        };
        let sentence = format!("a second backward() gives another g_{name}: {why}");
        return fault(Cause::Impure, sentence, &evaluation.again[i], g);
    }
    if evaluation.at_zero[i].iter().any(|&g| g != 0.0) {
        let sentence = format!(
            "for an upstream gradient of 0, g_{name} is not 0{}",
            term_of_operand(&evaluation.at_zero[i], &operand.value, name)
        );
        let upstream = Some(&evaluation.g_y * 0.0);
        let fault = fault(Cause::NotLinear, sentence, &evaluation.at_zero[i], &(g * 0.0))?;
        return Some(Fault { upstream, ..fault });
    }
    let sum = g + &evaluation.at_other[i] * 2.0;
    if differ_above(&evaluation.combined[i], &sum, 1e-9, floor) {
        let sentence = format!("g_{name} is not linear in the upstream gradient: it is ignored, squared or clipped");
        let upstream = Some(&evaluation.g_y + &evaluation.g_other * 2.0);
        let fault = fault(Cause::NotLinear, sentence, &evaluation.combined[i], &sum)?;
        return Some(Fault { upstream, ..fault });
    }
    layout_fault(evaluation, i, name, floor)
}

/// What is added to a gradient whatever the upstream gradient is, if it is a multiple of the operand.
fn term_of_operand(added: &ArrayD<f64>, x: &ArrayD<f64>, name: &str) -> String {
    let Some((_, most)) = x.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) else {
        return String::new();
    };
    // Any number is a multiple of one number.
    if x.iter().filter(|x| **x != 0.0).count() < 2 {
        return String::new();
    }
    let at = x.iter().position(|x| x == most).unwrap_or_default();
    let factor = added.iter().nth(at).map_or(f64::NAN, |added| added / most);
    match factor.is_finite() && !differ_above(added, &(x * factor), 1e-9, 0.0) {
        true => format!(
            ": it has {} times {name} added, as of a weight decay (a regularisation term) that forward() does not have",
            (factor * 1e6).round() / 1e6
        ),
        false => String::new(),
    }
}

fn layout_fault(evaluation: &Evaluation, i: usize, name: &str, floor: f64) -> Option<Fault> {
    let is_off = |of_layout: &Vec<ArrayD<f64>>| differ_above(&of_layout[i], &evaluation.g_x[i], 1e-12, floor);
    let (layout, of_layout) = evaluation.by_layout.iter().find(|(_, of_layout)| is_off(of_layout))?;
    if *layout == MemoryLayout::Plain {
        let sentence = format!(
            "two new modules give different g_{name} at the same operands, as if there were noise or a counter that all \
             modules share"
        );
        return Some(Fault::new(Cause::Noise, sentence).comparing(
            &format!("g_{name}"),
            &of_layout[i],
            &evaluation.g_x[i],
        ));
    }
    let how = layout.text();
    let sentence = format!("g_{name} depends on the memory layout of the operands: it changes when they are {how}");
    Some(Fault::new(Cause::Layout, sentence).comparing(&format!("g_{name}"), &of_layout[i], &evaluation.g_x[i]))
}

/// Two new modules give different values at the same operands, and no definition says which of them is right.
fn dice_fault(reference: &Reference, evaluation: &Evaluation) -> Option<Fault> {
    let floor = f64::EPSILON * largest(&reference.y);
    differ_above(&evaluation.y, &reference.y, 1e-12, floor).then(|| {
        let sentence = dice_sentence(&[reference.y.clone(), evaluation.y.clone()]);
        Fault::new(Cause::Dice, sentence).comparing("y", &evaluation.y, &reference.y)
    })
}

/// Compares the value with the definition in double-double precision, which shares no fast kernel with it.
fn forward_fault(reference: &Reference, evaluation: &Evaluation) -> Option<Fault> {
    if evaluation.y.shape() != reference.y.shape() {
        let sentence = format!(
            "the result of forward() has the shape {:?}, that of the definition {:?}",
            evaluation.y.shape(),
            reference.y.shape()
        );
        return Some(Fault::new(Cause::Forward, sentence).comparing("y", &evaluation.y, &reference.y));
    }
    let (at, given, right) = forward_error(reference, evaluation, FORWARD_EXACT)?;
    let at = place(reference.y.shape(), at);
    let sentence = format!("forward() gives {given} for y{at}, the definition {right}");
    Some(Fault::new(Cause::Forward, sentence).comparing("y", &evaluation.y, &reference.y))
}

/// True if a value differs by more than the rounding of numbers as large as the operands and the result: where a sum
/// cancels, as `1 + tanh` far below 0, no digit is left of what is small.
pub(crate) fn is_beyond_rounding(reference: &Reference, evaluation: &Evaluation) -> bool {
    if evaluation.y.shape() != reference.y.shape() {
        return true;
    }
    let operands = reference
        .case
        .real()
        .flat_map(|i| reference.case.operands[i].value.iter());
    let rounding = FORWARD_EXACT * largest(operands.chain(&reference.y));
    let mut pairs = evaluation.y.iter().zip(&reference.y);
    pairs.any(|(given, right)| given.is_nan() != right.is_nan() || (given - right).abs() > rounding)
}

/// How many times the rounding of the definition another right algorithm may have.
const ROUNDINGS: f64 = 16.0;
/// A value is the definition's if it is off by no more than this share of the largest.
pub(crate) const FORWARD_EXACT: f64 = 1e-10;

/// The first entry of the value that is off by more than `share` of the largest, and what it should be.
pub(crate) fn forward_error(reference: &Reference, evaluation: &Evaluation, share: f64) -> Option<(usize, f64, f64)> {
    let scale = largest(reference.y.iter().filter(|y| y.is_finite()));
    let definition = reference.value_double_double().unwrap_or_else(|| reference.y.clone());
    // Where terms cancel, the definition itself is uncertain by what rounding makes of it in f64.
    let rounding = |right: f64, in_f64: f64| ROUNDINGS * (right - in_f64).abs();
    let off = |((given, right), in_f64): ((&f64, &f64), &f64)| {
        !(given == right || (given - right).abs() <= share * scale + rounding(*right, *in_f64))
    };
    let at = evaluation.y.iter().zip(&definition).zip(&reference.y).position(off)?;
    Some((at, *evaluation.y.iter().nth(at)?, *definition.iter().nth(at)?))
}

/// True if the arrays differ by more than `share` of their largest entry and more than `floor`, which is rounding: a
/// gradient that is 0 has no scale of its own.
pub(crate) fn differ_above(a: &ArrayD<f64>, b: &ArrayD<f64>, share: f64, floor: f64) -> bool {
    if a.shape() != b.shape() {
        return true;
    }
    let scale = largest(a.iter().chain(b).filter(|x| x.is_finite()));
    a.iter()
        .zip(b)
        .any(|(a, b)| !(a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= share * scale + floor))
}
