//! Mistakes in broadcasting and under a mask.

use ndarray::{ArrayD, Axis};

use super::{Arrays, d1, d2};

// 9. broadcasting: y = a * b + c with a: [n, m], b: [m], c: [n, 1]
pub fn mixed_forward(x: &Arrays) -> ArrayD<f64> {
    (d2(&x[0]) * d1(&x[1]) + d2(&x[2])).into_dyn()
}

pub fn mixed_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let (a, b, g) = (d2(&x[0]), d1(&x[1]), d2(g));
    let g_a = if mistake == 1 { &g * &a } else { &g * &b };
    let g_b = match mistake {
        2 => (&g * &a).into_dyn(),
        3 => (&g * &a).mean_axis(Axis(0)).unwrap().into_dyn(),
        4 => g.sum_axis(Axis(0)).into_dyn(),
        5 => (&g * &a).row(0).to_owned().into_dyn(),
        _ => (&g * &a).sum_axis(Axis(0)).into_dyn(),
    };
    let g_c = match mistake {
        6 => g.clone().into_dyn(),
        7 => g.sum_axis(Axis(1)).into_dyn(),
        8 => g.column(0).insert_axis(Axis(1)).to_owned().into_dyn(),
        _ => g.sum_axis(Axis(1)).insert_axis(Axis(1)).into_dyn(),
    };
    vec![g_a.into_dyn(), g_b, g_c]
}

// 10. a mask: y = tanh(x) where the mask is 1, else 0
pub fn masked_forward(x: &Arrays) -> ArrayD<f64> {
    x[0].mapv(f64::tanh) * &x[1]
}

pub fn masked_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let y = x[0].mapv(f64::tanh);
    let slope = 1.0 - &y * &y;
    let g_x = match mistake {
        1 => g * &slope,
        2 => g * &slope * &(1.0 - &x[1]),
        3 => g * &x[1],
        4 => g * &(1.0 - &y) * &x[1],
        _ => g * &slope * &x[1],
    };
    vec![g_x, &x[1] * 0.0]
}
