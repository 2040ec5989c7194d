//! Pictures of a graph: tree, DOT, Mermaid, SVG, HTML, and its JSON form.
//!
//! All are drawn from one [`Picture`]: boxes and arrows. There are three of a program: [`rolled`], with loops as they
//! are written; [`unrolled`], its graph; and [`exploded`], with one box for each position of chosen axes. A picture has
//! a box for each node; [`folded`] leaves out what the reader did not write, and [`closed`] draws scopes below some
//! depth as one box.

mod dot;
mod exploded;
mod fold;
mod formulas;
mod frames;
mod heat;
pub mod json;
mod layout;
mod masks;
mod mermaid;
mod page;
mod places;
mod rolled;
mod scopes;
mod svg;
mod tree;
mod values;

use std::collections::BTreeMap;

use crate::meaning::program::{Program, ValueId};
use crate::run::{Instance, RunError, source_name};
use crate::show::flat::scope_path;
use crate::syntax::print;
use tapegrad_core::graph::{Graph, Node, Source};

pub use dot::dot;
pub use exploded::exploded;
pub use fold::{Detail, folded, rearranges};
pub use formulas::{Formulas, with_formulas};
pub use mermaid::mermaid;
pub use page::{Figure, figures, html};
pub use rolled::rolled;
pub use scopes::closed;
pub use svg::{STYLE, svg};
pub use tree::tree;
pub use values::{Numbers, Shown, Trace};

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
    /// Its name in the program.
    pub name: Option<String>,
    /// What computes it: an op, with the numbers among its operands, or `input`, `data`, `param`, or a number.
    pub op: String,
    /// Its shape; empty for a single number.
    pub shape: String,
    /// What the program says of it.
    pub formula: Option<String>,
    /// The name of the value that it is computed for, if it has no name itself.
    pub serves: Option<String>,
    /// What it represents.
    pub kind: BoxKind,
    /// The scopes around it, outermost first.
    pub scope: Vec<String>,
    /// The number of nodes that it represents.
    pub nodes: usize,
    /// The nodes of the graph that it represents, by their numbers.
    pub members: Vec<usize>,
    /// The number of its node in the graph.
    pub node: Option<usize>,
    /// The value of the program that it was written as.
    pub origin: Option<ValueId>,
    /// Its value and gradient in a run.
    pub shown: Option<Shown>,
}

impl PictureBox {
    /// A box for one node.
    fn new(kind: BoxKind, name: Option<String>, op: String, shape: String, scope: Vec<String>) -> Self {
        let mut own = Self {
            lines: Vec::new(),
            name,
            op,
            shape,
            formula: None,
            serves: None,
            kind,
            scope,
            nodes: 1,
            members: Vec::new(),
            node: None,
            origin: None,
            shown: None,
        };
        own.relabel();
        own
    }

    /// The name, then op and shape.
    fn relabel(&mut self) {
        let what = format!("{} {}", self.op, self.shape).trim().to_string();
        self.lines = self.name.iter().cloned().chain([what]).collect();
    }

    /// The scopes and the name; of a box without a name, the value that it serves and the op.
    pub fn path(&self) -> String {
        let own = match (&self.name, &self.serves) {
            (Some(name), _) => name.clone(),
            (None, Some(serves)) => format!("{serves}: {}", self.op),
            (None, None) => self.op.clone(),
        };
        self.scope
            .iter()
            .map(String::as_str)
            .chain([own.as_str()])
            .collect::<Vec<_>>()
            .join(" / ")
    }
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

/// The picture of a graph, with a box for each node.
pub fn picture(graph: &Graph, options: Options) -> Picture {
    closed(
        scopes::shared_outside(every_node(graph, options.gradients)),
        options.depth,
    )
}

/// The picture of a program's graph with these sizes, with a box for each node, and with the numbers of a run.
///
/// **Errors** if the sizes do not fit, or the run is not one of this program with these sizes.
pub fn unrolled(
    program: &Program,
    dims: &BTreeMap<String, i64>,
    gradients: bool,
    trace: Option<&Trace>,
) -> Result<Picture, RunError> {
    let (graph, elaborated) = Instance::new(program, dims)?.graph()?;
    let mut picture = every_node(&graph, gradients);
    for (one, &origin) in picture.boxes.iter_mut().zip(&elaborated.origins) {
        one.origin = origin;
    }
    if let Some(trace) = trace {
        trace.put_into(&mut picture, program, &graph, &elaborated)?;
    }
    Ok(scopes::shared_outside(picture))
}

fn every_node(graph: &Graph, gradients: bool) -> Picture {
    let mut picture = Picture::default();
    for node in graph.nodes() {
        for (port, operand) in node.operands.iter().enumerate() {
            picture.arrows.push(Arrow {
                from: operand.index(),
                to: node.id.index(),
                port,
                gradient: gradients && node.needs_gradient && graph.needs_gradient(*operand),
                back: None,
            });
        }
        picture.boxes.push(node_box(graph, node));
    }
    picture
}

fn node_box(graph: &Graph, node: Node<'_>) -> PictureBox {
    let kind = match node.source {
        Source::Input => BoxKind::Input,
        Source::Data => BoxKind::Data,
        Source::Param(_) => BoxKind::Param,
        Source::Constant(_) => BoxKind::Constant,
        Source::Op(_) | Source::Module(_) => BoxKind::Op,
    };
    let op = match node.source {
        Source::Constant(value) => print::number(*value),
        source => source_name(source).to_string(),
    };
    let shape = match node.shape.rank() {
        0 => String::new(),
        _ => node.shape.to_string(),
    };
    let name = graph.name(node.id).map(str::to_string);
    let mut own = PictureBox::new(kind, name, op, shape, scope_path(graph, node.scope));
    own.node = Some(node.id.index());
    own.members = vec![node.id.index()];
    own
}
