//! Modules that do their worst to the process they run in, one way each; the checks of `tapegrad check --module` run
//! this program.

use std::process::ExitCode;
use std::sync::Arc;

use ndarray::{ArrayD, ArrayViewD};
use tapegrad_autograd::check::{Case, Draw, ModuleSubject, Subject, program};
use tapegrad_autograd::{Module, Shape};

/// The square of each entry, with a deed in forward() or in backward().
#[derive(Debug)]
struct Square {
    forward: fn(&ArrayD<f64>),
    backward: fn(&ArrayD<f64>),
    x: ArrayD<f64>,
}

impl Module<f64> for Square {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x[0].to_owned();
        (self.forward)(&self.x);
        self.x.mapv(|x| x * x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        (self.backward)(&self.x);
        vec![&self.x * 2.0 * &g_y]
    }
}

fn case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([("x", draw.normal(Shape::new(&[n])))])
}

fn square(name: &str, forward: fn(&ArrayD<f64>), backward: fn(&ArrayD<f64>)) -> Arc<dyn Subject> {
    let make = move || Square {
        forward,
        backward,
        x: ArrayD::zeros(vec![0]),
    };
    Arc::new(ModuleSubject::new(name, case, make))
}

fn nothing(_: &ArrayD<f64>) {}

/// A recursion that never ends, and cannot be made a loop.
#[allow(unconditional_recursion)]
fn deep(x: &ArrayD<f64>) {
    let copy = std::hint::black_box([x.len(); 64]);
    deep(x);
    std::hint::black_box(copy);
}

fn endless(_: &ArrayD<f64>) {
    loop {
        std::hint::spin_loop();
    }
}

fn greedy(_: &ArrayD<f64>) {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(Vec::with_capacity(64 << 20));
        std::hint::black_box(&kept);
    }
}

fn main() -> ExitCode {
    program::main(vec![
        square("right", nothing, nothing),
        square("talks", |_| println!("not an answer"), nothing),
        square("panics", nothing, |_| panic!("this is no gradient")),
        square("loops", nothing, endless),
        square("aborts", |_| std::process::abort(), nothing),
        square("overflows the stack", nothing, deep),
        square("eats memory", greedy, nothing),
        square("says it is right and leaves", |_| std::process::exit(0), nothing),
        square("leaves at more than one entry", nothing, |x| {
            if x.len() > 1 {
                std::process::exit(3)
            }
        }),
    ])
}
