//! What the program says of each computed box: the right side of its equation, or the part of one that it is.

use std::collections::BTreeMap;

use super::{BoxKind, Picture};
use crate::meaning::program::Program;
use crate::span::{Sources, Span};
use crate::syntax::ast::{Block, Expr, File, Ident, ItemKind, Shape, StmtKind};

/// Gives each computed box the text that it was written as; `file` is what the program was checked from.
pub fn with_formulas(mut picture: Picture, program: &Program, file: &File, sources: &Sources) -> Picture {
    let mut sides = BTreeMap::new();
    for item in &file.items {
        if let ItemKind::Graph { body, .. } | ItemKind::Module { body, .. } = &item.kind {
            right_sides(body, &mut sides);
        }
    }
    for one in picture.boxes.iter_mut().filter(|one| one.kind == BoxKind::Op) {
        let Some(origin) = one.origin else { continue };
        let span = program.values[origin].span;
        // A value with a name has the place of its name.
        let span = sides.get(&(span.start, span.end)).copied().unwrap_or(span);
        let formula = on_one_line(sources.text(span));
        one.formula = Some(formula).filter(|formula| !formula.is_empty() && one.name.as_ref() != Some(formula));
    }
    picture
}

/// For the place of each name on a left side the place of what it is equal to.
fn right_sides(block: &Block, sides: &mut BTreeMap<(u32, u32), Span>) {
    for stmt in &block.stmts {
        match &stmt.kind {
            StmtKind::For(one) => right_sides(&one.body, sides),
            StmtKind::Equation(targets, value, _) => {
                let names = targets
                    .iter()
                    .map(|target| (target.name.span.start, target.name.span.end));
                sides.extend(names.map(|name| (name, value.span)));
            }
            StmtKind::Const(list) => {
                let side =
                    |(name, _, value): &(Ident, Option<Shape>, Expr)| ((name.span.start, name.span.end), value.span);
                sides.extend(list.iter().map(side));
            }
            _ => {}
        }
    }
}

/// How many characters of a formula are shown; of a longer one the first, with `…` behind them.
const CHARS_MAX: usize = 1000;

/// The text with single spaces and without comments.
fn on_one_line(text: &str) -> String {
    let (text, cut) = match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => (&text[..end], Some("…")),
        None => (text, None),
    };
    let without_comments = |line: &str| line.split("//").next().unwrap_or_default().to_string();
    let lines: Vec<String> = text.lines().map(without_comments).collect();
    let joined = lines.join(" ");
    joined.split_whitespace().chain(cut).collect::<Vec<_>>().join(" ")
}
