//! Scopes: which symbol a name is, and how the symbols of an item are joined at its end.

use std::collections::BTreeMap;

use super::{Definition, Role, Symbol};
use crate::meaning::words;
use crate::span::{Sources, Span};
use crate::syntax::ast::{File, Ident};
use crate::syntax::lexer::Lexer;
use crate::syntax::token::{TokenKind, TokenSource};

/// The symbols of all items.
pub(super) fn resolved(file: &File, sources: &Sources) -> Vec<Symbol> {
    let mut resolver = Resolver {
        sources,
        symbols: Vec::new(),
        items: BTreeMap::new(),
        item: 0,
        scopes: Vec::new(),
        axes: BTreeMap::new(),
        spoken_of: Vec::new(),
    };
    for (number, item) in file.items.iter().enumerate() {
        resolver.item = number;
        resolver.item(item);
        resolver.join();
    }
    resolver.symbols.retain(|symbol| !symbol.places.is_empty());
    resolver.symbols
}

/// A stretch of text with the names that are bound in it.
struct Scope<'a> {
    at: Span,
    names: BTreeMap<&'a str, usize>,
}

pub(super) struct Resolver<'a> {
    sources: &'a Sources,
    symbols: Vec<Symbol>,
    /// Items and words of the language.
    items: BTreeMap<&'a str, usize>,
    item: usize,
    scopes: Vec<Scope<'a>>,
    /// The axes of the item by name.
    axes: BTreeMap<&'a str, usize>,
    /// The axes that are referred to, as in `over q`; a label alone is no reference.
    spoken_of: Vec<usize>,
}

impl<'a> Resolver<'a> {
    /// Does `inside` in a scope of its own.
    pub(super) fn scoped(&mut self, at: Span, inside: impl FnOnce(&mut Self)) {
        let names = BTreeMap::new();
        self.scopes.push(Scope { at, names });
        inside(self);
        self.scopes.pop();
    }

    /// The symbol that a value, size, layer, position or index of this name is here.
    pub(super) fn lookup(&self, name: &str) -> Option<usize> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.names.get(name).copied())
    }

    /// What the symbol of this name stands for here.
    pub(super) fn role(&self, name: &str) -> Option<Role> {
        self.lookup(name).map(|symbol| self.symbols[symbol].role)
    }

    fn new_symbol(&mut self, name: &str, role: Role, scope: Span) -> usize {
        self.symbols.push(Symbol {
            name: name.to_string(),
            role,
            item: Some(self.item),
            scope,
            definitions: Vec::new(),
            places: Vec::new(),
            docs: Vec::new(),
        });
        self.symbols.len() - 1
    }

    fn add_definition(&mut self, symbol: usize, definition: Definition, docs: &[String]) {
        let symbol = &mut self.symbols[symbol];
        if symbol.docs.is_empty() {
            symbol.docs = docs.to_vec();
        }
        symbol.places.push(definition.name);
        symbol.definitions.push(definition);
    }

    /// Binds a name in the innermost scope; a name that has a meaning already is defined once more.
    pub(super) fn define(&mut self, name: &'a str, role: Role, definition: Definition, docs: &[String]) {
        let depth = self.scopes.len() - 1;
        self.define_in(depth, name, role, definition, docs);
    }

    /// Binds a name in the whole item: a row keeps its meaning behind the loop that fills it.
    pub(super) fn define_row(&mut self, name: &'a str, definition: Definition, docs: &[String]) {
        self.define_in(0, name, Role::Value, definition, docs);
    }

    fn define_in(&mut self, depth: usize, name: &'a str, role: Role, definition: Definition, docs: &[String]) {
        let known = self.lookup(name);
        let symbol = known.unwrap_or_else(|| {
            let symbol = self.new_symbol(name, role, self.scopes[depth].at);
            self.scopes[depth].names.insert(name, symbol);
            symbol
        });
        self.add_definition(symbol, definition, docs);
    }

    /// Binds a name in the innermost scope, whatever it means outside.
    pub(super) fn define_anew(&mut self, name: &'a str, role: Role, definition: Definition) {
        let scope = self.scopes.last().expect("a scope is open").at;
        let symbol = self.new_symbol(name, role, scope);
        self.bind(name, symbol);
        self.add_definition(symbol, definition, &[]);
    }

    /// Lets a name stand for a symbol in the innermost scope.
    pub(super) fn bind(&mut self, name: &'a str, symbol: usize) {
        let scope = self.scopes.last_mut().expect("a scope is open");
        scope.names.insert(name, symbol);
    }

    /// Defines an item, which has a meaning from here on to the end of all files.
    pub(super) fn define_item(&mut self, name: &'a Ident, role: Role, whole: Span, docs: &[String]) {
        let scope = Span {
            start: name.span.start,
            end: u32::MAX,
        };
        let definition = Definition {
            name: name.span,
            place: None,
            whole,
            word: "",
        };
        let known = self.items.get(name.name.as_str()).copied();
        let known = known.filter(|&symbol| self.symbols[symbol].role != Role::Word);
        let symbol = known.unwrap_or_else(|| self.new_symbol(&name.name, role, scope));
        self.symbols[symbol].item = None;
        self.add_definition(symbol, definition, docs);
        self.items.insert(&name.name, symbol);
    }

    /// A name that is used.
    pub(super) fn use_name(&mut self, name: &str, at: Span) {
        if let Some(symbol) = self.lookup(name) {
            self.symbols[symbol].places.push(at);
        }
    }

    /// The name of a module or function of the file that is used; `Word` for one of the language.
    pub(super) fn use_item(&mut self, name: &'a str, at: Span, roles: &[Role]) -> bool {
        let known = self.items.get(name).copied();
        let Some(symbol) = known.filter(|&symbol| roles.contains(&self.symbols[symbol].role)) else {
            return false;
        };
        self.symbols[symbol].places.push(at);
        true
    }

    /// A function of the language that is called, unless the name means nothing.
    pub(super) fn use_word(&mut self, name: &'a str, at: Span) {
        if !words::has(name) && name != words::GRADIENT {
            return;
        }
        if !self.use_item(name, at, &[Role::Word]) {
            self.new_word(name.to_string(), name, at);
        }
    }

    /// An op of the engine that is called.
    pub(super) fn use_op(&mut self, name: &'a str, at: Span) {
        self.new_word(format!("engine.{name}"), "", at);
    }

    fn new_word(&mut self, name: String, key: &'a str, at: Span) {
        let symbol = self.new_symbol(&name, Role::Word, Span::default());
        self.symbols[symbol].item = None;
        self.symbols[symbol].places.push(at);
        if !key.is_empty() {
            self.items.insert(key, symbol);
        }
    }

    /// The axis of this name in the item.
    fn axis(&mut self, name: &'a str) -> usize {
        if let Some(&known) = self.axes.get(name) {
            return known;
        }
        let scope = self.scopes.first().map_or(Span::default(), |scope| scope.at);
        let symbol = self.new_symbol(name, Role::Axis, scope);
        self.axes.insert(name, symbol);
        symbol
    }

    /// A label, `q` of `q:T`, which names an axis; gives its symbol.
    pub(super) fn label(&mut self, label: &'a Ident, whole: Span) -> usize {
        let symbol = self.axis(&label.name);
        let definition = Definition {
            name: label.span,
            place: None,
            whole,
            word: "",
        };
        self.add_definition(symbol, definition, &[]);
        symbol
    }

    /// A name that refers to an axis, as behind `over`; in an equation with indices it is an index.
    pub(super) fn use_axis(&mut self, name: &'a str, at: Span) {
        let is_index = |symbol: &usize| matches!(self.symbols[*symbol].role, Role::Index | Role::Summed);
        let index = self.lookup(name).filter(is_index);
        let symbol = index.unwrap_or_else(|| self.axis(name));
        self.symbols[symbol].places.push(at);
        self.spoken_of.push(symbol);
    }

    /// At the end of an item: an axis is the size of its name, or else the indices and positions that make it.
    fn join(&mut self) {
        for (name, axis) in std::mem::take(&mut self.axes) {
            let item = Some(self.item);
            let own = |symbol: &Symbol| symbol.item == item && symbol.name == name;
            let is = |role: Role| move |symbol: &Symbol| own(symbol) && symbol.role == role;
            if let Some(size) = self.symbols.iter().position(is(Role::Size)) {
                self.merge(axis, size);
                continue;
            }
            let spoken_of = self.spoken_of.contains(&axis);
            for symbol in 0..self.symbols.len() {
                let one = &self.symbols[symbol];
                let makes_it = one.role == Role::Index || one.role == Role::Position && spoken_of;
                if makes_it && own(one) {
                    self.merge(symbol, axis);
                }
            }
        }
        self.spoken_of.clear();
        self.scopes.clear();
    }

    fn merge(&mut self, from: usize, to: usize) {
        let places = std::mem::take(&mut self.symbols[from].places);
        let definitions = std::mem::take(&mut self.symbols[from].definitions);
        let to = &mut self.symbols[to];
        to.places.extend(places);
        if to.role == Role::Axis {
            to.definitions.extend(definitions);
        }
    }

    /// The part of a stretch of text that is left without space, comments and commas at its end.
    pub(super) fn trimmed(&self, at: Span) -> Span {
        let mut lexer = Lexer::new(self.sources.text(at), at.start as usize);
        let mut end = at.start;
        while let Ok(token) = lexer.next_token() {
            match token.kind {
                TokenKind::End => break,
                TokenKind::Sign if token.text == "," => {}
                TokenKind::Doc => {}
                _ => end = token.span.end,
            }
        }
        Span { start: at.start, end }
    }
}
