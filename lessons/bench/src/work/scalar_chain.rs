//! The cost of one op on the tape and in a plan, at width 1.
//!
//! The chain is `x ← relu(x w + b)`: three ops of single numbers at each turn, each of which needs the one before.

use std::time::Instant;

use tapegrad_autograd::ops::relu;
use tapegrad_autograd::{ParamList, Params, Plan, Sketch, Tape, Var};

use super::workload::{BenchSetting, BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};
use crate::error::BenchError;

const TURNS: usize = 33_333;
/// The ops of one turn of the chain.
pub const OPS_PER_TURN: usize = 3;

/// Recording the chain on a tape and going back over it.
pub const EAGER: Workload = Workload {
    name: "scalar-chain",
    about: "100 000 scalar ops on the tape: record and evaluate, then backward",
    unit: BenchUnit::NanosecondsPerOp,
    threads: Threads::One,
    warm_ups: 3,
    reps: 30,
    reps_per_turn: 1,
    asked: RunsWhen::Always,
    prepare: |_| Ok(ready(|| Ok(eager()))),
};

/// Replaying the chain, which was planned beforehand.
pub const PLAN: Workload = Workload {
    name: "scalar-chain-plan",
    about: "100 000 scalar ops in a plan that was made before: forward, then backward",
    prepare: prepare_plan,
    ..EAGER
};

fn ready(rep: impl FnMut() -> Result<Repetition, BenchError> + 'static) -> PreparedWork {
    let work = WorkAmount {
        ops: Some((OPS_PER_TURN * TURNS) as f64),
        ..WorkAmount::default()
    };
    PreparedWork {
        work,
        rep: Box::new(rep),
    }
}

/// The chain of so many turns.
fn chain<'t>(mut x: Var<'t>, w: Var<'t>, b: Var<'t>, turns: usize) -> Var<'t> {
    for _ in 0..turns {
        x = relu(x * w + b);
    }
    x
}

/// The seconds of recording and evaluating a chain, and of going back over it; freeing the tape does not count.
pub fn on_tape(turns: usize) -> [f64; 2] {
    let tape = Tape::<f32>::new();
    let [x, w, b] = [("x", 0.5), ("w", 0.999), ("b", 0.001)].map(|(name, value)| tape.scalar(name, value));
    let start = Instant::now();
    let y = chain(x, w, b, turns);
    let recorded = start.elapsed().as_secs_f64();
    let gradients = tape.backward(y);
    let both = start.elapsed().as_secs_f64();
    std::hint::black_box(gradients.of(w));
    [recorded, both - recorded]
}

fn eager() -> Repetition {
    Repetition {
        seconds: on_tape(TURNS).iter().sum(),
        note: None,
    }
}

fn prepare_plan(_: &BenchSetting) -> Result<PreparedWork, BenchError> {
    let sketch = Sketch::new();
    let [x, w, b] = ["x", "w", "b"].map(|name| sketch.input(name, []));
    let y = chain(x, w, b, TURNS).id();
    let inputs = [(x.id(), 0.5), (w.id(), 0.999), (b.id(), 0.001)];
    let list = ParamList::new();
    let mut plan = Plan::<f32>::new(&sketch.into_graph(), &list, &[], Some(y))
        .unwrap_or_else(|error| panic!("invariant: a chain without parameters misses none: {error}"));
    for (id, value) in inputs {
        plan.set(id, &[value]);
    }
    let mut params = Params::new(&list, 1);
    Ok(ready(move || {
        let mut outcome = Ok(());
        let rep = Repetition::time(|| {
            outcome = plan.forward(&params);
            plan.backward(&mut params);
        });
        outcome.unwrap_or_else(|error| panic!("invariant: a chain of numbers has a result: {error}"));
        Ok(rep)
    }))
}
