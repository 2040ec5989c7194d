//! `tapegrad graph show`: pictures of a program.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::span::Sources;
use tapegrad_autograd::language::view::{self, Options, Picture};

use super::super::error::{CliError, ErrorCode};
use super::super::output::Output;
use super::program::{ProgramArgs, deliver, refusal};

/// Draw a program
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph show rnn_lm.cg
  tapegrad graph show rnn_lm.cg --at T=3,V=5,E=3,H=4 --as svg --out rnn.svg
  tapegrad graph show attention.cg --at T=3,D=3,dk=2 --explode T --as dot
  tapegrad graph show tiny_gpt.cg --rolled --as html --out gpt.html")]
pub struct Show {
    #[command(flatten)]
    program: ProgramArgs,
    /// The format
    #[arg(long = "as", value_enum, default_value = "tree")]
    format: PictureFormat,
    /// Loops as they are written [default, if sizes have no numbers]
    #[arg(long, conflicts_with_all = ["unrolled", "explode"])]
    rolled: bool,
    /// Every round of every loop [default, if `--at` is given]
    #[arg(long, conflicts_with = "explode")]
    unrolled: bool,
    /// One node for each position of these axes, by their names or sizes
    #[arg(long, value_name = "AXES", value_delimiter = ',')]
    explode: Vec<String>,
    /// Draw scopes this deep and deeper as one box
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Draw where gradients flow back too
    #[arg(long)]
    gradients: bool,
    /// Write to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
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
    /// A page that needs no network
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
        let picture = self.picture(program, &opened.sources, format)?;
        let text = match (format, &picture) {
            (PictureFormat::Json, Picture { boxes, .. }) if boxes.is_empty() => self.graph(program, &opened.sources)?,
            (PictureFormat::Json, picture) => pretty(&view::json::picture(picture)),
            (PictureFormat::Tree, picture) => view::tree(picture),
            (PictureFormat::Dot, picture) => view::dot(picture),
            (PictureFormat::Svg, picture) => view::svg(picture),
            (PictureFormat::Html, picture) => view::html(picture, &program.name),
            (PictureFormat::Mermaid, picture) => view::mermaid(picture).map_err(|why| {
                CliError::new(ErrorCode::TooManyBoxes, why).help("draw scopes as one box with `--depth 1`")
            })?,
        };
        deliver(&text, self.out.as_deref(), out)
    }

    /// The picture that is wanted; nothing for the graph itself as data.
    fn picture(&self, program: &Program, sources: &Sources, format: PictureFormat) -> Result<Picture, CliError> {
        let dims = self.program.dims()?;
        let refused = |error| refusal(&error, sources);
        let depth = self.depth.filter(|_| format != PictureFormat::Html);
        if !self.explode.is_empty() {
            return view::exploded(program, &dims, &self.explode).map_err(refused);
        }
        let is_free = program.dims.iter().any(|dim| dim.value.is_none());
        if self.rolled || (!self.unrolled && dims.is_empty() && is_free) {
            return Ok(view::closed(view::rolled(program, self.gradients), depth));
        }
        if format == PictureFormat::Json {
            return Ok(Picture::default());
        }
        let options = Options {
            depth,
            gradients: self.gradients,
        };
        Ok(view::picture(&graph_of(program, &dims).map_err(refused)?, options))
    }

    fn graph(&self, program: &Program, sources: &Sources) -> Result<String, CliError> {
        let graph = graph_of(program, &self.program.dims()?).map_err(|error| refusal(&error, sources))?;
        Ok(pretty(&view::json::write(&graph)))
    }
}

fn pretty(document: &serde_json::Value) -> String {
    format!("{document:#}\n")
}
