//! Generated programs: the derivative checks, has the gradients of the tape, and its own derivative is the product of the
//! Hessian with a vector: the gradient of the derivative by the tape and, without kinks, the tape in dual numbers.
//!
//! `GENERATED_PROGRAMS=20000` sets how many there are, `GENERATED_FROM` the number of the first.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tapegrad_autograd::language::derive::{Derivative, derive};
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::deriving::{WITH_GRADIENTS, numbers, plain, renamed};
use crate::deriving_twice::{direction, reverse_over_dual};
use crate::generated::{Generated, generated, values};
use crate::programs::from_environment;

/// A gradient may differ by this part of the largest number among the gradients of its program, or of 1: both routes
/// round in another order, and what cancels in one entry has the size of the others.
const TOLERANCE: f64 = 1e-9;

/// What became of the programs.
#[derive(Debug, Default)]
struct Tally {
    programs: usize,
    derived: usize,
    derived_twice: usize,
    refused: usize,
    not_run: usize,
}

/// All numbers of a run's answer; the largest finite one sets the scale.
fn flat(value: &Value) -> Vec<f64> {
    let mut all = Vec::new();
    numbers(value, &mut all);
    all
}

fn scale<'v>(all: impl Iterator<Item = &'v Value>) -> f64 {
    let numbers = all.flat_map(flat).filter(|number| number.is_finite());
    numbers.fold(1.0, |largest, number| largest.max(number.abs()))
}

fn differ(expected: &Value, own: &Value, scale: f64) -> Option<String> {
    let (expected, own) = (flat(expected), flat(own));
    if expected.len() != own.len() {
        return Some(format!("{} numbers and {}", expected.len(), own.len()));
    }
    let apart = |(a, b): &(&f64, &f64)| !(a.is_nan() && b.is_nan() || (**a - **b).abs() <= TOLERANCE * scale);
    let found = expected.iter().zip(&own).find(apart);
    found.map(|(a, b)| format!("{a} by the tape, {b} by the derivative, of size {scale}"))
}

/// The derivative of a program and its second, compared with the tape.
struct Comparison<'c> {
    program: &'c Program,
    request: &'c Request,
    /// True if its second derivative exists everywhere, so that dual numbers have it too.
    smooth: bool,
    gradients: &'c BTreeMap<String, Value>,
    fixed: BTreeMap<String, i64>,
}

impl Comparison<'_> {
    fn gradients(&self, derivative: &Derivative) -> Result<(), String> {
        let backward = open("derivative", &derivative.text);
        if !backward.is_correct() {
            return Err(format!("does not check\n{}\n{}", backward.render(), derivative.text));
        }
        let request = renamed(self.request, &self.fixed);
        let answer = run::<f64>(&backward.programs[0], &request, Wanted::default());
        let answer = answer.map_err(|error| format!("does not run: {error:?}\n{}", derivative.text))?;
        let expected = self
            .gradients
            .iter()
            .map(|(name, value)| (plain(name), value.clone()))
            .collect();
        same_gradients(derivative, &answer, &expected).map_err(|why| format!("{why}\n{}", derivative.text))
    }

    /// The second derivative; false if it is refused with the advice to unroll a loop, as the first may be.
    fn second(&self, once: &Derivative) -> Result<bool, String> {
        let first = open("derivative", &once.text);
        let twice = derive(&first.programs[0], &BTreeMap::new());
        if let Err(error) = &twice
            && self.fixed.is_empty()
            && error.help.as_ref().is_some_and(|help| help.starts_with("unroll it"))
        {
            return Ok(false);
        }
        let twice = twice.map_err(|error| format!("cannot be derived again: {error:?}\n{}", once.text))?;
        let second = open("second", &twice.text);
        if !second.is_correct() {
            return Err(format!(
                "its derivative does not check\n{}\n{}\n{}",
                second.render(),
                twice.text,
                once.text
            ));
        }
        let request = renamed(self.request, &self.fixed);
        let mut given = request.clone();
        let mut seed = 0.0;
        let mut v = BTreeMap::new();
        let once_of: BTreeMap<&str, &str> = once
            .gradients
            .iter()
            .map(|(of, own)| (of.as_str(), own.as_str()))
            .collect();
        let names: BTreeMap<String, &String> = self.gradients.keys().map(|name| (plain(name), name)).collect();
        let seeds = twice.seeds.iter();
        let seeds: BTreeMap<&str, &str> = seeds.map(|(output, input)| (output.as_str(), input.as_str())).collect();
        for (of, gradient) in &once.gradients {
            let weights = direction(&request.values[of], &mut seed);
            v.insert(of.clone(), weights.clone());
            if let Some(input) = seeds.get(gradient.as_str()) {
                given.values.insert((*input).to_string(), weights);
            }
        }
        let answer = run::<f64>(&second.programs[0], &given, Wanted::default());
        let answer = answer.map_err(|error| format!("its derivative does not run: {error:?}\n{}", twice.text))?;
        let by_tape = self.gradient_of(
            &first.programs[0],
            &request,
            v.iter().map(|(of, weights)| (once_of[of.as_str()], weights)),
        )?;
        let said = |why: String| format!("second, {why}\n{}\n{}", twice.text, once.text);
        same_gradients(&twice, &answer, &by_tape).map_err(said)?;
        if self.smooth {
            let raw = names
                .iter()
                .filter_map(|(own, name)| Some(((*name).clone(), v.get(own)?.clone())));
            let raw = raw.collect();
            let dual = reverse_over_dual(self.program, self.request, &raw);
            let dual = dual.into_iter().map(|(name, value)| (plain(&name), value)).collect();
            same_gradients(&twice, &answer, &dual).map_err(|why| format!("dual, {}", said(why)))?;
        }
        Ok(true)
    }

    /// The gradients of a derivative by the tape, its outputs weighed.
    fn gradient_of<'v>(
        &self,
        first: &Program,
        request: &Request,
        weights: impl Iterator<Item = (&'v str, &'v Value)>,
    ) -> Result<BTreeMap<String, Value>, String> {
        let mut request = request.clone();
        request.cotangents = weights.map(|(name, value)| (name.to_string(), value.clone())).collect();
        let answer =
            run::<f64>(first, &request, WITH_GRADIENTS).map_err(|error| format!("no second run: {error:?}"))?;
        Ok(existing(&answer))
    }
}

/// The gradients of an answer that exist.
fn existing(answer: &Value) -> BTreeMap<String, Value> {
    let all = answer["gradients"].as_object().unwrap().iter();
    all.filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The gradients of the answer are the expected ones. One that the other route does not have is 0: a loop may have no
/// round for these sizes, or a first derivative may not depend on the value.
fn same_gradients(derivative: &Derivative, answer: &Value, expected: &BTreeMap<String, Value>) -> Result<(), String> {
    let scale = scale(expected.values());
    let own: BTreeSet<&String> = derivative.gradients.iter().map(|(of, _)| of).collect();
    if let Some(missing) = expected.keys().find(|name| !own.contains(name)) {
        return Err(format!("no gradient of {missing}"));
    }
    for (of, name) in &derivative.gradients {
        let own = &answer["values"][name];
        let why = match expected.get(of) {
            Some(expected) => differ(expected, own, scale),
            None => flat(own)
                .iter()
                .any(|number| *number != 0.0)
                .then(|| format!("{own} and not 0")),
        };
        if let Some(why) = why {
            return Err(format!("{name}: {why}"));
        }
    }
    Ok(())
}

fn compare(made: &Generated, seed: u64, tally: &mut Tally) -> Result<(), String> {
    let opened = open("made", &made.text);
    if !opened.is_correct() {
        return Err(opened.render());
    }
    let program = &opened.programs[0];
    let request = values(made, program, seed);
    tally.programs += 1;
    let Ok(answer) = run::<f64>(program, &request, WITH_GRADIENTS) else {
        tally.not_run += 1;
        return Ok(());
    };
    let gradients = existing(&answer);
    let mut ways = vec![BTreeMap::new()];
    if !made.loop_sizes.is_empty() {
        ways.push(made.unrolling());
    }
    for fixed in ways {
        let derivative = match derive(program, &fixed) {
            Ok(derivative) => derivative,
            Err(_) if gradients.is_empty() => continue,
            Err(_) if fixed.is_empty() && made.must_unroll => {
                tally.refused += 1;
                continue;
            }
            Err(error) => return Err(format!("{fixed:?}: {error:?}")),
        };
        let comparison = Comparison {
            program,
            request: &request,
            smooth: made.smooth,
            gradients: &gradients,
            fixed: fixed.clone(),
        };
        comparison
            .gradients(&derivative)
            .map_err(|why| format!("{fixed:?}: {why}"))?;
        tally.derived += 1;
        let twice = comparison.second(&derivative);
        if twice.map_err(|why| format!("{fixed:?}: {why}"))? {
            tally.derived_twice += 1;
        } else {
            tally.refused += 1;
        }
    }
    Ok(())
}

#[test]
fn derivatives_of_generated_programs_are_those_of_the_tape() {
    let first = from_environment("GENERATED_FROM", 0);
    let count = from_environment("GENERATED_PROGRAMS", 1000);
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for seed in first..first + count {
        let made = generated(seed);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| compare(&made, seed, &mut tally)));
        let why = match result {
            Ok(Ok(())) => continue,
            Ok(Err(why)) => why,
            Err(_) => "panics".to_string(),
        };
        wrong.push((seed, made.text.clone(), why));
    }
    println!("{tally:?}");
    wrong.sort_by_key(|(_, text, why)| text.len() + why.len());
    for (seed, text, why) in wrong.iter().take(from_environment("GENERATED_SHOWN", 3) as usize) {
        println!("program {seed}\n{text}{why}\n");
    }
    assert!(wrong.is_empty(), "{} of {count} programs are wrong", wrong.len());
    assert!(tally.not_run * 50 <= tally.programs, "{tally:?}");
    assert!(tally.refused * 3 <= tally.programs, "{tally:?}");
}
