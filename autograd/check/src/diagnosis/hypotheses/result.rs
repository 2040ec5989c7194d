//! Mistakes in what becomes of the right gradient: its sign, size, order, and entries that are lost.

use ndarray::{ArrayD, IxDyn};

use super::Hypotheses;
use super::arrays::{axis_names, permutations, reversed, rolled};
use crate::witness::jacobian::Jacobian;

impl Hypotheses {
    /// The right gradient, changed afterwards.
    pub(super) fn of_the_result(&mut self, jacobian: &Jacobian<'_>) {
        let n = &jacobian.right;
        self.add(1.0, "sign", "its sign were flipped", -n);
        self.add(1.0, "zero", "it were never computed: it is 0", n * 0.0);
        for (factor, text) in [
            (2.0, "2"),
            (0.5, "1/2"),
            (3.0, "3"),
            (1.0 / 3.0, "1/3"),
            (4.0, "4"),
            (0.25, "1/4"),
        ] {
            self.add(
                2.0,
                format!("factor {text}"),
                format!("it were multiplied by {text}"),
                n * factor,
            );
        }
        self.scaled(jacobian);
        self.moved(n);
        self.add(2.5, "magnitude", "only its magnitude were kept", n.mapv(f64::abs));
        self.add(
            2.5,
            "clipped at 0",
            "negative entries were replaced by 0",
            n.mapv(|g| g.max(0.0)),
        );
        self.add(
            2.6,
            "clipped at 1",
            "it were clipped to [-1, 1]",
            n.mapv(|g| g.clamp(-1.0, 1.0)),
        );
    }

    /// Multiplied or divided by a size or a constant that has to do with it.
    fn scaled(&mut self, jacobian: &Jacobian<'_>) {
        let n = &jacobian.right;
        for (name, size) in jacobian.sizes() {
            let root = size.sqrt();
            for (factor, form) in [(size, "n"), (1.0 / size, "1/n"), (root, "√n"), (1.0 / root, "1/√n")] {
                let sentence = format!("it were multiplied by {form}, where n = {size} is the size of {name}");
                self.add(2.05, format!("factor {form}, n of {name}"), sentence, n * factor);
            }
        }
        for (name, value) in &jacobian.reference.case.constants {
            for (factor, form) in [
                (*value, "c"),
                (1.0 / value, "1/c"),
                (value.sqrt(), "√c"),
                (1.0 / value.sqrt(), "1/√c"),
            ] {
                let sentence = format!("it were multiplied by {form}, where c = {value} is {name}");
                self.add(2.1, format!("factor {form}, {name}"), sentence, n * factor);
            }
        }
    }

    /// The same numbers in other places, or one of them lost.
    fn moved(&mut self, n: &ArrayD<f64>) {
        for order in permutations(n.ndim()) {
            let turned = n.clone().permuted_axes(IxDyn(&order)).as_standard_layout().into_owned();
            let text = if n.ndim() == 2 {
                "it were transposed".to_string()
            } else {
                format!("its axes were reordered to {order:?}")
            };
            self.add(1.5, format!("permuted {order:?}"), text.clone(), turned.clone());
            if let Ok(read) = ArrayD::from_shape_vec(n.raw_dim(), turned.iter().copied().collect()) {
                self.add(
                    1.9,
                    format!("read as {order:?}"),
                    format!("{text} and read in the order of memory"),
                    read,
                );
            }
        }
        for (axis, name) in axis_names(n.ndim()) {
            for by in [1, -1] {
                let text = format!("it were shifted by {by} along {name}");
                self.add(2.0, format!("shifted {by} {name}"), text, rolled(n, axis, by));
            }
            self.add(
                2.0,
                format!("reversed {name}"),
                format!("it were reversed along {name}"),
                reversed(n, axis),
            );
        }
        for (key, text, at) in [
            ("first", "the first entry", 0),
            ("last", "the last entry", n.len().saturating_sub(1)),
        ] {
            let mut lost = n.clone();
            lost.iter_mut().skip(at).take(1).for_each(|g| *g = 0.0);
            self.add(
                1.65,
                format!("{key} entry missing"),
                format!("{text} were forgotten: a loop misses it"),
                lost,
            );
        }
    }
}
