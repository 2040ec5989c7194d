//! The smallest case that shows a mistake: all its numbers on one screen, to be done by hand, and as a test to copy.

use std::fmt::Write as _;

use ndarray::ArrayD;
use serde::Serialize;

use crate::evaluation::Evaluation;
use crate::evaluation::calls::{Call, CallUpstream, Calls};
use crate::evaluation::prepared_case::PreparedCase;
use crate::mistakes::Mistake;
use crate::subject::attributes;
use crate::verdict::locate::{number, place, wrong_entry};
use crate::verdict::ties::SUM_OF;
use crate::witness::reference::Reference;
use tapegrad_core::op::OperandKind;

/// A case on which one gradient is wrong, with all its numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counterexample {
    /// The subject.
    pub name: String,
    /// Attributes of the op, if it is one.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// Whether the subject is an op of the registry.
    #[serde(skip)]
    pub is_op: bool,
    /// The operands.
    pub operands: Vec<NamedArray>,
    /// How many of them are given to forward(); the rest are parameters.
    #[serde(skip)]
    pub given: usize,
    /// The value of the function.
    pub y: NamedArray,
    /// ∂J/∂y.
    pub g_y: NamedArray,
    /// The operand whose gradient is wrong; empty if the value is.
    pub operand: String,
    /// What the subject computes: the gradient, or the value.
    pub yours: NamedArray,
    /// What it should be.
    pub right: NamedArray,
    /// The calls after which it is wrong, if one forward() and one backward() do not show it.
    #[serde(skip)]
    pub calls: Vec<Call>,
    /// The operands of those calls; number 0 is the case itself.
    #[serde(skip)]
    pub calls_on: Vec<Vec<NamedArray>>,
    /// The gradient that the mistake gives, if one was named.
    pub as_if: Option<NamedArray>,
    /// How many numbers the operands hold.
    pub numbers: usize,
    /// The seed of the draw that it was shrunk from.
    pub seed: u64,
}

/// An array with its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NamedArray {
    /// The name.
    pub name: String,
    /// The sizes of the axes.
    pub shape: Vec<usize>,
    /// The entries, row-major.
    pub data: Vec<f64>,
}

impl NamedArray {
    /// An array with its name.
    pub(crate) fn new(name: &str, array: &ArrayD<f64>) -> Self {
        Self {
            name: name.to_string(),
            shape: array.shape().to_vec(),
            data: array.iter().copied().collect(),
        }
    }

    /// The entries as nested lists; of many only the first ones.
    fn text(&self) -> String {
        if self.data.len() > SHOWN_MAX {
            let first: Vec<String> = self.data.iter().take(8).map(|x| number(*x)).collect();
            return format!("{}, .. (shape {:?})", first.join(", "), self.shape);
        }
        let mut data = self.data.iter();
        nested(&self.shape, &mut data, &|x| number((x * 1e4).round() / 1e4 + 0.0))
    }
}

/// Of more entries only the wrong ones are shown.
const ROWS_MAX: usize = 24;
/// More entries than this are not printed.
const SHOWN_MAX: usize = 48;

impl Counterexample {
    /// The numbers of a case on which the gradient of `operand` is wrong.
    pub fn new(
        name: &str,
        prepared: &PreparedCase,
        evaluation: &Evaluation,
        operand: usize,
        mistake: Option<&Mistake>,
    ) -> Self {
        let reference = &prepared.reference;
        let letter = &reference.case.operands[operand].name;
        let gradient = format!("g_{letter}");
        let right = reference
            .nearest_gradient(operand, &evaluation.g_x[operand])
            .unwrap_or_else(|| known_entries(reference, &evaluation.g_x[operand], operand));
        let as_if = mistake.and_then(|mistake| prepared.gradient_of(mistake, operand));
        Self {
            operand: letter.clone(),
            as_if: as_if.map(|h| NamedArray::new(&gradient, &h)),
            ..Self::comparing(name, prepared, (&gradient, &evaluation.g_x[operand], &right))
        }
    }

    /// The numbers of a case on which something that has a name is not what it should be.
    pub fn comparing(
        name: &str,
        prepared: &PreparedCase,
        (what, yours, right): (&str, &ArrayD<f64>, &ArrayD<f64>),
    ) -> Self {
        let reference = &prepared.reference;
        let operands = reference.case.operands.iter();
        let real = operands.clone().filter(|x| x.kind == OperandKind::Real);
        Self {
            name: name.to_string(),
            attributes: reference.case.op.as_ref().map(attributes::to_json).unwrap_or_default(),
            operands: operands.map(|x| NamedArray::new(&x.name, &x.value)).collect(),
            is_op: reference.case.op.is_some(),
            given: reference.case.given,
            y: NamedArray::new("y", &reference.y),
            g_y: NamedArray::new("g_y", &reference.g_y),
            operand: what.strip_prefix("g_").unwrap_or_default().to_string(),
            yours: NamedArray::new(what, yours),
            right: NamedArray::new(what, right),
            calls: Vec::new(),
            calls_on: Vec::new(),
            as_if: None,
            numbers: real.map(|x| x.value.len()).sum(),
            seed: prepared.seed,
        }
    }

    /// The same with another upstream gradient.
    pub(crate) fn with_upstream(mut self, g_y: &ArrayD<f64>) -> Self {
        self.g_y = NamedArray::new("g_y", g_y);
        self
    }

    /// The operands over whose gradients a sum is compared; none if one gradient or the value is.
    pub(crate) fn summed(&self) -> Vec<usize> {
        let names = self.right.name.strip_prefix(SUM_OF).unwrap_or_default();
        let operands = self.operands.iter().enumerate();
        let named = operands.filter(|(_, x)| names.split(", ").any(|name| name == x.name));
        named.map(|(i, _)| i).collect()
    }

    /// The same with the calls that come before.
    pub(crate) fn after(mut self, calls: &Calls) -> Self {
        let names: Vec<&str> = self.operands.iter().map(|x| x.name.as_str()).collect();
        let named = |x: &Vec<ArrayD<f64>>| -> Vec<NamedArray> {
            names.iter().zip(x).map(|(name, x)| NamedArray::new(name, x)).collect()
        };
        self.calls_on = calls.operands.iter().map(named).collect();
        self.calls.clone_from(&calls.calls);
        self
    }

    /// The case in full: what is given, and the gradients side by side.
    pub fn by_hand(&self) -> String {
        let mut text = String::new();
        for x in self.operands.iter().chain([&self.y, &self.g_y]) {
            let _ = writeln!(text, "  {:<6} = {}", x.name, x.text());
        }
        for (name, value) in &self.attributes {
            let _ = writeln!(text, "  {name:<6} : {value}");
        }
        if !self.calls.is_empty() {
            let _ = write!(text, "\n  The calls:\n{}\n", self.calls_by_hand());
        }
        let _ = writeln!(
            text,
            "  {:<14} {:>11} {:>11}{}",
            "",
            "yours",
            "right",
            if self.as_if.is_some() { "   as if" } else { "" }
        );
        for (i, right) in self.shown() {
            let place = place(&self.right.shape, i);
            let yours = self.yours.data.get(i).map_or("-".to_string(), |x| number(*x));
            let as_if = self
                .as_if
                .as_ref()
                .and_then(|a| a.data.get(i))
                .map_or(String::new(), |x| format!(" {:>11}", number(*x)));
            let mark = if self.is_off(i, *right) { " <-" } else { "" };
            let _ = writeln!(
                text,
                "  {:<14} {yours:>11} {:>11}{as_if}{mark}",
                format!("{}{place}", self.right.name),
                number(*right)
            );
        }
        if self.yours.shape != self.right.shape {
            let _ = writeln!(
                text,
                "  {} has the shape {:?} and should have {:?}",
                self.right.name, self.yours.shape, self.right.shape
            );
        }
        text
    }

    /// The entries to print: all of few, or the first wrong ones.
    fn shown(&self) -> Vec<(usize, &f64)> {
        let all = self.right.data.iter().enumerate();
        if self.right.data.len() <= ROWS_MAX {
            return all.collect();
        }
        all.filter(|(i, right)| self.is_off(*i, **right)).take(8).collect()
    }

    /// True if an entry is missing, or not what is right.
    fn is_off(&self, i: usize, right: f64) -> bool {
        let yours = self.yours.data.get(i);
        yours.is_none_or(|x| !((x - right).abs() <= 1e-9 * right.abs()))
    }

    /// The calls in words, one a line; nothing if there is only the case itself.
    fn calls_by_hand(&self) -> String {
        let mut text = String::new();
        let several = self.calls.iter().filter(|call| matches!(call, Call::Make(..))).count() > 1;
        let of = |module: usize| match several {
            true => format!("module {}: ", module + 1),
            false => String::new(),
        };
        for call in &self.calls {
            let _ = match call {
                Call::Make(module, at) => {
                    writeln!(
                        text,
                        "  {}a new module{}",
                        of(*module),
                        self.differing(*at, " with ", true)
                    )
                }
                Call::Forward(module, 0) => writeln!(text, "  {}forward() at the case", of(*module)),
                Call::Forward(module, at) => {
                    writeln!(
                        text,
                        "  {}forward(){}",
                        of(*module),
                        self.differing(*at, " with ", false)
                    )
                }
                Call::Backward(module, CallUpstream::Own) => writeln!(text, "  {}backward()", of(*module)),
                Call::Backward(module, CallUpstream::Other) => {
                    writeln!(text, "  {}backward() with another upstream gradient", of(*module))
                }
            };
        }
        text
    }

    /// The operands of a call that are not those of the case.
    fn differing(&self, at: usize, before: &str, only_params: bool) -> String {
        let own = &self.operands;
        let pairs = own.iter().zip(&self.calls_on[at]).enumerate();
        let differing = pairs.filter(|(i, (own, other))| own.data != other.data && (!only_params || *i >= self.given));
        let texts: Vec<String> = differing
            .map(|(_, (_, x))| format!("{} = {}", x.name, x.text()))
            .collect();
        match texts.is_empty() {
            true => String::new(),
            false => format!("{before}{}", texts.join(", ")),
        }
    }
}

/// What was given, with the entries in place of it that the reference of a large case knows.
fn known_entries(reference: &Reference, given: &ArrayD<f64>, operand: usize) -> ArrayD<f64> {
    let mut right = given.clone();
    let located = wrong_entry(reference, given, operand).map(|entry| (entry.index, entry.right));
    let entries = reference.gradients[operand]
        .iter()
        .flat_map(|expected| &expected.entries);
    let known: Vec<(usize, f64)> = entries
        .map(|entry| (entry.index, entry.best()))
        .chain(located)
        .collect();
    for (i, entry) in right.iter_mut().enumerate() {
        if let Some((_, value)) = known.iter().rev().find(|(index, _)| *index == i) {
            *entry = *value;
        }
    }
    right
}

fn nested<'a>(shape: &[usize], data: &mut impl Iterator<Item = &'a f64>, show: &dyn Fn(f64) -> String) -> String {
    match shape {
        [] => data.next().map_or(String::new(), |x| show(*x)),
        [size, inner @ ..] => {
            let parts: Vec<String> = (0..*size).map(|_| nested(inner, data, show)).collect();
            format!("[{}]", parts.join(", "))
        }
    }
}
