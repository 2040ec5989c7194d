//! Examples to start with. The tests of the grader are more, and on other graphs.

use ndarray::{ArrayD, array};
use submission::{Node, Op, backward, forward, order, sum_over_broadcast};

#[test]
fn a_diamond_is_walked_from_its_last_node_to_its_shared_operand() {
    let order = order(&[vec![1, 2], vec![3], vec![3], vec![]], 0);
    assert!(order == [0, 1, 2, 3] || order == [0, 2, 1, 3], "{order:?}");
}

#[test]
fn x_times_x_has_the_slope_2_x() {
    let x = array![3.0, -1.0].into_dyn();
    let square = forward(Op::Mul, &[&x, &x]);
    let leaf = Node {
        op: Op::Leaf,
        operands: vec![],
        value: x,
    };
    let graph = [
        leaf,
        Node {
            op: Op::Mul,
            operands: vec![0, 0],
            value: square,
        },
    ];
    let gradients = backward(&graph, &[1, 0], ArrayD::ones(vec![2]));
    assert_eq!(gradients[0], Some(array![6.0, -2.0].into_dyn()));
}

#[test]
fn a_bias_gets_the_sum_over_the_rows() {
    let g = array![[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]].into_dyn();
    assert_eq!(sum_over_broadcast(&g, &[3]), array![11.0, 22.0, 33.0].into_dyn());
    assert_eq!(sum_over_broadcast(&g, &[2, 1]), array![[6.0], [60.0]].into_dyn());
}
