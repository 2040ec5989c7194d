//! Tapes of a million nodes: recording, backward and freeing are loops over a list, not recursions along a chain.

use tapegrad_autograd::Tape;

const NODES: usize = 1_000_000;
/// Too small for a recursion of a million calls, whatever a call takes.
const STACK_BYTES: usize = 256 << 10;

fn on_a_small_stack<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work);
    thread
        .expect("a thread can be started")
        .join()
        .expect("the work did not overflow the stack")
}

#[test]
fn backward_over_a_chain_of_a_million_nodes_needs_no_stack_of_a_million_calls() {
    let slope = on_a_small_stack(|| {
        let tape = Tape::<f64>::new();
        let x = tape.scalar("x", 1.0);
        let step = tape.scalar("step", 1e-6);
        let y = (0..NODES).fold(x, |y, _| y + step);
        let gradients = tape.backward(y);
        [x, step].map(|var| gradients.of(var).sum())
    });
    // y = x + NODES · step.
    assert_eq!(slope, [1.0, NODES as f64]);
}

#[test]
fn a_variable_with_a_million_uses_sums_a_million_contributions() {
    let slope = on_a_small_stack(|| {
        let tape = Tape::<f64>::new();
        let x = tape.scalar("x", 0.5);
        let y = (0..NODES / 2).fold(x, |y, _| y + x * x);
        tape.backward(y).of(x).sum()
    });
    // y = x + n x², dy/dx = 1 + 2 n x.
    assert_eq!(slope, 1.0 + NODES as f64 * 0.5);
}
