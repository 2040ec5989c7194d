//! Laws that relate gradients of one function to each other: they hold without any reference values.
//!
//! Each takes a module that has run nothing yet, and says in a sentence what is broken.

use ndarray::{ArrayD, Axis};

use tapegrad_core::module::Module;

/// The value and the gradients of a module.
fn run(module: &mut dyn Module<f64>, x: &[ArrayD<f64>], g_y: &ArrayD<f64>) -> (ArrayD<f64>, Vec<ArrayD<f64>>) {
    let y = module.forward(&x.iter().map(|x| x.view()).collect::<Vec<_>>());
    (y, module.backward(g_y.view()))
}

/// Twice the loss has exactly twice the gradient, and half of it half: powers of two lose no bit.
///
/// **Errors** with the operand and the entry where they differ.
pub fn scaled_loss(module: &mut dyn Module<f64>, x: &[ArrayD<f64>], g_y: &ArrayD<f64>) -> Result<(), String> {
    let (_, once) = run(module, x, g_y);
    for factor in [2.0, 0.5] {
        let (_, scaled) = run(module, x, &(g_y * factor));
        for (operand, (once, scaled)) in once.iter().zip(&scaled).enumerate() {
            if let Some(at) = once.iter().zip(scaled).position(|(a, b)| a * factor != *b) {
                return Err(format!(
                    "{factor} times the loss changes entry {at} of gradient {operand} by another factor"
                ));
            }
        }
    }
    Ok(())
}

/// The slices of `y` along an axis sum to `sum`, and so their gradients sum to 0: of probabilities, to 1.
///
/// **Errors** with the sum that differs by more than `tolerance`.
pub fn slices_sum_to(
    module: &mut dyn Module<f64>,
    x: &ArrayD<f64>,
    axis: usize,
    sum: f64,
    g_y: &ArrayD<f64>,
    tolerance: f64,
) -> Result<(), String> {
    let (y, g_x) = run(module, std::slice::from_ref(x), g_y);
    let off = |sums: ArrayD<f64>, wanted: f64| sums.into_iter().find(|sum| !((sum - wanted).abs() <= tolerance));
    if let Some(found) = off(y.sum_axis(Axis(axis)), sum) {
        return Err(format!(
            "a slice of y along axis {axis} sums to {found} and not to {sum}"
        ));
    }
    match off(g_x[0].sum_axis(Axis(axis)), 0.0) {
        Some(found) => Err(format!(
            "the gradient of a slice along axis {axis} sums to {found} and not to 0"
        )),
        None => Ok(()),
    }
}

/// The gradient of a normalised row is orthogonal to the row less its mean, and, where the mean is taken out, to ones.
///
/// It holds for `ε = 0`, because then neither a longer row nor a shifted one gives another result.
///
/// **Errors** with the row and the product that is not 0 to `tolerance`.
pub fn norm_is_orthogonal(
    module: &mut dyn Module<f64>,
    x: &ArrayD<f64>,
    takes_mean: bool,
    g_y: &ArrayD<f64>,
    tolerance: f64,
) -> Result<(), String> {
    let (_, g_x) = run(module, std::slice::from_ref(x), g_y);
    for (row, (x, g)) in x.rows().into_iter().zip(g_x[0].rows()).enumerate() {
        let mean = if takes_mean { x.mean().unwrap_or(0.0) } else { 0.0 };
        let along: f64 = x.iter().zip(g).map(|(x, g)| (x - mean) * g).sum();
        if !(along.abs() <= tolerance) {
            return Err(format!(
                "the gradient of row {row} has the product {along} with the row, and not 0"
            ));
        }
        if takes_mean && !(g.sum().abs() <= tolerance) {
            return Err(format!("the gradient of row {row} sums to {} and not to 0", g.sum()));
        }
    }
    Ok(())
}

/// The gradient of a table is 0 in every row that no id names.
///
/// **Errors** with the first row that was not used and has a gradient.
pub fn only_used_rows(
    module: &mut dyn Module<f64>,
    table: &ArrayD<f64>,
    ids: &ArrayD<f64>,
    g_y: &ArrayD<f64>,
) -> Result<(), String> {
    let (_, g_x) = run(module, &[table.clone(), ids.clone()], g_y);
    let is_used = |row: usize| ids.iter().any(|&id| id == row as f64);
    let rows = g_x[0].axis_iter(Axis(0)).enumerate();
    match rows
        .into_iter()
        .find(|(row, g)| !is_used(*row) && g.iter().any(|&g| g != 0.0))
    {
        Some((row, _)) => Err(format!("row {row} is named by no id and has a gradient")),
        None => Ok(()),
    }
}

/// A batch gives what its rows give alone, and rows in another order give their results and gradients in that order.
///
/// `shared` says which operands have no batch axis; their gradients are sums over the batch.
///
/// **Errors** with what differs by more than `tolerance`.
pub fn batch_is_its_rows(
    module: &mut dyn Module<f64>,
    x: &[ArrayD<f64>],
    shared: &[usize],
    g_y: &ArrayD<f64>,
    tolerance: f64,
) -> Result<(), String> {
    let (y, g_x) = run(module, x, g_y);
    let close = |a: &ArrayD<f64>, b: &ArrayD<f64>| {
        a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
    };
    let mut sums: Vec<ArrayD<f64>> = x.iter().map(|x| x * 0.0).collect();
    let one = |x: &ArrayD<f64>, row: usize| x.select(Axis(0), &[row]);
    for row in (0..y.shape()[0]).rev() {
        let alone: Vec<ArrayD<f64>> = x
            .iter()
            .enumerate()
            .map(|(i, x)| if shared.contains(&i) { x.clone() } else { one(x, row) })
            .collect();
        let (y_alone, g_alone) = run(module, &alone, &one(g_y, row));
        if !close(&y_alone, &one(&y, row)) {
            return Err(format!("row {row} has another result in the batch than alone"));
        }
        for (i, g) in g_alone.iter().enumerate() {
            if shared.contains(&i) {
                sums[i] += g;
            } else if !close(g, &one(&g_x[i], row)) {
                return Err(format!(
                    "row {row} has another gradient of operand {i} in the batch than alone"
                ));
            }
        }
    }
    match shared.iter().find(|&&i| !close(&sums[i], &g_x[i])) {
        Some(i) => Err(format!(
            "the gradient of operand {i} is not the sum over the rows of the batch"
        )),
        None => Ok(()),
    }
}
