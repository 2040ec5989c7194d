//! Reads a submission before it is compiled, token by token: comments and texts are not code.
//!
//! What is refused here would also fail when it is compiled or run in isolation; the message is better.

use std::iter::Peekable;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// Why a submission is not compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line, from 1.
    pub line: usize,
    /// The reason, as a sentence with what to do.
    pub reason: String,
}

/// Names that a submission does without, wherever they stand, and why.
const NAMES: &[(&[&str], &str)] = &[
    (&["unsafe"], "a submission does without `unsafe`"),
    (
        &["include", "include_str", "include_bytes"],
        "a submission is one file and reads no other",
    ),
    (
        &["env", "option_env"],
        "a submission does not look at its environment; a variable of this name needs another one",
    ),
    (
        &["asm", "global_asm", "naked_asm", "extern", "proc_macro"],
        "a submission is plain Rust and names only the crates of its assignment",
    ),
];

/// The attributes that a submission may write; of a path such as `rustfmt::skip` the first part.
const ATTRIBUTES: &[&str] = &[
    "allow",
    "cfg",
    "clippy",
    "cold",
    "default",
    "deny",
    "derive",
    "doc",
    "expect",
    "ignore",
    "inline",
    "macro_export",
    "must_use",
    "non_exhaustive",
    "repr",
    "rustfmt",
    "should_panic",
    "test",
    "track_caller",
    "warn",
];

/// The first thing in a submission that is refused.
///
/// **Errors** with the place at which the text stops being Rust.
pub fn refused(text: &str) -> Result<Option<Refusal>, Refusal> {
    let tokens = TokenStream::from_str(text).map_err(|error| Refusal {
        line: error.span().start().line,
        reason: "this is no Rust: a bracket or a quote is not closed, or a character has no meaning here".to_string(),
    })?;
    Ok(in_tokens(tokens))
}

fn in_tokens(tokens: TokenStream) -> Option<Refusal> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Ident(name) => of_name(name).or_else(|| of_module(name, &mut tokens)),
            TokenTree::Punct(mark) if mark.as_char() == '#' => of_attribute(&mut tokens),
            TokenTree::Group(group) => in_tokens(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A name without the `r#` that lets a keyword be a name.
fn plain(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_string()
}

fn refusal(name: &Ident, reason: &str) -> Option<Refusal> {
    let line = name.span().start().line;
    Some(Refusal {
        line,
        reason: format!("`{}`: {reason}", plain(name)),
    })
}

fn of_name(name: &Ident) -> Option<Refusal> {
    let word = plain(name);
    let (_, reason) = NAMES.iter().find(|(names, _)| names.contains(&word.as_str()))?;
    refusal(name, reason)
}

/// `mod name;` is another file.
fn of_module(name: &Ident, tokens: &mut Peekable<impl Iterator<Item = TokenTree> + Clone>) -> Option<Refusal> {
    if plain(name) != "mod" {
        return None;
    }
    let mut next = tokens.clone().skip(1);
    match next.next() {
        Some(TokenTree::Punct(mark)) if mark.as_char() == ';' => refusal(
            name,
            "a submission is one file; write the module between braces, `mod name { … }`",
        ),
        _ => None,
    }
}

/// `#[name …]` or `#![name …]`.
fn of_attribute(tokens: &mut Peekable<impl Iterator<Item = TokenTree>>) -> Option<Refusal> {
    tokens.next_if(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == '!'));
    let is_brackets = |group: &Group| group.delimiter() == Delimiter::Bracket;
    let Some(TokenTree::Group(group)) = tokens.next_if(|t| matches!(t, TokenTree::Group(group) if is_brackets(group)))
    else {
        return None;
    };
    let allowed = ATTRIBUTES.join("`, `");
    match group.stream().into_iter().next() {
        Some(TokenTree::Ident(name)) if ATTRIBUTES.contains(&plain(&name).as_str()) => in_tokens(group.stream()),
        Some(TokenTree::Ident(name)) => refusal(
            &name,
            &format!("this attribute is not for submissions; there are `{allowed}`"),
        ),
        _ => Some(Refusal {
            line: group.span_open().start().line,
            reason: "an attribute of a submission begins with its name".to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(text: &str) -> Option<usize> {
        refused(text).unwrap().map(|refusal| refusal.line)
    }

    #[test]
    fn words_in_comments_texts_and_other_words_are_no_code() {
        for text in [
            "// unsafe include_str!(\"/etc/passwd\")\nfn f() {}",
            "/* unsafe */ fn f() { let s = \"unsafe extern asm\"; let r = r#\"#[path = \"x\"] mod m;\"#; }",
            "/// Without unsafe code.\nfn f() { let not_unsafe = 1; let environment = 'e'; }",
            "#![allow(unsafe_code)]\nfn f() {}",
            "#[derive(Debug)] struct A; #[rustfmt::skip] mod inner { #[test] fn t() {} }",
            "fn f(path: &[usize]) { let link = path; }",
            "macro_rules! twice { ($x:expr) => { $x + $x }; }",
        ] {
            assert_eq!(refused(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn code_that_reaches_out_is_refused_with_its_line() {
        for (text, line) in [
            ("fn f() {\n unsafe { g() } }", 2),
            ("fn f() { let s = include_str!(\"x\"); }", 1),
            ("use std::include_bytes as harmless;", 1),
            (
                "\n\nmacro_rules! m { ($n:ident) => { $n!(\"x\") } } m!(r#include_str);",
                3,
            ),
            ("#[path = \"x\"] mod m { }", 1),
            ("#[cfg_attr(all(), path = \"x\")] mod m {}", 1),
            ("macro_rules! m { ($a:ident) => { #[$a = \"x\"] mod n {} } }", 1),
            ("mod m;", 1),
            ("#![doc = include_str!(\"x\")]", 1),
            ("const X: Option<&str> = option_env!(\"HOME\");", 1),
            ("core::arch::global_asm!(\".incbin\");", 1),
            ("extern crate other;", 1),
            ("#![feature(x)]", 1),
            ("#[no_mangle] pub fn f() {}", 1),
        ] {
            assert_eq!(line_of(text), Some(line), "{text}");
        }
    }

    #[test]
    fn what_is_no_rust_says_where() {
        assert_eq!(refused("fn f() {}\nfn g( {").unwrap_err().line, 2);
    }
}
