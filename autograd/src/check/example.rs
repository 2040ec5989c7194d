//! The smallest case that shows a mistake: all its numbers on one screen, to be done by hand, and as a test to copy.

use std::fmt::Write as _;

use ndarray::ArrayD;
use serde::Serialize;

use super::answer::Answer;
use super::attributes;
use super::prepared::Prepared;
use crate::op::OperandKind;

/// A case on which one gradient is wrong, with all its numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Example {
    /// The subject.
    pub name: String,
    /// Attributes of the op, if it is one.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// The operands.
    pub operands: Vec<Array>,
    /// The value of the function.
    pub y: Array,
    /// ∂J/∂y.
    pub g_y: Array,
    /// The operand whose gradient is wrong.
    pub operand: String,
    /// The gradient that was given.
    pub yours: Array,
    /// The gradient by the witnesses.
    pub right: Array,
    /// The gradient that the mistake gives, if one was named.
    pub as_if: Option<Array>,
    /// How many numbers the operands hold.
    pub numbers: usize,
    /// The seed of the draw that it was shrunk from.
    pub seed: u64,
}

/// An array with its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Array {
    /// The letter.
    pub name: String,
    /// The sizes of the axes.
    pub shape: Vec<usize>,
    /// The entries, row-major.
    pub data: Vec<f64>,
}

impl Array {
    fn new(name: &str, array: &ArrayD<f64>) -> Self {
        Self {
            name: name.to_string(),
            shape: array.shape().to_vec(),
            data: array.iter().copied().collect(),
        }
    }

    fn text(&self) -> String {
        let mut data = self.data.iter();
        nested(&self.shape, &mut data, &|x| {
            format!("{:.4}", x)
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_string()
        })
    }

    fn code(&self) -> String {
        let numbers: Vec<String> = self.data.iter().map(|x| format!("{x:?}")).collect();
        format!(
            "ArrayD::from_shape_vec(vec!{:?}, vec![{}]).unwrap()",
            self.shape,
            numbers.join(", ")
        )
    }
}

impl Example {
    /// The numbers of a case on which the gradient of `operand` is wrong.
    pub fn new(name: &str, prepared: &Prepared, answer: &Answer, operand: usize, key: Option<&str>) -> Self {
        let exam = &prepared.exam;
        let letter = &exam.case.operands[operand].name;
        let gradient = format!("g_{letter}");
        let right = exam
            .gradient(operand)
            .unwrap_or_else(|| answer.g_x[operand].mapv(|_| f64::NAN));
        let as_if = key.and_then(|key| prepared.hypotheses(operand).iter().find(|h| h.key == key));
        Self {
            name: name.to_string(),
            attributes: exam.case.op.as_ref().map(attributes::to_json).unwrap_or_default(),
            operands: exam
                .case
                .operands
                .iter()
                .map(|x| Array::new(&x.name, &x.value))
                .collect(),
            y: Array::new("y", &exam.y),
            g_y: Array::new("g_y", &exam.g_y),
            operand: letter.clone(),
            yours: Array::new(&gradient, &answer.g_x[operand]),
            right: Array::new(&gradient, &right),
            as_if: as_if.map(|h| Array::new(&gradient, &h.gradient)),
            numbers: exam
                .case
                .operands
                .iter()
                .filter(|x| x.kind == OperandKind::Real)
                .map(|x| x.value.len())
                .sum(),
            seed: prepared.seed,
        }
    }

    /// The case in full: what is given, and the three columns of the evidence.
    pub fn by_hand(&self) -> String {
        let mut text = String::new();
        for x in self.operands.iter().chain([&self.y, &self.g_y]) {
            let _ = writeln!(text, "  {:<6} = {}", x.name, x.text());
        }
        for (name, value) in &self.attributes {
            let _ = writeln!(text, "  {name:<6} : {value}");
        }
        let _ = writeln!(
            text,
            "  {:<14} {:>11} {:>11}{}",
            "",
            "yours",
            "right",
            if self.as_if.is_some() { "   as if" } else { "" }
        );
        for (i, right) in self.right.data.iter().enumerate().take(24) {
            let place = place(&self.right.shape, i);
            let yours = self.yours.data.get(i).map_or("-".to_string(), |x| format!("{x:.6}"));
            let as_if = self
                .as_if
                .as_ref()
                .and_then(|a| a.data.get(i))
                .map_or(String::new(), |x| format!(" {x:>11.6}"));
            let mark = if self
                .yours
                .data
                .get(i)
                .is_none_or(|x| (x - right).abs() > 1e-6 * right.abs())
            {
                " <-"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "  {:<14} {yours:>11} {right:>11.6}{as_if}{mark}",
                format!("{}{place}", self.right.name)
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

    /// The case as a test to copy into a crate; it needs a line that makes the module.
    pub fn as_test(&self) -> String {
        let operands: Vec<String> = self.operands.iter().map(Array::code).collect();
        let position = self.operands.iter().position(|x| x.name == self.operand).unwrap_or(0);
        format!(
            "#[test]\nfn gradient_of_{operand}_on_the_smallest_case() {{\n    // Found from seed {seed}.\n    \
             let x = [{operands}];\n    let g_y = {g_y};\n    let right = {right};\n    \
             let mut module = todo!(\"make your {name}\");\n    \
             module.forward(&x.each_ref().map(|x| x.view()));\n    let g_x = module.backward(g_y.view());\n    \
             assert_eq!(g_x[{position}].shape(), right.shape());\n    \
             for (given, right) in g_x[{position}].iter().zip(&right) {{\n        \
             assert!((given - right).abs() <= 1e-9 * right.abs().max(1.0), \"{{given}} should be {{right}}\");\n    }}\n}}\n",
            operand = self.operand.to_lowercase(),
            seed = self.seed,
            operands = operands.join(", "),
            g_y = self.g_y.code(),
            right = self.right.code(),
            name = self.name,
        )
    }
}

/// `[1, 0]` for the entry at a position in memory.
fn place(shape: &[usize], mut i: usize) -> String {
    let mut index = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        index[axis] = i % shape[axis];
        i /= shape[axis];
    }
    if index.is_empty() {
        String::new()
    } else {
        format!("{index:?}")
    }
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
