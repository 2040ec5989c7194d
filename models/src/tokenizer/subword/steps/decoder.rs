//! Decoders: how the names of tokens become a text again.

use serde_json::Value;

use super::super::bytes;
use super::pattern::Pattern;
use super::pre_tokenizer::{Metaspace, Scheme};
use crate::fields::{Fields, Read};

/// One change of a list of names, or several in a row; the names are joined at the end.
#[derive(Clone, Debug)]
pub enum Decoder {
    /// One after the other.
    Sequence(Vec<Decoder>),
    /// Each character is a byte; bytes that are not UTF-8 become U+FFFD.
    ByteLevel,
    /// A space goes before each name without the mark of a piece inside a word.
    WordPiece {
        /// The mark.
        mark: String,
        /// Spaces before punctuation marks and English endings are removed.
        clean: bool,
    },
    /// The mark becomes a space, but not at the beginning if it was put there.
    Metaspace(Metaspace),
    /// The ending of words becomes a space, but not at the end.
    WordEnding(String),
    /// A text is put in the place of what a pattern fits in each name.
    Replace(Pattern, String),
    /// Names of bytes become characters; bytes that are not UTF-8 become U+FFFD each.
    ByteFallback,
    /// All names become one.
    Fuse,
    /// Characters are removed at both ends of each name.
    Strip {
        /// The character.
        character: char,
        /// At most so many at the beginning.
        start: usize,
        /// At most so many at the end.
        stop: usize,
    },
}

impl Decoder {
    /// Reads a decoder from a file.
    ///
    /// **Errors** if it is not known, or a field is missing or not known.
    pub fn read(value: &Value, place: &str) -> Read<Self> {
        let mut fields = Fields::of(value, place)?;
        let decoder = match fields.text("type")? {
            "Sequence" => Self::Sequence(fields.sequence("decoders", Self::read)?),
            "ByteLevel" => {
                for name in ["add_prefix_space", "trim_offsets", "use_regex"] {
                    fields.flag(name, true)?;
                }
                Self::ByteLevel
            }
            "WordPiece" => Self::WordPiece {
                mark: fields.optional_text("prefix")?.unwrap_or("##").to_string(),
                clean: fields.flag("cleanup", true)?,
            },
            "Metaspace" => Self::Metaspace(Metaspace::read(&mut fields)?),
            "BPEDecoder" => Self::WordEnding(fields.text("suffix")?.to_string()),
            "Replace" => {
                let pattern = Pattern::read(&mut fields, "pattern")?;
                Self::Replace(pattern, fields.text("content")?.to_string())
            }
            "ByteFallback" => Self::ByteFallback,
            "Fuse" => Self::Fuse,
            "Strip" => Self::Strip {
                character: fields.character("content")?,
                start: fields.count("start")? as usize,
                stop: fields.count("stop")? as usize,
            },
            other => return Err(fields.error("type", format!("the decoder `{other}` is not known"))),
        };
        fields.nothing_else()?;
        Ok(decoder)
    }

    /// How many times as long the names may become, at most.
    pub fn growth(&self) -> usize {
        match self {
            Self::Sequence(all) => all.iter().fold(1, |all, one| all.saturating_mul(one.growth())),
            Self::Replace(pattern, by) => pattern.growth(by),
            // Where the ending is empty, a space goes between all characters.
            Self::WordPiece { .. } | Self::WordEnding(_) => 2,
            Self::ByteLevel | Self::Metaspace(_) | Self::ByteFallback | Self::Fuse | Self::Strip { .. } => 1,
        }
    }

    /// Changes the names.
    pub fn apply(&self, names: Vec<String>) -> Vec<String> {
        match self {
            Self::Sequence(all) => all.iter().fold(names, |names, one| one.apply(names)),
            Self::ByteLevel => {
                let bytes: Vec<u8> = names.iter().flat_map(|name| name_bytes(name)).collect();
                vec![String::from_utf8_lossy(&bytes).into_owned()]
            }
            Self::WordPiece { mark, clean } => {
                let names = names.into_iter().enumerate();
                let joined = names.map(|(at, name)| match (at, name.strip_prefix(mark.as_str())) {
                    (0, _) => name,
                    (_, Some(inside)) => inside.to_string(),
                    (_, None) => format!(" {name}"),
                });
                joined.map(|name| if *clean { cleaned(name) } else { name }).collect()
            }
            Self::Metaspace(Metaspace { mark, scheme, .. }) => {
                let names = names.into_iter().enumerate();
                names
                    .map(|(at, name)| {
                        let front = at == 0 && *scheme != Scheme::Never;
                        name.replace(*mark, if front { "" } else { " " })
                    })
                    .collect()
            }
            Self::WordEnding(ending) => {
                let last = names.len().saturating_sub(1);
                let names = names.into_iter().enumerate();
                names
                    .map(|(at, name)| name.replace(ending.as_str(), if at == last { "" } else { " " }))
                    .collect()
            }
            Self::Replace(pattern, by) => names.into_iter().map(|name| replaced(&name, pattern, by)).collect(),
            Self::ByteFallback => with_bytes(names),
            Self::Fuse => vec![names.concat()],
            Self::Strip { character, start, stop } => names
                .into_iter()
                .map(|name| stripped(&name, *character, *start, *stop))
                .collect(),
        }
    }
}

/// The bytes that the characters of a name stand for, or its own if one stands for none.
fn name_bytes(name: &str) -> Vec<u8> {
    let bytes: Option<Vec<u8>> = name.chars().map(bytes::byte_of).collect();
    bytes.unwrap_or_else(|| name.as_bytes().to_vec())
}

/// Removes spaces before punctuation marks and English endings, as BERT's decoder does.
fn cleaned(name: String) -> String {
    let rules = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" do not", " don't"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    rules.iter().fold(name, |name, (from, to)| {
        if name.contains(from) {
            name.replace(from, to)
        } else {
            name
        }
    })
}

fn replaced(name: &str, pattern: &Pattern, by: &str) -> String {
    let (mut text, mut at) = (String::with_capacity(name.len()), 0);
    for range in pattern.matches(name) {
        text.push_str(&name[at..range.start]);
        text.push_str(by);
        at = range.end;
    }
    text + &name[at..]
}

/// Puts characters in the place of the names of bytes in a row.
fn with_bytes(names: Vec<String>) -> Vec<String> {
    let (mut all, mut pending) = (Vec::with_capacity(names.len()), Vec::new());
    let flush = |pending: &mut Vec<u8>, all: &mut Vec<String>| {
        let bytes = std::mem::take(pending);
        match String::from_utf8(bytes) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => all.push(text),
            Err(error) => all.extend(error.as_bytes().iter().map(|_| "\u{fffd}".to_string())),
        }
    };
    for name in names {
        match fallback_byte(&name) {
            Some(byte) => pending.push(byte),
            None => {
                flush(&mut pending, &mut all);
                all.push(name);
            }
        }
    }
    flush(&mut pending, &mut all);
    all
}

/// The byte that a name such as `<0x0A>` stands for.
pub fn fallback_byte(name: &str) -> Option<u8> {
    let digits = name.strip_prefix("<0x")?.strip_suffix('>')?;
    let is_byte = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_byte.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

fn stripped(name: &str, character: char, start: usize, stop: usize) -> String {
    let front = name.chars().take(start).take_while(|&own| own == character).count();
    let rest: Vec<char> = name.chars().skip(front).collect();
    let back = rest
        .iter()
        .rev()
        .take(stop)
        .take_while(|&&own| own == character)
        .count();
    rest[..rest.len() - back].iter().collect()
}
