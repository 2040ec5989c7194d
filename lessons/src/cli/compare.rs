//! `tapegrad compare`: trains n-gram, RNN, LSTM and Transformer on one loop and one corpus, and shows them side by side.

use super::error::{CliError, ErrorCode};
use super::generate::{request, text_of};
use super::memory::MemoryArgs;
use super::output::Output;
use super::program::ProgramModelArgs;
use super::progress::ProgressIndicator;
use super::recipe::{CorpusArgs, SizeArgs};
use super::threads;
use super::train::cut_sentences;
use crate::report::comparison::{self, Comparison, CurvePoint, ModelOutcome, NgramFloor, Setting};
use crate::report::page::page;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tapegrad_models::corpus::{CorpusConfig, Dataset};
use tapegrad_models::decode::{Generated, Sampling, generate};
use tapegrad_models::evaluation::Evaluation;
use tapegrad_models::train::write_atomically;
use tapegrad_models::train::{ModelName, Recipe, Run, Trained, heldout};
use tapegrad_models::transformer_lm::Tying;
use tapegrad_models::{Learner, Model, ModelConfig};

/// The orders among which the n-gram with the lowest loss on the validation part is taken.
const ORDERS: std::ops::RangeInclusive<usize> = 2..=6;
/// How many standard errors below the entropy chance cannot explain: it would once in 30 000 times.
const BELOW_CHANCE: f64 = 4.0;
/// How many tokens of text each model writes for the report.
const SAMPLE_TOKENS: usize = 160;

/// Train an n-gram, an RNN, an LSTM and a Transformer on one corpus and compare them
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad compare
  tapegrad compare --text shakespeare.txt --report shakespeare.html
  tapegrad compare --text shakespeare.txt --with docs/graphs/models/gated_recurrence_lm.cg")]
pub struct Compare {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// Compare this program of the graph language too; give the option once for each program
    #[arg(long, value_name = "FILE.cg")]
    with: Vec<PathBuf>,
    #[command(flatten)]
    program: ProgramModelArgs,
    /// Training steps of the networks
    #[arg(long)]
    steps: Option<u64>,
    /// Positions in a row of a batch: the longest context
    #[arg(long)]
    block: Option<usize>,
    #[command(flatten)]
    memory: MemoryArgs,
    /// File for the report
    #[arg(long, value_name = "FILE", default_value = "tapegrad-compare.html")]
    report: PathBuf,
    /// Number of threads; the result does not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

impl Compare {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        threads::limit(self.threads)?;
        let started = Instant::now();
        let recipes = ModelName::COMPARED.map(|name| self.recipe(name, output));
        let programs = self.with.iter().map(|file| self.recipe_of_program(file, output));
        let programs = programs.collect::<Result<Vec<_>, _>>()?;
        let [ngram, _, _, transformer] = &recipes;
        let tokenizer = self.corpus.tokenizer()?;
        let dataset = ngram
            .as_ref()
            .map_err(Clone::clone)?
            .corpus
            .build_with(tokenizer.as_ref())?;
        let transformer = transformer.as_ref().map_err(Clone::clone)?;
        transformer.check(&dataset)?;
        if let Some(cut) = cut_sentences(&dataset, transformer.block).first() {
            return Err(CliError::new(ErrorCode::Batch, cut).at(dataset.name()).help(format!(
                "write `{} --block {}`",
                self.command(transformer.seed),
                dataset.longest_sentence().unwrap_or(transformer.block)
            )));
        }
        let vocabulary = dataset.tokenizer().vocabulary().size();
        for recipe in recipes.iter().flatten().chain(&programs) {
            recipe.validate()?;
            recipe.fits(vocabulary, self.memory.bytes()).map_err(|error| {
                CliError::new(ErrorCode::Memory, error).help("allow more with --memory, as in `--memory 8GB`")
            })?;
        }
        // A report that cannot be written is known before minutes of training, not after; an earlier one stays till then.
        let earlier = std::fs::read(&self.report).ok();
        write_atomically(&self.report, earlier.as_deref().unwrap_or_default())
            .map_err(|error| unwritable(&self.report, &error))?;
        let mut models = Vec::new();
        for program in &programs {
            // What is wrong with a program shows before minutes of training.
            program.model(dataset.tokenizer().vocabulary())?;
        }
        for recipe in recipes.iter().map(Result::as_ref).chain(programs.iter().map(Ok)) {
            let recipe = recipe.map_err(Clone::clone)?;
            models.push(self.outcome(recipe, &dataset, output)?);
        }
        let impossible: Vec<String> = models.iter().filter_map(|(_, below)| below.clone()).collect();
        let models = models.into_iter().map(|(model, _)| model).collect();
        let comparison = Comparison {
            corpus: dataset.name().to_string(),
            vocabulary: dataset.tokenizer().vocabulary().size(),
            entropy_nats: dataset.known().map(|known| known.entropy_nats),
            ngram_floors: floors(&dataset),
            models,
            command: self.command(transformer.seed),
            config: config(transformer),
            seconds: started.elapsed().as_secs_f64(),
        };
        write_atomically(&self.report, page(&comparison).as_bytes())
            .map_err(|error| unwritable(&self.report, &error))?;
        if output.is_json() {
            output.text(&(comparison::json(&comparison) + "\n"))?;
        } else {
            output.text(&format!(
                "{}\nreport: {}\n",
                comparison::table(&comparison),
                self.report.display()
            ))?;
        }
        impossible.iter().for_each(|below| eprintln!("error: {below}"));
        if impossible.is_empty() {
            Ok(())
        } else {
            Err(CliError::reported())
        }
    }

    /// Trains one model and measures it; of the n-grams, the order with the lowest loss on the validation part.
    ///
    /// Beside the outcome stands what is impossible about it, if anything is.
    fn outcome(
        &self,
        recipe: &Recipe,
        dataset: &Dataset,
        output: &Output<'_>,
    ) -> Result<(ModelOutcome, Option<String>), CliError> {
        let candidates: Vec<Recipe> = match recipe.model {
            ModelConfig::Ngram { smoothing, .. } => {
                let of_order = |order| Recipe {
                    model: ModelConfig::Ngram { order, smoothing },
                    ..recipe.clone()
                };
                ORDERS.map(of_order).collect()
            }
            _ => vec![recipe.clone()],
        };
        let mut best: Option<(Recipe, Trained)> = None;
        for candidate in candidates {
            let mut bar = ProgressIndicator::new(&title(&candidate.model), output);
            let run = Run::new_within(&candidate, dataset, None, self.memory.bytes())?;
            let trained = run.train(&mut bar)?;
            bar.finish();
            let nats = |trained: &Trained| trained.progress.validation_nats.unwrap_or(f64::INFINITY);
            if best.as_ref().is_none_or(|(_, known)| nats(&trained) < nats(known)) {
                best = Some((candidate, trained));
            }
        }
        let (recipe, trained) = best.expect("there is at least one candidate");
        let measured = heldout(&trained.model, &recipe, dataset)?;
        let entropy = dataset.known().map(|known| known.entropy_nats);
        let below = entropy.and_then(|entropy| below_entropy(&title(&recipe.model), &measured, entropy));
        let sample = sample(&trained.model, &recipe, dataset, output)?;
        Ok((describe(&recipe, &trained, &measured, sample, dataset), below))
    }

    fn recipe(&self, name: ModelName, output: &Output<'_>) -> Result<Recipe, CliError> {
        self.with_options(self.corpus.recipe(name), output)
    }

    fn recipe_of_program(&self, file: &Path, output: &Output<'_>) -> Result<Recipe, CliError> {
        let config = self.program.config(file, self.memory.bytes())?;
        self.with_options(
            Recipe::of_program(config, self.corpus.recipe(ModelName::Transformer)),
            output,
        )
    }

    fn with_options(&self, mut recipe: Recipe, output: &Output<'_>) -> Result<Recipe, CliError> {
        if let Some(seed) = output.seed() {
            recipe.seed = seed;
        }
        let sizes = SizeArgs {
            steps: self.steps,
            block: self.block,
            ..SizeArgs::default()
        };
        sizes.apply(&mut recipe)?;
        Ok(recipe)
    }

    /// The command that repeats this comparison.
    fn command(&self, seed: u64) -> String {
        let corpus = match &self.corpus.text {
            Some(file) => {
                format!(" --text {}{}", file.display(), self.corpus.unit_options())
            }
            None => format!(" --grammar {}", self.corpus.grammar()),
        };
        let steps = self.steps.map_or(String::new(), |steps| format!(" --steps {steps}"));
        let block = self.block.map_or(String::new(), |block| format!(" --block {block}"));
        let with: String = self
            .with
            .iter()
            .map(|file| format!(" --with {}", file.display()))
            .collect();
        let program = self.program.written();
        format!("tapegrad compare{corpus}{with}{program}{steps}{block} --seed {seed}")
    }
}

fn unwritable(report: &Path, error: &std::io::Error) -> CliError {
    CliError::new(
        ErrorCode::UnwritableFile,
        format!("{}: the report cannot be written: {error}", report.display()),
    )
    .help("name another place with --report FILE")
}

/// What is wrong with a model that predicts a language better than the language can be predicted.
fn below_entropy(title: &str, measured: &Evaluation, entropy: f64) -> Option<String> {
    let interval = measured.interval()?;
    let gap = measured.all.nats_per_token() - entropy;
    (gap < -BELOW_CHANCE * interval.error).then(|| {
        format!(
            "the {title} is {:.4} nats per token below the entropy of the language, {:.1} standard errors of {:.4}: no model \
             can beat the entropy. It has seen the sentences that it predicts, or the grammar did not generate the held-out \
             sentences. Do not trust its results",
            -gap,
            -gap / interval.error,
            interval.error
        )
    })
}

fn describe(
    recipe: &Recipe,
    trained: &Trained,
    measured: &Evaluation,
    sample: String,
    dataset: &Dataset,
) -> ModelOutcome {
    let heldout_nats = measured.all.nats_per_token();
    let point = |line: &tapegrad_models::train::Line| CurvePoint {
        step: line.step,
        seconds: Some(line.seconds),
        train_nats: line.train_nats,
        validation_nats: Some(line.validation_nats),
    };
    let unknown = ModelOutcome {
        name: recipe.model.name().to_string(),
        title: title(&recipe.model),
        heldout_nats,
        gap_nats: None,
        heldout_bits: 0.0,
        perplexity: 0.0,
        parameters: trained.model.parameter_count() as u64,
        flops: trained.progress.flops,
        seconds: trained.progress.seconds,
        sample,
        curve: trained.lines.iter().map(point).collect(),
        settings: settings(recipe),
    };
    unknown.with_loss(heldout_nats, dataset.known().map(|known| known.entropy_nats))
}

fn title(model: &ModelConfig) -> String {
    match model {
        ModelConfig::Ngram { order, .. } => format!("{order}-gram"),
        ModelConfig::Table => "Table".to_string(),
        ModelConfig::Rnn(_) => "RNN".to_string(),
        ModelConfig::Lstm(_) => "LSTM".to_string(),
        ModelConfig::Transformer { .. } => "Transformer".to_string(),
        ModelConfig::Program(program) => match Path::new(&program.file).file_stem() {
            Some(stem) => stem.to_string_lossy().into_owned(),
            None => program.file.clone(),
        },
    }
}

/// Text of each model: whole sentences, or a stretch of a stream.
fn sample(model: &Model, recipe: &Recipe, dataset: &Dataset, output: &Output<'_>) -> Result<String, CliError> {
    let tokenizer = dataset.tokenizer();
    let seed = output.seed().unwrap_or(recipe.seed);
    let write = |seed| -> Result<Generated, CliError> {
        let ask = request(recipe, tokenizer, "", SAMPLE_TOKENS, Sampling::ancestral(), seed);
        Ok(generate(model.language_model(), ask)?)
    };
    if !dataset.has_sentences() {
        return Ok(text_of(tokenizer, &write(seed)?).trim().to_string());
    }
    let sentences = (0..3).map(|k| Ok(text_of(tokenizer, &write(seed.wrapping_add(k))?)));
    Ok(sentences.collect::<Result<Vec<_>, CliError>>()?.join("\n"))
}

fn floors(dataset: &Dataset) -> Vec<NgramFloor> {
    let floors = dataset.known().map_or(&[][..], |known| &known.floors);
    floors
        .iter()
        .zip(1..)
        .map(|(&nats, order)| NgramFloor { order, nats })
        .collect()
}

/// What is the same for all models.
fn config(recipe: &Recipe) -> Vec<Setting> {
    let corpus = match &recipe.corpus {
        CorpusConfig::Grammar {
            training,
            validation,
            heldout,
            ..
        } => {
            format!("{training} sentences for training, {validation} for validation, {heldout} held out")
        }
        CorpusConfig::Text {
            fraction, validation, ..
        } => {
            format!(
                "the first {:.0} % for training, the next {:.0} % for validation, the rest held out",
                100.0 * fraction,
                100.0 * validation
            )
        }
        CorpusConfig::Absent => "no text".to_string(),
    };
    vec![
        Setting::new("corpus", corpus),
        Setting::new("steps", recipe.steps),
        Setting::new("batch", format!("{} rows of {} positions", recipe.rows, recipe.block)),
        Setting::new(
            "optimiser",
            format!(
                "AdamW, betas {} and {}, decay {}",
                recipe.training.betas[0], recipe.training.betas[1], recipe.training.weight_decay
            ),
        ),
        Setting::new("gradient clipped to", recipe.training.clip),
        Setting::new("warm-up", format!("{} steps", recipe.warm_up)),
        Setting::new("seed", recipe.seed),
    ]
}

/// What is a model's own.
fn settings(recipe: &Recipe) -> Vec<Setting> {
    let mut settings = match &recipe.model {
        ModelConfig::Ngram { order, smoothing } => {
            return vec![
                Setting::new(
                    "order",
                    format!(
                        "{order}, the best of {} to {} on the validation part",
                        ORDERS.start(),
                        ORDERS.end()
                    ),
                ),
                Setting::new("smoothing", smoothing),
            ];
        }
        ModelConfig::Table => Vec::new(),
        ModelConfig::Program(program) => {
            let dims = program.dims.iter().map(|(name, size)| Setting::new(name, size));
            std::iter::once(Setting::new("program", &program.file))
                .chain(dims)
                .collect()
        }
        ModelConfig::Rnn(sizes) | ModelConfig::Lstm(sizes) => vec![
            Setting::new("layers", sizes.layers),
            Setting::new("embedding", sizes.embedding),
            Setting::new("hidden", sizes.hidden),
        ],
        ModelConfig::Transformer {
            layers,
            heads,
            width,
            tying,
            ..
        } => vec![
            Setting::new("layers", layers),
            Setting::new("heads", heads),
            Setting::new("width", width),
            Setting::new(
                "output layer",
                match tying {
                    Tying::Tied => "the table of the embedding",
                    Tying::Untied => "its own matrix",
                },
            ),
        ],
    };
    settings.push(Setting::new(
        "learning rate",
        format!("{} to {}", recipe.learning_rate, recipe.learning_rate_end),
    ));
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4000 labels whose losses are `mean`, a little more and a little less in turns.
    fn measured(mean: f64) -> Evaluation {
        let nats: Vec<f64> = (0..4000)
            .map(|t| mean + 0.3 * f64::from((t * 7919 % 401) as u16) / 401.0 - 0.15)
            .collect();
        let all = nats.iter().map(|nats| -nats).collect();
        Evaluation { all, known: all, nats }
    }

    #[test]
    fn a_model_below_the_entropy_by_more_than_chance_is_an_error_with_its_cause() {
        assert_eq!(below_entropy("LSTM", &measured(1.3), 1.25), None);
        assert_eq!(below_entropy("LSTM", &measured(1.2499), 1.25), None, "chance");
        let said = below_entropy("LSTM", &measured(1.2), 1.25).unwrap();
        assert!(
            said.starts_with("the LSTM is 0.0") && said.contains("It has seen the sentences that it predicts"),
            "{said}"
        );
    }
}
