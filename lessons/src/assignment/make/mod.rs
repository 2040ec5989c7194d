//! What lecturers and students get, made from one annotated reference.
//!
//! Reading order: `hole`, which takes a reference apart into starter and solution; `handout`, `student_crate` and
//! `engine`, what students get; `mutants`, solutions with one mistake, `versions`, many of them in one program, and `mutation`,
//! how many of them the tests notice; [`bundle`], which proves all of it and writes it.

pub mod bundle;
mod engine;
mod handout;
mod hole;
mod mutants;
mod mutation;
pub(crate) mod student_crate;
mod versions;

pub use handout::handout_page;
pub use hole::{HoleError, Reference};
pub use mutants::{SolutionMutant, traps};
pub use mutation::parsed;
pub use versions::Versions;
