//! Tokens, and the trait through which the parser gets them: from text, or from the tokens of a Rust macro.

use crate::diagnostic::Diagnostic;
use crate::syntax::span::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An identifier that is not a keyword.
    Name,
    /// A word of the grammar.
    Keyword,
    /// Digits, perhaps with a fraction and an exponent.
    Number,
    /// Text in double quotes; the token's text is what stands between them.
    Text,
    /// One or two signs, such as `=` or `=>`.
    Sign,
    /// A `///` line; the token's text is what follows the slashes.
    Doc,
    /// Behind the last token.
    End,
}

/// One token with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// What stands there.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// True if nothing but space stands before it on its line; recovery from an error begins again at such a token.
    pub begins_line: bool,
}

impl Token {
    /// The token as a message names it.
    pub fn describe(&self) -> String {
        match self.kind {
            TokenKind::End => "the end of the file".to_string(),
            TokenKind::Doc => "a `///` line".to_string(),
            TokenKind::Text => format!("\"{}\"", self.text),
            _ => format!("`{}`", self.text),
        }
    }
}

/// Where the parser gets its tokens from.
pub trait TokenSource {
    /// The next token, or what is wrong with the text there; after the last token, `End` again and again.
    fn next_token(&mut self) -> Result<Token, Box<Diagnostic>>;
}

/// The words of the grammar; none of them can be a name.
pub const KEYWORDS: &[&str] = &[
    "graph", "module", "fn", "dim", "input", "param", "const", "layer", "output", "minimize", "maximize", "require",
    "for", "down", "as", "if", "then", "else", "and", "or", "over", "inf", "use",
];

/// The signs, longest first.
pub const SIGNS: &[&str] = &[
    "=>", "->", "..", "<=", ">=", "==", "!=", "{", "}", "[", "]", "(", ")", ",", ";", ":", ".", "=", "<", ">", "+",
    "-", "*", "/", "@", "^", "~",
];
