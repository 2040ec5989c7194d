//! Frames around open scopes: a frame holds the boxes of its scope and no others.
//!
//! Each layer is sorted so that a scope's boxes stand beside each other, scopes in the same order in every layer. Then
//! the sides of the frames are unknowns like the places of the boxes, and each two neighbours of a layer give an
//! inequality `x_b - x_a >= distance`. Pushing everything to the right until all hold gives one solution, pushing to
//! the left another; the inequalities are linear, so the mean of the two is a solution as well.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::{Direction, algo};

use super::{Arrow, Picture};

/// The space between a frame and what is in it or beside it, and the width of a letter of its name, nearly.
const PAD: f64 = 12.0;
const LETTER: f64 = 7.3;

/// A frame as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    /// The scopes around it and its own, outermost first.
    pub path: Vec<String>,
    /// The lowest and the highest layer in it.
    pub layers: (usize, usize),
    /// Its left and its right side.
    pub sides: (f64, f64),
    /// How many frames end below its lowest layer, itself included, and above its highest.
    pub nested: (usize, usize),
}

/// The frames of a picture, outer ones first, and for each box the frames around it.
pub(super) struct Frames {
    frames: Vec<Frame>,
    parents: Vec<Option<usize>>,
    /// For each box, then each bend, the frames around it, outermost first.
    around: Vec<Vec<usize>>,
}

/// What stands in a layer: a box or bend, or the empty inside of a frame that reaches over the layer.
type Item = (Vec<(f64, usize, usize)>, Option<usize>);

impl Frames {
    /// The frames of a picture; `paths` are its arrows with their bends, `layer` says where everything stands.
    pub fn of(picture: &Picture, paths: &[Vec<usize>], layer: &[usize]) -> Self {
        let mut numbers: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        let mut own = Self {
            frames: Vec::new(),
            parents: Vec::new(),
            around: Vec::with_capacity(layer.len()),
        };
        for one in &picture.boxes {
            let chain = (1..=one.scope.len()).map(|depth| own.frame(&mut numbers, &one.scope[..depth]));
            let chain = chain.collect();
            own.around.push(chain);
        }
        own.around.resize(layer.len(), Vec::new());
        for (Arrow { from, to, .. }, path) in picture.arrows.iter().zip(paths) {
            let pairs = own.around[*from].iter().zip(&own.around[*to]);
            let common: Vec<usize> = pairs.take_while(|(a, b)| a == b).map(|(&a, _)| a).collect();
            for &bend in &path[1..path.len() - 1] {
                own.around[bend].clone_from(&common);
            }
        }
        for (chain, &layer) in own.around.iter().zip(layer) {
            for &frame in chain {
                let (low, high) = &mut own.frames[frame].layers;
                (*low, *high) = ((*low).min(layer), (*high).max(layer));
            }
        }
        own.nest();
        own
    }

    fn frame(&mut self, numbers: &mut BTreeMap<Vec<String>, usize>, path: &[String]) -> usize {
        if let Some(&number) = numbers.get(path) {
            return number;
        }
        let parent = path.split_last().and_then(|(_, outer)| numbers.get(outer)).copied();
        self.frames.push(Frame {
            path: path.to_vec(),
            layers: (usize::MAX, 0),
            sides: (0.0, 0.0),
            nested: (1, 1),
        });
        self.parents.push(parent);
        numbers.insert(path.to_vec(), self.frames.len() - 1);
        self.frames.len() - 1
    }

    /// Counts the frames that end at the same layer inside of each other.
    fn nest(&mut self) {
        for inner in (0..self.frames.len()).rev() {
            let Some(outer) = self.parents[inner] else { continue };
            let (own, nested) = (self.frames[inner].layers, self.frames[inner].nested);
            let around = &mut self.frames[outer];
            if around.layers.0 == own.0 {
                around.nested.0 = around.nested.0.max(nested.0 + 1);
            }
            if around.layers.1 == own.1 {
                around.nested.1 = around.nested.1.max(nested.1 + 1);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The places of scopes side by side, exchanged so that they stand in the order in which they were recorded.
    fn in_turn(&self, means: &[f64]) -> Vec<f64> {
        let mut siblings: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (frame, &parent) in self.parents.iter().enumerate() {
            siblings.entry(parent).or_default().push(frame);
        }
        let mut keys = means.to_vec();
        for list in siblings.values() {
            let mut sorted: Vec<f64> = list.iter().map(|&frame| means[frame]).collect();
            sorted.sort_by(f64::total_cmp);
            list.iter().zip(sorted).for_each(|(&frame, mean)| keys[frame] = mean);
        }
        keys
    }

    /// Sorts the layers by frames, as near to the places `x` as can be, and gives each layer with its empty frames.
    fn items(&self, rows: &[Vec<usize>], x: &[f64]) -> Vec<Vec<Item>> {
        let mut sums = vec![(0.0, 0usize); self.frames.len()];
        for (chain, x) in self.around.iter().zip(x) {
            chain
                .iter()
                .for_each(|&frame| sums[frame] = (sums[frame].0 + x, sums[frame].1 + 1));
        }
        let means: Vec<f64> = sums.iter().map(|(sum, count)| sum / (*count).max(1) as f64).collect();
        let keys = self.in_turn(&means);
        let key = |&frame: &usize| (keys[frame], 1, frame);
        let chain_to = |frame: usize| {
            let mut chain: Vec<usize> = std::iter::successors(Some(frame), |&one| self.parents[one]).collect();
            chain.reverse();
            chain
        };
        let mut starting: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
        for (number, frame) in self.frames.iter().enumerate() {
            starting[frame.layers.0].push(number);
        }
        let mut active: BTreeSet<usize> = BTreeSet::new();
        let mut layers = Vec::with_capacity(rows.len());
        for (number, row) in rows.iter().enumerate() {
            active.extend(&starting[number]);
            active.retain(|&frame| self.frames[frame].layers.1 >= number);
            let filled: BTreeSet<usize> = row.iter().flat_map(|&one| self.around[one].iter().copied()).collect();
            let leaf = |&one: &usize| {
                let chain = self.around[one].iter().map(key).chain([(x[one], 0, one)]);
                (chain.collect(), Some(one))
            };
            let empty = |&frame: &usize| (chain_to(frame).iter().map(key).collect(), None);
            let mut items: Vec<Item> = row
                .iter()
                .map(leaf)
                .chain(active.difference(&filled).map(empty))
                .collect();
            items.sort_by(|(a, _), (b, _)| {
                let pairs = a.iter().zip(b);
                let mut orders = pairs.map(|(a, b)| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
                orders.find(|order| order.is_ne()).unwrap_or(a.len().cmp(&b.len()))
            });
            layers.push(items);
        }
        layers
    }

    /// The layers in an order in which the boxes of each scope stand beside each other.
    pub fn sorted(&self, rows: &[Vec<usize>], x: &[f64]) -> Vec<Vec<usize>> {
        let layers = self.items(rows, x).into_iter();
        layers
            .map(|items| items.into_iter().filter_map(|(_, one)| one).collect())
            .collect()
    }

    /// Moves boxes so far that frames fit around them, and gives the frames with their sides.
    pub fn fit(mut self, rows: &[Vec<usize>], x: &mut [f64], widths: &[f64], gap: f64) -> Vec<Frame> {
        let (boxes, layers) = (x.len(), self.items(rows, x));
        let side = |frame: usize, right: bool| boxes + 2 * frame + usize::from(right);
        let half = |one: usize| widths.get(one).map_or(0.0, |width| width / 2.0);
        let mut graph: DiGraph<(), f64> = DiGraph::new();
        for _ in 0..boxes + 2 * self.frames.len() {
            graph.add_node(());
        }
        for (frame, one) in self.frames.iter().enumerate() {
            let letters = one.path.last().map_or(0, |name| name.chars().count());
            let ends = [side(frame, false), side(frame, true)].map(NodeIndex::new);
            graph.add_edge(ends[0], ends[1], letters as f64 * LETTER + PAD);
        }
        for items in &layers {
            let order = in_order(items, side);
            for pair in order.windows(2) {
                let apart = if pair.iter().all(|&one| one < boxes) { gap } else { PAD };
                let distance = half(pair[0]) + half(pair[1]) + apart;
                graph.add_edge(NodeIndex::new(pair[0]), NodeIndex::new(pair[1]), distance);
            }
        }
        let mut wanted: Vec<f64> = x.to_vec();
        wanted.extend([f64::INFINITY, f64::NEG_INFINITY].repeat(self.frames.len()));
        for (one, chain) in self.around.iter().enumerate() {
            for &frame in chain {
                let [left, right] = [side(frame, false), side(frame, true)];
                wanted[left] = wanted[left].min(x[one] - half(one) - PAD);
                wanted[right] = wanted[right].max(x[one] + half(one) + PAD);
            }
        }
        let places = solved(&graph, &wanted, boxes);
        x.copy_from_slice(&places[..boxes]);
        for (frame, one) in self.frames.iter_mut().enumerate() {
            one.sides = (places[side(frame, false)], places[side(frame, true)]);
        }
        self.frames
    }
}

/// What stands in a layer from left to right, the sides of frames included.
fn in_order(items: &[Item], side: impl Fn(usize, bool) -> usize) -> Vec<usize> {
    let (mut order, mut open): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for (keys, leaf) in items {
        let chain: Vec<usize> = keys.iter().filter(|key| key.1 == 1).map(|key| key.2).collect();
        let common = open.iter().zip(&chain).take_while(|(a, b)| a == b).count();
        order.extend(open.drain(common..).rev().map(|frame| side(frame, true)));
        order.extend(chain[common..].iter().map(|&frame| side(frame, false)));
        open.extend(&chain[common..]);
        order.extend(leaf);
    }
    order.extend(open.into_iter().rev().map(|frame| side(frame, true)));
    order
}

/// Places that keep all distances, near to the wanted ones; the sides of frames, from `boxes` on, as near to the inside as can be.
fn solved(graph: &DiGraph<(), f64>, wanted: &[f64], boxes: usize) -> Vec<f64> {
    let order = algo::toposort(graph, None).expect("invariant: scopes have one order in all layers");
    let pushed = |places: &[f64], node: NodeIndex, direction: Direction, start: f64| {
        let neighbour = |edge: petgraph::graph::EdgeReference<'_, f64>| {
            use petgraph::visit::EdgeRef;
            match direction {
                Direction::Incoming => places[edge.source().index()] + edge.weight(),
                Direction::Outgoing => -(places[edge.target().index()] - edge.weight()),
            }
        };
        graph
            .edges_directed(node, direction)
            .map(neighbour)
            .fold(start, f64::max)
    };
    let (mut right, mut left) = (wanted.to_vec(), wanted.to_vec());
    for &node in &order {
        right[node.index()] = pushed(&right, node, Direction::Incoming, wanted[node.index()]);
    }
    for &node in order.iter().rev() {
        left[node.index()] = -pushed(&left, node, Direction::Outgoing, -wanted[node.index()]);
    }
    let mut places: Vec<f64> = right.iter().zip(&left).map(|(a, b)| (a + b) / 2.0).collect();
    let is_side =
        |node: &NodeIndex, right: bool| node.index() >= boxes && (node.index() - boxes) % 2 == usize::from(right);
    for &node in order.iter().rev().filter(|node| is_side(node, false)) {
        places[node.index()] = -pushed(&places, node, Direction::Outgoing, f64::NEG_INFINITY);
    }
    for &node in order.iter().filter(|node| is_side(node, true)) {
        places[node.index()] = pushed(&places, node, Direction::Incoming, f64::NEG_INFINITY);
    }
    places
}
