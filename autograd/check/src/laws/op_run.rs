//! One op run outside of any driver, and how its results are compared.

use ndarray::ArrayD;
use smallvec::SmallVec;

use crate::{Draw, Sample};
use tapegrad_core::numbers::Real;
use tapegrad_core::op::{InGradients, Inputs, OperandKind, Saved};
use tapegrad_core::ops::AnyOp;
use tapegrad_core::shape::Shape;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;

/// Dual numbers and hand-written gradients differ by rounding only: a few hundred operations of 1e-16 each.
pub(super) const EXACT: f64 = 1e-10;

/// A forward pass of one op outside of any driver.
pub(super) struct OpRun<T> {
    pub(super) x: Vec<Vec<T>>,
    pub(super) shapes: Vec<Shape>,
    pub(super) y: Vec<T>,
    pub(super) y_shape: Shape,
    pub(super) notes: Vec<T>,
}

impl<T: Real> OpRun<T> {
    pub(super) fn new(op: &AnyOp, shapes: Vec<Shape>, x: Vec<Vec<T>>, fill: T) -> Self {
        let y_shape = op
            .shape(&shapes)
            .unwrap_or_else(|error| panic!("a sample must fit its op: {op:?}: {error}"));
        let values: Vec<&[T]> = x.iter().map(Vec::as_slice).collect();
        let inputs = Inputs::new(&values, &shapes);
        op.admits(inputs)
            .unwrap_or_else(|error| panic!("a sample must be admitted by its op: {op:?}: {error}"));
        let mut y = vec![fill; y_shape.len()];
        let mut notes = vec![fill; op.notes(&shapes)];
        op.forward(inputs, &mut y, &mut notes);
        Self {
            x,
            shapes,
            y,
            y_shape,
            notes,
        }
    }

    pub(super) fn of(sample: &Sample<AnyOp>) -> Self {
        let x = sample
            .operands
            .iter()
            .map(|x| x.iter().map(|&x| T::from_f64(x)).collect())
            .collect();
        Self::new(&sample.op, shapes(&sample.operands), x, T::ZERO)
    }

    /// The gradients of the operands that are `wanted`, each slot filled with `fill` beforehand.
    pub(super) fn backward(
        &self,
        op: &AnyOp,
        g_y: &[T],
        wanted: impl Fn(usize) -> bool,
        fill: T,
    ) -> Vec<Option<Vec<T>>> {
        let mut g_x: Vec<Option<Vec<T>>> = (0..self.x.len())
            .map(|i| (is_real(op, i) && wanted(i)).then(|| vec![fill; self.x[i].len()]))
            .collect();
        let values: Vec<&[T]> = self.x.iter().map(Vec::as_slice).collect();
        let at = Saved {
            x: Inputs::new(&values, &self.shapes),
            y: &self.y,
            y_shape: self.y_shape,
            notes: &self.notes,
        };
        op.backward(at, g_y, &mut InGradients::new(g_x.iter_mut().map(|g| g.as_deref_mut())));
        g_x
    }
}

/// True if the op accepts these values.
pub(super) fn is_admitted(sample: &Sample<AnyOp>) -> bool {
    let values: Vec<Vec<f64>> = sample.operands.iter().map(|x| x.iter().copied().collect()).collect();
    let slices: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
    sample
        .op
        .admits(Inputs::new(&slices, &shapes(&sample.operands)))
        .is_ok()
}

pub(super) fn on_tape<'t>(tape: &'t Tape<'_, f64>, sample: &Sample<AnyOp>) -> Vec<Var<'t>> {
    let put = |(position, x): (usize, &ArrayD<f64>)| {
        let name = sample.op.operand(position).name;
        if is_real(&sample.op, position) {
            tape.input(name, x.view())
        } else {
            tape.data(name, x.view())
        }
    };
    sample.operands.iter().enumerate().map(put).collect()
}

pub(super) fn shapes(operands: &[ArrayD<f64>]) -> Vec<Shape> {
    operands.iter().map(|x| Shape::new(x.shape())).collect()
}

pub(super) fn is_real(op: &AnyOp, position: usize) -> bool {
    op.operand(position).kind == OperandKind::Real
}

pub(super) fn upstream<T: Real>(run: &OpRun<T>, draw: &mut Draw) -> Vec<T> {
    draw.upstream(run.y_shape).iter().map(|&g| T::from_f64(g)).collect()
}

pub(super) fn magnitude(numbers: impl Iterator<Item = f64>) -> f64 {
    1.0 + numbers.filter(|x| x.is_finite()).map(f64::abs).sum::<f64>()
}

/// True also if one of them is NaN.
pub(super) fn differ(a: f64, b: f64, tolerance: f64) -> bool {
    !(a == b || (a - b).abs() <= tolerance)
}

pub(super) fn close(
    sample: &Sample<AnyOp>,
    operand: usize,
    entry: usize,
    analytic: f64,
    reference: f64,
    tolerance: f64,
) -> Result<(), String> {
    if !differ(analytic, reference, tolerance) {
        return Ok(());
    }
    let name = sample.op.operand(operand).name;
    let place = if entry == usize::MAX {
        "along a direction".to_string()
    } else {
        format!("at entry {entry}")
    };
    Err(format!("g_{name} {place} is {analytic}, the witness says {reference}"))
}

pub(super) fn same_bits(sample: &Sample<AnyOp>, a: &[Option<Vec<f64>>], b: &[Option<Vec<f64>>]) -> Result<(), String> {
    for (operand, (a, b)) in a.iter().zip(b).enumerate() {
        let pairs: SmallVec<[(f64, f64); 8]> = a.iter().flatten().copied().zip(b.iter().flatten().copied()).collect();
        if let Some(i) = pairs.iter().position(|(a, b)| a.to_bits() != b.to_bits()) {
            let name = sample.op.operand(operand).name;
            return Err(format!("g_{name}[{i}] changes from {} to {}", pairs[i].0, pairs[i].1));
        }
    }
    Ok(())
}
