//! Random programs that are right by construction, made from types up: they check, run for all sizes, agree with their
//! derivative, and their derivative with finite differences.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::elaborate::bind;
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::programs;
use crate::running::{opened, request};

const SIZES: [&str; 4] = ["A", "B", "C", "T"];

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
        let _ = writeln!(self.text, "    {row}[0] = {}", a.name);
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
fn program(seed: u64) -> String {
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

fn sizes(seed: u64) -> BTreeMap<String, i64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    SIZES
        .iter()
        .map(|name| ((*name).to_string(), rng.random_range(1..=4)))
        .collect()
}

fn numbers(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| numbers(item, into)),
        number => into.push(number.as_f64().unwrap_or(f64::NAN)),
    }
}

/// Every number moved by so much in a direction that has no pattern.
fn moved(value: &Value, step: f64, seed: &mut f64) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| moved(item, step, seed)).collect(),
        number => {
            *seed += 1.0;
            (number.as_f64().unwrap() + step * (*seed * 1.7).sin()).into()
        }
    }
}

fn objective(program: &Program, request: &Request) -> f64 {
    run::<f64>(program, request, Wanted::default()).unwrap()["objective"]
        .as_f64()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_program_made_from_types_up_checks_and_runs_for_all_sizes(seed in any::<u64>(), other in any::<u64>()) {
        let text = program(seed);
        let opened = open("made", &text);
        prop_assert!(opened.is_correct(), "{}\n{}", opened.render(), text);
        let made = &opened.programs[0];
        for dims in [sizes(other), sizes(other ^ 1), SIZES.iter().map(|name| ((*name).to_string(), 1)).collect()] {
            let request = request(made, dims);
            let answer = run::<f64>(made, &request, Wanted { gradients: true, trace: false });
            prop_assert!(answer.is_ok(), "{:?}\n{}", answer, text);
        }
    }

    #[test]
    fn the_gradient_of_a_random_program_is_its_slope_and_its_derivative_says_the_same(seed in any::<u64>()) {
        let text = program(seed);
        let opened = opened("made", &text);
        let made = &opened.programs[0];
        let request = request(made, sizes(seed));
        let answer = run::<f64>(made, &request, Wanted { gradients: true, trace: false }).unwrap();
        let gradients = answer["gradients"].as_object().unwrap();
        let (mut along, mut scale) = (0.0, 0.0f64);
        let mut turn = 0.0;
        for (name, value) in &request.values {
            let mut direction = Vec::new();
            numbers(&moved(&zeros(value), 1.0, &mut turn), &mut direction);
            let mut gradient = Vec::new();
            if gradients[name].is_null() {
                continue;
            }
            numbers(&gradients[name], &mut gradient);
            along += gradient.iter().zip(&direction).map(|(g, d)| g * d).sum::<f64>();
            scale = scale.max(gradient.iter().fold(0.0, |largest: f64, g| largest.max(g.abs())));
        }
        let at = |step: f64| {
            let mut turn = 0.0;
            let mut request = request.clone();
            for value in request.values.values_mut() {
                *value = moved(value, step, &mut turn);
            }
            objective(made, &request)
        };
        let numeric = (8.0 * (at(1e-4) - at(-1e-4)) - (at(2e-4) - at(-2e-4))) / 1.2e-3;
        prop_assert!((along - numeric).abs() <= 1e-6 * (1.0 + scale), "{} and {}\n{}", along, numeric, text);

        let fixed = BTreeMap::from([("T".to_string(), request.dims["T"])]);
        let derivative = derive(made, &fixed).unwrap();
        let backward = open("derivative", &derivative.text);
        prop_assert!(backward.is_correct(), "{}\n{}\n{}", backward.render(), derivative.text, text);
        let mut given = request.clone();
        given.dims.remove("T");
        let values = run::<f64>(&backward.programs[0], &given, Wanted::default());
        prop_assert!(values.is_ok(), "{:?}\n{}", values, derivative.text);
        let values = values.unwrap();
        for (of, own) in &derivative.gradients {
            let (mut by_tape, mut by_text) = (Vec::new(), Vec::new());
            numbers(&gradients[of], &mut by_tape);
            numbers(&values["values"][own], &mut by_text);
            prop_assert_eq!(by_tape.len(), by_text.len());
            for (a, b) in by_tape.iter().zip(&by_text) {
                prop_assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{}: {} and {}\n{}", of, a, b, derivative.text);
            }
        }
    }

    #[test]
    fn what_is_checked_never_meets_a_shape_error_even_if_nobody_meant_it(
        program in 0..19usize, seed in any::<u64>(),
        changes in prop::collection::vec((0..10_000usize, 0..10_000usize, 0..3u8), 1..4)
    ) {
        let all = programs::all();
        let text = crate::robustness::changed(&all[program % all.len()].1, &changes);
        let opened = open("changed", &text);
        for program in &opened.programs {
            let free = program.dims.iter().filter(|dim| dim.value.is_none());
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let dims: BTreeMap<String, i64> =
                free.map(|dim| (dim.name.to_string(), rng.random_range(1..=4))).collect();
            if bind(program, &dims).is_err() {
                continue;
            }
            let graph = graph_of(program, &dims);
            prop_assert!(graph.is_ok(), "{:?}\n{:?}\n{}", graph.err(), dims, text);
        }
    }
}

fn zeros(like: &Value) -> Value {
    match like {
        Value::Array(items) => items.iter().map(zeros).collect(),
        _ => 0.0.into(),
    }
}
