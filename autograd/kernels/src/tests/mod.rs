//! What every kernel must meet: its backward is its derivative, fast equals plain, the same bits on any number of
//! threads, at every level of vector instructions.

mod accuracy;
mod case;
mod extremes;
mod functions;
mod laws;
mod levels;
mod operands;
mod random;
mod scratch;
mod shifted;
