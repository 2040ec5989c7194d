//! What the program says of each computed box: the right side of its equation, or the part of one that it is.

use std::collections::BTreeMap;

use super::{BoxKind, Picture};
use crate::meaning::program::{Program, ValueId};
use crate::span::{Sources, Span};
use crate::syntax::ast::{Block, Expr, File, Ident, ItemKind, Shape, StmtKind};

/// The text that each value of a program was written as.
pub struct Formulas<'a> {
    program: &'a Program,
    sources: &'a Sources,
    /// For the place of each name on a left side the place of what it is equal to.
    sides: BTreeMap<(u32, u32), Span>,
}

impl<'a> Formulas<'a> {
    /// The texts of a program; `file` is what it was checked from.
    pub fn of(program: &'a Program, file: &File, sources: &'a Sources) -> Self {
        let mut sides = BTreeMap::new();
        for item in &file.items {
            if let ItemKind::Graph { body, .. } | ItemKind::Module { body, .. } = &item.kind {
                right_sides(body, &mut sides);
            }
        }
        Self {
            program,
            sources,
            sides,
        }
    }

    /// The right side of a value's equation, or the part of one that it is, on one line.
    pub fn text(&self, value: ValueId) -> String {
        let span = self.program.values[value].span;
        // A value with a name has the place of its name.
        let span = self.sides.get(&(span.start, span.end)).copied().unwrap_or(span);
        on_one_line(self.sources.text(span))
    }
}

/// Gives each computed box the text that it was written as; `file` is what the program was checked from.
pub fn with_formulas(mut picture: Picture, program: &Program, file: &File, sources: &Sources) -> Picture {
    let formulas = Formulas::of(program, file, sources);
    for one in picture.boxes.iter_mut().filter(|one| one.kind == BoxKind::Op) {
        let Some(origin) = one.origin else { continue };
        let formula = formulas.text(origin);
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
