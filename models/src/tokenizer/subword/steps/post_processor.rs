//! Post-processors: special tokens at the beginning and the end of what was cut, and offsets without blanks.

use serde_json::Value;
use std::collections::HashMap;

use super::super::Piece;
use crate::fields::{Fields, FileError, Read, as_count, as_list, as_text};
use crate::tokenizer::TokenId;

/// One change of the tokens of a text, or several in a row.
#[derive(Clone, Debug)]
pub enum PostProcessor {
    /// One after the other.
    Sequence(Vec<PostProcessor>),
    /// Blanks at both ends of a token do not count for its offsets.
    Trim {
        /// A space was put in front of the text, so one blank at its beginning stays.
        space_first: bool,
    },
    /// Special tokens before and behind the text, with the trimming of RoBERTa.
    Around {
        /// The tokens before it.
        before: Vec<TokenId>,
        /// The tokens behind it.
        behind: Vec<TokenId>,
        /// Whether offsets are trimmed, and if so, as in [`Trim`](Self::Trim).
        trim: Option<bool>,
    },
}

impl PostProcessor {
    /// Reads a post-processor from a file; what it does with two texts does not matter here.
    ///
    /// **Errors** if it is not known, or a field is missing or not known, or a token has no such id.
    pub fn read(value: &Value, place: &str, names: &[String]) -> Read<Self> {
        let mut fields = Fields::of(value, place)?;
        let processor = match fields.text("type")? {
            "Sequence" => Self::Sequence(fields.sequence("processors", |one, place| Self::read(one, place, names))?),
            "ByteLevel" => {
                let space_first = fields.flag("add_prefix_space", true)?;
                fields.flag("use_regex", true)?;
                match fields.flag("trim_offsets", true)? {
                    true => Self::Trim { space_first },
                    false => Self::Sequence(Vec::new()),
                }
            }
            kind @ ("BertProcessing" | "RobertaProcessing") => {
                let behind = vec![pair(&mut fields, "sep", names)?];
                let before = vec![pair(&mut fields, "cls", names)?];
                let trim = match kind {
                    "RobertaProcessing" => {
                        let space_first = fields.flag("add_prefix_space", true)?;
                        fields.flag("trim_offsets", true)?.then_some(space_first)
                    }
                    _ => None,
                };
                Self::Around { before, behind, trim }
            }
            "TemplateProcessing" => template(&mut fields, names)?,
            other => return Err(fields.error("type", format!("the post-processor `{other}` is not known"))),
        };
        fields.nothing_else()?;
        Ok(processor)
    }

    /// Changes the tokens of a text; special tokens are added if they are wanted.
    pub fn apply(&self, pieces: &mut Vec<Piece>, special: bool) {
        match self {
            Self::Sequence(all) => all.iter().for_each(|one| one.apply(pieces, special)),
            Self::Trim { space_first } => trim(pieces, *space_first),
            Self::Around {
                before,
                behind,
                trim: trims,
            } => {
                if let Some(space_first) = trims {
                    trim(pieces, *space_first);
                }
                if special {
                    let made = |&id: &TokenId| Piece {
                        id,
                        place: (0, 0),
                        blanks: (0, 0),
                        unknown: None,
                    };
                    pieces.splice(0..0, before.iter().map(made));
                    pieces.extend(behind.iter().map(made));
                }
            }
        }
    }
}

fn trim(pieces: &mut [Piece], space_first: bool) {
    for (at, piece) in pieces.iter_mut().enumerate() {
        let (mut leading, trailing) = piece.blanks;
        let (start, end) = &mut piece.place;
        if leading == 1 && space_first && (at == 0 || *start == 0) {
            leading = 0;
        }
        *start = (*start + leading).min(*end);
        if trailing > 0 && *end >= trailing {
            *end = (*end - trailing).max(*start);
        }
    }
}

/// A token with its id: `["[SEP]", 102]`.
fn pair(fields: &mut Fields<'_>, name: &'static str, names: &[String]) -> Read<TokenId> {
    let list = fields.list(name)?;
    let [token, id] = list else {
        return Err(fields.error(name, "here must be a token and its id"));
    };
    let place = || fields.at(name);
    as_text(token, place)?;
    known(as_count(id, place)?, names, place)
}

fn known(id: u64, names: &[String], place: impl FnOnce() -> String) -> Read<TokenId> {
    match usize::try_from(id) {
        Ok(at) if at < names.len() => Ok(id as TokenId),
        _ => Err(FileError::new(place(), format!("no token has the id {id}"))),
    }
}

/// The template of a single text: special tokens, the text, special tokens.
fn template(fields: &mut Fields<'_>, names: &[String]) -> Read<PostProcessor> {
    let mut special: HashMap<&str, Vec<TokenId>> = HashMap::new();
    let table = fields.required("special_tokens")?;
    let place = fields.at("special_tokens");
    let Value::Object(table) = table else {
        return Err(FileError::new(place, "here must be an object with the special tokens"));
    };
    for (name, value) in table {
        let mut own = Fields::of(value, format!("{place}.{name}"))?;
        own.text("id")?;
        own.list("tokens")?;
        let at = own.at("ids");
        let ids = own.list("ids")?.iter();
        let ids = ids.map(|id| known(as_count(id, || at.clone())?, names, || at.clone()));
        special.insert(name, ids.collect::<Read<_>>()?);
        own.nothing_else()?;
    }
    // What two texts become is checked to be a list and has no further meaning here.
    if let Some(pair) = fields.optional("pair") {
        as_list(pair, || fields.at("pair"))?;
    }
    let (mut before, mut behind, mut texts) = (Vec::new(), Vec::new(), 0);
    for (at, part) in fields.list("single")?.iter().enumerate() {
        let place = format!("{}[{at}]", fields.at("single"));
        let mut own = Fields::of(part, &place)?;
        match (own.optional("SpecialToken"), own.optional("Sequence")) {
            (Some(token), None) => {
                let mut token = Fields::of(token, own.at("SpecialToken"))?;
                let name = token.text("id")?;
                token.count("type_id")?;
                let ids = special.get(name);
                let ids = ids.ok_or_else(|| token.error("id", format!("`{name}` is not among the special_tokens")))?;
                if texts == 0 { &mut before } else { &mut behind }.extend_from_slice(ids);
                token.nothing_else()?;
            }
            (None, Some(text)) => {
                let mut text = Fields::of(text, own.at("Sequence"))?;
                if text.text("id")? != "A" {
                    return Err(text.error("id", "a single text is the sequence A"));
                }
                text.count("type_id")?;
                text.nothing_else()?;
                texts += 1;
            }
            _ => {
                return Err(FileError::new(
                    place,
                    "here must be either a SpecialToken or a Sequence",
                ));
            }
        }
        own.nothing_else()?;
    }
    if texts != 1 {
        return Err(fields.error("single", "the text must stand in the template exactly once"));
    }
    Ok(PostProcessor::Around {
        before,
        behind,
        trim: None,
    })
}
