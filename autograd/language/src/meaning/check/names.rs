//! Names: what they are bound to, and which known name a misspelt one resembles.

use std::collections::BTreeMap;
use std::rc::Rc;

use strsim::levenshtein;

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::ValueId;
use crate::meaning::size::{Size, Symbol};
use crate::span::Span;
use crate::syntax::ast::Ident;
use crate::syntax::token::KEYWORDS;

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
}

/// The known name that a misspelt one resembles, for advice; short names resemble only those that they hold, or that
/// hold them.
pub(super) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let length = name.chars().count();
    let allowed = if length < 3 { 0 } else { 1 + length / 4 };
    let holds = |candidate: &str| {
        let longest = length.max(candidate.chars().count());
        longest == 2 && (candidate.starts_with(name) || name.starts_with(candidate))
    };
    known
        .iter()
        .map(|&candidate| (levenshtein(name, candidate), candidate))
        .filter(|&(edits, candidate)| edits <= allowed && edits < candidate.chars().count().max(2) || holds(candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The known name of which this one is a slip of the finger, if no other known name is as near.
///
/// A slip is another case, a missing or extra `_`, or one letter left out, put in, exchanged with its neighbour, or hit
/// wrongly. Names of one letter, and names that differ in a digit or in a short word behind `_`, are different names.
pub(super) fn slip<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let plain = |text: &str| text.replace('_', "").to_lowercase();
    if plain(name).chars().count() < 2 {
        return None;
    }
    let mut same = known
        .iter()
        .copied()
        .filter(|candidate| plain(candidate) == plain(name));
    match (same.next(), same.next()) {
        (Some(only), None) => return Some(only),
        (Some(_), Some(_)) => return None,
        _ => {}
    }
    let near = |candidate: &&str| levenshtein(name, candidate) <= 1 || is_swapped(name, candidate);
    let mut near = known.iter().copied().filter(near);
    let only = near.next().filter(|_| near.next().is_none())?;
    is_slip(name, only).then_some(only)
}

/// True if the one difference of two names is in letters, and the word in which it is long enough for it to be a slip.
fn is_slip(name: &str, meant: &str) -> bool {
    // `u_x` and `u_xx` differ in the short word behind the `_`.
    if let (Some((first, own)), Some((same, other))) = (name.rsplit_once('_'), meant.rsplit_once('_'))
        && first == same
    {
        return is_slip(own, other);
    }
    let (name, meant): (Vec<char>, Vec<char>) = (name.chars().collect(), meant.chars().collect());
    let begin = name.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (a, b) = (&name[begin..], &meant[begin..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let longest = if a.len() == b.len() && a.len() == 1 { 5 } else { 4 };
    let letters = a.iter().chain(b).all(|c| c.is_alphabetic());
    letters && name.len().max(meant.len()) >= longest
}

/// True if two neighbouring letters are exchanged.
fn is_swapped(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let apart: Vec<usize> = (0..a.len().min(b.len())).filter(|&i| a[i] != b[i]).collect();
    let [first, second] = apart[..] else { return false };
    a.len() == b.len() && second == first + 1 && a[first] == b[second] && a[second] == b[first]
}

/// True for a text that can be written as a name.
pub(super) fn is_word(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins && text.chars().all(|c| c.is_alphanumeric() || c == '_') && !KEYWORDS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_slip_of_the_finger_away() {
        assert_eq!(nearest("sigmod", &["sigmoid", "softmax"]), Some("sigmoid"));
        assert_eq!(nearest("aa", &["a", "b"]), Some("a"));
        assert_eq!(nearest("frobnicate", &["a", "softmax"]), None);
        assert_eq!(nearest("T", &["M", "D"]), None);
    }

    #[test]
    fn a_slip_is_told_from_another_name() {
        let known = ["W_q", "W_k", "beta1", "sigmoid", "hidden", "b_h", "mask", "T"];
        for (slipped, meant) in [
            ("sigmod", "sigmoid"),
            ("hiddne", "hidden"),
            ("Mask", "mask"),
            ("Wq", "W_q"),
        ] {
            assert_eq!(slip(slipped, &known), Some(meant), "{slipped}");
        }
        for other in ["W_v", "W_z", "W_qq", "b_", "beta2", "b_y", "D", "h", "t"] {
            assert_eq!(slip(other, &known), None, "{other}");
        }
    }
}
