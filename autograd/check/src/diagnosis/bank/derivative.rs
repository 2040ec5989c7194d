//! Mistakes in what is done with the Jacobian, and in the shapes of what comes out.

use ndarray::ArrayD;

use super::Bank;
use crate::verdict::exam::Exam;
use crate::witness::pull::Pull;

impl Bank {
    /// The Jacobian used in another way.
    pub(super) fn of_the_jacobian(&mut self, pull: &Pull<'_>) {
        let g: Vec<f64> = pull.exam.g_y.iter().copied().collect();
        if pull.rows == pull.columns {
            let diagonal = (0..pull.rows).map(|i| pull.j(i, i) * g[i]).collect();
            self.add_flat(
                1.8,
                "diagonal",
                "each output depended on its own input only: the diagonal of the Jacobian",
                pull,
                diagonal,
            );
            let forwards = (0..pull.rows)
                .map(|i| (0..pull.columns).map(|j| pull.j(i, j) * g[j]).sum())
                .collect();
            self.add_flat(
                1.8,
                "not transposed",
                "the Jacobian were not transposed: `J g` instead of `Jᵀ g`",
                pull,
                forwards,
            );
        }
        let uses = |j: usize| (0..pull.rows).filter(move |&i| pull.j(i, j) != 0.0);
        let last = (0..pull.columns)
            .map(|j| uses(j).next_back().map_or(0.0, |i| pull.j(i, j) * g[i]))
            .collect();
        self.add_flat(
            1.2,
            "last use overwrites",
            "only the last use of each entry counted: later uses overwrite earlier ones, `=` where `+=` is needed",
            pull,
            last,
        );
        let first = (0..pull.columns)
            .map(|j| uses(j).next().map_or(0.0, |i| pull.j(i, j) * g[i]))
            .collect();
        self.add_flat(
            1.25,
            "first use only",
            "only the first use of each entry counted",
            pull,
            first,
        );
        let mean = (0..pull.columns).map(|j| {
            let count = uses(j).count().max(1) as f64;
            uses(j).map(|i| pull.j(i, j) * g[i]).sum::<f64>() / count
        });
        self.add_flat(
            1.95,
            "averaged over uses",
            "it were averaged over the uses of each entry instead of summed",
            pull,
            mean.collect(),
        );
    }

    fn add_flat(&mut self, cost: f64, key: &str, sentence: &str, pull: &Pull<'_>, values: Vec<f64>) {
        if let Ok(gradient) = ArrayD::from_shape_vec(pull.right.raw_dim(), values) {
            self.add(cost, key, sentence, gradient);
        }
    }

    /// Shapes confused: a broadcast not summed, or one gradient given for another.
    pub(super) fn of_the_shapes(&mut self, exam: &Exam, pull: &Pull<'_>) {
        if exam.g_y.shape() == pull.right.shape() {
            self.add(
                1.5,
                "local derivative missing",
                "the local derivative were missing: the upstream gradient is handed on",
                exam.g_y.clone(),
            );
        }
        if let Some(parts) = pull.per_entry() {
            self.add(
                1.2,
                "broadcast not summed",
                "the sum over the broadcast axes were missing",
                parts.clone(),
            );
            for (key, text, part) in pull.broadcast_parts(&parts) {
                self.add(1.3, key, text, part);
            }
        }
        for other in exam.case.real().filter(|&other| other != pull.operand) {
            let Some(n) = exam.gradient(other) else { continue };
            let name = &exam.case.operands[other].name;
            if n.shape() == pull.right.shape() {
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
