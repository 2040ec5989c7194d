//! What a syntax tree means: its sizes, types and operations, all checked.
//!
//! Reading order: [`size`], `facts`, `bounds`, [`types`], `matrices`, [`program`], [`words`], [`attributes`], [`ops`], `check`; then `unroll`,
//! on which `run` and `derive` build.

pub mod attributes;
pub(crate) mod bounds;
pub(crate) mod check;
pub(crate) mod facts;
pub(crate) mod matrices;
pub mod ops;
pub mod program;
pub mod size;
pub mod types;
pub(crate) mod unroll;
pub mod words;
