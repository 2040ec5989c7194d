//! The engine of tapegrad: graph, tape, ops with explicit forward() and backward(), and the laws that ops obey.
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
//! This package has no code of its own. It gives one name to four packages, each of which uses only those before it:
//! `tapegrad-kernels` (shapes, numbers, loops over slices), `tapegrad-core` (graph, ops, tape, plan), `tapegrad-language`
//! (the graph language, feature `language`) and `tapegrad-check` (the gradient checker, feature `check`).
//! Without default features it is the core alone, which runs plain loops. The feature `fast` adds vector instructions and
//! threads.
//!
//! Reading order: [`shape`], [`graph`], [`op`] with one op such as `ops/sigmoid.rs`, [`var`], [`tape`], [`steps`],
//! [`module`], [`layer`], [`params`], [`numbers`], [`optim`], [`check`], and last [`kernels`].

#![forbid(unsafe_code)]

pub use tapegrad_core::*;

#[cfg(feature = "check")]
pub use tapegrad_check as check;
#[cfg(feature = "language")]
pub use tapegrad_language as language;
