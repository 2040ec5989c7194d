//! The graph language: the lecture's equations as text, from which the graph is made.
//!
//! Reading order: [`span`], [`token`], [`lexer`], [`ast`], [`parse`], [`print`], then [`diagnostic`] with [`code`].

pub mod ast;
pub mod code;
pub mod diagnostic;
pub mod lexer;
pub mod parse;
pub mod print;
mod render;
pub mod span;
pub mod token;
