//! Pictures of a graph: tree, DOT, Mermaid, SVG, HTML, and its JSON form.
//!
//! All but the JSON are drawn from one [`Picture`]: boxes and arrows, with scopes below some depth drawn as one box.

mod dot;
mod html;
pub mod json;
mod layout;
mod mermaid;
mod svg;
mod tree;

use std::collections::BTreeMap;

use super::flat::scope_path;
use crate::graph::{Graph, Node, NodeId, Source};

pub use dot::dot;
pub use html::html;
pub use mermaid::mermaid;
pub use svg::svg;
pub use tree::tree;

/// What a box stands for, which decides its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Given from outside.
    Input,
    /// Given from outside, without a gradient.
    Data,
    /// A parameter.
    Param,
    /// A literal number.
    Constant,
    /// An op.
    Op,
    /// A scope drawn as one box.
    Scope,
}

/// One box.
#[derive(Clone, Debug, PartialEq)]
pub struct Box {
    /// What stands in it: name, op and shape.
    pub lines: Vec<String>,
    /// What it stands for.
    pub kind: Kind,
    /// The scopes around it, outermost first.
    pub scope: Vec<String>,
    /// How many nodes it stands for.
    pub nodes: usize,
}

/// One arrow, from operand to result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The box it leaves.
    pub from: usize,
    /// The box it enters.
    pub to: usize,
    /// Which operand it is, counted from 0.
    pub port: usize,
    /// True if a gradient flows back along it.
    pub gradient: bool,
}

/// Boxes and arrows; every arrow goes from an earlier box to a later one, unless a closed scope stands at both ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// The boxes in the order of recording.
    pub boxes: Vec<Box>,
    /// The arrows in order.
    pub arrows: Vec<Arrow>,
}

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Scopes this deep and deeper are drawn as one box; `None` draws every node.
    pub depth: Option<usize>,
    /// Whether the arrows of the backward pass are drawn too.
    pub gradients: bool,
}

/// The picture of a graph.
pub fn picture(graph: &Graph, options: Options) -> Picture {
    let mut picture = Picture::default();
    let mut closed: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut place = Vec::with_capacity(graph.len());
    for node in graph.nodes() {
        let path = scope_path(graph, node.scope);
        let is_given = !matches!(node.source, Source::Op(_) | Source::Constant(_) | Source::Module(_));
        let at = match options.depth.filter(|&depth| path.len() > depth && !is_given) {
            Some(depth) => {
                let path = path[..=depth].to_vec();
                let at = *closed.entry(path.clone()).or_insert(picture.boxes.len());
                if at == picture.boxes.len() {
                    picture.boxes.push(scope_box(path));
                }
                picture.boxes[at].nodes += 1;
                at
            }
            None => {
                picture.boxes.push(node_box(graph, node, path));
                picture.boxes.len() - 1
            }
        };
        place.push(at);
        for (port, operand) in node.operands.iter().enumerate() {
            let gradient = options.gradients && node.needs_gradient && graph.needs_gradient(*operand);
            let from: usize = place[operand.index()];
            if from != at {
                picture.arrows.push(Arrow {
                    from,
                    to: at,
                    port,
                    gradient,
                });
            }
        }
    }
    for one in picture.boxes.iter_mut().filter(|one| one.kind == Kind::Scope) {
        one.lines.push(format!("{} nodes", one.nodes));
    }
    picture.arrows.sort_unstable();
    picture.arrows.dedup_by_key(|arrow| (arrow.from, arrow.to, arrow.port));
    picture
}

fn scope_box(mut path: Vec<String>) -> Box {
    let name = path.pop().expect("a closed scope has a name");
    Box {
        lines: vec![name],
        kind: Kind::Scope,
        scope: path,
        nodes: 0,
    }
}

fn node_box(graph: &Graph, node: Node<'_>, scope: Vec<String>) -> Box {
    let kind = match node.source {
        Source::Input => Kind::Input,
        Source::Data => Kind::Data,
        Source::Param(_) => Kind::Param,
        Source::Constant(_) => Kind::Constant,
        Source::Op(_) | Source::Module(_) => Kind::Op,
    };
    Box {
        lines: describe(graph, node),
        kind,
        scope,
        nodes: 1,
    }
}

/// Name, op and shape of a node.
fn describe(graph: &Graph, node: Node<'_>) -> Vec<String> {
    let shape = if node.shape.rank() == 0 {
        String::new()
    } else {
        node.shape.to_string()
    };
    let op = match node.source {
        Source::Constant(value) => super::print::number(*value),
        source => super::flat::source_name(source).to_string(),
    };
    let name = graph.name(NodeId::new(node.id.index())).map(str::to_string);
    name.into_iter()
        .chain([format!("{op} {shape}").trim().to_string()])
        .collect()
}
