//! Functions of one matrix, by elimination without tricks.

use ndarray::{Array2, Ix2};

use super::Read;
use super::values::Named;

/// `inverse(A)`, `solve(A, b)`, `cholesky(A)`, `logdet(A)`.
pub fn value(name: &str, args: &[Named]) -> Read<Named> {
    let of = &args[0];
    let a = of
        .array
        .clone()
        .into_dimensionality::<Ix2>()
        .map_err(|_| "a stack of matrices")?;
    let n = a.nrows();
    let turned = vec![of.labels[1].clone(), of.labels[0].clone()];
    Ok(match (name, args) {
        ("inverse", [_]) => Named::new(turned, solved(&a, &Array2::eye(n)).into_dyn()),
        ("solve", [_, b]) => {
            let columns = if b.array.ndim() == 1 { 1 } else { b.array.shape()[1] };
            let right = Array2::from_shape_vec((n, columns), b.array.iter().copied().collect());
            let x = solved(&a, &right.map_err(|error| error.to_string())?).into_dyn();
            let labels = std::iter::once(of.labels[1].clone())
                .chain(b.labels[1..].iter().cloned())
                .collect();
            let x = x
                .into_shape_with_order(b.array.shape())
                .map_err(|error| error.to_string())?;
            Named::new(labels, x)
        }
        ("cholesky", [_]) => Named::new(of.labels.clone(), factor(&a).into_dyn()),
        ("logdet", [_]) => Named::number(
            eliminated(&a, &Array2::zeros((n, 0)))
                .0
                .diag()
                .iter()
                .map(|x| x.abs().ln())
                .sum(),
        ),
        _ => return Err(format!("{name} of {} arrays", args.len())),
    })
}

/// The upper triangle that elimination gives, and the right sides with it; the largest entry of a column comes first.
fn eliminated(a: &Array2<f64>, b: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let (mut a, mut b) = (a.clone(), b.clone());
    let n = a.nrows();
    for k in 0..n {
        let pivot = (k..n)
            .max_by(|&i, &j| a[[i, k]].abs().total_cmp(&a[[j, k]].abs()))
            .unwrap_or(k);
        for column in 0..n {
            a.swap([k, column], [pivot, column]);
        }
        for column in 0..b.ncols() {
            b.swap([k, column], [pivot, column]);
        }
        for i in k + 1..n {
            let times = a[[i, k]] / a[[k, k]];
            for column in 0..n {
                a[[i, column]] -= times * a[[k, column]];
            }
            for column in 0..b.ncols() {
                b[[i, column]] -= times * b[[k, column]];
            }
        }
    }
    (a, b)
}

fn solved(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let (upper, mut x) = eliminated(a, b);
    for i in (0..upper.nrows()).rev() {
        for column in 0..x.ncols() {
            let known: f64 = (i + 1..upper.nrows()).map(|j| upper[[i, j]] * x[[j, column]]).sum();
            x[[i, column]] = (x[[i, column]] - known) / upper[[i, i]];
        }
    }
    x
}

fn factor(a: &Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    let mut l = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| l[[i, k]] * l[[j, k]]).sum();
            l[[i, j]] = if i == j {
                (a[[i, i]] - known).sqrt()
            } else {
                (a[[i, j]] - known) / l[[j, j]]
            };
        }
    }
    l
}

#[test]
fn a_factor_times_its_transpose_is_the_matrix_and_an_inverse_undoes_it() {
    let a = ndarray::array![[4.0, 1.0], [1.0, 3.0]];
    let l = factor(&a);
    let inverse = solved(&a, &Array2::eye(2));
    let near = |x: &Array2<f64>, y: &Array2<f64>| x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-14);
    assert!(near(&l.dot(&l.t()), &a) && near(&a.dot(&inverse), &Array2::eye(2)));
}
