//! The graph language: the lecture's equations as text, from which the graph is made.
//!
//! Reading order, from text to graph: [`span`], [`token`], [`lexer`], [`ast`], [`parse`], [`mod@print`]; [`size`],
//! [`facts`], [`types`], [`core`], [`functions`], [`check`], with [`diagnostic`], [`code`] and [`explain`]; [`elaborate`],
//! [`run`]; then what can be made of a program: [`mod@derive`], [`table`], [`count`], and of a graph: [`flat`],
//! [`registry`], [`view`], [`ops`].
//!
//! ```
//! use tapegrad_autograd::language::{open, run};
//! let opened = open("square.cg", "graph square { dim M input x[M] J = sum(x^2, over M) minimize J }");
//! assert!(opened.is_correct(), "{}", opened.render());
//! let request = serde_json::from_str(r#"{"values": {"x": [1.0, 2.0]}}"#)?;
//! let wanted = run::Wanted { gradients: true, trace: false };
//! let answer = run::run::<f64>(&opened.programs[0], &request, wanted).map_err(|error| format!("{error:?}"))?;
//! assert_eq!(answer["objective"], 5.0);
//! assert_eq!(answer["gradients"]["x"], serde_json::json!([2.0, 4.0]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod ast;
pub mod check;
pub mod code;
pub mod core;
pub mod count;
pub mod derive;
pub mod diagnostic;
pub mod elaborate;
pub mod explain;
pub mod facts;
pub mod flat;
pub mod functions;
pub mod lexer;
pub mod meanings;
mod open;
pub mod ops;
pub mod parse;
pub mod print;
pub mod registry;
mod render;
pub mod run;
pub mod size;
pub mod span;
pub mod table;
pub mod token;
pub mod types;
pub mod view;

pub use open::{Opened, open, open_with};
