//! The parts of a text: graphs, modules and functions, each with the names that it defines.

use super::Study;
use super::names::{Role, Symbol};
use super::types;
use crate::span::Span;

/// A part of a text.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// The type of a value, the head of a module; may be empty.
    pub detail: String,
    /// The place of its name.
    pub at: Span,
    /// The place of the whole part.
    pub whole: Span,
    /// The names that it defines.
    pub parts: Vec<Self>,
}

impl Study {
    /// The graphs, modules and functions of the text itself, in its order.
    pub fn outline(&self) -> Vec<Part> {
        let items = self.opened.file.items.iter().enumerate();
        let own = items.filter(|(_, item)| self.is_own(item.span));
        own.filter_map(|(number, item)| {
            let name = item.kind.name();
            let (symbol, _) = self.names.at(name.span.start)?;
            Some(Part {
                name: name.name.clone(),
                role: self.names.symbols[symbol].role,
                detail: String::new(),
                at: name.span,
                whole: item.span,
                parts: self.parts(number),
            })
        })
        .collect()
    }

    fn parts(&self, item: usize) -> Vec<Part> {
        let is_part = |symbol: &&Symbol| {
            let roles = [
                Role::Size,
                Role::Input,
                Role::Param,
                Role::Constant,
                Role::Value,
                Role::Layer,
            ];
            symbol.item == Some(item) && roles.contains(&symbol.role)
        };
        let part = |symbol: &Symbol| {
            let first = symbol.definitions.first()?;
            let ty = self.notes().type_at(first.name);
            Some(Part {
                name: self.written(first),
                role: symbol.role,
                detail: ty.map_or(String::new(), types::text),
                at: first.name,
                whole: first.whole.to(first.name),
                parts: Vec::new(),
            })
        };
        let mut parts: Vec<Part> = self.names.symbols.iter().filter(is_part).filter_map(part).collect();
        parts.sort_by_key(|part| part.at.start);
        parts
    }
}
