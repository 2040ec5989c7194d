//! Why a gradient has its value: the contribution of every path from the objective back to a node.
//!
//! `dJ/dx` is the sum, over all paths from `x` to `J`, of the products of local derivatives along the path
//! (chain rule). Each product is formed with the op's own backward.

use ndarray::ArrayD;

use super::jacobian::pull_back;
use super::trace::Trace;

/// The most paths that are listed one by one.
pub const PATHS_MAX: usize = 64;

/// One path from the objective back to a node.
#[derive(Clone, Debug)]
pub struct GradientPath {
    /// The nodes along it, the objective first.
    pub nodes: Vec<usize>,
    /// What it contributes to the gradient.
    pub contribution: ArrayD<f64>,
}

/// All paths back to a node, or their number if there are too many to list.
///
/// # Errors
/// The number of paths, if it is more than `PATHS_MAX`.
pub fn paths(trace: &Trace, to: usize) -> Result<Vec<GradientPath>, f64> {
    let count = count(trace, to);
    if count > PATHS_MAX as f64 {
        return Err(count);
    }
    let leads = leads_to(trace, to);
    let mut found = Vec::new();
    let one = ArrayD::ones(trace.nodes[trace.objective].value.shape());
    follow(trace, to, &leads, vec![trace.objective], one, &mut found);
    Ok(found)
}

fn follow(trace: &Trace, to: usize, leads: &[bool], along: Vec<usize>, g: ArrayD<f64>, found: &mut Vec<GradientPath>) {
    let here = *along.last().expect("a path begins at the objective");
    if here == to {
        found.push(GradientPath {
            nodes: along,
            contribution: g,
        });
        return;
    }
    for (position, operand) in trace.operands(here).into_iter().enumerate() {
        if !leads[operand] {
            continue;
        }
        let Some(contribution) = pull_back(trace, here, position, g.view()) else {
            continue;
        };
        let further = along.iter().copied().chain([operand]).collect();
        follow(trace, to, leads, further, contribution, found);
    }
}

/// For each node, whether a gradient can go from it to `to`.
fn leads_to(trace: &Trace, to: usize) -> Vec<bool> {
    let mut leads = vec![false; trace.nodes.len()];
    leads[to] = true;
    for node in to + 1..=trace.objective {
        let reaches = |receiver: &usize| trace.nodes[*receiver].received.iter().any(|one| one.from == node);
        leads[node] = trace
            .operands(node)
            .iter()
            .any(|operand| leads[*operand] && reaches(operand));
    }
    leads
}

/// The number of paths back to a node.
pub fn count(trace: &Trace, to: usize) -> f64 {
    let mut count = vec![0.0; trace.nodes.len()];
    count[trace.objective] = 1.0;
    for node in (to..trace.objective).rev() {
        count[node] = trace.nodes[node].received.iter().map(|one| count[one.from]).sum();
    }
    count[to]
}
