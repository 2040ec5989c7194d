//! A program without layers: one line for each value, in order.
//!
//! Loops are kept, or unrolled, which needs numbers for the sizes that they run to; all other sizes stay names.

use std::collections::{BTreeMap, BTreeSet};

use crate::meaning::positive::Positive;
use crate::meaning::program::{DeclaredInput, Dim, Operation, Program, Requirement};
use crate::meaning::size::Symbol;
use crate::meaning::types::Type;
use crate::syntax::ast::{Direction, Initializer};

pub use super::names::Names;
pub use super::roll::{Round, Rounds};
pub use super::unroll::straighten;

/// One value.
#[derive(Clone, Debug)]
pub struct Line {
    /// The operation.
    pub op: Operation,
    /// The lines of its operands.
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
    /// How its first values are chosen.
    pub init: Option<Initializer>,
}

/// A program as a list of lines.
#[derive(Clone, Debug, Default)]
pub struct Straight {
    /// The name of the graph.
    pub name: String,
    /// The named sizes.
    pub dims: Vec<Dim>,
    /// The requirements between sizes.
    pub requirements: Vec<Requirement>,
    /// The inputs.
    pub inputs: Vec<DeclaredInput>,
    /// The parameters.
    pub params: Vec<StraightParam>,
    /// The values in order.
    pub lines: Vec<Line>,
    /// The objective.
    pub objective: Option<(Direction, usize)>,
    /// Named results.
    pub outputs: Vec<(String, usize)>,
    /// The identifiers in use.
    pub names: Names,
    /// Kept loops, and the rows through which values pass from round to round; empty for an unrolled program.
    pub rounds: Rounds,
    /// The sizes that unroll the program.
    pub sizes_of_rounds: Vec<Symbol>,
    /// In an unrolled program, values of loops: the name in the program, and the positions.
    pub elements: BTreeMap<usize, (String, Vec<i64>)>,
    /// In an unrolled program, the names of rows, also of those whose every value has another name.
    pub rows: BTreeSet<String>,
    /// In an unrolled program, the lines that collect all values of a loop.
    pub collected: BTreeSet<usize>,
}

impl Straight {
    /// A program without lines, with the declarations of another.
    pub(super) fn of(program: &Program) -> Self {
        Self {
            name: program.name.clone(),
            dims: program.dims.clone(),
            requirements: program.requirements.clone(),
            inputs: program.inputs.clone(),
            names: Names::of(program),
            sizes_of_rounds: super::rounds_written_out::sizes_of_rounds(program),
            ..Self::default()
        }
    }

    /// What its declarations say about sizes.
    pub(super) fn known_sizes(&self) -> Positive {
        Positive::of(&self.dims, &self.requirements)
    }
}
