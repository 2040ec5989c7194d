//! Mistakes in modules over rows: linear, softmax, cross-entropy, layer norm.

use ndarray::{Array1, Array2, ArrayD, Axis};

use super::{Arrays, d1, d2, soft};

// 1. linear: y = x Wᵀ + b
pub fn linear_forward(x: &Arrays) -> ArrayD<f64> {
    (d2(&x[0]).dot(&d2(&x[1]).t()) + d1(&x[2])).into_dyn()
}

pub fn linear_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let (g, w, input) = (d2(g), d2(&x[1]), d2(&x[0]));
    let mut g_x = g.dot(&w);
    let mut g_w = g.t().dot(&input);
    let mut g_b = g.sum_axis(Axis(0));
    match mistake {
        1 => g_w /= g.nrows() as f64,
        2 => g_b = g.mean_axis(Axis(0)).unwrap(),
        3 => g_b = g.row(0).to_owned(),
        4 => g_x.fill(0.0),
        5 => g_w = Array2::ones(g.dim()).t().dot(&input),
        6 => g_w = -g_w,
        7 => g_b = Array1::from_elem(g.ncols(), g.sum()),
        8 => {
            g_w.fill(0.0);
            for (g, x) in g.rows().into_iter().zip(input.rows()) {
                let outer = g.insert_axis(Axis(1)).dot(&x.insert_axis(Axis(0)));
                g_w.assign(&outer);
            }
        }
        _ => {}
    }
    vec![g_x.into_dyn(), g_w.into_dyn(), g_b.into_dyn()]
}

// 2. softmax over the last axis
pub fn softmax_forward(x: &Arrays) -> ArrayD<f64> {
    soft(&d2(&x[0])).into_dyn()
}

pub fn softmax_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let (y, g) = (soft(&d2(&x[0])), d2(g));
    let mean = (&y * &g).sum_axis(Axis(1)).insert_axis(Axis(1));
    let g_x = match mistake {
        1 => &y * &g,
        2 => &y * (1.0 - &y) * &g,
        3 => &y * (&g - (&y * &g).sum()),
        4 => &g - &mean,
        5 => &y * (&g + &mean),
        6 => &y * (&g - g.sum_axis(Axis(1)).insert_axis(Axis(1))),
        7 => &y * (&g - (&y * &g).sum_axis(Axis(0)).insert_axis(Axis(0))),
        8 => &y * (&g - (&y * &g).mean_axis(Axis(1)).unwrap().insert_axis(Axis(1))),
        _ => &y * (&g - &mean),
    };
    vec![g_x.into_dyn()]
}

// 3. cross-entropy, mean over the rows
pub fn entropy_forward(x: &Arrays) -> ArrayD<f64> {
    let p = soft(&d2(&x[0]));
    let losses: f64 = p
        .rows()
        .into_iter()
        .zip(&x[1])
        .map(|(p, &id)| -p[id as usize].ln())
        .sum();
    ndarray::arr0(losses / p.nrows() as f64).into_dyn()
}

pub fn entropy_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let mut p = soft(&d2(&x[0]));
    let (rows, classes, g) = (p.nrows() as f64, p.ncols(), g.sum());
    for (i, &id) in x[1].iter().enumerate() {
        let id = if mistake == 3 {
            (id as usize + 1).min(classes - 1)
        } else {
            id as usize
        };
        match mistake {
            2 => {}
            4 => p[[i, id]] -= 1.0 / rows,
            8 => p[[i, id]] = -1.0 / p[[i, id]],
            _ => p[[i, id]] -= 1.0,
        }
    }
    let g_x = match mistake {
        1 => p * g,
        5 => -p * g / rows,
        6 => p / rows,
        7 => p * g / classes as f64,
        _ => p * g / rows,
    };
    vec![g_x.into_dyn(), &x[1] * 0.0]
}

// 4. layer norm with gamma and beta
pub const EPSILON: f64 = 1e-2;

fn normed(x: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let mean = x.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1));
    let centred = x - &mean;
    let sigma = ((&centred * &centred).mean_axis(Axis(1)).unwrap() + EPSILON)
        .mapv(f64::sqrt)
        .insert_axis(Axis(1));
    (&centred / &sigma, sigma)
}

pub fn norm_forward(x: &Arrays) -> ArrayD<f64> {
    (normed(&d2(&x[0])).0 * d1(&x[1]) + d1(&x[2])).into_dyn()
}

pub fn norm_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let ((n, sigma), g) = (normed(&d2(&x[0])), d2(g));
    let g_n = if mistake == 1 { g.clone() } else { &g * &d1(&x[1]) };
    let mean = |a: &Array2<f64>| a.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1));
    let sum = |a: &Array2<f64>| a.sum_axis(Axis(1)).insert_axis(Axis(1));
    let g_x = match mistake {
        2 => (&g_n - &mean(&g_n)) / &sigma,
        3 => (&g_n - &(&n * &mean(&(&g_n * &n)))) / &sigma,
        4 => &g_n / &sigma,
        5 => &g_n - &mean(&g_n) - &n * &mean(&(&g_n * &n)),
        6 => (&g_n - &sum(&g_n) - &n * &sum(&(&g_n * &n))) / &sigma,
        7 => (&g_n - &mean(&g_n) - &n * &mean(&(&g_n * &n))) / (&sigma * &sigma),
        _ => (&g_n - &mean(&g_n) - &n * &mean(&(&g_n * &n))) / &sigma,
    };
    let g_gamma = if mistake == 8 {
        g.sum_axis(Axis(0))
    } else {
        (&g * &n).sum_axis(Axis(0))
    };
    vec![g_x.into_dyn(), g_gamma.into_dyn(), g.sum_axis(Axis(0)).into_dyn()]
}
