//! Assignments: made from one annotated reference each, and graded by questions and answers.
//!
//! Reading order: [`exam`], what an assignment is; [`registry`], the assignments there are, and [`folder`], those of
//! others, with `examiner`, which compiles their tests; [`make`], what students and lecturers get; [`grade`], how a
//! submission is graded; [`project`], the compiled libraries that both rooms need.

pub(crate) mod error;
pub mod exam;
pub(crate) mod examiner;
pub mod folder;
pub mod grade;
pub mod make;
pub mod project;
pub mod registry;
