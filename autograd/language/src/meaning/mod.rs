//! What a syntax tree means: its sizes, types and operations, all checked.
//!
//! Reading order: [`size`], [`facts`], [`types`], [`program`], [`words`], [`attributes`], [`ops`], [`check`].

pub mod attributes;
pub mod check;
pub mod facts;
pub mod ops;
pub mod program;
pub mod size;
pub mod types;
pub mod words;
