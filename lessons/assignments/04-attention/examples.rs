//! Examples to start with. The tests of the grader are more, and on other numbers.

use ndarray::{Array2, array};
use submission::{attend, causal_mask, gradients};

const NEVER: f64 = f64::NEG_INFINITY;

#[test]
fn a_place_sees_itself_and_what_is_before_it() {
    assert_eq!(
        causal_mask(3),
        array![[0.0, NEVER, NEVER], [0.0, 0.0, NEVER], [0.0, 0.0, 0.0]]
    );
}

#[test]
fn equal_scores_give_the_mean_of_what_is_seen() {
    let mask = array![[0.0, NEVER], [0.0, 0.0]];
    let (p, y) = attend(
        &Array2::zeros((2, 4)),
        &Array2::ones((2, 4)),
        &array![[2.0], [4.0]],
        &mask,
    );
    assert_eq!(p, array![[1.0, 0.0], [0.5, 0.5]]);
    assert_eq!(y, array![[2.0], [3.0]]);
}

#[test]
fn a_value_gets_the_gradient_of_all_who_see_it() {
    let x = Array2::zeros((2, 1));
    let p = array![[1.0, 0.0], [0.5, 0.5]];
    let [_, _, g_v] = gradients(&x, &x, &x, &p, &array![[1.0], [10.0]]);
    assert_eq!(g_v, array![[6.0], [5.0]]);
}
