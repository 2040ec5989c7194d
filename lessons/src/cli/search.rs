//! `tapegrad search`: greedy search in a weighted graph, beside the lightest path.

use super::error::{CliError, ErrorCode};
use super::output::{Output, replace_file};
use crate::report::paths;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use tapegrad_models::corpus::Text;
use tapegrad_models::decode::paths::{Path, WeightedGraph};

/// Find the path of greedy search in a weighted graph, and the lightest path
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad search
  tapegrad search graph.txt --svg paths.svg

Each line of the file is an edge: two nodes and a weight, such as `A B 2`. The search begins at the first node of the file
and ends where no edge leads on.")]
pub struct Search {
    /// File with the edges [default: a graph with the weights of the lecture's picture]
    file: Option<PathBuf>,
    /// Write a picture with both paths
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Search {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let graph = match &self.file {
            None => WeightedGraph::of_the_lecture(),
            Some(file) => {
                let text = Text::read(file)?;
                WeightedGraph::parse(text.content()).map_err(|error| {
                    let told = error.to_string();
                    let (what, mend) = told.split_once("; ").unwrap_or((&told, ""));
                    CliError::new(ErrorCode::Data, what).at(file.display()).help(mend)
                })?
            }
        };
        let (greedy, lightest) = (graph.greedy(), graph.lightest());
        if let Some(file) = &self.svg {
            replace_file(file, &paths::picture(&graph))?;
        }
        if output.is_json() {
            let of = |path: &Path| json!({"nodes": graph.names(path), "weight": path.weight});
            return output.document(&json!({"greedy": of(&greedy), "lightest": of(&lightest)}));
        }
        let line =
            |name: &str, path: &Path| format!("{name:<14}  {:>6}  {}\n", path.weight, graph.names(path).join(" -> "));
        let head = format!("{:<14}  {:>6}  path\n", "search", "weight");
        let verdict = match greedy.weight > lightest.weight {
            true => "greedy search does not find the lightest path here\n",
            false => "greedy search finds a lightest path here\n",
        };
        output.text(&(head + &line("greedy", &greedy) + &line("lightest path", &lightest) + verdict))
    }
}
