//! The graph language: the lecture's equations as text, from which the graph is made.
//!
//! Reading order, from text to graph:
//! 1. `syntax/`, from text to a tree ([`span`] says where in the text): [`token`], [`lexer`], [`ast`], [`parse`], [`mod@print`];
//! 2. `meaning/`, from a tree to a checked program: [`size`], `facts`, [`types`], [`program`], [`words`],
//!    [`attributes`], [`ops`], `check`;
//! 3. `diagnostic/`, what is said about mistakes: [`diagnostic`], [`code`]; [`open()`] reads a program and offers changes;
//! 4. `run/`, from a checked program and numbers to a graph and its values: [`elaborate`], [`run`];
//! 5. `derive/`, programs whose lines are a derivative: [`mod@derive`];
//! 6. `batch/`, the same program for many examples at once: [`mod@batch`];
//! 7. `show/`, what can be read off a program or a graph: [`table`], [`count`], [`flat`], [`view`];
//! 8. `edit/`, what an editor asks about a text: [`edit`];
//! 9. [`explain`], a page for each mistake, made with all of these.
//!
//! The text of a program passes through all of them in [`open`] and [`run::run`].
//!
//! **What this package must never know**: the checker, the models and the lessons. It knows the engine
//! (`tapegrad-core`) and nothing after it, so that each of the others can build on programs.
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

pub mod batch;
pub mod derive;
pub mod diagnostic;
pub mod edit;
pub mod explain;
mod fix;
pub mod limits;
mod meaning;
mod open;
pub mod run;
mod show;
pub mod span;
mod stack;
mod syntax;

pub use diagnostic::code;
pub use fix::{Fixed, fix};
pub use meaning::{attributes, notes, ops, program, size, types, words};
pub use open::{Opened, open, open_with, open_within};
pub use run::elaborate;
pub use show::{count, flat, table, view};
pub use syntax::{ast, lexer, parse, print, token};
