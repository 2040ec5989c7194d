//! The graph language: the lecture's equations as text, from which the graph is made.
//!
//! Reading order: [`span`], [`token`], [`lexer`], [`ast`], [`parse`], [`print`], then [`diagnostic`] with [`code`].

pub mod ast;
pub mod check;
pub mod code;
pub mod core;
pub mod diagnostic;
pub mod functions;
pub mod lexer;
pub mod parse;
pub mod print;
pub mod registry;
mod render;
pub mod size;
pub mod span;
pub mod token;
pub mod types;
