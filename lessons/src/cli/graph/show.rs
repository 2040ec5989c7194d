//! `tapegrad graph show`: pictures of a program.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tapegrad_autograd::language::Opened;
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::span::Sources;
use tapegrad_autograd::language::view::{self, Detail, Picture, Trace};

use super::super::error::{CliError, ErrorCode};
use super::super::output::Output;
use super::files::read_within;
use super::program::{ProgramArgs, deliver, refusal};

/// Draw a program
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph show rnn_lm.cg
  tapegrad graph show rnn_lm.cg --at T=3,V=5,E=3,H=4 --as svg --out rnn.svg
  tapegrad graph show attention.cg --at T=3,D=3,dk=2 --explode T --as dot
  tapegrad graph show tiny_gpt.cg --rolled --as html --out gpt.html
  tapegrad graph run two_layer.cg --bind data.json --grad --trace --json > trace.json
  tapegrad graph show two_layer.cg --values trace.json --as html --out two_layer.html")]
pub struct Show {
    #[command(flatten)]
    program: ProgramArgs,
    /// Format of the picture
    #[arg(long = "as", value_enum, default_value = "tree")]
    format: PictureFormat,
    /// Draw each loop once, as it is written [default if sizes have no numbers]
    #[arg(long, conflicts_with_all = ["unrolled", "explode"])]
    rolled: bool,
    /// Draw every round of every loop [default with `--at`]
    #[arg(long, conflicts_with = "explode")]
    unrolled: bool,
    /// Draw one node for each position of these axes, given by name or size
    #[arg(long, value_name = "AXES", value_delimiter = ',')]
    explode: Vec<String>,
    /// Draw each scope at depth N or deeper as one box
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// What gets a box [default: all for tree and json, a choice on the page for html, otherwise operations]
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "explode")]
    detail: Option<DetailArg>,
    /// Draw the numbers in this output of `graph run --grad --trace --json`; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rolled", "explode"])]
    values: Option<PathBuf>,
    /// Also draw how gradients flow back
    #[arg(long)]
    gradients: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What has a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DetailArg {
    /// Each named value, with its formula
    Values,
    /// Each operation; constants and rearranging nodes are drawn inside the operation that reads them
    Operations,
    /// Each node
    All,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PictureFormat {
    /// An indented list
    Tree,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// A drawing
    Svg,
    /// Data for other programs
    Json,
    /// A page for a browser, which needs no network
    Html,
}

impl Show {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let opened = self.program.open()?;
        let program = self.program.program(&opened)?;
        let format = if out.is_json() {
            PictureFormat::Json
        } else {
            self.format
        };
        let picture = self.picture(program, &opened, format)?;
        let text = match (format, &picture) {
            (PictureFormat::Json, None) => self.graph(program, &opened.sources)?,
            (_, None) => unreachable!("only a document of data is written without a picture"),
            (PictureFormat::Json, Some(picture)) => pretty(&view::json::picture(picture)),
            (PictureFormat::Tree, Some(picture)) => view::tree(picture),
            (PictureFormat::Dot, Some(picture)) => view::dot(picture),
            (PictureFormat::Svg, Some(picture)) => view::svg(picture),
            (PictureFormat::Html, Some(picture)) => view::html(picture, &program.name, self.detail()),
            (PictureFormat::Mermaid, Some(picture)) => view::mermaid(picture).map_err(|why| {
                CliError::new(ErrorCode::TooManyBoxes, why).help("draw scopes as one box with `--depth 1`")
            })?,
        };
        deliver(&text, self.out.as_deref(), out)
    }

    fn detail(&self) -> Option<Detail> {
        let detail = |one| match one {
            DetailArg::Values => Detail::Values,
            DetailArg::Operations => Detail::Operations,
            DetailArg::All => Detail::All,
        };
        self.detail.map(detail)
    }

    /// The picture that is wanted; nothing for the graph itself as data.
    fn picture(&self, program: &Program, opened: &Opened, format: PictureFormat) -> Result<Option<Picture>, CliError> {
        let refused = |error| refusal(&error, &opened.sources);
        let trace = self.trace(&opened.sources, program.memory)?;
        let given = self.program.dims()?;
        let dims = trace
            .as_ref()
            .map_or(given.clone(), |trace| trace.sizes(program, &given));
        if !self.explode.is_empty() {
            return view::exploded(program, &dims, &self.explode).map(Some).map_err(refused);
        }
        let is_free = program.dims.iter().any(|dim| dim.value.is_none());
        let is_rolled = self.rolled || (!self.unrolled && trace.is_none() && dims.is_empty() && is_free);
        if format == PictureFormat::Json && !is_rolled && trace.is_none() && self.detail.is_none() {
            return Ok(None);
        }
        let picture = if is_rolled {
            view::rolled(program, self.gradients)
        } else {
            view::unrolled(program, &dims, self.gradients, trace.as_ref()).map_err(refused)?
        };
        let picture = view::with_formulas(picture, program, &opened.file, &opened.sources);
        if format == PictureFormat::Html {
            return Ok(Some(picture));
        }
        let detail = self.detail().unwrap_or(match format {
            PictureFormat::Tree | PictureFormat::Json => Detail::All,
            _ => Detail::Operations,
        });
        Ok(Some(view::closed(view::folded(picture, detail), self.depth)))
    }

    /// The run of `--values`.
    fn trace(&self, sources: &Sources, memory: u64) -> Result<Option<Trace>, CliError> {
        let Some(path) = &self.values else { return Ok(None) };
        let text = read_within(path, memory / 4)?;
        let document = serde_json::from_str(&text).map_err(|error| {
            CliError::new(ErrorCode::Data, error)
                .at(path.display())
                .help("write it with `graph run FILE --bind data.json --grad --trace --json`")
        })?;
        Trace::read(&document)
            .map(Some)
            .map_err(|error| refusal(&error, sources))
    }

    fn graph(&self, program: &Program, sources: &Sources) -> Result<String, CliError> {
        let graph = graph_of(program, &self.program.dims()?).map_err(|error| refusal(&error, sources))?;
        Ok(pretty(&view::json::write(&graph)))
    }
}

fn pretty(document: &serde_json::Value) -> String {
    format!("{document:#}\n")
}
