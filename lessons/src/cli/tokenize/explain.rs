//! How the tokens of a word come about, step by step.

use serde_json::{Value, json};
use tapegrad_models::tokenizer::SubwordTokenizer;
use tapegrad_models::tokenizer::subword::bpe::Bpe;
use tapegrad_models::tokenizer::subword::bpe::merging::{Symbol, merge_plainly};
use tapegrad_models::tokenizer::subword::model::Model;
use tapegrad_models::tokenizer::subword::unigram::Unigram;
use tapegrad_models::tokenizer::subword::wordpiece::WordPiece;

/// The steps of an algorithm on a word.
pub struct Explanation {
    /// What the algorithm does, in a sentence.
    pub rule: &'static str,
    /// What it did.
    pub steps: Vec<Step>,
}

/// One step: the word after it, and what was done.
pub struct Step {
    shown: String,
    told: String,
    /// The same for programs.
    pub document: Value,
}

impl Explanation {
    /// The steps as lines, with what was done in a column of its own.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let width = self
            .steps
            .iter()
            .map(|step| step.shown.chars().count())
            .max()
            .unwrap_or(0);
        self.steps.iter().map(move |step| {
            let line = format!("{:<width$}  {}", step.shown, step.told);
            line.trim_end().to_string()
        })
    }
}

/// How a text is cut.
pub fn explanation(tokenizer: &SubwordTokenizer, text: &str) -> Explanation {
    let words = tokenizer.words(text);
    let name = |id: u32| tokenizer.vocabulary().word(id);
    let rule = match tokenizer.model() {
        Model::Bpe(_) => {
            "the characters of the word are bytes; of all merges that fit, the one that was learnt first is made"
        }
        Model::WordPiece(_) => "the longest piece that begins the rest of the word is taken",
        Model::Unigram(_) => "each place is reached by the piece that makes the whole way to it most probable",
        Model::WordLevel { .. } => "each word is a token",
    };
    let of_word = |word: &String| match tokenizer.model() {
        Model::Bpe(bpe) => merges(bpe, word, name),
        Model::WordPiece(wordpiece) => pieces(wordpiece, word, name),
        Model::Unigram(unigram) => ways(unigram, word, name),
        Model::WordLevel { .. } => Vec::new(),
    };
    Explanation {
        rule,
        steps: words.iter().flat_map(of_word).collect(),
    }
}

/// Byte-pair encoding: the word after each merge.
fn merges<'n>(bpe: &Bpe, word: &str, name: impl Fn(u32) -> &'n str) -> Vec<Step> {
    let tokens =
        |symbols: &[Symbol]| -> Vec<String> { symbols.iter().map(|symbol| name(symbol.id).to_string()).collect() };
    let mut symbols = bpe.symbols(word);
    let mut before = tokens(&symbols);
    let mut steps = vec![Step {
        shown: before.join(" "),
        told: "the beginning".to_string(),
        document: json!({"tokens": before}),
    }];
    merge_plainly(&mut symbols, &bpe.merges, |symbols, (at, rank, _)| {
        let (left, right) = (&before[at], &before[at + 1]);
        let after = tokens(symbols);
        steps.push(Step {
            shown: after.join(" "),
            told: format!("merge {}: {left} {right}", rank + 1),
            document: json!({"tokens": after, "merge": [left, right], "rank": rank}),
        });
        before = after;
    });
    steps
}

/// WordPiece: the pieces, with the longer ones that were tried.
fn pieces<'n>(wordpiece: &WordPiece, word: &str, name: impl Fn(u32) -> &'n str) -> Vec<Step> {
    let step = |cut: tapegrad_models::tokenizer::subword::model::Cut| {
        let rest = &word[cut.bytes.start..];
        let longer = rest.chars().count() - word[cut.bytes.clone()].chars().count();
        let told = match longer {
            0 => "all that is left".to_string(),
            1 => format!("of `{rest}`: the whole is no piece"),
            _ => format!("of `{rest}`: the {longer} longer beginnings are no pieces"),
        };
        Step {
            shown: name(cut.id).to_string(),
            told,
            document: json!({"piece": name(cut.id), "rest": rest, "longer_tried": longer}),
        }
    };
    wordpiece.cut(word).into_iter().map(step).collect()
}

/// Unigram: the best way to each place.
fn ways<'n>(unigram: &Unigram, word: &str, name: impl Fn(u32) -> &'n str) -> Vec<Step> {
    let best = unigram.best(word);
    let step = |(to, way): (usize, &Option<_>)| {
        let way: tapegrad_models::tokenizer::subword::unigram::Best = (*way)?;
        let (reached, before) = (&word[..to], &word[..way.from]);
        let piece = way.piece.map_or_else(
            || format!("(unknown) {}", &word[way.from..to]),
            |id| name(id).to_string(),
        );
        let behind = if before.is_empty() {
            String::new()
        } else {
            format!(" behind `{before}`")
        };
        Some(Step {
            shown: reached.to_string(),
            told: format!("{:.3} nats: `{piece}`{behind}", -way.score),
            document: json!({"reached": reached, "piece": piece, "behind": before, "nats": -way.score}),
        })
    };
    best.iter().enumerate().skip(1).filter_map(step).collect()
}
