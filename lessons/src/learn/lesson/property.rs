//! Trying a property on random numbers: the graph is run many times, and the expression that should be 0 is measured.

use std::collections::BTreeMap;

use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_autograd::check::finite_difference::Slope;
use tapegrad_autograd::graph::Source;

use super::evaluate::evaluate;
use super::format::Property;
use super::load::Lesson;
use super::visible::Visible;
use crate::learn::run::difference::{Agreement, agreement};
use crate::learn::run::numeral::numeral;
use crate::learn::run::record::{FiniteDifferences, RunInputs};
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
    /// What was seen in all tries together.
    pub seen: Seen,
    /// The seed of the try that was furthest from what is claimed.
    pub worst: u64,
}

/// What was measured: the worst of one try, or of several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// The largest distance from 0.
    FromZero(f64),
    /// The largest value, which should not be above 0.
    AtMost(f64),
    /// Gradients beside the derivative by differences.
    Gradients {
        /// How many entries were compared.
        compared: usize,
        /// How many could not be: a kink, or rounding hides the difference.
        left_out: usize,
        /// How many differ by more than rounding.
        wrong: usize,
        /// The largest difference.
        apart: f64,
    },
}

impl Seen {
    fn holds(self, within: f64) -> bool {
        match self {
            Self::FromZero(distance) => distance <= within,
            Self::AtMost(value) => value <= within,
            Self::Gradients { wrong, .. } => wrong == 0,
        }
    }

    /// How far it is from what is claimed.
    fn badness(self) -> f64 {
        match self {
            Self::FromZero(size) | Self::AtMost(size) => size,
            Self::Gradients { wrong, apart, .. } => wrong as f64 + apart,
        }
    }

    /// What was seen in two tries together.
    fn and(self, other: Self) -> Self {
        // A number that is none is worse than any other.
        let worse = |a: f64, b: f64| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) };
        match (self, other) {
            (Self::FromZero(a), Self::FromZero(b)) => Self::FromZero(worse(a, b)),
            (Self::AtMost(a), Self::AtMost(b)) => Self::AtMost(worse(a, b)),
            (
                Self::Gradients {
                    compared: c1,
                    left_out: l1,
                    wrong: w1,
                    apart: a1,
                },
                Self::Gradients {
                    compared: c2,
                    left_out: l2,
                    wrong: w2,
                    apart: a2,
                },
            ) => Self::Gradients {
                compared: c1 + c2,
                left_out: l1 + l2,
                wrong: w1 + w2,
                apart: worse(a1, a2),
            },
            (_, other) => other,
        }
    }

    /// What was seen, as the end of a sentence.
    fn text(self) -> String {
        match self {
            Self::FromZero(0.0) => "there was no deviation at all".into(),
            Self::FromZero(largest) => format!("the largest deviation was {}", numeral(largest)),
            Self::AtMost(largest) => format!("the largest value was {}, and the claim allows 0", numeral(largest)),
            Self::Gradients {
                compared,
                left_out,
                apart,
                ..
            } => {
                let rest = match left_out {
                    0 => String::new(),
                    count => format!("; {count} more could not be compared, at a kink or below rounding"),
                };
                format!(
                    "{compared} numbers were compared, and the largest difference was {}{rest}",
                    numeral(apart)
                )
            }
        }
    }
}

impl PropertyOutcome {
    /// True if the property held in every try.
    pub fn holds(&self) -> bool {
        self.held == self.tries
    }

    /// The outcome as a sentence.
    pub fn text(&self) -> String {
        match self.holds() {
            true => format!("held in all {} tries: {}", self.tries, self.seen.text()),
            false => format!(
                "FAILED in {} of {} tries: {}; the worst was seed {}",
                self.tries - self.held,
                self.tries,
                self.seen.text(),
                self.worst
            ),
        }
    }
}

/// Tries a property with the seeds from 1 to `tries`; the first try, with seed 0, is on the lesson's own numbers.
///
/// A property without an expression is that every gradient agrees with its differences.
///
/// **Errors** with a sentence if it cannot be evaluated.
pub fn try_out(lesson: &Lesson, property: &Property, tries: u64) -> Result<PropertyOutcome, String> {
    let one = |seed: u64| {
        let given = drawn(lesson, property, seed)?;
        Ok::<Seen, String>(match (&property.zero, &property.at_most_zero) {
            (Some(_), Some(_)) => return Err("a property has `zero` or `at_most_zero`, not both".into()),
            (Some(zero), None) => Seen::FromZero(largest(&value(lesson, property, zero, &given)?, f64::abs)),
            (None, Some(bounded)) => Seen::AtMost(largest(&value(lesson, property, bounded, &given)?, |entry| entry)),
            (None, None) => compared(&run(lesson, &given, FiniteDifferences::Taken)?),
        })
    };
    let first = one(0)?;
    let mut tried = PropertyOutcome {
        tries: tries + 1,
        held: u64::from(first.holds(property.within)),
        seen: first,
        worst: 0,
    };
    let mut worst = first.badness();
    for seed in 1..=tries {
        let seen = one(seed)?;
        tried.held += u64::from(seen.holds(property.within));
        tried.seen = tried.seen.and(seen);
        let badness = seen.badness();
        if badness > worst || (badness.is_nan() && !worst.is_nan()) {
            (worst, tried.worst) = (badness, seed);
        }
    }
    Ok(tried)
}

/// The largest entry of what is made of a value; not a number if one of them is none.
fn largest(value: &ArrayD<f64>, made: impl Fn(f64) -> f64) -> f64 {
    let larger = |largest: f64, &entry: &f64| {
        let entry = made(entry);
        if entry.is_nan() || largest.is_nan() {
            f64::NAN
        } else {
            largest.max(entry)
        }
    };
    value.iter().fold(f64::NEG_INFINITY, larger)
}

fn run(lesson: &Lesson, given: &RunInputs, differences: FiniteDifferences) -> Result<Trace, String> {
    lesson.run(given, differences)
}

/// The value of a property's expression in a run.
fn value(lesson: &Lesson, property: &Property, text: &str, given: &RunInputs) -> Result<ArrayD<f64>, String> {
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
    evaluate(text, &names)
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

/// The gradients of a run beside their differences.
fn compared(trace: &Trace) -> Seen {
    let (mut compared, mut left_out, mut wrong, mut apart) = (0, 0, 0, 0.0_f64);
    for node in &trace.nodes {
        let Some(gradient) = &node.gradient else { continue };
        for (entry, &g) in gradient.iter().enumerate() {
            let slope = node.differences.get(entry);
            match (agreement(g, slope), slope) {
                (found @ (Agreement::Agrees | Agreement::Differs), Some(Slope::Smooth { value, .. })) => {
                    compared += 1;
                    wrong += usize::from(found == Agreement::Differs);
                    apart = apart.max((value - g).abs());
                }
                _ => left_out += 1,
            }
        }
    }
    Seen::Gradients {
        compared,
        left_out,
        wrong,
        apart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_says_what_was_seen() {
        let outcome = |seen: Seen| {
            PropertyOutcome {
                tries: 21,
                held: 21,
                seen,
                worst: 0,
            }
            .text()
        };
        assert_eq!(
            outcome(Seen::FromZero(0.0)),
            "held in all 21 tries: there was no deviation at all"
        );
        assert_eq!(
            outcome(Seen::FromZero(1.0).and(Seen::FromZero(2.5e-16))),
            "held in all 21 tries: the largest deviation was 1"
        );
        assert!(outcome(Seen::AtMost(-0.25).and(Seen::AtMost(-0.5))).contains("the largest value was -0.25"));
        let one = Seen::Gradients {
            compared: 3,
            left_out: 1,
            wrong: 0,
            apart: 3e-11,
        };
        let text = outcome(one.and(one));
        assert!(
            text.contains("6 numbers were compared, and the largest difference was 3.00e-11; 2 more"),
            "{text}"
        );
    }

    #[test]
    fn a_number_that_is_none_never_holds() {
        assert!(!Seen::FromZero(f64::NAN).holds(1e-9) && !Seen::AtMost(f64::NAN).holds(1e-9));
        assert!(!Seen::FromZero(f64::NAN).and(Seen::FromZero(0.0)).holds(1e-9));
    }
}
