//! Connects a submission to the tests of this assignment.

use ndarray::ArrayD;
use submission::{Node, Op, backward, forward, order, sum_over_broadcast};
use tapegrad_autograd::Module;

/// This assignment has functions only.
pub fn make(_: &str, _: &[ArrayD<f64>]) -> Option<Box<dyn Module<f64>>> {
    None
}

/// Calls a function of the submission.
pub fn call(name: &str, x: &[ArrayD<f64>]) -> Option<Vec<ArrayD<f64>>> {
    match (name, x) {
        ("order", [counts, flat, from]) => {
            let order = order(&lists(counts, flat), whole(from)[0]);
            Some(vec![
                ndarray::Array1::from_iter(order.iter().map(|node| *node as f64)).into_dyn(),
            ])
        }
        ("backward", [codes, counts, flat, order, g_y, leaves @ ..]) => {
            let graph = graph(codes, &lists(counts, flat), leaves);
            let gradients = backward(&graph, &whole(order), g_y.clone());
            let reached = gradients.iter().map(|g| f64::from(u8::from(g.is_some())));
            let reached = ndarray::Array1::from_iter(reached).into_dyn();
            Some([reached].into_iter().chain(gradients.into_iter().flatten()).collect())
        }
        ("sum_over_broadcast", [g, shape]) => Some(vec![sum_over_broadcast(g, &whole(shape))]),
        _ => None,
    }
}

/// The graph of these ops; values of leaves are given, in order.
fn graph(codes: &ArrayD<f64>, operands: &[Vec<usize>], leaves: &[ArrayD<f64>]) -> Vec<Node> {
    let ops = [Op::Leaf, Op::Add, Op::Mul, Op::Sigmoid];
    let mut leaves = leaves.iter();
    let mut graph: Vec<Node> = Vec::new();
    for (code, operands) in whole(codes).into_iter().zip(operands) {
        let op = ops[code];
        let value = match op {
            Op::Leaf => leaves.next().expect("there is a value for each leaf").clone(),
            _ => forward(op, &operands.iter().map(|n| &graph[*n].value).collect::<Vec<_>>()),
        };
        graph.push(Node {
            op,
            operands: operands.clone(),
            value,
        });
    }
    graph
}

/// Lists of these lengths from one row.
fn lists(counts: &ArrayD<f64>, flat: &ArrayD<f64>) -> Vec<Vec<usize>> {
    let mut flat = whole(flat).into_iter();
    whole(counts)
        .into_iter()
        .map(|count| flat.by_ref().take(count).collect())
        .collect()
}

fn whole(x: &ArrayD<f64>) -> Vec<usize> {
    x.iter().map(|x| *x as usize).collect()
}
