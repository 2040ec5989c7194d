//! One call of forward() or backward() at a case, with the module's parameters.

use ndarray::{ArrayD, ArrayViewD};

use super::Case;
use tapegrad_core::module::Module;

/// Sets the parameters and runs forward().
pub(crate) fn run_forward(module: &mut dyn Module<f64>, case: &Case, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    let (given, own) = x.split_at(case.given);
    if !own.is_empty() {
        let mut params = module.params();
        assert_eq!(
            params.len(),
            own.len(),
            "the number of parameters of the module is not that of its case"
        );
        for (param, value) in params.iter_mut().zip(own) {
            assert_eq!(
                param.value.shape(),
                value.shape(),
                "the parameter {} has another shape than in its case; use `ModuleSubject::made_for_case` to make a module with the shapes of each case",
                param.name
            );
            param.value.assign(value);
        }
    }
    let views: Vec<ArrayViewD<'_, f64>> = given.iter().map(|x| x.view()).collect();
    module.forward(&views)
}

/// Runs backward() and gathers the gradients of operands and parameters.
pub(crate) fn run_backward(module: &mut dyn Module<f64>, case: &Case, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
    let mut g_x = module.backward(g_y);
    assert!(
        g_x.len() == case.given,
        "it gives {} for {} of forward(): each operand needs one, also ids and masks",
        counted(g_x.len(), "gradient"),
        counted(case.given, "operand")
    );
    g_x.extend(module.params().iter().map(|param| param.gradient.to_owned()));
    g_x
}

/// A number of things, such as `1 gradient`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
