//! Names: what they are bound to, and which known name a misspelt one resembles.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::ValueId;
use crate::meaning::size::{Size, Symbol};
use crate::syntax::ast::Ident;
use crate::syntax::span::Span;

/// What a name is bound to.
#[derive(Clone, Debug)]
pub(super) enum Binding {
    Value(ValueId),
    /// A size, with the label that axes of this size have here.
    Dim(Size, Rc<str>),
    Position(Symbol),
    Family(usize),
    Layer(LayerBinding),
}

/// A layer: a module with its sizes, and how many there are in a row.
#[derive(Clone, Debug)]
pub(super) struct LayerBinding {
    pub module: String,
    pub sizes: Vec<(Size, Rc<str>)>,
    pub count: Option<Size>,
    pub name: String,
}

/// The names of one graph or of one call of a module.
#[derive(Clone, Debug, Default)]
pub(super) struct NameScope {
    pub names: BTreeMap<String, (Binding, Span)>,
    /// The path of its parameters, such as `block[].att.`.
    pub path: String,
    /// For each `[]` of the path, the number of positions and the chosen one.
    pub positions: Vec<(Size, Size)>,
}

impl Checker<'_> {
    pub(super) fn frame(&self) -> &NameScope {
        self.frames.last().expect("there is always a frame")
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Binding> {
        self.frame().names.get(name).map(|(binding, _)| binding)
    }

    /// Binds a name, unless it is bound already.
    pub(super) fn define(&mut self, name: &Ident, binding: Binding) {
        if !self.may_be_defined(name) {
            return;
        }
        let frame = self.frames.last_mut().expect("there is always a frame");
        frame.names.insert(name.name.clone(), (binding, name.span));
    }

    fn may_be_defined(&mut self, name: &Ident) -> bool {
        let is_gradient = name.name.starts_with("g_") && name.name.len() > 2;
        if is_gradient && !self.in_backward {
            self.report(
                Diagnostic::new(
                    Code::E23,
                    name.span,
                    "names starting with g_ are gradients, made by `graph derive`",
                )
                .help("choose another name"),
            );
        }
        let Some((_, place)) = self.frame().names.get(&name.name) else {
            return true;
        };
        let place = *place;
        self.report(
            Diagnostic::new(Code::E21, name.span, format!("`{}` already has a meaning", name.name))
                .with(place, "here")
                .help(format!("every name means one thing; use `{}2`", name.name)),
        );
        false
    }

    /// Reports a name that is not bound here.
    pub(super) fn unknown_name(&mut self, name: &str, span: Span) -> ValueId {
        let mut error = Diagnostic::new(
            Code::E08,
            span,
            format!("nothing called `{name}` is defined before this line"),
        );
        let known: Vec<&str> = self.frame().names.keys().map(String::as_str).collect();
        if let Some(near) = nearest(name, &known) {
            let place = self.frame().names[near].1;
            let line = self.sources.position(place).line;
            error = error
                .with(place, "")
                .help(format!("there is `{near}` on line {line}"))
                .edit(span, near);
        }
        self.wrong(error)
    }
}

/// The known name that differs least, if it differs by little.
pub(super) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let allowed = 1 + name.chars().count() / 4;
    known
        .iter()
        .map(|&candidate| (distance(name, candidate), candidate))
        .filter(|&(edits, candidate)| edits <= allowed && edits < candidate.chars().count().max(2))
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters have to be inserted, removed or replaced (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_slip_of_the_finger_away() {
        assert_eq!(nearest("sigmod", &["sigmoid", "softmax"]), Some("sigmoid"));
        assert_eq!(nearest("aa", &["a", "b"]), Some("a"));
        assert_eq!(nearest("frobnicate", &["a", "softmax"]), None);
    }
}
