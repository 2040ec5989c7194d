//! Assignments: made from one annotated reference each, and graded by questions and answers.
//!
//! A submission is compiled into a program that answers questions (`desk.rs`); the tests run on this side and judge the
//! answers. What students get is the reference with its holes (`hole.rs`).
//!
//! Reading order: [`exam`], [`hole`]; [`grade`], [`compile`], [`session`], [`examinee`]; [`report`] and its two other
//! forms [`gradescope`] and [`classroom`]; what students start from,
//! [`student_crate`]; what lecturers make, [`bundle`], with [`mutants`], [`many`] and [`mutation`].

pub mod bundle;
pub mod classroom;
pub mod compile;
pub mod error;
pub mod exam;
pub mod examinee;
pub mod grade;
pub mod gradescope;
pub mod handout;
pub mod hole;
mod listen;
pub mod many;
pub mod mutants;
pub mod mutation;
pub mod process;
pub mod project;
pub mod registry;
pub mod report;
pub mod session;
pub mod student_crate;
pub mod verdict;
pub mod wire;
