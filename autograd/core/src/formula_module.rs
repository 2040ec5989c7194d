//! A formula over variables as a module, so that both routes to a network can be chained.

use std::fmt::Debug;

use ndarray::{ArrayD, ArrayViewD};

use crate::module::Module;
use crate::numbers::Real;
use crate::tape::Tape;
use crate::var::Var;

/// A formula over variables as a module: its backward() comes from the tape.
pub struct FormulaModule<T> {
    formula: Box<Formula>,
    x: Vec<ArrayD<T>>,
}

/// A formula over variables of one record.
type Formula = dyn for<'t> Fn(&[Var<'t>]) -> Var<'t>;

impl<T> Debug for FormulaModule<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormulaModule")
    }
}

impl<T: Real> FormulaModule<T> {
    /// The module of this formula.
    pub fn new(formula: impl for<'t> Fn(&[Var<'t>]) -> Var<'t> + 'static) -> Self {
        Self {
            formula: Box::new(formula),
            x: Vec::new(),
        }
    }

    /// Records the formula on the operands of the last forward() and hands tape, operands and result to `use_it`.
    fn record<R>(&self, use_it: impl FnOnce(&Tape<'_, T>, &[Var<'_>], Var<'_>) -> R) -> R {
        let tape = Tape::new();
        let x: Vec<_> = self.x.iter().map(|x| tape.input("x", x.view())).collect();
        let y = (self.formula)(&x);
        use_it(&tape, &x, y)
    }
}

impl<T: Real> Module<T> for FormulaModule<T> {
    fn forward(&mut self, x: &[ArrayViewD<'_, T>]) -> ArrayD<T> {
        self.x = x.iter().map(ArrayViewD::to_owned).collect();
        self.record(|tape, _, y| tape.value(y))
    }

    /// An operand that the result does not depend on gets the gradient 0.
    fn backward(&mut self, g_y: ArrayViewD<'_, T>) -> Vec<ArrayD<T>> {
        self.record(|tape, x, y| {
            let gradients = tape.backward_from(y, g_y);
            let zeros = |x: &Var<'_>| ArrayD::from_elem(x.shape().to_vec(), T::ZERO);
            x.iter()
                .map(|x| gradients.get_of(*x).unwrap_or_else(|| zeros(x)))
                .collect()
        })
    }
}
