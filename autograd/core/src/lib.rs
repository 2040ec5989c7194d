//! The core: a recorded graph, ops with explicit forward() and backward(), the tape that runs them, the plan that replays.
//!
//! It must never know the graph language, the gradient checker or any model: an op says everything about itself here,
//! and those who come later ask it.
//!
//! Reading order: [`shape`], [`graph`], [`op`] with one op such as `ops/sigmoid.rs`, [`var`], [`tape`], [`steps`],
//! [`module`], [`layer`], [`params`], [`numbers`], [`optim`], [`plan`].

#![forbid(unsafe_code)]

mod arena;
mod formula_module;
pub mod graph;
pub mod layer;
pub mod memory;
pub mod module;
pub mod numbers;
pub mod op;
pub mod ops;
pub mod optim;
pub mod params;
pub mod plan;
pub mod record;
pub mod steps;
pub mod tape;
pub mod var;

#[doc(inline)]
pub use tapegrad_kernels as kernels;
#[doc(inline)]
pub use tapegrad_kernels::shape;

pub use formula_module::FormulaModule;
pub use graph::{Graph, NodeId};
pub use layer::Layer;
pub use module::{Chain, Module, OpModule};
pub use op::Op;
pub use params::{Init, PackedParams, Param, ParamList, Params};
pub use plan::Plan;
pub use record::{Record, Sketch};
pub use shape::{Axes, Shape, ShapeError};
pub use steps::{Gradients, Step};
pub use tape::Tape;
pub use var::Var;
