//! Normalisers: how a text is changed before it is cut.

use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::UnicodeNormalization;
use unicode_normalization_alignments::char::is_combining_mark;

use super::super::aligned::{Aligned, Change};
use super::pattern::Pattern;
use super::precompiled::Precompiled;
use crate::fields::{Fields, Read};
use serde_json::Value;

/// One change of a text, or several in a row.
#[derive(Clone, Debug)]
pub enum Normalizer {
    /// One after the other.
    Sequence(Vec<Normalizer>),
    /// A normalisation form of Unicode.
    Form(Form),
    /// Letters become small, each by itself.
    Lowercase,
    /// Blanks at the beginning and the end are removed.
    Strip {
        /// At the beginning.
        left: bool,
        /// At the end.
        right: bool,
    },
    /// Combining marks are removed.
    StripAccents,
    /// What BERT does.
    Bert {
        /// Control characters are removed, and all blanks become spaces.
        clean: bool,
        /// Chinese characters get a space on each side.
        chinese: bool,
        /// Nonspacing marks are removed.
        accents: bool,
        /// Letters become small.
        lowercase: bool,
    },
    /// A text is put in the place of what a pattern fits.
    Replace(Pattern, String),
    /// A text is put in front.
    Prepend(String),
    /// The table of a SentencePiece model.
    Precompiled(Precompiled),
    /// Control characters are removed and odd blanks become spaces, as SentencePiece does for translation.
    Nmt,
}

/// The most characters that a small letter is.
const LOWERCASE: usize = 3;

/// A normalisation form of Unicode.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Composed.
    Nfc,
    /// Decomposed.
    Nfd,
    /// Composed, with compatibility characters replaced.
    Nfkc,
    /// Decomposed, with compatibility characters replaced.
    Nfkd,
}

impl Normalizer {
    /// Reads a normaliser from a file.
    ///
    /// **Errors** if it is not known, or a field is missing or not known.
    pub fn read(value: &Value, place: &str) -> Read<Self> {
        let mut fields = Fields::of(value, place)?;
        let normalizer = match fields.text("type")? {
            "Sequence" => Self::Sequence(fields.sequence("normalizers", Self::read)?),
            "NFC" => Self::Form(Form::Nfc),
            "NFD" => Self::Form(Form::Nfd),
            "NFKC" => Self::Form(Form::Nfkc),
            "NFKD" => Self::Form(Form::Nfkd),
            "Lowercase" => Self::Lowercase,
            "StripAccents" => Self::StripAccents,
            "Nmt" => Self::Nmt,
            "Strip" => Self::Strip {
                left: fields.flag("strip_left", true)?,
                right: fields.flag("strip_right", true)?,
            },
            "BertNormalizer" => {
                let lowercase = fields.flag("lowercase", true)?;
                Self::Bert {
                    clean: fields.flag("clean_text", true)?,
                    chinese: fields.flag("handle_chinese_chars", true)?,
                    accents: fields.flag("strip_accents", lowercase)?,
                    lowercase,
                }
            }
            "Replace" => {
                let pattern = Pattern::read(&mut fields, "pattern")?;
                Self::Replace(pattern, fields.text("content")?.to_string())
            }
            "Prepend" => Self::Prepend(fields.text("prepend")?.to_string()),
            "Precompiled" => {
                let table = Precompiled::new(fields.text("precompiled_charsmap")?);
                Self::Precompiled(table.map_err(|what| fields.error("precompiled_charsmap", what))?)
            }
            other => return Err(fields.error("type", format!("the normaliser `{other}` is not known"))),
        };
        fields.nothing_else()?;
        Ok(normalizer)
    }

    /// How many times as many characters a text may come to have, at most.
    pub fn growth(&self) -> usize {
        match self {
            Self::Sequence(all) => all.iter().fold(1, |all, one| all.saturating_mul(one.growth())),
            // U+FDFA becomes 18 characters, and U+0390 three; a few get four.
            Self::Form(Form::Nfkd | Form::Nfkc) => 18,
            Self::Form(Form::Nfd | Form::Nfc) => 4,
            Self::Lowercase => LOWERCASE,
            Self::Bert {
                chinese,
                accents,
                lowercase,
                ..
            } => {
                let chinese = if *chinese { 3 } else { 1 };
                let accents = if *accents { 4 } else { 1 };
                chinese * accents * if *lowercase { LOWERCASE } else { 1 }
            }
            Self::Replace(pattern, by) => pattern.growth(by),
            Self::Prepend(front) => 1 + front.chars().count(),
            Self::Precompiled(table) => table.growth(),
            Self::Strip { .. } | Self::StripAccents | Self::Nmt => 1,
        }
    }

    /// Changes a text.
    pub fn apply(&self, text: &mut Aligned) {
        match self {
            Self::Sequence(all) => all.iter().for_each(|one| one.apply(text)),
            Self::Form(form) => to_form(text, *form),
            Self::Lowercase => text.map(char::to_lowercase),
            Self::Strip { left, right } => strip(text, *left, *right),
            Self::StripAccents => text.keep(|character| !is_combining_mark(character)),
            Self::Bert {
                clean,
                chinese,
                accents,
                lowercase,
            } => bert(text, [*clean, *chinese, *accents, *lowercase]),
            Self::Replace(pattern, by) => {
                let found = pattern.matches(text.text());
                text.replace(&found, by);
            }
            Self::Prepend(front) => text.prepend(front),
            Self::Precompiled(table) => table.apply(text),
            Self::Nmt => nmt(text),
        }
    }
}

fn to_form(text: &mut Aligned, form: Form) {
    let old = text.text().to_string();
    // The iterators say of each character how many it adds to, or removes from, those it stands for.
    let change = |(character, change): (char, isize)| match usize::try_from(-change) {
        Ok(also) => (character, Change::Replaces(also)),
        Err(_) => (character, Change::PutIn),
    };
    match form {
        Form::Nfc => text.change(old.nfc().map(change), 0),
        Form::Nfd => text.change(old.nfd().map(change), 0),
        Form::Nfkc => text.change(old.nfkc().map(change), 0),
        Form::Nfkd => text.change(old.nfkd().map(change), 0),
    }
}

fn strip(text: &mut Aligned, left: bool, right: bool) {
    let old = text.text();
    let from = if left { old.len() - old.trim_start().len() } else { 0 };
    let to = if right {
        old.trim_end().len().max(from)
    } else {
        old.len()
    };
    let mut ranges = vec![0..from, to..old.len()];
    ranges.retain(|range| !range.is_empty());
    text.replace(&ranges, "");
}

fn bert(text: &mut Aligned, [clean, chinese, accents, lowercase]: [bool; 4]) {
    if clean {
        text.keep(|character| {
            matches!(character, '\t' | '\n' | '\r') || !(matches!(character, '\0' | '\u{fffd}') || character.is_other())
        });
        text.map(|character| [if character.is_whitespace() { ' ' } else { character }]);
    }
    if chinese {
        text.map(|character| {
            let spaced = [' ', character, ' '];
            let range = if is_chinese(character) { 0..3 } else { 1..2 };
            range.map(move |at| spaced[at])
        });
    }
    if accents {
        to_form(text, Form::Nfd);
        text.keep(|character| !character.is_mark_nonspacing());
    }
    if lowercase {
        text.map(char::to_lowercase);
    }
}

/// The blocks of ideographs that BERT sets apart.
fn is_chinese(character: char) -> bool {
    matches!(
        character,
        '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{20000}'..='\u{2a6df}'
            | '\u{2a700}'..='\u{2b73f}'
            | '\u{2b740}'..='\u{2b81f}'
            | '\u{2b920}'..='\u{2ceaf}'
            | '\u{f900}'..='\u{faff}'
            | '\u{2f800}'..='\u{2fa1f}'
    )
}

fn nmt(text: &mut Aligned) {
    text.keep(|character| {
        !matches!(character, '\u{1}'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{8f}' | '\u{9f}')
    });
    text.map(|character| {
        [match character {
            '\t' | '\n' | '\u{c}' | '\r' | '\u{1680}' | '\u{200b}'..='\u{200f}' => ' ',
            '\u{2028}' | '\u{2029}' | '\u{2581}' | '\u{feff}' | '\u{fffd}' => ' ',
            other => other,
        }]
    });
}
