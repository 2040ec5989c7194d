//! The mutation score of the checker: how many planted mistakes it finds, and how many it names.
//!
//! A mutant that gives the right gradient on all draws is equivalent and does not count. A diagnosis is right if it
//! names the mutation, or if what it says gives the mutant's numbers on draws that the diagnosis has not seen; it is
//! wrong but confident if it does not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::diagnosis::diagnose::{Diagnosis, SAME, diagnose, is_one, is_wrong};
use crate::diagnosis::fitted::fitted;
use crate::diagnosis::shrink::{real_numbers, small_cases};
use crate::diagnosis::symptom::Symptom;
use crate::evaluation::Evaluation;
use crate::evaluation::options::{SIZES, seed_of};
use crate::evaluation::prepared_case::PreparedCase;
use crate::function::expanded_graph::GraphEdit;
use crate::mistakes::hypotheses::residual_above;
use crate::mutants::mutant::Mutant;
use crate::mutants::mutation::{MUTATIONS, Mutation};
use crate::subject::Subject;
use crate::verdict::faults::{Cause, faults};
use crate::verdict::judge::{EntryVerdict, judge_operand};
use crate::witness::reference::{FULL, JACOBIAN};

/// The score of one subject, or of all together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MutationScore {
    /// The name of the subject.
    pub name: String,
    /// Mutants that differ from the right gradient.
    pub mutants: usize,
    /// Mutants that give the right gradient on all draws.
    pub equivalent: usize,
    /// Mutants that the protocol found wrong.
    pub killed: usize,
    /// Killed mutants whose mutation the first diagnosis names.
    pub named: usize,
    /// Killed mutants whose first diagnosis names the mutation or is the same function.
    pub right_first: usize,
    /// Killed mutants without a diagnosis.
    pub unknown: usize,
    /// Killed mutants whose diagnosis is another function than the mutant.
    pub wrong_confident: usize,
    /// The sizes of the smallest examples, in numbers.
    pub sizes: Vec<usize>,
    /// Mutants that survived, or were named wrongly.
    pub remarks: Vec<String>,
}

impl MutationScore {
    /// The median number of numbers in the smallest examples.
    pub fn size_median(&self) -> usize {
        let mut sizes = self.sizes.clone();
        sizes.sort_unstable();
        sizes.get(sizes.len() / 2).copied().unwrap_or(0)
    }

    /// Adds the score of another subject.
    pub fn add(&mut self, other: &Self) {
        self.mutants += other.mutants;
        self.equivalent += other.equivalent;
        self.killed += other.killed;
        self.named += other.named;
        self.right_first += other.right_first;
        self.unknown += other.unknown;
        self.wrong_confident += other.wrong_confident;
        self.sizes.extend(&other.sizes);
        self.remarks.extend(other.remarks.iter().cloned());
    }
}

/// How long one call into a mutant may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Cases for the verdict and the diagnosis, and fresh ones that a diagnosis is proven on.
const CASES: (u64, u64) = (24, 6);
/// How many of the cases a diagnosis is made on.
const DRAWS: usize = 8;

/// The mutation score of one subject.
pub fn mutation_score(subject: &Arc<dyn Subject>, seed: u64) -> MutationScore {
    let draw = |from: u64, count: u64, coverage| -> Vec<PreparedCase> {
        let prepared = |i: u64| {
            PreparedCase::draw(
                subject,
                seed_of(seed, from + i),
                SIZES[i as usize % SIZES.len()],
                coverage,
            )
        };
        (0..count).filter_map(|i| prepared(i).ok()).collect()
    };
    let field = MutantTrials {
        cases: draw(0, CASES.0, FULL),
        fresh: draw(500, CASES.1, JACOBIAN),
        small: small_cases(subject, seed),
    };
    let mut score = MutationScore {
        name: subject.name(),
        ..MutationScore::default()
    };
    for (operand, mutation) in mutations(&field) {
        let mutant: Arc<dyn Subject> = Arc::new(Mutant {
            subject: Arc::clone(subject),
            operand: operand.clone(),
            mutation: mutation.clone(),
        });
        field.try_mutant(&mutant, &operand, &mutation, &mut score);
    }
    score
}

/// Everything that can be planted in a subject: the general mutations, and one for each edge of its graph.
pub fn mutations_of(subject: &Arc<dyn Subject>, seed: u64) -> Vec<(String, Mutation)> {
    let prepared = |i: u64| PreparedCase::draw(subject, seed_of(seed, i), SIZES[i as usize % SIZES.len()], JACOBIAN);
    let cases = (0..DRAWS as u64).filter_map(|i| prepared(i).ok()).collect();
    mutations(&MutantTrials {
        cases,
        fresh: Vec::new(),
        small: Vec::new(),
    })
}

fn mutations(field: &MutantTrials) -> Vec<(String, Mutation)> {
    let mut all: Vec<(String, Mutation)> = Vec::new();
    let mut letters = BTreeSet::new();
    for prepared in field.cases.iter().take(DRAWS) {
        let case = &prepared.reference.case;
        let expanded = prepared.reference.function.expanded(&case.values());
        let edits: Vec<GraphEdit> =
            expanded.map_or(Vec::new(), |o| o.edits().into_iter().map(|(edit, _)| edit).collect());
        for i in case.real() {
            let letter = &case.operands[i].name;
            if letters.insert(letter.clone()) {
                all.extend(MUTATIONS.iter().map(|mutation| (letter.clone(), mutation.clone())));
            }
            for edit in &edits {
                let planted = (letter.clone(), Mutation::Graph(edit.clone()));
                if !all.contains(&planted) {
                    all.push(planted);
                }
            }
        }
    }
    all
}

/// The cases that all mutants of a subject are tried on.
struct MutantTrials {
    cases: Vec<PreparedCase>,
    fresh: Vec<PreparedCase>,
    small: Vec<PreparedCase>,
}

impl MutantTrials {
    fn try_mutant(&self, mutant: &Arc<dyn Subject>, operand: &str, mutation: &Mutation, score: &mut MutationScore) {
        let is_of_state = mutation.cause().is_some();
        let ask = |prepared: &PreparedCase| {
            let mut evaluation = prepared.ask(mutant, LIMIT).ok()?;
            if is_of_state {
                evaluation.histories = prepared.ask_histories(mutant, None, LIMIT).ok()?;
            }
            Some(evaluation)
        };
        let evaluations: Vec<(&PreparedCase, Evaluation)> =
            self.cases.iter().filter_map(|p| Some((p, ask(p)?))).collect();
        let fresh: Vec<(&PreparedCase, Evaluation)> = self.fresh.iter().filter_map(|p| Some((p, ask(p)?))).collect();
        let fault = |(p, a): &(&PreparedCase, Evaluation)| {
            let mut found = faults(&p.reference, a).into_iter().map(|fault| fault.cause);
            found.find(|cause| *cause != Cause::NotLinear)
        };
        let differs = |own: &(&PreparedCase, Evaluation)| {
            let (p, a) = own;
            is_of_state && fault(own).is_some() || p.reference.case.real().any(|i| is_wrong(p, a, i))
        };
        if !evaluations.iter().chain(&fresh).any(differs) {
            score.equivalent += 1;
            return;
        }
        score.mutants += 1;
        if !evaluations.iter().any(|(p, a)| is_found(p, a)) {
            score.remarks.push(format!(
                "{mutant_name} survives",
                mutant_name = label(mutant, operand, mutation)
            ));
            return;
        }
        score.killed += 1;
        let is_telling = |p: &PreparedCase, a: &Evaluation| p.reference.case.real().any(|i| is_wrong(p, a, i));
        let draws = evaluations.iter().filter(|(p, a)| is_telling(p, a)).take(DRAWS);
        let draws: Vec<(&PreparedCase, &Evaluation)> = draws.map(|(p, a)| (*p, a)).collect();
        let diagnosis = diagnose(&draws);
        let said = match &diagnosis {
            Some(diagnosis) => Said::Mistake(diagnosis),
            None => evaluations.iter().find_map(fault).map_or(Said::Nothing, Said::Fault),
        };
        self.rate(&said, &fresh, (mutant, operand, mutation), score);
        let symptom = diagnosis.map(|d| Symptom::Mistake(operand.to_string(), d.mistake));
        let shows = |p: &&PreparedCase| {
            ask(p).is_some_and(|a| {
                symptom
                    .as_ref()
                    .map_or_else(|| is_found(p, &a), |symptom| symptom.is_shown(p, &a))
            })
        };
        let smallest = self.small.iter().find(shows).map(real_numbers);
        score
            .sizes
            .extend(smallest.or_else(|| self.cases.iter().filter(|p| shows(p)).map(real_numbers).min()));
    }

    fn rate(
        &self,
        said: &Said<'_>,
        fresh: &[(&PreparedCase, Evaluation)],
        (mutant, operand, mutation): (&Arc<dyn Subject>, &str, &Mutation),
        score: &mut MutationScore,
    ) {
        let label = label(mutant, operand, mutation);
        let (cause, is_named) = match said {
            Said::Nothing => {
                score.unknown += 1;
                score.remarks.push(format!("{label} is unexplained"));
                return;
            }
            Said::Fault(cause) => {
                let named = mutation.cause().is_some_and(|own| cause.key().starts_with(own.key()));
                (cause.key().to_string(), named)
            }
            Said::Mistake(diagnosis) => (diagnosis.mistake.cause(), mutation.is_named_by(&diagnosis.mistake)),
        };
        score.named += usize::from(is_named);
        let is_same_function = || matches!(said, Said::Mistake(diagnosis) if is_borne_out(diagnosis, fresh));
        if is_named || is_same_function() {
            score.right_first += 1;
        } else {
            score.wrong_confident += 1;
            score.remarks.push(format!("{label} is called `{cause}`"));
        }
    }
}

/// What the checker reports about a mutant that it found.
enum Said<'d> {
    /// A mistake explains the gradient.
    Mistake(&'d Diagnosis),
    /// A fault that other calls show.
    Fault(Cause),
    /// The gradient is wrong, and nothing explains it.
    Nothing,
}

fn label(mutant: &Arc<dyn Subject>, operand: &str, mutation: &Mutation) -> String {
    format!("{}: g_{operand} {}", mutant.name(), mutation.name())
}

/// True if the protocol says that something is wrong.
fn is_found(prepared: &PreparedCase, evaluation: &Evaluation) -> bool {
    let reference = &prepared.reference;
    let is_entry_wrong = |i: usize| {
        let expected = reference.gradients[i].as_ref();
        expected.is_some_and(|expected| {
            judge_operand(&evaluation.g_x[i], expected)
                .iter()
                .any(|(_, _, v)| *v == EntryVerdict::Wrong)
        })
    };
    !faults(reference, evaluation).is_empty() || reference.case.real().any(is_entry_wrong)
}

/// True if what the diagnosis says gives the same numbers on draws that it has not seen.
fn is_borne_out(diagnosis: &Diagnosis, fresh: &[(&PreparedCase, Evaluation)]) -> bool {
    fresh.iter().all(|(prepared, evaluation)| {
        let operand = prepared
            .reference
            .case
            .operands
            .iter()
            .position(|x| x.name == diagnosis.operand);
        let Some(operand) = operand.filter(|&i| is_wrong(prepared, evaluation, i)) else {
            return true;
        };
        if diagnosis.mistake.is_fitted() {
            let views: Vec<(&PreparedCase, &Evaluation)> = fresh.iter().map(|(p, e)| (*p, e)).collect();
            return fitted(&views, operand)
                .iter()
                .any(|fit| is_one(&fit.mistake, &diagnosis.mistake));
        }
        let h = prepared
            .hypotheses(operand)
            .iter()
            .find(|h| h.mistake == diagnosis.mistake);
        let floor = 100.0 * prepared.reference.rounding_of(operand);
        h.is_some_and(|h| residual_above(&evaluation.g_x[operand], &h.gradient, floor) <= 10.0 * SAME)
    })
}
