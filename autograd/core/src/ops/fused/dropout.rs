//! Dropout with a given mask: some entries become 0, the others grow so that the expectation stays.
//!
//! `y = x · mask / keep` with a mask of zeros and ones. For a mask that is 1 with probability `keep`, the expectation
//! of `y` is `x`. An entry that was kept has slope `1 / keep`, one that was dropped has slope 0.
//! The mask is an operand, not drawn here: so the op is a function, its gradient can be checked, and a run can be
//! repeated. **Shapes**: `x, mask: [..]`, equal → `y: [..]`. Cost: 1 operation an entry in each direction.
//! Source: Srivastava et al., "Dropout" (2014), in the inverted form, which leaves evaluation alone.

use super::Fused;
use crate::op::prelude::*;
use crate::ops::where_;

/// `x / keep` where the mask says yes, 0 where it says no; the mask is drawn with the probability `keep` of a yes.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::dropout, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.input("x", array![1.0, 2.0, 3.0]);
/// let mask = tape.data("mask", array![1.0, 0.0, 1.0]);
/// assert_eq!(tape.value(dropout(x, mask, 0.5)), array![2.0, 0.0, 6.0].into_dyn());
/// ```
///
/// **Panics** if the shapes differ, or `keep` is not above 0 and at most 1.
#[track_caller]
pub fn dropout<'t>(x: Var<'t>, mask: Var<'t>, keep: f64) -> Var<'t> {
    Var::record(Dropout { keep }, &[x, mask])
}

/// The op of [`dropout`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// The probability with which the mask keeps an entry.
    pub keep: f64,
}

impl Op for Dropout {
    const NAME: &'static str = "dropout";
    const MEANING: &'static str =
        "Dropout with a given mask: some entries become 0, the others grow so that the expectation stays.";
    const SHAPES: &'static str = "[..], [..] -> [..]";
    const FORWARD: Equations = &[("y", "x * mask / keep")];
    const BACKWARD: Equations = &[("g_x", "g_y * mask / keep")];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("x", "what is thinned out"),
        Operand::mask("mask", "0 where an entry is dropped, 1 where it is kept"),
    ];
    const KEEPS: Keeps = Keeps::inputs(&[1]);

    attributes! {
        keep: f64, "the probability with which the mask keeps an entry";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if !(self.keep > 0.0 && self.keep <= 1.0) {
            return Err(ShapeError::new(format!(
                "keep is {}; it is the probability to keep an entry, above 0 and at most 1",
                self.keep
            )));
        }
        if x[0] != x[1] {
            return Err(ShapeError::new(
                "each entry needs its own yes or no: x and mask must be equal",
            ));
        }
        Ok(x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        masked(&x[0], &x[1], self.keep, y);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        if let Some(g_x) = g_x.get(0) {
            masked(g_y, &at.x[1], self.keep, g_x);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let x = draw.shape();
        let keep = draw.one_of(&[0.1, 0.5, 0.9, 1.0]);
        Sample::new(Self { keep }, [draw.normal(x), draw.mask(x)])
    }
}

impl Fused for Dropout {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        where_(x[1], x[0] / self.keep, x[0].constant(0.0))
    }
}

/// `to = from / keep` where the mask is not 0, and 0 elsewhere.
fn masked<T: Real>(from: &[T], mask: &[T], keep: f64, to: &mut [T]) {
    let keep = T::from_f64(keep);
    for ((to, &from), &mask) in to.iter_mut().zip(from).zip(mask) {
        *to = if mask == T::ZERO { T::ZERO } else { from / keep };
    }
}
