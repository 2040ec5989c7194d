//! A subject evaluated at a case: its value, and its gradients for several upstream gradients and memory layouts.

pub(crate) mod calls;
pub(crate) mod history;
pub mod options;
pub(crate) mod prepared_case;

use std::sync::Arc;
use std::time::Duration;

use ndarray::{ArrayD, Axis, Slice};

use crate::Draw;
use crate::evaluation::calls::Calls;
use crate::evaluation::history::History;
use crate::function::Function;
use crate::function::expanded_graph::ExpandedGraph;
use crate::guard::{Stage, Trouble, caught, guarded};
use crate::subject::run::{run_backward, run_forward};
use crate::subject::{Case, Subject};
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
    /// Why backward() can run once only after each forward(): the message of its panic.
    pub once: Option<String>,
    /// What the module gives after calls that came before; empty if it was not asked.
    pub(crate) histories: Vec<(History, Calls)>,
}

/// Evaluates a subject on a new module: forward(), backward().
///
/// **Errors** if it panics, a call does not return within `limit`, or it gives another number of gradients than operands.
pub fn ask(
    subject: &Arc<dyn Subject>,
    case: &Case,
    upstream: Upstream,
    limit: Duration,
) -> Result<Evaluation, Trouble> {
    let (subject, case) = (Arc::clone(subject), case.clone());
    guarded(limit, move |stage| evaluations(&*subject, &case, &upstream, stage))
}

/// Evaluates a subject at a case after other calls: those of `wanted`, or of every history.
///
/// **Errors** if a call does not return within `limit`; a panic is a result.
pub(crate) fn ask_histories(
    subject: &Arc<dyn Subject>,
    case: &Case,
    g_y: &ArrayD<f64>,
    wanted: Option<History>,
    (seed, limit): (u64, Duration),
) -> Result<Vec<(History, Calls)>, Trouble> {
    let (subject, case, g_y) = (Arc::clone(subject), case.clone(), g_y.clone());
    guarded(limit, move |stage| {
        stage.enter("drawing operands of an earlier call");
        let kind = subject.kind();
        let mut all = History::all(&*subject, &case, &mut Draw::new(seed ^ 0x51ed_270b, 3));
        all.retain(|(history, _)| history.concerns(kind) && wanted.is_none_or(|wanted| wanted == *history));
        for (_, calls) in &mut all {
            calls.run(&*subject, &case, &g_y, stage);
        }
        all
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

fn evaluations(subject: &dyn Subject, case: &Case, upstream: &Upstream, stage: &Stage) -> Evaluation {
    let x = case.values();
    stage.enter("making the module");
    let mut module = subject.module(case);
    stage.enter("forward()");
    let y = run_forward(&mut *module, case, &x);
    let [g_y, g_other] = upstream.of(y.shape());
    stage.enter("backward()");
    let g_x = run_backward(&mut *module, case, g_y.view());
    let (again, once) = match caught(|| run_backward(&mut *module, case, g_y.view())) {
        Ok(again) => (again, None),
        Err(message) => (g_x.clone(), Some(message)),
    };
    let mut backward = |g: &ArrayD<f64>| {
        if once.is_some() {
            stage.enter("forward()");
            run_forward(&mut *module, case, &x);
        }
        stage.enter("backward()");
        run_backward(&mut *module, case, g.view())
    };
    let at_zero = backward(&(&g_y * 0.0));
    let at_other = backward(&g_other);
    let combined = backward(&(&g_y + &g_other * 2.0));
    let mut by_layout = Vec::new();
    for layout in [MemoryLayout::Plain, MemoryLayout::Permuted, MemoryLayout::Sliced] {
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
        once,
        histories: Vec::new(),
    }
}

/// How the entries of an array are arranged in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryLayout {
    /// As it comes: what changes here does not change by the layout.
    Plain,
    /// The axes are stored in the opposite order.
    Permuted,
    /// The entries are every second one of a larger array, in reverse order, with NaN between them.
    Sliced,
}

impl MemoryLayout {
    /// The layout in words, as part of a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Self::Plain => "as they were",
            Self::Permuted => "stored with their axes in another order",
            Self::Sliced => "a slice of a larger array",
        }
    }

    fn of(self, x: &ArrayD<f64>) -> ArrayD<f64> {
        match self {
            Self::Plain => return x.clone(),
            Self::Permuted => return x.t().as_standard_layout().into_owned().reversed_axes(),
            Self::Sliced => {}
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
        crate::guard::enter("forward()");
        run_forward(&mut *self.subject.module(&self.case), &self.case, x)
    }

    fn along(&self, _: &[ArrayD<f64>], _: usize, _: &[f64]) -> Option<ArrayD<f64>> {
        None
    }

    fn has_duals(&self) -> bool {
        false
    }

    fn expanded(&self, _: &[ArrayD<f64>]) -> Option<ExpandedGraph> {
        None
    }
}
