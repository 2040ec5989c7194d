//! What a comparison of models leaves behind: a table for the terminal, a JSON document, one HTML page.
//!
//! Reading order: [`comparison`], which is the data; [`comparison::table`] and [`comparison::json`]; then [`page`], which
//! is put together from `svg` (marks on a drawing), `scale` (axes and their ticks), `labels` (labels that do not overlap),
//! `lines` (loss against time) and `bars` (distance to the entropy).

mod bars;
pub mod comparison;
mod json;
mod labels;
mod lines;
pub mod page;
mod quantity;
mod scale;
mod series;
mod svg;
mod table;

#[cfg(test)]
mod example;
