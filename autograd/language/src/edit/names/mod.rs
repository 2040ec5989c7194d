//! What the names of a text stand for, and where each stands.
//!
//! Found by the scopes alone, without types, so it works in a text with mistakes: a name has one meaning in its graph,
//! module or function, from its definition on; one that a loop defines, and an index, in that loop or equation.
//! Axes have a space of names of their own beside the values. An axis `q` and an index `q` are one symbol if the item
//! speaks of the axis, as in `over q`; an axis that is called as its size is that size.

mod expressions;
mod scopes;
mod statements;

use crate::span::{Sources, Span};
use crate::syntax::ast::File;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A graph.
    Graph,
    /// A module.
    Module,
    /// A formula with a name: `fn`.
    Function,
    /// A parameter of such a formula.
    Argument,
    /// A size.
    Size,
    /// An input of a graph or module.
    Input,
    /// A parameter, which is learned.
    Param,
    /// A constant.
    Constant,
    /// A computed value, or a row of them.
    Value,
    /// A layer, or a row of them.
    Layer,
    /// The position of a loop.
    Position,
    /// An index on the left of an equation, which makes an axis.
    Index,
    /// An index of a reduction, which takes its axis away.
    Summed,
    /// An axis with a name of its own.
    Axis,
    /// A function of the language, or an op of the engine.
    Word,
}

/// One place where a name is given its meaning.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The name.
    pub name: Span,
    /// The place in its row at which a value is defined, `t` of `h[t]`.
    pub place: Option<Span>,
    /// Everything that says what it is: a declaration without its first word, an equation, the head of a loop.
    pub whole: Span,
    /// The word that the statement begins with, if `whole` leaves it out.
    pub word: &'static str,
}

/// A name with one meaning, and all places where it stands with this meaning.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// The name.
    pub name: String,
    /// What it stands for.
    pub role: Role,
    /// The item in which it has this meaning; none for items themselves and for words of the language.
    pub item: Option<usize>,
    /// Where it can be used, from its definition on.
    pub scope: Span,
    /// Where it is defined: once, or once for each place of a row and each label of an axis.
    pub definitions: Vec<Definition>,
    /// Every place where it stands, definitions too, in the order of the text.
    pub places: Vec<Span>,
    /// The `///` lines before its first definition.
    pub docs: Vec<String>,
}

/// The names of a text.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The symbols, in the order in which they are met.
    pub symbols: Vec<Symbol>,
}

impl Names {
    /// The names of the items of a text and of the files that it uses.
    pub fn of(file: &File, sources: &Sources) -> Self {
        let mut symbols = scopes::resolved(file, sources);
        for symbol in &mut symbols {
            symbol.places.sort_by_key(|place| place.start);
            symbol.definitions.sort_by_key(|definition| definition.name.start);
        }
        Self { symbols }
    }

    /// The symbol at this byte, with the place of its name; a name may be touched from behind too.
    pub fn at(&self, byte: u32) -> Option<(usize, Span)> {
        let touching = |symbol: usize, behind: bool| {
            let own = self.symbols[symbol].places.iter();
            let holds = |place: &&Span| place.start <= byte && (byte < place.end || behind && byte == place.end);
            own.copied().find(|place| holds(&place)).map(|place| (symbol, place))
        };
        let mut all = 0..self.symbols.len();
        let inside = all.clone().find_map(|symbol| touching(symbol, false));
        inside.or_else(|| all.find_map(|symbol| touching(symbol, true)))
    }

    /// The symbols that can be used at this byte.
    pub fn visible(&self, byte: u32) -> impl Iterator<Item = &Symbol> {
        self.symbols.iter().filter(move |symbol| {
            let is_defined = symbol.definitions.first().is_some_and(|first| first.name.end <= byte);
            is_defined && symbol.scope.start <= byte && byte <= symbol.scope.end
        })
    }
}
