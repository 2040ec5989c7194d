//! The results of a comparison of models: a table for the terminal, a JSON document, one HTML page.
//!
//! Reading order: [`comparison`], which is the data; [`comparison::table`] and [`comparison::json`]; then [`page`],
//! which is put together from `svg` (marks on a drawing), `scale` (axes and their ticks), `labels` (none over another),
//! `curves` (what the pictures of the losses show), `lines` (how they are drawn), `bars` (distance to the entropy), and
//! `tables`. `roofline` is a picture of its own, of what `bench` has timed.

mod bars;
pub mod comparison;
mod curves;
mod json;
pub(crate) mod labels;
mod lines;
pub mod page;
pub mod paths;
pub mod quantity;
pub(crate) mod roofline;
pub mod runs;
pub(crate) mod scale;
mod series;
pub(crate) mod svg;
mod table;
mod tables;

#[cfg(test)]
mod example;
