//! Programs of the docs give the numbers of PyTorch, which `tests/oracle/programs.py` computed by the papers' formulas.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::deriving::{WITH_GRADIENTS, has_loop, loop_sizes, numbers, plain, renamed};
use crate::programs;
use crate::running::opened;

/// How far an entry may be from the stored one, as a share of the array's largest: both add in other orders, and a twin
/// takes another route, such as all paths of a Markov model; the worst of all today is some 1e-13.
const TOLERANCE: f64 = 1e-10;

/// A stored file.
#[derive(Deserialize)]
struct Stored {
    program: String,
    cases: Vec<Answer>,
}

/// The answer of a program at one setting of sizes.
#[derive(Deserialize)]
struct Answer {
    #[serde(skip)]
    program: String,
    dims: BTreeMap<String, i64>,
    values: BTreeMap<String, Value>,
    objective: f64,
    gradients: BTreeMap<String, Value>,
}

impl Answer {
    fn request(&self) -> Request {
        Request {
            dims: self.dims.clone(),
            values: self.values.clone(),
            ..Request::default()
        }
    }
}

fn stored() -> Vec<Answer> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/programs");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |path: PathBuf| -> Stored { serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() };
    let cases = |Stored { program, cases }| {
        let named = move |case| Answer {
            program: String::clone(&program),
            ..case
        };
        cases.into_iter().map(named)
    };
    files.into_iter().map(read).flat_map(cases).collect()
}

/// The names of the programs that have at least two stored answers, at different sizes.
pub fn names() -> BTreeSet<String> {
    let mut settings: BTreeMap<String, BTreeSet<BTreeMap<String, i64>>> = BTreeMap::new();
    for answer in stored() {
        settings.entry(answer.program).or_default().insert(answer.dims);
    }
    let enough = settings.into_iter().filter(|(_, settings)| settings.len() > 1);
    enough.map(|(name, _)| name).collect()
}

/// The difference of two arrays as a share of the largest stored entry.
fn difference(own: &Value, stored: &Value) -> f64 {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    numbers(own, &mut left);
    numbers(stored, &mut right);
    assert_eq!(left.len(), right.len());
    let largest = right.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()));
    let apart = left.iter().zip(&right).map(|(own, stored)| (own - stored).abs());
    // Not f64::max, which forgets a difference that is not a number.
    apart.fold(
        0.0,
        |most: f64, one| if most.is_nan() || one <= most { most } else { one },
    ) / largest.max(f64::MIN_POSITIVE)
}

fn assert_near(what: &str, own: &Value, stored: &Value) {
    let difference = difference(own, stored);
    assert!(difference <= TOLERANCE, "{what}: {difference:e}\n{own}\n{stored}");
}

fn text(name: &str) -> String {
    std::fs::read_to_string(programs::folder().join(format!("{name}.cg"))).unwrap()
}

#[test]
fn every_program_with_a_stored_answer_gives_its_objective_and_its_gradients() {
    for answer in stored() {
        let name = &answer.program;
        let opened = opened(name, &text(name));
        let own = run::<f64>(&opened.programs[0], &answer.request(), WITH_GRADIENTS)
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_near(name, &own["objective"], &answer.objective.into());
        let gradients = own["gradients"].as_object().unwrap();
        let named: BTreeSet<&String> = gradients.keys().collect();
        assert_eq!(named, answer.gradients.keys().collect(), "{name}");
        for (value, gradient) in gradients {
            assert_near(&format!("{name}: {value}"), gradient, &answer.gradients[value]);
        }
    }
}

/// Runs the derivative with some sizes fixed, and compares all gradients.
fn assert_derived(answer: &Answer, program: &Program, fixed: &BTreeMap<String, i64>) {
    let name = &answer.program;
    let derivative = derive(program, fixed).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let backward = opened(name, &derivative.text);
    let request = renamed(&answer.request(), fixed);
    let own = run::<f64>(&backward.programs[0], &request, Wanted::default())
        .unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", derivative.text));
    assert_eq!(derivative.gradients.len(), answer.gradients.len(), "{name}");
    for (value, gradient) in &answer.gradients {
        let (_, output) = derivative.gradients.iter().find(|(of, _)| *of == plain(value)).unwrap();
        let what = format!("{name} at {fixed:?}: {value}\n{}", derivative.text);
        assert_near(&what, &own["values"][output], gradient);
    }
}

#[test]
fn the_derivative_of_every_program_gives_the_stored_gradients_with_its_loops_unrolled() {
    for answer in stored() {
        let opened = opened(&answer.program, &text(&answer.program));
        let program = &opened.programs[0];
        assert_derived(&answer, program, &loop_sizes(program, &answer.dims));
    }
}

/// Programs whose loops stay loops in the derivative.
#[test]
fn the_derivative_with_loops_gives_the_stored_gradients() {
    let mut kept = BTreeSet::new();
    for answer in stored() {
        let opened = opened(&answer.program, &text(&answer.program));
        let program = &opened.programs[0];
        let can_be_kept = has_loop(program) && derive(program, &BTreeMap::new()).is_ok();
        if can_be_kept {
            assert_derived(&answer, program, &BTreeMap::new());
            kept.insert(answer.program);
        }
    }
    assert!(kept.contains("actor_critic"), "{kept:?}");
}

#[test]
fn one_digit_of_a_stored_gradient_decides() {
    assert!(difference(&serde_json::json!([1.0, 2.0]), &serde_json::json!([1.0, 2.0 + 1e-9])) > TOLERANCE);
    assert!(difference(&serde_json::json!([f64::NAN, 2.0]), &serde_json::json!([1.0, 2.0])).is_nan());
}
