//! Recursion over what people write: the stack grows with it, on whatever thread it runs.
//!
//! How deep expressions, blocks and calls nest is limited ([`DEPTH_MAX`](crate::parse::DEPTH_MAX)), but the limits
//! multiply: a chain of calls, each inside a nested expression, is deeper than a thread of 2 MiB can take.

/// A function that calls itself leaves at least this much for what it calls in between.
const RESERVE: usize = 256 * 1024;

/// How much the stack grows at a time.
const PIECE: usize = 4 * 1024 * 1024;

/// Does `step`, a step of a recursion, where the stack has room for it.
pub(crate) fn deeper<R>(step: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(RESERVE, PIECE, step)
}
