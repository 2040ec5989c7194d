//! What a plan keeps from run to run, and what it writes over.

use ndarray::ArrayD;
use proptest::prelude::*;

use super::{Plan, State};
use crate::graph::NodeId;
use crate::ops::{exp, relu, tanh, where_};
use crate::params::{ParamList, Params};
use crate::record::Sketch;
use crate::shape::Shape;
use crate::tape::Tape;
use crate::var::Var;

/// A plan of one step that reads `x` and the state, and the places of `x`, the state, and what it becomes.
fn step(
    shapes: [Shape; 2],
    formula: impl for<'t> Fn(Var<'t>, Var<'t>) -> [Var<'t>; 2],
) -> (Plan<f64>, NodeId, State, NodeId) {
    let sketch = Sketch::new();
    let x = sketch.data("x", shapes[0]);
    let before = sketch.data("before", shapes[1]);
    let [after, y] = formula(x, before);
    let (x, y) = (x.id(), y.id());
    let state = State {
        before: before.id(),
        after: after.id(),
    };
    let plan = Plan::of_step(&sketch.into_graph(), &ParamList::new(), &[y], &[state]);
    (plan, x, state, y)
}

fn run(plan: &mut Plan<f64>, x: NodeId, value: &[f64]) {
    plan.set(x, value);
    plan.forward(&Params::new(&ParamList::new(), 1)).unwrap();
}

/// Row 1 of three is replaced by `x`.
fn replaced<'t>(x: Var<'t>, before: Var<'t>) -> Var<'t> {
    let row = x.constant(1.0).broadcast_to([3]).cumsum(0) - 2.0;
    // 1 for the middle row, the only one of which the number is 0.
    let here = (row * row * -1.0 + 1.0).reshape([3, 1]);
    where_(here, x, before)
}

#[test]
fn a_constant_recorded_late_is_there_in_every_run() {
    let (mut plan, x, _, y) = step([Shape::SCALAR; 2], |x, before| {
        let late = exp(exp(exp(x))) + 2.0;
        [before + x, late * 3.0]
    });
    for _ in 0..2 {
        run(&mut plan, x, &[-1.0]);
        let late = (-1.0_f64).exp().exp().exp() + 2.0;
        assert_eq!(plan.value(y), [late * 3.0]);
    }
}

#[test]
fn a_state_goes_from_run_to_run() {
    let (mut plan, x, state, _) = step([Shape::SCALAR; 2], |x, before| [before + x, x * 2.0]);
    for (value, sum) in [(1.0, 1.0), (2.0, 3.0), (4.0, 7.0)] {
        run(&mut plan, x, &[value]);
        assert_eq!(plan.value(state.after), [sum]);
    }
    plan.set(state.before, &[0.0]);
    run(&mut plan, x, &[5.0]);
    assert_eq!(plan.value(state.after), [5.0]);
}

#[test]
fn a_replaced_row_is_written_where_the_state_lies() {
    let shapes = [Shape::new(&[2]), Shape::new(&[3, 2])];
    let (mut plan, x, state, y) = step(shapes, |x, before| {
        let after = replaced(x, before);
        [after, after.sum()]
    });
    plan.set(state.before, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let place = plan.value(state.before).as_ptr();
    for value in [[7.0, 8.0], [9.0, 10.0]] {
        run(&mut plan, x, &value);
        assert_eq!(plan.value(state.after), [1.0, 2.0, value[0], value[1], 5.0, 6.0]);
        assert_eq!(plan.value(y), [14.0 + value[0] + value[1]]);
    }
    assert_eq!(
        plan.value(state.after).as_ptr(),
        place,
        "nothing but the row was written"
    );
}

#[test]
fn a_state_that_is_read_after_its_row_was_replaced_is_copied() {
    let shapes = [Shape::new(&[2]), Shape::new(&[3, 2])];
    let (mut plan, x, state, y) = step(shapes, |x, before| {
        let after = replaced(x, before);
        [after, (after - before).sum()]
    });
    plan.set(state.before, &[0.0; 6]);
    for (value, change) in [([1.0, 2.0], 3.0), ([5.0, 5.0], 7.0)] {
        run(&mut plan, x, &value);
        assert_eq!(plan.value(y), [change]);
        assert_eq!(plan.value(state.after), [0.0, 0.0, value[0], value[1], 0.0, 0.0]);
    }
}

#[test]
fn a_result_is_written_over_an_operand_that_nobody_reads_again() {
    let shapes = [Shape::new(&[2]), Shape::new(&[3, 2])];
    let (mut plan, x, _, y) = step(shapes, |x, before| {
        let fresh = before * 2.0;
        [before + 1.0, replaced(x, fresh).sum()]
    });
    run(&mut plan, x, &[1.0, 2.0]);
    run(&mut plan, x, &[1.0, 2.0]);
    assert_eq!(plan.value(y), [11.0]);
}

#[test]
#[should_panic(expected = "a state is an input, which a step reads, and the result of an op")]
fn a_state_keeps_its_shape() {
    step([Shape::new(&[2]), Shape::SCALAR], |x, before| [x + before, x]);
}

/// A formula of single numbers in which each step uses two earlier ones: arithmetic, and now and then another op.
fn scalar_formula<'t>(inputs: &[Var<'t>], choices: &[(u8, usize, usize)]) -> Var<'t> {
    let mut all = inputs.to_vec();
    for &(op, a, b) in choices {
        let (a, b) = (all[a % all.len()], all[b % all.len()]);
        all.push(match op % 8 {
            0 => a + b,
            1 => a - b,
            2 => a * b * 0.5,
            3 => a / (b * b + 1.0),
            4 => -a,
            5 => relu(a),
            6 => tanh(a) + b,
            _ => (a * b.broadcast_to([2])).sum(),
        });
    }
    all.into_iter().rev().fold(inputs[0], |sum, x| sum + x * 0.25)
}

/// A formula of arrays `[2, 3]` in which gradients are passed on: sums of sums, and of other things between them.
fn array_formula<'t>(inputs: &[Var<'t>], choices: &[(u8, usize, usize)]) -> Var<'t> {
    let mut all = inputs.to_vec();
    for &(op, a, b) in choices {
        // Mostly of what came last, so that chains grow.
        let from_end = |i: usize| all[all.len() - 1 - (i % all.len()).min(i / 8 % 3)];
        let (a, b) = (from_end(a), from_end(b));
        all.push(match op % 8 {
            0..3 => a + b,
            3 => a + tanh(b),
            4 => a - b,
            5 => a.reshape([6]).reshape([2, 3]),
            6 => tanh(a.reshape([3, 2]) + b.reshape([3, 2])).reshape([2, 3]),
            _ => a * b * 0.5,
        });
    }
    let last = all[all.len() - 1];
    inputs.iter().fold(last * last, |sum, &x| sum + x).sum()
}

/// Runs a formula in a plan, twice, and on a tape: the value and all gradients are the same, bit for bit.
fn assert_plan_as_tape(
    shape: Shape,
    values: &[Vec<f64>],
    formula: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
) -> Result<(), TestCaseError> {
    let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let tape = Tape::<f64>::new();
    let array = |value: &Vec<f64>| ArrayD::from_shape_vec(shape.to_vec(), value.clone()).unwrap();
    let inputs: Vec<_> = values.iter().map(|value| tape.input("x", array(value))).collect();
    let y = formula(&inputs);
    let (expected, gradients) = (tape.number(y), tape.backward(y));

    let sketch = Sketch::new();
    let planned: Vec<_> = values.iter().map(|_| sketch.input("x", shape)).collect();
    let y = formula(&planned).id();
    let ids: Vec<NodeId> = planned.iter().map(|x| x.id()).collect();
    let list = ParamList::new();
    let mut plan = Plan::<f64>::new(&sketch.into_graph(), &list, &[], Some(y)).unwrap();
    ids.iter().zip(values).for_each(|(&id, value)| plan.set(id, value));
    let mut params = Params::new(&list, 1);
    for _ in 0..2 {
        plan.forward(&params).unwrap();
        plan.backward(&mut params);
        prop_assert_eq!(plan.value(y)[0].to_bits(), expected.to_bits());
        for (&id, &x) in ids.iter().zip(&inputs) {
            if let Some(gradient) = gradients.get_of(x) {
                prop_assert_eq!(bits(plan.gradient(id)), bits(gradient.as_slice().unwrap()));
            }
        }
    }
    Ok(())
}

#[test]
fn the_gradient_of_a_residual_stream_lies_in_one_array() {
    let bytes = |blocks: usize| {
        let sketch = Sketch::new();
        let x = sketch.input("x", [1000]);
        let y = (0..blocks).fold(x, |x, _| x + tanh(x));
        let j = y.sum().id();
        let plan = Plan::<f64>::new(&sketch.into_graph(), &ParamList::new(), &[], Some(j));
        plan.unwrap().bytes()
    };
    let one_array = 1000 * size_of::<f64>();
    // A block more keeps one value more for backward(), that of tanh.
    assert_eq!(bytes(9) - bytes(8), one_array);
}

proptest! {
    #[test]
    fn numbers_run_as_instructions_as_they_do_on_a_tape(
        values in prop::collection::vec(prop::collection::vec(-1.5..1.5f64, 1), 3),
        choices in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>()), 0..40),
    ) {
        assert_plan_as_tape(Shape::SCALAR, &values, |x| scalar_formula(x, &choices))?;
    }

    #[test]
    fn gradients_that_share_an_array_are_those_of_a_tape(
        values in prop::collection::vec(prop::collection::vec(-1.5..1.5f64, 6), 3),
        choices in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>()), 0..40),
    ) {
        assert_plan_as_tape(Shape::new(&[2, 3]), &values, |x| array_formula(x, &choices))?;
    }
}
