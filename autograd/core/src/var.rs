//! Variables: small `Copy` handles to recorded nodes, with which formulas are written as in the lecture.

use std::fmt;
use std::panic::Location;

use smallvec::SmallVec;

use crate::graph::{NodeId, Source};
use crate::ops::AnyOp;
use crate::record::Record;
use crate::shape::{Axes, Shape};

/// A variable of a formula: which record it stands on, and which node it is.
///
/// It is `Copy`, so formulas need neither `&` nor `clone`:
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::sigmoid, Tape};
/// let tape = Tape::<f64>::new();
/// let w = tape.input("w", array![0.5, -0.4]);
/// let z = tape.input("z", array![1.0, 2.0]);
/// let y = sigmoid((w * z).sum() + 0.3);
/// assert_eq!(tape.value(y).first(), Some(&0.5));
/// ```
#[derive(Clone, Copy)]
pub struct Var<'t> {
    on: &'t dyn Record,
    id: NodeId,
}

impl<'t> Var<'t> {
    /// The handle of a node.
    pub fn new(on: &'t dyn Record, id: NodeId) -> Self {
        Self { on, id }
    }

    /// The record this variable stands on.
    pub fn on(self) -> &'t dyn Record {
        self.on
    }

    /// The position of the node in its graph.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The shape of the value.
    pub fn shape(self) -> Shape {
        self.on.graph().shape(self.id)
    }

    /// The axis at `position`, which may count from the end: -1 is the last.
    ///
    /// **Panics** if there is no such axis.
    #[track_caller]
    pub fn axis(self, position: isize) -> usize {
        let shape = self.shape();
        let axis = if position < 0 {
            position + shape.rank() as isize
        } else {
            position
        };
        assert!(
            (0..shape.rank() as isize).contains(&axis),
            "there is no axis {position} in {shape}: it has {} axes",
            shape.rank()
        );
        axis as usize
    }

    /// The set of the axes at these positions, which may count from the end.
    #[track_caller]
    pub fn axes(self, positions: &[isize]) -> Axes {
        let mut axes = Vec::with_capacity(positions.len());
        for &position in positions {
            axes.push(self.axis(position));
        }
        Axes::of(&axes)
    }

    /// The same variable, with a name for tables and messages.
    pub fn named(self, name: &str) -> Self {
        self.on.set_name(self.id, name);
        self
    }

    /// Records an op on these operands.
    ///
    /// **Panics** at the caller's line if the operands stand on different records or do not fit the op; the message
    /// has the op, its formula, the operands' names and their shapes.
    #[track_caller]
    pub fn record(op: impl Into<AnyOp>, operands: &[Self]) -> Self {
        let op = op.into();
        let first = operands.first().expect("an op is recorded on at least one operand");
        let mut ids: SmallVec<[NodeId; 4]> = SmallVec::new();
        for operand in operands {
            assert!(first.is_beside(*operand), "{}", another_record(&op));
            ids.push(operand.id);
        }
        first.record_here(op, &ids)
    }

    /// Records an op on operands of this variable's record, which may be none.
    #[track_caller]
    pub fn record_here(self, op: impl Into<AnyOp>, operands: &[NodeId]) -> Self {
        let op = op.into();
        match self.on.push(&op, operands, Location::caller()) {
            Ok(id) => Self { on: self.on, id },
            Err(error) => panic!("{}", misfit(&op, operands, self.on, &error.to_string())),
        }
    }

    /// A literal constant on the same record.
    #[track_caller]
    pub fn constant(self, value: f64) -> Self {
        self.on.constant(value)
    }

    /// True if both variables stand on the same record.
    fn is_beside(self, other: Self) -> bool {
        std::ptr::addr_eq(self.on, other.on)
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = self.on.graph();
        write!(f, "{}: {}", graph.label(self.id), graph.shape(self.id))
    }
}

fn another_record(op: &AnyOp) -> String {
    format!(
        "{}: {}: the operands stand on different tapes; a variable can be used only with variables of its own tape. \
         Put the value on this tape with `tape.input(name, value)`",
        op.name(),
        op.forward_formula()
    )
}

/// `matmul: y = alpha @ x: what is wrong; alpha is [4, 3], x is [5]`.
fn misfit(op: &AnyOp, operands: &[NodeId], on: &dyn Record, why: &str) -> String {
    let graph = on.graph();
    let operands: Vec<String> = operands
        .iter()
        .enumerate()
        .map(|(position, &id)| {
            let letter = op.operand(position).name;
            let given = match graph.node(id).source {
                Source::Param(_) | Source::Input | Source::Data | Source::Op(_) => graph.name(id),
                Source::Constant(_) | Source::Module(_) => None,
            };
            let alias = given
                .filter(|&name| name != letter)
                .map_or(String::new(), |name| format!(" (`{name}`)"));
            format!("{letter}{alias} is {}", graph.shape(id))
        })
        .collect();
    format!(
        "{}: {}: {why}; {}",
        op.name(),
        op.forward_formula(),
        operands.join(", ")
    )
}
