//! `tapegrad plan`: what a model costs, before it is made.

use super::error::{CliError, ErrorCode};
use super::memory::MemoryArgs;
use super::output::Output;
use super::program::ProgramModelArgs;
use super::recipe::{CorpusArgs, SizeArgs};
use crate::report::quantity::{count, large};
use clap::Args;
use std::path::Path;
use std::time::Instant;
use tapegrad_models::corpus::Batch;
use tapegrad_models::neural::Training;
use tapegrad_models::planner::presets::{Family, Preset, nearest};
use tapegrad_models::planner::tables::{Table, errata_markdown, tables};
use tapegrad_models::planner::{Cost, of_preset, of_recipe};
use tapegrad_models::train::{Folder, ModelName, Recipe};
use tapegrad_models::{Learner, Model};

/// Say what a model costs before it is made: parameters, FLOPs, memory, compute, energy
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad plan gpt3-175b
  tapegrad plan runs/lstm --measure
  tapegrad plan tables
  tapegrad plan docs/graphs/models/transformer_lm.cg --text shakespeare.txt --dim D=256,L=8

Presets: gpt1 gpt2 gpt2-xl gpt3-small gpt3-medium gpt3-large gpt3-xl gpt3-2.7b gpt3-6.7b gpt3-13b gpt3-175b
  olmo-7b llama2-7b openlm-7b falcon-7b palm-8b")]
pub struct PlanCommand {
    /// Published model, recipe file, folder of a run, or program (with the options of `train FILE.cg`); `tables` for the tables of the lectures, `errata` for their mistakes
    #[arg(value_name = "PRESET|RECIPE|FILE.cg")]
    what: String,
    #[command(flatten)]
    program: ProgramModelArgs,
    #[command(flatten)]
    corpus: CorpusArgs,
    #[command(flatten)]
    sizes: SizeArgs,
    #[command(flatten)]
    memory: MemoryArgs,
    /// Measure how fast this machine trains a small network, and say how long the training would take here
    #[arg(long)]
    measure: bool,
}

impl PlanCommand {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        match self.what.as_str() {
            "tables" => write_tables(output),
            "errata" if output.is_json() => output.document(&errata_markdown().lines().collect::<Vec<_>>()),
            "errata" => output.text(&errata_markdown()),
            _ => self.write_cost(output),
        }
    }

    fn write_cost(&self, output: &Output<'_>) -> Result<(), CliError> {
        let mut cost = self.cost()?;
        if self.measure {
            let speed = measured_flops_per_second()?;
            cost.training.seconds = Some(cost.training.flops_counted / speed);
            cost.notes.push(format!(
                "training.seconds is flops_counted at the {:.1} gigaflop/s that this machine reached with a small \
                 Transformer just now",
                speed / 1e9
            ));
        }
        match output.is_json() {
            true => output.document(&cost),
            false => output.text(&text(&cost)),
        }
    }

    fn cost(&self) -> Result<Cost, CliError> {
        let what = &self.what;
        let path = Path::new(what);
        if path.extension().is_some_and(|extension| extension == "cg") {
            return self.cost_of_program(path);
        }
        let sizes = self.sizes.given();
        let mut given = self.program.given().into_iter().chain(self.corpus.given()).chain(sizes);
        if let Some((option, _)) = given.find(|(_, given)| *given) {
            return Err(CliError::option(
                format!("{option} has no meaning for `{what}`: its sizes are settled"),
                format!("leave {option} out, or plan a program, as in `tapegrad plan FILE.cg`"),
            ));
        }
        if let Some(preset) = Preset::named(what) {
            return Ok(of_preset(preset));
        }
        if path.is_dir() {
            let (_, recipe, tokenizer) = Folder::open(path)?;
            return Ok(of_recipe(&recipe, recipe.ids(tokenizer.vocabulary()))?);
        }
        if !path.exists() {
            return Err(unknown(what));
        }
        let text = std::fs::read_to_string(path).map_err(|error| {
            CliError::new(ErrorCode::UnreadableFile, format!("the recipe cannot be read: {error}")).at(what)
        })?;
        let recipe = Recipe::from_json(&text).map_err(|error| {
            CliError::new(ErrorCode::DamagedRun, format!("this is not a recipe: {error}"))
                .at(what)
                .help("give the recipe.json of a run's folder, or one written like it")
        })?;
        recipe.validate()?;
        let dataset = recipe.corpus.build()?;
        Ok(of_recipe(&recipe, dataset.tokenizer().vocabulary().size())?)
    }
}

impl PlanCommand {
    /// What `train FILE.cg` with the same options would cost.
    fn cost_of_program(&self, file: &Path) -> Result<Cost, CliError> {
        let config = self.program.config(file, self.memory.bytes())?;
        let mut recipe = Recipe::of_program(config, self.corpus.recipe(ModelName::Transformer));
        self.sizes.apply(&mut recipe)?;
        recipe.validate()?;
        let tokenizer = self.corpus.tokenizer()?;
        let dataset = recipe.corpus.build_with(tokenizer.as_ref())?;
        Ok(of_recipe(&recipe, dataset.tokenizer().vocabulary().size())?)
    }
}

/// The error for a name that is no preset and no file.
fn unknown(what: &str) -> CliError {
    let near = nearest(what).join(", ");
    CliError::option(
        format!("there is no model `{what}` and no recipe of this name"),
        format!("the nearest names are {near}; `tapegrad plan --help` lists all"),
    )
}

/// The FLOP/s of training a small Transformer: the best of some steps.
fn measured_flops_per_second() -> Result<f64, CliError> {
    const STEPS: usize = 5;
    let (rows, block, vocabulary) = (8, 64, 64);
    let config = Family::Gpt2.model(2, 4, 256);
    let mut model = Model::new(&config, (vocabulary, Vec::new()), block, Training::PLAIN, 1)?;
    let ids: Vec<u32> = (0..rows * block).map(|i| (i * 7919 % vocabulary) as u32).collect();
    let batch = Batch::new(block, ids.clone(), ids);
    let mut best = 0.0_f64;
    for _ in 0..STEPS {
        let start = Instant::now();
        let flops = model.learn(&batch, 1e-3).flops as f64;
        best = best.max(flops / start.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// The cost as a table for people.
fn text(cost: &Cost) -> String {
    let bytes = |bytes: u64| format!("{}B", large(bytes));
    let mut rows = vec![("parameters".to_string(), count(cost.parameters))];
    let parts = cost.parameters_by_part.iter();
    rows.extend(parts.map(|(part, parameters)| (format!("  {part}"), count(*parameters))));
    let (training, flops) = (&cost.training, cost.flops_per_token);
    rows.extend(
        [
            ("FLOPs a token, forward", format!("{}FLOP", large(flops.forward))),
            ("FLOPs a token, training", format!("{}FLOP", large(flops.training))),
            ("weights", bytes(cost.bytes.weights)),
            ("gradients", bytes(cost.bytes.gradients)),
            ("optimiser", bytes(cost.bytes.optimiser)),
            ("activations of a batch", bytes(cost.bytes.activations)),
            ("cache a token", bytes(cost.bytes.cache_per_token)),
            ("tokens of training", count(training.tokens)),
            ("tokens a parameter", format!("{:.1}", training.tokens_per_parameter)),
            ("training, 6 N D", format!("{:.3e} FLOP", training.flops)),
            ("  in petaflop/s-days", format!("{:.4}", training.petaflop_s_days)),
            ("training, counted", format!("{:.3e} FLOP", training.flops_counted)),
            (
                "energy",
                format!(
                    "{:.3e} to {:.3e} kWh",
                    training.energy_kwh.low, training.energy_kwh.high
                ),
            ),
            (
                "CO2",
                format!("{:.3e} to {:.3e} kg", training.co2_kg.low, training.co2_kg.high),
            ),
        ]
        .map(|(name, value)| (name.to_string(), value)),
    );
    if let Some(seconds) = training.seconds {
        rows.push(("time on this machine".into(), duration(seconds)));
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{}\n\n", cost.name);
    for (name, value) in rows {
        text += &format!("{name:width$}  {value}\n");
    }
    text += "\n";
    cost.notes.iter().for_each(|note| text += &format!("note: {note}\n"));
    text
}

/// A duration in the unit that suits it.
fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [
        (365.25 * 86_400.0, "years"),
        (86_400.0, "days"),
        (3600.0, "hours"),
        (60.0, "minutes"),
    ];
    let unit = UNITS.iter().find(|(length, _)| seconds >= *length);
    unit.map_or(format!("{seconds:.1} seconds"), |(length, unit)| {
        format!("{:.1} {unit}", seconds / length)
    })
}

fn write_tables(output: &Output<'_>) -> Result<(), CliError> {
    let tables = tables();
    if output.is_json() {
        let document: Vec<_> = tables
            .iter()
            .map(|table| serde_json::json!({"title": table.title, "headers": table.headers, "rows": table.rows}))
            .collect();
        return output.document(&document);
    }
    let texts: Vec<String> = tables.iter().map(table_text).collect();
    output.text(&texts.join("\n"))
}

fn table_text(table: &Table) -> String {
    let headers: Vec<String> = table.headers.iter().map(ToString::to_string).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&headers).chain(&table.rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let mut text = format!("{}\n\n", table.title);
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        text += &format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Command;
    use tapegrad_models::planner::presets::PRESETS;

    #[test]
    fn the_help_names_every_preset() {
        let help = PlanCommand::augment_args(Command::new("plan"))
            .render_long_help()
            .to_string();
        for preset in PRESETS {
            assert!(help.contains(preset.name), "{}", preset.name);
        }
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_ones() {
        assert!(unknown("gpt3-175").to_string().contains("gpt3-175b"));
        assert!(unknown("lama2-7b").to_string().contains("llama2-7b"));
    }
}
