//! A layer: parameters and a formula over variables; its backward() comes from the tape.

use crate::var::Var;

/// A part of a model: it holds handles of parameters and writes a formula over variables.
///
/// It names no number type; the same layer runs in `f32`, `f64` and dual numbers, on a tape or in a plan.
///
/// ```
/// use tapegrad_autograd::{Init, Layer, Param, ParamList, Var};
/// struct Scale(Param);
/// impl Layer for Scale {
///     fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
///         x * x.on().param(self.0)
///     }
/// }
/// let mut list = ParamList::new();
/// let layer = Scale(list.add("scale", [3], Init::Ones));
/// # let params = tapegrad_autograd::Params::<f64>::new(&list, 1);
/// # let tape = tapegrad_autograd::Tape::with(&params);
/// # let x = tape.input("x", ndarray::array![1.0, 2.0, 3.0]);
/// # assert_eq!(tape.value(layer.forward(x)), ndarray::array![1.0, 2.0, 3.0].into_dyn());
/// ```
pub trait Layer {
    /// The formula of the layer.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t>;
}
