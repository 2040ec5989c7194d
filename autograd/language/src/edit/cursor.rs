//! Where in a statement the cursor is, found from the tokens before it.

use crate::syntax::lexer::Lexer;
use crate::syntax::token::{ITEMS, STATEMENTS, Token, TokenKind, TokenSource};

/// What can stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Outside of all blocks.
    Item,
    /// A new name, or a text, of which nothing is known.
    Nothing,
    /// At the beginning of a statement.
    Statement,
    /// Behind a complete value: these words go on.
    Continuation(&'static [&'static str]),
    /// A part of an expression.
    Value,
    /// A size.
    Size,
    /// A value that is named as a result.
    Result,
    /// An axis of a value, which is written so.
    Axis { of: String },
    /// A module.
    Module,
    /// Behind the `:` of a declaration.
    Dtype,
    /// Behind `~`.
    Initializer,
    /// Behind a point.
    Transpose,
    /// Behind `engine.`.
    Op,
}

/// The cursor in a text.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    /// The byte at which the statement begins that is being written.
    pub(super) statement: usize,
    /// How many blocks are open there.
    blocks: usize,
    /// The indices that the statement binds before the cursor.
    pub(super) bound: Vec<String>,
    pub(super) wanted: Wanted,
}

impl<'t> Cursor<'t> {
    /// The cursor at a byte; `None` inside of a comment or a text in quotes.
    pub(super) fn at(text: &'t str, byte: usize) -> Option<Self> {
        let before = text.get(..byte)?;
        let begun = before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        let tokens = tokens_of(before)?;
        let is_begun = |token: &Token| token.span.end as usize > begun.len();
        let tokens = match tokens.split_last() {
            Some((last, _)) if is_begun(last) && last.kind == TokenKind::Number => {
                // A number, of which no word comes.
                return Some(Self::nowhere(text));
            }
            Some((last, others)) if is_begun(last) => others.to_vec(),
            _ => tokens,
        };
        let begins_line = before[..begun.len()]
            .trim_end_matches([' ', '\t', '\r'])
            .ends_with('\n');
        let start = statement_start(&tokens, begins_line);
        let (own, blocks) = (&tokens[start..], open_blocks(&tokens[..start]));
        let statement = own.first().map_or(begun.len(), |first| first.span.start as usize);
        Some(Self {
            text,
            statement,
            blocks,
            bound: bound(own),
            wanted: wanted(own, blocks, text, begins_line),
        })
    }

    fn nowhere(text: &'t str) -> Self {
        Self {
            text,
            statement: 0,
            blocks: 0,
            bound: Vec::new(),
            wanted: Wanted::Nothing,
        }
    }

    /// The text before the statement, with lines added, and its open blocks closed.
    pub(super) fn readable(&self, added: &str) -> String {
        format!("{}{added}{}", &self.text[..self.statement], "}".repeat(self.blocks))
    }
}

/// The tokens of a text without what cannot be read; `None` if it ends inside of a comment or a text in quotes.
fn tokens_of(text: &str) -> Option<Vec<Token>> {
    let mut lexer = Lexer::new(text, 0);
    let mut tokens = Vec::new();
    let mut unclosed = false;
    loop {
        match lexer.next_token() {
            Ok(token) if token.kind == TokenKind::End => break,
            Ok(token) => tokens.push(token),
            Err(error) => {
                let at = error.primary.span;
                unclosed = at.end as usize == text.len() && text[at.start as usize..].starts_with('"');
            }
        }
    }
    let ends = |end: u32| end as usize == text.len();
    let in_comment = lexer.comments().last().is_some_and(|comment| ends(comment.span.end));
    let in_doc = tokens
        .last()
        .is_some_and(|last| last.kind == TokenKind::Doc && ends(last.span.end));
    (!unclosed && !in_comment && !in_doc).then_some(tokens)
}

fn is(token: &Token, text: &str) -> bool {
    matches!(token.kind, TokenKind::Sign | TokenKind::Keyword) && token.text == text
}

fn is_one_of(token: &Token, texts: &[&str]) -> bool {
    texts.iter().any(|text| is(token, text))
}

/// True for a token behind which an expression goes on.
fn is_open_ended(token: &Token) -> bool {
    let closes = is_one_of(token, &[")", "]", "}", ";", "{", "down", "inf"]);
    matches!(token.kind, TokenKind::Sign | TokenKind::Keyword) && !closes
}

/// The number of the first token of the statement at the end; `tokens.len()` where a new one begins.
fn statement_start(tokens: &[Token], begins_line: bool) -> usize {
    let (mut start, mut depth) = (0, 0usize);
    for (number, token) in tokens.iter().enumerate() {
        let behind = number.checked_sub(1).map(|before| &tokens[before]);
        let is_word = is_one_of(token, STATEMENTS) || is_one_of(token, ITEMS) || is(token, "use");
        // Two values beside each other are never one expression.
        let is_new = token.kind == TokenKind::Name && depth == 0 && behind.is_none_or(|behind| !is_open_ended(behind));
        let is_behind = behind.is_some_and(|behind| is_one_of(behind, &["{", "}", ";"]));
        if is_word || is_new || is_behind {
            (start, depth) = (number, 0);
        }
        match token.text.as_str() {
            "(" | "[" if token.kind == TokenKind::Sign => depth += 1,
            ")" | "]" if token.kind == TokenKind::Sign => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let ended = tokens.last().is_some_and(|last| {
        is_one_of(last, &["{", "}", ";"])
            || last.kind == TokenKind::Doc
            || begins_line && depth == 0 && !is_open_ended(last)
    });
    if ended { tokens.len() } else { start }
}

fn open_blocks(tokens: &[Token]) -> usize {
    tokens.iter().fold(0usize, |open, token| match token.text.as_str() {
        "{" if token.kind == TokenKind::Sign => open + 1,
        "}" if token.kind == TokenKind::Sign => open.saturating_sub(1),
        _ => open,
    })
}

/// The tokens behind the innermost bracket that is open, with that bracket.
fn innermost(own: &[Token]) -> Option<(usize, &Token)> {
    let mut open = Vec::new();
    for (number, token) in own.iter().enumerate() {
        if is_one_of(token, &["(", "["]) {
            open.push(number);
        } else if is_one_of(token, &[")", "]"]) {
            open.pop();
        }
    }
    open.last().map(|&number| (number, &own[number]))
}

/// The names that the statement itself binds before the cursor: indices, and sizes of a `dim` or of a module's head.
fn bound(own: &[Token]) -> Vec<String> {
    let is_name = |token: &&Token| token.kind == TokenKind::Name;
    let names =
        |tokens: &[Token]| -> Vec<String> { tokens.iter().filter(is_name).map(|token| token.text.clone()).collect() };
    let first = own.first().map_or("", |first| first.text.as_str());
    match first {
        "dim" => {
            let defined = own
                .iter()
                .rposition(|token| is(token, "="))
                .unwrap_or(0)
                .saturating_sub(1);
            return names(&own[..defined]);
        }
        "module" => {
            let close = own.iter().position(|token| is(token, "]")).unwrap_or(0);
            return names(&own[2.min(close)..close]);
        }
        "fn" => {
            let close = own.iter().position(|token| is(token, ")")).unwrap_or(0);
            return names(&own[2.min(close)..close]);
        }
        _ => {}
    }
    let left = own.iter().position(|token| is(token, "=")).unwrap_or(0);
    let is_equation = own.first().is_some_and(|first| first.kind == TokenKind::Name);
    let mut bound = if is_equation {
        names(&own[1.min(left)..left])
    } else {
        Vec::new()
    };
    // `sum(i, j: ..` and `sum(i = 1..N: ..`: what stands behind a parenthesis, before a colon or an equals sign.
    for (at, _) in own
        .iter()
        .enumerate()
        .filter(|(at, token)| *at > left && is_one_of(token, &[":", "="]))
    {
        let list = own[..at]
            .iter()
            .rev()
            .take_while(|token| is_name(token) || is(token, ","));
        let list = list.count();
        if at > list && is(&own[at - list - 1], "(") {
            bound.extend(names(&own[at - list..at]));
        }
    }
    bound
}

fn wanted(own: &[Token], blocks: usize, text: &str, begins_line: bool) -> Wanted {
    let Some(first) = own.first() else {
        return if blocks == 0 { Wanted::Item } else { Wanted::Statement };
    };
    let last = &own[own.len() - 1];
    let behind = |back: usize| own.len().checked_sub(1 + back).map(|number| &own[number]);
    if let Some(over) = over(own) {
        let of = innermost(&own[..over]).map_or("", |(open, _)| {
            let start = own[open].span.end as usize;
            let comma = over.saturating_sub(1).max(open + 1);
            text.get(start..own[comma].span.start as usize).unwrap_or("")
        });
        return Wanted::Axis {
            of: of.trim().to_string(),
        };
    }
    if let Some(of) = rearranged(own, text) {
        return Wanted::Axis { of };
    }
    if is(last, ".") {
        let is_engine = behind(1).is_some_and(|token| token.text == "engine");
        return if is_engine { Wanted::Op } else { Wanted::Transpose };
    }
    if is(last, "~") {
        return Wanted::Initializer;
    }
    let word = if first.kind == TokenKind::Keyword {
        first.text.as_str()
    } else {
        ""
    };
    let open = innermost(own);
    let has = |sign: &str| own.iter().any(|token| is(token, sign));
    match (word, open) {
        ("use", _) => Wanted::Nothing,
        ("graph", _) => Wanted::Nothing,
        ("module", Some((open, bracket))) if is(bracket, "[") => {
            if open > 2 {
                Wanted::Size
            } else {
                Wanted::Nothing
            }
        }
        ("module" | "input" | "param", open) if is(last, ":") && open.is_none_or(|(_, bracket)| is(bracket, "(")) => {
            Wanted::Dtype
        }
        ("module", _) => Wanted::Nothing,
        ("fn", _) if !has("=") => Wanted::Nothing,
        ("input" | "param" | "layer", Some((_, bracket))) if is(bracket, "[") => Wanted::Size,
        ("input" | "param", _) => Wanted::Nothing,
        ("layer", _) => {
            if is(last, "=") {
                Wanted::Module
            } else {
                Wanted::Nothing
            }
        }
        ("dim" | "const", _) if !has("=") => Wanted::Nothing,
        ("dim" | "require", _) => Wanted::Size,
        ("output", _) => Wanted::Result,
        ("for", _) if !has("=") => Wanted::Nothing,
        ("for", _) if !is_open_ended(last) => Wanted::Continuation(&["down"]),
        ("for", _) => Wanted::Size,
        ("", Some((_, bracket))) if is(bracket, "[") && !has("=") => Wanted::Size,
        ("", None) if !has("=") => Wanted::Nothing,
        (_, Some((open, bracket)))
            if is(bracket, "[")
                && open
                    .checked_sub(1)
                    .is_some_and(|before| is_one_of(&own[before], &["as", "=>"])) =>
        {
            Wanted::Size
        }
        _ if !is_open_ended(last) && !begins_line => Wanted::Continuation(&["as", "then", "else", "and", "or", "over"]),
        _ => Wanted::Value,
    }
}

/// The value whose axes are named by `order(x, ..`, `split(x, ..` and `merge(x, [..`.
fn rearranged(own: &[Token], text: &str) -> Option<String> {
    let (mut open, bracket) = innermost(own)?;
    let is_list = is(bracket, "[");
    if is_list {
        open = innermost(&own[..open])?.0;
    }
    let word = own.get(open.checked_sub(1)?)?.text.as_str();
    let is_one = matches!((word, is_list), ("order" | "split", false) | ("merge", true));
    let comma = first_comma(own, open)?;
    // Behind a comma or an open bracket a new name begins.
    let begins = own.last().is_some_and(|last| is_one_of(last, &[",", "["]));
    let is_named = is_one && begins && !(word == "split" && comma + 1 < own.len());
    is_named.then(|| {
        text[own[open].span.end as usize..own[comma].span.start as usize]
            .trim()
            .to_string()
    })
}

/// The first comma between the arguments of the call that opens here.
fn first_comma(own: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    (open + 1..own.len()).find(|&at| {
        match own[at].text.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is(&own[at], ",")
    })
}

/// The number of the `over` behind which names of axes stand up to the cursor.
fn over(own: &[Token]) -> Option<usize> {
    let list = own
        .iter()
        .rev()
        .take_while(|token| token.kind == TokenKind::Name || is(token, ","))
        .count();
    let place = own.len().checked_sub(list + 1)?;
    let goes_on = own.last().is_some_and(|last| is_one_of(last, &["over", ","]));
    (goes_on && is(&own[place], "over")).then_some(place)
}
