//! Lessons, the report of a comparison, and the command `tapegrad`.
//!
//! Reading order: [`report`], what a comparison of models leaves behind.

#![forbid(unsafe_code)]

pub mod report;
