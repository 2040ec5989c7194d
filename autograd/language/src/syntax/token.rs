//! Tokens, and the trait that gives them to the parser: from text, or from the tokens of a Rust macro.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An identifier that is not a keyword.
    Name,
    /// A word of the grammar.
    Keyword,
    /// Digits, perhaps with a fraction and an exponent.
    Number,
    /// Text in double quotes; the token's text leaves the quotes out.
    Text,
    /// One or two signs, such as `=` or `=>`.
    Sign,
    /// A `///` line; the token's text leaves the slashes out.
    Doc,
    /// The end of the text, after the last token.
    End,
}

/// One token with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Its kind.
    pub kind: TokenKind,
    /// The text of the token.
    pub text: String,
    /// Its place in the source.
    pub span: Span,
    /// True for the first token of a line; after a mistake the parser continues at such a token.
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

/// A source of tokens for the parser.
pub trait TokenSource {
    /// The next token, or the mistake in the text there; after the last token, `End` each time.
    fn next_token(&mut self) -> Result<Token, Box<Diagnostic>>;
}

/// The words of the grammar; none of them can be a name.
pub const KEYWORDS: &[&str] = &[
    "graph", "module", "fn", "dim", "input", "param", "const", "layer", "output", "minimize", "maximize", "require",
    "for", "down", "as", "if", "then", "else", "and", "or", "over", "inf", "use",
];

/// The words that begin a statement.
pub const STATEMENTS: &[&str] = &[
    "dim", "input", "param", "const", "layer", "require", "output", "minimize", "maximize", "for",
];

/// The words that begin a graph, module or function.
pub const ITEMS: &[&str] = &["graph", "module", "fn"];

/// The words for kinds of numbers, which have this meaning behind the `:` of a declaration.
pub const DTYPES: &[&str] = &["f32", "f64", "data", "bool", "int", "id"];

/// The signs, longest first.
pub const SIGNS: &[&str] = &[
    "=>", "->", "..", "<=", ">=", "==", "!=", "{", "}", "[", "]", "(", ")", ",", ";", ":", ".", "=", "<", ">", "+",
    "-", "*", "/", "@", "^", "~",
];
