//! What a program and its graph look like: tables, pictures, counts and text.
//!
//! Reading order: [`table`], [`count`], [`flat`], [`view`].

pub mod count;
pub mod flat;
pub mod table;
pub mod view;
