//! The graph language: its properties on the programs of the project and on random ones.

mod agreement;
mod agreement_sequences;
mod catalogue;
mod deriving;
mod deriving_ops;
mod deriving_twice;
mod engine_options;
mod formulas;
mod gradients_inside;
mod grammar;
mod large;
mod matrices;
mod mistakes;
mod page;
mod notation;
mod programs;
mod random_programs;
mod robustness;
mod running;
mod stored_answers;
mod syntax;
mod tables;
mod typed_programs;
mod views;
mod well_typed;
mod words;
