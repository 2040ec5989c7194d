//! A subject evaluated at a case: its value, and its gradients for several upstream gradients and memory layouts.

pub mod options;
pub(crate) mod prepared_case;

use std::sync::Arc;
use std::time::Duration;

use ndarray::{ArrayD, ArrayViewD, Axis, Slice};

use crate::Draw;
use crate::function::Function;
use crate::function::expanded_graph::ExpandedGraph;
use crate::guard::{Stage, Trouble, guarded};
use crate::subject::{Case, Subject};
use tapegrad_core::module::Module;
use tapegrad_core::op::OperandKind;
use tapegrad_core::shape::Shape;

/// The value and the gradients that a subject computes at one case.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The value.
    pub y: ArrayD<f64>,
    /// The upstream gradient: multiples of 1/64, exact in binary.
    pub g_y: ArrayD<f64>,
    /// A second upstream gradient, to test that backward() is linear.
    pub g_other: ArrayD<f64>,
    /// The gradients of all operands, parameters last.
    pub g_x: Vec<ArrayD<f64>>,
    /// The gradients when backward() is called a second time.
    pub again: Vec<ArrayD<f64>>,
    /// The gradients for an upstream gradient of 0.
    pub at_zero: Vec<ArrayD<f64>>,
    /// The gradients for the other upstream gradient.
    pub at_other: Vec<ArrayD<f64>>,
    /// The gradients for `g_y + 2 g_other`.
    pub combined: Vec<ArrayD<f64>>,
    /// The gradients when operands and upstream gradient lie in memory in another way.
    pub by_layout: Vec<(MemoryLayout, Vec<ArrayD<f64>>)>,
}

/// Evaluates a subject: forward() at other operands, forward() at the case, backward(). A stale cache then shows.
///
/// **Errors** if it panics, does not return within `limit`, or gives another number of gradients than operands.
pub fn ask(
    subject: &Arc<dyn Subject>,
    case: &Case,
    x_old: Vec<ArrayD<f64>>,
    upstream: Upstream,
    limit: Duration,
) -> Result<Evaluation, Trouble> {
    let (subject, case) = (Arc::clone(subject), case.clone());
    guarded(limit, move |stage| {
        evaluations(&*subject, &case, &x_old, &upstream, stage)
    })
}

/// How the upstream gradients of an evaluation are chosen.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// Random multiples of 1/64, never all ones: of a softmax or a layer norm the plain sum has the gradient 0.
    Seed(u64),
    /// A given upstream gradient.
    Given(ArrayD<f64>),
}

impl Upstream {
    /// Two upstream gradients for a value of this shape.
    pub fn of(&self, y: &[usize]) -> [ArrayD<f64>; 2] {
        let seed = if let Self::Seed(seed) = self { *seed } else { 0 };
        let mut draw = Draw::new(seed ^ 0x9E37_79B9, 1);
        let drawn = [draw.upstream(Shape::new(y)), draw.upstream(Shape::new(y))];
        match self {
            Self::Given(g_y) if g_y.shape() == y => [g_y.clone(), drawn[1].clone()],
            _ => drawn,
        }
    }
}

fn evaluations(
    subject: &dyn Subject,
    case: &Case,
    x_old: &[ArrayD<f64>],
    upstream: &Upstream,
    stage: &Stage,
) -> Evaluation {
    let x = case.values();
    stage.enter("making the module");
    let mut module = subject.module(case);
    stage.enter("forward()");
    run_forward(&mut *module, case, x_old);
    let y = run_forward(&mut *module, case, &x);
    let [g_y, g_other] = upstream.of(y.shape());
    stage.enter("backward()");
    let g_x = run_backward(&mut *module, case, g_y.view());
    let again = run_backward(&mut *module, case, g_y.view());
    let at_zero = run_backward(&mut *module, case, (&g_y * 0.0).view());
    let at_other = run_backward(&mut *module, case, g_other.view());
    let combined = run_backward(&mut *module, case, (&g_y + &g_other * 2.0).view());
    let mut by_layout = Vec::new();
    for layout in [MemoryLayout::Permuted, MemoryLayout::Sliced] {
        stage.enter("forward() with strided views");
        let mut module = subject.module(case);
        run_forward(&mut *module, case, &x.iter().map(|x| layout.of(x)).collect::<Vec<_>>());
        stage.enter("backward() with a strided view");
        by_layout.push((layout, run_backward(&mut *module, case, layout.of(&g_y).view())));
    }
    Evaluation {
        y,
        g_y,
        g_other,
        g_x,
        again,
        at_zero,
        at_other,
        combined,
        by_layout,
    }
}

/// Sets the parameters and runs forward().
pub(crate) fn run_forward(module: &mut dyn Module<f64>, case: &Case, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    let (given, own) = x.split_at(case.given);
    if !own.is_empty() {
        let mut params = module.params();
        assert_eq!(
            params.len(),
            own.len(),
            "the module has another number of parameters than its case"
        );
        for (param, value) in params.iter_mut().zip(own) {
            param.value.assign(value);
        }
    }
    let views: Vec<ArrayViewD<'_, f64>> = given.iter().map(|x| x.view()).collect();
    module.forward(&views)
}

/// Runs backward() and gathers the gradients of operands and parameters.
fn run_backward(module: &mut dyn Module<f64>, case: &Case, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
    let mut g_x = module.backward(g_y);
    assert_eq!(
        g_x.len(),
        case.given,
        "backward() gives one gradient for each operand of forward()"
    );
    g_x.extend(module.params().iter().map(|param| param.gradient.to_owned()));
    g_x
}

/// How the entries of an array are arranged in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryLayout {
    /// The axes are stored in the opposite order.
    Permuted,
    /// The entries are every second one of a larger array, in reverse order, with NaN between them.
    Sliced,
}

impl MemoryLayout {
    /// The layout in words, as part of a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Self::Permuted => "stored with their axes in another order",
            Self::Sliced => "a slice of a larger array",
        }
    }

    fn of(self, x: &ArrayD<f64>) -> ArrayD<f64> {
        if self == Self::Permuted {
            return x.t().as_standard_layout().into_owned().reversed_axes();
        }
        let Some(last) = x.ndim().checked_sub(1) else {
            return x.clone();
        };
        let mut shape = x.shape().to_vec();
        shape[last] *= 2;
        let mut wide = ArrayD::from_elem(shape, f64::NAN);
        let every_second = Slice::new(0, None, -2);
        wide.slice_axis_mut(Axis(last), every_second).assign(x);
        wide.slice_axis_inplace(Axis(last), every_second);
        wide
    }
}

/// The forward() of a subject that has no definition, as the function it is meant to compute.
pub struct OwnForward {
    /// The subject.
    pub subject: Arc<dyn Subject>,
    /// The case whose operands it is a function of.
    pub case: Case,
}

impl Function for OwnForward {
    fn value(&self, x: &[ArrayD<f64>]) -> ArrayD<f64> {
        run_forward(&mut *self.subject.module(&self.case), &self.case, x)
    }

    fn along(&self, _: &[ArrayD<f64>], _: usize, _: &[f64]) -> Option<ArrayD<f64>> {
        None
    }

    fn expanded(&self, _: &[ArrayD<f64>]) -> Option<ExpandedGraph> {
        None
    }
}

/// Operands of the same shapes for an earlier forward(): real ones are scaled down a little, so they stay in the domain.
pub fn old_operands(case: &Case, draw: &mut Draw) -> Vec<ArrayD<f64>> {
    let older = |operand: &crate::subject::CaseOperand| match operand.kind {
        OperandKind::Real => {
            let shrink = draw.between(Shape::new(operand.value.shape()), 0.7, 0.97);
            &operand.value * &shrink
        }
        _ => operand.value.clone(),
    };
    case.operands.iter().map(older).collect()
}
