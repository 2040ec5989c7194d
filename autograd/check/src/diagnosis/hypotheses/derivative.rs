//! Mistakes in what is done with the Jacobian, and in the shapes of what comes out.

use ndarray::ArrayD;

use super::Hypotheses;
use crate::witness::jacobian::Jacobian;
use crate::witness::reference::Reference;

impl Hypotheses {
    /// The Jacobian used in another way.
    pub(super) fn of_the_jacobian(&mut self, jacobian: &Jacobian<'_>) {
        let g: Vec<f64> = jacobian.reference.g_y.iter().copied().collect();
        if jacobian.rows == jacobian.columns {
            let diagonal = (0..jacobian.rows).map(|i| jacobian.j(i, i) * g[i]).collect();
            self.add_flat(
                1.8,
                "diagonal",
                "each output depended on its own input only: the diagonal of the Jacobian",
                jacobian,
                diagonal,
            );
            let forwards = (0..jacobian.rows)
                .map(|i| (0..jacobian.columns).map(|j| jacobian.j(i, j) * g[j]).sum())
                .collect();
            self.add_flat(
                1.8,
                "not transposed",
                "the Jacobian were not transposed: `J g` instead of `Jᵀ g`",
                jacobian,
                forwards,
            );
        }
        let uses = |j: usize| (0..jacobian.rows).filter(move |&i| jacobian.j(i, j) != 0.0);
        let last = (0..jacobian.columns)
            .map(|j| uses(j).next_back().map_or(0.0, |i| jacobian.j(i, j) * g[i]))
            .collect();
        self.add_flat(
            1.2,
            "last use overwrites",
            "only the last use of each entry counted: later uses overwrite earlier ones, `=` where `+=` is needed",
            jacobian,
            last,
        );
        let first = (0..jacobian.columns)
            .map(|j| uses(j).next().map_or(0.0, |i| jacobian.j(i, j) * g[i]))
            .collect();
        self.add_flat(
            1.25,
            "first use only",
            "only the first use of each entry counted",
            jacobian,
            first,
        );
        let mean = (0..jacobian.columns).map(|j| {
            let count = uses(j).count().max(1) as f64;
            uses(j).map(|i| jacobian.j(i, j) * g[i]).sum::<f64>() / count
        });
        self.add_flat(
            1.95,
            "averaged over uses",
            "it were averaged over the uses of each entry instead of summed",
            jacobian,
            mean.collect(),
        );
    }

    fn add_flat(&mut self, cost: f64, key: &str, sentence: &str, jacobian: &Jacobian<'_>, values: Vec<f64>) {
        if let Ok(gradient) = ArrayD::from_shape_vec(jacobian.right.raw_dim(), values) {
            self.add(cost, key, sentence, gradient);
        }
    }

    /// Shapes confused: a broadcast not summed, or one gradient given for another.
    pub(super) fn of_the_shapes(&mut self, reference: &Reference, jacobian: &Jacobian<'_>) {
        if reference.g_y.shape() == jacobian.right.shape() {
            self.add(
                1.5,
                "local derivative missing",
                "the local derivative were missing: the upstream gradient is handed on",
                reference.g_y.clone(),
            );
        }
        if let Some(parts) = jacobian.per_entry() {
            self.add(
                1.2,
                "broadcast not summed",
                "the sum over the broadcast axes were missing",
                parts.clone(),
            );
            for (key, text, part) in jacobian.broadcast_parts(&parts) {
                self.add(1.3, key, text, part);
            }
        }
        for other in reference.case.real().filter(|&other| other != jacobian.operand) {
            let Some(n) = reference.gradient(other) else { continue };
            let name = &reference.case.operands[other].name;
            if n.shape() == jacobian.right.shape() {
                self.add(
                    1.6,
                    format!("swapped with {name}"),
                    format!("it were the gradient of {name}"),
                    n,
                );
            }
        }
    }
}
