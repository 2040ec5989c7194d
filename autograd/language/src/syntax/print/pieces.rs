//! A text before its lines are broken: words, and between them the places where a line may end.

use crate::syntax::lexer::Lexer;
use crate::syntax::token::{TokenKind, TokenSource};

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// One token.
    Word(String),
    /// A space at which no line ends.
    Space,
    /// The end of a line if the group around it is broken here; else a space, or nothing.
    Soft(&'static str),
    /// The end of a line.
    Line(Blank),
    /// The beginning of a group.
    Open(Group),
    /// The end of a group.
    Close,
    /// From here on lines begin one level further in.
    In,
    /// From here on lines begin one level further out.
    Out,
}

/// How a group that does not fit on its line is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// At all its places.
    Whole,
    /// At as few of its places as can be.
    Filled,
}

/// Whether an empty line stands before the next line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blank {
    /// If one stood there.
    Kept,
    /// In any case.
    Always,
}

/// Writes a tree as pieces.
#[derive(Debug, Default)]
pub(super) struct Printer {
    pub pieces: Vec<Piece>,
    /// True if the tree was read from a text, whose comments and `///` lines are kept where they stood.
    pub has_source: bool,
}

impl Printer {
    /// Of a tree that was read from a text.
    pub fn of_source() -> Self {
        Self {
            pieces: Vec::new(),
            has_source: true,
        }
    }

    pub fn push(&mut self, piece: Piece) {
        self.pieces.push(piece);
    }

    /// Writes the tokens of a text, and a space where it has some.
    pub fn word(&mut self, text: &str) {
        let mut lexer = Lexer::new(text, 0);
        let mut end = 0;
        while let Ok(token) = lexer.next_token() {
            let (start, next) = (token.span.start as usize, token.span.end as usize);
            if text[end..start].contains(' ') {
                self.push(Piece::Space);
            }
            if token.kind == TokenKind::End {
                return;
            }
            self.push(Piece::Word(text[start..next].to_string()));
            end = next;
        }
        // A tree that no text was read from may hold names that are no tokens.
        self.push(Piece::Word(text[end..].to_string()));
    }

    /// A group around what `inside` writes.
    pub fn group(&mut self, group: Group, inside: impl FnOnce(&mut Self)) {
        self.push(Piece::Open(group));
        inside(self);
        self.push(Piece::Close);
    }

    /// What `inside` writes, further lines one level further in.
    pub fn indented(&mut self, inside: impl FnOnce(&mut Self)) {
        self.push(Piece::In);
        inside(self);
        self.push(Piece::Out);
    }

    /// Items with commas between them, as many on a line as fit.
    pub fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        if let [one] = items {
            return item(self, one);
        }
        self.group(Group::Filled, |p| p.indented(|p| p.separated(items, item)));
    }

    /// Items with commas between them in brackets, on one line or each on its own.
    pub fn enclosed<T>(&mut self, brackets: [&str; 2], items: &[T], item: impl FnMut(&mut Self, &T)) {
        self.between(brackets, |p| p.separated(items, item));
    }

    /// Brackets around what `inside` writes, on the same line or on lines of their own.
    pub fn between(&mut self, [open, close]: [&str; 2], inside: impl FnOnce(&mut Self)) {
        self.group(Group::Whole, |p| {
            p.word(open);
            p.indented(|p| {
                p.push(Piece::Soft(""));
                inside(p);
            });
            p.push(Piece::Soft(""));
            p.word(close);
        });
    }

    fn separated<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        for (i, one) in items.iter().enumerate() {
            if i > 0 {
                self.word(",");
                self.push(Piece::Soft(" "));
            }
            item(self, one);
        }
    }
}
