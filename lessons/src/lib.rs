//! Lessons, the report of a comparison, and the command `tapegrad`.
//!
//! Reading order: [`learn`], the lessons; `report`, what a comparison of
//! models leaves behind; [`assignment`], what students hand in; [`cli`], the command.

#![forbid(unsafe_code)]

// The tests of an assignment name this package from inside and from outside.
extern crate self as tapegrad_lessons;

pub mod assignment;
pub mod cli;
mod html;
pub mod learn;
mod report;
