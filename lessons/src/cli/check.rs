//! `tapegrad check`: holds every gradient against its witnesses, and says which mistake explains a wrong one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use ndarray::ArrayD;
use serde_json::json;
use tapegrad_autograd::ParamList;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{
    Draw, ModelSubject, Mutant, Mutation, OpSubject, Options, Report, Score, Subject, Verdict, check, mutation_score,
    oracle, render, score,
};
use tapegrad_autograd::ops::{Reduction, cross_entropy};
use tapegrad_models::Network;
use tapegrad_models::layers::Bias;
use tapegrad_models::lstm_lm::LstmLm;
use tapegrad_models::rnn_lm::{RecurrentConfig, RnnLm};
use tapegrad_models::table_lm::TableLm;
use tapegrad_models::transformer_lm::{TransformerConfig, TransformerLm, Tying};

use super::error::CliError;
use super::output::Output;

/// Check gradients, and have a wrong one explained
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad check --all
  tapegrad check softmax layer_norm
  tapegrad check softmax --list
  tapegrad check softmax --break negated
  tapegrad check --mutation-score softmax
  tapegrad check --export-oracle cases.jsonl")]
pub struct Check {
    /// Ops and models to check [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// An op to check; the same as its bare name
    #[arg(long = "op", value_name = "NAME")]
    ops: Vec<String>,
    /// Check every op and every model
    #[arg(long)]
    all: bool,
    /// List what can be checked; of named ones, what can be broken
    #[arg(long)]
    list: bool,
    /// Draw axes of these sizes only
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    shape: Vec<usize>,
    /// How many cases of each
    #[arg(long, value_name = "N", default_value_t = 12)]
    cases: usize,
    /// Plant a mistake in the gradient of an operand, such as `negated` or `W:negated`, and watch it being found
    #[arg(long = "break", value_name = "MUTANT")]
    mutant: Option<String>,
    /// Find and name mutants of every gradient, and print the score
    #[arg(long)]
    mutation_score: bool,
    /// Hold ops against cases computed by another framework, one a line as JSON
    #[arg(long, value_name = "FILE")]
    oracle: Option<PathBuf>,
    /// Write our own cases for others
    #[arg(long, value_name = "FILE")]
    export_oracle: Option<PathBuf>,
}

impl Check {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let seed = output.seed().unwrap_or(1);
        if let Some(file) = &self.export_oracle {
            return write(file, &oracle::export(seed, self.cases as u64));
        }
        if let Some(file) = &self.oracle {
            return self.hold_against(file, seed, output);
        }
        if self.shape.contains(&0) {
            return Err(CliError::option(
                "a size of --shape is 0",
                "empty axes come up by themselves; give sizes from 1 on",
            ));
        }
        let subjects = self.subjects()?;
        if self.list {
            return self.print_list(&subjects, seed, output);
        }
        if self.mutation_score {
            return print_score(&subjects, seed, output);
        }
        let options = Options {
            seed,
            cases: self.cases,
            sizes: self.shape.clone(),
            ..Options::default()
        };
        let targets = subjects
            .iter()
            .map(|subject| self.broken(subject, seed).map(|subject| check(&subject, &options)));
        finish(
            &Report {
                seed,
                targets: targets.collect::<Result<_, _>>()?,
            },
            output,
        )
    }

    /// What was named, or everything.
    fn subjects(&self) -> Result<Vec<Arc<dyn Subject>>, CliError> {
        let known = everything();
        let names: Vec<&String> = self.names.iter().chain(&self.ops).collect();
        if names.is_empty() || self.all {
            return Ok(known);
        }
        let find = |name: &&String| {
            let found = known.iter().find(|subject| subject.name() == **name).map(Arc::clone);
            found.ok_or_else(|| {
                CliError::option(
                    format!("nothing is called `{name}`"),
                    "see `tapegrad check --list` for all names",
                )
            })
        };
        names.iter().map(find).collect()
    }

    /// The subject with the mistake that was asked for.
    fn broken(&self, subject: &Arc<dyn Subject>, seed: u64) -> Result<Arc<dyn Subject>, CliError> {
        let Some(wanted) = &self.mutant else {
            return Ok(Arc::clone(subject));
        };
        let (operand, wanted) = match wanted.split_once(':') {
            Some((operand, name)) if operand != "graph" => (Some(operand), name),
            _ => (None, wanted.as_str()),
        };
        let fits = |(letter, mutation): &(String, Mutation)| {
            mutation.name() == wanted && operand.is_none_or(|operand| operand == letter)
        };
        let Some((operand, mutation)) = score::mutations_of(subject, seed).into_iter().find(fits) else {
            let message = format!("{} cannot be broken by `{wanted}`", subject.name());
            return Err(CliError::option(
                message,
                format!("see `tapegrad check {} --list`", subject.name()),
            ));
        };
        Ok(Arc::new(Mutant {
            subject: Arc::clone(subject),
            operand,
            mutation,
        }))
    }

    fn print_list(&self, subjects: &[Arc<dyn Subject>], seed: u64, output: &Output<'_>) -> Result<(), CliError> {
        let is_named = !(self.names.is_empty() && self.ops.is_empty());
        let lines: Vec<String> = if is_named {
            let mutants = |subject: &Arc<dyn Subject>| score::mutations_of(subject, seed);
            let line = |(operand, mutation): (String, Mutation)| format!("{operand}:{}", mutation.name());
            subjects.iter().flat_map(mutants).map(line).collect()
        } else {
            subjects.iter().map(|subject| subject.name()).collect()
        };
        if output.is_json() {
            return output.document(&lines);
        }
        output.text(&(lines.join("\n") + "\n"))
    }

    fn hold_against(&self, file: &Path, seed: u64, output: &Output<'_>) -> Result<(), CliError> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            CliError::new("unreadable", format!("the file could not be read: {error}")).at(file.display())
        })?;
        let (targets, errors) = oracle::compare(&text);
        if let Some(first) = errors.first() {
            let message = format!(
                "{first} ({} of {} lines cannot be read)",
                errors.len(),
                errors.len() + targets.len()
            );
            return Err(CliError::new("oracle", message).at(file.display()));
        }
        finish(&Report { seed, targets }, output)
    }
}

/// Prints a report; what is wrong makes the command fail.
fn finish(report: &Report, output: &Output<'_>) -> Result<(), CliError> {
    if output.is_json() {
        output.document(&report.to_json())?;
    } else {
        output.text(&render::text(report))?;
    }
    match report.targets.iter().any(|target| target.verdict != Verdict::Pass) {
        true => Err(CliError::said()),
        false => Ok(()),
    }
}

fn print_score(subjects: &[Arc<dyn Subject>], seed: u64, output: &Output<'_>) -> Result<(), CliError> {
    let scores: Vec<Score> = subjects
        .iter()
        .filter(|subject| subject.kind() != tapegrad_autograd::check::Kind::Model)
        .map(|subject| mutation_score(subject, seed))
        .collect();
    let mut total = Score {
        name: "all".to_string(),
        ..Score::default()
    };
    scores.iter().for_each(|score| total.add(score));
    if output.is_json() {
        return output.document(&json!({"seed": seed, "scores": scores, "size_median": total.size_median()}));
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

/// All ops of the registry and all networks.
fn everything() -> Vec<Arc<dyn Subject>> {
    let ops = OpSubject::all().map(|op| Arc::new(op) as Arc<dyn Subject>);
    ops.chain(networks()).collect()
}

const VOCABULARY: usize = 7;

fn networks() -> Vec<Arc<dyn Subject>> {
    let recurrent = || RecurrentConfig {
        vocabulary: VOCABULARY,
        embedding: 4,
        hidden: 5,
        layers: 2,
    };
    let transformer = TransformerConfig {
        vocabulary: VOCABULARY,
        block: 8,
        layers: 2,
        heads: 2,
        width: 8,
        bias: Bias::With,
        tying: Tying::Tied,
    };
    vec![
        network("table-lm", |list| TableLm::new(list, VOCABULARY)),
        network("rnn-lm", |list| RnnLm::new(list, recurrent())),
        network("lstm-lm", |list| LstmLm::new(list, recurrent())),
        network("transformer-lm", |list| TransformerLm::new(list, transformer)),
    ]
}

/// The loss of a network on random ids, as a function of its parameters.
fn network<N: Network + Sync>(name: &str, declare: impl FnOnce(&mut ParamList) -> N) -> Arc<dyn Subject> {
    let mut list = ParamList::new();
    let network = declare(&mut list);
    let data = |draw: &mut Draw| -> Vec<ArrayD<f64>> {
        let shape = Shape::new(&[draw.size_nonzero().min(2), draw.size_nonzero().min(5)]);
        vec![draw.ids(shape, VOCABULARY), draw.ids(shape, VOCABULARY)]
    };
    Arc::new(ModelSubject::new(name, list, data, move |data| {
        cross_entropy(network.logits(data[0]), data[1], None, Reduction::Mean)
    }))
}

fn write(file: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(file, text).map_err(|error| {
        CliError::new("unwritable", format!("the file could not be written: {error}")).at(file.display())
    })
}
