//! What a syntax tree means: its sizes, types and operations, all checked.
//!
//! Reading order: [`size`], `facts`, `bounds`, [`types`], `matrices`, [`notes`], `condition`, [`program`], [`words`], [`attributes`], [`ops`], `check`; then `unroll`,
//! on which `run` and `derive` build.

pub mod attributes;
pub(crate) mod bounds;
pub(crate) mod check;
pub(crate) mod condition;
pub(crate) mod facts;
pub(crate) mod kinds;
pub(crate) mod masks;
pub(crate) mod matrices;
pub mod notes;
pub mod ops;
pub(crate) mod positive;
pub mod program;
pub mod size;
pub mod types;
pub(crate) mod unroll;
pub mod words;
