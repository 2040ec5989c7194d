//! Arithmetic of arrays whose axes have names.

use ndarray::{ArrayD, Dimension, IxDyn};

use super::Read;
use super::values::Named;

pub(super) fn compares(a: f64, sign: &str, b: f64) -> bool {
    match sign {
        "=" => a == b,
        "!=" => a != b,
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        _ => a >= b,
    }
}

/// Values entry by entry: those with as many axes line up in order, those with fewer by the names of their axes.
/// The axis of positions of a row that the program does not read as a whole, but as values of another row.
pub(super) const ROW: &str = "row";

/// That the name of such an axis is needed: a person sees it from the program, and this reader does not know it.
pub const UNCLEAR: &str = "the positions of a row have no name here";

pub(super) fn met(all: &[&Named], f: &dyn Fn(&[f64]) -> f64) -> Read<Named> {
    let most = all.iter().max_by_key(|one| one.rank()).ok_or("nothing meets")?;
    let (labels, shape) = (most.labels.clone(), most.array.shape().to_vec());
    let places = |one: &Named| -> Read<Vec<usize>> {
        if one.rank() == most.rank() {
            return Ok((0..one.rank()).collect());
        }
        one.labels
            .iter()
            .map(|label| {
                let found: Vec<usize> = (0..labels.len()).filter(|&axis| labels[axis] == *label).collect();
                match found.as_slice() {
                    [place] => Ok(*place),
                    [] if label == ROW || labels.iter().any(|of| of == ROW) => Err(UNCLEAR.to_string()),
                    _ => Err(format!("{:?} beside {labels:?}", one.labels)),
                }
            })
            .collect()
    };
    let places: Vec<Vec<usize>> = all.iter().map(|one| places(one)).collect::<Read<_>>()?;
    for (one, places) in all.iter().zip(&places) {
        if one
            .array
            .shape()
            .iter()
            .zip(places)
            .any(|(size, &place)| *size != shape[place])
        {
            return Err(format!("{:?} beside {shape:?}", one.array.shape()));
        }
    }
    let array = ArrayD::from_shape_fn(IxDyn(&shape), |at| {
        let entries: Vec<f64> = all
            .iter()
            .zip(&places)
            .map(|(one, places)| one.array[IxDyn(&places.iter().map(|&place| at[place]).collect::<Vec<_>>())])
            .collect();
        f(&entries)
    });
    Ok(Named::new(labels, array))
}

pub(super) fn operator(sign: char, a: &Named, b: &Named) -> Read<Named> {
    let f: &dyn Fn(&[f64]) -> f64 = match sign {
        '+' => &|x| x[0] + x[1],
        '-' => &|x| x[0] - x[1],
        '/' => &|x| x[0] / x[1],
        '^' => &|x| x[0].powf(x[1]),
        '@' if a.rank() > 0 && b.rank() > 0 => return product(a, b),
        ' ' if a.rank() > 0 && b.rank() > 0 => return Err("two arrays side by side".into()),
        _ => &|x| x[0] * x[1],
    };
    met(&[a, b], f)
}

pub(super) fn transposed(of: Named) -> Read<Named> {
    let rank = of.rank();
    if rank == 1 {
        return Ok(Named { is_row: true, ..of });
    }
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(rank.checked_sub(2).ok_or("the transpose of a number")?, rank - 1);
    let labels = order.iter().map(|&axis| of.labels[axis].clone()).collect();
    Ok(Named::new(labels, of.array.permuted_axes(IxDyn(&order))))
}

/// A product of matrices, vectors, or stacks of matrices.
fn product(a: &Named, b: &Named) -> Read<Named> {
    if a.rank() == 1 && b.rank() == 1 && b.is_row && !a.is_row {
        let shape = [a.array.len(), b.array.len()];
        let array = ArrayD::from_shape_fn(IxDyn(&shape), |at| a.array[[at[0]]] * b.array[[at[1]]]);
        return Ok(Named::new([a.labels.clone(), b.labels.clone()].concat(), array));
    }
    if (a.rank() == 1 && !a.is_row) || (b.rank() == 1 && b.is_row) {
        return Err("a column before a product, or a row behind it".into());
    }
    let (rows, columns) = (a.rank() - 1, usize::from(b.rank() > 1));
    let stack = if b.rank() > 2 { b.rank() - 2 } else { 0 };
    let inner = a.array.shape()[rows];
    if b.array.shape()[b.rank() - 1 - columns] != inner || a.array.shape()[..stack] != b.array.shape()[..stack] {
        return Err(format!("{:?} times {:?}", a.array.shape(), b.array.shape()));
    }
    let mut shape = a.array.shape()[..rows].to_vec();
    shape.extend(&b.array.shape()[b.rank() - columns..]);
    let labels = a.labels[..rows]
        .iter()
        .chain(&b.labels[b.rank() - columns..])
        .cloned()
        .collect();
    let array = ArrayD::from_shape_fn(IxDyn(&shape), |at| {
        let at: Vec<usize> = at.slice().to_vec();
        let term = |k: usize| {
            let a_at = [&at[..rows], &[k]].concat();
            let b_at = [&at[..stack], &[k], &at[rows..]].concat();
            a.array[IxDyn(&a_at)] * b.array[IxDyn(&b_at)]
        };
        (0..inner).map(term).sum::<f64>()
    });
    Ok(Named::new(labels, array))
}

pub(super) fn reduced(name: &str, all: &[f64]) -> Read<f64> {
    let largest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(match name {
        "sum" => all.iter().sum(),
        "mean" => all.iter().sum::<f64>() / all.len() as f64,
        "max" => largest,
        "min" => all.iter().copied().fold(f64::INFINITY, f64::min),
        "prod" => all.iter().product(),
        "logsumexp" => largest + all.iter().map(|x| (x - largest).exp()).sum::<f64>().ln(),
        _ => return Err(format!("`{name}` reduces nothing")),
    })
}

pub(super) fn at_place(name: &str, all: &[f64], place: usize) -> Read<f64> {
    let own = *all
        .get(place)
        .ok_or_else(|| format!("position {} of {}", place + 1, all.len()))?;
    Ok(match name {
        "softmax" => (own - reduced("logsumexp", all)?).exp(),
        "log_softmax" => own - reduced("logsumexp", all)?,
        "cumsum" => all[..=place].iter().sum(),
        "flip" => all[all.len() - 1 - place],
        _ => return Err(format!("`{name}` works along nothing")),
    })
}

pub(super) fn function(name: &str, x: f64) -> Read<f64> {
    Ok(match name {
        "exp" => x.exp(),
        "log" => x.ln(),
        "sqrt" => x.sqrt(),
        "abs" => x.abs(),
        "tanh" => x.tanh(),
        "relu" => x.max(0.0),
        "silu" => x / (1.0 + (-x).exp()),
        "gelu" => x / 2.0 * (1.0 + erf(x / 2f64.sqrt())),
        "gelu_tanh" => x / 2.0 * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh()),
        "erf" => erf(x),
        "sin" => x.sin(),
        "cos" => x.cos(),
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "round" => x.round_ties_even(),
        "sign" => {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                x
            }
        }
        "log1p" => x.ln_1p(),
        "log_sigmoid" => -((-x).max(0.0) + (-x.abs()).exp().ln_1p()),
        "softplus" => x.max(0.0) + (-x.abs()).exp().ln_1p(),
        "detach" => x,
        _ => return Err(format!("`{name}` is no function")),
    })
}

/// The error function by its series, for the small numbers of tests.
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    // erf(x) = 2/sqrt(pi) exp(-x²) Σ 2^n x^(2n+1) / (1·3·…·(2n+1)), whose terms have one sign.
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > 1e-18 * sum.abs() && n < 500.0 {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp() * sum
}
