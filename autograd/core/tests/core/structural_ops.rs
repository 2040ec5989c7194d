//! Claims about the ops that move numbers: what they refuse, and what becomes of a number that is used twice.

use ndarray::{Array, array};
use tapegrad_autograd::ops::{concat, embedding, stack};
use tapegrad_autograd::{Shape, Sketch, Tape};

#[test]
fn the_gradient_of_a_row_is_the_sum_over_the_ids_that_name_it() {
    let tape = Tape::<f64>::new();
    let table = tape.input("table", array![[1.0], [2.0], [3.0]]);
    let y = embedding(table, tape.ids("ids", [2, 2], &[1, 2, 1, 1]));
    let weights = tape.data("w", array![[[1.0], [10.0]], [[100.0], [1000.0]]]);
    let gradients = tape.backward((y * weights).sum());
    assert_eq!(gradients.of(table), array![[0.0], [1101.0], [10.0]].into_dyn());
}

#[test]
#[should_panic(expected = "ids[1, 0] is 3, which is not a whole number from 0 to V - 1, where V = 3")]
fn an_id_beyond_the_table_is_refused_with_its_place() {
    let tape = Tape::<f64>::new();
    let table = tape.input("table", Array::zeros((3, 2)));
    embedding(table, tape.ids("ids", [2, 1], &[0, 3]));
}

#[test]
#[should_panic(expected = "ids[0] is 0.5")]
fn an_id_that_is_not_whole_is_refused() {
    let tape = Tape::<f64>::new();
    tape.input("x", array![[1.0, 2.0]]).pick(tape.data("ids", array![0.5]));
}

#[test]
#[should_panic(expected = "ids travel as f32")]
fn a_table_with_more_rows_than_f32_counts_is_refused() {
    let sketch = Sketch::new();
    let table = sketch.input("table", [(1 << 24) + 1, 1]);
    embedding(table, sketch.data("ids", [1]));
}

#[test]
#[should_panic(expected = "[.., V] and ids [..] must be equal but for V")]
fn picking_needs_one_id_for_each_row() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", array![[1.0, 2.0], [3.0, 4.0]]);
    x.pick(tape.ids("ids", [3], &[0, 1, 0]));
}

#[test]
fn the_parts_of_an_axis_put_together_are_the_whole() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let whole = concat(&[x.slice(-1, 0..1), x.slice(-1, 1..1), x.slice(-1, 1..3)], -1);
    assert_eq!(tape.value(whole), tape.value(x));
    let columns = stack(&[x.at(-1, 0), x.at(-1, 1), x.at(-1, 2)], -1);
    assert_eq!(tape.value(columns), tape.value(x));
}

#[test]
fn permuting_back_gives_the_same_array() {
    let tape = Tape::<f64>::new();
    let x = tape.input(
        "x",
        Array::from_iter((0..24).map(f64::from))
            .into_shape_with_order((2, 3, 4))
            .unwrap(),
    );
    let there = x.permute(&[2, 0, 1]);
    assert_eq!(there.shape(), Shape::new(&[4, 2, 3]));
    assert_eq!(tape.value(there.permute(&[1, 2, 0])), tape.value(x));
    assert_eq!(tape.value(x.t().t()), tape.value(x));
    assert_eq!(tape.value(x.t())[[1, 3, 2]], tape.value(x)[[1, 2, 3]]);
}

#[test]
#[should_panic(expected = "a transpose needs two axes; this value is [3]")]
fn a_vector_has_no_transpose() {
    let tape = Tape::<f64>::new();
    let _ = tape.input("x", array![1.0, 2.0, 3.0]).t();
}

#[test]
#[should_panic(expected = "must name each of the 2 axes of x once")]
fn an_axis_named_twice_is_refused() {
    let tape = Tape::<f64>::new();
    let _ = tape.input("x", array![[1.0]]).permute(&[0, 0]);
}

#[test]
#[should_panic(expected = "[2, 3] has 6 entries and [4] has 4")]
fn a_reshape_keeps_the_number_of_entries() {
    let tape = Tape::<f64>::new();
    let _ = tape.input("x", Array::zeros((2, 3))).reshape([4]);
}

#[test]
#[should_panic(expected = "the range 1..4 must lie inside axis 0, which has 3 entries")]
fn a_slice_beyond_the_end_is_refused() {
    let tape = Tape::<f64>::new();
    let _ = tape.input("x", array![1.0, 2.0, 3.0]).slice(0, 1..4);
}

#[test]
#[should_panic(expected = "must be equal but for axis 0")]
fn arrays_of_other_widths_are_not_put_in_a_row() {
    let tape = Tape::<f64>::new();
    let (a, b) = (
        tape.input("a", Array::zeros((1, 2))),
        tape.input("b", Array::zeros((1, 3))),
    );
    concat(&[a, b], 0);
}

#[test]
#[should_panic(expected = "[2, 3] does not broadcast to [3]")]
fn broadcasting_never_removes_an_axis() {
    let tape = Tape::<f64>::new();
    let _ = tape.input("x", Array::zeros((2, 3))).broadcast_to([3]);
}

#[test]
fn with_fewer_queries_than_keys_the_last_query_sees_the_last_key() {
    let tape = Tape::<f64>::new();
    let mask = tape.value(tape.constant(0.0).causal_mask(2, 3));
    let (o, x) = (0.0, f64::NEG_INFINITY);
    assert_eq!(mask, array![[o, o, x], [o, o, o]].into_dyn());
}
