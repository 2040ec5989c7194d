//! The cost of one small op on the tape: the sum of two vectors of four numbers, a thousand times in a row.

use std::time::Instant;

use ndarray::Array1;
use tapegrad_autograd::Tape;

use super::workload::{BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};

const CHAIN: usize = 1000;

/// Recording a chain of sums on a tape and going back over it.
pub const SMALL_OP: Workload = Workload {
    name: "small-op",
    about: "[4] + [4], a chain of 1000 on the tape, forward and backward",
    unit: BenchUnit::NanosecondsPerOp,
    threads: Threads::One,
    warm_ups: 20,
    reps: 200,
    reps_per_turn: 50,
    asked: RunsWhen::Always,
    prepare: |_| {
        let work = WorkAmount {
            ops: Some(CHAIN as f64),
            ..WorkAmount::default()
        };
        Ok(PreparedWork {
            work,
            rep: Box::new(|| Ok(chain())),
        })
    },
};

fn chain() -> Repetition {
    let tape = Tape::<f32>::new();
    let [x, y] = ["x", "y"].map(|name| tape.input(name, Array1::<f32>::from_elem(4, 0.5)));
    let ones = Array1::<f32>::ones(4).into_dyn();
    let start = Instant::now();
    let z = (0..CHAIN).fold(x, |z, _| z + y);
    let gradients = tape.backward_from(z, ones.view());
    let seconds = start.elapsed().as_secs_f64();
    std::hint::black_box(gradients.of(y));
    Repetition { seconds, note: None }
}
