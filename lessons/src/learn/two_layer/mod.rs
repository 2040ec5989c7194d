//! `tapegrad step two-layer`: the lecture's table of the two-layer sigmoid network, filled with the numbers of a run.
//!
//! The run is the trace of lesson 1's graph, like every run of the lesson engine. Reading order: `slide`, the table as
//! formulas; `values`, the numbers put in; [`ledger`], the JSON document; `fill`, from a trace to the document;
//! `plain`, from the document to text.

mod fill;
pub mod ledger;
mod plain;
mod slide;
mod values;

pub use fill::two_layer;
pub use ledger::{DifferenceVerdict, Ledger};
pub use plain::render_plain;
pub use values::{Values, ValuesError};
