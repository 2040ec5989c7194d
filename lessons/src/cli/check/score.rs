//! `tapegrad check --mutation-score`: how many planted mistakes are found, and how many are named rightly.

use std::sync::Arc;

use serde_json::json;
use tapegrad_autograd::check::{Kind, MutationScore, Subject, mutation_score};

use super::side_by_side::side_by_side;
use crate::cli::error::CliError;
use crate::cli::output::Output;

/// Prints the score of each subject and of all together; whole models have no mutants of their own.
pub fn print(subjects: &[Arc<dyn Subject>], seed: u64, output: &Output<'_>) -> Result<(), CliError> {
    let mut subjects = subjects.to_vec();
    subjects.retain(|subject| subject.kind() != Kind::Model);
    let scores = side_by_side(&subjects, |subject| mutation_score(subject, seed));
    let mut total = MutationScore {
        name: "all".to_string(),
        ..MutationScore::default()
    };
    scores.iter().for_each(|score| total.add(score));
    if output.is_json() {
        return output
            .document(&json!({"seed": seed, "scores": scores, "total": total, "size_median": total.size_median()}));
    }
    let mut text = format!(
        "{:<22} {:>7} {:>10} {:>6} {:>11} {:>7} {:>15} {:>11}\n",
        "", "mutants", "equivalent", "killed", "right first", "unknown", "wrong confident", "median size"
    );
    for score in scores.iter().filter(|score| score.mutants > 0).chain([&total]) {
        text += &format!(
            "{:<22} {:>7} {:>10} {:>6} {:>11} {:>7} {:>15} {:>11}\n",
            score.name,
            score.mutants,
            score.equivalent,
            score.killed,
            score.right_first,
            score.unknown,
            score.wrong_confident,
            score.size_median()
        );
    }
    output.text(&text)
}
