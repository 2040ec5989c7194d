//! One run of a lesson's graph: the program is executed on the real tape and everything that happens is recorded.
//!
//! Reading order: `trace`, what is known of a run; `record`, which executes the program and fills the trace;
//! `telling`, what values are called and which ops have a step of their own;
//! `difference`, the finite differences beside each gradient; `jacobian`, one op by itself; `paths`, the contribution
//! of each path to a gradient; `phrase` and `numeral`, nodes and numbers as text.

pub(crate) mod difference;
pub(crate) mod jacobian;
pub(crate) mod numeral;
pub(crate) mod paths;
pub(crate) mod phrase;
pub(crate) mod record;
pub(crate) mod telling;
pub(crate) mod trace;

pub use numeral::{inline, shape};
pub use paths::paths;
pub use record::{FiniteDifferences, record};
pub use trace::Trace;
