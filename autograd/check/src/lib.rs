//! The gradient checker: finds a wrong gradient, reduces the case, and says which mistake explains it.
//!
//! [`check`] compares a [`Subject`] with witnesses that share no code with it: dual numbers, and finite differences with
//! a computed bound on their error. Upstream gradients are random, never all ones. The check must first tell the right
//! gradient from wrong ones at the same case. An entry that cannot be judged is reported, with the reason.
//!
//! ```
//! use std::sync::Arc;
//! use tapegrad_autograd::check::{Options, OpSubject, Subject, Verdict, check};
//! let tanh: Arc<dyn Subject> = Arc::new(OpSubject::new("tanh").unwrap());
//! let report = check(&tanh, &Options::default());
//! assert_eq!(report.verdict, Verdict::Pass);
//! ```
//!
//! Reading order, a room each; every room uses those before it:
//! 1. [`function`]: what should be computed: numbers, dual numbers, a program, a graph whose edges can be edited;
//! 2. `subject`: what is checked, and the cases it is tried on;
//! 3. `witness`: derivatives by independent routes (dual numbers, finite differences, symbolic), and the reference
//!    made of them;
//! 4. `mistakes`: what can be wrong with a gradient, and the gradient that each mistake would give;
//! 5. `evaluation`: what a subject computes at a case;
//! 6. `verdict`: each entry of its gradients judged;
//! 7. `diagnosis`: which mistake explains a wrong gradient, and the smallest case that shows it;
//! 8. `report`: the result as text, JSON and a page;
//! 9. [`laws`]: what ops must meet besides;
//! 10. `protocol`: the whole check of one subject;
//! 11. `mutants`: mistakes planted on purpose, and how many of them the checker finds and names;
//! 12. [`program`]: a program that checks modules of its own crate, alone or for `tapegrad check --module`.
//!
//! What must never be known: `core` and `language` do not know this package. It knows ops only through the registry,
//! never by their files, and nothing of models or lessons.

mod diagnosis;
mod evaluation;
pub mod function;
pub mod guard;
pub mod laws;
mod magnitude;
mod mistakes;
mod mutants;
pub mod program;
mod protocol;
mod report;
mod subject;
mod verdict;
mod witness;

pub use diagnosis::counterexample::Counterexample;
pub use diagnosis::diagnose::Diagnosis;
pub use diagnosis::shrink;
pub use evaluation::options::{self, Numbers, Options};
pub use evaluation::prepared_case::PreparedCase;
pub use evaluation::{Evaluation, Upstream};
pub use laws::{metamorphic, oracle};
pub use mistakes::Mistake;
pub use mutants::mutant::Mutant;
pub use mutants::mutation::{MUTATIONS, Mutation};
pub use mutants::score::{self, MutationScore, mutation_score};
pub use protocol::check;
pub use report::covered::Covered;
pub use report::gradient_plot::{self, GradientPlot};
pub use report::{Finding, Report, TargetReport, Verdict, page, render};
pub use subject::attributes;
pub use subject::{
    Case, CaseOperand, ChainSubject, GraphSubject, Kind, ModelSubject, ModuleSubject, OpSubject, Subject,
};
pub use tapegrad_core::op::{Draw, Sample};
pub use witness::finite_difference;
pub use witness::reference::{self, Reference};
