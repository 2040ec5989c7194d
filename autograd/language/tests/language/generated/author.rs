//! What is known while a program is written: its sizes, its values, and the names in use.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::Generated;

/// An axis: what it is called, and its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    pub label: String,
    pub size: String,
}

impl Axis {
    pub fn of(size: &str) -> Self {
        Self {
            label: size.to_string(),
            size: size.to_string(),
        }
    }

    pub fn written(&self) -> String {
        if self.label == self.size {
            self.size.clone()
        } else {
            format!("{}:{}", self.label, self.size)
        }
    }
}

/// A value that an expression may use: how it is written, and its axes.
#[derive(Clone, Debug)]
pub struct Known {
    pub name: String,
    pub axes: Vec<Axis>,
}

/// Writes a program, one correct line after another.
pub struct Author {
    pub rng: ChaCha8Rng,
    pub known: Vec<Known>,
    pub modules: String,
    pub text: String,
    pub sizes: BTreeMap<String, i64>,
    pub loop_sizes: BTreeSet<String>,
    pub must_unroll: bool,
    /// True if no function with a kink is to be used.
    pub smooth: bool,
    /// The sizes that axes of values have.
    pub axis_sizes: Vec<&'static str>,
    taken: BTreeSet<String>,
    count: usize,
}

/// Names that derived programs use, or might.
const CLASHING: [&str; 36] = [
    "x_row",
    "t1",
    "t2",
    "i1",
    "i2",
    "kept_row",
    "kept",
    "v_x",
    "x_read",
    "h_row",
    "h_read",
    "w_part",
    "x_part",
    "value_row",
    "value_part",
    "one",
    "other",
    "rows",
    "g2_x",
    "t3",
    "h_1",
    "h_2",
    "h_0",
    "x_1",
    "h_row_2",
    "z_row",
    "g",
    "t4",
    "i3",
    "position",
    "sum",
    "relu",
    "abs",
    "broadcast",
    "engine",
    "g2_v_x",
];

/// Those that are functions too.
const FUNCTIONS: [&str; 4] = ["sum", "relu", "abs", "broadcast"];

impl Author {
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let smooth = rng.random_bool(0.5);
        let most = rng.random_range(2..=4);
        let equal = rng.random_bool(0.25).then(|| rng.random_range(1..=3));
        let size = |rng: &mut ChaCha8Rng| equal.unwrap_or_else(|| rng.random_range(1..=most));
        let mut sizes = BTreeMap::new();
        for name in ["A", "B", "T", "K", "L"] {
            sizes.insert(name.to_string(), size(&mut rng));
        }
        // A window is no longer than what it goes over.
        let [t, k] = ["T", "K"].map(|name| sizes[name]);
        sizes.insert("T".to_string(), t.max(k));
        Self {
            rng,
            known: Vec::new(),
            modules: String::new(),
            text: String::new(),
            sizes,
            loop_sizes: BTreeSet::new(),
            must_unroll: false,
            smooth,
            axis_sizes: vec!["A", "B", "T"],
            taken: BTreeSet::new(),
            count: 0,
        }
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    pub fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    pub fn chance(&mut self, chance: f64) -> bool {
        self.rng.random_bool(chance)
    }

    pub fn say(&mut self, line: &str) {
        let _ = writeln!(self.text, "    {line}");
    }

    /// A new name; one in three is a name that a derivative might choose.
    pub fn fresh(&mut self, letter: &str) -> String {
        if self.chance(0.33) {
            let name = self.one_of(&CLASHING).to_string();
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
        loop {
            let name = match self.count {
                0 => letter.to_string(),
                count => format!("{letter}{count}"),
            };
            self.count += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// A new name for a layer, which hides a function of the same name.
    pub fn fresh_layer(&mut self, letter: &str) -> String {
        loop {
            let name = self.fresh(letter);
            if !FUNCTIONS.contains(&name.as_str()) {
                return name;
            }
        }
    }

    pub fn keep(&mut self, name: String, axes: Vec<Axis>) {
        self.known.push(Known { name, axes });
    }

    /// Some axes in random order, no two of one name; now and then one of them has a name of its own.
    pub fn axes(&mut self, most: usize) -> Vec<Axis> {
        let mut sizes = self.axis_sizes.clone();
        for i in 0..sizes.len() {
            let j = self.below(sizes.len());
            sizes.swap(i, j);
        }
        sizes.truncate(self.below(most + 1));
        let mut axes: Vec<Axis> = sizes.into_iter().map(Axis::of).collect();
        if axes.len() > 1 && self.chance(0.1) {
            axes[1] = Axis {
                label: "q".to_string(),
                size: axes[0].size.clone(),
            };
        }
        axes
    }

    /// The sizes, inputs, parameters and constants.
    pub fn declare(&mut self) {
        let mut derived = Vec::new();
        for (name, formula) in [("S", "T - K + 1"), ("U", "T + K"), ("F", "2 * A"), ("P", "A * B")] {
            if self.chance(0.25) {
                derived.push(format!("{name} = {formula}"));
                self.axis_sizes.push(name);
            }
        }
        self.taken
            .extend(["A", "B", "T", "K", "L", "S", "U", "F", "P", "q"].map(str::to_string));
        let mut dims = vec!["A", "B", "T", "K", "L"]
            .into_iter()
            .map(str::to_string)
            .collect::<Vec<_>>();
        dims.extend(derived);
        self.say(&format!("dim {}", dims.join(", ")));
        self.say("require T >= K");
        for i in 0..6 {
            let axes = self.axes(2 + i % 2);
            let name = self.fresh("x");
            let shape = shape(&axes);
            match i {
                0 | 4 => self.say(&format!("input {name}{shape}")),
                1 => self.say(&format!("input {name}{shape}: data")),
                2 if self.chance(0.3) => {
                    let value = self.one_of(&["0", "0.5", "-1", "2"]);
                    self.say(&format!("const {name}{shape} = {value}"));
                }
                _ => self.say(&format!("param {name}{shape} ~ normal(0, 1)")),
            }
            self.keep(name, axes);
        }
    }

    /// The objective: a sum over several values, mostly over the last ones.
    pub fn objective(&mut self) {
        let mut parts = Vec::new();
        for (back, one) in self.known.clone().into_iter().rev().enumerate() {
            if back > 0 && self.chance(0.4) {
                continue;
            }
            let squashed = match self.below(4) {
                0 => one.name.clone(),
                1 if !self.smooth => format!("abs({})", one.name),
                _ => format!("tanh({})", one.name),
            };
            let labels: Vec<String> = one.axes.iter().map(|axis| axis.label.clone()).collect();
            parts.push(if labels.is_empty() {
                squashed
            } else {
                let reducers = ["sum", "sum", "mean", "max"];
                let reducer = self.one_of(&reducers[..if self.smooth { 3 } else { 4 }]);
                format!("{reducer}({squashed}, over {})", labels.join(", "))
            });
        }
        let name = self.fresh("J");
        self.say(&format!("{name} = {}", parts.join(" + ")));
        let direction = self.one_of(&["minimize", "maximize"]);
        self.say(&format!("{direction} {name}"));
    }

    pub fn finish(self, tied: bool) -> Generated {
        Generated {
            text: format!("{}graph made {{\n{}}}\n", self.modules, self.text),
            sizes: self.sizes,
            loop_sizes: self.loop_sizes,
            must_unroll: self.must_unroll,
            smooth: self.smooth,
            tied,
        }
    }
}

/// `[A, q:B]`, or nothing for a single number.
pub fn shape(axes: &[Axis]) -> String {
    if axes.is_empty() {
        return String::new();
    }
    let axes: Vec<String> = axes.iter().map(Axis::written).collect();
    format!("[{}]", axes.join(", "))
}

/// True if the axes are some of the others, in the same order.
pub fn is_part(part: &[Axis], of: &[Axis]) -> bool {
    let mut rest = of.iter();
    part.iter().all(|axis| rest.any(|other| other == axis))
}
