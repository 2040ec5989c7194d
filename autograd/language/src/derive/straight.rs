//! A program without layers: one line for each value, in order.
//!
//! Its loops are unrolled, for which the sizes that they run to must be numbers, or kept; all other sizes stay names.

use crate::meaning::program::{DeclaredInput, Dim, Operation, Requirement};
use crate::meaning::types::Type;
use crate::syntax::ast::{Direction, Initializer};

pub use super::roll::{Round, Rounds};
pub use super::unroll::straighten;

/// One value.
#[derive(Clone, Debug)]
pub struct Line {
    /// How it is computed.
    pub op: Operation,
    /// From which lines.
    pub args: Vec<usize>,
    /// Axes and kind.
    pub ty: Type,
    /// Its name; a value without one is part of a larger expression.
    pub name: Option<String>,
}

/// A parameter of a straight program.
#[derive(Clone, Debug)]
pub struct StraightParam {
    /// The name as an identifier.
    pub name: String,
    /// The axes.
    pub ty: Type,
    /// How it begins.
    pub init: Option<Initializer>,
}

/// A program as a list of lines.
#[derive(Clone, Debug, Default)]
pub struct Straight {
    /// The name of the graph.
    pub name: String,
    /// The named sizes.
    pub dims: Vec<Dim>,
    /// What is required of them.
    pub requirements: Vec<Requirement>,
    /// What is given.
    pub inputs: Vec<DeclaredInput>,
    /// The parameters.
    pub params: Vec<StraightParam>,
    /// The values in order.
    pub lines: Vec<Line>,
    /// The objective.
    pub objective: Option<(Direction, usize)>,
    /// Named results.
    pub outputs: Vec<(String, usize)>,
    /// Loops that are kept, and what goes from one round to another; empty for an unrolled program.
    pub rounds: Rounds,
}
