//! Mistakes in model code explain themselves, at the line that makes them.

use ndarray::{Array1, array};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tapegrad_autograd::{Init, ParamList, Params, Plan, Record, Sketch, Tape};

/// The message of the panic that `mistake` causes.
fn message(mistake: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(mistake)).expect_err("this is a mistake and must panic");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .expect("a panic has a message")
}

#[test]
fn shapes_that_do_not_fit_are_named_with_op_formula_and_operands() {
    let tape = Tape::<f64>::new();
    let alpha = tape.input("alpha", array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let x = tape.input("x", array![1.0, 2.0]);
    insta::assert_snapshot!(message(|| { alpha.dot(x); }), @"matmul: c = a @ b: the last axis of a has size 3 and the axis of b that meets it has size 2; they must be equal; a (`alpha`) is [2, 3], b (`x`) is [2]");
    let y = tape.input("y", array![1.0, 2.0, 3.0]);
    insta::assert_snapshot!(message(|| { let _ = x + y; }), @"add: z = a + b: [2] and [3] do not broadcast: aligned at the last axis, two sizes must be equal or one of them 1; a (`x`) is [2], b (`y`) is [3]");
}

#[test]
fn the_panic_is_at_the_line_of_the_formula() {
    let tape = Tape::<f64>::new();
    let (x, y) = (
        tape.input("x", array![1.0, 2.0]),
        tape.input("y", array![1.0, 2.0, 3.0]),
    );
    let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
    let writer = seen.clone();
    let before = std::panic::take_hook();
    let here = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == here {
            *writer.lock().unwrap() = info.location().map(|place| (place.file().to_string(), place.line()));
        }
    }));
    let line = line!() + 1;
    let result = catch_unwind(AssertUnwindSafe(|| x * y));
    std::panic::set_hook(before);
    assert!(result.is_err());
    let (file, found) = seen.lock().unwrap().clone().unwrap();
    assert!(
        file.ends_with("errors.rs") && found == line,
        "{file}:{found}, expected line {line}"
    );
}

#[test]
fn a_second_backward_is_refused() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", array![1.0, 2.0]);
    let j = (x * x).sum();
    tape.backward(j);
    insta::assert_snapshot!(message(|| { tape.backward(j); }), @"a backward pass already ran on this tape, and its gradients were given out then; to differentiate again, record the formula on a new tape");
}

#[test]
fn a_variable_of_another_tape_is_refused_everywhere() {
    let (one, two) = (Tape::<f64>::new(), Tape::<f64>::new());
    let (x, y) = (one.input("x", array![1.0]), two.input("y", array![1.0]));
    insta::assert_snapshot!(message(|| { let _ = x + y; }), @"add: z = a + b: the operands stand on different tapes; a variable can be used only with variables of its own tape. Put the value on this tape with `tape.input(name, value)`");
    assert!(
        message(|| {
            one.value(y);
        })
        .contains("stands on another tape")
    );
    assert!(
        message(|| {
            one.backward(y);
        })
        .contains("stands on another tape")
    );
    let gradients = one.backward((x * x).sum());
    assert!(
        message(|| {
            gradients.of(y);
        })
        .contains("another tape")
    );
}

#[test]
fn backward_from_an_array_is_refused_with_the_mend() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", array![1.0, 2.0]);
    insta::assert_snapshot!(message(|| { tape.backward(x); }), @"backward begins at a single number; x: [2] has 2 entries: sum them, or say with `backward_from` how much each entry counts");
}

#[test]
fn not_computed_is_never_zero() {
    let tape = Tape::<f64>::new();
    let (x, unused) = (tape.input("x", array![1.0]), tape.input("unused", array![1.0]));
    let gradients = tape.backward(x.sum());
    assert_eq!(gradients.get_of(unused), None);
    insta::assert_snapshot!(message(|| { gradients.of(unused); }), @"there is no gradient for unused: [1]: J does not depend on it, or it was given as data; not computed is not the same as 0");
}

#[test]
fn a_parameter_that_gets_no_gradient_is_named() {
    let mut list = ParamList::new();
    let w = list.add("w", [2], Init::Ones);
    list.scope("layer", |list| list.add("forgotten", [3], Init::Ones));
    let mut params = Params::<f64>::new(&list, 0);
    let gradients = {
        let tape = Tape::with(&params);
        tape.backward(tape.param(w).sum())
    };
    insta::assert_snapshot!(gradients.write_to(&mut params).unwrap_err(), @"no gradient reaches layer.forgotten: the objective does not depend on it; use the parameter in the formula or remove its declaration");
    let sketch = Sketch::new();
    let j = sketch.param(w).sum().id();
    assert_eq!(
        Plan::<f64>::new(&sketch.into_graph(), &list, &[], Some(j))
            .unwrap_err()
            .parameters,
        ["layer.forgotten"]
    );
}

#[test]
fn a_tape_without_parameters_says_how_to_get_them() {
    let mut list = ParamList::new();
    let w = list.add("w", [2], Init::Ones);
    assert!(
        message(|| {
            Tape::<f64>::new().param(w);
        })
        .starts_with("this tape reads no parameters: make it with `Tape::with(&params)`")
    );
}

#[test]
fn gradients_reach_parameters_through_every_use() {
    let mut list = ParamList::new();
    let w = list.add("w", [2], Init::Ones);
    let mut params = Params::<f64>::new(&list, 0);
    let gradients = {
        let tape = Tape::with(&params);
        let on: &dyn Record = &tape;
        let x = tape.data("x", array![3.0, 4.0]);
        tape.backward((on.param(w) * x + on.param(w)).sum())
    };
    gradients.write_to(&mut params).unwrap();
    assert_eq!(
        params.gradient(w).to_owned(),
        Array1::from_vec(vec![4.0, 5.0]).into_dyn()
    );
}
