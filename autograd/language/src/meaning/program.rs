//! The checked program: every name resolved, every value typed, one operation an instruction, loops and scopes kept.
//!
//! It is still symbolic: sizes are polynomials over named sizes, positions too. With numbers for the names it becomes
//! the engine's graph (`elaborate`); its derivative is again such a program (`derive`).

pub use super::condition::Condition;
use crate::limits;
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::Type;
use crate::span::Span;
use crate::syntax::ast::{Binary, Direction, Initializer};

/// The index of a value in [`Program::values`].
pub type ValueId = usize;

/// A checked graph.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name of the graph.
    pub name: String,
    /// The named sizes in order of declaration.
    pub dims: Vec<Dim>,
    /// Equations between sizes; a run is refused where one of them does not hold.
    pub requirements: Vec<Requirement>,
    /// The inputs, in order of declaration.
    pub inputs: Vec<DeclaredInput>,
    /// The parameters, of all layers.
    pub params: Vec<DeclaredParam>,
    /// All computed values.
    pub values: Vec<Value>,
    /// Rows of values, one for each position of a loop.
    pub families: Vec<Family>,
    /// The instructions in order.
    pub instructions: Vec<Instruction>,
    /// The value to minimise or maximise.
    pub objective: Option<(Direction, ValueId)>,
    /// Named results.
    pub outputs: Vec<(String, ValueId)>,
    /// Every value that a top-level name stands for, in order of definition.
    pub names: Vec<(String, ValueId)>,
    /// How many bytes of memory a use of the program may take.
    pub memory: u64,
}

impl Default for Program {
    fn default() -> Self {
        Self {
            name: String::new(),
            dims: Vec::new(),
            requirements: Vec::new(),
            inputs: Vec::new(),
            params: Vec::new(),
            values: Vec::new(),
            families: Vec::new(),
            instructions: Vec::new(),
            objective: None,
            outputs: Vec::new(),
            names: Vec::new(),
            memory: limits::MEMORY,
        }
    }
}

/// A named size.
#[derive(Clone, Debug)]
pub struct Dim {
    /// Its name.
    pub name: Symbol,
    /// How it follows from others; `None` if each run gives it.
    pub value: Option<DimValue>,
    /// Where it is declared.
    pub span: Span,
}

/// How a size follows from others.
#[derive(Clone, Debug)]
pub enum DimValue {
    /// Equal to this size.
    Equal(Size),
    /// The first divided by the second, which must leave no remainder.
    Quotient(Size, Size),
}

/// An equation or inequality between sizes.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The left side.
    pub left: Size,
    /// The operator of the comparison.
    pub comparison: Binary,
    /// The right side.
    pub right: Size,
    /// Its place in the source.
    pub span: Span,
}

/// A declared input.
#[derive(Clone, Debug)]
pub struct DeclaredInput {
    /// Its name.
    pub name: String,
    /// Axes and kind.
    pub ty: Type,
    /// Where it is declared.
    pub span: Span,
}

/// A declared parameter; in a row of layers, one for each layer.
#[derive(Clone, Debug)]
pub struct DeclaredParam {
    /// The path, such as `block[].att.W_q`; each `[]` stands for a position.
    pub path: String,
    /// How many positions each `[]` has.
    pub counts: Vec<Size>,
    /// The axes.
    pub ty: Type,
    /// How its first values are chosen.
    pub init: Option<Initializer>,
    /// Where it is declared.
    pub span: Span,
}

/// A computed value.
#[derive(Clone, Debug)]
pub struct Value {
    /// Its name in its scope.
    pub name: Option<String>,
    /// Axes and kind.
    pub ty: Type,
    /// The text it was written as.
    pub span: Span,
}

/// A row: values of one type, one for each position of a loop.
#[derive(Clone, Debug)]
pub struct Family {
    /// The name of the row.
    pub name: String,
    /// The type of one value.
    pub ty: Type,
    /// First and last position of each index when the row is read as a whole.
    pub ranges: Vec<(Size, Size)>,
}

/// One instruction of a checked program.
#[derive(Clone, Debug)]
pub enum Instruction {
    /// Computes a value.
    Compute {
        /// The result.
        out: ValueId,
        /// The operation.
        op: Operation,
        /// Its operands.
        args: Vec<ValueId>,
    },
    /// Puts a value into a row.
    Store {
        /// The row.
        family: usize,
        /// The position in the row.
        at: Vec<Size>,
        /// The value.
        value: ValueId,
    },
    /// Reads a value from a row.
    Load {
        /// The result.
        out: ValueId,
        /// The row.
        family: usize,
        /// The position in the row.
        at: Vec<Size>,
    },
    /// Makes one array of a whole row, along new leading axes.
    Collect {
        /// The result.
        out: ValueId,
        /// The row.
        family: usize,
    },
    /// Repeats instructions for each position of a range.
    Loop {
        /// The name of the position.
        index: Symbol,
        /// The first position.
        from: Size,
        /// The last position, included.
        to: Size,
        /// True if it counts down.
        down: bool,
        /// The repeated instructions.
        body: Vec<Instruction>,
    },
    /// Computes a value one way or the other, as sizes and positions of loops decide; the other way is not computed.
    Choice {
        /// The result.
        out: ValueId,
        /// What decides.
        condition: Condition,
        /// The instructions if it holds, and the value that they give.
        yes: (Vec<Instruction>, ValueId),
        /// The instructions if it does not hold, and the value that they give.
        no: (Vec<Instruction>, ValueId),
    },
    /// Groups the instructions of one call of a layer.
    Scope {
        /// The name of the layer.
        name: String,
        /// Its position in a row of layers.
        at: Option<Size>,
        /// The instructions of the layer.
        body: Vec<Instruction>,
        /// Where it is called.
        span: Span,
    },
}

impl Instruction {
    /// The value that it computes, reads or stores.
    pub fn value(&self) -> Option<ValueId> {
        match self {
            Self::Compute { out, .. } | Self::Load { out, .. } | Self::Collect { out, .. } => Some(*out),
            Self::Choice { out, .. } => Some(*out),
            Self::Store { value, .. } => Some(*value),
            Self::Loop { .. } | Self::Scope { .. } => None,
        }
    }

    /// The same loop or scope around another body; what has no body stays as it is.
    pub fn around(&self, body: Vec<Self>) -> Self {
        match self {
            Self::Loop {
                index, from, to, down, ..
            } => Self::Loop {
                index: index.clone(),
                from: from.clone(),
                to: to.clone(),
                down: *down,
                body,
            },
            Self::Scope { name, at, span, .. } => Self::Scope {
                name: name.clone(),
                at: at.clone(),
                body,
                span: *span,
            },
            other => other.clone(),
        }
    }

    /// All instructions in order; those of a loop, a scope or a choice follow it.
    pub fn all(instructions: &[Self]) -> impl Iterator<Item = &Self> {
        let mut open = vec![instructions.iter()];
        std::iter::from_fn(move || {
            loop {
                let Some(next) = open.last_mut()?.next() else {
                    open.pop();
                    continue;
                };
                match next {
                    Self::Loop { body, .. } | Self::Scope { body, .. } => open.push(body.iter()),
                    Self::Choice { yes, no, .. } => {
                        open.push(no.0.iter());
                        open.push(yes.0.iter());
                    }
                    _ => {}
                }
                return Some(next);
            }
        })
    }
}

/// An operation with symbolic sizes.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// A literal number.
    Number(f64),
    /// A size or a position as a number.
    Size(Size),
    /// The numbers 1, 2, … along one axis.
    Positions,
    /// An input, by its number.
    Input(usize),
    /// A parameter, at these positions of its `[]`.
    Param(usize, Vec<Size>),
    /// A function of each entry.
    Unary(&'static str),
    /// A function of two entries; the shorter operand is repeated along leading axes and axes of size 1.
    Binary(&'static str),
    /// Each entry raised to a constant power.
    Power(f64),
    /// Each entry limited to a range.
    Clip(f64, f64),
    /// Entry by entry, the second operand where the first is not 0, else the third.
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
    /// The entries at places that run with the axes of the result.
    Unfold(Places),
    /// The entries of the operand added up at places that run with its axes.
    Fold(Places),
    /// Arrays joined along an axis.
    Concat(usize),
    /// The rows of a table that ids name.
    Embedding,
    /// For each id, the entry of the last axis that it names.
    Pick,
    /// The same value under other labels.
    Relabel,
    /// The gradient of the first operand, a single number, by the second, with its place in the source; an opened
    /// program has none any more.
    Gradient(Span),
    /// In a straight program whose loops are kept: the value of a row at a position.
    Row(usize, Size),
    /// In such a program: a whole row, from this position on.
    Rows(usize, Size),
    /// An op of the registry by name, with attributes.
    Engine(String, Vec<(String, Vec<AttributeNumber>)>),
}

/// One number of an attribute, which may be a size.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeNumber {
    /// A real number.
    Number(f64),
    /// A symbolic size.
    Size(Size),
}

/// For each axis of an array a place that runs with several indices: `start + Σ step · index`, all counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// For each axis the place where all indices are 0.
    pub start: Vec<Size>,
    /// For each axis, by how many places each index moves there.
    pub steps: Vec<Vec<Size>>,
    /// True if every place is known to lie inside; if not, one outside is the nearest inside.
    pub inside: bool,
}

impl Operation {
    /// The same operation with these sizes in place of its own.
    pub fn with_sizes(&self, here: &dyn Fn(&Size) -> Size) -> Self {
        let places = |places: &Places| Places {
            start: places.start.iter().map(here).collect(),
            steps: places.steps.iter().map(|row| row.iter().map(here).collect()).collect(),
            inside: places.inside,
        };
        let attribute = |number: &AttributeNumber| match number {
            AttributeNumber::Size(size) => AttributeNumber::Size(here(size)),
            AttributeNumber::Number(number) => AttributeNumber::Number(*number),
        };
        match self {
            Self::Size(size) => Self::Size(here(size)),
            Self::Select(axis, at) => Self::Select(*axis, here(at)),
            Self::Slice(axis, from, to) => Self::Slice(*axis, here(from), here(to)),
            Self::Unfold(own) => Self::Unfold(places(own)),
            Self::Fold(own) => Self::Fold(places(own)),
            Self::Engine(name, attributes) => {
                let list = attributes.iter();
                let list = list.map(|(field, numbers)| (field.clone(), numbers.iter().map(attribute).collect()));
                Self::Engine(name.clone(), list.collect())
            }
            other => other.clone(),
        }
    }

    /// The name of the op in the registry, or of the operation if it is not one op.
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
            Self::Unfold(_) => "unfold",
            Self::Fold(_) => "fold",
            Self::Concat(_) => "concat",
            Self::Embedding => "embedding",
            Self::Pick => "pick",
            Self::Relabel => "rename",
            Self::Gradient(_) => "grad",
            Self::Row(..) | Self::Rows(..) => "row",
            Self::Engine(name, _) => name,
        }
    }
}
