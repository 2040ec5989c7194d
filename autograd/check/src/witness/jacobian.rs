//! The Jacobian of one operand at one case, to be applied to any upstream gradient.

use ndarray::{ArrayD, IxDyn};

use crate::witness::reference::Reference;
use tapegrad_core::op::OperandKind;
use tapegrad_core::shape::Shape;

/// The Jacobian `∂y/∂x` of one operand with the right gradient.
pub(crate) struct Jacobian<'e> {
    /// The case with its reference gradients.
    pub reference: &'e Reference,
    /// The position of the operand.
    pub operand: usize,
    /// The right gradient.
    pub right: ArrayD<f64>,
    /// How many entries `y` has.
    pub rows: usize,
    /// How many entries the operand has.
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
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.jacobian[i * self.columns + j]
    }

    /// `Jᵀ g`.
    pub fn transposed_times(&self, g: &ArrayD<f64>) -> ArrayD<f64> {
        let mut x = vec![0.0; self.columns];
        for (i, &g) in g.iter().enumerate().filter(|(_, g)| **g != 0.0) {
            for (j, x) in x.iter_mut().enumerate() {
                let slope = self.at(i, j);
                *x += if slope == 0.0 { 0.0 } else { slope * g };
            }
        }
        ArrayD::from_shape_vec(self.right.raw_dim(), x).expect("invariant: a Jacobian has a column for each entry")
    }

    /// The sizes that a mistake may multiply or divide by: of axes, of whole arrays, of what an entry is used by.
    pub fn sizes(&self) -> Vec<(String, f64)> {
        let mut sizes = vec![
            ("the number of entries of y".to_string(), self.rows as f64),
            ("its number of entries".to_string(), self.columns as f64),
        ];
        for (name, shape) in [("y", self.reference.y.shape()), ("the operand", self.right.shape())] {
            for (axis, &size) in shape.iter().enumerate() {
                sizes.push((
                    format!("the size of {} of {name}", axis_text(shape.len(), axis)),
                    size as f64,
                ));
            }
            if let [rows @ .., _] = shape {
                sizes.push((
                    format!("the number of rows of {name}"),
                    rows.iter().product::<usize>() as f64,
                ));
            }
        }
        for operand in &self.reference.case.operands {
            let (name, shape) = (&operand.name, operand.value.shape());
            for (axis, &size) in shape.iter().enumerate() {
                sizes.push((
                    format!("the size of {} of {name}", axis_text(shape.len(), axis)),
                    size as f64,
                ));
            }
            sizes.push((format!("the number of entries of {name}"), operand.value.len() as f64));
            if operand.kind != OperandKind::Real {
                let counted = operand.value.iter().filter(|x| **x != 0.0).count() as f64;
                let all = operand.value.len() as f64;
                sizes.push((format!("the number of entries of {name} that are not 0"), counted));
                sizes.push((format!("the share of entries of {name} that are not 0"), counted / all));
            }
        }
        sizes.retain(|(_, size)| *size > 0.0 && *size != 1.0);
        sizes
    }

    /// The constants that a mistake may multiply by: those of the case, and operands that are one number.
    pub fn constants(&self) -> Vec<(String, f64)> {
        let mut constants = self.reference.case.constants.clone();
        for operand in &self.reference.case.operands {
            if let (1, Some(value)) = (operand.value.len(), operand.value.iter().next()) {
                constants.push((operand.name.clone(), *value));
            }
        }
        constants
    }

    /// The contribution of each entry of `y` before the sum; `None` if the operand is not broadcast.
    pub fn per_entry(&self) -> Option<ArrayD<f64>> {
        let (x, y) = (Shape::new(self.right.shape()), Shape::new(self.reference.y.shape()));
        if self.rows <= self.columns || Shape::broadcast(x, y) != Some(y) {
            return None;
        }
        let index: Vec<f64> = (0..self.columns).map(|j| j as f64).collect();
        let index = ArrayD::from_shape_vec(self.right.raw_dim(), index).ok()?;
        let used = index.broadcast(IxDyn(self.reference.y.shape()))?.to_owned();
        let g = self.reference.g_y.iter().enumerate().zip(&used);
        let parts = g.map(|((i, g), &j)| self.at(i, j as usize) * g).collect();
        ArrayD::from_shape_vec(self.reference.y.raw_dim(), parts).ok()
    }
}

/// An axis by its distance from the end.
fn axis_text(rank: usize, axis: usize) -> String {
    match rank - axis {
        1 => "the last axis".to_string(),
        back => format!("axis -{back}"),
    }
}
