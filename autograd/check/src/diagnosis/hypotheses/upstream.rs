//! Mistakes in what is done with the upstream gradient.

use super::Hypotheses;
use super::arrays::{axis_names, only, reversed, rolled};
use crate::witness::jacobian::Jacobian;

impl Hypotheses {
    /// The right derivative with another upstream gradient.
    pub(super) fn of_the_upstream(&mut self, jacobian: &Jacobian<'_>) {
        let g = &jacobian.reference.g_y;
        self.add(
            1.5,
            "upstream ignored",
            "the upstream gradient were ignored, as if it were 1",
            jacobian.back(&(g * 0.0 + 1.0)),
        );
        self.add(
            2.4,
            "upstream squared",
            "the upstream gradient were squared",
            jacobian.back(&(g * g)),
        );
        self.add(
            2.5,
            "upstream magnitude",
            "only the magnitude of the upstream gradient counted",
            jacobian.back(&g.mapv(f64::abs)),
        );
        self.add(
            2.5,
            "upstream sign",
            "only the sign of the upstream gradient counted",
            jacobian.back(&g.mapv(f64::signum)),
        );
        self.add(
            2.5,
            "upstream clipped at 0",
            "negative upstream gradients were replaced by 0",
            jacobian.back(&g.mapv(|g| g.max(0.0))),
        );
        if g.ndim() == 2 && g.shape()[0] == g.shape()[1] {
            self.add(
                1.6,
                "upstream transposed",
                "the upstream gradient were transposed",
                jacobian.back(&g.t().to_owned()),
            );
        }
        for (axis, name) in axis_names(g.ndim()) {
            if g.shape()[axis] > 1 {
                self.of_upstream_slices(jacobian, axis, &name);
            }
        }
    }

    /// Slices of the upstream gradient that are lost, alone, shifted or reversed.
    fn of_upstream_slices(&mut self, jacobian: &Jacobian<'_>, axis: usize, name: &str) {
        let g = &jacobian.reference.g_y;
        let size = g.shape()[axis];
        for (key, text, keep) in [("first", "only the first", 0), ("last", "only the last", size - 1)] {
            let text = format!("{text} slice of the upstream gradient along {name} counted");
            self.add(
                1.7,
                format!("upstream {key} of {name}"),
                text,
                jacobian.back(&only(g, axis, keep)),
            );
        }
        for (key, text, skip) in [
            ("without first", "the first", 0),
            ("without last", "the last", size - 1),
        ] {
            let text = format!("{text} slice of the upstream gradient along {name} did not count");
            self.add(
                2.2,
                format!("upstream {key} of {name}"),
                text,
                jacobian.back(&(g - &only(g, axis, skip))),
            );
        }
        for by in [1, -1] {
            let text = format!("the upstream gradient were shifted by {by} along {name}");
            self.add(
                2.3,
                format!("upstream shifted {by} {name}"),
                text,
                jacobian.back(&rolled(g, axis, by)),
            );
        }
        let text = format!("the upstream gradient were reversed along {name}");
        self.add(
            2.3,
            format!("upstream reversed {name}"),
            text,
            jacobian.back(&reversed(g, axis)),
        );
    }
}
