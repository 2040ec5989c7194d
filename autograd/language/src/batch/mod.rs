//! A batch axis for any program: the same program for B examples at once.
//!
//! Inputs that differ from example to example get a leading axis, and so does everything that is computed from them;
//! parameters, and what depends on them alone, stay as they are. The objective is the mean over the examples, or the
//! sum. What comes out is an ordinary program: it runs, is derived, counted and drawn, and can be printed.
//!
//! `spread` says which values get the axis, `operations` what becomes of each operation.

mod operations;
mod spread;

use crate::diagnostic::Diagnostic;
use crate::meaning::program::{Dim, Instruction, Operation, Program, Value, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::run::RunError;
use crate::span::Span;
use spread::Spread;

/// How a program becomes one for many examples.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The name of the new size.
    pub size: String,
    /// The inputs that differ from example to example; all inputs if `None`.
    pub inputs: Option<Vec<String>>,
    /// What becomes of the objectives of the examples.
    pub objective: Combined,
}

/// How the objectives of the examples are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combined {
    /// Their mean, so that the gradients do not grow with the batch.
    Mean,
    /// Their sum.
    Sum,
}

/// The program for a batch of examples.
///
/// **Errors** if the name of the size is taken, if there is no such input, or for an op of the engine that takes no
/// further axis.
pub fn batched(program: &Program, how: &Batch) -> Result<Program, RunError> {
    let inputs = chosen(program, how)?;
    let index = |one: &Instruction| matches!(one, Instruction::Loop { index, .. } if **index == *how.size);
    let is_taken = program.dims.iter().any(|dim| *dim.name == *how.size)
        || program.names.iter().any(|(name, _)| *name == how.size)
        || Instruction::all(&program.instructions).any(index);
    if is_taken {
        let message = format!(
            "`{}` has a meaning in this program; choose another name for the size",
            how.size
        );
        return Err(RunError::data("batch", message));
    }
    let axis = Axis::new(&how.size, Size::symbol(how.size.as_str()), Span::default());
    let mut writer = Writer {
        from: program,
        spread: Spread::of(program, &inputs),
        to: Program {
            instructions: Vec::new(),
            ..program.clone()
        },
        written: Vec::new(),
        axis,
    };
    writer.declare(how, &inputs);
    writer.body(&program.instructions).map_err(RunError::Program)?;
    writer.results(how.objective);
    let mut done = writer.to;
    done.instructions = writer.written;
    Ok(done)
}

/// For each input whether it differs from example to example.
fn chosen(program: &Program, how: &Batch) -> Result<Vec<bool>, RunError> {
    let names: Vec<&str> = program.inputs.iter().map(|input| input.name.as_str()).collect();
    let Some(wanted) = &how.inputs else {
        return match names.is_empty() {
            false => Ok(vec![true; names.len()]),
            true => Err(RunError::data(
                "batch",
                "the program has no input, so all examples would be the same",
            )),
        };
    };
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(&name.as_str())) {
        let message = format!(
            "the program has no input `{unknown}`; its inputs are: {}",
            names.join(", ")
        );
        return Err(RunError::data("batched", message));
    }
    Ok(names.iter().map(|name| wanted.iter().any(|own| own == name)).collect())
}

struct Writer<'p> {
    from: &'p Program,
    spread: Spread,
    to: Program,
    /// The instructions of the block that is being written.
    written: Vec<Instruction>,
    /// The axis of the examples.
    axis: Axis,
}

impl Writer<'_> {
    /// Sizes, inputs, and the axes of values and rows.
    fn declare(&mut self, how: &Batch, inputs: &[bool]) {
        let (name, span) = (how.size.as_str().into(), Span::default());
        self.to.dims.insert(
            0,
            Dim {
                name,
                value: None,
                span,
            },
        );
        let axis = self.axis.clone();
        let lengthen = |ty: &mut Type| ty.axes.insert(0, axis.clone());
        for (input, _) in self.to.inputs.iter_mut().zip(inputs).filter(|(_, chosen)| **chosen) {
            lengthen(&mut input.ty);
        }
        for (value, _) in self
            .to
            .values
            .iter_mut()
            .zip(&self.spread.values)
            .filter(|(_, differs)| **differs)
        {
            lengthen(&mut value.ty);
        }
        for (row, _) in self
            .to
            .families
            .iter_mut()
            .zip(&self.spread.rows)
            .filter(|(_, differs)| **differs)
        {
            lengthen(&mut row.ty);
        }
    }

    fn body(&mut self, instructions: &[Instruction]) -> Result<(), Box<Diagnostic>> {
        instructions.iter().try_for_each(|one| self.instruction(one))
    }

    fn block(&mut self, instructions: &[Instruction]) -> Result<Vec<Instruction>, Box<Diagnostic>> {
        let outer = std::mem::take(&mut self.written);
        let done = self.body(instructions);
        let block = std::mem::replace(&mut self.written, outer);
        done.map(|()| block)
    }

    fn instruction(&mut self, instruction: &Instruction) -> Result<(), Box<Diagnostic>> {
        let written = match instruction {
            Instruction::Compute { out, op, args } if self.spread.values[*out] => return self.compute(*out, op, args),
            Instruction::Store { family, at, value } if self.spread.rows[*family] => {
                let value = self.widened(*value);
                Instruction::Store {
                    family: *family,
                    at: at.clone(),
                    value,
                }
            }
            Instruction::Collect { out, family } if self.spread.rows[*family] => {
                self.collect(*out, *family);
                return Ok(());
            }
            Instruction::Loop { body, .. } | Instruction::Scope { body, .. } => {
                let body = self.block(body)?;
                instruction.around(body)
            }
            Instruction::Choice {
                out,
                condition,
                yes,
                no,
            } => Instruction::Choice {
                out: *out,
                condition: condition.clone(),
                yes: self.branch(*out, yes)?,
                no: self.branch(*out, no)?,
            },
            other => other.clone(),
        };
        self.written.push(written);
        Ok(())
    }

    /// One way of a choice; both ways give values of the same axes.
    fn branch(
        &mut self,
        out: ValueId,
        (body, value): &(Vec<Instruction>, ValueId),
    ) -> Result<(Vec<Instruction>, ValueId), Box<Diagnostic>> {
        let outer = std::mem::take(&mut self.written);
        let done = self.body(body);
        let value = match self.spread.values[out] {
            true => self.widened(*value),
            false => *value,
        };
        let block = std::mem::replace(&mut self.written, outer);
        done.map(|()| (block, value))
    }

    /// A whole row has its positions first; the axis of the examples is put before them.
    fn collect(&mut self, out: ValueId, family: usize) {
        let positions = self.from.families[family].ranges.len();
        let mut axes = self.from.values[out].ty.axes.clone();
        axes.insert(positions, self.axis.clone());
        let (kind, span) = (self.from.values[out].ty.kind.clone(), self.from.values[out].span);
        let order = std::iter::once(positions)
            .chain(0..positions)
            .chain(positions + 1..axes.len())
            .collect();
        let whole = self.new_value(Type { axes, kind }, span);
        self.written.push(Instruction::Collect { out: whole, family });
        self.written.push(Instruction::Compute {
            out,
            op: Operation::Permute(order),
            args: vec![whole],
        });
    }

    /// The objective over all examples, and outputs that all have the axis of the examples.
    fn results(&mut self, combined: Combined) {
        for i in 0..self.to.outputs.len() {
            self.to.outputs[i].1 = self.widened(self.from.outputs[i].1);
        }
        let Some((direction, objective)) = self.from.objective else {
            return;
        };
        let span = self.from.values[objective].span;
        let ty = self.from.values[objective].ty.clone();
        let (op, args) = match (self.spread.values[objective], combined) {
            (true, Combined::Mean) => (Operation::Reduce("mean", vec![0]), vec![objective]),
            (true, Combined::Sum) => (Operation::Reduce("sum", vec![0]), vec![objective]),
            (false, Combined::Mean) => return,
            (false, Combined::Sum) => {
                let count = Type {
                    axes: Vec::new(),
                    kind: Kind::Data,
                };
                let count = self.emit(Operation::Size(self.axis.size.clone()), Vec::new(), count, span);
                (Operation::Binary("mul"), vec![objective, count])
            }
        };
        let whole = self.emit(op, args, ty, span);
        self.to.objective = Some((direction, whole));
    }

    fn new_value(&mut self, ty: Type, span: Span) -> ValueId {
        self.to.values.push(Value { name: None, ty, span });
        self.to.values.len() - 1
    }

    fn emit(&mut self, op: Operation, args: Vec<ValueId>, ty: Type, span: Span) -> ValueId {
        let out = self.new_value(ty, span);
        self.written.push(Instruction::Compute { out, op, args });
        out
    }

    /// A value of the program with the axis of the examples, repeated along it if it is the same for all.
    fn widened(&mut self, value: ValueId) -> ValueId {
        if self.spread.values[value] {
            return value;
        }
        let Value { ty, span, .. } = self.from.values[value].clone();
        let axes = std::iter::once(self.axis.clone()).chain(ty.axes).collect();
        self.emit(Operation::Broadcast, vec![value], Type { axes, kind: ty.kind }, span)
    }
}
