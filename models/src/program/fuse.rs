//! Plain equations as the kernels that compute them: where the graph of a program holds the composite of a fused op, the
//! fused op takes its place.
//!
//! The patterns are read off the graph, not the text, so it does not matter how the equations are spread over lines,
//! functions and modules. Each stands on a result and looks backwards. What it does not recognise to the last node stays as
//! it is; a value inside a pattern that something else reads is computed as well.
//!
//! | kernel | equations |
//! |---|---|
//! | linear | `x @ W + b`, `x @ W.T`, `x @ W.T + b` |
//! | layer norm | `gamma * (x - mean(x)) / sqrt(var(x) + eps) + beta`, with or without beta |
//! | RMS norm | `gain * x / sqrt(mean(x^2) + eps)` |
//! | causal attention | heads split off, `softmax(Q @ K.T / sqrt(dk) + M) @ V`, heads merged |
//!
//! The loss is the fused softmax-cross-entropy in any case, because the loop attaches it to the logits.

use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::ops::{self, AnyOp, Attention};
use tapegrad_core::shape::{Axes, Shape};
use tapegrad_core::{ParamList, Params, Plan};

use super::reading::ancestors;

/// A fused op in the place of the node where its composite ends.
pub(super) struct Kernel {
    pub op: AnyOp,
    pub operands: Vec<Operand>,
}

/// An operand of a fused op.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operand {
    /// The value of a node.
    Whole(NodeId),
    /// The matrix of a node with its axes exchanged.
    Turned(NodeId),
}

impl Operand {
    /// The node.
    pub fn id(self) -> NodeId {
        match self {
            Self::Whole(id) | Self::Turned(id) => id,
        }
    }
}

/// For each node the kernel that computes it, if its composite is known.
pub(super) fn kernels(graph: &Graph) -> Vec<Option<Kernel>> {
    let look = Look(graph);
    let kernel = |id: NodeId| {
        look.attention(id)
            .or_else(|| look.layer_norm(id))
            .or_else(|| look.rms_norm(id))
            .or_else(|| look.linear(id))
    };
    graph.nodes().map(|node| kernel(node.id)).collect()
}

/// How deep two parts of a graph are compared: the mean of a layer norm stands a few nodes below its result.
const DEPTH: usize = 6;
/// How far a written scale may be from `1 / sqrt(D)`, relatively: some roundings of division and root.
const SCALE: f64 = 1e-15;

/// A graph that is looked at from its results backwards.
struct Look<'g>(&'g Graph);

impl Look<'_> {
    /// The operands of a node that is the result of such an op.
    fn operands<const N: usize>(&self, id: NodeId, is: impl Fn(&AnyOp) -> bool) -> Option<[NodeId; N]> {
        let node = self.0.node(id);
        match node.source {
            Source::Op(op) if is(op) => node.operands.try_into().ok(),
            _ => None,
        }
    }

    fn shape(&self, id: NodeId) -> Shape {
        self.0.shape(id)
    }

    /// The node without what only gives it another shape.
    fn unshaped(&self, id: NodeId) -> NodeId {
        self.operands::<1>(id, |op| matches!(op, AnyOp::Reshape(_)))
            .map_or(id, |[inside]| self.unshaped(inside))
    }

    /// Whether two nodes are the same value, computed twice or once.
    fn same(&self, a: NodeId, b: NodeId, depth: usize) -> bool {
        let [one, other] = [a, b].map(|id| self.0.node(id));
        let is_given = matches!(one.source, Source::Input | Source::Data | Source::Module(_));
        a == b
            || depth > 0
                && !is_given
                && one.source == other.source
                && one.operands.len() == other.operands.len()
                && one
                    .operands
                    .iter()
                    .zip(other.operands)
                    .all(|(&a, &b)| self.same(a, b, depth - 1))
    }

    /// Of two operands, the one that is not a vector of `width` numbers, and the vector.
    fn beside_vector(&self, [a, b]: [NodeId; 2], width: usize) -> Option<(NodeId, NodeId)> {
        let is_vector = |id: NodeId| self.shape(id) == Shape::new(&[width]);
        match (is_vector(a), is_vector(b)) {
            (false, true) => Some((a, b)),
            (true, false) => Some((b, a)),
            _ => None,
        }
    }

    /// The entries of a value that depends on nothing but numbers of the program.
    fn constant(&self, id: NodeId) -> Option<Vec<f64>> {
        if let Source::Constant(value) = self.0.source(id) {
            return Some(vec![*value]);
        }
        let needed = ancestors(self.0, id);
        let is_fixed =
            |node: &tapegrad_core::graph::Node<'_>| matches!(node.source, Source::Op(_) | Source::Constant(_));
        if !self
            .0
            .nodes()
            .filter(|node| needed[node.id.index()])
            .all(|node| is_fixed(&node))
        {
            return None;
        }
        let list = ParamList::new();
        let mut plan = Plan::<f64>::new(self.0, &list, &[id], None).ok()?;
        plan.forward(&Params::new(&list, 0)).ok()?;
        Some(plan.value(id).to_vec())
    }

    fn number(&self, id: NodeId) -> Option<f64> {
        (self.shape(id).len() == 1)
            .then(|| self.constant(id))
            .flatten()
            .and_then(|values| values.first().copied())
    }

    /// `mean(x)` over the last axis: `x`.
    fn mean(&self, id: NodeId) -> Option<NodeId> {
        let [x] = self.operands(id, |op| matches!(op, AnyOp::Mean(_)))?;
        let Source::Op(AnyOp::Mean(mean)) = self.0.source(id) else {
            return None;
        };
        is_last(mean.over, self.shape(x)).then_some(x)
    }

    /// `x^2` or `x * x`: `x`.
    fn square(&self, id: NodeId) -> Option<NodeId> {
        if let Some([x]) = self.operands(id, |op| matches!(op, AnyOp::Power(power) if power.n == 2.0)) {
            return Some(x);
        }
        let [a, b] = self.operands(id, |op| matches!(op, AnyOp::Mul(_)))?;
        self.same(a, b, DEPTH).then_some(a)
    }

    /// `x - mean(x)`: `x`.
    fn centred(&self, id: NodeId) -> Option<NodeId> {
        let [x, mean] = self.operands(id, |op| matches!(op, AnyOp::Sub(_)))?;
        let own = self.mean(self.unshaped(mean))?;
        self.same(x, own, DEPTH).then_some(x)
    }

    /// `sqrt(mean(x^2) + epsilon)`: `x` and epsilon.
    fn deviation(&self, id: NodeId) -> Option<(NodeId, f64)> {
        let [sum] = self.operands(self.unshaped(id), |op| matches!(op, AnyOp::Sqrt(_)))?;
        let [a, b] = self.operands(sum, |op| matches!(op, AnyOp::Add(_)))?;
        let (mean, epsilon) = match (self.number(a), self.number(b)) {
            (None, Some(epsilon)) => (a, epsilon),
            (Some(epsilon), None) => (b, epsilon),
            _ => return None,
        };
        Some((self.square(self.mean(self.unshaped(mean))?)?, epsilon))
    }

    /// `gain * over / under`, with the product first or the quotient: gain, over and under.
    fn scaled_quotient(&self, id: NodeId) -> Option<[NodeId; 3]> {
        let width = self.shape(id).to_vec().last().copied()?;
        let product = |id| self.operands::<2>(id, |op| matches!(op, AnyOp::Mul(_)));
        let quotient = |id| self.operands::<2>(id, |op| matches!(op, AnyOp::Div(_)));
        if let Some([over, under]) = quotient(id) {
            let (over, gain) = self.beside_vector(product(over)?, width)?;
            return Some([gain, over, under]);
        }
        let (inside, gain) = self.beside_vector(product(id)?, width)?;
        let [over, under] = quotient(inside)?;
        Some([gain, over, under])
    }

    fn layer_norm(&self, id: NodeId) -> Option<Kernel> {
        let width = self.shape(id).to_vec().last().copied()?;
        let (scaled, beta) = match self.operands(id, |op| matches!(op, AnyOp::Add(_))) {
            Some(sum) => self
                .beside_vector(sum, width)
                .map(|(scaled, beta)| (scaled, Some(beta)))?,
            None => (id, None),
        };
        let [gamma, over, under] = self.scaled_quotient(scaled)?;
        let x = self.centred(over)?;
        let (deviated, epsilon) = self.deviation(under)?;
        let own = self.centred(deviated)?;
        let operands = [x, gamma].into_iter().chain(beta);
        (self.same(x, own, DEPTH) && self.shape(x).rank() > 1).then(|| Kernel {
            op: ops::LayerNorm { epsilon }.into(),
            operands: operands.map(Operand::Whole).collect(),
        })
    }

    fn rms_norm(&self, id: NodeId) -> Option<Kernel> {
        let [gain, x, under] = self.scaled_quotient(id)?;
        let (own, epsilon) = self.deviation(under)?;
        (self.same(x, own, DEPTH) && self.shape(x).rank() > 1).then(|| Kernel {
            op: ops::RmsNorm { epsilon }.into(),
            operands: [x, gain].map(Operand::Whole).into(),
        })
    }

    fn linear(&self, id: NodeId) -> Option<Kernel> {
        let product = |id| self.operands::<2>(id, |op| matches!(op, AnyOp::Matmul(_)));
        let ([x, w], bias) = match self.operands(id, |op| matches!(op, AnyOp::Add(_))) {
            Some(sum) => {
                let width = self.shape(id).to_vec().last().copied()?;
                let (inside, bias) = self.beside_vector(sum, width)?;
                (product(inside)?, Some(bias))
            }
            None => (product(id)?, None),
        };
        if self.shape(w).rank() != 2 || self.shape(x).rank() < 2 {
            return None;
        }
        let weights = match self.permuted(w, &[1, 0]) {
            Some(rows) => Operand::Whole(rows),
            // Without a bias the product of matrices is as good.
            None if bias.is_none() => return None,
            None => Operand::Turned(w),
        };
        let bias = bias.map(Operand::Whole);
        Some(Kernel {
            op: ops::Linear.into(),
            operands: [Operand::Whole(x), weights].into_iter().chain(bias).collect(),
        })
    }

    /// The value whose axes are here in this order.
    fn permuted(&self, id: NodeId, wanted: &[u8]) -> Option<NodeId> {
        let is = |op: &AnyOp| matches!(op, AnyOp::Permute(permute) if permute.order.as_slice() == wanted);
        self.operands::<1>(id, is).map(|[inside]| inside)
    }

    /// `[B, T, H D]` behind `[B, H, T, D]`, and the number of heads.
    fn of_heads(&self, id: NodeId) -> Option<(NodeId, usize)> {
        let apart = self.permuted(id, &[0, 2, 1, 3])?;
        let [x] = self.operands(apart, |op| matches!(op, AnyOp::Reshape(_)))?;
        let [whole, heads] = [self.shape(x), self.shape(apart)];
        let fits = whole.rank() == 3 && (0..2).all(|axis| whole.size(axis) == heads.size(axis));
        fits.then(|| (x, heads.size(2)))
    }

    /// Causal attention of as many heads of queries as of keys and values.
    fn attention(&self, id: NodeId) -> Option<Kernel> {
        let [merged] = self.operands(id, |op| matches!(op, AnyOp::Reshape(_)))?;
        let mixed = self.permuted(merged, &[0, 2, 1, 3])?;
        let [weights, values] = self.operands(mixed, |op| matches!(op, AnyOp::Matmul(_)))?;
        let [masked] = self.operands(weights, |op| matches!(op, AnyOp::Softmax(softmax) if softmax.axis == 3))?;
        let scaled = self.without_mask(masked)?;
        let (scores, factor) = self.without_factor(scaled);
        let [queries, keys] = self.operands(scores, |op| matches!(op, AnyOp::Matmul(_)))?;
        let keys = self.permuted(keys, &[0, 1, 3, 2])?;
        let [(q, heads), (k, kv_heads), (v, v_heads)] =
            [self.of_heads(queries)?, self.of_heads(keys)?, self.of_heads(values)?];
        let width = self.shape(queries).size(3);
        let is_whole = self.shape(id) == self.shape(v) && heads == kv_heads && heads == v_heads && heads > 0;
        let usual = (width as f64).sqrt().recip();
        let scale = ((factor / usual - 1.0).abs() > SCALE).then_some(factor);
        is_whole.then(|| Kernel {
            op: Attention {
                scale,
                ..Attention::causal(heads)
            }
            .into(),
            operands: [q, k, v].map(Operand::Whole).into(),
        })
    }

    /// `S + M` with 0 for keys up to the query and minus infinity for later ones: `S`.
    fn without_mask(&self, id: NodeId) -> Option<NodeId> {
        let [a, b] = self.operands(id, |op| matches!(op, AnyOp::Add(_)))?;
        let time = self.shape(id).size(3);
        let square = Shape::new(&[time, time]);
        let is_mask = |id: NodeId| {
            let entries = (self.shape(id) == square).then(|| self.constant(id)).flatten();
            entries.is_some_and(|entries| {
                entries.iter().enumerate().all(|(at, &entry)| {
                    let is_later = at % time > at / time;
                    entry == if is_later { f64::NEG_INFINITY } else { 0.0 }
                })
            })
        };
        match (is_mask(a), is_mask(b)) {
            (false, true) => Some(a),
            (true, false) => Some(b),
            _ => None,
        }
    }

    /// `Z / c` or `Z * c`: `Z` and the factor; else the value itself and 1.
    fn without_factor(&self, id: NodeId) -> (NodeId, f64) {
        if let Some([z, c]) = self.operands(id, |op| matches!(op, AnyOp::Div(_)))
            && let Some(c) = self.number(c)
        {
            return (z, c.recip());
        }
        if let Some([a, b]) = self.operands(id, |op| matches!(op, AnyOp::Mul(_))) {
            match (self.number(a), self.number(b)) {
                (None, Some(c)) => return (a, c),
                (Some(c), None) => return (b, c),
                _ => {}
            }
        }
        (id, 1.0)
    }
}

/// Whether the last axis is the only one.
fn is_last(over: Axes, x: Shape) -> bool {
    (0..x.rank()).all(|axis| over.contains(axis) == (axis + 1 == x.rank()))
}
