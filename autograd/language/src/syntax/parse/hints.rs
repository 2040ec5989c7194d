//! What a mistake of the grammar comes from, where it is a spelling of another language.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::span::Span;
use crate::syntax::foreign;
use crate::syntax::token::{Token, TokenKind};

/// The words that begin a declaration.
const DECLARATIONS: &[&str] = &["dim", "input", "param", "layer", "output"];

fn mistake(span: Span, text: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::E00, span, text).help(help)
}

fn touches(left: &Token, right: &Token) -> bool {
    left.span.end == right.span.start
}

/// True for a token that can end a value.
fn ends_value(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Name | TokenKind::Number) || matches!(token.text.as_str(), ")" | "]")
}

/// True for a token that can begin a value.
fn begins_value(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Name | TokenKind::Number) || token.text == "("
}

impl Parser {
    /// The mistake at this token, if it is a spelling of another language.
    pub(super) fn foreign(&self) -> Option<Diagnostic> {
        self.foreign_statement()
            .or_else(|| self.foreign_sign())
            .or_else(|| self.foreign_argument())
            .or_else(|| self.foreign_loop())
            .or_else(|| self.foreign_brackets())
            .or_else(|| self.missing_sign())
    }

    /// The token before this one.
    fn before(&self, back: usize) -> Option<&Token> {
        self.at.checked_sub(back).map(|at| &self.tokens[at])
    }

    /// The place of the first token of this token's line.
    fn line_begin(&self) -> usize {
        let begins = |&at: &usize| self.tokens[at].begins_line;
        (0..=self.at.min(self.tokens.len() - 1)).rev().find(begins).unwrap_or(0)
    }

    /// `let y = ..`, `return y`, `def f(x): ..`, `minimise J`, `J.backward()`.
    fn foreign_statement(&self) -> Option<Diagnostic> {
        let begin = self.line_begin();
        let first = &self.tokens[begin];
        let second = &self.tokens[(begin + 1).min(self.tokens.len() - 1)];
        if first.kind != TokenKind::Name || self.at > begin + 1 {
            return None;
        }
        if second.text == "." && self.at == begin + 1 {
            let method = &self.tokens[(begin + 2).min(self.tokens.len() - 1)];
            let mend = foreign::instead_of_function(&method.text);
            let mend = mend.unwrap_or("a statement defines a name: `y = ..`");
            return Some(mistake(
                first.span.to(method.span),
                "a program does not call methods",
                mend,
            ));
        }
        let is_word = self.at == begin || begins_value(second) || second.text == "\"";
        let spelling = foreign::statement(&first.text).filter(|_| is_word && !second.begins_line)?;
        let text = format!("`{}` does not begin a statement", first.text);
        let error = mistake(first.span, text, spelling.mend);
        Some(match spelling.instead {
            Some("") => error.edit(
                Span {
                    end: second.span.start,
                    ..first.span
                },
                "",
            ),
            Some(word) => error.edit(first.span, word),
            None => error,
        })
    }

    /// `**`, `:=`, `+=`, `==` as a definition, `/* */`, `.5`, `^{2}`.
    fn foreign_sign(&self) -> Option<Diagnostic> {
        let here = self.peek();
        let next = self.look(1);
        let before = self.before(1)?;
        let pair = |sign: &str| touches(before, here) && format!("{}{}", before.text, here.text) == sign;
        let pair_ahead = |sign: &str| touches(here, next) && format!("{}{}", here.text, next.text) == sign;
        let (both, ahead) = (before.span.to(here.span), here.span.to(next.span));
        if pair("**") {
            return Some(mistake(both, "`**` is no operator", "a power is written `^`").edit(both, "^"));
        }
        if pair("/*") {
            return Some(mistake(
                both,
                "this does not begin a comment",
                "a comment begins with `//`",
            ));
        }
        if pair("--") || pair("++") || pair_ahead("++") || pair_ahead("--") {
            let span = if pair("--") || pair("++") { both } else { ahead };
            let text = format!("`{0}{0}` is no operator", here.text);
            return Some(mistake(
                span,
                text,
                "a name is defined once, by `=`; a comment begins with `//`",
            ));
        }
        if pair_ahead(":=") {
            return Some(
                mistake(ahead, "`:=` is no sign of the language", "a definition is written `=`").edit(ahead, "="),
            );
        }
        if pair_ahead("<-") {
            return Some(
                mistake(ahead, "`<-` is no sign of the language", "a definition is written `=`").edit(ahead, "="),
            );
        }
        if ["+=", "-=", "*=", "/="].iter().any(|sign| pair_ahead(sign)) {
            let text = format!("`{}=` changes a value, and a name is defined once", here.text);
            let name = &before.text;
            let help = format!("put the term into the equation of {name}, or give the result another name");
            return Some(mistake(ahead, text, help));
        }
        if here.text == "==" && self.defines() {
            let error = mistake(
                here.span,
                "`==` compares; it does not define",
                "a definition is written `=`",
            );
            return Some(error.edit(here.span, "="));
        }
        if here.text == "." && next.kind == TokenKind::Number && touches(here, next) {
            let number = format!("0.{}", next.text);
            return Some(
                mistake(ahead, "a number begins with a digit", format!("write `{number}`")).edit(ahead, number),
            );
        }
        if here.text == "{" && before.text == "^" {
            let close = self.closing()?;
            let error = mistake(
                here.span,
                "braces hold statements, not exponents",
                "an exponent stands alone or in parentheses: `x^2`, `x^(n + 1)`",
            );
            return Some(error.edit(here.span, "(").edit(self.tokens[close].span, ")"));
        }
        if here.text == "{" && before.text.ends_with('_') && touches(before, here) {
            let end = self.closing().map_or(here.span, |close| self.tokens[close].span);
            let name = before.text.trim_end_matches('_');
            let inside = &self.tokens[self.at + 1..self.closing().unwrap_or(self.at + 1)];
            let index: String = inside.iter().map(|token| token.text.as_str()).collect();
            let help = format!("a position stands in brackets: `{name}[{index}]`");
            return Some(mistake(
                before.span.to(end),
                "braces hold statements, not subscripts",
                help,
            ));
        }
        None
    }

    /// True where an equation's `=` is expected.
    fn defines(&self) -> bool {
        let begin = self.line_begin();
        self.tokens[begin].kind == TokenKind::Name && self.tokens[begin..self.at].iter().all(|token| token.text != "=")
    }

    /// The place of the `}` that closes the `{` at this token, on its line.
    fn closing(&self) -> Option<usize> {
        let mut open = 0usize;
        for at in self.at..self.tokens.len() {
            match self.tokens[at].text.as_str() {
                "{" => open += 1,
                "}" => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Some(at);
            }
            if at > self.at && self.tokens[at].begins_line {
                return None;
            }
        }
        None
    }

    /// `axis=0`, `keepdim=True`, `softmax(S over K)`, a comma too many.
    fn foreign_argument(&self) -> Option<Diagnostic> {
        let here = self.peek();
        let before = self.before(1)?;
        let named = if here.text == "=" { before } else { here };
        let is_named = here.text == "=" || self.look(1).text == "=";
        if is_named && self.is_inside_parentheses() {
            let text = format!("`{}=` does not name an argument", named.text);
            let help = foreign::argument(&named.text).map_or(
                "arguments are given in their order; an attribute is written `name => [..]`",
                |spelling| spelling.mend,
            );
            return Some(mistake(named.span, text, help));
        }
        // `argmax(k: ..)`, where no function of this name goes over an index.
        if let (":", Some(open), Some(function)) = (here.text.as_str(), self.before(2), self.before(3))
            && open.text == "("
            && before.kind == TokenKind::Name
            && function.kind == TokenKind::Name
            && touches(function, open)
        {
            let text = format!("`{}` does not go over an index", function.text);
            let mend = foreign::instead_of_function(&function.text).unwrap_or(
                "those that do are `sum`, `mean`, `var`, `max`, `min`, `prod`, `logsumexp`, `softmax`, `log_softmax` and \
                 `cumsum`",
            );
            return Some(mistake(function.span, text, mend));
        }
        // `over 2 * N`, `over T, R + I`.
        let is_size = here.kind == TokenKind::Number || matches!(here.text.as_str(), "+" | "-" | "*" | "/");
        let names_end = (1..).find_map(|back| match self.before(back) {
            Some(token) if token.kind == TokenKind::Name || token.text == "," => None,
            other => Some(other.is_some_and(|token| token.text == "over")),
        });
        if is_size && names_end == Some(true) {
            return Some(mistake(
                here.span,
                "after `over` stand names of axes, and no sizes",
                "an axis whose size is a number or computed gets a name where it is made, as in `W[c:R + I, O]`; or sum \
                 over an index, `sum(c: w[c])`",
            ));
        }
        if here.text == "over" && ends_value(before) {
            let error = mistake(here.span, "a comma is missing before `over`", "write `, over`");
            return Some(error.edit(before.span.after(), ","));
        }
        if here.text == "for" && self.is_inside_parentheses() {
            return Some(mistake(
                here.span,
                "a sum does not hold a loop",
                "a sum over an index is written `sum(i: x[i])`, with the index first",
            ));
        }
        let closes =
            matches!(here.text.as_str(), ")" | "]" | "}") || here.kind == TokenKind::Keyword && here.begins_line;
        if before.text == "," && closes {
            let error = mistake(before.span, "nothing follows this comma", "drop the comma");
            return Some(error.edit(before.span, ""));
        }
        None
    }

    fn is_inside_parentheses(&self) -> bool {
        let line = &self.tokens[self.line_begin()..self.at];
        let count = |sign: &str| line.iter().filter(|token| token.text == sign).count();
        count("(") > count(")")
    }

    /// `for t in range(T)`, `for t = 1:T`, `a if c else b`.
    fn foreign_loop(&self) -> Option<Diagnostic> {
        let here = self.peek();
        let first = &self.tokens[self.line_begin()];
        if first.text == "for" && (here.text == "in" || here.text == "(") {
            return Some(mistake(
                here.span,
                format!("`{}` does not belong to a loop", here.text),
                "a loop is written `for t = 1..T { .. }`",
            ));
        }
        if first.text == "for" && matches!(here.text.as_str(), ":" | "to" | ",") && !self.is_inside_parentheses() {
            let error = mistake(
                here.span,
                "the positions of a loop are a range",
                "a range is written `1..T`",
            );
            return Some(
                if here.text == "to"
                    || here.text == ":" && self.look(1).kind != TokenKind::End && !self.look(1).begins_line
                {
                    error.edit(here.span, "..")
                } else {
                    error
                },
            );
        }
        let before = self.before(1)?;
        if matches!(here.text.as_str(), "if" | "else") && ends_value(before) && !here.begins_line {
            return Some(mistake(
                here.span,
                "the condition comes first",
                "a choice is written `if c then a else b`",
            ));
        }
        if here.text == "elif" {
            let error = mistake(here.span, "`elif` is no word of the language", "write `else if`");
            return Some(error.edit(here.span, "else if"));
        }
        None
    }

    /// `X[1:3]`, `X[:, 0]`, `x(M)` in a declaration, `a[i][j] = ..`, `x: [M]`.
    fn foreign_brackets(&self) -> Option<Diagnostic> {
        let here = self.peek();
        let before = self.before(1)?;
        let line = &self.tokens[self.line_begin()..self.at];
        let open = |sign: &str| line.iter().rposition(|token| token.text == sign);
        let in_brackets = open("[") > open("]");
        if here.text == ":" && in_brackets && !self.is_declaration() {
            return Some(mistake(
                here.span,
                "positions are not cut out by `:`",
                "a range is written `1..T`; single entries stand in an index equation, `y[n] = X[n, 1]`",
            ));
        }
        if here.text == ":"
            && !in_brackets
            && ends_value(before)
            && !self.is_inside_parentheses()
            && self.look(1).text != "["
        {
            return None;
        }
        if here.text == "(" && self.is_declaration() && before.kind == TokenKind::Name && touches(before, here) {
            let help = format!("axes stand in brackets: `{}[..]`", before.text);
            return Some(mistake(here.span, "a declaration has no parentheses", help));
        }
        if here.text == "(" && self.at == self.line_begin() + 1 && before.kind == TokenKind::Name {
            let help = format!(
                "a formula with a name is `fn {}(x) = ..`, before the graph",
                before.text
            );
            return Some(mistake(
                before.span.to(here.span),
                "an equation defines a value, not a function",
                help,
            ));
        }
        if here.text == "[" && before.text == "]" && touches(before, here) {
            let both = before.span.to(here.span);
            return Some(
                mistake(
                    both,
                    "all positions stand in one pair of brackets",
                    "write a comma: `a[i, j]`",
                )
                .edit(both, ", "),
            );
        }
        if here.text == "[" && before.text == ":" && self.is_declaration() {
            let error = mistake(
                before.span.to(here.span),
                "axes follow the name at once",
                "write `x[M]`, without `:`",
            );
            return Some(error.edit(before.span, ""));
        }
        None
    }

    fn is_declaration(&self) -> bool {
        DECLARATIONS.contains(&self.tokens[self.line_begin()].text.as_str())
    }

    /// `2 t y`, `dim M D`: a sign is missing between two values of a line.
    fn missing_sign(&self) -> Option<Diagnostic> {
        let is_gap = |right: usize| {
            let (left, right) = (&self.tokens[right - 1], &self.tokens[right]);
            ends_value(left) && begins_value(right) && !right.begins_line
        };
        // Outside of parentheses `a = 2 t` is read as `a = 2` and a statement that begins with `t`.
        let right = if self.begin > 0 && is_gap(self.begin) {
            self.begin
        } else if self.at > self.begin + 1 && is_gap(self.at) {
            self.at
        } else {
            return None;
        };
        let (before, here) = (&self.tokens[right - 1], &self.tokens[right]);
        if self.is_declaration() {
            let error = mistake(
                here.span,
                "a comma is missing before this",
                "several are declared with commas: `dim M, D`",
            );
            return Some(error.edit(before.span.after(), ","));
        }
        if before.text.starts_with("sum_") {
            let help = "a sum over an index is written `sum(i: ..)`, one over an axis `sum(x, over T)`";
            return Some(mistake(before.span, format!("`{}` is no sum", before.text), help));
        }
        let help = "a product is written with `*`, a matrix product with `@`";
        let error = mistake(here.span, "a sign is missing before this", help);
        // Behind `(`, `[` or `,` the missing sign may be a comma as well.
        let begins_argument = right >= 2 && matches!(self.tokens[right - 2].text.as_str(), "(" | "[" | ",");
        if before.kind != TokenKind::Number || here.kind == TokenKind::Number || begins_argument {
            return Some(error);
        }
        let gaps = (right..self.tokens.len()).take_while(|&right| is_gap(right));
        Some(gaps.fold(error, |error, right| {
            let gap = Span {
                start: self.tokens[right - 1].span.end,
                end: self.tokens[right].span.start,
            };
            error.edit(gap, " * ")
        }))
    }
}
