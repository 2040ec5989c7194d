//! A layered layout: each box in the layer of the longest path to it, boxes of a layer ordered by their neighbours.
//!
//! Sugiyama, Tagawa and Toda (1981) in its simplest form: longest-path layers, and a fixed number of barycentre
//! sweeps up and down. There is no chance in it, so one picture always gives the same drawing.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use petgraph::{Direction, algo};

use super::Picture;

/// How often the layers are sorted by their neighbours, up and down in turn.
const SWEEPS: usize = 8;

/// For each box its layer, counted from the inputs, and its place in the layer.
pub(super) fn layers(picture: &Picture) -> Vec<(usize, usize)> {
    let graph = without_cycles(picture);
    let order = algo::toposort(&graph, None).expect("invariant: arrows against the order were left out");
    let mut layer = vec![0usize; picture.boxes.len()];
    for &node in &order {
        let below = graph
            .neighbors_directed(node, Direction::Incoming)
            .map(|from| layer[from.index()] + 1);
        layer[node.index()] = below.max().unwrap_or(0);
    }
    for &node in order.iter().rev() {
        let above = graph
            .neighbors_directed(node, Direction::Outgoing)
            .map(|to| layer[to.index()] - 1)
            .min();
        let is_source = graph.neighbors_directed(node, Direction::Incoming).next().is_none();
        if let (true, Some(above)) = (is_source, above) {
            layer[node.index()] = above;
        }
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layer.iter().max().map_or(0, |max| max + 1)];
    (0..layer.len()).for_each(|node| rows[layer[node]].push(node));
    let mut place = vec![0usize; layer.len()];
    set_places(&rows, &mut place);
    for sweep in 0..SWEEPS {
        let direction = if sweep % 2 == 0 {
            Direction::Incoming
        } else {
            Direction::Outgoing
        };
        for row in &mut rows {
            sort_by_neighbours(row, &graph, direction, &place);
        }
        set_places(&rows, &mut place);
    }
    layer.into_iter().zip(place).collect()
}

/// The arrows that go from an earlier box to a later one; a closed scope may have some the other way.
fn without_cycles(picture: &Picture) -> DiGraph<(), usize> {
    let mut graph = DiGraph::new();
    picture.boxes.iter().for_each(|_| {
        graph.add_node(());
    });
    for arrow in &picture.arrows {
        graph.add_edge(NodeIndex::new(arrow.from), NodeIndex::new(arrow.to), arrow.port);
    }
    if algo::is_cyclic_directed(&graph) {
        graph.retain_edges(|graph, edge| graph.edge_endpoints(edge).is_some_and(|(from, to)| from < to));
    }
    graph
}

fn set_places(rows: &[Vec<usize>], place: &mut [usize]) {
    for row in rows {
        row.iter().enumerate().for_each(|(i, &node)| place[node] = i);
    }
}

/// Sorts a layer by the mean place of each box's neighbours; boxes without any stay where they are.
fn sort_by_neighbours(row: &mut [usize], graph: &DiGraph<(), usize>, direction: Direction, place: &[usize]) {
    let mean = |node: usize| {
        let edges = graph.edges_directed(NodeIndex::new(node), direction);
        let places: Vec<usize> = edges
            .map(|edge| {
                if direction == Direction::Incoming {
                    edge.source()
                } else {
                    edge.target()
                }
            })
            .map(|neighbour| place[neighbour.index()])
            .collect();
        if places.is_empty() {
            place[node] as f64
        } else {
            places.iter().sum::<usize>() as f64 / places.len() as f64
        }
    };
    let mut keyed: Vec<(f64, usize)> = row.iter().map(|&node| (mean(node), node)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(place[a.1].cmp(&place[b.1])));
    row.iter_mut().zip(keyed).for_each(|(slot, (_, node))| *slot = node);
}
