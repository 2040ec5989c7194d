//! What is said about the name or expression under the cursor, and where it is defined.

use super::Study;
use super::names::{Definition, Role, Symbol};
use super::types;
use crate::meaning::ops;
use crate::span::Span;
use crate::syntax::lexer::Lexer;
use crate::syntax::parse::parse_file;
use crate::syntax::token::{Token, TokenKind, TokenSource};

/// What is said about a stretch of text.
#[derive(Clone, Debug)]
pub struct Hover {
    /// The stretch.
    pub at: Span,
    /// What is said, as Markdown.
    pub text: String,
}

/// Where the meaning of something is written.
#[derive(Clone, Debug)]
pub enum Target {
    /// A place of the text or of a file that it uses.
    Place(Span),
    /// A file, by the name that the text calls it by.
    File(String),
}

/// How many letters of an expression are repeated above its type.
const LETTERS_MAX: usize = 80;

impl Study {
    /// What is known about what stands at a byte: its type, its formula, and of a function what it does.
    pub fn hover(&self, byte: u32) -> Option<Hover> {
        if let Some((symbol, at)) = self.names.at(byte) {
            let text = self.about(&self.names.symbols[symbol], at);
            return Some(Hover { at, text });
        }
        let token = self.token_at(byte)?;
        if token.kind == TokenKind::Doc {
            return None;
        }
        let mut text = String::new();
        let around = self.notes().type_around(byte);
        if let Some((at, ty)) = around {
            text = code(&format!("{}: {}", self.shortened(at), types::text(ty)));
        }
        let entries = match token.kind {
            TokenKind::Sign | TokenKind::Keyword => ops::find(&token.text),
            _ => Vec::new(),
        };
        if !entries.is_empty() {
            text += &code(&ops::text(&entries));
        }
        let at = around.map_or(token.span, |(at, _)| at);
        (!text.is_empty()).then_some(Hover { at, text })
    }

    /// Where the meaning of the name, or the file, at a byte is written; of a row each place where it gets values.
    pub fn definitions(&self, byte: u32) -> Vec<Target> {
        let holds = |at: Span| at.start <= byte && byte < at.end;
        if let Some(used) = parse_file(&self.opened.sources, 0)
            .file
            .uses
            .iter()
            .find(|used| holds(used.span))
        {
            return vec![Target::File(used.name.clone())];
        }
        let Some((symbol, at)) = self.names.at(byte) else {
            return Vec::new();
        };
        let symbol = &self.names.symbols[symbol];
        if let Some(origin) = self.notes().axis_origin(at).filter(|_| symbol.role == Role::Axis) {
            return vec![Target::Place(origin)];
        }
        symbol.definitions.iter().map(|one| Target::Place(one.name)).collect()
    }

    /// Every place where the name at a byte stands with the same meaning.
    pub fn references(&self, byte: u32) -> &[Span] {
        let symbol = self.names.at(byte);
        symbol.map_or(&[], |(symbol, _)| &self.names.symbols[symbol].places)
    }

    fn about(&self, symbol: &Symbol, at: Span) -> String {
        let said = match symbol.role {
            Role::Word => {
                let entries = ops::find(&symbol.name);
                let meaning = entries.first().map_or("", |entry| entry.meaning);
                return format!("{meaning}\n\n{}", code(&ops::text(&entries)));
            }
            Role::Input | Role::Param | Role::Constant | Role::Value => self.about_value(symbol, at),
            Role::Axis => self.about_axis(symbol, at),
            Role::Index => format!("{}: an index, which makes an axis\n", symbol.name),
            Role::Summed => format!("{}: an index that is summed or reduced over\n", symbol.name),
            Role::Argument => {
                let item = symbol.item.map(|item| self.opened.file.items[item].span);
                let function = item.map_or("", |item| self.opened.sources.text(item));
                format!("{}: what is given to\n{function}\n", symbol.name)
            }
            Role::Layer => {
                let layer = symbol.definitions.first().copied();
                layer.map_or(String::new(), |layer| {
                    self.formula(&layer) + &self.module_in(layer.whole)
                })
            }
            Role::Graph | Role::Module | Role::Function | Role::Size | Role::Position => {
                symbol.definitions.iter().map(|one| self.formula(one)).collect()
            }
        };
        let docs: Vec<&str> = symbol.docs.iter().map(|line| line.trim()).collect();
        code(&said) + &docs.join("\n")
    }

    /// Types and formulas of a value; where it stands as something else, as a whole row does, the type there.
    fn about_value(&self, symbol: &Symbol, at: Span) -> String {
        let mut said = String::new();
        for one in &symbol.definitions {
            if let Some(ty) = self.notes().type_at(one.name) {
                said += &format!("{}: {}\n", self.written(one), types::text(ty));
            }
        }
        let here = self.notes().type_at(at).map(types::text);
        let is_news = |here: &String| !said.lines().any(|line| line.ends_with(&format!(": {here}")));
        if let Some(here) = here.filter(is_news) {
            said += &format!("{} here: {here}\n", symbol.name);
        }
        let formulas: Vec<String> = symbol.definitions.iter().map(|one| self.formula(one)).collect();
        said + &formulas.concat()
    }

    fn about_axis(&self, symbol: &Symbol, at: Span) -> String {
        let origin = self.notes().axis_origin(at);
        let first = symbol.definitions.first().map(|one| one.whole);
        match origin.or(first) {
            Some(origin) => format!("axis {}\n", self.opened.sources.text(origin)),
            None => format!("axis {}\n", symbol.name),
        }
    }

    /// What says what a name is, as it is written.
    pub(super) fn formula(&self, one: &Definition) -> String {
        let between = if one.word.is_empty() { "" } else { " " };
        format!(
            "{}{between}{}\n",
            one.word,
            self.opened.sources.text(one.whole).trim_end()
        )
    }

    /// The head of the module that is named in a stretch of text.
    fn module_in(&self, at: Span) -> String {
        let stands = |symbol: &&Symbol| {
            let inside = |place: &Span| at.start <= place.start && place.end <= at.end;
            symbol.role == Role::Module && symbol.places.iter().any(inside)
        };
        let module = self.names.symbols.iter().find(stands);
        module.map_or(String::new(), |module| {
            module.definitions.iter().map(|one| self.formula(one)).collect()
        })
    }

    /// An expression as it is written, on one line.
    fn shortened(&self, at: Span) -> String {
        let words: Vec<&str> = self.opened.sources.text(at).split_whitespace().collect();
        let text = words.join(" ");
        if text.chars().count() <= LETTERS_MAX {
            return text;
        }
        text.chars().take(LETTERS_MAX - 1).chain(std::iter::once('…')).collect()
    }

    /// The token of the text that holds a byte; comments are none.
    fn token_at(&self, byte: u32) -> Option<Token> {
        let mut lexer = Lexer::new(&self.opened.sources.files()[0].text, 0);
        loop {
            match lexer.next_token() {
                Ok(token) if token.kind == TokenKind::End || token.span.start > byte => return None,
                Ok(token) if byte < token.span.end => return Some(token),
                _ => {}
            }
        }
    }
}

fn code(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    format!("```cg\n{}\n```\n", text.trim_end())
}
