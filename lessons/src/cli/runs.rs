//! `tapegrad runs`: the runs in a folder, side by side.

use super::error::{CliError, ErrorCode};
use super::output::{Output, replace_file};
use crate::report::runs::{self, Row};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use tapegrad_models::corpus::CorpusConfig;
use tapegrad_models::train::Folder;

/// List runs and compare them
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad runs
  tapegrad runs runs/lstm runs/char --html runs.html

Each folder is that of a run, or holds folders of runs. TensorBoard shows the same runs: tensorboard --logdir runs")]
pub struct Runs {
    /// Folders [default: runs]
    folders: Vec<PathBuf>,
    /// Write the comparison as a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Runs {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let default = [PathBuf::from("runs")];
        let given = if self.folders.is_empty() {
            &default[..]
        } else {
            &self.folders
        };
        let mut folders = Vec::new();
        for folder in given {
            folders.extend(folders_of_runs(folder)?);
        }
        let mut rows = folders
            .iter()
            .map(|folder| row(folder))
            .collect::<Result<Vec<_>, _>>()?;
        // The lowest loss first; a run that was not measured yet comes last.
        rows.sort_by(|a, b| {
            let nats = |row: &Row| row.best().map_or(f64::INFINITY, |(_, nats)| nats);
            nats(a).total_cmp(&nats(b))
        });
        if let Some(file) = &self.html {
            replace_file(file, &runs::page(&rows))?;
        }
        if output.is_json() {
            let document = |row: &Row| {
                json!({
                    "run": row.name,
                    "model": row.model,
                    "corpus": row.corpus,
                    "step": row.lines.last().map(|line| line.step),
                    "steps": row.steps,
                    "best_validation_nats": row.best().map(|(_, nats)| nats),
                    "best_step": row.best().map(|(step, _)| step),
                    "validation_nats": row.lines.last().map(|line| line.validation_nats),
                    "seconds": row.lines.last().map(|line| line.seconds),
                    "tokens_per_s": row.lines.last().map(|line| line.tokens_per_s),
                })
            };
            return output.document(&json!({"runs": rows.iter().map(document).collect::<Vec<_>>()}));
        }
        output.text(&runs::table(&rows))
    }
}

/// The folder itself if it is that of a run, else those in it that are.
fn folders_of_runs(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    if folder.join("recipe.json").is_file() {
        return Ok(vec![folder.to_path_buf()]);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| {
        CliError::new(ErrorCode::NoRun, format!("the folder cannot be read: {error}"))
            .at(folder.display())
            .help("name the folder of a run, or one that holds folders of runs")
    })?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("recipe.json").is_file())
        .collect();
    found.sort();
    match found.is_empty() {
        true => Err(CliError::new(ErrorCode::NoRun, "there is no run in this folder")
            .at(folder.display())
            .help("train a model first, as in `tapegrad train lstm`")),
        false => Ok(found),
    }
}

fn row(path: &Path) -> Result<Row, CliError> {
    let (folder, recipe, _) = Folder::open(path)?;
    Ok(Row {
        name: path.display().to_string(),
        model: match folder.is_packed() {
            true => format!("{}, quantised", recipe.model.name()),
            false => recipe.model.name().to_string(),
        },
        corpus: corpus(&recipe.corpus),
        steps: recipe.steps,
        lines: folder.log().lines,
    })
}

fn corpus(corpus: &CorpusConfig) -> String {
    match corpus {
        CorpusConfig::Text { file, .. } => file.file_name().map_or_else(
            || file.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        ),
        CorpusConfig::Grammar { grammar, .. } => grammar.clone(),
        CorpusConfig::Absent => "none".to_string(),
    }
}
