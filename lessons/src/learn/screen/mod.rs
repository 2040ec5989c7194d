//! What a learner sees: one view of the state as blocks, and three renderers of blocks.
//!
//! Reading order: `block`, what a screen consists of; `view`, from the state to a screen, with `step`, `checks`,
//! `panels` and `naming`; then the renderers [`plain`], [`terminal`] and [`page`].

pub(crate) mod block;
pub(crate) mod checks;
pub(crate) mod naming;
pub mod page;
pub(crate) mod panels;
pub mod plain;
pub(crate) mod step;
pub mod terminal;
pub(crate) mod view;

pub use block::{Screen, ScreenBlock};
pub use naming::step_name;
pub use view::{step_blocks, view};
