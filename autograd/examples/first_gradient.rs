//! The lecture's two-layer network, and the gradient of its output by the matrix of the first layer.

use ndarray::array;
use tapegrad_autograd::{Tape, ops::sigmoid};

fn main() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", array![1.0, 2.0]);
    let alpha = tape.input("alpha", array![[0.1, 0.2], [0.3, -0.1]]);
    let beta = tape.input("beta", array![0.5, -0.4]);
    let y = sigmoid(beta.dot(sigmoid(alpha.dot(x))));
    let gradients = tape.backward(y);
    println!("dy/dalpha = {}", gradients.of(alpha));
}
