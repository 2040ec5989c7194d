//! The symbolic derivative: the graph language derives a program, and the derivative runs as a program.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use crate::function::program;
use tapegrad_core::graph::NodeId;
use tapegrad_core::op::OperandKind;
use tapegrad_core::record::{Record, Sketch};
use tapegrad_core::shape::Shape;
use tapegrad_core::var::Var;
use tapegrad_language::program::Program;
use tapegrad_language::{derive, open, run};

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
    pub(crate) fn derived(&self) -> Option<Derived> {
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

/// A derivative as a program of the graph language.
pub(crate) struct Derived {
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
        let mut values: BTreeMap<String, ArrayD<f64>> = names
            .iter()
            .zip(x)
            .map(|(name, x)| (flat(name), self.as_the_program_has_it(x)))
            .filter(|(name, _)| has(program, name))
            .collect();
        // A parameter without a value would begin somewhere else, and the witness would speak of another case.
        if program.params.iter().any(|param| !values.contains_key(&param.path)) {
            return None;
        }
        if let Some(seed) = self
            .seed
            .as_ref()
            .filter(|seed| program.inputs.iter().any(|i| i.name == **seed))
        {
            values.insert(seed.clone(), self.as_the_program_has_it(g_y));
        }
        let given = run::Given {
            dims: self.fitting(program),
            values,
            ..run::Given::default()
        };
        let answer = run::evaluate(program, &given, run::Wanted::default()).ok()?;
        let weight = if self.seed.is_none() { g_y.sum() } else { 1.0 };
        let found = |(name, x): (&String, &ArrayD<f64>)| {
            let (_, own) = self.gradients.iter().find(|(known, _)| *known == flat(name))?;
            let (_, gradient) = answer.values.iter().find(|(known, _)| known == own)?;
            let flat = gradient.iter().copied().collect();
            Some(ArrayD::from_shape_vec(x.raw_dim(), flat).ok()? * weight)
        };
        Some(names.iter().zip(x).map(found).collect())
    }

    /// The given sizes that the derived program still has.
    fn fitting(&self, derived: &Program) -> BTreeMap<String, i64> {
        let is_free = |name: &str| derived.dims.iter().any(|dim| &*dim.name == name && dim.value.is_none());
        let sizes = self.sizes.iter().filter(|(name, _)| is_free(name));
        sizes.map(|(name, size)| (name.clone(), *size)).collect()
    }

    /// An array as the program has it: a translated formula leaves out axes of size 1.
    fn as_the_program_has_it(&self, x: &ArrayD<f64>) -> ArrayD<f64> {
        if !self.sizes.is_empty() {
            return x.clone();
        }
        let flat: Vec<f64> = x.iter().copied().collect();
        ArrayD::from_shape_vec(program::squeezed(x.shape()), flat).expect("axes of size 1 hold no entries of their own")
    }
}

/// True if a program has an input or a parameter of this name.
fn has(program: &Program, name: &str) -> bool {
    program.inputs.iter().any(|input| input.name == name) || program.params.iter().any(|param| param.path == name)
}

/// The name of a parameter in a derivative, which has no layers: `block[1].W` is `block_1_W` there.
fn flat(name: &str) -> String {
    name.replace(['[', '.'], "_").replace(']', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::IxDyn;
    use tapegrad_core::ops::softmax;

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
