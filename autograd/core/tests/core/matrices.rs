//! Claims about functions of matrices: what they are, how far they reach, and what they refuse.

use ndarray::{Array2, ArrayD, Ix2, array};
use tapegrad_autograd::Tape;
use tapegrad_autograd::op::Draw;
use tapegrad_autograd::ops::AnyOp;

fn largest(difference: ArrayD<f64>) -> f64 {
    difference.iter().fold(0.0, |most, d| d.abs().max(most))
}

/// Operands that the op draws for itself, in 30 sizes and stacks.
fn samples(op: &str) -> impl Iterator<Item = Vec<ArrayD<f64>>> {
    (0..30).map(move |seed| AnyOp::sample(op, &mut Draw::new(seed, 6)).unwrap().operands)
}

#[test]
fn an_inverse_a_solution_and_a_factor_are_what_their_names_say() {
    for x in samples("inverse") {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", x[0].clone());
        let ones = Array2::<f64>::eye(a.shape().last());
        assert!(largest(tape.value(a.matmul(a.inverse())) - ones) < 1e-14, "{}", x[0]);
    }
    for x in samples("solve").filter(|x| x[0].ndim() == x[1].ndim()) {
        let tape = Tape::<f64>::new();
        let [a, b] = [tape.input("a", x[0].clone()), tape.input("b", x[1].clone())];
        assert!(largest(tape.value(a.matmul(a.solve(b)) - b)) < 1e-13, "{}", x[0]);
        assert!(
            largest(tape.value(a.inverse().matmul(b) - a.solve(b))) < 1e-13,
            "{}",
            x[0]
        );
    }
    for x in samples("cholesky") {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", x[0].clone());
        let l = a.cholesky();
        assert!(
            largest(tape.value(l.matmul(l.t()) - (a + a.t()) / 2.0)) < 1e-14,
            "{}",
            x[0]
        );
        assert_eq!(tape.value(l), tape.value(l.tril()), "above the diagonal stands 0");
    }
}

#[test]
fn the_log_determinant_is_that_of_the_factor_and_leaves_the_range_of_no_number() {
    for x in samples("cholesky").filter(|x| x[0].ndim() == 2) {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", x[0].clone());
        let a = (a + a.t()) / 2.0;
        let factor = tape.value(a.cholesky());
        let by_factor: f64 = factor.into_dimensionality::<Ix2>().unwrap().diag().mapv(f64::ln).sum() * 2.0;
        assert!((tape.number(a.logdet()) - by_factor).abs() < 1e-13);
    }
    let tape = Tape::<f64>::new();
    let a = tape.input("a", Array2::<f64>::eye(400) * -10.0);
    assert!((tape.number(a.logdet()) - 400.0 * 10.0_f64.ln()).abs() < 1e-9);
    assert_eq!(
        tape.number(tape.input("none", Array2::<f64>::zeros((0, 0))).logdet()),
        0.0
    );
}

#[test]
fn the_gradient_of_a_gaussian_likelihood_vanishes_at_the_covariance_of_the_data() {
    // -log p = (log det S + tr(S⁻¹ C)) / 2 is least at S = C.
    let c = array![[2.0, 0.5], [0.5, 1.0]];
    let tape = Tape::<f64>::new();
    let s = tape.input("S", c.clone());
    let c = tape.data("C", c);
    let trace = (s.solve(c) * tape.data("I", Array2::<f64>::eye(2))).sum();
    let gradients = tape.backward((s.logdet() + trace) / 2.0);
    assert!(largest(gradients.of(s)) < 1e-15);
}

#[test]
#[should_panic(expected = "inverse: pivot 2 of 2 is 0 to the rounding of f64: the matrix is singular")]
fn a_singular_matrix_has_no_inverse_even_if_rounding_leaves_a_little() {
    let tape = Tape::<f64>::new();
    let _ = tape.input("a", array![[0.1, 0.2], [0.3, 0.6]]).inverse();
}

#[test]
#[should_panic(expected = "solve: pivot 1 of 2 of the matrix at [1] is 0")]
fn the_matrix_of_a_stack_that_is_singular_is_named() {
    let tape = Tape::<f64>::new();
    let a = tape.input("a", array![[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]]);
    let _ = a.solve(tape.input("b", array![[1.0, 2.0], [3.0, 4.0]]));
}

#[test]
#[should_panic(expected = "cholesky: pivot 2 of 2 is -3.000e0, where a positive definite matrix has one above 0")]
fn a_matrix_that_is_no_covariance_has_no_factor() {
    let tape = Tape::<f64>::new();
    let _ = tape.input("a", array![[1.0, 2.0], [2.0, 1.0]]).cholesky();
}

#[test]
fn single_numbers_of_f32_are_singular_where_f32_cannot_tell() {
    let tape = Tape::<f32>::new();
    let almost = array![[1.0, 1.0], [1.0, 1.0 + 2.0 * f32::EPSILON]];
    let caught = std::panic::catch_unwind(|| {
        let tape = Tape::<f32>::new();
        let _ = tape.input("a", almost).logdet();
    });
    assert!(caught.is_err());
    assert!(tape.number(tape.input("a", array![[1.0_f32, 1.0], [1.0, 1.01]]).logdet()) < -4.0);
}

#[test]
#[should_panic(expected = "the matrices of [2, 3] are not square")]
fn only_square_matrices_have_a_determinant() {
    let tape = Tape::<f64>::new();
    let _ = tape.input("a", array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).logdet();
}
