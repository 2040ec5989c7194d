//! The Jacobian of one operand at one case, to pull any upstream gradient back through it.

use ndarray::{ArrayD, Axis, IxDyn};

use crate::witness::reference::Reference;
use tapegrad_core::shape::Shape;

/// The Jacobian `∂y/∂x` of one operand with the right gradient.
pub(crate) struct Jacobian<'e> {
    /// The case.
    pub reference: &'e Reference,
    /// The position of the operand.
    pub operand: usize,
    /// The right gradient.
    pub right: ArrayD<f64>,
    /// The entries of `y`.
    pub rows: usize,
    /// The entries of the operand.
    pub columns: usize,
    jacobian: &'e [f64],
}

impl<'e> Jacobian<'e> {
    /// The Jacobian of an operand, if all of it is known.
    pub fn new(reference: &'e Reference, operand: usize) -> Option<Self> {
        let right = reference.gradient(operand)?;
        let expected = reference.gradients[operand].as_ref()?;
        let jacobian = expected.jacobian.as_deref()?;
        Some(Self {
            reference,
            operand,
            rows: reference.y.len(),
            columns: right.len(),
            right,
            jacobian,
        })
    }

    /// `∂y_i/∂x_j`.
    pub fn j(&self, i: usize, j: usize) -> f64 {
        self.jacobian[i * self.columns + j]
    }

    /// `Jᵀ g`.
    pub fn back(&self, g: &ArrayD<f64>) -> ArrayD<f64> {
        let mut x = vec![0.0; self.columns];
        for (i, &g) in g.iter().enumerate().filter(|(_, g)| **g != 0.0) {
            for (j, x) in x.iter_mut().enumerate() {
                let slope = self.j(i, j);
                *x += if slope == 0.0 { 0.0 } else { slope * g };
            }
        }
        ArrayD::from_shape_vec(self.right.raw_dim(), x).expect("invariant: a Jacobian has a column for each entry")
    }

    /// The sizes that a mistake may multiply or divide by: of axes, of whole arrays, of what an entry is used by.
    pub fn sizes(&self) -> Vec<(String, f64)> {
        let mut sizes = vec![
            ("y".to_string(), self.rows as f64),
            ("x".to_string(), self.columns as f64),
        ];
        for (name, shape) in [("y", self.reference.y.shape()), ("x", self.right.shape())] {
            for (axis, &size) in shape.iter().enumerate() {
                sizes.push((format!("axis -{} of {name}", shape.len() - axis), size as f64));
            }
            if let [rows @ .., _] = shape {
                sizes.push((
                    format!("all axes of {name} but the last"),
                    rows.iter().product::<usize>() as f64,
                ));
            }
        }
        for operand in &self.reference.case.operands {
            let shape = operand.value.shape();
            for (axis, &size) in shape.iter().enumerate() {
                sizes.push((format!("axis -{} of {}", shape.len() - axis, operand.name), size as f64));
            }
            sizes.push((operand.name.clone(), operand.value.len() as f64));
        }
        sizes.retain(|(_, size)| *size > 1.0);
        sizes
    }

    /// If the operand is broadcast: what each entry of `y` contributes, before the sum.
    pub fn per_entry(&self) -> Option<ArrayD<f64>> {
        let (x, y) = (Shape::new(self.right.shape()), Shape::new(self.reference.y.shape()));
        if self.rows <= self.columns || Shape::broadcast(x, y) != Some(y) {
            return None;
        }
        let index: Vec<f64> = (0..self.columns).map(|j| j as f64).collect();
        let index = ArrayD::from_shape_vec(self.right.raw_dim(), index).ok()?;
        let used = index.broadcast(IxDyn(self.reference.y.shape()))?.to_owned();
        let g = self.reference.g_y.iter().enumerate().zip(&used);
        let parts = g.map(|((i, g), &j)| self.j(i, j as usize) * g).collect();
        ArrayD::from_shape_vec(self.reference.y.raw_dim(), parts).ok()
    }

    /// What becomes of a broadcast operand if the sum is replaced: by the mean, by the first or the last summand.
    pub fn broadcast_parts(&self, parts: &ArrayD<f64>) -> Vec<(String, String, ArrayD<f64>)> {
        let x = self.right.shape();
        let missing = parts.ndim() - x.len();
        let mut mean = parts.clone();
        let (mut first, mut last) = (parts.clone(), parts.clone());
        for axis in (0..parts.ndim()).rev() {
            if axis >= missing && x[axis - missing] == parts.shape()[axis] {
                continue;
            }
            let size = mean.shape()[axis];
            let Some(averaged) = mean.mean_axis(Axis(axis)) else {
                return Vec::new();
            };
            mean = averaged.insert_axis(Axis(axis));
            first = first.select(Axis(axis), &[0]);
            last = last.select(Axis(axis), &[size - 1]);
        }
        let shaped = |part: ArrayD<f64>| ArrayD::from_shape_vec(IxDyn(x), part.iter().copied().collect()).ok();
        [
            (
                "averaged",
                "the gradients were averaged over the broadcast axes instead of summed",
                mean,
            ),
            (
                "first of broadcast",
                "only the first entry along the broadcast axes counted",
                first,
            ),
            (
                "last of broadcast",
                "only the last entry along the broadcast axes counted",
                last,
            ),
        ]
        .into_iter()
        .filter_map(|(key, text, part)| Some((key.to_string(), text.to_string(), shaped(part)?)))
        .collect()
    }
}
