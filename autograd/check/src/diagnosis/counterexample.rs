//! The smallest case that shows a mistake: all its numbers on one screen, to be done by hand, and as a test to copy.

use std::fmt::Write as _;

use ndarray::ArrayD;
use serde::Serialize;

use crate::evaluation::Evaluation;
use crate::evaluation::prepared_case::PreparedCase;
use crate::mistakes::Mistake;
use crate::subject::attributes;
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
    /// The operand whose gradient is wrong.
    pub operand: String,
    /// The gradient that the subject computes.
    pub yours: NamedArray,
    /// The reference gradient.
    pub right: NamedArray,
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
            format!("{:.4}", x + 0.0)
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_string()
        })
    }

    fn code(&self) -> String {
        let number = |x: &f64| match x {
            x if x.is_nan() => "f64::NAN".to_string(),
            x if x.is_infinite() => format!("{}f64::INFINITY", if *x < 0.0 { "-" } else { "" }),
            x => format!("{x:?}"),
        };
        let numbers: Vec<String> = self.data.iter().map(number).collect();
        format!(
            "ArrayD::from_shape_vec(vec!{:?}, vec![{}]).unwrap()",
            self.shape,
            numbers.join(", ")
        )
    }
}

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
            .gradient(operand)
            .unwrap_or_else(|| evaluation.g_x[operand].mapv(|_| f64::NAN));
        let as_if = mistake.and_then(|mistake| prepared.hypotheses(operand).iter().find(|h| h.mistake == *mistake));
        Self {
            name: name.to_string(),
            attributes: reference.case.op.as_ref().map(attributes::to_json).unwrap_or_default(),
            operands: reference
                .case
                .operands
                .iter()
                .map(|x| NamedArray::new(&x.name, &x.value))
                .collect(),
            is_op: reference.case.op.is_some(),
            given: reference.case.given,
            y: NamedArray::new("y", &reference.y),
            g_y: NamedArray::new("g_y", &reference.g_y),
            operand: letter.clone(),
            yours: NamedArray::new(&gradient, &evaluation.g_x[operand]),
            right: NamedArray::new(&gradient, &right),
            as_if: as_if.map(|h| NamedArray::new(&gradient, &h.gradient)),
            numbers: reference
                .case
                .operands
                .iter()
                .filter(|x| x.kind == OperandKind::Real)
                .map(|x| x.value.len())
                .sum(),
            seed: prepared.seed,
        }
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

    /// The case as a test to copy into a crate; of a module of one's own, it is called with that module.
    pub fn as_test(&self) -> String {
        let operands: Vec<String> = self.operands.iter().map(NamedArray::code).collect();
        let position = self.operands.iter().position(|x| x.name == self.operand).unwrap_or(0);
        let name = format!(
            "gradient_of_{}_on_the_smallest_case",
            self.operand.to_lowercase().replace('.', "_")
        );
        format!(
            "/// The smallest case on which g_{operand} of {subject} was wrong, found from seed {seed}.\n\
             {opening}    let x = [{operands}];\n    let g_y = {g_y};\n    let right = {right};\n{given}    \
             module.forward(&x[..{count}].iter().map(|x| x.view()).collect::<Vec<_>>());\n    \
             let mut g_x = module.backward(g_y.view());\n    \
             g_x.extend(module.params().iter().map(|param| param.gradient.to_owned()));\n    \
             assert_eq!(g_x[{position}].shape(), right.shape());\n    \
             for (given, right) in g_x[{position}].iter().zip(&right) {{\n        \
             assert!((given - right).abs() <= 1e-9 * right.abs().max({scale:?}), \"{{given}} should be {{right}}\");\n    }}\n}}\n",
            operand = self.operand,
            subject = self.name,
            seed = self.seed,
            opening = self.opening(&name),
            operands = operands.join(", "),
            g_y = self.g_y.code(),
            right = self.right.code(),
            given = self.parameters(),
            count = self.given,
            scale = self.right.data.iter().fold(0.0, |most: f64, x| most.max(x.abs())),
        )
    }

    /// The first lines of the test: an op makes its own module, a module of one's own is handed in.
    fn opening(&self, name: &str) -> String {
        let uses = "use ndarray::ArrayD;\n    use tapegrad_autograd::Module;\n";
        if !self.is_op {
            return format!(
                "fn {name}(mut module: impl tapegrad_autograd::Module<f64>) {{\n    use ndarray::ArrayD;\n"
            );
        }
        let attributes = serde_json::Value::Object(self.attributes.clone()).to_string();
        format!(
            "#[test]\nfn {name}() {{\n    {uses}    use tapegrad_autograd::{{OpModule, check::attributes::op_from_text}};\n    \
             let mut module = OpModule::<f64>::new(op_from_text({:?}, r#\"{attributes}\"#).unwrap());\n",
            self.name
        )
    }

    /// The line that sets the module's parameters, if it has any.
    fn parameters(&self) -> String {
        if self.given == self.operands.len() {
            return String::new();
        }
        format!(
            "    for (param, value) in module.params().iter_mut().zip(&x[{}..]) {{\n        param.value.assign(value);\n    }}\n",
            self.given
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
