//! `--explain`: the distribution of the model and that behind each filter, token by token.

use std::path::Path;

use super::{Source, visible, writing::Writer};
use crate::cli::error::CliError;
use crate::cli::output::{Output, replace_file};
use serde_json::{Value, json};
use tapegrad_models::decode::{Generated, Generation, Stage, Token};
use tapegrad_models::tokenizer::TokenId;

/// How many tokens are shown: the most probable ones, and the chosen one.
const SHOWN: usize = 8;
/// The cells of a bar that stands for probability 1.
const CELLS: usize = 10;

/// How one token came to be chosen.
pub struct Explained {
    /// The token.
    pub token: Token,
    /// Its name.
    pub name: String,
    /// The distributions, that of the model first.
    pub stages: Vec<Stage>,
    /// The tokens that are shown, with their names, the most probable first.
    pub shown: Vec<(TokenId, String)>,
}

/// Writes a text, and how each of its tokens was chosen.
///
/// **Errors** if no token can follow, or something cannot be written.
pub fn write(source: &Source<'_>, stops: &[String], page: Option<&Path>, output: &Output<'_>) -> Result<(), CliError> {
    let mut writer = Writer::new(source, stops, None)?;
    let mut generation = Generation::new(source.model, source.request.clone())?;
    let (mut generated, mut all) = (Generated::default(), Vec::new());
    while let Some(next) = generation.next_explained() {
        let (token, stages) = next?;
        generated.push(token);
        let explained = explained(source, token, stages);
        if !output.is_json() {
            output.text(&explained.lines(all.len() + 1))?;
        }
        all.push(explained);
        if !writer.push(token.id)? {
            break;
        }
    }
    let text = writer.finish()?;
    if let Some(file) = page {
        replace_file(file, &super::explain_page::page(&text, &all))?;
    }
    if output.is_json() {
        let mut document = source.document(&generated, &text);
        document["explained"] = json!(all.iter().map(Explained::document).collect::<Vec<_>>());
        return output.document(&document);
    }
    output.text(&format!("{text}\n"))
}

fn explained(source: &Source<'_>, token: Token, stages: Vec<Stage>) -> Explained {
    let name = |id| visible(source.tokenizer, id);
    let of_model = &stages[0].probs;
    let mut ids: Vec<usize> = (0..of_model.len()).filter(|&id| of_model[id] > 0.0).collect();
    ids.sort_by(|&a, &b| of_model[b].total_cmp(&of_model[a]));
    let chosen = token.id as usize;
    let far = ids
        .iter()
        .position(|&id| id == chosen)
        .is_some_and(|place| place >= SHOWN);
    ids.truncate(SHOWN);
    ids.extend(far.then_some(chosen));
    Explained {
        token,
        name: name(token.id),
        shown: ids.into_iter().map(|id| (id as TokenId, name(id as TokenId))).collect(),
        stages,
    }
}

impl Explained {
    /// As lines of text: a row for each token, a column for each filter.
    fn lines(&self, number: usize) -> String {
        let width = self
            .shown
            .iter()
            .map(|(_, name)| name.chars().count())
            .max()
            .unwrap_or(0);
        let names: Vec<String> = self.stages.iter().map(|stage| stage.filter.to_string()).collect();
        // A probability, a blank and its bar.
        let column = |name: &String| name.chars().count().max(6 + CELLS);
        let mut text = format!(
            "token {number}: {} with {:.4} nats by the model\n",
            self.name, self.token.nats
        );
        let head: Vec<String> = names
            .iter()
            .map(|name| format!("{name:<width$}", width = column(name)))
            .collect();
        text += format!("  {:width$}  {}", "", head.join("  ")).trim_end();
        text.push('\n');
        for (id, name) in &self.shown {
            let mark = if *id == self.token.id { '>' } else { ' ' };
            let cells = self.stages.iter().zip(&names).map(|(stage, name)| {
                let prob = stage.probs[*id as usize];
                let cell = match prob {
                    0.0 => "-".to_string(),
                    _ => format!("{prob:.3} {}", bar(prob)),
                };
                format!("{cell:<width$}", width = column(name))
            });
            let cells: Vec<String> = cells.collect();
            text += format!("{mark} {name:width$}  {}", cells.join("  ")).trim_end();
            text.push('\n');
        }
        text + "\n"
    }

    fn document(&self) -> Value {
        let stages = self.stages.iter().map(|stage| {
            let kept = stage.probs.iter().filter(|prob| **prob > 0.0).count();
            let shown = self.shown.iter().map(|(id, name)| {
                let prob = stage.probs[*id as usize];
                json!({"id": id, "token": name, "probability": prob})
            });
            json!({
                "filter": stage.filter.to_string(),
                "tokens_left": kept,
                "shown": shown.collect::<Vec<_>>(),
            })
        });
        json!({
            "id": self.token.id,
            "token": self.name,
            "nats": self.token.nats,
            "stages": stages.collect::<Vec<_>>(),
        })
    }
}

/// A probability as a bar of whole and half cells.
fn bar(prob: f64) -> String {
    let halves = (prob * 2.0 * CELLS as f64).round() as usize;
    "█".repeat(halves / 2) + if halves % 2 == 1 { "▌" } else { "" }
}
