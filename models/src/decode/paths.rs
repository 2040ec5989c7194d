//! Paths in a weighted graph: what greedy search finds, and the lightest path.
//!
//! The search for the most probable text is this search in a tree whose edges weigh `-log p`.
//! Source: decks S0, S1 and S2, greedy search; LECTURES row G1.

use std::collections::BTreeMap;

/// A graph without circles, its edges in the order in which they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedGraph {
    nodes: Vec<String>,
    edges: Vec<Edge>,
    /// The nodes so that each edge leads forward.
    order: Vec<usize>,
}

/// An edge from one node to another, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What it adds to the weight of a path.
    pub weight: f64,
}

/// A way from the start to an end.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Its edges, by their numbers in the graph.
    pub edges: Vec<usize>,
    /// The sum of their weights.
    pub weight: f64,
}

/// A text that is no graph to be searched.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GraphError {
    /// A line is no edge.
    #[error("line {line} is no edge; write the two nodes and the weight, such as `A B 2`")]
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// There is no edge.
    #[error("there is no edge; write one on each line, such as `A B 2`")]
    Empty,
    /// A path may come back to where it was.
    #[error("the graph has a circle through `{node}`, so paths need not end; leave out one of its edges")]
    Circle {
        /// A node of it.
        node: String,
    },
}

/// The weights are the twenty of the lecture's picture. Its text does not say which nodes they join, so the nodes are ours,
/// chosen such that greedy search goes wrong.
const LECTURE: &str = "start A 2\nstart B 4\nstart C 3\nA D 1\nA E 7\nB D 3\nB E 3\nB F 5\nC E 4\nC F 1\nD G 5\nD H 6\nE G 3\n\
                       E H 2\nE I 4\nF H 7\nF I 2\nG end1 8\nH end2 9\nI end3 8\n";

impl WeightedGraph {
    /// A graph with the weights of the lecture's picture.
    ///
    /// ```
    /// use tapegrad_models::decode::paths::WeightedGraph;
    /// let graph = WeightedGraph::of_the_lecture();
    /// assert_eq!(graph.greedy().weight, 16.0);
    /// assert_eq!(graph.lightest().weight, 14.0);
    /// ```
    pub fn of_the_lecture() -> Self {
        Self::parse(LECTURE).unwrap_or_else(|error| panic!("invariant: the graph of the lecture is one: {error}"))
    }

    /// Reads one edge from each line: two nodes and a weight. What follows `#` is left out.
    ///
    /// The search begins at the first node and ends at any node from which no edge leads on.
    ///
    /// **Errors** with the first line that is no edge, or if a path could go in a circle.
    pub fn parse(text: &str) -> Result<Self, GraphError> {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        for (line, text) in text.lines().enumerate() {
            let words: Vec<&str> = text.split('#').next().unwrap_or("").split_whitespace().collect();
            let [from, to, weight] = words[..] else {
                if words.is_empty() {
                    continue;
                }
                return Err(GraphError::Line { line: line + 1 });
            };
            let weight: Option<f64> = weight.parse().ok().filter(|weight: &f64| weight.is_finite());
            let weight = weight.ok_or(GraphError::Line { line: line + 1 })?;
            let mut number = |name| {
                *numbers.entry(name).or_insert_with(|| {
                    nodes.push(name.to_string());
                    nodes.len() - 1
                })
            };
            let [from, to] = [from, to].map(&mut number);
            edges.push(Edge { from, to, weight });
        }
        if edges.is_empty() {
            return Err(GraphError::Empty);
        }
        let order = order(&nodes, &edges)?;
        Ok(Self { nodes, edges, order })
    }

    /// The names of the nodes; the first is the start.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// The edges.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The nodes so that each edge leads forward.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The names of the nodes of a path.
    pub fn names(&self, path: &Path) -> Vec<&str> {
        let ends = path.edges.iter().map(|&edge| self.edges[edge].to);
        [0].into_iter()
            .chain(ends)
            .map(|node| self.nodes[node].as_str())
            .collect()
    }

    /// What greedy search finds: from each node the lightest edge, the first of equals.
    ///
    /// It looks at each node of one path: linear in the length of the path.
    pub fn greedy(&self) -> Path {
        let (mut at, mut edges) = (0, Vec::new());
        let lightest = |at| {
            let own = (0..self.edges.len()).filter(|&edge| self.edges[edge].from == at);
            own.min_by(|&a, &b| self.edges[a].weight.total_cmp(&self.edges[b].weight))
        };
        while let Some(edge) = lightest(at) {
            edges.push(edge);
            at = self.edges[edge].to;
        }
        self.path(edges)
    }

    /// The lightest path from the start to an end.
    ///
    /// **Formula**: `w(end) = 0` and `w(n) = min over edges n -> m of weight + w(m)`, from the last node to the first. It
    /// looks at each edge once.
    pub fn lightest(&self) -> Path {
        let mut best: Vec<(f64, Option<usize>)> = vec![(0.0, None); self.nodes.len()];
        for &node in self.order.iter().rev() {
            for (edge, Edge { from, to, weight }) in self.edges.iter().enumerate() {
                let through = weight + best[*to].0;
                if *from == node && (best[node].1.is_none() || through < best[node].0) {
                    best[node] = (through, Some(edge));
                }
            }
        }
        let (mut at, mut edges) = (0, Vec::new());
        while let Some(edge) = best[at].1 {
            edges.push(edge);
            at = self.edges[edge].to;
        }
        self.path(edges)
    }

    fn path(&self, edges: Vec<usize>) -> Path {
        let weight = edges.iter().map(|&edge| self.edges[edge].weight).sum();
        Path { edges, weight }
    }
}

/// The nodes so that each edge leads forward: one after another of those to which no edge of an unlisted one leads.
fn order(nodes: &[String], edges: &[Edge]) -> Result<Vec<usize>, GraphError> {
    let mut order: Vec<usize> = Vec::with_capacity(nodes.len());
    let mut open: Vec<usize> = (0..nodes.len())
        .map(|node| edges.iter().filter(|edge| edge.to == node).count())
        .collect();
    let mut is_listed = vec![false; nodes.len()];
    while order.len() < nodes.len() {
        let next = (0..nodes.len()).find(|&node| !is_listed[node] && open[node] == 0);
        let Some(next) = next else {
            let node = (0..nodes.len()).find(|&node| !is_listed[node]).unwrap_or(0);
            return Err(GraphError::Circle {
                node: nodes[node].clone(),
            });
        };
        is_listed[next] = true;
        order.push(next);
        edges
            .iter()
            .filter(|edge| edge.from == next)
            .for_each(|edge| open[edge.to] -= 1);
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn g1_greedy_search_does_not_find_the_lightest_path_of_the_lectures_weights() {
        let graph = WeightedGraph::of_the_lecture();
        let mut weights: Vec<f64> = graph.edges().iter().map(|edge| edge.weight).collect();
        let mut printed = [2, 4, 3, 1, 7, 3, 3, 5, 4, 1, 2, 2, 3, 5, 6, 4, 7, 8, 9, 8].map(f64::from);
        weights.sort_by(f64::total_cmp);
        printed.sort_by(f64::total_cmp);
        assert_eq!(weights, printed);
        let (greedy, lightest) = (graph.greedy(), graph.lightest());
        assert_eq!(graph.names(&greedy), ["start", "A", "D", "G", "end1"]);
        assert_eq!(graph.names(&lightest), ["start", "C", "F", "I", "end3"]);
        assert_eq!((greedy.weight, lightest.weight), (16.0, 14.0));
    }

    #[test]
    fn texts_that_are_no_graphs_are_refused_with_the_line() {
        for (text, line) in [("A B", 1), ("A B 1\nA B C 2", 2), ("A B x", 1), ("# none\nA B inf", 2)] {
            assert_eq!(WeightedGraph::parse(text), Err(GraphError::Line { line }), "{text}");
        }
        assert_eq!(WeightedGraph::parse("# nothing"), Err(GraphError::Empty));
        let circle = WeightedGraph::parse("A B 1\nB C 1\nC B 1");
        assert_eq!(circle, Err(GraphError::Circle { node: "B".into() }));
    }

    /// The weights of all paths from a node.
    fn every(graph: &WeightedGraph, at: usize) -> Vec<f64> {
        let mut all = Vec::new();
        for edge in graph.edges().iter().filter(|edge| edge.from == at) {
            all.extend(every(graph, edge.to).iter().map(|rest| edge.weight + rest));
        }
        if all.is_empty() { vec![0.0] } else { all }
    }

    proptest! {
        #[test]
        fn the_lightest_path_is_the_lightest_of_all(weights in prop::collection::vec(prop::option::of(-3..9i32), 15)) {
            let mut text = String::from("0 1 5\n");
            let pairs = (0..6).flat_map(|from| (from + 1..6).map(move |to| (from, to)));
            for ((from, to), weight) in pairs.zip(&weights) {
                if let Some(weight) = weight {
                    text += &format!("{from} {to} {weight}\n");
                }
            }
            let graph = WeightedGraph::parse(&text).unwrap();
            let all = every(&graph, 0);
            let least = all.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert_eq!(graph.lightest().weight, least);
            prop_assert!(all.contains(&graph.greedy().weight) && graph.greedy().weight >= least);
        }
    }
}
