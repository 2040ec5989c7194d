//! Laws about the numbers of a gradient: finite, and the same by dual numbers, by differences, by the composite.

use ndarray::ArrayD;

use super::op_run::{EXACT, OpRun, close, differ, is_real, magnitude, on_tape, upstream};
use crate::{Draw, Sample};
use tapegrad_core::numbers::Dual;
use tapegrad_core::ops::AnyOp;
use tapegrad_core::tape::Tape;

/// Two-point Richardson differences with step 1e-3 leave an error of order `h⁴` and rounding of `1e-16 / h`.
const DIFFERENCE: f64 = 1e-7;
/// The step of the finite differences; samples stay farther than this from every kink.
const STEP: f64 = 1e-3;

pub(super) fn finite(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let g_x = run.backward(&sample.op, &g_y, |_| true, f64::NAN);
    if let Some(i) = run.y.iter().position(|y| y.is_nan()) {
        return Err(format!("y[{i}] is not a number"));
    }
    for (operand, g) in g_x.iter().enumerate() {
        if let Some(i) = g.iter().flatten().position(|g| !g.is_finite()) {
            return Err(format!("g_{}[{i}] is not finite", sample.op.operand(operand).name));
        }
    }
    Ok(())
}

/// One entry at a time is given the tangent 1; `Σ g_y · ẏ` is then that entry's gradient.
pub(super) fn dual_numbers(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let g_x = run.backward(&sample.op, &g_y, |_| true, f64::NAN);
    let dual = |operands: &[Vec<f64>], at: (usize, usize)| -> Vec<Vec<Dual>> {
        let tangent = |operand, i| if (operand, i) == at { 1.0 } else { 0.0 };
        let of = |(operand, x): (usize, &Vec<f64>)| {
            x.iter()
                .enumerate()
                .map(|(i, &x)| Dual::new(x, tangent(operand, i)))
                .collect()
        };
        operands.iter().enumerate().map(of).collect()
    };
    for (operand, g) in g_x.iter().enumerate() {
        let Some(g) = g else { continue };
        for (i, &analytic) in g.iter().enumerate() {
            let moved = OpRun::new(
                &sample.op,
                run.shapes.clone(),
                dual(&run.x, (operand, i)),
                Dual::default(),
            );
            let exact: f64 = moved.y.iter().zip(&g_y).map(|(y, g)| y.tangent * g).sum();
            let scale = magnitude(moved.y.iter().zip(&g_y).map(|(y, g)| y.tangent * g));
            close(sample, operand, i, analytic, exact, EXACT * scale)?;
        }
    }
    Ok(())
}

/// Along a random direction `v`: `Σ g_x · v` against the slope of `Σ g_y · y(x + h v)`.
pub(super) fn finite_differences(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let g_x = run.backward(&sample.op, &g_y, |_| true, f64::NAN);
    for operand in (0..run.x.len()).filter(|&i| is_real(&sample.op, i)) {
        let v: Vec<f64> = draw.upstream(run.shapes[operand]).iter().map(|v| v / 2.0).collect();
        let moved = |h: f64| -> f64 {
            let mut x = run.x.clone();
            x[operand].iter_mut().zip(&v).for_each(|(x, v)| *x += h * v);
            let moved = OpRun::new(&sample.op, run.shapes.clone(), x, 0.0);
            moved
                .y
                .iter()
                .zip(&g_y)
                .map(|(y, g)| if y.is_finite() { y * g } else { 0.0 })
                .sum()
        };
        let slope = |h: f64| (moved(h) - moved(-h)) / (2.0 * h);
        let numeric = (4.0 * slope(STEP / 2.0) - slope(STEP)) / 3.0;
        let g = g_x[operand].as_deref().unwrap_or_default();
        let analytic: f64 = g.iter().zip(&v).map(|(g, v)| g * v).sum();
        let scale = magnitude(g.iter().zip(&v).map(|(g, v)| g * v)) + magnitude(run.y.iter().copied());
        close(sample, operand, usize::MAX, analytic, numeric, DIFFERENCE * scale)?;
    }
    Ok(())
}

/// The fused op and its definition in primitives, forward and backward.
pub(super) fn composite(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let tape = Tape::<f64>::new();
    let x = on_tape(&tape, sample);
    let Some(y) = sample.op.composite(&x) else {
        return Ok(());
    };
    if y.shape() != run.y_shape {
        return Err(format!("the composite gives {}, the op {}", y.shape(), run.y_shape));
    }
    for (i, (&fused, &twin)) in run.y.iter().zip(&tape.value(y)).enumerate() {
        if differ(fused, twin, EXACT * (1.0 + twin.abs())) {
            return Err(format!("y[{i}] is {fused} and {twin} by the composite"));
        }
    }
    let gradients = tape.backward_from(
        y,
        ndarray::ArrayViewD::from_shape(run.y_shape.to_vec(), &g_y).expect("fits"),
    );
    let g_x = run.backward(&sample.op, &g_y, |_| true, f64::NAN);
    for (operand, g) in g_x.iter().enumerate() {
        let Some(g) = g else { continue };
        let scale = 1.0 + magnitude(g.iter().copied());
        let twin = gradients
            .get_of(x[operand])
            .unwrap_or_else(|| ArrayD::zeros(run.shapes[operand].to_vec()));
        for (i, (&fused, &twin)) in g.iter().zip(&twin).enumerate() {
            close(sample, operand, i, fused, twin, EXACT * scale)?;
        }
    }
    Ok(())
}
