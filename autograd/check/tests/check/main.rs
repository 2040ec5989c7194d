//! The gradient checker: its claims about ops, programs, modules, lessons and students' mistakes, and the laws of ops.

mod kinds;
mod laws;
mod lessons;
mod metamorphic;
mod oracle;
mod students;
mod subjects;
mod text_mutants;
