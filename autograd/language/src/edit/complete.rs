//! What can stand at the cursor: words, functions, and the names that are known there.
//!
//! The statement that is being written mostly does not parse yet. So the text before it is read, with its open blocks
//! closed: in it every name is defined that may be used, since the language has no name before its definition.

use super::Study;
use super::cursor::{Cursor, Wanted};
use super::names::{Role, Symbol};
use super::types;
use crate::meaning::ops;
use crate::meaning::words::{self, INITIALIZERS};
use crate::syntax::token::{DTYPES, ITEMS, STATEMENTS};

/// A word that can stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The word.
    pub word: String,
    /// What it is; none for a word of the grammar.
    pub role: Option<Role>,
    /// Its type, or how it is called; may be empty.
    pub detail: String,
}

impl Completion {
    fn word(word: &str) -> Self {
        Self {
            word: word.to_string(),
            role: None,
            detail: String::new(),
        }
    }

    fn named(word: &str, role: Role) -> Self {
        Self {
            role: Some(role),
            ..Self::word(word)
        }
    }
}

/// The words that can stand in place of the one that ends at a byte of a text, which is read as [`Study::of`] does.
pub fn completions(
    name: &str,
    text: &str,
    byte: usize,
    memory: u64,
    load: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Vec<Completion> {
    let Some(cursor) = Cursor::at(text, byte) else {
        return Vec::new();
    };
    let mut study = |added: &str| Study::of(name, &cursor.readable(added), memory, load);
    let known = |study: &Study, roles: &[Role]| -> Vec<Completion> {
        let end = u32::try_from(cursor.statement).unwrap_or(u32::MAX);
        let visible = study.names.visible(end);
        visible
            .filter(|one| roles.contains(&one.role))
            .map(|one| study.completion(one))
            .collect()
    };
    let mut found = match &cursor.wanted {
        Wanted::Item => [&["use"], ITEMS].concat().into_iter().map(Completion::word).collect(),
        Wanted::Nothing => Vec::new(),
        Wanted::Transpose => vec![Completion::word("T")],
        Wanted::Op => ops_of_the_engine(),
        Wanted::Dtype => DTYPES.iter().map(|word| Completion::word(word)).collect(),
        Wanted::Initializer => INITIALIZERS.iter().map(|(word, _)| Completion::word(word)).collect(),
        Wanted::Continuation(words) => words.iter().map(|word| Completion::word(word)).collect(),
        Wanted::Statement => {
            let begun = STATEMENTS.iter().map(|word| Completion::word(word));
            begun.chain(known(&study(""), &[Role::Value])).collect()
        }
        Wanted::Module => known(&study(""), &[Role::Module]),
        Wanted::Size => known(&study(""), &[Role::Size, Role::Position]),
        Wanted::Result => known(&study(""), VALUES),
        Wanted::Axis { of } => axes(&cursor, of, &mut study),
        Wanted::Value => {
            let own = [
                VALUES,
                &[Role::Size, Role::Position, Role::Layer, Role::Function, Role::Argument],
            ]
            .concat();
            let begun = ["if", "inf"].iter().map(|word| Completion::word(word));
            known(&study(""), &own)
                .into_iter()
                .chain(functions())
                .chain(begun)
                .collect()
        }
    };
    if matches!(cursor.wanted, Wanted::Value | Wanted::Size | Wanted::Axis { .. }) {
        let bound = cursor.bound.iter().map(|name| Completion::named(name, Role::Index));
        found.extend(bound);
    }
    let mut seen = Vec::new();
    found.retain(|one| {
        let is_new = !seen.contains(&one.word);
        seen.push(one.word.clone());
        is_new
    });
    found
}

/// What has a value.
const VALUES: &[Role] = &[Role::Input, Role::Param, Role::Constant, Role::Value];

impl Study {
    fn completion(&self, symbol: &Symbol) -> Completion {
        let first = symbol.definitions.first();
        let ty = first.and_then(|one| self.notes().type_at(one.name));
        let detail = match (ty, first, symbol.role) {
            (Some(ty), ..) => types::text(ty),
            (None, Some(one), Role::Layer | Role::Module | Role::Function | Role::Size) => self.formula(one),
            _ => String::new(),
        };
        Completion {
            detail: detail.trim_end().to_string(),
            ..Completion::named(&symbol.name, symbol.role)
        }
    }
}

/// The functions of the language, with how they are called.
fn functions() -> Vec<Completion> {
    let named = words::names().into_iter().chain([words::GRADIENT]);
    let entry = |name: &str| ops::find(name).into_iter().next();
    let function = |name: &str| Completion {
        detail: entry(name).map_or(String::new(), |entry| entry.signature),
        ..Completion::named(name, Role::Word)
    };
    let engine = Completion {
        detail: "any op of the engine".to_string(),
        ..Completion::named("engine", Role::Word)
    };
    named.map(function).chain([engine]).collect()
}

fn ops_of_the_engine() -> Vec<Completion> {
    let of_op = |entry: ops::Entry| {
        let name = entry.name.strip_prefix("engine.")?.to_string();
        Some(Completion {
            detail: entry.signature,
            ..Completion::named(&name, Role::Word)
        })
    };
    ops::catalogue().into_iter().filter_map(of_op).collect()
}

/// The axes of the value of which some are named; of one that cannot be read yet, all that are known here.
fn axes(cursor: &Cursor<'_>, of: &str, study: &mut dyn FnMut(&str) -> Study) -> Vec<Completion> {
    let asked = format!("\n{ASKED} = {of}\n");
    let with_value = study(&asked);
    let end = u32::try_from(cursor.statement + asked.len()).unwrap_or(u32::MAX);
    let value = with_value.names.symbols.iter().find(|one| one.name == ASKED);
    let place = value.and_then(|one| one.definitions.last()).map(|one| one.name);
    if let Some(ty) = place.and_then(|place| with_value.notes().type_at(place)) {
        let named = ty
            .axes
            .iter()
            .filter_map(|axis| Some((axis.name_among(&ty.axes)?, axis)));
        let axis = |(name, axis): (&str, &crate::meaning::types::Axis)| Completion {
            detail: axis.to_string(),
            ..Completion::named(name, Role::Axis)
        };
        return named.map(axis).collect();
    }
    let is_axis = |one: &&Symbol| matches!(one.role, Role::Axis | Role::Size);
    let visible = with_value.names.visible(end).filter(is_axis);
    visible.map(|one| Completion::named(&one.name, Role::Axis)).collect()
}

/// The name under which the value is read whose axes are asked for; nobody writes it.
const ASKED: &str = "value_whose_axes_are_asked_for";
