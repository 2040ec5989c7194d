//! Lessons, the report of a comparison, and the command `tapegrad`.
//!
//! Reading order: [`learn`], the lessons; `report`, what a comparison of
//! models leaves behind; [`assignment`], what students hand in; `bench`, what is timed; [`cli`], the command.

#![forbid(unsafe_code)]

pub mod assignment;
mod bench;
pub mod cli;
mod html;
pub mod learn;
mod report;
