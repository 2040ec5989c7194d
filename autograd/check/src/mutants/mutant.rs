//! Wrong gradients on purpose: a subject whose backward() has one mistake planted.
//!
//! A mutant calls the right backward(), with a changed upstream gradient or changing what comes out, or runs the
//! backward pass of the function's graph with one edge wrong.
//! The general mutants share no derivative with the hypotheses, which are made from Jacobians: a diagnosis has to
//! recognise them. A mutant of an edge runs the same edited graph as its hypothesis, and tests only the search.

use std::fmt;
use std::sync::Arc;

use ndarray::{ArrayD, ArrayViewD};

use crate::Draw;
use crate::function::Function;
use crate::function::expanded_graph::GraphEdit;
use crate::guard::caught;
use crate::mistakes::hypotheses::{only, reversed, rolled};
use crate::mutants::mutation::Mutation;
use crate::subject::{Case, Kind, Subject};
use tapegrad_core::module::{Module, ModuleParam};

/// A subject with a mistake in the gradient of one operand.
pub struct Mutant {
    /// The subject without the mistake.
    pub subject: Arc<dyn Subject>,
    /// The name of the operand.
    pub operand: String,
    /// The mistake.
    pub mutation: Mutation,
}

impl fmt::Debug for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} with g_{} {}",
            self.subject.name(),
            self.operand,
            self.mutation.name()
        )
    }
}

impl Subject for Mutant {
    fn name(&self) -> String {
        self.subject.name()
    }

    fn kind(&self) -> Kind {
        self.subject.kind()
    }

    fn case(&self, draw: &mut Draw) -> Case {
        self.subject.case(draw)
    }

    fn sizes_are_fixed(&self) -> bool {
        self.subject.sizes_are_fixed()
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        Box::new(MutantModule {
            right: self.subject.module(case),
            before: None,
            now: Vec::new(),
            case: case.clone(),
            function: self.subject.function(case),
            operand: case.operands.iter().position(|x| x.name == self.operand),
            mutation: self.mutation.clone(),
            sum: None,
        })
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        self.subject.function(case)
    }
}

/// The module without the mistake, and the mistake.
struct MutantModule {
    right: Box<dyn Module<f64>>,
    before: Option<Vec<ArrayD<f64>>>,
    now: Vec<ArrayD<f64>>,
    case: Case,
    function: Option<Arc<dyn Function>>,
    operand: Option<usize>,
    mutation: Mutation,
    sum: Option<ArrayD<f64>>,
}

impl fmt::Debug for MutantModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a mutant, {}, of {:?}", self.mutation.name(), self.right)
    }
}

impl Module<f64> for MutantModule {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        let x_now: Vec<ArrayD<f64>> = x.iter().map(|x| x.to_owned()).collect();
        self.before = Some(std::mem::replace(&mut self.now, x_now)).filter(|x| !x.is_empty());
        self.sum = None;
        self.right.forward(x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let mut g_x = self.right.backward(g_y.view());
        let Some(i) = self.operand.filter(|&i| i < g_x.len()) else {
            return g_x;
        };
        g_x[i] = self.wrong(i, g_y.to_owned(), &g_x);
        g_x
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, f64>> {
        self.right.params()
    }
}

impl MutantModule {
    fn with_upstream(&mut self, i: usize, g_y: ArrayD<f64>) -> ArrayD<f64> {
        self.right.backward(g_y.view()).swap_remove(i)
    }

    /// The gradient of operand `i` with the mistake.
    fn wrong(&mut self, i: usize, g_y: ArrayD<f64>, right: &[ArrayD<f64>]) -> ArrayD<f64> {
        let g = right[i].clone();
        let last = g.ndim().checked_sub(1);
        match &self.mutation {
            Mutation::Negated => -g,
            Mutation::Doubled => g * 2.0,
            Mutation::Halved => g * 0.5,
            Mutation::Zero => g * 0.0,
            Mutation::Averaged => g / g_y.len() as f64,
            Mutation::SlightlyOff => changed(g, true, |g| g * 1.001),
            Mutation::LastEntryLost => changed(g, false, |_| 0.0),
            Mutation::Transposed => {
                let turned = g.t().iter().copied().collect();
                ArrayD::from_shape_vec(g.raw_dim(), turned).unwrap_or(g)
            }
            Mutation::Shifted => last.map_or(g.clone(), |axis| rolled(&g, axis, 1)),
            Mutation::Reversed => last.map_or(g.clone(), |axis| reversed(&g, axis)),
            Mutation::Clipped => g.mapv(|g| g.max(0.0)),
            Mutation::Magnitude => g.mapv(f64::abs),
            Mutation::UpstreamIgnored => self.with_upstream(i, g_y.mapv(|_| 1.0)),
            Mutation::UpstreamSquared => self.with_upstream(i, g_y.mapv(|g| g * g)),
            Mutation::UpstreamFirst if g_y.ndim() > 0 && !g_y.is_empty() => self.with_upstream(i, only(&g_y, 0, 0)),
            Mutation::UpstreamLast if g_y.ndim() > 0 && !g_y.is_empty() => {
                self.with_upstream(i, only(&g_y, 0, g_y.shape()[0] - 1))
            }
            Mutation::UpstreamFirst | Mutation::UpstreamLast => g,
            Mutation::Stale => self.stale(i, &g_y).unwrap_or(g),
            Mutation::Accumulated => {
                let sum = self.sum.take().map_or(g.clone(), |sum| sum + &g);
                self.sum = Some(sum.clone());
                sum
            }
            Mutation::Swapped => {
                let other = self
                    .case
                    .real()
                    .find(|&j| j != i && right.get(j).is_some_and(|o| o.shape() == g.shape()));
                other.map_or(g, |j| right[j].clone())
            }
            Mutation::Graph(edit) => self.edited(i, &g_y, edit).unwrap_or(g),
        }
    }

    /// The gradient at the operands of the forward() before.
    fn stale(&mut self, i: usize, g_y: &ArrayD<f64>) -> Option<ArrayD<f64>> {
        let before = self.before.clone()?;
        let views = |x: &'_ [ArrayD<f64>]| x.iter().map(|x| x.to_owned()).collect::<Vec<_>>();
        let (before, now) = (views(&before), views(&self.now));
        self.right.forward(&before.iter().map(|x| x.view()).collect::<Vec<_>>());
        let g = self.right.backward(g_y.view()).swap_remove(i);
        self.right.forward(&now.iter().map(|x| x.view()).collect::<Vec<_>>());
        self.right.backward(g_y.view());
        Some(g)
    }

    fn edited(&self, i: usize, g_y: &ArrayD<f64>, edit: &GraphEdit) -> Option<ArrayD<f64>> {
        let x: Vec<ArrayD<f64>> = self.now.iter().map(|x| x.as_standard_layout().into_owned()).collect();
        caught(|| self.function.as_ref()?.expanded(&x)?.gradient(i, g_y, Some(edit)))
            .ok()
            .flatten()
    }
}

/// The same gradient with one entry changed: the largest, or the last.
fn changed(mut g: ArrayD<f64>, is_largest: bool, change: impl Fn(f64) -> f64) -> ArrayD<f64> {
    let mut at = g.len().checked_sub(1);
    if is_largest {
        at = (0..g.len()).max_by(|&a, &b| {
            let size = |i: usize| g.iter().nth(i).map_or(0.0, |g| g.abs());
            size(a).total_cmp(&size(b))
        });
    }
    if let Some(entry) = at.and_then(|at| g.iter_mut().nth(at)) {
        *entry = change(*entry);
    }
    g
}
