//! The third witness: the derivative that the graph language writes down, run as a program.

use std::collections::BTreeMap;

use ndarray::ArrayD;
use serde_json::{Value, json};

use crate::language::{derive, open, run};
use crate::ops::AnyOp;
use crate::shape::{Axes, Shape};

/// A program of the graph language, to be derived symbolically.
#[derive(Clone, Debug)]
pub struct Symbolic {
    text: String,
    graph: Option<String>,
    sizes: BTreeMap<String, i64>,
}

impl Symbolic {
    /// The graph of this name in a text, at these sizes.
    pub fn new(text: &str, graph: Option<&str>, sizes: BTreeMap<String, i64>) -> Self {
        Self {
            text: text.to_string(),
            graph: graph.map(str::to_string),
            sizes,
        }
    }

    /// The text of one op at operands of these shapes, if the language has a form for it whose derivative has a text.
    pub fn of_op(op: &AnyOp, shapes: &[Shape]) -> Option<Self> {
        let formula = formula(op, shapes)?;
        let names = ["a", "b"];
        let axis = |size: usize, i: usize, rank: usize| format!("p{}:{size}", rank - i);
        let declared = |(name, shape): (&&str, &Shape)| {
            let axes: Vec<String> = shape
                .iter()
                .enumerate()
                .map(|(i, size)| axis(size, i, shape.rank()))
                .collect();
            format!("input {name}[{}]", axes.join(", "))
        };
        let inputs: Vec<String> = names.iter().zip(shapes).map(declared).collect();
        let inputs = inputs.join("\n").replace("[]", "");
        Some(Self::new(
            &format!("graph op {{\n{inputs}\ny = {formula}\noutput y\n}}\n"),
            None,
            BTreeMap::new(),
        ))
    }

    /// The gradients of the named operands by the derived program; `None` for what it does not derive.
    pub fn gradients(
        &self,
        names: &[String],
        x: &[ArrayD<f64>],
        g_y: &ArrayD<f64>,
    ) -> Option<Vec<Option<ArrayD<f64>>>> {
        let opened = open("witness.cg", &self.text);
        let program = opened.program(self.graph.as_deref())?;
        let derivative = derive::derive(program, &self.sizes).ok()?;
        let derived = open("derivative.cg", &derivative.text);
        let mut values: BTreeMap<String, Value> =
            names.iter().zip(x).map(|(name, x)| (name.clone(), nested(x))).collect();
        if program.objective.is_none() {
            let (first, _) = program.outputs.first()?;
            values.insert(format!("v_{first}"), nested(g_y));
        }
        let request = run::Request {
            values,
            ..run::Request::default()
        };
        let request = run::Request {
            dims: self.fitting(derived.programs.last()?),
            ..request
        };
        let answer = run::run::<f64>(derived.programs.last()?, &request, run::Wanted::default()).ok()?;
        let weight = if program.objective.is_some() { g_y.sum() } else { 1.0 };
        let found = |(name, x): (&String, &ArrayD<f64>)| {
            let (_, own) = derivative.gradients.iter().find(|(known, _)| known == name)?;
            let mut flat = Vec::new();
            flatten(answer["values"].get(own)?, &mut flat)?;
            Some(ArrayD::from_shape_vec(x.raw_dim(), flat).ok()? * weight)
        };
        Some(names.iter().zip(x).map(found).collect())
    }

    /// The given sizes that the derived program still has.
    fn fitting(&self, derived: &crate::language::core::Program) -> BTreeMap<String, i64> {
        let is_free = |name: &str| derived.dims.iter().any(|dim| &*dim.name == name && dim.value.is_none());
        let sizes = self.sizes.iter().filter(|(name, _)| is_free(name));
        sizes.map(|(name, size)| (name.clone(), *size)).collect()
    }
}

/// The op as an expression over `a` and `b`, whose axes are called `p1`, `p2` .. from the last to the first.
fn formula(op: &AnyOp, shapes: &[Shape]) -> Option<String> {
    let over = |axes: Axes| {
        let rank = shapes[0].rank();
        let named: Vec<String> = (0..rank)
            .filter(|&i| axes.contains(i))
            .map(|i| format!("p{}", rank - i))
            .collect();
        (!named.is_empty()).then(|| named.join(", "))
    };
    let same = || shapes.len() == 2 && shapes[0] == shapes[1];
    let name = op.name();
    if shapes.iter().any(|shape| shape.is_empty()) {
        return None;
    }
    Some(match (op, name) {
        (AnyOp::Add(_), _) if same() => "a + b".to_string(),
        (AnyOp::Sub(_), _) if same() => "a - b".to_string(),
        (AnyOp::Mul(_), _) if same() => "a * b".to_string(),
        (AnyOp::Div(_), _) if same() => "a / b".to_string(),
        (AnyOp::Pow(_), _) if same() => "a ^ b".to_string(),
        (AnyOp::Power(op), _) if op.n.is_finite() && op.n >= 0.0 => format!("a ^ {}", op.n),
        (AnyOp::Clip(op), _) if op.lo.is_finite() && op.hi.is_finite() => format!("clip(a, {}, {})", op.lo, op.hi),
        (_, "exp" | "log" | "sqrt" | "abs" | "tanh" | "sigmoid" | "relu" | "silu") => format!("{name}(a)"),
        (AnyOp::Gelu(op), _) if op.form == crate::ops::GeluForm::Exact => "gelu(a)".to_string(),
        (AnyOp::Gelu(_), _) => "gelu_tanh(a)".to_string(),
        (_, "neg") => "-a".to_string(),
        (AnyOp::Sum(op), _) => format!("sum(a, over {})", over(op.over)?),
        (AnyOp::Mean(op), _) => format!("mean(a, over {})", over(op.over)?),
        (AnyOp::Max(op), _) => format!("max(a, over {})", over(op.over)?),
        (AnyOp::Min(op), _) => format!("min(a, over {})", over(op.over)?),
        (AnyOp::Prod(op), _) => format!("prod(a, over {})", over(op.over)?),
        (AnyOp::Logsumexp(op), _) => format!("logsumexp(a, over {})", over(op.over)?),
        (AnyOp::Softmax(op), _) => format!("softmax(a, over {})", over(Axes::of(&[op.axis]))?),
        (AnyOp::LogSoftmax(op), _) => format!("log_softmax(a, over {})", over(Axes::of(&[op.axis]))?),
        (AnyOp::Cumsum(op), _) => format!("cumsum(a, over {})", over(Axes::of(&[op.axis]))?),
        _ => return None,
    })
}

/// An array as nested lists; infinities as the texts that the language reads.
fn nested(x: &ArrayD<f64>) -> Value {
    fn of(x: ndarray::ArrayViewD<'_, f64>) -> Value {
        if x.ndim() == 0 {
            return x.iter().next().map_or(Value::Null, |&x| match x {
                x if x.is_finite() => json!(x),
                x if x.is_nan() => json!("nan"),
                x => json!(if x > 0.0 { "inf" } else { "-inf" }),
            });
        }
        x.outer_iter().map(of).collect()
    }
    of(x.view())
}

fn flatten(value: &Value, flat: &mut Vec<f64>) -> Option<()> {
    match value {
        Value::Array(parts) => parts.iter().try_for_each(|part| flatten(part, flat)),
        Value::Number(number) => number.as_f64().map(|number| flat.push(number)),
        Value::String(text) => text.parse().ok().map(|number| flat.push(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::IxDyn;

    use super::*;

    #[test]
    fn the_derived_program_of_a_softmax_gives_its_gradient() {
        let op: AnyOp = crate::ops::Softmax { axis: 1 }.into();
        let shape = Shape::new(&[1, 2]);
        let x = ArrayD::zeros(IxDyn(&[1, 2]));
        let g_y = ArrayD::from_shape_vec(IxDyn(&[1, 2]), vec![1.0, 0.0]).unwrap();
        let symbolic = Symbolic::of_op(&op, &[shape]).unwrap();
        let gradients = symbolic.gradients(&["a".to_string()], &[x], &g_y).unwrap();
        let g_x: Vec<f64> = gradients[0].clone().unwrap().into_iter().collect();
        assert_eq!(g_x, [0.25, -0.25]);
    }
}
