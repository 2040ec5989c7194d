//! Reading `tokenizer.json`, the format of Hugging Face's tokenizers.
//!
//! A file is a list of steps and a model. Each field is read by the piece of code that knows it; whatever is not known is
//! an error with its place, and never passed over, because a step that is left out gives other tokens without a word.

use serde_json::{Map, Value};
use std::collections::HashMap;

use super::SubwordTokenizer;
use super::added::{AddedToken, Finder};
use super::aligned::Aligned;
use super::bpe::Bpe;
use super::bpe::merging::Merges;
use super::bytes;
use super::model::Model;
use super::steps::decoder::Decoder;
use super::steps::normalizer::Normalizer;
use super::steps::post_processor::PostProcessor;
use super::steps::pre_tokenizer::PreTokenizer;
use super::unigram::Unigram;
use super::wordpiece::WordPiece;
use crate::fields::{Fields, FileError, Read, as_count, as_list, as_text};
use crate::tokenizer::{TokenId, Vocabulary};

/// Reads a tokenizer from a document.
///
/// **Errors** with the place and what is wrong there.
pub fn read(document: Value) -> Read<SubwordTokenizer> {
    let mut fields = Fields::of(&document, "")?;
    if let Some(version) = fields.optional_text("version")?
        && version != "1.0"
    {
        return Err(fields.error("version", format!("the version `{version}` is not known; known is 1.0")));
    }
    for (name, meaning) in [("truncation", "cuts texts"), ("padding", "fills texts up")] {
        if fields.optional(name).is_some() {
            let what = format!("a tokenizer that {meaning} is not known here; set this field to null");
            return Err(fields.error(name, what));
        }
    }
    let added = match fields.optional("added_tokens") {
        Some(list) => as_list(list, || "added_tokens".to_string())?,
        None => &[],
    };
    let read = |(at, token)| AddedToken::read(token, &format!("added_tokens[{at}]"));
    let added: Vec<AddedToken> = added.iter().enumerate().map(read).collect::<Read<_>>()?;
    let normalizer = fields
        .optional("normalizer")
        .map(|value| Normalizer::read(value, "normalizer"));
    let normalizer = normalizer.transpose()?;
    let pre_tokenizer = fields
        .optional("pre_tokenizer")
        .map(|value| PreTokenizer::read(value, "pre_tokenizer"));
    let pre_tokenizer = pre_tokenizer.transpose()?;
    let decoder = fields
        .optional("decoder")
        .map(|value| Decoder::read(value, "decoder"))
        .transpose()?;
    bounded("normalizer", normalizer.as_ref().map(Normalizer::growth))?;
    bounded("decoder", decoder.as_ref().map(Decoder::growth))?;
    let (model, listed) = read_model(Fields::of(fields.required("model")?, "model")?)?;
    let names = names(listed, &added)?;
    let post_processor = fields.optional("post_processor");
    let post_processor = post_processor.map(|value| PostProcessor::read(value, "post_processor", &names));
    let post_processor = post_processor.transpose()?;
    fields.nothing_else()?;
    let vocabulary = Vocabulary::listed(names).map_err(|error| FileError::new("model.vocab", error.to_string()))?;
    let special = added
        .iter()
        .filter(|token| token.special)
        .map(|token| token.id)
        .collect();
    Ok(SubwordTokenizer {
        plain: Finder::new(added.iter().filter(|token| !token.normalized), None),
        normalised: Finder::new(added.iter().filter(|token| token.normalized), normalizer.as_ref()),
        spelt: spelt(&added, normalizer.as_ref()),
        special,
        normalizer,
        pre_tokenizer,
        model,
        post_processor,
        decoder,
        vocabulary,
        document,
    })
}

/// A text may become so many times as long: albert's steps allow 972, and a file of nested `Replace` steps any number.
const GROWTH_MAX: usize = 4096;

/// An error if some steps can make a text too long.
fn bounded(place: &str, growth: Option<usize>) -> Read<()> {
    match growth {
        Some(growth) if growth > GROWTH_MAX => {
            let what = format!(
                "these steps can make a text {growth} times as long, and at most {GROWTH_MAX} times is allowed; replace by \
                 shorter texts, or in fewer steps"
            );
            Err(FileError::new(place, what))
        }
        _ => Ok(()),
    }
}

/// What is decoded in the place of the names of some tokens: those that are looked for in the normalised text are
/// normalised, too.
fn spelt(added: &[AddedToken], normalizer: Option<&Normalizer>) -> HashMap<TokenId, String> {
    let normal = |token: &AddedToken| {
        let mut content = Aligned::new(&token.content, 0);
        normalizer?.apply(&mut content);
        (content.text() != token.content).then(|| (token.id, content.text().to_string()))
    };
    added
        .iter()
        .filter(|token| token.normalized)
        .filter_map(normal)
        .collect()
}

/// The names of all tokens by their ids, which must be 0, 1, 2, ... without a gap.
fn names(listed: Vec<(String, u64, String)>, added: &[AddedToken]) -> Read<Vec<String>> {
    let mut ids: HashMap<&str, u64> = HashMap::with_capacity(listed.len());
    let mut all: Vec<(&str, u64, String)> = Vec::with_capacity(listed.len() + added.len());
    for (name, id, place) in &listed {
        if ids.insert(name, *id).is_some() {
            return Err(FileError::new(
                place,
                format!("the token `{}` is listed twice", name.escape_debug()),
            ));
        }
        all.push((name, *id, place.clone()));
    }
    for (at, token) in added.iter().enumerate() {
        let (place, id) = (format!("added_tokens[{at}]"), u64::from(token.id));
        match ids.insert(&token.content, id) {
            None => all.push((&token.content, id, place)),
            Some(own) if own == id => {}
            Some(own) => {
                let name = token.content.escape_debug();
                return Err(FileError::new(
                    place,
                    format!("`{name}` has the id {id} here and {own} elsewhere"),
                ));
            }
        }
    }
    let mut names: Vec<Option<&str>> = vec![None; all.len()];
    let count = all.len();
    for (name, id, place) in all {
        let slot = usize::try_from(id).ok().and_then(|id| names.get_mut(id));
        let slot = slot.ok_or_else(|| {
            let what = format!(
                "`{}` has the id {id}, but there are only {count} tokens",
                name.escape_debug()
            );
            FileError::new(&place, what)
        })?;
        if let Some(other) = slot.replace(name) {
            let (name, other) = (name.escape_debug(), other.escape_debug());
            return Err(FileError::new(
                place,
                format!("`{name}` and `{other}` have the same id {id}"),
            ));
        }
    }
    Ok(names.into_iter().flatten().map(str::to_string).collect())
}

/// The tokens of a model with their ids and their places in the file.
type Listed = Vec<(String, u64, String)>;

fn read_model(mut fields: Fields<'_>) -> Read<(Model, Listed)> {
    // Files of early versions do not say which model they hold.
    let kind = match fields.optional_text("type")? {
        Some(kind) => kind,
        None if fields.has("merges") => "BPE",
        None if fields.has("max_input_chars_per_word") => "WordPiece",
        None if fields.has("unk_id") => "Unigram",
        None => "WordLevel",
    };
    let (model, listed) = match kind {
        "BPE" => read_bpe(&mut fields)?,
        "WordPiece" => {
            let (ids, listed) = vocabulary(&mut fields)?;
            let unknown = unknown(&mut fields, &ids)?;
            let mark = fields.optional_text("continuing_subword_prefix")?.unwrap_or("##");
            let longest = match fields.has("max_input_chars_per_word") {
                true => fields.count("max_input_chars_per_word")?,
                false => 100,
            };
            let longest = usize::try_from(longest).unwrap_or(usize::MAX);
            let pieces = ids.iter().map(|(piece, &id)| (piece.as_str(), id));
            (Model::WordPiece(WordPiece::new(pieces, mark, unknown, longest)), listed)
        }
        "Unigram" => read_unigram(&mut fields)?,
        "WordLevel" => {
            let (ids, listed) = vocabulary(&mut fields)?;
            let unknown = unknown(&mut fields, &ids)?;
            (Model::WordLevel { ids, unknown }, listed)
        }
        other => {
            let what = format!("the model `{other}` is not known; known are BPE, WordPiece, Unigram, WordLevel");
            return Err(fields.error("type", what));
        }
    };
    fields.nothing_else()?;
    Ok((model, listed))
}

fn vocabulary(fields: &mut Fields<'_>) -> Read<(HashMap<String, TokenId>, Listed)> {
    let value = fields.required("vocab")?;
    let Value::Object(map) = value else {
        return Err(fields.error("vocab", "here must be an object from tokens to ids"));
    };
    let place = |token: &str| format!("model.vocab[\"{}\"]", token.escape_debug());
    let listed = map.iter().map(|(token, id)| {
        let id = as_count(id, || place(token))?;
        if id >= map.len() as u64 + ADDED_MAX {
            return Err(FileError::new(
                place(token),
                format!("the id {id} is too large for {} tokens", map.len()),
            ));
        }
        Ok((token.clone(), id, place(token)))
    });
    let listed: Listed = listed.collect::<Read<_>>()?;
    let ids = listed
        .iter()
        .map(|(token, id, _)| (token.clone(), *id as TokenId))
        .collect();
    Ok((ids, listed))
}

/// More added tokens than any file has: an id beyond all of them is wrong.
const ADDED_MAX: u64 = 1 << 24;

fn unknown(fields: &mut Fields<'_>, ids: &HashMap<String, TokenId>) -> Read<TokenId> {
    let name = fields.text("unk_token")?;
    let id = ids.get(name).copied();
    id.ok_or_else(|| {
        fields.error(
            "unk_token",
            format!("the vocabulary has no token `{}`", name.escape_debug()),
        )
    })
}

fn read_bpe(fields: &mut Fields<'_>) -> Read<(Model, Listed)> {
    let (ids, listed) = vocabulary(fields)?;
    if let Some(dropout) = fields.optional("dropout")
        && dropout.as_f64() != Some(0.0)
    {
        return Err(fields.error(
            "dropout",
            "leaving merges out at random is not known here; set this field to null",
        ));
    }
    // Early files write an empty text where there is none.
    let unknown = match fields.optional_text("unk_token")? {
        None | Some("") => None,
        Some(_) => Some(unknown(fields, &ids)?),
    };
    let prefix = fields.optional_text("continuing_subword_prefix")?.unwrap_or_default();
    let suffix = fields.optional_text("end_of_word_suffix")?.unwrap_or_default();
    let byte_fallback = fields.flag("byte_fallback", false)?;
    let mut merges = Vec::new();
    for (at, merge) in fields.list("merges")?.iter().enumerate() {
        let place = || format!("model.merges[{at}]");
        let (left, right) = both(merge, place)?;
        let id = |token: &str| {
            let id = ids.get(token).copied();
            id.ok_or_else(|| FileError::new(place(), format!("`{}` is not in the vocabulary", token.escape_debug())))
        };
        let made = format!("{left}{}", right.strip_prefix(prefix).unwrap_or(right));
        merges.push(((id(left)?, id(right)?), id(&made)?));
    }
    let all_bytes = |name: fn(u8) -> String| (0..=255).map(|byte| ids.get(&name(byte)).copied()).collect();
    let bpe = Bpe {
        merges: Merges::new(merges),
        unknown,
        fuse_unknown: fields.flag("fuse_unk", false)?,
        byte_fallback: if byte_fallback {
            all_bytes(bytes::fallback_name)
        } else {
            None
        },
        prefix: prefix.to_string(),
        suffix: suffix.to_string(),
        whole_words: fields.flag("ignore_merges", false)?,
        bytes: all_bytes(|byte| bytes::CHARACTERS[usize::from(byte)].to_string()),
        ids,
    };
    Ok((Model::Bpe(Box::new(bpe)), listed))
}

/// A merge: `"a b"`, or `["a", "b"]` in newer files.
fn both(merge: &Value, place: impl Fn() -> String) -> Read<(&str, &str)> {
    let wrong = || {
        FileError::new(
            place(),
            "a merge is two tokens with one space between them, or a list of two",
        )
    };
    match merge {
        Value::String(text) => {
            let (left, right) = text.split_once(' ').ok_or_else(wrong)?;
            let is_two = !left.is_empty() && !right.is_empty() && !right.contains(' ');
            is_two.then_some((left, right)).ok_or_else(wrong)
        }
        Value::Array(pair) => match pair.as_slice() {
            [left, right] => Ok((as_text(left, &place)?, as_text(right, &place)?)),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

fn read_unigram(fields: &mut Fields<'_>) -> Read<(Model, Listed)> {
    let mut pieces = Vec::new();
    for (at, entry) in fields.list("vocab")?.iter().enumerate() {
        let place = || format!("model.vocab[{at}]");
        let [piece, score] = as_list(entry, place)? else {
            return Err(FileError::new(place(), "here must be a piece and its score"));
        };
        let score = score.as_f64().filter(|score| score.is_finite());
        let score = score.ok_or_else(|| FileError::new(place(), "the score must be a number"))?;
        pieces.push((as_text(piece, place)?.to_string(), score));
    }
    let unknown = fields.count("unk_id")?;
    if unknown >= pieces.len() as u64 {
        let count = pieces.len();
        return Err(fields.error("unk_id", format!("the id {unknown} is too large for {count} pieces")));
    }
    if let Some((at, _)) = pieces.iter().enumerate().find(|(_, (piece, _))| piece.is_empty()) {
        return Err(FileError::new(
            format!("model.vocab[{at}]"),
            "a piece needs at least one character",
        ));
    }
    let by_name: HashMap<&str, TokenId> = pieces.iter().map(|(piece, _)| piece.as_str()).zip(0..).collect();
    let of_bytes = || {
        (0..=255)
            .map(|byte| by_name.get(bytes::fallback_name(byte).as_str()).copied())
            .collect()
    };
    let byte_fallback = if fields.flag("byte_fallback", false)? {
        of_bytes()
    } else {
        None
    };
    let model = Unigram::new(&pieces, unknown as TokenId, byte_fallback);
    let listed = |(at, (piece, _)): (usize, (String, f64))| (piece, at as u64, format!("model.vocab[{at}]"));
    Ok((
        Model::Unigram(model),
        pieces.into_iter().enumerate().map(listed).collect(),
    ))
}

/// A document with the parts of a new tokenizer, in the order in which the format has them.
pub fn document(special: &[String], parts: [(&str, Value); 4], model: Value) -> Value {
    let added = special.iter().enumerate().map(|(id, content)| {
        serde_json::json!({
            "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        })
    });
    let mut document = Map::new();
    document.insert("version".into(), "1.0".into());
    document.insert("truncation".into(), Value::Null);
    document.insert("padding".into(), Value::Null);
    document.insert("added_tokens".into(), added.collect());
    for (name, value) in parts {
        document.insert(name.into(), value);
    }
    document.insert("model".into(), model);
    Value::Object(document)
}
