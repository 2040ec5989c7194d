//! A small tape: a list of nodes with their values, and the backward pass over it.
//!
//! What a node computes and what it contributes to each of its operands is written. Your work is the pass itself: the
//! order in which nodes take their turn, the sum over all uses of a node, and the sum over what was broadcast.

use ndarray::{ArrayD, Zip};

/// What a node computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Nothing: its value was given.
    Leaf,
    /// The sum of two operands, which broadcast.
    Add,
    /// The product of two operands, entry by entry, which broadcast.
    Mul,
    /// The sigmoid of one operand.
    Sigmoid,
}

/// A node of the graph, with its value.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// From which nodes: their places in the list.
    pub operands: Vec<usize>,
    /// Its value.
    pub value: ArrayD<f64>,
}

/// The nodes that `from` depends on, itself included, each once, and each before all of its operands.
///
/// `operands[n]` are the operands of node `n`. The numbers of nodes say nothing about their order.
pub fn order(operands: &[Vec<usize>], from: usize) -> Vec<usize> {
    // hole: reverse-topological-order points=24
    // starter: let _ = operands;
    // starter: vec![from]
    let mut finished = Vec::new();
    let mut is_met = vec![false; operands.len()];
    is_met[from] = true;
    // A node and how many of its operands were looked at: depth first, without recursion.
    let mut stack = vec![(from, 0)];
    while let Some((node, looked_at)) = stack.pop() {
        let Some(&operand) = operands[node].get(looked_at) else {
            finished.push(node);
            continue;
        };
        stack.push((node, looked_at + 1));
        if !is_met[operand] {
            is_met[operand] = true;
            stack.push((operand, 0));
        }
    }
    // A node is finished after everything it depends on.
    finished.reverse();
    finished
    // end hole
}

/// The gradients of all nodes, where `order` begins with the node whose gradient is `g_y`.
///
/// `None` is the gradient of a node that was not reached: not computed is not 0.
pub fn backward(graph: &[Node], order: &[usize], g_y: ArrayD<f64>) -> Vec<Option<ArrayD<f64>>> {
    let mut gradients: Vec<Option<ArrayD<f64>>> = vec![None; graph.len()];
    // hole: accumulation points=20
    // starter: // contribution() gives what one use of an operand contributes; fitted() gives it the operand's shape.
    // starter: let _ = (graph, order);
    // starter: gradients[0] = Some(g_y);
    gradients[order[0]] = Some(g_y);
    for &node in order {
        let Some(g_node) = gradients[node].clone() else {
            continue;
        };
        for (position, &operand) in graph[node].operands.iter().enumerate() {
            let shape = graph[operand].value.shape();
            let part = fitted(contribution(graph, node, position, &g_node), shape);
            let sum = gradients[operand].get_or_insert_with(|| ArrayD::zeros(shape));
            *sum += &part;
        }
    }
    // end hole
    gradients
}

/// The sum of `g` over all entries that one entry of an array of this shape was broadcast to.
///
/// Broadcasting puts axes in front and stretches axes of size 1; the result has the shape from before.
pub fn sum_over_broadcast(g: &ArrayD<f64>, shape: &[usize]) -> ArrayD<f64> {
    // hole: sum-over-broadcast points=16
    // starter: let _ = shape;
    // starter: ArrayD::zeros(g.shape())
    let mut sum = g.clone();
    while sum.ndim() > shape.len() {
        sum = sum.sum_axis(ndarray::Axis(0));
    }
    for (axis, size) in shape.iter().enumerate() {
        if *size == 1 {
            sum = sum.sum_axis(ndarray::Axis(axis)).insert_axis(ndarray::Axis(axis));
        }
    }
    sum
    // end hole
}

/// What a node contributes to the gradient of its operand at `position`; it has the shape of the node, not yet of the
/// operand.
pub fn contribution(graph: &[Node], node: usize, position: usize, g_y: &ArrayD<f64>) -> ArrayD<f64> {
    let Node { op, operands, value } = &graph[node];
    match op {
        Op::Leaf => panic!("a leaf has no operands"),
        Op::Add => g_y.clone(),
        Op::Mul => g_y * &graph[operands[1 - position]].value,
        Op::Sigmoid => {
            let mut g_x = g_y.clone();
            Zip::from(&mut g_x).and(value).for_each(|g, y| *g *= y * (1.0 - y));
            g_x
        }
    }
}

/// The contribution in the shape of the operand.
pub fn fitted(contribution: ArrayD<f64>, shape: &[usize]) -> ArrayD<f64> {
    match contribution.shape() == shape {
        true => contribution,
        false => sum_over_broadcast(&contribution, shape),
    }
}

/// The value of a node from those of its operands.
pub fn forward(op: Op, operands: &[&ArrayD<f64>]) -> ArrayD<f64> {
    match (op, operands) {
        (Op::Add, [a, b]) => *a + *b,
        (Op::Mul, [a, b]) => *a * *b,
        (Op::Sigmoid, [a]) => a.mapv(|a| 1.0 / (1.0 + (-a).exp())),
        _ => panic!("{op:?} does not take {} operands", operands.len()),
    }
}
