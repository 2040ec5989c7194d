//! The gradient checker: finds a wrong gradient, makes the case small, and says which mistake explains it.
//!
//! [`check`] holds a [`Subject`] against witnesses that share no code: dual numbers, and differences with a computed
//! bound on their error. Upstream gradients are random, never all ones; the check must first tell the right gradient
//! from wrong ones at the same case; an entry that cannot be judged is reported as such, with the reason.
//!
//! ```
//! use std::sync::Arc;
//! use tapegrad_autograd::check::{Options, OpSubject, Subject, Verdict, check};
//! let tanh: Arc<dyn Subject> = Arc::new(OpSubject::new("tanh").unwrap());
//! let report = check(&tanh, &Options::default());
//! assert_eq!(report.verdict, Verdict::Pass);
//! ```
//!
//! Reading order: [`subject`], [`function`], [`witness`] and [`richardson`], [`exam`], [`answer`], [`judge`],
//! [`protocol`]; then the diagnosis: [`bank`], [`opened`], [`mod@diagnose`], [`shrink`]. [`laws`] are what ops must
//! meet besides.

pub mod answer;
pub mod attributes;
pub mod bank;
pub mod definition;
pub mod diagnose;
pub mod doubled;

pub mod edited;
pub mod exam;
pub mod example;
mod explanation;
pub mod function;
pub mod guard;
pub mod judge;
pub mod laws;
mod local;
pub mod metamorphic;
pub mod mutant;
pub mod mutation;
pub mod opened;
pub mod oracle;
pub mod page;
pub mod portrait;
pub mod precision;
pub mod prepared;
mod program;
pub mod protocol;
mod pull;
pub mod render;
pub mod report;
pub mod richardson;
pub mod score;
pub mod shrink;
pub mod single;
pub mod subject;
pub mod symbolic;
mod tally;
pub mod truth;
mod variant;
pub mod witness;

pub use diagnose::Diagnosis;
pub use example::Example;
pub use mutant::Mutant;
pub use mutation::{MUTATIONS, Mutation};
pub use protocol::{Numbers, Options, check};
pub use report::{Report, TargetReport, Verdict};
pub use score::{Score, mutation_score};
pub use subject::{Case, GraphSubject, Kind, ModelSubject, ModuleSubject, OpSubject, Subject};
pub use tapegrad_core::op::{Draw, Sample};
