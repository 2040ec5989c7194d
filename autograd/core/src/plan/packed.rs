//! Steps that read packed parameters.

use smallvec::SmallVec;

use super::step::{At, ForwardStep};
use crate::kernels::PackedMatrix;
use crate::numbers::Real;
use crate::op::{Inputs, ValueError};
use crate::ops::AnyOp;
use crate::params::Weights;

/// With more rows the weights are unpacked once for all of them, and the product is that of matrices.
const ROWS_FEW: usize = 4;

/// For each operand its packed form; `None` if no operand has one.
pub(super) fn operands<'a, T>(
    x: &[At],
    params: &'a impl Weights<T>,
) -> Option<SmallVec<[Option<&'a PackedMatrix>; 4]>> {
    let packed = |at: &At| match at {
        At::Param { begin, .. } => params.packed(*begin),
        _ => None,
    };
    x.iter()
        .any(|at| packed(at).is_some())
        .then(|| x.iter().map(packed).collect())
}

/// What the op gives where some operands are packed.
///
/// A linear layer over few rows and an embedding read the bits; for every other op the operands are unpacked.
pub(super) fn compute<T: Real>(
    step: &ForwardStep,
    x: &[&[T]],
    packed: &[Option<&PackedMatrix>],
    results: (&mut [T], &mut [T]),
) -> Result<(), ValueError> {
    let inputs = Inputs::new(x, &step.shapes);
    match (&step.op, packed) {
        (AnyOp::Linear(_), [None, Some(w), ..]) => {
            let [rows, cols] = w.sizes();
            if x[0].len() <= ROWS_FEW * cols {
                for (x_row, y) in x[0].chunks(cols.max(1)).zip(results.0.chunks_mut(rows.max(1))) {
                    T::packed_linear(x_row, w, x.get(2).copied(), y);
                }
                return Ok(());
            }
        }
        (AnyOp::Embedding(_), [Some(table), None]) => {
            step.op.admits(inputs)?;
            let [_, cols] = table.sizes();
            for (id, y) in x[1].iter().zip(results.0.chunks_mut(cols.max(1))) {
                table.unpack_row(id.to_f64() as usize, y);
            }
            return Ok(());
        }
        _ => {}
    }
    let unpacked: SmallVec<[Vec<T>; 4]> = packed
        .iter()
        .map(|packed| packed.map_or(Vec::new(), PackedMatrix::unpack))
        .collect();
    let all: SmallVec<[&[T]; 8]> = (0..x.len())
        .map(|position| match packed[position] {
            None => x[position],
            Some(_) => unpacked[position].as_slice(),
        })
        .collect();
    step.compute(Inputs::new(&all, &step.shapes), results)
}
