//! `tapegrad generate`: writes text with a trained model.

mod choice;
mod explain;
mod explain_page;
pub mod ids;
mod request;
mod writing;

use super::error::CliError;
use super::eval::{CheckpointArg, warn_unverified};
use super::output::Output;
use super::threads;
use choice::ChoiceArgs;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use tapegrad_models::corpus::known_ids;
use tapegrad_models::decode::{Generated, Request, beam_search, every_text};
use tapegrad_models::tokenizer::{TokenId, Tokenizer};
use tapegrad_models::train::{Folder, Recipe};
use tapegrad_models::{AnyLanguageModel, ModelConfig};

pub use request::{request, text_of};

use writing::Writer;

/// Generate text with a trained model
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad generate runs/lstm
  tapegrad generate runs/char --prompt 'ROMEO:' --tokens 500 --temperature 0.8
  tapegrad generate runs/char --min-p 0.1 --repetition-penalty 1.1 --stop 'JULIET:'
  tapegrad generate runs/char --samples 16 --tokens 100
  tapegrad generate runs/char --beams 4 --tokens 60
  tapegrad generate runs/char --top-k 5 --tokens 3 --explain --html explained.html")]
pub struct Generate {
    /// Folder of the run
    run: PathBuf,
    /// Beginning of the text
    #[arg(long)]
    prompt: Option<String>,
    /// Beginning of the text as ids, such as 1,2,3; nothing is put before them
    #[arg(long, value_name = "ID,..", conflicts_with = "prompt")]
    ids: Option<String>,
    /// Largest number of tokens to generate
    #[arg(long, default_value_t = 200)]
    tokens: usize,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// End before this text; may be given several times
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["beams", "exhaustive"])]
    stop: Vec<String>,
    /// Write N texts at once; text number i is what the seed + i - 1 gives alone
    #[arg(long, value_name = "N", conflicts_with_all = ["greedy", "beams", "exhaustive", "explain"])]
    samples: Option<usize>,
    /// Search with the K most probable beginnings, instead of drawing tokens
    #[arg(long, value_name = "K", conflicts_with = "explain")]
    beams: Option<usize>,
    /// Try every text of so many tokens, where there are at most 100 000, and write the most probable
    #[arg(long, conflicts_with_all = ["beams", "explain"])]
    exhaustive: bool,
    /// Show the distribution of the model and that behind each filter, token by token
    #[arg(long)]
    explain: bool,
    /// Write what --explain shows as a page
    #[arg(long, value_name = "FILE", requires = "explain")]
    html: Option<PathBuf>,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value = "best")]
    checkpoint: CheckpointArg,
    /// Number of threads; the result does not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

/// How many texts a search of every text may visit.
const TEXTS_MAX: usize = 100_000;
/// How many of them are told of.
const TEXTS_SHOWN: usize = 10;

/// What text is written with.
struct Source<'a> {
    model: &'a dyn AnyLanguageModel,
    recipe: &'a Recipe,
    tokenizer: &'a Tokenizer,
    /// The beginning as text.
    prompt: String,
    request: Request,
}

impl Generate {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        threads::limit(self.threads)?;
        let sampling = self.choice.sampling()?;
        self.check()?;
        let ids = self.ids.as_deref().map(|ids| ids::parsed(ids, "--ids")).transpose()?;
        let (folder, recipe, tokenizer) = Folder::open(&self.run)?;
        let (model, header) = folder.load_to_ask(self.checkpoint.into(), &recipe, &tokenizer)?;
        warn_unverified(&header);
        let seed = output.seed().unwrap_or(1);
        let mut prompt = self.prompt.clone().unwrap_or_default();
        let mut asked = request(&recipe, &tokenizer, &prompt, self.tokens, sampling, seed);
        if let Some(ids) = ids {
            ids::check(&ids, &tokenizer, "--ids")?;
            prompt = tokenizer.decode(&ids);
            asked.prompt = ids;
        }
        let known = recipe.ids(tokenizer.vocabulary());
        known_ids("the prompt", &tokenizer, asked.prompt.iter().copied(), known)?;
        let source = Source {
            model: model.language_model(),
            recipe: &recipe,
            tokenizer: &tokenizer,
            prompt,
            request: asked,
        };
        match (self.beams, self.samples) {
            (Some(width), _) => source.searched(beam_search(source.model, &source.request, width)?, output),
            _ if self.exhaustive => source.searched(every_text(source.model, &source.request, TEXTS_MAX)?, output),
            (None, Some(samples)) => source.sampled(samples, &self.stop, output),
            _ if self.explain => explain::write(&source, &self.stop, self.html.as_deref(), output),
            _ => source.written(&self.stop, output),
        }
    }

    fn check(&self) -> Result<(), CliError> {
        let zero = [("--samples", self.samples), ("--beams", self.beams)];
        if let Some((option, _)) = zero.iter().find(|(_, count)| *count == Some(0)) {
            let help = format!("give {option} a number of at least 1");
            return Err(CliError::option(format!("{option} is 0"), help));
        }
        if self.stop.iter().any(String::is_empty) {
            return Err(CliError::option(
                "--stop is an empty text, before which every text ends",
                "give --stop some text",
            ));
        }
        Ok(())
    }
}

impl Source<'_> {
    /// One text, as it comes.
    fn written(&self, stops: &[String], output: &Output<'_>) -> Result<(), CliError> {
        let mut writer = Writer::new(self, stops, (!output.is_json()).then_some(output))?;
        let (generated, text) = writer.write(self.model, &self.request)?;
        self.say_what_was_forgotten(&generated, output);
        if !output.is_json() {
            return output.text("\n");
        }
        output.document(&self.document(&generated, &text))
    }

    /// Several texts at once.
    fn sampled(&self, count: usize, stops: &[String], output: &Output<'_>) -> Result<(), CliError> {
        let texts = writing::samples(self, count, stops)?;
        if output.is_json() {
            let samples: Vec<Value> = texts
                .iter()
                .map(|(seed, generated, text)| {
                    let mut document = self.document(generated, text);
                    document["seed"] = json!(seed);
                    document
                })
                .collect();
            let mut document = samples[0].clone();
            document["samples"] = json!(samples);
            return output.document(&document);
        }
        for (seed, _, text) in &texts {
            output.text(&format!("--- seed {seed}\n{text}\n"))?;
        }
        Ok(())
    }

    /// What a search found, the best first.
    fn searched(&self, texts: Vec<Generated>, output: &Output<'_>) -> Result<(), CliError> {
        let shown: Vec<(&Generated, String)> = texts
            .iter()
            .take(TEXTS_SHOWN)
            .map(|text| (text, writing::whole(self, &text.tokens)))
            .collect();
        if output.is_json() {
            let mut document = self.document(shown[0].0, &shown[0].1);
            let of_text = |(generated, text): &(&Generated, String)| {
                let mut document = self.document(generated, text);
                document["total_nats"] = json!(generated.total());
                document
            };
            document["beams"] = json!(shown.iter().map(of_text).collect::<Vec<_>>());
            return output.document(&document);
        }
        self.say_what_was_forgotten(shown[0].0, output);
        output.text(&format!("{}\n", shown[0].1))
    }

    /// A text as a JSON document.
    fn document(&self, generated: &Generated, text: &str) -> Value {
        json!({
            "text": text,
            "tokens": generated.tokens,
            "nats": generated.nats,
            "nats_as_evaluated": self.as_evaluated(generated.tokens.len()),
            "beyond_block": self.beyond_block(),
        })
    }

    /// What happens to a text that is longer than the block: `null` if there is none.
    fn beyond_block(&self) -> Option<&'static str> {
        self.goes_on().map(|goes_on| match goes_on {
            true => "the cache grows",
            false => "the window moves by half a block",
        })
    }

    /// Whether a model with a block reads on beyond it; `None` if it has no block.
    fn goes_on(&self) -> Option<bool> {
        match self.recipe.model {
            ModelConfig::Transformer { architecture, .. } => Some(architecture.positions.go_on()),
            ModelConfig::Program(_) => Some(false),
            _ => None,
        }
    }

    /// How many of the generated tokens cost what an evaluation of the text in one window would give.
    ///
    /// Where the window of a Transformer or a program moves, the nats from there on belong to a shorter context.
    fn as_evaluated(&self, generated: usize) -> usize {
        match self.goes_on() {
            Some(false) => generated.min((self.recipe.block + 1).saturating_sub(self.request.prompt.len())),
            _ => generated,
        }
    }

    /// A note on a text that was longer than the block.
    fn say_what_was_forgotten(&self, generated: &Generated, output: &Output<'_>) {
        let (block, read) = (self.recipe.block, self.request.prompt.len() + generated.tokens.len());
        if output.is_json() || read <= block + 1 {
            return;
        }
        match self.goes_on() {
            Some(true) => eprintln!(
                "note: the text is longer than the block of {block} tokens, and the model reads all of it; it was not \
                 trained on such distances"
            ),
            Some(false) => eprintln!(
                "note: the text is longer than the block of {block} tokens: the model sees the last {} to {block} of them",
                block / 2 + 1
            ),
            None => {}
        }
    }
}

/// The name of a token as one visible word.
fn visible(tokenizer: &Tokenizer, id: TokenId) -> String {
    let word = tokenizer.vocabulary().word(id);
    word.replace('\n', "⏎").replace('\t', "⇥").replace(' ', "␣")
}
