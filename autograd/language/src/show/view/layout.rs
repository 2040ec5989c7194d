//! A layered layout: each box in the layer of the longest path to it, boxes of a layer ordered by their neighbours.
//!
//! Sugiyama, Tagawa and Toda (1981): longest-path layers; an arrow over several layers gets a bend in each of them;
//! a fixed number of barycentre sweeps orders the layers; then each layer is moved as near to its neighbours as the
//! widths allow, which is a least-squares problem that pooling adjacent violators solves exactly. The layout uses no
//! random numbers, so one picture always gives the same drawing.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::{Direction, algo};

use super::Picture;
use super::frames::{Frame, Frames};

/// How often the layers are sorted by their neighbours, and moved towards them, up and down in turn.
const SWEEPS: usize = 8;

/// With more bends than this, long arrows are drawn straight.
const BENDS_MAX: usize = 20_000;

/// The space between two boxes of a layer, and between two bends.
const GAP: f64 = 24.0;

/// The positions of all boxes and arrows; layers count from the inputs, `x` from the left in units of the drawing.
pub(super) struct Layout {
    /// For each box its layer and the middle of it.
    pub boxes: Vec<(usize, f64)>,
    /// For each arrow the places it goes through, its ends included.
    pub routes: Vec<Vec<(usize, f64)>>,
    /// How many layers there are.
    pub layers: usize,
    /// The frames of open scopes, outer ones first.
    pub frames: Vec<Frame>,
    /// How wide everything is together.
    pub width: f64,
}

/// The members of the layers: boxes, then bends.
struct Rows {
    rows: Vec<Vec<usize>>,
    layer: Vec<usize>,
    widths: Vec<f64>,
    below: Vec<Vec<usize>>,
    above: Vec<Vec<usize>>,
    x: Vec<f64>,
}

/// The layout of a picture whose boxes have these widths.
pub(super) fn layout(picture: &Picture, widths: &[f64]) -> Layout {
    let layer = layers(picture);
    let mut rows = Rows {
        rows: vec![Vec::new(); layer.iter().max().map_or(0, |max| max + 1)],
        below: vec![Vec::new(); layer.len()],
        above: vec![Vec::new(); layer.len()],
        x: Vec::new(),
        widths: widths.to_vec(),
        layer,
    };
    let paths = rows.connect(picture);
    (0..rows.layer.len()).for_each(|one| rows.rows[rows.layer[one]].push(one));
    rows.order();
    rows.place();
    let frames = Frames::of(picture, &paths, &rows.layer);
    let mut frames = if frames.is_empty() {
        Vec::new()
    } else {
        rows.rows = frames.sorted(&rows.rows, &rows.x);
        rows.place();
        frames.fit(&rows.rows, &mut rows.x, &rows.widths, GAP)
    };
    let boxes = rows
        .x
        .iter()
        .zip(&rows.widths)
        .map(|(x, width)| (x - width / 2.0, x + width / 2.0));
    let sides: Vec<(f64, f64)> = boxes.chain(frames.iter().map(|frame| frame.sides)).collect();
    let left = sides.iter().map(|side| side.0).reduce(f64::min).unwrap_or(0.0);
    let right = sides.iter().map(|side| side.1).reduce(f64::max).unwrap_or(0.0);
    for frame in &mut frames {
        frame.sides = (frame.sides.0 - left, frame.sides.1 - left);
    }
    let at = |one: usize| (rows.layer[one], rows.x[one] - left);
    Layout {
        boxes: (0..picture.boxes.len()).map(at).collect(),
        routes: paths
            .into_iter()
            .map(|path| path.into_iter().map(at).collect())
            .collect(),
        layers: rows.rows.len(),
        width: right - left,
        frames,
    }
}

/// For each box the length of the longest path to it; what is given stands right below its first use.
fn layers(picture: &Picture) -> Vec<usize> {
    let graph = without_cycles(picture);
    let order = algo::toposort(&graph, None).expect("invariant: arrows against the order were left out");
    let mut layer = vec![0usize; picture.boxes.len()];
    for &node in &order {
        let below = graph.neighbors_directed(node, Direction::Incoming);
        layer[node.index()] = below.map(|from| layer[from.index()] + 1).max().unwrap_or(0);
    }
    for &node in order.iter().rev() {
        let above = graph.neighbors_directed(node, Direction::Outgoing);
        let above = above.map(|to| layer[to.index()] - 1).min();
        let is_source = graph.neighbors_directed(node, Direction::Incoming).next().is_none();
        if let (true, Some(above)) = (is_source, above) {
            layer[node.index()] = above;
        }
    }
    layer
}

/// The arrows that go from an earlier box to a later one; those of loops, and of closed scopes, may go the other way.
fn without_cycles(picture: &Picture) -> DiGraph<(), ()> {
    let mut graph = DiGraph::new();
    picture.boxes.iter().for_each(|_| {
        graph.add_node(());
    });
    for arrow in picture.arrows.iter().filter(|arrow| arrow.back.is_none()) {
        graph.add_edge(NodeIndex::new(arrow.from), NodeIndex::new(arrow.to), ());
    }
    // `is_cyclic_directed` calls itself for each layer; sorting goes through them in a loop.
    if algo::toposort(&graph, None).is_err() {
        graph.retain_edges(|graph, edge| graph.edge_endpoints(edge).is_some_and(|(from, to)| from < to));
    }
    graph
}

impl Rows {
    /// Gives each arrow its path, with a bend in each layer between; what goes back or sideways goes straight.
    fn connect(&mut self, picture: &Picture) -> Vec<Vec<usize>> {
        let rise = |arrow: &super::Arrow| self.layer[arrow.to].saturating_sub(self.layer[arrow.from]);
        let bends: usize = picture.arrows.iter().map(|arrow| rise(arrow).saturating_sub(1)).sum();
        let mut paths = Vec::with_capacity(picture.arrows.len());
        for arrow in &picture.arrows {
            let (from, to) = (self.layer[arrow.from], self.layer[arrow.to]);
            let mut path = vec![arrow.from];
            if arrow.back.is_none() && bends <= BENDS_MAX {
                for layer in from + 1..to {
                    self.layer.push(layer);
                    self.widths.push(0.0);
                    self.below.push(Vec::new());
                    self.above.push(Vec::new());
                    path.push(self.layer.len() - 1);
                }
            }
            path.push(arrow.to);
            if arrow.back.is_none() && from < to {
                for pair in path.windows(2) {
                    self.above[pair[0]].push(pair[1]);
                    self.below[pair[1]].push(pair[0]);
                }
            }
            paths.push(path);
        }
        paths
    }

    /// Sorts each layer by the mean place of the neighbours below, then above, in turn.
    fn order(&mut self) {
        let mut place = vec![0usize; self.layer.len()];
        for sweep in 0..SWEEPS {
            self.rows
                .iter()
                .for_each(|row| row.iter().enumerate().for_each(|(i, &one)| place[one] = i));
            let neighbours = if sweep % 2 == 0 { &self.below } else { &self.above };
            let order: Vec<usize> = in_turn(self.rows.len(), sweep);
            for number in order {
                let row = &mut self.rows[number];
                let mean = |one: usize| match neighbours[one].as_slice() {
                    [] => place[one] as f64,
                    all => all.iter().map(|&other| place[other] as f64).sum::<f64>() / all.len() as f64,
                };
                let mut keyed: Vec<(f64, usize)> = row.iter().map(|&one| (mean(one), one)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(place[a.1].cmp(&place[b.1])));
                *row = keyed.into_iter().map(|(_, one)| one).collect();
                row.iter().enumerate().for_each(|(i, &one)| place[one] = i);
            }
        }
    }

    /// Moves each layer towards its neighbours, as far as the boxes of the layer let each other.
    fn place(&mut self) {
        self.x = vec![0.0; self.layer.len()];
        for row in &self.rows {
            let offsets = self.offsets(row);
            let middle = offsets.last().map_or(0.0, |last| last / 2.0);
            row.iter()
                .zip(offsets)
                .for_each(|(&one, offset)| self.x[one] = offset - middle);
        }
        for sweep in 0..SWEEPS {
            for number in in_turn(self.rows.len(), sweep) {
                let neighbours = if sweep.is_multiple_of(2) {
                    &self.below
                } else {
                    &self.above
                };
                let row = &self.rows[number];
                let offsets = self.offsets(row);
                let wanted = |one: usize| match neighbours[one].as_slice() {
                    [] => self.x[one],
                    all => all.iter().map(|&other| self.x[other]).sum::<f64>() / all.len() as f64,
                };
                let wanted: Vec<f64> = row
                    .iter()
                    .zip(&offsets)
                    .map(|(&one, offset)| wanted(one) - offset)
                    .collect();
                let placed = nondecreasing(&wanted)
                    .into_iter()
                    .zip(offsets)
                    .map(|(place, offset)| place + offset);
                row.iter().zip(placed).for_each(|(&one, x)| self.x[one] = x);
            }
        }
    }

    /// How far each of a layer must at least be from the first, so that no two overlap.
    fn offsets(&self, row: &[usize]) -> Vec<f64> {
        let mut offset = 0.0;
        let mut last: Option<usize> = None;
        row.iter()
            .map(|&one| {
                if let Some(last) = last.replace(one) {
                    offset += (self.widths[last] + self.widths[one]) / 2.0 + GAP;
                }
                offset
            })
            .collect()
    }
}

/// Layers from the inputs up, or from the result down.
fn in_turn(layers: usize, sweep: usize) -> Vec<usize> {
    if sweep.is_multiple_of(2) {
        (0..layers).collect()
    } else {
        (0..layers).rev().collect()
    }
}

/// The nondecreasing row of numbers nearest to a given one, by pooling adjacent violators.
fn nondecreasing(wanted: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for &value in wanted {
        pools.push((value, 1));
        while let [.., (a, n), (b, m)] = pools[..] {
            if a / n as f64 <= b / m as f64 {
                break;
            }
            pools.pop();
            pools.pop();
            pools.push((a + b, n + m));
        }
    }
    pools
        .iter()
        .flat_map(|&(sum, count)| std::iter::repeat_n(sum / count as f64, count))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::nondecreasing;

    #[test]
    fn pooling_gives_the_nearest_row_that_never_falls() {
        assert_eq!(nondecreasing(&[1.0, 3.0, 2.0, 4.0]), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(nondecreasing(&[3.0, 2.0, 1.0]), [2.0, 2.0, 2.0]);
        assert_eq!(nondecreasing(&[]), Vec::<f64>::new());
    }
}
