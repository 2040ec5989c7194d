//! Building lines one by one, simplified: `1 * x` and `x / 1` are `x`, and two minus signs cancel.

use super::straight::Line;
use crate::meaning::positive::Positive;
use crate::meaning::program::{AttributeNumber, Operation};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};

/// The lines so far.
#[derive(Debug)]
pub(super) struct Builder {
    pub lines: Vec<Line>,
    known: Positive,
}

impl Builder {
    /// Goes on after these lines, with what is known about sizes.
    pub fn new(lines: Vec<Line>, known: Positive) -> Self {
        Self { lines, known }
    }

    /// A size without the names of sizes that are equal to others.
    pub fn normal(&self, size: &Size) -> Size {
        self.known.normal(size)
    }

    /// True if a size is at least this number, by what the program says about its sizes.
    pub fn is_at_least(&self, size: &Size, least: i64) -> bool {
        self.known.is_at_least(size, least)
    }

    pub fn push(&mut self, op: Operation, args: Vec<usize>, ty: Type) -> usize {
        self.lines.push(Line {
            op,
            args,
            ty,
            name: None,
        });
        self.lines.len() - 1
    }

    pub fn ty(&self, line: usize) -> &Type {
        &self.lines[line].ty
    }

    pub fn is_leaf(&self, line: usize) -> bool {
        matches!(self.lines[line].op, Operation::Input(_) | Operation::Param(..))
    }

    pub fn number(&mut self, value: f64) -> usize {
        let ty = Type {
            axes: Vec::new(),
            kind: Kind::Data,
        };
        self.push(Operation::Number(value), Vec::new(), ty)
    }

    pub fn size(&mut self, size: Size) -> usize {
        let ty = Type {
            axes: Vec::new(),
            kind: Kind::Data,
        };
        self.push(Operation::Size(size), Vec::new(), ty)
    }

    fn is_number(&self, line: usize, value: f64) -> bool {
        self.lines[line].op == Operation::Number(value)
    }

    /// True for the number 1, and for an array of ones.
    fn is_ones(&self, line: usize) -> bool {
        let own = &self.lines[line];
        self.is_number(line, 1.0)
            || (matches!(own.op, Operation::Broadcast | Operation::Reshape) && self.is_ones(own.args[0]))
    }

    /// The axes of the longer of two operands that line up at their ends; 1 gives way.
    fn joined(&self, a: usize, b: usize) -> Type {
        let (a, b) = (self.ty(a), self.ty(b));
        let (long, short) = if a.rank() >= b.rank() { (a, b) } else { (b, a) };
        let offset = long.rank() - short.rank();
        let one = Size::number(1);
        let axis = |(i, axis): (usize, &Axis)| match i.checked_sub(offset) {
            Some(own) if axis.size == one => short.axes[own].clone(),
            _ => axis.clone(),
        };
        let axes = long.axes.iter().enumerate().map(axis).collect();
        let real = a.kind == Kind::Real || b.kind == Kind::Real;
        Type {
            axes,
            kind: if real { Kind::Real } else { Kind::Data },
        }
    }

    pub fn binary(&mut self, name: &'static str, a: usize, b: usize) -> usize {
        let ty = self.joined(a, b);
        match name {
            "mul" if self.is_ones(a) && ty.axes == self.ty(b).axes => return b,
            "mul" if self.is_ones(b) && ty.axes == self.ty(a).axes => return a,
            "div" if self.is_number(b, 1.0) => return a,
            _ => {}
        }
        self.push(Operation::Binary(name), vec![a, b], ty)
    }

    pub fn mul(&mut self, a: usize, b: usize) -> usize {
        self.binary("mul", a, b)
    }

    /// The negated value; for a quotient by `a - b` this is the quotient by `b - a`.
    pub fn neg(&mut self, a: usize) -> usize {
        let line = self.lines[a].clone();
        let free = line.name.is_none();
        match (&line.op, line.args.as_slice()) {
            (Operation::Unary("neg"), &[inner]) if free => return inner,
            (Operation::Number(value), _) => return self.number(-value),
            (Operation::Binary("div"), &[over, under]) if free => {
                let below = self.lines[under].clone();
                if below.op == Operation::Binary("sub") && below.name.is_none() {
                    let turned = self.push(Operation::Binary("sub"), vec![below.args[1], below.args[0]], below.ty);
                    return self.push(Operation::Binary("div"), vec![over, turned], line.ty);
                }
            }
            _ => {}
        }
        let ty = self.ty(a).clone();
        self.push(Operation::Unary("neg"), vec![a], ty)
    }

    pub fn unary(&mut self, name: &'static str, a: usize) -> usize {
        let ty = self.ty(a).clone();
        self.push(Operation::Unary(name), vec![a], ty)
    }

    /// The sum of contributions of one type.
    pub fn sum(&mut self, parts: Vec<usize>) -> usize {
        let mut parts = parts.into_iter();
        let first = parts.next().expect("a value that is asked for has a contribution");
        parts.fold(first, |sum, part| match self.lines[part].clone() {
            Line {
                op: Operation::Unary("neg"),
                args,
                name: None,
                ..
            } => self.binary("sub", sum, args[0]),
            _ => self.binary("add", sum, part),
        })
    }

    pub fn reduce(&mut self, name: &'static str, a: usize, axes: Vec<usize>) -> usize {
        if axes.is_empty() {
            return a;
        }
        let ty = self.ty(a);
        let kept = (0..ty.rank())
            .filter(|axis| !axes.contains(axis))
            .map(|axis| ty.axes[axis].clone());
        let ty = Type {
            axes: kept.collect(),
            kind: ty.kind.clone(),
        };
        self.push(Operation::Reduce(name, axes), vec![a], ty)
    }

    pub fn reshape(&mut self, a: usize, axes: Vec<Axis>) -> usize {
        let ty = Type {
            axes,
            kind: self.ty(a).kind.clone(),
        };
        if *self.ty(a) == ty {
            a
        } else {
            self.push(Operation::Reshape, vec![a], ty)
        }
    }

    pub fn relabel(&mut self, a: usize, axes: Vec<Axis>) -> usize {
        let ty = Type {
            axes,
            kind: self.ty(a).kind.clone(),
        };
        if *self.ty(a) == ty {
            a
        } else {
            self.push(Operation::Relabel, vec![a], ty)
        }
    }

    pub fn permute(&mut self, a: usize, order: &[usize]) -> usize {
        if order.iter().copied().eq(0..order.len()) {
            return a;
        }
        let ty = self.ty(a);
        let ty = Type {
            axes: order.iter().map(|&axis| ty.axes[axis].clone()).collect(),
            kind: ty.kind.clone(),
        };
        self.push(Operation::Permute(order.to_vec()), vec![a], ty)
    }

    /// `a` with axes of size 1 at the places that are missing among `axes`; `places` says where its own axes are.
    pub fn expand(&mut self, a: usize, places: &[usize], axes: &[Axis]) -> usize {
        let own = self.ty(a).axes.clone();
        let Some(&first) = places.first() else { return a };
        let expanded = (first..axes.len()).map(|place| match places.iter().position(|&own| own == place) {
            Some(i) => own[i].clone(),
            None => Axis {
                size: Size::number(1),
                ..axes[place].clone()
            },
        });
        let expanded = expanded.collect();
        self.reshape(a, expanded)
    }

    /// `a` repeated along the axes that it lacks; `places` says where its own axes are.
    pub fn repeat(&mut self, a: usize, places: &[usize], axes: &[Axis]) -> usize {
        let expanded = self.expand(a, places, axes);
        let ty = Type {
            axes: axes.to_vec(),
            kind: self.ty(a).kind.clone(),
        };
        if *self.ty(expanded) == ty {
            return expanded;
        }
        self.push(Operation::Broadcast, vec![expanded], ty)
    }

    /// A product of matrices or vectors, with these result axes.
    pub fn matmul(&mut self, a: usize, b: usize, axes: Vec<Axis>) -> usize {
        let ty = self.joined_kind(a, b, axes);
        self.push(Operation::Matmul, vec![a, b], ty)
    }

    /// The axes with the kind of what is computed from two values.
    pub fn joined_kind(&self, a: usize, b: usize, axes: Vec<Axis>) -> Type {
        let real = [a, b].iter().any(|&line| self.ty(line).kind == Kind::Real);
        Type {
            axes,
            kind: if real { Kind::Real } else { Kind::Data },
        }
    }

    /// `yes` where the mask is not 0, else `no`; all line up at their ends.
    pub fn choose(&mut self, mask: usize, yes: usize, no: usize) -> usize {
        let axes = self.joined(yes, no);
        let like = self.push(Operation::Number(0.0), Vec::new(), axes);
        let ty = Type {
            kind: self.ty(like).kind.clone(),
            axes: self.joined(mask, like).axes,
        };
        self.lines.pop();
        self.push(Operation::Where, vec![mask, yes, no], ty)
    }

    pub fn slice(&mut self, a: usize, axis: usize, from: Size, to: Size) -> usize {
        let mut ty = self.ty(a).clone();
        ty.axes[axis].size = to.minus(&from).plus(&Size::number(1));
        self.push(Operation::Slice(axis, from, to), vec![a], ty)
    }

    /// Zeros with these axes.
    pub fn zeros(&mut self, axes: Vec<Axis>) -> usize {
        let zero = self.number(0.0);
        self.repeat(zero, &[], &axes)
    }

    pub fn stack_axis(attributes: &[(String, Vec<AttributeNumber>)]) -> Option<usize> {
        attributes
            .iter()
            .find(|(name, _)| name == "axis")
            .and_then(|(_, numbers)| match numbers.as_slice() {
                [AttributeNumber::Number(axis)] => Some(*axis as usize),
                _ => None,
            })
    }
}
