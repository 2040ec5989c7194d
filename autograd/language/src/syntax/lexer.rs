//! From text to tokens; comments are kept beside them for the formatter.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::span::Span;
use crate::syntax::foreign;
use crate::syntax::token::{KEYWORDS, SIGNS, Token, TokenKind, TokenSource};

/// A `//` comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text after the slashes, without space at the end.
    pub text: String,
    /// Its place in the source.
    pub span: Span,
}

/// What some editors put at the beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads the tokens of one file.
#[derive(Debug)]
pub struct Lexer<'s> {
    text: &'s str,
    base: usize,
    at: usize,
    begins_line: bool,
    comments: Vec<Comment>,
}

impl<'s> Lexer<'s> {
    /// A lexer for a file whose first byte has the position `base`; a byte order mark at its beginning is skipped.
    pub fn new(text: &'s str, base: usize) -> Self {
        let mark = if text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len_utf8()
        } else {
            0
        };
        Self {
            text,
            base,
            at: mark,
            begins_line: true,
            comments: Vec::new(),
        }
    }

    /// The comments read so far.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    fn rest(&self) -> &'s str {
        &self.text[self.at..]
    }

    /// The length of the longest beginning of the rest whose characters all meet a condition.
    fn run(&self, from: usize, meets: impl Fn(char) -> bool) -> usize {
        let rest = &self.rest()[from..];
        rest.find(|c| !meets(c)).unwrap_or(rest.len())
    }

    fn skip_space_and_comments(&mut self) {
        loop {
            let space = self.run(0, char::is_whitespace);
            self.begins_line |= self.rest()[..space].contains('\n');
            self.at += space;
            let rest = self.rest();
            let is_doc = rest.starts_with("///") && !rest.starts_with("////");
            if !rest.starts_with("//") || is_doc {
                return;
            }
            let length = self.run(0, |c| c != '\n');
            self.comments.push(Comment {
                text: rest[2..length].trim_end().to_string(),
                span: Span::new(self.base + self.at, self.base + self.at + length),
            });
            self.at += length;
        }
    }

    /// Kind, length and text of the token at the beginning of the rest, which is not empty.
    fn scan(&self) -> Result<(TokenKind, usize, String), Box<Diagnostic>> {
        let rest = self.rest();
        let first = rest.chars().next().expect("the rest is not empty");
        if rest.starts_with("///") {
            let length = self.run(0, |c| c != '\n');
            return Ok((TokenKind::Doc, length, rest[3..length].trim_end().to_string()));
        }
        if is_name_start(first) {
            let length = self.run(0, is_name_part);
            let word = &rest[..length];
            let kind = if KEYWORDS.contains(&word) {
                TokenKind::Keyword
            } else {
                TokenKind::Name
            };
            return Ok((kind, length, word.to_string()));
        }
        if first.is_ascii_digit() {
            let length = self.number_length();
            return Ok((TokenKind::Number, length, rest[..length].to_string()));
        }
        if first == '"' {
            let length = 1 + self.run(1, |c| c != '"' && c != '\n');
            if !rest[length..].starts_with('"') {
                return Err(self.unreadable(length, "this text has no closing `\"` on its line"));
            }
            return Ok((TokenKind::Text, length + 1, rest[1..length].to_string()));
        }
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => Ok((TokenKind::Sign, sign.len(), (*sign).to_string())),
            None => Err(self.strange_sign()),
        }
    }

    /// Digits, a fraction only if a digit follows the point (`1..T` is a range), an exponent only if it is complete.
    fn number_length(&self) -> usize {
        let digits = |from: usize| self.run(from, |c| c.is_ascii_digit());
        let mut length = digits(0);
        if self.rest()[length..].starts_with('.') && digits(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
        let exponent = &self.rest()[length..];
        if exponent.starts_with(['e', 'E']) {
            let sign = usize::from(exponent[1..].starts_with(['+', '-']));
            let exponent_digits = digits(length + 1 + sign);
            if exponent_digits > 0 {
                length += 1 + sign + exponent_digits;
            }
        }
        length
    }

    /// A sign that the language does not have, with what it has instead.
    fn strange_sign(&self) -> Box<Diagnostic> {
        let (length, spelling) = foreign::sign(self.rest());
        let error = self.unreadable(length, "this sign is not part of the language");
        let Some(spelling) = spelling else { return error };
        let span = error.primary.span;
        let error = error.help(spelling.mend);
        Box::new(match spelling.instead {
            Some(text) => error.edit(span, self.set_apart(text, length)),
            None if self.rest().starts_with('#') => error.edit(
                Span {
                    end: span.start + 1,
                    ..span
                },
                "//",
            ),
            None => error,
        })
    }

    /// A word that takes the place of a sign, with space between it and the words beside.
    fn set_apart(&self, text: &str, length: usize) -> String {
        let is_word = |c: Option<char>| c.is_some_and(is_name_part);
        if !is_word(text.chars().next()) {
            return text.to_string();
        }
        let before = is_word(self.text[..self.at].chars().next_back());
        let after = is_word(self.rest()[length..].chars().next());
        format!(
            "{}{text}{}",
            if before { " " } else { "" },
            if after { " " } else { "" }
        )
    }

    fn unreadable(&self, length: usize, why: &str) -> Box<Diagnostic> {
        let span = Span::new(self.base + self.at, self.base + self.at + length);
        Box::new(Diagnostic::new(Code::E00, span, why))
    }
}

impl TokenSource for Lexer<'_> {
    fn next_token(&mut self) -> Result<Token, Box<Diagnostic>> {
        self.skip_space_and_comments();
        let begins_line = std::mem::take(&mut self.begins_line);
        let start = self.base + self.at;
        if self.rest().is_empty() {
            return Ok(Token {
                kind: TokenKind::End,
                text: String::new(),
                span: Span::new(start, start),
                begins_line: true,
            });
        }
        match self.scan() {
            Ok((kind, length, text)) => {
                self.at += length;
                Ok(Token {
                    kind,
                    text,
                    span: Span::new(start, start + length),
                    begins_line,
                })
            }
            Err(error) => {
                self.begins_line = begins_line;
                self.at += (error.primary.span.end - error.primary.span.start) as usize;
                Err(error)
            }
        }
    }
}

fn is_name_part(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit()
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        let mut lexer = Lexer::new(source, 0);
        let mut texts = Vec::new();
        loop {
            match lexer.next_token() {
                Ok(token) if token.kind == TokenKind::End => return texts,
                Ok(token) => texts.push(token.text),
                Err(error) => texts.push(format!("? {}", error.primary.text)),
            }
        }
    }

    #[test]
    fn a_range_is_not_a_fraction_and_half_an_exponent_is_a_name() {
        assert_eq!(texts("1..T"), ["1", "..", "T"]);
        assert_eq!(texts("1.5e-3 2e x"), ["1.5e-3", "2", "e", "x"]);
        assert_eq!(texts("x.T a=>b ŷ α_1"), ["x", ".", "T", "a", "=>", "b", "ŷ", "α_1"]);
    }

    #[test]
    fn comments_stand_beside_the_tokens_and_docs_are_tokens() {
        let mut lexer = Lexer::new("/// doc\nx // why \n= 1", 0);
        let kinds: Vec<TokenKind> = (0..5).map(|_| lexer.next_token().unwrap().kind).collect();
        assert_eq!(
            kinds,
            [
                TokenKind::Doc,
                TokenKind::Name,
                TokenKind::Sign,
                TokenKind::Number,
                TokenKind::End
            ]
        );
        assert_eq!(lexer.comments()[0].text, " why");
    }

    #[test]
    fn a_strange_sign_is_named_and_skipped() {
        assert_eq!(texts("a ∂ b"), ["a", "? this sign is not part of the language", "b"]);
    }
}
