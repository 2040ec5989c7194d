//! The canonical text of a program, and the formatter, which prints the same text and keeps the comments.
//!
//! Four spaces a level, one statement a line, as few parentheses as the binding strengths allow. Printing is a function
//! of the tree alone: the same bytes on every run, numbers in the shortest form that reads back as the same number.

mod expressions;
mod statements;

use crate::diagnostic::Diagnostic;
use crate::span::{Sources, Span};
use crate::syntax::ast::{Expr, File};
use crate::syntax::lexer::Comment;
use crate::syntax::parse::parse_file;

pub use expressions::number;

/// The canonical text of a file.
pub fn print(file: &File) -> String {
    let mut printer = Printer::default();
    printer.file(file);
    printer.out
}

/// The canonical text of an expression.
pub fn print_expr(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr);
    printer.out
}

/// The file in canonical form with every comment and every single empty line kept.
///
/// **Errors** with the mistakes of a file that does not parse.
pub fn format(sources: &Sources, file: usize) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse_file(sources, file);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let source = &sources.files()[file];
    let mut printer = Printer {
        original: Some((&source.text, source.base)),
        comments: &parsed.comments,
        ..Printer::default()
    };
    printer.file(&parsed.file);
    printer.comments_before(u32::MAX);
    Ok(printer.out)
}

#[derive(Default)]
struct Printer<'s> {
    out: String,
    level: usize,
    /// The text as it was and the position of its first byte, for empty lines and comments at the end of a line.
    original: Option<(&'s str, usize)>,
    comments: &'s [Comment],
}

impl Printer<'_> {
    fn word(&mut self, word: &str) {
        self.out.push_str(word);
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("    ", self.level));
    }

    fn end_line(&mut self) {
        self.out.push('\n');
    }

    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        for (i, one) in items.iter().enumerate() {
            if i > 0 {
                self.word(", ");
            }
            item(self, one);
        }
    }

    /// The comments that stand before a position, each on a line of its own.
    fn comments_before(&mut self, position: u32) {
        while let Some((comment, rest)) = self.comments.split_first() {
            if comment.span.start >= position {
                return;
            }
            self.comments = rest;
            self.empty_line_before(comment.span);
            self.indent();
            self.out.extend(["//", &comment.text, "\n"]);
        }
    }

    /// The first comment inside or behind a statement on its last line goes behind it; the line is then ended.
    fn end_line_with_comment(&mut self, stmt: Span) {
        let Some((text, base)) = self.original else {
            return self.end_line();
        };
        let end = stmt.end as usize - base;
        let line_end = text[end..].find('\n').map_or(text.len(), |length| end + length);
        if let Some((comment, rest)) = self.comments.split_first()
            && (comment.span.start as usize) < base + line_end
        {
            self.comments = rest;
            self.pad_to_column_of(comment.span);
            self.out.extend([" //", &comment.text]);
        }
        self.end_line();
        self.comments_before(u32::try_from(base + line_end).expect("a source file is smaller than 4 GiB"));
    }

    /// Space up to the column before the one that a comment had, so that comments written below each other stay so.
    fn pad_to_column_of(&mut self, comment: Span) {
        let Some((text, base)) = self.original else { return };
        let columns = |text: &str| text.rsplit('\n').next().map_or(0, |line| line.chars().count());
        let (wanted, now) = (columns(&text[..comment.start as usize - base]), columns(&self.out));
        self.out
            .extend(std::iter::repeat_n(' ', wanted.saturating_sub(now + 1)));
    }

    /// Keeps an empty line that stood before this place.
    fn empty_line_before(&mut self, span: Span) {
        let Some((text, base)) = self.original else { return };
        let before = &text[..span.start as usize - base];
        let blank = before[before.trim_end_matches([' ', '\t', '\n', '\r']).len()..]
            .matches('\n')
            .count()
            > 1;
        let follows_text = !self.out.is_empty() && !self.out.ends_with("{\n") && !self.out.ends_with("\n\n");
        if blank && follows_text {
            self.end_line();
        }
    }
}
