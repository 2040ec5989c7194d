//! The checked program: every name resolved, every value typed, one operation a step, loops and scopes kept.
//!
//! It is still symbolic: sizes are polynomials over named sizes, positions too. With numbers for the names it becomes
//! the engine's graph (`elaborate`); its derivative is again such a program (`derive`).

use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::Type;
use crate::syntax::ast::{Direction, Init};
use crate::syntax::span::Span;

/// The position of a value in its program.
pub type ValueId = usize;

/// A checked graph.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The name of the graph.
    pub name: String,
    /// The named sizes in order of declaration.
    pub dims: Vec<Dim>,
    /// Equations between sizes that hold or the run is refused.
    pub requirements: Vec<Requirement>,
    /// What is given from outside.
    pub inputs: Vec<Input>,
    /// The parameters, of all layers.
    pub params: Vec<ParamDecl>,
    /// Everything that is computed.
    pub values: Vec<Value>,
    /// Rows of values, one for each position of a loop.
    pub families: Vec<Family>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What is to go up or down.
    pub objective: Option<(Direction, ValueId)>,
    /// Named results.
    pub outputs: Vec<(String, ValueId)>,
    /// Every value that a top-level name stands for, in order of definition.
    pub names: Vec<(String, ValueId)>,
}

/// A named size.
#[derive(Clone, Debug)]
pub struct Dim {
    /// The name.
    pub name: Symbol,
    /// How it follows from others; `None` if it is given when run.
    pub value: Option<DimValue>,
    /// Where it is declared.
    pub span: Span,
}

/// How a size follows from others.
#[derive(Clone, Debug)]
pub enum DimValue {
    /// It is this size.
    Equal(Size),
    /// It is the first divided by the second, without rest.
    Quotient(Size, Size),
}

/// An equation or inequation between sizes.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The left side.
    pub left: Size,
    /// The comparison.
    pub comparison: crate::syntax::ast::Binary,
    /// The right side.
    pub right: Size,
    /// Where it stands.
    pub span: Span,
}

/// Something given from outside.
#[derive(Clone, Debug)]
pub struct Input {
    /// The name.
    pub name: String,
    /// Axes and kind.
    pub ty: Type,
    /// Where it is declared.
    pub span: Span,
}

/// A parameter; in a row of layers, one for each layer.
#[derive(Clone, Debug)]
pub struct ParamDecl {
    /// The path, such as `block[].att.W_q`; each `[]` stands for a position.
    pub path: String,
    /// How many positions each `[]` has.
    pub counts: Vec<Size>,
    /// The axes.
    pub ty: Type,
    /// How it begins.
    pub init: Option<Init>,
    /// Where it is declared.
    pub span: Span,
}

/// A computed value.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is called in its scope.
    pub name: Option<String>,
    /// Axes and kind.
    pub ty: Type,
    /// The text it was written as.
    pub span: Span,
}

/// A row of values of one type.
#[derive(Clone, Debug)]
pub struct Family {
    /// The name.
    pub name: String,
    /// The type of one of them.
    pub ty: Type,
    /// First and last position of each index when it is read as a whole.
    pub ranges: Vec<(Size, Size)>,
}

/// One thing that is done.
#[derive(Clone, Debug)]
pub enum Step {
    /// An operation.
    Op {
        /// What it gives.
        out: ValueId,
        /// Which.
        op: Op,
        /// From what.
        args: Vec<ValueId>,
    },
    /// Puts a value into a row.
    Store {
        /// The row.
        family: usize,
        /// The place in the row.
        at: Vec<Size>,
        /// The value.
        value: ValueId,
    },
    /// Takes a value out of a row.
    Load {
        /// What it gives.
        out: ValueId,
        /// The row.
        family: usize,
        /// The place in the row.
        at: Vec<Size>,
    },
    /// Makes one array of a whole row, along new leading axes.
    Collect {
        /// What it gives.
        out: ValueId,
        /// The row.
        family: usize,
    },
    /// Steps that are done at each position.
    Loop {
        /// The position.
        index: Symbol,
        /// The first.
        from: Size,
        /// The last.
        to: Size,
        /// True if it counts down.
        down: bool,
        /// What is done.
        body: Vec<Step>,
    },
    /// Steps that belong to a layer.
    Scope {
        /// The layer.
        name: String,
        /// Which of a row.
        at: Option<Size>,
        /// What is done.
        body: Vec<Step>,
    },
}

/// An operation with symbolic sizes.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A literal number.
    Number(f64),
    /// A size or a position as a number.
    Size(Size),
    /// The numbers 1, 2, … along one axis.
    Positions,
    /// Given from outside.
    Input(usize),
    /// A parameter, at these positions of its `[]`.
    Param(usize, Vec<Size>),
    /// A function of each entry.
    Unary(&'static str),
    /// A function of two entries; the shorter operand is repeated along leading axes and axes of size 1.
    Binary(&'static str),
    /// Each entry to a power given as a number.
    Power(f64),
    /// Each entry limited to a range.
    Clip(f64, f64),
    /// The second where the first is not 0, else the third.
    Where,
    /// A reduction over axes.
    Reduce(&'static str, Vec<usize>),
    /// A function along an axis that keeps it: softmax, cumsum.
    Along(&'static str, usize),
    /// The matrix product of the engine.
    Matmul,
    /// The axes in another order.
    Permute(Vec<usize>),
    /// The same entries with the axes of the result.
    Reshape,
    /// Repeated to the axes of the result.
    Broadcast,
    /// One position of an axis, which is removed.
    Select(usize, Size),
    /// The positions of an axis from the first to the last.
    Slice(usize, Size, Size),
    /// Arrays behind each other.
    Concat(usize),
    /// The rows of a table that ids name.
    Embedding,
    /// The entry of the last axis that an id names, for each.
    Pick,
    /// The same value under other labels.
    Relabel,
    /// In a straight program whose loops are kept: the value of a row at a position.
    Row(usize, Size),
    /// Likewise a whole row, from this position on.
    Rows(usize, Size),
    /// An op of the registry by name, with attributes.
    Engine(String, Vec<(String, Vec<Attribute>)>),
}

/// One number of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// A real number.
    Number(f64),
    /// A size.
    Size(Size),
}

impl Op {
    /// The op of the registry that does it, or what stands in its place.
    pub fn name(&self) -> &str {
        match self {
            Self::Number(_) => "number",
            Self::Size(_) => "size",
            Self::Positions => "positions",
            Self::Input(_) => "input",
            Self::Param(..) => "param",
            Self::Unary(name) | Self::Binary(name) | Self::Reduce(name, _) | Self::Along(name, _) => name,
            Self::Power(_) => "power",
            Self::Clip(..) => "clip",
            Self::Where => "where",
            Self::Matmul => "matmul",
            Self::Permute(_) => "permute",
            Self::Reshape => "reshape",
            Self::Broadcast => "broadcast",
            Self::Select(..) => "position",
            Self::Slice(..) => "slice",
            Self::Concat(_) => "concat",
            Self::Embedding => "embedding",
            Self::Pick => "pick",
            Self::Relabel => "rename",
            Self::Row(..) | Self::Rows(..) => "row",
            Self::Engine(name, _) => name,
        }
    }
}
