//! The bank of mistakes: the wrong gradient that each would produce, computed from the right derivative.
//!
//! Nothing here knows a particular op. A candidate is made from the Jacobian (a forgotten sign, the upstream gradient
//! ignored, only the diagonal), from the shapes (a broadcast not summed, a transposed result), from other values (a
//! stale cache, shifted ids), or from the graph of the function with one thing wrong in it (a path left out).

use std::collections::BTreeSet;

use ndarray::{ArrayD, Axis, IxDyn};

use super::exam::Exam;
use super::guard::caught;
use super::opened::Edit;
use super::pull::Pull;
use crate::op::OperandKind;

/// A mistake with the gradient that it would give here.
#[derive(Clone, Debug)]
pub struct Hypothesis {
    /// What distinguishes it, on cases of any size.
    pub key: String,
    /// How unusual it is; the cheapest that fits is reported.
    pub cost: f64,
    /// What follows "your gradient behaves as if".
    pub sentence: String,
    /// The gradient that the mistake gives.
    pub gradient: ArrayD<f64>,
}

/// All mistakes that can be made with one operand of a case; none if its Jacobian is not known in full.
pub fn hypotheses(exam: &Exam, operand: usize) -> Vec<Hypothesis> {
    let Some(pull) = Pull::new(exam, operand) else {
        return Vec::new();
    };
    let mut bank = Bank::default();
    bank.of_the_result(&pull);
    bank.of_the_upstream(&pull);
    bank.of_the_jacobian(&pull);
    bank.of_the_shapes(exam, &pull);
    super::local::add(exam, operand, &pull, &mut bank);
    bank.of_other_values(exam, operand);
    bank.of_the_graph(exam, operand, &pull);
    bank.pairs();
    bank.found
}

/// The candidates found so far.
#[derive(Default)]
pub(super) struct Bank {
    found: Vec<Hypothesis>,
    keys: BTreeSet<String>,
}

impl Bank {
    pub fn add(&mut self, cost: f64, key: impl Into<String>, sentence: impl Into<String>, gradient: ArrayD<f64>) {
        let key = key.into();
        if gradient.iter().all(|g| g.is_finite()) && self.keys.insert(key.clone()) {
            let sentence = sentence.into();
            self.found.push(Hypothesis {
                key,
                cost,
                sentence,
                gradient,
            });
        }
    }

    /// The right gradient, changed afterwards.
    fn of_the_result(&mut self, pull: &Pull<'_>) {
        let n = &pull.right;
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
        for (name, size) in pull.sizes() {
            let root = size.sqrt();
            for (factor, form) in [(size, "n"), (1.0 / size, "1/n"), (root, "√n"), (1.0 / root, "1/√n")] {
                let sentence = format!("it were multiplied by {form}, where n = {size} is the size of {name}");
                self.add(2.05, format!("factor {form}, n of {name}"), sentence, n * factor);
            }
        }
        for (name, value) in &pull.exam.case.constants {
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

    /// The right derivative with another upstream gradient.
    fn of_the_upstream(&mut self, pull: &Pull<'_>) {
        let g = &pull.exam.g_y;
        self.add(
            1.5,
            "upstream ignored",
            "the upstream gradient were ignored, as if it were 1",
            pull.back(&(g * 0.0 + 1.0)),
        );
        self.add(
            2.4,
            "upstream squared",
            "the upstream gradient were squared",
            pull.back(&(g * g)),
        );
        self.add(
            2.5,
            "upstream magnitude",
            "only the magnitude of the upstream gradient counted",
            pull.back(&g.mapv(f64::abs)),
        );
        self.add(
            2.5,
            "upstream sign",
            "only the sign of the upstream gradient counted",
            pull.back(&g.mapv(f64::signum)),
        );
        self.add(
            2.5,
            "upstream clipped at 0",
            "negative upstream gradients were replaced by 0",
            pull.back(&g.mapv(|g| g.max(0.0))),
        );
        if g.ndim() == 2 && g.shape()[0] == g.shape()[1] {
            self.add(
                1.6,
                "upstream transposed",
                "the upstream gradient were transposed",
                pull.back(&g.t().to_owned()),
            );
        }
        for (axis, name) in axis_names(g.ndim()) {
            let size = g.shape()[axis];
            if size < 2 {
                continue;
            }
            for (key, text, keep) in [("first", "only the first", 0), ("last", "only the last", size - 1)] {
                let text = format!("{text} slice of the upstream gradient along {name} counted");
                self.add(
                    1.7,
                    format!("upstream {key} of {name}"),
                    text,
                    pull.back(&only(g, axis, keep)),
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
                    pull.back(&(g - &only(g, axis, skip))),
                );
            }
            for by in [1, -1] {
                let text = format!("the upstream gradient were shifted by {by} along {name}");
                self.add(
                    2.3,
                    format!("upstream shifted {by} {name}"),
                    text,
                    pull.back(&rolled(g, axis, by)),
                );
            }
            let text = format!("the upstream gradient were reversed along {name}");
            self.add(
                2.3,
                format!("upstream reversed {name}"),
                text,
                pull.back(&reversed(g, axis)),
            );
        }
    }

    /// The Jacobian used in another way.
    fn of_the_jacobian(&mut self, pull: &Pull<'_>) {
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
    fn of_the_shapes(&mut self, exam: &Exam, pull: &Pull<'_>) {
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

    /// The right derivative at other values: a stale cache, shifted ids, another mask.
    fn of_other_values(&mut self, exam: &Exam, operand: usize) {
        let at = |bank: &mut Self, cost: f64, key: String, sentence: String, x: &[ArrayD<f64>]| {
            if let Some(gradient) = gradient_at(exam, operand, x) {
                bank.add(cost, key, sentence, gradient);
            }
        };
        at(
            self,
            1.5,
            "stale".into(),
            "it belonged to the forward() before: a cache is not renewed".into(),
            &exam.x_old,
        );
        for (i, data) in exam
            .case
            .operands
            .iter()
            .enumerate()
            .filter(|(_, data)| data.kind != OperandKind::Real)
        {
            let with = |change: &dyn Fn(&ArrayD<f64>) -> ArrayD<f64>| {
                let mut x = exam.case.values();
                x[i] = change(&x[i]);
                x
            };
            let name = &data.name;
            if data.kind == OperandKind::Id {
                let most = data.value.iter().fold(0.0, |most: f64, id| most.max(*id));
                let up = with(&|ids| ids.mapv(|id| (id + 1.0).min(most)));
                at(
                    self,
                    1.5,
                    format!("{name} + 1"),
                    format!("all {name} were larger by 1"),
                    &up,
                );
                let down = with(&|ids| ids.mapv(|id| (id - 1.0).max(0.0)));
                at(
                    self,
                    1.5,
                    format!("{name} - 1"),
                    format!("all {name} were smaller by 1"),
                    &down,
                );
                for (by, text) in [(1, "later"), (-1, "earlier")] {
                    if let Some(axis) = data.value.ndim().checked_sub(1) {
                        let moved = with(&|ids| rolled(ids, axis, by));
                        at(
                            self,
                            1.5,
                            format!("{name} shifted {by}"),
                            format!("{name} stood one place {text}"),
                            &moved,
                        );
                    }
                }
            } else {
                let open = with(&|mask| mask.mapv(|_| 1.0));
                at(
                    self,
                    1.5,
                    format!("{name} ignored"),
                    format!("{name} were ignored: everything counts"),
                    &open,
                );
                let turned = with(&|mask| mask.mapv(|m| if m == 0.0 { 1.0 } else { 0.0 }));
                at(
                    self,
                    1.6,
                    format!("{name} inverted"),
                    format!("{name} were inverted"),
                    &turned,
                );
            }
        }
    }

    /// The graph of the function with one thing wrong in it.
    fn of_the_graph(&mut self, exam: &Exam, operand: usize, pull: &Pull<'_>) {
        let x = exam.case.values();
        let Some(opened) = caught(|| exam.function.opened(&x)).ok().flatten() else {
            return;
        };
        let is_right = opened
            .gradient(operand, &exam.g_y, &Edit::None)
            .is_some_and(|g| residual(&g, &pull.right) < 1e-6);
        if !is_right {
            return;
        }
        for (edit, sentence) in opened.edits() {
            let cost = match edit {
                Edit::None => continue,
                Edit::Drop(_) => 1.3,
                Edit::LastUse(_) | Edit::FirstUse(_) => 1.35,
                Edit::Negate(_) => 1.6,
                Edit::PassOn(_) => 1.7,
                Edit::OwnFactor(_) => 1.8,
                Edit::Double(_) => 1.9,
            };
            if let Some(gradient) = opened.gradient(operand, &exam.g_y, &edit) {
                self.add(cost, format!("{edit:?}"), sentence, gradient);
            }
        }
        for (key, sentence, twin) in opened.variants() {
            if let Some(gradient) = twin.gradient(operand, &exam.g_y, &Edit::None) {
                self.add(1.5, format!("variant {key}"), sentence, gradient);
            }
        }
    }

    /// Two mistakes at once: any of the common ones, and a sign, a factor or a transposition besides.
    fn pairs(&mut self) {
        let single: Vec<Hypothesis> = self
            .found
            .iter()
            .filter(|h| h.cost <= 1.9 && h.key != "zero" && h.key != "sign")
            .cloned()
            .collect();
        for h in single {
            let besides = |text: &str| format!("{}, and {text}", h.sentence);
            self.add(
                h.cost + 1.0,
                format!("{} & sign", h.key),
                besides("the sign were flipped"),
                -&h.gradient,
            );
            for (factor, text) in [(2.0, "2"), (0.5, "1/2")] {
                self.add(
                    h.cost + 2.0,
                    format!("{} & factor {text}", h.key),
                    besides(&format!("multiplied by {text}")),
                    &h.gradient * factor,
                );
            }
            if h.gradient.ndim() == 2 {
                let turned = h.gradient.t().as_standard_layout().into_owned();
                self.add(
                    h.cost + 1.5,
                    format!("{} & transposed", h.key),
                    besides("transposed"),
                    turned,
                );
            }
        }
    }
}

/// The gradient of the function at other operands, by dual numbers.
fn gradient_at(exam: &Exam, operand: usize, x: &[ArrayD<f64>]) -> Option<ArrayD<f64>> {
    let columns = x[operand].len();
    let mut gradient = Vec::with_capacity(columns);
    for j in 0..columns {
        let mut v = vec![0.0; columns];
        v[j] = 1.0;
        let tangent = caught(|| exam.function.along(x, operand, &v)).ok().flatten()?;
        gradient.push(
            tangent
                .iter()
                .zip(&exam.g_y)
                .map(|(t, g)| if *t == 0.0 { 0.0 } else { t * g })
                .sum(),
        );
    }
    ArrayD::from_shape_vec(x[operand].raw_dim(), gradient).ok()
}

/// How far two gradients are apart, from 0 to 1; another shape is as far as can be.
pub fn residual(a: &ArrayD<f64>, b: &ArrayD<f64>) -> f64 {
    residual_above(a, b, 0.0)
}

/// The same, where differences up to `floor` are rounding.
pub fn residual_above(a: &ArrayD<f64>, b: &ArrayD<f64>, floor: f64) -> f64 {
    if a.shape() != b.shape() {
        return 1.0;
    }
    let (mut off, mut scale) = (0.0_f64, 0.0_f64);
    for (a, b) in a.iter().zip(b) {
        if !(a - b).is_finite() {
            return 1.0;
        }
        off = off.max((a - b).abs());
        scale = scale.max(a.abs() + b.abs());
    }
    if off <= floor { 0.0 } else { off / scale }
}

/// The axes by their distance from the end, and the first one by its place: names that fit cases of other rank too.
fn axis_names(rank: usize) -> Vec<(usize, String)> {
    let from_end = |axis: usize| match rank - axis {
        1 => "the last axis".to_string(),
        2 => "the last axis but one".to_string(),
        places => format!("axis -{places}"),
    };
    let mut names: Vec<(usize, String)> = (0..rank).map(|axis| (axis, from_end(axis))).collect();
    names.extend((rank > 0).then(|| (0, "the first axis".to_string())));
    names
}

/// The entries moved on by `by` along an axis, those at the end to the front.
pub(super) fn rolled(x: &ArrayD<f64>, axis: usize, by: isize) -> ArrayD<f64> {
    let size = x.shape()[axis] as isize;
    let order: Vec<usize> = (0..size).map(|i| (i - by).rem_euclid(size) as usize).collect();
    x.select(Axis(axis), &order)
}

/// The entries in the opposite order along an axis.
pub(super) fn reversed(x: &ArrayD<f64>, axis: usize) -> ArrayD<f64> {
    let order: Vec<usize> = (0..x.shape()[axis]).rev().collect();
    x.select(Axis(axis), &order)
}

/// Everything 0 but one slice.
pub(super) fn only(x: &ArrayD<f64>, axis: usize, slice: usize) -> ArrayD<f64> {
    let mut kept = x * 0.0;
    kept.index_axis_mut(Axis(axis), slice)
        .assign(&x.index_axis(Axis(axis), slice));
    kept
}

/// All orders of up to 4 axes but the given one; of more axes only the exchange of the last two.
fn permutations(rank: usize) -> Vec<Vec<usize>> {
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
