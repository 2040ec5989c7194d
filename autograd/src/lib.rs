//! tapegrad's engine: the graph, the tape, the ops with explicit forward() and backward(), and the laws they meet.
//!
//! ```
//! use ndarray::array;
//! use tapegrad_autograd::{ops::sigmoid, Tape};
//!
//! let tape = Tape::<f64>::new();
//! let x = tape.input("x", array![1.0, 2.0]);
//! let alpha = tape.input("alpha", array![[0.1, 0.2], [0.3, -0.1]]);
//! let beta = tape.input("beta", array![0.5, -0.4]);
//! let y = sigmoid(beta.dot(sigmoid(alpha.dot(x))));
//! let gradients = tape.backward(y);
//! assert_eq!(gradients.of(alpha).shape(), [2, 2]);
//! ```
//!
//! Reading order: [`shape`], [`graph`], [`op`] with one op such as `ops/sigmoid.rs`, [`var`], [`tape`], [`steps`],
//! [`module`], [`layer`], [`params`], [`numbers`], [`optim`], [`check`], and last [`kernels`].

#![deny(unsafe_code)]

mod arena;
pub mod check;
pub mod graph;
#[allow(unsafe_code)]
pub mod kernels;
pub mod language;
pub mod layer;
pub mod module;
pub mod numbers;
pub mod op;
pub mod ops;
pub mod optim;
pub mod params;
pub mod plan;
pub mod record;
pub mod shape;
pub mod steps;
pub mod tape;
pub mod var;

pub use graph::{Graph, NodeId};
pub use layer::Layer;
pub use module::{Chain, FormulaModule, Module, OpModule};
pub use op::Op;
pub use params::{Init, Param, ParamList, Params};
pub use plan::Plan;
pub use record::{Record, Sketch};
pub use shape::{Axes, Shape, ShapeError};
pub use steps::{Gradients, Step};
pub use tape::Tape;
pub use var::Var;
