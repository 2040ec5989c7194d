//! Text as it is written: prompt, tokens, stop sequences.

use std::ops::ControlFlow;

use super::Source;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use tapegrad_models::AnyLanguageModel;
use tapegrad_models::decode::{Generated, Generation, Request, TextStream, generate_side_by_side};
use tapegrad_models::tokenizer::{TokenId, Tokenizer};

/// Collects a text, and writes each piece of it at once where there is an output.
pub struct Writer<'a, 'w> {
    stream: Option<TextStream<'a>>,
    text: String,
    /// Whether a blank that stands between words is left out, because there is one already, or nothing.
    joins: bool,
    output: Option<&'a Output<'w>>,
}

impl<'a, 'w> Writer<'a, 'w> {
    /// A writer that has written the prompt.
    ///
    /// **Errors** if the output cannot be written to.
    pub fn new(source: &'a Source<'_>, stops: &[String], output: Option<&'a Output<'w>>) -> Result<Self, CliError> {
        let Source { tokenizer, prompt, .. } = source;
        let joins = matches!(tokenizer, Tokenizer::Word(_)) && !prompt.ends_with(|end: char| !end.is_whitespace());
        let mut this = Self {
            stream: Some(TextStream::new(tokenizer, &source.request.prompt, stops.to_vec())),
            text: String::new(),
            joins,
            output,
        };
        this.add(prompt)?;
        Ok(this)
    }

    /// Adds a token; true if the text goes on.
    ///
    /// **Errors** if the output cannot be written to.
    pub fn push(&mut self, id: TokenId) -> Result<bool, CliError> {
        let Some(stream) = &mut self.stream else {
            return Ok(false);
        };
        let piece = stream.push(id);
        let goes_on = !stream.is_stopped();
        self.continued(&piece)?;
        Ok(goes_on)
    }

    /// The whole text, when no token comes any more.
    ///
    /// **Errors** if the output cannot be written to.
    pub fn finish(&mut self) -> Result<String, CliError> {
        if let Some(stream) = self.stream.take() {
            self.continued(&stream.finish())?;
        }
        Ok(std::mem::take(&mut self.text))
    }

    /// Lets a model write the text of a request.
    ///
    /// **Errors** if no token can follow, or the output cannot be written to.
    pub fn write(&mut self, model: &dyn AnyLanguageModel, request: &Request) -> Result<(Generated, String), CliError> {
        let mut generated = Generated::default();
        for token in Generation::new(model, request.clone())? {
            let token = token?;
            generated.push(token);
            if !self.push(token.id)? {
                break;
            }
        }
        Ok((generated, self.finish()?))
    }

    fn continued(&mut self, piece: &str) -> Result<(), CliError> {
        if piece.is_empty() {
            return Ok(());
        }
        let piece = match std::mem::take(&mut self.joins) {
            true => piece.strip_prefix(' ').unwrap_or(piece),
            false => piece,
        };
        self.add(piece)
    }

    fn add(&mut self, piece: &str) -> Result<(), CliError> {
        self.text += piece;
        match self.output {
            Some(output) if !piece.is_empty() => output.text(piece),
            _ => Ok(()),
        }
    }
}

/// Some texts at once, each with its seed.
///
/// **Errors** if no token can follow.
pub fn samples(source: &Source<'_>, count: usize, stops: &[String]) -> Result<Vec<(u64, Generated, String)>, CliError> {
    let of = |sample: usize| Request {
        seed: source.request.seed.wrapping_add(sample as u64),
        ..source.request.clone()
    };
    let requests: Vec<Request> = (0..count).map(of).collect();
    let mut writers = requests
        .iter()
        .map(|_| Writer::new(source, stops, None))
        .collect::<Result<Vec<_>, _>>()?;
    let generated = generate_side_by_side(source.model, &requests, &mut |row, token| {
        // Nothing is written to the output, so nothing can fail.
        match writers[row].push(token.id) {
            Ok(true) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    })?;
    let texts = requests.iter().zip(generated).zip(&mut writers);
    texts
        .map(|((request, generated), writer)| Ok((request.seed, generated, writer.finish()?)))
        .collect()
}

/// The prompt with the text of some tokens behind it.
pub fn whole(source: &Source<'_>, tokens: &[TokenId]) -> String {
    let text = source.tokenizer.decode_after(&source.request.prompt, tokens);
    let between = source.tokenizer.between(&source.prompt, &text);
    format!("{}{between}{text}", source.prompt)
}
