//! Pre-tokenizers: where a text is cut before it is cut into tokens. No token crosses such a cut.

use regex::Regex;
use serde_json::Value;
use std::ops::Range;
use std::sync::LazyLock;
use unicode_categories::UnicodeCategories;

use super::super::aligned::Aligned;
use super::super::bytes;
use super::gpt2;
use super::pattern::Pattern;
use crate::fields::{Fields, Read};

/// One way to cut a text into words, or several in a row.
#[derive(Clone, Debug)]
pub enum PreTokenizer {
    /// One after the other.
    Sequence(Vec<PreTokenizer>),
    /// The words of GPT-2, then each byte as a character.
    ByteLevel {
        /// A space is put in front of a text that begins with none.
        space_first: bool,
        /// The text is cut into the words of GPT-2 first.
        words: bool,
    },
    /// At blanks, then around each punctuation mark.
    Bert,
    /// Letters in a row, and other signs in a row.
    Whitespace,
    /// At blanks.
    WhitespaceSplit,
    /// Spaces become a mark, which begins the word behind it.
    Metaspace(Metaspace),
    /// Where a pattern fits.
    Split {
        /// The pattern.
        pattern: Pattern,
        /// What becomes of what it fits.
        behaviour: Behaviour,
        /// The pattern fits the words, and not what is between them.
        invert: bool,
    },
    /// Around punctuation marks.
    Punctuation(Behaviour),
    /// Around digits.
    Digits {
        /// Each digit is a word.
        individual: bool,
    },
    /// At a character, which is removed.
    Delimiter(char),
}

/// How SentencePiece writes spaces.
#[derive(Clone, Copy, Debug)]
pub struct Metaspace {
    /// What stands for a space.
    pub mark: char,
    /// Where the mark is put in front of a text that begins with none.
    pub scheme: Scheme,
    /// Whether the text is cut at the marks.
    pub split: bool,
}

/// Where a mark is put in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Of every part between special tokens.
    Always,
    /// Of the first part.
    First,
    /// Nowhere.
    Never,
}

/// What becomes of what a pattern fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It is left out.
    Removed,
    /// Each place is a word.
    Isolated,
    /// It ends the word before it.
    WithPrevious,
    /// It begins the word behind it.
    WithNext,
    /// Places in a row are one word.
    Contiguous,
}

impl PreTokenizer {
    /// Reads a pre-tokenizer from a file.
    ///
    /// **Errors** if it is not known, or a field is missing or not known.
    pub fn read(value: &Value, place: &str) -> Read<Self> {
        let mut fields = Fields::of(value, place)?;
        let pre_tokenizer = match fields.text("type")? {
            "Sequence" => Self::Sequence(fields.sequence("pretokenizers", Self::read)?),
            "ByteLevel" => {
                fields.flag("trim_offsets", true)?;
                Self::ByteLevel {
                    space_first: fields.flag("add_prefix_space", true)?,
                    words: fields.flag("use_regex", true)?,
                }
            }
            "BertPreTokenizer" => Self::Bert,
            "Whitespace" => Self::Whitespace,
            "WhitespaceSplit" => Self::WhitespaceSplit,
            "Metaspace" => Self::Metaspace(Metaspace::read(&mut fields)?),
            "Split" => Self::Split {
                pattern: Pattern::read(&mut fields, "pattern")?,
                behaviour: Behaviour::read(&mut fields)?,
                invert: fields.flag("invert", false)?,
            },
            "Punctuation" => Self::Punctuation(Behaviour::read(&mut fields)?),
            "Digits" => Self::Digits {
                individual: fields.flag("individual_digits", false)?,
            },
            "CharDelimiterSplit" => Self::Delimiter(fields.character("delimiter")?),
            other => return Err(fields.error("type", format!("the pre-tokenizer `{other}` is not known"))),
        };
        fields.nothing_else()?;
        Ok(pre_tokenizer)
    }

    /// Cuts a text into words.
    pub fn apply(&self, text: Aligned) -> Vec<Aligned> {
        match self {
            Self::Sequence(all) => all.iter().fold(vec![text], |parts, one| {
                parts.into_iter().flat_map(|part| one.apply(part)).collect()
            }),
            Self::ByteLevel { space_first, words } => {
                let mut text = text;
                if *space_first && !text.text().starts_with(' ') {
                    text.prepend(" ");
                }
                let mut parts = if *words {
                    text.parts(gpt2::tokens(text.text()))
                } else {
                    vec![text]
                };
                parts.iter_mut().for_each(|part| {
                    part.map(|character| {
                        let mut buffer = [0; 4];
                        let own = character.encode_utf8(&mut buffer).len();
                        buffer
                            .into_iter()
                            .take(own)
                            .map(|byte| bytes::CHARACTERS[usize::from(byte)])
                    });
                });
                parts
            }
            Self::Bert => {
                let words = text.parts(characters(text.text(), char::is_whitespace, Behaviour::Removed));
                let cut = |word: Aligned| word.parts(characters(word.text(), is_punctuation, Behaviour::Isolated));
                words.into_iter().flat_map(cut).collect()
            }
            Self::Whitespace => {
                static WORDS: LazyLock<Regex> =
                    LazyLock::new(|| Regex::new(r"\w+|[^\w\s]+").expect("this is an expression"));
                text.parts(WORDS.find_iter(text.text()).map(|found| found.range()))
            }
            Self::WhitespaceSplit => text.parts(characters(text.text(), char::is_whitespace, Behaviour::Removed)),
            Self::Metaspace(metaspace) => metaspace.apply(text),
            Self::Split {
                pattern,
                behaviour,
                invert,
            } => text.parts(cut(text.text(), &pattern.matches(text.text()), *behaviour, *invert)),
            Self::Punctuation(behaviour) => text.parts(characters(text.text(), is_punctuation, *behaviour)),
            Self::Digits { individual: true } => {
                text.parts(characters(text.text(), char::is_numeric, Behaviour::Isolated))
            }
            Self::Digits { individual: false } => {
                text.parts(characters(text.text(), char::is_numeric, Behaviour::Contiguous))
            }
            Self::Delimiter(own) => text.parts(characters(text.text(), |other| other == *own, Behaviour::Removed)),
        }
    }
}

fn is_punctuation(character: char) -> bool {
    character.is_ascii_punctuation() || character.is_punctuation()
}

impl Metaspace {
    /// Reads the fields of a pre-tokenizer or decoder, in the newer and the older spelling.
    ///
    /// **Errors** if a scheme is not known.
    pub fn read(fields: &mut Fields<'_>) -> Read<Self> {
        fields.optional("str_rep");
        let mark = fields.character("replacement")?;
        let older = fields.flag("add_prefix_space", true)?;
        let scheme = match fields.optional_text("prepend_scheme")? {
            None if older => Scheme::Always,
            None => Scheme::Never,
            Some("always") => Scheme::Always,
            Some("first") => Scheme::First,
            Some("never") => Scheme::Never,
            Some(other) => {
                let what = format!("the scheme `{other}` is not known; known are always, first, never");
                return Err(fields.error("prepend_scheme", what));
            }
        };
        if !older && scheme != Scheme::Never {
            return Err(fields.error(
                "add_prefix_space",
                "this field is false, but prepend_scheme is not never",
            ));
        }
        Ok(Self {
            mark,
            scheme,
            split: fields.flag("split", true)?,
        })
    }

    fn apply(&self, mut text: Aligned) -> Vec<Aligned> {
        let spaces: Vec<Range<usize>> = text.text().match_indices(' ').map(|(at, _)| at..at + 1).collect();
        let mark = self.mark.to_string();
        text.replace(&spaces, &mark);
        let puts = match self.scheme {
            Scheme::Always => true,
            Scheme::First => text.start() == 0,
            Scheme::Never => false,
        };
        if puts && !text.text().starts_with(self.mark) {
            text.prepend(&mark);
        }
        if self.split {
            text.parts(characters(text.text(), |other| other == self.mark, Behaviour::WithNext))
        } else {
            vec![text]
        }
    }
}

impl Behaviour {
    fn read(fields: &mut Fields<'_>) -> Read<Self> {
        Ok(match fields.optional_text("behavior")? {
            Some("Removed") => Self::Removed,
            None | Some("Isolated") => Self::Isolated,
            Some("MergedWithPrevious") => Self::WithPrevious,
            Some("MergedWithNext") => Self::WithNext,
            Some("Contiguous") => Self::Contiguous,
            Some(other) => return Err(fields.error("behavior", format!("the behaviour `{other}` is not known"))),
        })
    }
}

/// The words of a text that is cut at characters.
fn characters(text: &str, is_own: impl Fn(char) -> bool, behaviour: Behaviour) -> Vec<Range<usize>> {
    let own = text.char_indices().filter(|&(_, character)| is_own(character));
    let found: Vec<_> = own.map(|(at, character)| at..at + character.len_utf8()).collect();
    cut(text, &found, behaviour, false)
}

/// The words of a text that is cut at some places, which are in order; the others are what is between them, if `invert`.
fn cut(text: &str, found: &[Range<usize>], behaviour: Behaviour, invert: bool) -> Vec<Range<usize>> {
    let mut parts: Vec<(Range<usize>, bool)> = Vec::with_capacity(2 * found.len() + 1);
    let mut at = 0;
    for place in found.iter().cloned().chain(std::iter::once(text.len()..text.len())) {
        if at < place.start {
            parts.push((at..place.start, invert));
        }
        at = place.end;
        if !place.is_empty() {
            parts.push((place, !invert));
        }
    }
    match behaviour {
        Behaviour::Removed => parts.retain(|(_, is_place)| !is_place),
        Behaviour::Isolated => {}
        Behaviour::Contiguous => parts = joined(parts, |before, now| before == now),
        Behaviour::WithPrevious => parts = joined(parts, |before, now| !before && now),
        Behaviour::WithNext => {
            parts.reverse();
            parts = joined(parts, |before, now| !before && now);
            parts.reverse();
        }
    }
    parts.into_iter().map(|(range, _)| range).collect()
}

/// Joins each part to the one before it where it belongs to it, by whether that one and it are places of the pattern.
fn joined(parts: Vec<(Range<usize>, bool)>, belongs: impl Fn(bool, bool) -> bool) -> Vec<(Range<usize>, bool)> {
    let mut all: Vec<(Range<usize>, bool)> = Vec::with_capacity(parts.len());
    let mut before = None;
    for (range, is_place) in parts {
        match all.last_mut() {
            Some((last, _)) if before.is_some_and(|before| belongs(before, is_place)) => {
                *last = last.start.min(range.start)..last.end.max(range.end);
            }
            _ => all.push((range, is_place)),
        }
        before = Some(is_place);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_behaviour_cuts_as_its_name_says() {
        let text = "the-final--countdown";
        let words = |behaviour| -> Vec<&str> {
            let words = characters(text, |character| character == '-', behaviour);
            words.into_iter().map(|range| &text[range]).collect()
        };
        assert_eq!(words(Behaviour::Removed), ["the", "final", "countdown"]);
        assert_eq!(words(Behaviour::Isolated), ["the", "-", "final", "-", "-", "countdown"]);
        assert_eq!(words(Behaviour::WithPrevious), ["the-", "final-", "-", "countdown"]);
        assert_eq!(words(Behaviour::WithNext), ["the", "-final", "-", "-countdown"]);
        assert_eq!(words(Behaviour::Contiguous), ["the", "-", "final", "--", "countdown"]);
    }
}
