//! Examples to start with. The tests of the grader are more, and on other numbers.

use ndarray::{ArrayD, array};
use submission::{Linear, Sigmoid, SoftmaxCrossEntropy};
use tapegrad_autograd::Module;

#[test]
fn linear_gives_the_gradients_of_the_handout() {
    let w = array![[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]];
    let mut linear = Linear::new(w, array![0.0, 0.0, 0.0]);
    linear.forward(&[array![[1.0, 0.0], [2.0, -1.0]].into_dyn().view()]);
    let g_x = linear.backward(array![[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]].into_dyn().view());
    assert_eq!(g_x, [array![[7.0, 3.0], [-3.0, -1.5]].into_dyn()]);
    let gradients: Vec<ArrayD<f64>> = linear.params().iter().map(|param| param.gradient.to_owned()).collect();
    assert_eq!(gradients[0], array![[1.0, 0.0], [2.0, -1.0], [0.0, 1.0]].into_dyn());
    assert_eq!(gradients[1], array![1.0, 1.0, 1.0].into_dyn());
}

#[test]
fn the_slope_of_the_sigmoid_at_0_is_a_quarter() {
    let mut sigmoid = Sigmoid::default();
    sigmoid.forward(&[array![0.0].into_dyn().view()]);
    assert_eq!(
        sigmoid.backward(array![4.0].into_dyn().view()),
        [array![1.0].into_dyn()]
    );
}

#[test]
fn two_equal_logits_share_the_blame() {
    let mut loss = SoftmaxCrossEntropy::default();
    loss.forward(&[array![[0.0, 0.0]].into_dyn().view(), array![0.0].into_dyn().view()]);
    let g_x = loss.backward(ndarray::arr0(1.0).into_dyn().view());
    assert_eq!(g_x[0], array![[-0.5, 0.5]].into_dyn());
}
