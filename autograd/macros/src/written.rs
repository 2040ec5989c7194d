//! Rust's tokens as the text that the graph language reads, and the way back from a place in it to a token.
//!
//! Every token stands in the text where it stands in the Rust file, so lines and columns are the same up to a shift.
//! `///` arrives as an attribute and is written as `///` again.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

/// A text made of tokens.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The text.
    pub text: String,
    /// Sizes that are constants of the surrounding code: `dim D = #HIDDEN`.
    pub constants: Vec<(String, Ident)>,
    /// Where each token begins in the text, in order.
    tokens: Vec<(usize, Span)>,
    line: usize,
    column: usize,
    joins: bool,
}

impl Written {
    /// The text of these tokens.
    pub fn of(tokens: TokenStream) -> Self {
        let mut written = Self::default();
        written.stream(tokens);
        written.text.push('\n');
        written
    }

    /// The token at a place of the text, or the one before it.
    pub fn span_at(&self, byte: usize) -> Span {
        let behind = self.tokens.partition_point(|(start, _)| *start <= byte);
        let token = self.tokens.get(behind.saturating_sub(1));
        token.map_or_else(Span::call_site, |(_, span)| *span)
    }

    fn stream(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == '#' => match tokens.peek() {
                    Some(TokenTree::Group(group)) if doc_of(group).is_some() => {
                        let text = doc_of(group).unwrap_or_default();
                        self.doc(&text, sign.span());
                        tokens.next();
                    }
                    Some(TokenTree::Ident(constant)) if self.take_equal_sign() => {
                        let name = self.last_word();
                        self.constants.push((name, constant.clone()));
                        tokens.next();
                    }
                    _ => self.token("#", sign.span()),
                },
                TokenTree::Punct(sign) => {
                    self.token(&sign.as_char().to_string(), sign.span());
                    self.joins = sign.spacing() == Spacing::Joint;
                }
                TokenTree::Group(group) => self.group(&group),
                TokenTree::Ident(name) => self.token(name.to_string().trim_start_matches("r#"), name.span()),
                TokenTree::Literal(literal) => self.token(&literal.to_string(), literal.span()),
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        self.token(open, group.span_open());
        self.stream(group.stream());
        self.token(close, group.span_close());
    }

    /// Writes a token where it stands in the Rust file, as far as that is known and ahead.
    fn token(&mut self, text: &str, span: Span) {
        let at = span.start();
        if self.tokens.is_empty() {
            (self.line, self.column) = (at.line, at.column);
        }
        if at.line > self.line {
            let lines = (at.line - self.line).min(1000);
            self.text.extend(std::iter::repeat_n('\n', lines));
            (self.line, self.column) = (at.line, 0);
        }
        let ahead = if at.line == self.line {
            at.column.saturating_sub(self.column)
        } else {
            0
        };
        let touches = at.line == self.line && at.column == self.column;
        let space = if ahead > 0 {
            ahead.min(1000)
        } else {
            usize::from(!(self.joins || touches || self.text.is_empty()))
        };
        self.text.extend(std::iter::repeat_n(' ', space));
        self.tokens.push((self.text.len(), span));
        self.text.push_str(text);
        self.column = self.column.max(at.column) + text.chars().count();
        self.joins = false;
    }

    /// A line of documentation ends at the end of its line, so the next token must stand on another.
    fn doc(&mut self, text: &str, span: Span) {
        self.token("///", span);
        self.text.push_str(text);
        self.text.push('\n');
        (self.line, self.column) = (self.line + 1, 0);
    }

    /// Takes back the `=` before `#NAME`, if that is the last token.
    fn take_equal_sign(&mut self) -> bool {
        if self.text.ends_with('=') {
            self.text.pop();
            self.text.push(' ');
            return true;
        }
        false
    }

    fn last_word(&self) -> String {
        let text = self.text.trim_end();
        let begin = text.rfind(|c: char| !(c.is_alphanumeric() || c == '_'));
        text[begin.map_or(0, |at| at + 1)..].to_string()
    }
}

/// The text of `[doc = "…"]`.
fn doc_of(group: &Group) -> Option<String> {
    let mut inside = group.stream().into_iter();
    let (name, sign, text) = (inside.next()?, inside.next()?, inside.next()?);
    let is_doc = name.to_string() == "doc" && sign.to_string() == "=" && group.delimiter() == Delimiter::Bracket;
    is_doc.then(|| unquoted(&text.to_string()))
}

/// What a string literal says.
pub(crate) fn unquoted(literal: &str) -> String {
    if let Some(raw) = literal.strip_prefix('r') {
        return raw.trim_matches('#').trim_matches('"').to_string();
    }
    let inside = literal
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(literal);
    let mut text = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => {}
            },
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Written {
        Written::of(text.parse().unwrap())
    }

    #[test]
    fn tokens_keep_their_lines_and_columns() {
        let text = "graph g {\n    dim T, D\n    /// the states\n    h[0] = h0 for t = 1..T { h[t] = a.T @ h[t-1]^2 }\n    y <= 1e-5\n}";
        assert_eq!(written(text).text.trim_end(), text);
    }

    #[test]
    fn a_place_in_the_text_is_the_token_that_stands_there() {
        let own = written("graph g {\n    y = αβ + sum(x)\n}");
        let at = own.text.find("sum").unwrap();
        let place = own.span_at(at).start();
        assert_eq!((place.line, place.column), (2, 13));
    }

    #[test]
    fn a_constant_of_the_surrounding_code_stands_for_a_size() {
        let own = written("dim M, D = #HIDDEN input x[M]");
        assert_eq!(own.constants.len(), 1);
        assert_eq!(
            (own.constants[0].0.as_str(), own.constants[0].1.to_string().as_str()),
            ("D", "HIDDEN")
        );
        assert!(!own.text.contains(['=', '#']), "{}", own.text);
    }
}
