//! A program of the graph language as a model: its file, and numbers for its sizes.

use super::error::CliError;
use super::graph::files;
use super::graph::program::mistake;
use super::recipe::ModelArg;
use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args, Command, ValueEnum};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tapegrad_autograd::language::print::print;
use tapegrad_models::ModelConfig;
use tapegrad_models::program::{ProgramConfig, ProgramLoss};
use tapegrad_models::train::{ModelName, Recipe};

/// What to train: a model by name, or a program of the graph language by its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelChoice {
    /// A built-in model.
    Named(ModelArg),
    /// A program.
    Program(PathBuf),
}

/// Reads a [`ModelChoice`]; what ends in `.cg` is a program.
#[derive(Clone, Copy, Debug)]
pub struct ModelChoiceParser;

impl TypedValueParser for ModelChoiceParser {
    type Value = ModelChoice;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<ModelChoice, clap::Error> {
        let path = Path::new(value);
        if path.extension().is_some_and(|extension| extension == "cg") {
            return Ok(ModelChoice::Program(path.to_path_buf()));
        }
        let named = EnumValueParser::<ModelArg>::new();
        named
            .parse_ref(command, arg, value)
            .map(ModelChoice::Named)
            .map_err(|mut error| {
                let known = self.possible_values().into_iter().flatten();
                let known = known.map(|value| value.get_name().to_string()).collect();
                error.insert(ContextKind::ValidValue, ContextValue::Strings(known));
                error
            })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let program = PossibleValue::new("FILE.cg").help("A program of the graph language");
        let named = ModelArg::value_variants().iter();
        Some(Box::new(
            named.filter_map(ValueEnum::to_possible_value).chain([program]),
        ))
    }
}

impl ModelChoice {
    /// The name of the model as its recipe has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Named(model) => ModelName::from(*model).name(),
            Self::Program(_) => "program",
        }
    }

    /// Where a run goes that names no folder: `runs/lstm`, or `runs/FILE` for a program.
    pub fn default_folder(&self) -> PathBuf {
        let runs = Path::new("runs");
        match self {
            Self::Named(_) => runs.join(self.name()),
            Self::Program(file) => runs.join(file.file_stem().unwrap_or(file.as_os_str())),
        }
    }

    /// The model whose recipe says how the corpus is read; that of a program is a Transformer's.
    pub fn like(&self) -> ModelName {
        match self {
            Self::Named(model) => (*model).into(),
            Self::Program(_) => ModelName::Transformer,
        }
    }
}

/// Options of a program that is a model.
#[derive(Args, Debug, Clone, Default)]
pub struct ProgramModelArgs {
    /// Size of a program, as in H=64; give the option once for each size, or several sizes with commas
    #[arg(long = "dim", value_name = "NAME=N", value_delimiter = ',')]
    dims: Vec<String>,
    /// What a program minimises [default: cross-entropy]
    #[arg(long, value_enum)]
    loss: Option<LossArg>,
    /// Graph of the file [default: the last one]
    #[arg(long, value_name = "NAME")]
    graph: Option<String>,
}

/// A loss by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LossArg {
    /// The mean cross-entropy of the next tokens, attached to the logits
    CrossEntropy,
    /// The objective of the program
    Program,
}

impl ProgramModelArgs {
    /// Each option, and whether it was given.
    pub fn given(&self) -> [(&'static str, bool); 3] {
        [
            ("--dim", !self.dims.is_empty()),
            ("--loss", self.loss.is_some()),
            ("--graph", self.graph.is_some()),
        ]
    }

    /// The options as they are written.
    pub fn written(&self) -> String {
        let mut text: String = self.dims.iter().map(|dim| format!(" --dim {dim}")).collect();
        if self.loss == Some(LossArg::Program) {
            text += " --loss program";
        }
        if let Some(graph) = &self.graph {
            text += &format!(" --graph {graph}");
        }
        text
    }

    /// An error if an option was given for a model that is no program.
    ///
    /// **Errors** with the option.
    pub fn refuse(&self, model: &str) -> Result<(), CliError> {
        match self.given().into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(CliError::meaningless(option, model)),
            None => Ok(()),
        }
    }

    /// The program of a file.
    ///
    /// **Errors** with the first mistake of the file, or of `--dim`.
    pub fn config(&self, file: &Path, memory: u64) -> Result<ProgramConfig, CliError> {
        let opened = files::open(file, memory)?;
        if let Some(first) = opened.diagnostics.iter().find(|found| found.is_error()) {
            return Err(mistake(first, &opened.sources).rendered(opened.render()));
        }
        let own = &opened.sources.files()[0];
        // A run stands alone: the files that the program uses become part of its text.
        let text = match opened.sources.files().len() {
            1 => own.text.to_string(),
            _ => print(&opened.file),
        };
        Ok(ProgramConfig {
            file: own.name.to_string(),
            graph: self.graph.clone(),
            text,
            dims: self.dims()?,
            loss: match self.loss {
                Some(LossArg::Program) => ProgramLoss::Program,
                _ => ProgramLoss::CrossEntropy,
            },
        })
    }

    /// An error if the program of the command line is not that of a run. A run holds its own, so the file may be missing.
    ///
    /// **Errors** if the text of the file is another.
    pub fn check_same(&self, choice: &ModelChoice, recipe: &Recipe, run: &Path, memory: u64) -> Result<(), CliError> {
        let (ModelChoice::Program(file), ModelConfig::Program(own)) = (choice, &recipe.model) else {
            return Ok(());
        };
        if !file.exists() || self.config(file, memory)?.text == own.text {
            return Ok(());
        }
        let recipe = run.join("recipe.json");
        let error = CliError::option(
            format!(
                "{} is not the program of this run: it has changed since the run began",
                file.display()
            ),
            format!(
                "restore it from {}, or begin a new run in another folder",
                recipe.display()
            ),
        );
        Err(error.at(run.display()))
    }

    /// The numbers of `--dim`.
    fn dims(&self) -> Result<BTreeMap<String, i64>, CliError> {
        let mut dims = BTreeMap::new();
        for one in &self.dims {
            let wrong = || CliError::option(format!("`{one}` is no size with a number"), "write `--dim H=64`");
            let (name, number) = one.split_once('=').ok_or_else(wrong)?;
            let number: i64 = number.trim().parse().map_err(|_| wrong())?;
            if number < 1 {
                return Err(CliError::option(
                    format!("--dim gives {} = {number}", name.trim()),
                    "a size is at least 1",
                ));
            }
            if let Some(other) = dims.insert(name.trim().to_string(), number) {
                return Err(CliError::option(
                    format!("--dim gives {} twice: {other} and {number}", name.trim()),
                    "give each size once",
                ));
            }
        }
        Ok(dims)
    }
}

/// An error if a run is of another model than the one that was named.
pub fn check_model(recipe: &Recipe, name: &str, run: &Path, option: &str) -> Result<(), CliError> {
    let own = recipe.model.name();
    if own == name {
        return Ok(());
    }
    let model = match &recipe.model {
        ModelConfig::Program(program) => &program.file,
        _ => own,
    };
    let error = CliError::option(
        format!("the run in this folder has the model `{own}`"),
        format!("write `tapegrad train {model} {option}`, or name another folder"),
    );
    Err(error.at(run.display()))
}
