//! The canonical text of a program, and the formatter, which prints the same text and keeps the comments.
//!
//! Four spaces a level, one statement a line, as few parentheses as the binding strengths allow. A line longer than
//! [`WIDTH`] is broken: an expression after its operators of the lowest level, arguments one a line if they need it.
//! Printing is a function of the tree alone: the same bytes on every run, numbers in the shortest form that reads back
//! as the same number.
//!
//! Reading order: `pieces` (words and the places between them), `statements`, `expressions`, `comments` (which word a
//! comment stands behind), `lines` (where lines are broken).

mod comments;
mod expressions;
mod lines;
mod pieces;
mod statements;

use crate::diagnostic::Diagnostic;
use crate::span::Sources;
use crate::syntax::ast::{Expr, File};
use crate::syntax::parse::parse_file;
use comments::Comments;
use pieces::Printer;

pub use expressions::number;

/// The longest line, in characters, where a line can be broken; a comment behind a line is not counted.
pub const WIDTH: usize = 120;

/// The canonical text of a file.
pub fn print(file: &File) -> String {
    let mut printer = Printer::default();
    printer.file(file);
    lines::text(&printer.pieces, &Comments::none(&printer.pieces), WIDTH)
}

/// The canonical text of an expression, on one line.
pub fn print_expr(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr);
    let text = lines::text(&printer.pieces, &Comments::none(&printer.pieces), usize::MAX);
    text.trim_end_matches('\n').to_string()
}

/// The file in canonical form, with every comment behind the word that it followed and every single empty line between
/// statements.
///
/// **Errors** with the mistakes of a file that does not parse.
pub fn format(sources: &Sources, file: usize) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse_file(sources, file);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let mut printer = Printer::of_source();
    printer.file(&parsed.file);
    let comments = Comments::of(&sources.files()[file].text, &printer.pieces);
    Ok(lines::text(&printer.pieces, &comments, WIDTH))
}
