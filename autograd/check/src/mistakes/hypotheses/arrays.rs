//! Arrays moved about: the names of axes, entries shifted, reversed, left alone, reordered.

use ndarray::{ArrayD, Axis};

/// The axes by their distance from the end, and the first one by its place: names that fit cases of other rank too.
pub(super) fn axis_names(rank: usize) -> Vec<(usize, String)> {
    let from_end = |axis: usize| match rank - axis {
        1 => "the last axis".to_string(),
        2 => "the last axis but one".to_string(),
        places => format!("axis -{places}"),
    };
    let mut names: Vec<(usize, String)> = (0..rank).map(|axis| (axis, from_end(axis))).collect();
    names.extend((rank > 0).then(|| (0, "the first axis".to_string())));
    names
}

/// Numbers that lie beside the entries of an array of this shape: one for each entry, or one for each row.
pub(crate) fn beside(v: &ArrayD<f64>, shape: &[usize]) -> Option<ArrayD<f64>> {
    let v = match v.ndim() + 1 == shape.len() && v.shape() == &shape[..v.ndim()] {
        true => v.clone().insert_axis(Axis(v.ndim())),
        false => v.clone(),
    };
    v.broadcast(shape).map(|v| v.to_owned())
}

/// The entries moved on by `by` along an axis, those at the end to the front.
pub(crate) fn rolled(x: &ArrayD<f64>, axis: usize, by: isize) -> ArrayD<f64> {
    let size = x.shape()[axis] as isize;
    let order: Vec<usize> = (0..size).map(|i| (i - by).rem_euclid(size) as usize).collect();
    x.select(Axis(axis), &order)
}

/// The entries in the opposite order along an axis.
pub(crate) fn reversed(x: &ArrayD<f64>, axis: usize) -> ArrayD<f64> {
    let order: Vec<usize> = (0..x.shape()[axis]).rev().collect();
    x.select(Axis(axis), &order)
}

/// Everything 0 but one slice.
pub(crate) fn only(x: &ArrayD<f64>, axis: usize, slice: usize) -> ArrayD<f64> {
    let mut kept = x * 0.0;
    kept.index_axis_mut(Axis(axis), slice)
        .assign(&x.index_axis(Axis(axis), slice));
    kept
}

/// All orders of up to 4 axes but the given one; of more axes only the exchange of the last two.
pub(super) fn permutations(rank: usize) -> Vec<Vec<usize>> {
    let own: Vec<usize> = (0..rank).collect();
    if rank < 2 {
        return Vec::new();
    }
    if rank > 3 {
        let mut order = own;
        order.swap(rank - 1, rank - 2);
        return vec![order];
    }
    let mut orders = vec![Vec::new()];
    for _ in 0..rank {
        let extended = |order: &Vec<usize>| {
            own.iter()
                .filter(|axis| !order.contains(axis))
                .map(|&axis| [order.clone(), vec![axis]].concat())
                .collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(extended).collect();
    }
    orders.retain(|order| *order != own);
    orders
}
