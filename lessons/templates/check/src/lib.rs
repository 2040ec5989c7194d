//! A module of your own: write forward() and backward() by hand, then run `cargo run`.

use ndarray::{Array2, ArrayD, ArrayViewD, Axis, Ix2};
use tapegrad_autograd::check::{Case, Draw, ModuleSubject};
use tapegrad_autograd::ops::softmax;
use tapegrad_autograd::{Module, Shape};

/// The softmax of each row.
#[derive(Debug, Default)]
pub struct Softmax {
    /// The result of the last forward(), which backward() needs.
    y: Array2<f64>,
}

impl Module<f64> for Softmax {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        let x = x[0]
            .view()
            .into_dimensionality::<Ix2>()
            .expect("a softmax of rows takes two axes");
        let e = x.mapv(f64::exp);
        self.y = &e / &e.sum_axis(Axis(1)).insert_axis(Axis(1));
        self.y.clone().into_dyn()
    }

    /// `g_x = y (g_y - Σ g_y y)`, where the sum is over the row.
    ///
    /// Try it: leave out `- mean` and run `cargo run`. The check finds the mistake, reduces the case, and says why it is wrong.
    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let g_y = g_y.into_dimensionality::<Ix2>().expect("g_y has the shape of y");
        let mean = (&self.y * &g_y).sum_axis(Axis(1)).insert_axis(Axis(1));
        vec![(&self.y * &(&g_y - &mean)).into_dyn()]
    }
}

/// Operands to try it on: the axes have random sizes, the values are random.
///
/// Ids and masks, which have no gradient, are added by `.with_data(name, OperandKind::Id, draw.ids(shape, end))`, and the
/// module's own parameters by `.with_param(name, value)`. Make a module whose parameters have the shapes of the case by
/// `ModuleSubject::made_for_case`.
fn case(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero()]);
    Case::of([("x", draw.normal(shape))])
}

/// The module, the operands to try it on, and what it should compute.
pub fn subject() -> ModuleSubject {
    // Without `defined_by`, forward() itself is believed and only backward() is checked.
    ModuleSubject::new("my softmax", case, Softmax::default).defined_by(|x| softmax(x[0], -1))
}
