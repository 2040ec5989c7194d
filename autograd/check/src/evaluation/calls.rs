//! Calls of forward() and backward() in an order that a program may use, and what each of them gives.
//!
//! A training loop calls forward() with other values, ids, masks and sizes each time, and changes the weights between the
//! calls. What a module keeps from one call to the next shows only then.

use ndarray::ArrayD;

use crate::guard::{Stage, caught};
use crate::subject::run::{run_backward, run_forward};
use crate::subject::{Case, Subject};
use tapegrad_core::module::Module;

/// One call; operands are counted from 0, which is the case under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Module number `.0` is made, with the parameters of the operands number `.1`.
    Make(usize, usize),
    /// Module number `.0` gets the parameters of the operands number `.1`, and runs forward() on the rest of them.
    Forward(usize, usize),
    /// Module number `.0` runs backward(): with the upstream gradient of the case, or with another one.
    Backward(usize, CallUpstream),
}

/// The upstream gradient of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallUpstream {
    /// That of the case; ones at other operands.
    Own,
    /// Another one: `0.5 - g_y` at the operands of the case, and ones elsewhere.
    Other,
}

/// A sequence of calls with its operands, and what it gave.
#[derive(Clone, Debug)]
pub struct Calls {
    /// The calls.
    pub calls: Vec<Call>,
    /// The operands, parameters last; number 0 is the case under test.
    pub operands: Vec<Vec<ArrayD<f64>>>,
    /// The values of each forward() at the case.
    pub values: Vec<ArrayD<f64>>,
    /// The gradients of each backward() with the upstream gradient of the case.
    pub gradients: Vec<Vec<ArrayD<f64>>>,
    /// The message of a panic, and the number of the call that panicked.
    pub panic: Option<(usize, String)>,
}

impl Calls {
    /// Calls that are not made yet.
    pub fn new(calls: Vec<Call>, operands: Vec<Vec<ArrayD<f64>>>) -> Self {
        Self {
            calls,
            operands,
            values: Vec::new(),
            gradients: Vec::new(),
            panic: None,
        }
    }

    /// Makes the calls, up to the first that panics.
    pub fn run(&mut self, subject: &dyn Subject, case: &Case, g_y: &ArrayD<f64>, stage: &Stage) {
        let mut modules: Vec<Option<Live>> = Vec::new();
        for number in 0..self.calls.len() {
            let call = self.calls[number];
            if let Err(message) = caught(|| self.make_call(call, &mut modules, (subject, case, g_y), stage)) {
                self.panic = Some((number, message));
                break;
            }
        }
    }

    fn make_call(
        &mut self,
        call: Call,
        modules: &mut Vec<Option<Live>>,
        (subject, case, g_y): (&dyn Subject, &Case, &ArrayD<f64>),
        stage: &Stage,
    ) {
        match call {
            Call::Make(module, at) => {
                stage.enter("making the module");
                modules.resize_with(modules.len().max(module + 1), || None);
                let module_of = subject.module(&case.with_values(&self.operands[at]));
                modules[module] = Some(Live {
                    module: module_of,
                    at,
                    y_shape: Vec::new(),
                });
            }
            Call::Forward(module, at) => {
                stage.enter("forward()");
                let live = live(modules, module);
                let y = run_forward(&mut *live.module, case, &self.operands[at]);
                (live.at, live.y_shape) = (at, y.shape().to_vec());
                if at == 0 {
                    self.values.push(y);
                }
            }
            Call::Backward(module, upstream) => {
                stage.enter("backward()");
                let live = live(modules, module);
                let is_of_the_case = live.at == 0 && live.y_shape == g_y.shape();
                let is_own = upstream == CallUpstream::Own && is_of_the_case;
                let g = match upstream {
                    CallUpstream::Own if is_own => g_y.clone(),
                    CallUpstream::Other if is_of_the_case => g_y.mapv(|g| 0.5 - g),
                    _ => ArrayD::ones(live.y_shape.clone()),
                };
                let g_x = run_backward(&mut *live.module, case, g.view());
                if is_own {
                    self.gradients.push(g_x);
                }
            }
        }
    }
}

/// A module that was made, and the operands of its last forward().
struct Live {
    module: Box<dyn Module<f64>>,
    at: usize,
    y_shape: Vec<usize>,
}

fn live(modules: &mut [Option<Live>], module: usize) -> &mut Live {
    modules[module].as_mut().expect("a module is made before it is called")
}
