//! How many bytes the ops of a training step read and write, if each reads its operands from memory and nothing stays
//! in a cache from one op to the next.
//!
//! It is an upper bound of what must come from memory, and the honest one beside a bandwidth: how much less comes from
//! there is the merit of caches and of fused ops.

use tapegrad_autograd::graph::{Graph, Node, Source};
use tapegrad_autograd::ops::{Reduction, cross_entropy};
use tapegrad_autograd::{ParamList, Sketch};
use tapegrad_models::{NO_LABEL, Network};

/// How often AdamW with clipping goes over an array of the size of all parameters: the norm reads the gradients; the
/// step reads values, gradients and two moments, and writes values and moments.
const OPTIMISER_PASSES: usize = 1 + 4 + 3;

/// The bytes of one training step of a network on `rows` by `time` ids.
pub fn of_step<N: Network>(declare: impl FnOnce(&mut ParamList) -> N, rows: usize, time: usize) -> f64 {
    let mut list = ParamList::new();
    let network = declare(&mut list);
    let sketch = Sketch::new();
    let (ids, labels) = (sketch.data("ids", [rows, time]), sketch.data("labels", [rows, time]));
    cross_entropy(network.logits(ids), labels, Some(NO_LABEL as usize), Reduction::Mean);
    let graph = sketch.into_graph();
    let ops: usize = graph.nodes().map(|node| numbers(&graph, node)).sum();
    (size_of::<f32>() * (ops + OPTIMISER_PASSES * list.len())) as f64
}

/// The numbers that forward() and backward() of one node read and write.
fn numbers(graph: &Graph, node: Node<'_>) -> usize {
    let Source::Op(op) = node.source else { return 0 };
    let len = |operand| graph.shape(operand).len();
    let y = node.shape.len();
    let forward = y + node.operands.iter().map(|&operand| len(operand)).sum::<usize>();
    if !node.needs_gradient {
        return forward;
    }
    let keeps = op.keeps();
    let kept = node
        .operands
        .iter()
        .enumerate()
        .filter(|(position, _)| keeps.reads_input(*position));
    let kept: usize = kept.map(|(_, &operand)| len(operand)).sum();
    let written = node.operands.iter().filter(|&&operand| graph.needs_gradient(operand));
    let g_x: usize = written.map(|&operand| len(operand)).sum();
    let g_y = y;
    forward + g_y + kept + usize::from(keeps.reads_output()) * y + g_x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sigmoid_reads_and_writes_five_arrays_of_its_size() {
        // Forward reads a and writes z; backward reads g_z and z and writes g_a.
        let sketch = Sketch::new();
        let z = tapegrad_autograd::ops::sigmoid(sketch.input("a", [3])).id();
        let graph = sketch.into_graph();
        assert_eq!(numbers(&graph, graph.node(z)), 5 * 3);
    }
}
