//! Stepping through a network: every forward and every backward, with its numbers.
//!
//! [`two_layer`] runs the lecture's two-layer sigmoid network on the real tape and writes down what it did as a
//! [`Ledger`]; [`render_plain`] prints a ledger. Reading order: [`slide`], the table of the lecture as formulas;
//! [`values`], the numbers put into it; `network`, the formula on a tape; `difference`, the check of a gradient;
//! [`ledger`], what is written down; `run`, which writes it; `plain`.

mod difference;
pub mod ledger;
mod network;
mod plain;
mod run;
pub mod slide;
pub mod values;

pub use difference::{Difference, RELATIVE_BOUND, Verdict};
pub use ledger::Ledger;
pub use plain::render_plain;
pub use run::two_layer;
pub use values::{Values, ValuesError};
