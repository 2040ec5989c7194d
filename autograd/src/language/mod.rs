//! The graph language: the lecture's equations as text, from which the graph is made.
//!
//! Reading order: [`span`], [`token`], [`lexer`], [`ast`], [`parse`], [`print`], then [`diagnostic`] with [`code`].

pub mod ast;
pub mod check;
pub mod code;
pub mod core;
pub mod count;
pub mod derive;
pub mod diagnostic;
pub mod elaborate;
pub mod explain;
pub mod flat;
pub mod functions;
pub mod lexer;
mod open;
pub mod ops;
pub mod parse;
pub mod print;
pub mod registry;
mod render;
pub mod run;
pub mod size;
pub mod span;
pub mod table;
pub mod token;
pub mod types;
pub mod view;

pub use open::{Opened, open, open_with};
