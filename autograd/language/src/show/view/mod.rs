//! Pictures of a graph: tree, DOT, Mermaid, SVG, HTML, and its JSON form.
//!
//! All are drawn from one [`Picture`]: boxes and arrows, with scopes below some depth drawn as one box. There are three
//! of a program: [`rolled`], with loops as they are written; unrolled, the [`picture`] of its graph; and [`exploded`],
//! with one box for each position of chosen axes.

mod dot;
mod exploded;
mod frames;
mod html;
pub mod json;
mod layout;
mod masks;
mod mermaid;
mod places;
mod rolled;
mod svg;
mod tree;

use std::collections::BTreeMap;

use crate::run::source_name;
use crate::show::flat::scope_path;
use crate::syntax::print;
use tapegrad_core::graph::{Graph, Node, NodeId, Source};

pub use dot::dot;
pub use exploded::exploded;
pub use html::html;
pub use mermaid::mermaid;
pub use rolled::rolled;
pub(super) use svg::escaped;
pub use svg::svg;
pub use tree::tree;

/// What a box represents; each kind has a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoxKind {
    /// An input.
    Input,
    /// An input without a gradient.
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

impl BoxKind {
    /// True for inputs and parameters.
    fn is_given(self) -> bool {
        matches!(self, Self::Input | Self::Data | Self::Param)
    }
}

/// One box.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureBox {
    /// Its lines of text: name, op and shape.
    pub lines: Vec<String>,
    /// What it represents.
    pub kind: BoxKind,
    /// The scopes around it, outermost first.
    pub scope: Vec<String>,
    /// The number of nodes that it represents.
    pub nodes: usize,
}

/// One arrow, from operand to result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The box it leaves.
    pub from: usize,
    /// The box it enters.
    pub to: usize,
    /// Which operand it is, counted from 0.
    pub port: usize,
    /// True if a gradient flows back along it.
    pub gradient: bool,
    /// The round of a loop that the value comes from, such as `t - 1`, if it is another one.
    pub back: Option<String>,
}

/// Boxes and arrows; every arrow goes from an earlier box to a later one, unless a closed scope stands at both ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// The boxes in the order of recording.
    pub boxes: Vec<PictureBox>,
    /// The arrows in order.
    pub arrows: Vec<Arrow>,
}

/// Options of a picture.
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
    for node in graph.nodes() {
        for (port, operand) in node.operands.iter().enumerate() {
            picture.arrows.push(Arrow {
                from: operand.index(),
                to: node.id.index(),
                port,
                gradient: options.gradients && node.needs_gradient && graph.needs_gradient(*operand),
                back: None,
            });
        }
        let path = scope_path(graph, node.scope);
        picture.boxes.push(node_box(graph, node, path));
    }
    closed(shared_outside(picture), options.depth)
}

/// Moves inputs and parameters into the innermost scope that holds all their users, before the other boxes of that
/// scope: a parameter that several rounds of a loop read belongs to none of the rounds.
fn shared_outside(mut picture: Picture) -> Picture {
    let depths: Vec<usize> = picture.boxes.iter().map(|one| one.scope.len()).collect();
    for arrow in &picture.arrows {
        let user = picture.boxes[arrow.to].scope.clone();
        let one = &mut picture.boxes[arrow.from];
        if one.kind.is_given() {
            let common = one
                .scope
                .iter()
                .zip(&user)
                .take_while(|(own, other)| own == other)
                .count();
            one.scope.truncate(common);
        }
    }
    let first_of = |scope: &[String]| picture.boxes.iter().position(|one| one.scope.starts_with(scope));
    let key = |number: usize| match picture.boxes[number].scope.as_slice() {
        scope if scope.len() < depths[number] => (first_of(scope).unwrap_or(number), 0, number),
        _ => (number, 1, number),
    };
    let mut order: Vec<usize> = (0..picture.boxes.len()).collect();
    order.sort_by_key(|&number| key(number));
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(to, &from)| place[from] = to);
    for arrow in &mut picture.arrows {
        (arrow.from, arrow.to) = (place[arrow.from], place[arrow.to]);
    }
    picture.boxes = order.iter().map(|&number| picture.boxes[number].clone()).collect();
    picture
}

/// The picture with each scope of this depth or deeper drawn as one box; `None` changes nothing.
pub fn closed(picture: Picture, depth: Option<usize>) -> Picture {
    let Some(depth) = depth else {
        return sorted(picture);
    };
    let mut closed = Picture::default();
    let mut scopes: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut place = Vec::with_capacity(picture.boxes.len());
    for mut one in picture.boxes {
        if one.scope.len() <= depth || one.kind.is_given() {
            one.scope.truncate(depth);
            closed.boxes.push(one);
            place.push(closed.boxes.len() - 1);
            continue;
        }
        let path = one.scope[..=depth].to_vec();
        let at = *scopes.entry(path.clone()).or_insert(closed.boxes.len());
        if at == closed.boxes.len() {
            closed.boxes.push(scope_box(path));
        }
        closed.boxes[at].nodes += one.nodes;
        place.push(at);
    }
    for one in closed.boxes.iter_mut().filter(|one| one.kind == BoxKind::Scope) {
        one.lines.push(format!("{} nodes", one.nodes));
    }
    for arrow in picture.arrows {
        let (from, to) = (place[arrow.from], place[arrow.to]);
        if from != to {
            closed.arrows.push(Arrow { from, to, ..arrow });
        }
    }
    sorted(closed)
}

fn sorted(mut picture: Picture) -> Picture {
    picture.arrows.sort();
    picture
        .arrows
        .dedup_by(|a, b| (a.from, a.to, a.port, &a.back) == (b.from, b.to, b.port, &b.back));
    picture
}

fn scope_box(mut path: Vec<String>) -> PictureBox {
    let name = path.pop().expect("a closed scope has a name");
    PictureBox {
        lines: vec![name],
        kind: BoxKind::Scope,
        scope: path,
        nodes: 0,
    }
}

fn node_box(graph: &Graph, node: Node<'_>, scope: Vec<String>) -> PictureBox {
    let kind = match node.source {
        Source::Input => BoxKind::Input,
        Source::Data => BoxKind::Data,
        Source::Param(_) => BoxKind::Param,
        Source::Constant(_) => BoxKind::Constant,
        Source::Op(_) | Source::Module(_) => BoxKind::Op,
    };
    PictureBox {
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
        Source::Constant(value) => print::number(*value),
        source => source_name(source).to_string(),
    };
    let name = graph.name(NodeId::new(node.id.index())).map(str::to_string);
    name.into_iter()
        .chain([format!("{op} {shape}").trim().to_string()])
        .collect()
}
