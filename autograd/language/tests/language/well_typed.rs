//! Random programs that are correct by construction: each line is drawn to fit the types of the values before it.

use std::collections::BTreeMap;
use std::fmt::Write;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// The sizes of every program.
pub const SIZES: [&str; 4] = ["A", "B", "C", "T"];

/// A value of the program: its name and its axes.
#[derive(Clone, Debug)]
struct Known {
    name: String,
    axes: Vec<&'static str>,
}

/// Writes a program, one well-typed line after another.
struct Author {
    rng: ChaCha8Rng,
    known: Vec<Known>,
    text: String,
    lines: usize,
}

impl Author {
    fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// Some axes in random order, no two of the same name.
    fn axes(&mut self, most: usize) -> Vec<&'static str> {
        let mut axes: Vec<&str> = SIZES.to_vec();
        (0..axes.len()).for_each(|i| {
            let j = self.below(SIZES.len());
            axes.swap(i, j);
        });
        axes.truncate(self.below(most + 1));
        axes
    }

    fn value(&mut self) -> Known {
        let place = self.below(self.known.len());
        self.known[place].clone()
    }

    /// A value that meets a condition.
    fn value_with(&mut self, meets: impl Fn(&Known) -> bool) -> Option<Known> {
        let fitting: Vec<Known> = self.known.iter().filter(|one| meets(one)).cloned().collect();
        (!fitting.is_empty()).then(|| self.one_of(&fitting))
    }

    fn define(&mut self, axes: Vec<&'static str>, formula: &str) {
        self.lines += 1;
        let name = format!("v{}", self.lines);
        let _ = writeln!(self.text, "    {name} = {formula}");
        self.known.push(Known { name, axes });
    }

    /// One line; nothing if no value fits what was drawn.
    fn line(&mut self) -> Option<()> {
        let a = self.value();
        match self.below(12) {
            0 | 1 => {
                let forms = [
                    "tanh(X)",
                    "sigmoid(X)",
                    "silu(X)",
                    "gelu(X)",
                    "gelu_tanh(X)",
                    "exp(tanh(X))",
                    "-X",
                    "sqrt(1 + X^2)",
                    "log(2 + tanh(X))",
                    "tanh(X)^3",
                    "X / (1 + X^2)",
                    "(1.5 + sigmoid(X))^-2",
                ];
                let formula = self.one_of(&forms).replace('X', &a.name);
                self.define(a.axes, &formula);
            }
            2 | 3 => {
                let part = |one: &Known| is_part(&one.axes, &a.axes);
                let b = self.value_with(part)?;
                let sign = self.one_of(&["+", "-", "*"]);
                let [l, r] = if self.below(2) == 0 { [&a, &b] } else { [&b, &a] };
                let formula = format!("tanh({}) {sign} {}", l.name, r.name);
                self.define(a.axes.clone(), &formula);
            }
            4 => {
                let axis = *a.axes.first()?;
                let axis = if self.below(2) == 0 { axis } else { *a.axes.last()? };
                let reducer = self.one_of(&["sum", "mean", "logsumexp"]);
                let rest = a.axes.iter().copied().filter(|own| *own != axis).collect();
                self.define(rest, &format!("{reducer}({}, over {axis})", a.name));
            }
            5 => {
                let axis = *a.axes.last()?;
                let along = self.one_of(&["softmax", "log_softmax", "cumsum"]);
                self.define(a.axes.clone(), &format!("{along}({}, over {axis})", a.name));
            }
            6 | 7 => {
                let inner = *a.axes.last()?;
                let meets = |one: &Known| {
                    let free = one.axes.iter().skip(1).all(|axis| !a.axes.contains(axis));
                    one.axes.first() == Some(&inner) && one.axes.len() <= 2 && free
                };
                let b = self.value_with(meets)?;
                let axes: Vec<&str> = a.axes[..a.axes.len() - 1].iter().chain(&b.axes[1..]).copied().collect();
                self.define(axes, &format!("tanh({}) @ tanh({})", a.name, b.name));
            }
            8 => {
                let mut axes = a.axes.clone();
                let last = axes.len().checked_sub(2)?;
                axes.swap(last, last + 1);
                self.define(axes, &format!("{}.T", a.name));
            }
            9 => {
                let (first, rest) = a.axes.split_first()?;
                let rest = rest.to_vec();
                let place = if self.below(2) == 0 { "1" } else { first };
                self.define(rest, &format!("{}[{place}]", a.name));
            }
            10 => {
                let free = |one: &Known| one.axes.len() <= 2 && one.axes.iter().all(|axis| !a.axes.contains(axis));
                let b = self.value_with(free).filter(|_| (1..=2).contains(&a.axes.len()))?;
                self.outer(&a, &b);
            }
            _ => self.recurrence(&a)?,
        }
        Some(())
    }

    /// `v[a, b] = x[a] * y[b]`.
    fn outer(&mut self, a: &Known, b: &Known) {
        let index = |axis: &&str| axis.to_lowercase();
        let at = |one: &Known| -> String {
            let indices: Vec<String> = one.axes.iter().map(index).collect();
            if indices.is_empty() {
                one.name.clone()
            } else {
                format!("{}[{}]", one.name, indices.join(", "))
            }
        };
        let axes: Vec<&'static str> = a.axes.iter().chain(&b.axes).copied().collect();
        self.lines += 1;
        let name = format!("v{}", self.lines);
        let indices: Vec<String> = axes.iter().map(index).collect();
        let _ = writeln!(
            self.text,
            "    {name}[{}] = tanh({}) * {}",
            indices.join(", "),
            at(a),
            at(b)
        );
        self.known.push(Known { name, axes });
    }

    /// A loop over time whose states become one array.
    fn recurrence(&mut self, a: &Known) -> Option<()> {
        if a.axes.contains(&"T") || a.axes.len() > 2 {
            return None;
        }
        self.lines += 1;
        let row = format!("r{}", self.lines);
        let drive = self.value_with(|one| one.axes.first() == Some(&"T") && is_part(&one.axes[1..], &a.axes));
        let drive = drive.map_or(String::new(), |drive| format!(" + {}[t]", drive.name));
        let shape = a.axes.join(", ");
        let start = match self.below(3) {
            0 if shape.is_empty() => "0".to_string(),
            0 => format!("broadcast(0, to => [{shape}])"),
            _ => a.name.clone(),
        };
        let _ = writeln!(self.text, "    {row}[0] = {start}");
        let _ = writeln!(
            self.text,
            "    for t = 1..T {{ {row}[t] = tanh({row}[t-1] * 0.7{drive}) }}"
        );
        let axes = std::iter::once("T").chain(a.axes.iter().copied()).collect();
        self.known.push(Known { name: row, axes });
        Some(())
    }
}

fn is_part(part: &[&str], of: &[&str]) -> bool {
    let mut rest = of.iter();
    part.iter().all(|axis| rest.any(|other| other == axis))
}

/// A random program that is right by construction.
pub fn program(seed: u64) -> String {
    let mut author = Author {
        rng: ChaCha8Rng::seed_from_u64(seed),
        known: Vec::new(),
        text: String::from("graph made {\n    dim A, B, C, T\n"),
        lines: 0,
    };
    for i in 0..4 {
        let axes = author.axes(3);
        let shape = if axes.is_empty() {
            String::new()
        } else {
            format!("[{}]", axes.join(", "))
        };
        let kind = if i % 2 == 0 { "input" } else { "param" };
        let _ = writeln!(author.text, "    {kind} x{i}{shape}");
        author.known.push(Known {
            name: format!("x{i}"),
            axes,
        });
    }
    let wanted = 3 + author.below(8);
    (0..wanted).for_each(|_| {
        let _ = author.line();
    });
    let parts: Vec<String> = author
        .known
        .iter()
        .map(|one| match one.axes.as_slice() {
            [] => format!("tanh({})", one.name),
            axes => format!("sum(tanh({}), over {})", one.name, axes.join(", ")),
        })
        .collect();
    author.text + &format!("    J = {}\n    minimize J\n}}\n", parts.join(" + "))
}

/// A random number for each size.
pub fn sizes(seed: u64) -> BTreeMap<String, i64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    SIZES
        .iter()
        .map(|name| ((*name).to_string(), rng.random_range(1..=4)))
        .collect()
}
