//! A name exchanged for another one, wherever it stands with the same meaning.
//!
//! The renamed text is read and checked again. The change is made only if every name in it still means what it meant,
//! and the programs compute the same; if not, it is refused with the reason.

use super::Study;
use super::alike::alike;
use super::names::{Names, Role};
use crate::diagnostic::{Diagnostic, Edit};
use crate::span::Span;
use crate::syntax::lexer::Lexer;
use crate::syntax::token::{TokenKind, TokenSource};

impl Study {
    /// The name at a byte, if it can be renamed.
    ///
    /// **Errors** with the reason why it cannot.
    pub fn renameable(&self, byte: u32) -> Result<Span, String> {
        let (symbol, at) = self.names.at(byte).ok_or("no name that is defined stands here")?;
        let symbol = &self.names.symbols[symbol];
        let name = &symbol.name;
        if symbol.role == Role::Word {
            return Err(format!("`{name}` is a word of the language"));
        }
        let Some(definition) = symbol.definitions.first() else {
            return Err(format!(
                "`{name}` gets its meaning where this is called, so it cannot be renamed here"
            ));
        };
        if !self.is_own(definition.name) {
            let file = self.opened.sources.position(definition.name).file;
            return Err(format!("`{name}` is defined in {file}; rename it there"));
        }
        Ok(at)
    }

    /// The changes that give the name at a byte another one.
    ///
    /// **Errors** with the reason if the program would no longer mean the same.
    pub fn rename(&self, byte: u32, to: &str) -> Result<Vec<Edit>, String> {
        let at = self.renameable(byte)?;
        if !is_name(to) {
            return Err(format!(
                "`{to}` is no name: write letters, digits and `_`, and no word of the language"
            ));
        }
        if self.opened.sources.text(at) == to {
            return Ok(Vec::new());
        }
        let edit = |&span: &Span| Edit {
            span,
            text: to.to_string(),
        };
        let edits: Vec<Edit> = self.references(byte).iter().map(edit).collect();
        let (_, text) = self.opened.sources.changed(&edits).ok_or("no name stands here")?;
        self.is_same(&self.with_text(&text), to)?;
        Ok(edits)
    }

    /// Refuses a renamed text that does not mean the same.
    fn is_same(&self, renamed: &Self, to: &str) -> Result<(), String> {
        if groups(&self.names) != groups(&renamed.names) {
            let taken = self.names.symbols.iter().find(|symbol| symbol.name == to);
            let place = taken.and_then(|symbol| symbol.definitions.first().map(|one| one.name));
            return Err(match place {
                Some(place) => {
                    let line = self.opened.sources.position(place).line;
                    format!("`{to}` has a meaning already, on line {line}")
                }
                None => format!("`{to}` has a meaning already"),
            });
        }
        let mistakes = |study: &Self| study.opened.diagnostics.iter().filter(|one| one.is_error()).count();
        if mistakes(renamed) > mistakes(self) {
            let said = |found: &Diagnostic| format!("{}: {}", found.code.name(), found.primary.text);
            let first = renamed
                .opened
                .diagnostics
                .iter()
                .find(|found| found.is_error())
                .map(said);
            return Err(format!(
                "with the name `{to}` this is a mistake: {}",
                first.unwrap_or_default()
            ));
        }
        let (own, others) = (&self.opened.programs, &renamed.opened.programs);
        let same = own.len() == others.len() && own.iter().zip(others).all(|(own, other)| alike(own, other));
        if !same {
            return Err(format!("with the name `{to}` the program would compute something else"));
        }
        Ok(())
    }
}

/// For each place of a name in the order of the text, which symbol it is; symbols are counted in this order.
fn groups(names: &Names) -> Vec<usize> {
    let symbols = names.symbols.iter().enumerate();
    let mut places: Vec<(u32, usize)> = symbols
        .flat_map(|(number, symbol)| symbol.places.iter().map(move |place| (place.start, number)))
        .collect();
    places.sort_unstable();
    places.dedup();
    let mut known: Vec<usize> = Vec::new();
    let number = |symbol: usize| {
        known.iter().position(|&own| own == symbol).unwrap_or_else(|| {
            known.push(symbol);
            known.len() - 1
        })
    };
    places.into_iter().map(|(_, symbol)| symbol).map(number).collect()
}

/// True for a text that is one name and nothing else.
fn is_name(text: &str) -> bool {
    let mut lexer = Lexer::new(text, 0);
    let first = lexer.next_token();
    first.is_ok_and(|token| token.kind == TokenKind::Name && token.text == text)
}
