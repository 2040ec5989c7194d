//! What a syntax tree means: its sizes, types and operations, all checked.
//!
//! Reading order: [`size`], `facts`, [`types`], [`program`], [`functions`], [`registry`], [`meanings`], [`ops`],
//! `check`; then `unroll`, on which `run` and `derive` build.

pub(crate) mod check;
pub(crate) mod facts;
pub mod functions;
pub mod meanings;
pub mod ops;
pub mod program;
pub mod registry;
pub mod size;
pub mod types;
pub(crate) mod unroll;
