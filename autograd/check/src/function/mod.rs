//! The function that a subject should compute, evaluated in `f64`, in dual numbers and in double-double precision.

pub(crate) mod double_double;
pub(crate) mod expanded_graph;
mod program;
pub(crate) mod symbolic;
mod variant;

use std::fmt;
use std::sync::Arc;

use ndarray::ArrayD;

use crate::function::double_double::DoubleDouble;
use crate::function::expanded_graph::ExpandedGraph;
use crate::function::symbolic::Symbolic;
use tapegrad_core::numbers::{Dual, Real};
use tapegrad_core::op::{Inputs, OperandKind};
use tapegrad_core::ops::AnyOp;
use tapegrad_core::params::{ParamList, Params, array};
use tapegrad_core::shape::Shape;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;

/// A formula over variables, shared between threads.
pub type Formula = Arc<dyn for<'t> Fn(&[Var<'t>]) -> Var<'t> + Send + Sync>;

/// The function a subject is meant to compute.
pub trait Function: Send + Sync {
    /// The value at these operands.
    fn value(&self, x: &[ArrayD<f64>]) -> ArrayD<f64>;

    /// The derivative of the value along `v` in one operand, by dual numbers; `None` if the function has no such form.
    fn along(&self, x: &[ArrayD<f64>], operand: usize, v: &[f64]) -> Option<ArrayD<f64>>;

    /// True if the function has a form in dual numbers.
    fn has_duals(&self) -> bool {
        true
    }

    /// The value at these operands in double-double precision; `None` if the function has no such form.
    fn value_double_double(&self, _: &[ArrayD<DoubleDouble>]) -> Option<ArrayD<DoubleDouble>> {
        None
    }

    /// The function as a program of the graph language, with the names of its operands, if it has one.
    fn program(&self, _: &[ArrayD<f64>]) -> Option<(Symbolic, Vec<String>)> {
        None
    }

    /// The function as a graph whose edges can be edited; `None` if it is not made of ops.
    fn expanded(&self, x: &[ArrayD<f64>]) -> Option<ExpandedGraph>;
}

/// One op of the registry as a function.
#[derive(Clone, Debug)]
pub struct OpFunction(pub AnyOp);

impl OpFunction {
    fn run<T: Real>(&self, x: &[Vec<T>], shapes: &[Shape]) -> ArrayD<T> {
        let y_shape = self
            .0
            .shape(shapes)
            .unwrap_or_else(|error| panic!("{}: {error}", self.0.name()));
        let values: Vec<&[T]> = x.iter().map(Vec::as_slice).collect();
        let inputs = Inputs::new(&values, shapes);
        self.0
            .admits(inputs)
            .unwrap_or_else(|error| panic!("{}: {error}", self.0.name()));
        let mut y = vec![T::ZERO; y_shape.len()];
        let mut notes = vec![T::ZERO; self.0.notes(shapes)];
        self.0.forward(inputs, &mut y, &mut notes);
        array(y_shape, y)
    }
}

impl Function for OpFunction {
    fn value(&self, x: &[ArrayD<f64>]) -> ArrayD<f64> {
        let flat: Vec<Vec<f64>> = x.iter().map(|x| x.iter().copied().collect()).collect();
        self.run(&flat, &shapes(x))
    }

    fn along(&self, x: &[ArrayD<f64>], operand: usize, v: &[f64]) -> Option<ArrayD<f64>> {
        let moving = (0..x.len()).map(|i| duals(&x[i], (i == operand).then_some(v)).into_raw_vec_and_offset().0);
        let moving: Vec<Vec<Dual>> = moving.collect();
        Some(self.run(&moving, &shapes(x)).mapv(|y| y.tangent))
    }

    fn value_double_double(&self, x: &[ArrayD<DoubleDouble>]) -> Option<ArrayD<DoubleDouble>> {
        let flat: Vec<Vec<DoubleDouble>> = x.iter().map(|x| x.iter().copied().collect()).collect();
        Some(self.run(&flat, &shapes(x)))
    }

    fn program(&self, x: &[ArrayD<f64>]) -> Option<(Symbolic, Vec<String>)> {
        let kinds: Vec<OperandKind> = (0..x.len()).map(|i| self.0.operand(i).kind).collect();
        let names: Vec<String> = (0..x.len()).map(|i| self.0.operand(i).name.to_string()).collect();
        let itself = Symbolic::of_formula(&names, &kinds, &shapes(x), |vars| Var::record(self.0.clone(), vars));
        let twin = || Symbolic::of_formula(&names, &kinds, &shapes(x), |vars| expanded(&self.0, vars));
        Some((itself.or_else(twin)?, names))
    }

    fn expanded(&self, x: &[ArrayD<f64>]) -> Option<ExpandedGraph> {
        let kinds: Vec<OperandKind> = (0..x.len()).map(|i| self.0.operand(i).kind).collect();
        let names: Vec<String> = (0..x.len()).map(|i| self.0.operand(i).name.to_string()).collect();
        ExpandedGraph::record(x, &kinds, &names, |vars| expanded(&self.0, vars))
    }
}

/// A formula over variables as a function; its operands are inputs or data by their kind.
pub struct FormulaFunction {
    /// The formula.
    pub formula: Formula,
    /// The kinds of the operands.
    pub kinds: Vec<OperandKind>,
    /// The names of the operands.
    pub names: Vec<String>,
    /// The same as a program of the graph language, if it is one.
    pub symbolic: Option<Symbolic>,
}

impl fmt::Debug for FormulaFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormulaFunction").field("names", &self.names).finish()
    }
}

impl FormulaFunction {
    fn run<T: Real>(&self, x: Vec<ArrayD<T>>) -> ArrayD<T> {
        let tape = Tape::<T>::new();
        let vars: Vec<Var<'_>> = x
            .into_iter()
            .zip(&self.kinds)
            .map(|(x, kind)| {
                if *kind == OperandKind::Real {
                    tape.input("x", x)
                } else {
                    tape.data("x", x)
                }
            })
            .collect();
        tape.value((self.formula)(&vars))
    }
}

impl Function for FormulaFunction {
    fn value(&self, x: &[ArrayD<f64>]) -> ArrayD<f64> {
        self.run(x.to_vec())
    }

    fn along(&self, x: &[ArrayD<f64>], operand: usize, v: &[f64]) -> Option<ArrayD<f64>> {
        let moving = (0..x.len()).map(|i| duals(&x[i], (i == operand).then_some(v)));
        Some(self.run(moving.collect()).mapv(|y| y.tangent))
    }

    fn value_double_double(&self, x: &[ArrayD<DoubleDouble>]) -> Option<ArrayD<DoubleDouble>> {
        Some(self.run(x.to_vec()))
    }

    fn program(&self, x: &[ArrayD<f64>]) -> Option<(Symbolic, Vec<String>)> {
        let own = self.symbolic.clone();
        let translated = || Symbolic::of_formula(&self.names, &self.kinds, &shapes(x), |vars| (self.formula)(vars));
        Some((own.or_else(translated)?, self.names.clone()))
    }

    fn expanded(&self, x: &[ArrayD<f64>]) -> Option<ExpandedGraph> {
        ExpandedGraph::record(x, &self.kinds, &self.names, |vars| (self.formula)(vars))
    }
}

/// A formula that reads parameters of a model: its loss on given data, as a function of both.
pub struct ModelFunction {
    /// The formula, over the data only; it asks its record for the parameters.
    pub formula: Formula,
    /// The parameters, in the order in which they follow the data among the operands.
    pub list: ParamList,
    /// How many operands are data.
    pub data: usize,
}

impl fmt::Debug for ModelFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelFunction").field("data", &self.data).finish()
    }
}

impl ModelFunction {
    fn run<T: Real>(&self, x: &[ArrayD<T>]) -> ArrayD<T> {
        let params = self.params(x);
        let tape = Tape::with(&params);
        let data: Vec<Var<'_>> = x[..self.data].iter().map(|x| tape.data("data", x.view())).collect();
        tape.value((self.formula)(&data))
    }

    /// The parameters that the operands behind the data hold.
    pub fn params<T: Real>(&self, x: &[ArrayD<T>]) -> Params<T> {
        let values = x[self.data..].iter().flat_map(|x| x.iter().copied()).collect();
        Params::from_values(&self.list, values)
    }
}

impl Function for ModelFunction {
    fn value(&self, x: &[ArrayD<f64>]) -> ArrayD<f64> {
        self.run(x)
    }

    fn along(&self, x: &[ArrayD<f64>], operand: usize, v: &[f64]) -> Option<ArrayD<f64>> {
        let moving: Vec<ArrayD<Dual>> = (0..x.len())
            .map(|i| duals(&x[i], (i == operand).then_some(v)))
            .collect();
        Some(self.run(&moving).mapv(|y| y.tangent))
    }

    fn value_double_double(&self, x: &[ArrayD<DoubleDouble>]) -> Option<ArrayD<DoubleDouble>> {
        Some(self.run(x))
    }

    fn expanded(&self, _: &[ArrayD<f64>]) -> Option<ExpandedGraph> {
        None
    }
}

/// The same values, moving along `v`.
fn duals(x: &ArrayD<f64>, v: Option<&[f64]>) -> ArrayD<Dual> {
    let mut i = 0;
    x.as_standard_layout().mapv(|x| {
        let tangent = v.map_or(0.0, |v| v[i]);
        i += 1;
        Dual::new(x, tangent)
    })
}

/// The shapes of these arrays.
pub(crate) fn shapes<T>(x: &[ArrayD<T>]) -> Vec<Shape> {
    x.iter().map(|x| Shape::new(x.shape())).collect()
}

/// The op as a formula over simpler ops, or as itself if there are none.
fn expanded<'t>(op: &AnyOp, x: &[Var<'t>]) -> Var<'t> {
    op.expanded(x).unwrap_or_else(|| Var::record(op.clone(), x))
}
