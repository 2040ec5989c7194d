//! Trying a property on random numbers: the graph is run many times, and the expression that should be 0 is measured.

use std::collections::BTreeMap;

use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_autograd::graph::Source;

use super::evaluate::evaluate;
use super::format::Property;
use super::load::Lesson;
use super::visible::Visible;
use crate::learn::run::difference::{Agreement, agreement};
use crate::learn::run::record::{FiniteDifferences, RunInputs, record};
use crate::learn::run::trace::Trace;

/// How often a property is tried.
pub const TRIES: u64 = 20;

/// The outcome of trying a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PropertyOutcome {
    /// How often it was tried.
    pub tries: u64,
    /// How often it held.
    pub held: u64,
    /// The largest distance from 0.
    pub largest: f64,
    /// The seed of the try with that distance.
    pub worst: u64,
}

/// Tries a property with the seeds from 1 to `tries`; the first try, with seed 0, is on the lesson's own numbers.
///
/// A property without an expression is that every gradient agrees with its differences.
///
/// **Errors** with a sentence if it cannot be evaluated.
pub fn try_out(lesson: &Lesson, property: &Property, tries: u64) -> Result<PropertyOutcome, String> {
    let mut tried = PropertyOutcome {
        tries: tries + 1,
        held: 0,
        largest: 0.0,
        worst: 0,
    };
    for seed in 0..=tries {
        let given = drawn(lesson, property, seed)?;
        let distance = match &property.zero {
            Some(zero) => distance(lesson, property, zero, &given)?,
            None => disagreement(&run(lesson, &given, FiniteDifferences::Taken)?),
        };
        tried.held += u64::from(distance <= property.within);
        if distance > tried.largest || distance.is_nan() {
            (tried.largest, tried.worst) = (distance, seed);
        }
    }
    Ok(tried)
}

fn run(lesson: &Lesson, given: &RunInputs, differences: FiniteDifferences) -> Result<Trace, String> {
    record(&lesson.program, given, differences).map_err(|error| error.to_string())
}

fn distance(lesson: &Lesson, property: &Property, zero: &str, given: &RunInputs) -> Result<f64, String> {
    let first = run(lesson, given, FiniteDifferences::Skipped)?;
    let again = match property.again.is_empty() {
        true => None,
        false => Some(run(
            lesson,
            &changed(property, &first, given)?,
            FiniteDifferences::Skipped,
        )?),
    };
    let names = Visible {
        trace: &first,
        done: usize::MAX,
        again: again.as_ref(),
    };
    let value = evaluate(zero, &names)?;
    let largest = |largest: f64, &entry: &f64| {
        if entry.is_nan() {
            f64::NAN
        } else {
            largest.max(entry.abs())
        }
    };
    Ok(value.iter().fold(0.0, largest))
}

fn changed(property: &Property, first: &Trace, given: &RunInputs) -> Result<RunInputs, String> {
    let mut changed = given.clone();
    let own: BTreeMap<String, ArrayD<f64>> = property
        .again
        .iter()
        .map(|(name, text)| Ok((name.clone(), evaluate(text, &Visible::all(first))?)))
        .collect::<Result<_, String>>()?;
    changed.values.extend(own);
    Ok(changed)
}

/// The lesson's numbers with the free ones drawn from a seed; seed 0 leaves them as they are.
fn drawn(lesson: &Lesson, property: &Property, seed: u64) -> Result<RunInputs, String> {
    let mut given = lesson.given.clone();
    if seed == 0 {
        return Ok(given);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for name in &property.free {
        let node = lesson
            .trace
            .find(name)
            .ok_or_else(|| format!("nothing here is called `{name}`"))?;
        if !matches!(
            lesson.trace.source(node),
            Source::Input | Source::Data | Source::Param(_)
        ) {
            return Err(format!("{name} is computed; only what is given can be free"));
        }
        let mut value = lesson.trace.nodes[node].value.clone();
        value.mapv_inplace(|_| rng.random_range(-2.0..2.0));
        given
            .values
            .insert(lesson.trace.graph.label(tapegrad_autograd::NodeId::new(node)), value);
    }
    Ok(given)
}

/// The share of gradient entries that differ from their differences.
fn disagreement(trace: &Trace) -> f64 {
    let (mut wrong, mut all) = (0.0, 0.0);
    for node in &trace.nodes {
        let Some(gradient) = &node.gradient else { continue };
        for (entry, &g) in gradient.iter().enumerate() {
            all += 1.0;
            wrong += f64::from(u8::from(
                agreement(g, node.differences.get(entry)) == Agreement::Differs,
            ));
        }
    }
    if all == 0.0 { 0.0 } else { wrong / all }
}
