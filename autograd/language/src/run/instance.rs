//! A program with numbers for its sizes: all shapes and parameters are known, no values are.

use std::collections::BTreeMap;

use super::elaborate::{self, Elaborated};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::limits::{Budget, TooMuch};
use crate::meaning::program::{DeclaredInput, DeclaredParam, Program};
use crate::meaning::size::Bound;
use crate::meaning::types::Kind;
use crate::span::Span;
use tapegrad_core::graph::{Graph, NodeId};
use tapegrad_core::numbers::Real;
use tapegrad_core::params::{ParamList, Params};
use tapegrad_core::record::{Record, Sketch};
use tapegrad_core::shape::Shape;

/// What a parameter keeps of each number, in bytes: its value and its gradient, as `f64`.
const NUMBER: u64 = 16;

/// A program with numbers for its sizes.
#[derive(Clone, Debug)]
pub struct Instance<'p> {
    program: &'p Program,
    sizes: Bound,
    params: ParamList,
    shapes: Vec<Shape>,
    budget: Budget,
}

impl<'p> Instance<'p> {
    /// The program with these numbers for its named sizes.
    ///
    /// **Errors** if a size is missing, impossible, or breaks a requirement of the program.
    pub fn new(program: &'p Program, sizes: &BTreeMap<String, i64>) -> Result<Self, Box<Diagnostic>> {
        let sizes = elaborate::bind(program, sizes)?;
        let budget = Budget::new(program.memory);
        let params = elaborate::declare(program, &sizes, &budget)?;
        let shape = |input: &DeclaredInput| elaborate::shape_of(&input.ty, &sizes, input.span);
        let shapes = program.inputs.iter().map(shape).collect::<Result<_, _>>()?;
        Ok(Self {
            program,
            sizes,
            params,
            shapes,
            budget,
        })
    }

    /// The program.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// The numbers of all named sizes, those that follow from others included.
    pub fn sizes(&self) -> &Bound {
        &self.sizes
    }

    /// The parameters, without values.
    pub fn params(&self) -> &ParamList {
        &self.params
    }

    /// The inputs in order of declaration, with their shapes.
    pub fn inputs(&self) -> impl Iterator<Item = (&'p DeclaredInput, Shape)> {
        self.program.inputs.iter().zip(self.shapes.iter().copied())
    }

    /// Takes the memory for the values and gradients of all parameters.
    pub(super) fn take_params(&self) -> Result<(), Box<Diagnostic>> {
        for param in self.params.params() {
            let spec = self.params.spec(param);
            self.budget.take(spec.shape.len() as u64, NUMBER).map_err(|too_much| {
                let is_own = |declared: &&DeclaredParam| elaborate::is_at(&declared.path, &spec.name);
                let declared = self.program.params.iter().find(is_own);
                let span = declared.map_or(Span::default(), |declared| declared.span);
                let text = format!("{}: {too_much}", spec.name);
                Box::new(Diagnostic::new(Code::E14, span, text).help(TooMuch::HELP))
            })?;
        }
        Ok(())
    }

    /// First values of the parameters as the program declares them; the same seed gives the same values.
    pub fn first_values<T: Real>(&self, seed: u64) -> Params<T> {
        elaborate::first_values_of(self.program, &self.sizes, &self.params, seed)
            .expect("the parameters were declared with the same sizes")
    }

    /// Writes the program to a record; `leaf` makes the node of an input of this shape.
    ///
    /// **Errors** at the place in the program where a value is impossible for these sizes.
    pub fn record(
        &self,
        record: &dyn Record,
        leaf: &mut dyn FnMut(&DeclaredInput, Shape) -> NodeId,
    ) -> Result<Elaborated, Box<Diagnostic>> {
        let budget = self.budget.clone();
        elaborate::elaborate(self.program, &self.sizes, &self.params, record, leaf, budget)
    }

    /// The graph of the program without values, and what its names stand for.
    ///
    /// **Errors** at the place in the program where a value is impossible for these sizes.
    pub fn graph(&self) -> Result<(Graph, Elaborated), Box<Diagnostic>> {
        let sketch = Sketch::new();
        let elaborated = self.record(&sketch, &mut |input, shape| match input.ty.kind {
            Kind::Real => sketch.input(&input.name, shape).id(),
            _ => sketch.data(&input.name, shape).id(),
        })?;
        let graph = sketch.graph().clone();
        Ok((graph, elaborated))
    }
}
