//! From text to a syntax tree, and back to text.
//!
//! Reading order: [`token`], [`lexer`], [`ast`], [`parse`], [`mod@print`].

pub mod ast;
pub(crate) mod foreign;
pub mod lexer;
pub mod parse;
pub mod print;
pub mod token;
