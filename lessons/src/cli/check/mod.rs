//! `tapegrad check`: holds every gradient against its witnesses, and says which mistake explains a wrong one.

mod hide;
mod in_crate;
mod new;
mod progress;
mod score;
mod side_by_side;
mod subjects;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tapegrad_autograd::check::page::page;
use tapegrad_autograd::check::program::{Answer, Request};
use tapegrad_autograd::check::score::mutations_of;
use tapegrad_autograd::check::{
    GradientPlot, GraphSubject, Mutant, Mutation, Numbers, Options, Report, Subject, Verdict, check, oracle, render,
};

use super::error::{CliError, ErrorCode};
use super::output::Output;
use progress::CheckProgress;
use side_by_side::side_by_side;

/// Check gradients and explain wrong ones
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad check --all
  tapegrad check softmax layer_norm
  tapegrad check softmax --list
  tapegrad check softmax --break negated
  tapegrad check layer_norm --report layer_norm.html
  tapegrad check --graph docs/graphs/attention.cg
  tapegrad check softmax --hide
  tapegrad check --mutation-score softmax
  tapegrad check new my-module
  tapegrad check --module my-module
  tapegrad check --export-oracle cases.jsonl")]
pub struct CheckCommand {
    /// Ops, modules and models to check [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Op to check; the same as giving its name alone
    #[arg(long = "op", value_name = "NAME")]
    ops: Vec<String>,
    /// Module to check: a name, or the folder of a crate, whose modules run in a process of their own
    #[arg(long = "module", value_name = "NAME|FOLDER")]
    modules: Vec<String>,
    /// Check a program of the graph language, forward and backward
    #[arg(long = "graph", value_name = "FILE")]
    graphs: Vec<PathBuf>,
    /// Check every op, module, graph and model
    #[arg(long)]
    all: bool,
    /// Check in single precision, up to rounding in f32
    #[arg(long)]
    single: bool,
    /// Say what is wrong without the right formula
    #[arg(long)]
    no_solution: bool,
    /// List the names; for a given name, list the mistakes that --break can plant
    #[arg(long)]
    list: bool,
    /// Use only axes of these sizes, as in 2,3
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    shape: Vec<usize>,
    /// Number of cases for each name
    #[arg(long, value_name = "N", default_value_t = 12)]
    cases: usize,
    /// Plant a mistake in the gradient of an operand, such as `negated` or `W:negated`, and show how it is found
    #[arg(long = "break", value_name = "MUTANT")]
    mutant: Option<String>,
    /// Play a game: find a hidden mistake in a gradient by choosing inputs; fewer inputs give a better score
    #[arg(long)]
    hide: bool,
    /// Write a page for a browser with the gradients, the error over the step size, and a map of the entries
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Plant every known mistake in every gradient, and print how many were found and named
    #[arg(long)]
    mutation_score: bool,
    /// Compare ops with cases of another framework, one JSON document a line
    #[arg(long, value_name = "FILE")]
    oracle: Option<PathBuf>,
    /// Write cases of our own ops for another framework
    #[arg(long, value_name = "FILE")]
    export_oracle: Option<PathBuf>,
}

impl CheckCommand {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let seed = output.seed().unwrap_or(1);
        if let [word, folder] = &self.names[..]
            && word == "new"
        {
            return new::create(Path::new(folder), output);
        }
        if let Some(file) = &self.export_oracle {
            let text = oracle::export(seed, self.cases as u64);
            write(file, &text)?;
            return match output.is_json() {
                true => output.document(&serde_json::json!({"file": file, "cases": text.lines().count()})),
                false => Ok(()),
            };
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
        let (subjects, crates) = self.subjects()?;
        if let Some(folder) = crates.first()
            && (self.list || self.mutation_score || self.hide || self.mutant.is_some())
        {
            let message = format!(
                "{}: mistakes cannot be planted in a module of another program",
                folder.display()
            );
            return Err(CliError::option(
                message,
                "leave out --list, --break, --hide and --mutation-score",
            ));
        }
        if self.list {
            return self.print_list(&subjects, seed, output);
        }
        if self.mutation_score {
            return score::print(&subjects, seed, output);
        }
        if self.hide {
            let [subject] = &subjects[..] else {
                return Err(CliError::option(
                    "--hide hides a mistake in one subject",
                    "name one: `tapegrad check softmax --hide`",
                ));
            };
            return hide::play(subject, seed, &mut std::io::stdin().lock(), output);
        }
        let options = Options {
            seed,
            cases: self.cases,
            sizes: self.shape.clone(),
            numbers: if self.single { Numbers::Single } else { Numbers::Double },
            ..Options::default()
        };
        let subjects: Vec<Arc<dyn Subject>> = subjects
            .iter()
            .map(|subject| self.broken(subject, seed))
            .collect::<Result<_, _>>()?;
        let progress = CheckProgress::new(subjects.len() + crates.len(), output);
        let targets = side_by_side(&subjects, |subject| {
            progress.of(&subject.name(), || check(subject, &options))
        });
        let answers = crates
            .iter()
            .map(|folder| progress.of(&folder.display().to_string(), || self.in_crate(folder, seed)));
        let answers: Result<Vec<Vec<Answer>>, CliError> = answers.collect();
        progress.finish();
        let mut answers = answers?.concat();
        if self.report.is_some() && !crates.is_empty() && answers.len() + targets.len() > 1 {
            return Err(CliError::option(
                "--report draws the modules of a crate one by one",
                "name one crate with one module",
            ));
        }
        let report = Report { seed, targets };
        if let Some(file) = &self.report {
            let drawn = |subject| GradientPlot::of(subject, seed, options.limit);
            let plots: Vec<Option<GradientPlot>> = subjects.iter().map(drawn).collect();
            let own = answers.first_mut().and_then(|answer| answer.page.take());
            write(file, &own.unwrap_or_else(|| page(&report, &plots)))?;
        }
        if !answers.is_empty() {
            let own = report.targets.iter().map(Answer::of);
            return self.print_answers(&own.chain(answers).collect::<Vec<_>>(), seed, output);
        }
        if self.no_solution && !output.is_json() {
            output.text(&render::text_without_solution(&report))?;
            return verdict(&report);
        }
        finish(&report, output)
    }

    /// Checks the modules of a crate.
    fn in_crate(&self, folder: &Path, seed: u64) -> Result<Vec<Answer>, CliError> {
        let request = Request {
            seed,
            cases: self.cases,
            sizes: self.shape.clone(),
            single: self.single,
            traced: false,
            limit: None,
            page: self.report.is_some(),
        };
        in_crate::check(folder, &request)
    }

    /// Prints reports of which some come from other programs.
    fn print_answers(&self, answers: &[Answer], seed: u64, output: &Output<'_>) -> Result<(), CliError> {
        if output.is_json() {
            let targets: Vec<&serde_json::Value> = answers.iter().map(|answer| &answer.json).collect();
            output.document(&serde_json::json!({"seed": seed, "targets": targets}))?;
        } else {
            let text = |answer: &Answer| match self.no_solution {
                true => answer.text_without_solution.clone(),
                false => answer.text.clone(),
            };
            let totals = render::totals(answers.iter().map(|answer| (answer.verdict, answer.entries)), seed);
            output.text(&(answers.iter().map(text).collect::<String>() + &totals))?;
        }
        match answers.iter().any(|answer| answer.verdict != Verdict::Pass) {
            true => Err(CliError::reported()),
            false => Ok(()),
        }
    }

    /// What was named, or everything; and the crates whose modules run elsewhere.
    fn subjects(&self) -> Result<(Vec<Arc<dyn Subject>>, Vec<PathBuf>), CliError> {
        let known = subjects::everything();
        let is_known = |name: &String| known.iter().any(|subject| subject.name() == *name);
        let is_crate = |name: &&String| !is_known(name) && in_crate::is_crate(Path::new(name.as_str()));
        let (crates, modules): (Vec<&String>, Vec<&String>) = self.modules.iter().partition(is_crate);
        let crates: Vec<PathBuf> = crates.into_iter().map(PathBuf::from).collect();
        let names: Vec<&String> = self.names.iter().chain(&self.ops).chain(modules).collect();
        if self.all || names.is_empty() && self.graphs.is_empty() && crates.is_empty() {
            return Ok((known, crates));
        }
        let find = |name: &&String| {
            let found = known.iter().find(|subject| subject.name() == **name).map(Arc::clone);
            found.ok_or_else(|| {
                CliError::option(
                    format!("nothing is called `{name}`, and no folder of this name holds a crate"),
                    "see `tapegrad check --list` for all names; a crate is checked with `--module FOLDER`",
                )
            })
        };
        let mut subjects: Vec<Arc<dyn Subject>> = names.iter().map(find).collect::<Result<_, _>>()?;
        for file in &self.graphs {
            subjects.extend(graph(file)?);
        }
        Ok((subjects, crates))
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
        let Some((operand, mutation)) = mutations_of(subject, seed).into_iter().find(fits) else {
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
        let is_named =
            !(self.names.is_empty() && self.ops.is_empty() && self.modules.is_empty() && self.graphs.is_empty());
        let lines: Vec<String> = if is_named {
            let mutants = |subject: &Arc<dyn Subject>| mutations_of(subject, seed);
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
        let text = read(file)?;
        let (targets, errors) = oracle::compare(&text);
        let report = Report { seed, targets };
        let Some(first) = errors.first() else {
            return finish(&report, output);
        };
        // What can be read is judged; the lines that cannot be read are told besides.
        if !output.is_json() {
            let lines: Vec<String> = errors.iter().map(|error| format!("refused   {error}\n")).collect();
            output.text(&(render::text(&report) + &lines.concat()))?;
        }
        let wrong = report
            .targets
            .iter()
            .filter(|target| target.verdict == Verdict::Wrong)
            .count();
        let message = format!(
            "{first} ({} of {} lines cannot be read; of the others {wrong} are wrong)",
            errors.len(),
            errors.len() + report.targets.len()
        );
        Err(CliError::new(ErrorCode::Oracle, message).at(file.display()))
    }
}

/// Prints a report; what is wrong makes the command fail.
fn finish(report: &Report, output: &Output<'_>) -> Result<(), CliError> {
    if output.is_json() {
        output.document(&report.to_json())?;
    } else {
        output.text(&render::text(report))?;
    }
    verdict(report)
}

/// Fails if something did not pass.
fn verdict(report: &Report) -> Result<(), CliError> {
    match report.targets.iter().any(|target| target.verdict != Verdict::Pass) {
        true => Err(CliError::reported()),
        false => Ok(()),
    }
}

/// A program of the graph language: its objective and each of its outputs as a subject.
fn graph(file: &Path) -> Result<Vec<Arc<dyn Subject>>, CliError> {
    let text = read(file)?;
    let name = file.display().to_string();
    let subjects = GraphSubject::of_each_result(&name, &text, None);
    let subjects =
        subjects.map_err(|message| CliError::new(ErrorCode::Graph, message.trim_end().to_string()).at(name))?;
    Ok(subjects
        .into_iter()
        .map(|subject| Arc::new(subject) as Arc<dyn Subject>)
        .collect())
}

fn read(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file).map_err(|error| {
        CliError::new(
            ErrorCode::UnreadableFile,
            format!("the file could not be read: {error}"),
        )
        .at(file.display())
    })
}

fn write(file: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(file, text).map_err(|error| {
        CliError::new(
            ErrorCode::UnwritableFile,
            format!("the file could not be written: {error}"),
        )
        .at(file.display())
    })
}
