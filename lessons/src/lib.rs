//! Lessons, the report of a comparison, and the command `tapegrad`.
//!
//! Reading order: [`step`], which steps through a network; [`learn`], the lessons; [`report`], what a comparison of models leaves behind;
//! [`cli`], the command.

#![forbid(unsafe_code)]

pub mod cli;
pub mod learn;
pub mod report;
pub mod step;
