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
//! Reading order, a room each:
//! 1. `subject`: what is checked, the cases it is tried on, and the function that it is meant to compute;
//! 2. `witness`: derivatives by independent routes (dual numbers, finite differences, symbolic), and the reference
//!    made of them;
//! 3. `verdict`: a subject evaluated at a case, and each entry of its gradients judged;
//! 4. `diagnosis`: which mistake explains a wrong gradient, and the smallest case that shows it;
//! 5. `mutants`: mistakes planted on purpose, and how many of them the checker finds and names;
//! 6. `report`: the result as text, JSON and a page;
//! 7. [`laws`]: what ops must meet besides.
//!
//! What must never be known: `core` and `language` do not know this package. It knows ops only through the registry,
//! never by their files, and nothing of models or lessons.

mod diagnosis;
pub mod laws;
mod mutants;
mod report;
mod subject;
mod verdict;
mod witness;

pub use diagnosis::counterexample::Counterexample;
pub use diagnosis::diagnose::Diagnosis;
pub use diagnosis::mistake::Mistake;
pub use diagnosis::shrink;
pub use laws::{metamorphic, oracle};
pub use mutants::mutant::Mutant;
pub use mutants::mutation::{MUTATIONS, Mutation};
pub use mutants::score::{self, MutationScore, mutation_score};
pub use report::gradient_plot::{self, GradientPlot};
pub use report::{Finding, Report, TargetReport, Verdict, page, render};
pub use subject::{Case, CaseOperand, GraphSubject, Kind, ModelSubject, ModuleSubject, OpSubject, Subject};
pub use subject::{attributes, function, guard};
pub use tapegrad_core::op::{Draw, Sample};
pub use verdict::evaluation::{Evaluation, Upstream};
pub use verdict::prepared_case::PreparedCase;
pub use verdict::protocol::{self, Numbers, Options, check};
pub use witness::finite_difference;
pub use witness::reference::{self, Reference};
