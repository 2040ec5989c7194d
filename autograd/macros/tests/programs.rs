//! Programs written in Rust code: typed values in, typed gradients out.

use ndarray::{Array2, arr1, arr2};

/// A size of the surrounding code.
const HIDDEN: usize = 2;

tapegrad_macros::graph! {
    /// Two layers, the hidden one of a size that Rust code gives.
    graph two_layer {
        dim M, D = #HIDDEN
        input x[M], t: data
        param alpha[D, M] ~ normal(0, 0.1), beta[D]
        y = sigmoid(beta @ sigmoid(alpha @ x))
        J = t * log(y) + (1 - t) * log(1 - y)
        maximize J
    }
}

tapegrad_macros::graph! {
    module Step[H](h[H]) -> out[H] {
        param W[H, H]
        out = tanh(W @ h)
    }
    graph depth {
        dim H, L
        input x[H], w: id[H], in: bool
        layer block[L] = Step[H]
        h[0] = x
        for l = 1..L { h[l] = block[l](h[l-1]) }
        J = (if in != 0 then 1 else 2) * h[L][w]
        minimize J
    }
}

tapegrad_macros::graph_file!("../../docs/graphs/softmax_regression.cg");

#[test]
fn a_graph_in_rust_code_has_the_gradients_of_its_text() {
    let values = two_layer::Values {
        x: arr1(&[1.0, 2.0]),
        t: 1.0,
        alpha: arr2(&[[0.1, 0.2], [0.3, -0.1]]),
        beta: arr1(&[0.5, -0.4]),
    };
    let answer = values.run().unwrap();
    let slope = |step: f64| {
        let mut moved = values.clone();
        moved.alpha[[1, 0]] += step;
        moved.run().unwrap().objective.unwrap()
    };
    let numeric = (slope(1e-5) - slope(-1e-5)) / 2e-5;
    assert!((answer.gradients.alpha.unwrap()[[1, 0]] - numeric).abs() < 1e-9);
    assert!(two_layer::TEXT.contains("/// Two layers") && !two_layer::TEXT.contains('#'));
    let wrong = two_layer::Values {
        alpha: Array2::zeros([3, 2]),
        ..values
    };
    assert!(wrong.run().unwrap_err().to_string().contains("alpha"));
}

#[test]
fn a_row_of_layers_is_a_list_and_a_word_of_rust_can_be_an_input() {
    let values = depth::Values {
        L: 2,
        x: arr1(&[0.5, -0.5]),
        w: 1,
        r#in: false,
        block_W: vec![arr2(&[[0.1, 0.2], [0.3, 0.4]]), arr2(&[[1.0, 0.0], [0.0, 1.0]])],
    };
    let answer = values.run().unwrap();
    let h = [(0.05f64 - 0.1).tanh(), (0.15f64 - 0.2).tanh()];
    assert!((answer.objective.unwrap() - 2.0 * h[1].tanh()).abs() < 1e-12);
    let gradients = answer.gradients.block_W;
    assert_eq!(gradients.len(), 2);
    let slope = 2.0 * (1.0 - h[1].tanh().powi(2)) * h[0];
    assert!((gradients[1].as_ref().unwrap()[[1, 0]] - slope).abs() < 1e-12);
}

#[test]
fn a_file_becomes_a_module_too() {
    let values = softmax_regression::Values {
        X: arr2(&[[1.0, 2.0], [0.0, 1.0], [2.0, 2.0]]),
        t: arr1(&[0, 1, 0]),
        W: Array2::zeros([2, 2]),
        b: arr1(&[0.0, 0.0]),
    };
    assert!((values.run().unwrap().objective.unwrap() - 2f64.ln()).abs() < 1e-12);
}
