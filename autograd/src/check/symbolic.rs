//! The third witness: the derivative that the graph language writes down, run as a program.

use std::collections::BTreeMap;

use ndarray::{ArrayD, ArrayViewD};
use serde_json::{Value, json};

use super::program;
use crate::graph::NodeId;
use crate::language::core::Program;
use crate::language::{derive, open, run};
use crate::op::OperandKind;
use crate::record::{Record, Sketch};
use crate::shape::Shape;
use crate::var::Var;

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

    /// A formula over operands of these shapes, if every op in it has a form in the language.
    pub fn of_formula(
        names: &[String],
        kinds: &[OperandKind],
        shapes: &[Shape],
        formula: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    ) -> Option<Self> {
        if kinds.iter().any(|kind| *kind != OperandKind::Real) {
            return None;
        }
        let sketch = Sketch::new();
        let x: Vec<Var<'_>> = names
            .iter()
            .zip(shapes)
            .map(|(name, shape)| sketch.input(name, *shape))
            .collect();
        let y = formula(&x);
        let operands: Vec<(NodeId, String)> = x.iter().zip(names).map(|(x, name)| (x.id(), name.clone())).collect();
        let text = program::text(&sketch.graph(), y.id(), &operands)?;
        Some(Self::new(&text, None, BTreeMap::new()))
    }

    /// The derivative as a program of its own, and for each operand the name of its gradient there.
    pub(super) fn derived(&self) -> Option<Derived> {
        let opened = open("witness.cg", &self.text);
        let program = opened.program(self.graph.as_deref())?;
        let derivative = derive::derive(program, &self.sizes).ok()?;
        let seed = match program.objective {
            Some(_) => None,
            None => Some(format!("v_{}", program.outputs.first()?.0)),
        };
        Some(Derived {
            text: derivative.text,
            gradients: derivative.gradients,
            seed,
            sizes: self.sizes.clone(),
        })
    }

    /// The gradients of the named operands by the derived program; `None` for what it does not derive.
    pub fn gradients(
        &self,
        names: &[String],
        x: &[ArrayD<f64>],
        g_y: &ArrayD<f64>,
    ) -> Option<Vec<Option<ArrayD<f64>>>> {
        let derived = self.derived()?;
        derived.run(&derived.text, names, x, g_y)
    }
}

/// A derivative written down.
pub(super) struct Derived {
    /// The program.
    pub text: String,
    gradients: Vec<(String, String)>,
    /// The input that takes the upstream gradient, if there is no objective.
    seed: Option<String>,
    sizes: BTreeMap<String, i64>,
}

impl Derived {
    /// The gradients of the named operands that this text, or an edited one, computes.
    pub fn run(
        &self,
        text: &str,
        names: &[String],
        x: &[ArrayD<f64>],
        g_y: &ArrayD<f64>,
    ) -> Option<Vec<Option<ArrayD<f64>>>> {
        let opened = open("derivative.cg", text);
        let program = opened.programs.last().filter(|_| opened.is_correct())?;
        let given = names
            .iter()
            .zip(x)
            .filter(|(name, _)| program.inputs.iter().any(|i| i.name == **name) || self.has_param(program, name));
        let mut values: BTreeMap<String, Value> = given.map(|(name, x)| (name.clone(), self.nested(x))).collect();
        if let Some(seed) = self
            .seed
            .as_ref()
            .filter(|seed| program.inputs.iter().any(|i| i.name == **seed))
        {
            values.insert(seed.clone(), self.nested(g_y));
        }
        let request = run::Request {
            dims: self.fitting(program),
            values,
            ..run::Request::default()
        };
        let answer = run::run::<f64>(program, &request, run::Wanted::default()).ok()?;
        let weight = if self.seed.is_none() { g_y.sum() } else { 1.0 };
        let found = |(name, x): (&String, &ArrayD<f64>)| {
            let (_, own) = self.gradients.iter().find(|(known, _)| known == name)?;
            let mut flat = Vec::new();
            flatten(answer["values"].get(own)?, &mut flat)?;
            Some(ArrayD::from_shape_vec(x.raw_dim(), flat).ok()? * weight)
        };
        Some(names.iter().zip(x).map(found).collect())
    }

    fn has_param(&self, program: &Program, name: &str) -> bool {
        let bare: String = name
            .split('[')
            .map(|part| part.split_once(']').map_or(part, |(_, rest)| rest))
            .collect();
        program.params.iter().any(|param| param.path.replace("[]", "") == bare)
    }

    /// The given sizes that the derived program still has.
    fn fitting(&self, derived: &Program) -> BTreeMap<String, i64> {
        let is_free = |name: &str| derived.dims.iter().any(|dim| &*dim.name == name && dim.value.is_none());
        let sizes = self.sizes.iter().filter(|(name, _)| is_free(name));
        sizes.map(|(name, size)| (name.clone(), *size)).collect()
    }

    /// An array as the program has it: a translated formula leaves out axes of size 1.
    fn nested(&self, x: &ArrayD<f64>) -> Value {
        if !self.sizes.is_empty() {
            return nested(x.view());
        }
        let flat: Vec<f64> = x.iter().copied().collect();
        let squeezed = ArrayD::from_shape_vec(program::squeezed(x.shape()), flat);
        squeezed.map_or(Value::Null, |x| nested(x.view()))
    }
}

/// An array as nested lists; infinities as the texts that the language reads.
fn nested(x: ArrayViewD<'_, f64>) -> Value {
    if x.ndim() > 0 {
        return x.outer_iter().map(nested).collect();
    }
    x.iter().next().map_or(Value::Null, |&x| match x {
        x if x.is_finite() => json!(x),
        x if x.is_nan() => json!("nan"),
        x => json!(if x > 0.0 { "inf" } else { "-inf" }),
    })
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
    use super::*;
    use crate::ops::softmax;
    use ndarray::IxDyn;

    #[test]
    fn the_derived_program_of_a_softmax_gives_its_gradient() {
        let x = ArrayD::zeros(IxDyn(&[1, 2]));
        let g_y = ArrayD::from_shape_vec(IxDyn(&[1, 2]), vec![1.0, 0.0]).unwrap();
        let (names, shape) = (["a".to_string()], Shape::new(&[1, 2]));
        let symbolic = Symbolic::of_formula(&names, &[OperandKind::Real], &[shape], |x| softmax(x[0], -1)).unwrap();
        let gradients = symbolic.gradients(&names, &[x], &g_y).unwrap();
        let g_x: Vec<f64> = gradients[0].clone().unwrap().into_iter().collect();
        assert_eq!(g_x, [0.25, -0.25]);
    }
}
