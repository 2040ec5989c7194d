//! What a formula over variables writes to: a tape, which computes at once, or a sketch, which only writes down.

use std::cell::{Ref, RefCell};
use std::panic::Location;

use crate::graph::{Graph, NodeId, Source};
use crate::op::ValueError;
use crate::ops::AnyOp;
use crate::params::Param;
use crate::shape::{Shape, ShapeError};
use crate::var::Var;

/// Something that records nodes: the other side of a [`Var`].
///
/// Model code names it only as `&dyn Record`; it never names a number type.
pub trait Record {
    /// Appends the result of an op.
    fn push(&self, op: &AnyOp, operands: &[NodeId], caller: &'static Location<'static>) -> Result<NodeId, RecordError>;

    /// The node of a parameter; the same one each time.
    fn push_param(&self, param: Param, caller: &'static Location<'static>) -> NodeId;

    /// Appends a literal constant of a formula.
    fn push_constant(&self, value: f64, caller: &'static Location<'static>) -> NodeId;

    /// The number of the tape, if this is one: gradients know by it whose they are.
    fn identity(&self) -> Option<u64> {
        None
    }

    /// The graph recorded so far.
    fn graph(&self) -> Ref<'_, Graph>;

    /// Names a node.
    fn set_name(&self, id: NodeId, name: &str);

    /// Opens a named scope.
    fn open_scope(&self, name: &str);

    /// Closes the innermost scope.
    fn close_scope(&self);
}

impl<'t> dyn Record + 't {
    /// The variable of a parameter on this record.
    #[track_caller]
    pub fn param(&self, param: Param) -> Var<'_> {
        Var::new(self, self.push_param(param, Location::caller()))
    }

    /// A literal constant as a variable.
    #[track_caller]
    pub fn constant(&self, value: f64) -> Var<'_> {
        Var::new(self, self.push_constant(value, Location::caller()))
    }

    /// Records what `formula` records inside a named scope.
    pub fn scope<R>(&self, name: &str, formula: impl FnOnce() -> R) -> R {
        self.open_scope(name);
        let result = formula();
        self.close_scope();
        result
    }
}

/// Why a node cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The shapes of the operands do not fit together.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The values of the operands have no result.
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// A record that keeps the graph and computes nothing.
///
/// ```
/// use tapegrad_autograd::{Record, Shape, Sketch};
/// let sketch = Sketch::new();
/// let x = sketch.input("x", Shape::new(&[3]));
/// let y = (x * 2.0).sum();
/// assert_eq!(y.shape(), Shape::SCALAR);
/// assert_eq!(sketch.graph().len(), 4);
/// ```
#[derive(Debug, Default)]
pub struct Sketch {
    graph: RefCell<Graph>,
    params: RefCell<Vec<Option<NodeId>>>,
}

impl Sketch {
    /// An empty sketch.
    pub fn new() -> Self {
        Self::default()
    }

    /// A value that will be given from outside and gets a gradient.
    #[track_caller]
    pub fn input(&self, name: &str, shape: impl Into<Shape>) -> Var<'_> {
        self.leaf(Source::Input, name, shape.into(), Location::caller())
    }

    /// A value that will be given from outside and gets no gradient: ids, a mask, targets.
    #[track_caller]
    pub fn data(&self, name: &str, shape: impl Into<Shape>) -> Var<'_> {
        self.leaf(Source::Data, name, shape.into(), Location::caller())
    }

    /// The variable of a parameter.
    #[track_caller]
    pub fn param(&self, param: Param) -> Var<'_> {
        (self as &dyn Record).param(param)
    }

    /// The recorded graph.
    pub fn into_graph(self) -> Graph {
        self.graph.into_inner()
    }

    fn leaf(&self, source: Source, name: &str, shape: Shape, caller: &'static Location<'static>) -> Var<'_> {
        let mut graph = self.graph.borrow_mut();
        let id = graph.push(source, &[], shape, caller);
        graph.set_name(id, name);
        Var::new(self, id)
    }
}

impl Record for Sketch {
    fn push(&self, op: &AnyOp, operands: &[NodeId], caller: &'static Location<'static>) -> Result<NodeId, RecordError> {
        let mut graph = self.graph.borrow_mut();
        let shapes: Vec<Shape> = operands.iter().map(|&operand| graph.shape(operand)).collect();
        let shape = op.shape(&shapes)?;
        Ok(graph.push(Source::Op(op.clone()), operands, shape, caller))
    }

    fn push_param(&self, param: Param, caller: &'static Location<'static>) -> NodeId {
        node_of_param(&mut self.params.borrow_mut(), param, || {
            self.graph
                .borrow_mut()
                .push(Source::Param(param), &[], param.shape(), caller)
        })
    }

    fn push_constant(&self, value: f64, caller: &'static Location<'static>) -> NodeId {
        self.graph
            .borrow_mut()
            .push(Source::Constant(value), &[], Shape::SCALAR, caller)
    }

    fn graph(&self) -> Ref<'_, Graph> {
        self.graph.borrow()
    }

    fn set_name(&self, id: NodeId, name: &str) {
        self.graph.borrow_mut().set_name(id, name);
    }

    fn open_scope(&self, name: &str) {
        self.graph.borrow_mut().open_scope(name);
    }

    fn close_scope(&self) {
        self.graph.borrow_mut().close_scope();
    }
}

/// The node that stands for `param`, recorded on its first use.
pub(crate) fn node_of_param(known: &mut Vec<Option<NodeId>>, param: Param, record: impl FnOnce() -> NodeId) -> NodeId {
    if known.len() <= param.index() {
        known.resize(param.index() + 1, None);
    }
    *known[param.index()].get_or_insert_with(record)
}
