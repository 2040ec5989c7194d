//! The parser: recursive descent by hand, one method for each rule of the grammar, with one token of look-ahead.
//!
//! The two places that look further are bounded by a list of names: `sum(i, j: …)`, and `q:T` in a shape.
//! After a mistake the parser continues at the next statement, so that one run shows several independent mistakes.

mod expressions;
mod hints;
mod items;
mod statements;

pub use expressions::REDUCERS;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::span::{Sources, Span};
use crate::syntax::ast::{Expr, File, Ident};
use crate::syntax::lexer::{Comment, Lexer};
use crate::syntax::token::{Token, TokenKind, TokenSource};

/// How deep expressions and blocks may nest; every later pass may walk the tree by recursion.
pub const DEPTH_MAX: usize = 200;

/// The result of parsing: a tree of the correct statements, and the mistakes in the others.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The tree.
    pub file: File,
    /// The comments.
    pub comments: Vec<Comment>,
    /// The mistakes.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a text on its own.
pub fn parse(text: &str) -> Parsed {
    parse_file(&Sources::of("text", text), 0)
}

/// Parses one file of a run.
pub fn parse_file(sources: &Sources, file: usize) -> Parsed {
    let source = &sources.files()[file];
    let mut lexer = Lexer::new(&source.text, source.base);
    let (file, diagnostics) = parse_tokens(&mut lexer);
    Parsed {
        file,
        comments: lexer.comments().to_vec(),
        diagnostics,
    }
}

/// Parses the tokens of a source.
pub fn parse_tokens(source: &mut dyn TokenSource) -> (File, Vec<Diagnostic>) {
    let mut parser = Parser::new(source);
    let file = parser.file();
    let diagnostics = parser.first_of_each_line();
    (file, diagnostics)
}

/// Parses one expression; `None` if the text is not one.
pub fn parse_expression(text: &str) -> Option<Expr> {
    let mut lexer = Lexer::new(text, 0);
    let mut parser = Parser::new(&mut lexer);
    parser.expr().ok().filter(|_| parser.diagnostics.is_empty())
}

/// A mistake that has been reported; the caller continues at the next statement.
pub(crate) struct Stop;

type Read<T> = Result<T, Stop>;

pub(crate) struct Parser {
    tokens: Vec<Token>,
    at: usize,
    /// The first token of the statement that is being read.
    begin: usize,
    depth: usize,
    diagnostics: Vec<Diagnostic>,
    /// For each sign that could not be read, how many tokens stand before it.
    unreadable: Vec<usize>,
}

impl Parser {
    fn new(source: &mut dyn TokenSource) -> Self {
        let (mut tokens, mut diagnostics, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match source.next_token() {
                Ok(token) => {
                    let is_end = token.kind == TokenKind::End;
                    tokens.push(token);
                    if is_end {
                        break;
                    }
                }
                Err(error) => {
                    diagnostics.push(*error);
                    unreadable.push(tokens.len());
                }
            }
        }
        Self {
            tokens,
            at: 0,
            begin: 0,
            depth: 0,
            diagnostics,
            unreadable,
        }
    }

    /// The mistakes, of each line the first alone: what is left of a line after a mistake is no evidence of another.
    fn first_of_each_line(&mut self) -> Vec<Diagnostic> {
        let lines: Vec<usize> = self
            .tokens
            .iter()
            .scan(0, |line, token| {
                *line += usize::from(token.begins_line);
                Some(*line)
            })
            .collect();
        let line_of = |span: Span| {
            lines[self
                .tokens
                .partition_point(|token| token.span.end < span.start)
                .min(lines.len() - 1)]
        };
        let mut taken: Vec<usize> = Vec::new();
        let mut kept: Vec<(usize, Diagnostic)> = Vec::new();
        for (number, found) in std::mem::take(&mut self.diagnostics).into_iter().enumerate() {
            // A sign that could not be read may be the last of one line, or the first of the next.
            let (line, also) = match self.unreadable.get(number) {
                Some(&before) => (lines[before.saturating_sub(1)], Some(lines[before])),
                None => (line_of(found.primary.span), None),
            };
            let is_first = number < self.unreadable.len() || !taken.contains(&line);
            taken.push(line);
            taken.extend(also);
            if is_first {
                kept.push((found.primary.span.start as usize, found));
            }
        }
        kept.sort_by_key(|(start, _)| *start);
        kept.into_iter().map(|(_, found)| found).collect()
    }

    fn peek(&self) -> &Token {
        self.look(0)
    }

    /// The token `ahead` places further; the last one is `End`.
    fn look(&self, ahead: usize) -> &Token {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    fn is(&self, text: &str) -> bool {
        self.is_ahead(0, text)
    }

    fn is_ahead(&self, ahead: usize, text: &str) -> bool {
        let token = self.look(ahead);
        matches!(token.kind, TokenKind::Sign | TokenKind::Keyword) && token.text == text
    }

    fn is_name_ahead(&self, ahead: usize) -> bool {
        self.look(ahead).kind == TokenKind::Name
    }

    fn is_end(&self) -> bool {
        self.peek().kind == TokenKind::End
    }

    fn bump(&mut self) -> Token {
        let token = self.peek().clone();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, text: &str) -> bool {
        let here = self.is(text);
        if here {
            self.at += 1;
        }
        here
    }

    fn expect(&mut self, text: &str, after: &str) -> Read<Span> {
        if self.is(text) {
            return Ok(self.bump().span);
        }
        let unclosed = matches!(text, ")" | "]") && self.peek().begins_line && self.at > 0;
        if unclosed && self.foreign().is_none() {
            let end = self.last_span().after();
            let error = Diagnostic::new(Code::E00, end, format!("`{text}` is missing: it was expected {after}"));
            self.diagnostics.push(error);
            return Err(Stop);
        }
        Err(self.fail(&format!("`{text}` was expected {after}")))
    }

    fn name(&mut self, what: &str) -> Read<Ident> {
        if self.is_name_ahead(0) {
            let token = self.bump();
            return Ok(Ident {
                name: token.text,
                span: token.span,
            });
        }
        if let Some(error) = self.foreign() {
            self.diagnostics.push(error);
            return Err(Stop);
        }
        let token = self.peek();
        let mut error = Diagnostic::new(
            Code::E00,
            token.span,
            format!("{what} was expected here, not {}", token.describe()),
        );
        if token.kind == TokenKind::Keyword {
            error = error.help(format!(
                "`{}` is a word of the language and cannot be a name",
                token.text
            ));
        }
        self.diagnostics.push(error);
        Err(Stop)
    }

    /// Reports that something else was expected at this token.
    fn fail(&mut self, expected: &str) -> Stop {
        let error = self.foreign().unwrap_or_else(|| {
            let token = self.peek();
            Diagnostic::new(Code::E00, token.span, format!("{expected}, not {}", token.describe()))
        });
        self.diagnostics.push(error);
        Stop
    }

    /// The place of the token before this one.
    fn last_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    /// `x { "," x }`.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Goes one level deeper; reports a mistake beyond the limit.
    fn deeper(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            return Ok(());
        }
        let span = self.peek().span;
        self.diagnostics.push(
            Diagnostic::new(
                Code::E00,
                span,
                format!("this is nested more than {DEPTH_MAX} levels deep"),
            )
            .help("give a part of it a name of its own and use the name here"),
        );
        Err(Stop)
    }

    fn docs(&mut self) -> Vec<String> {
        let mut docs = Vec::new();
        while self.peek().kind == TokenKind::Doc {
            docs.push(self.bump().text);
        }
        docs
    }
}
