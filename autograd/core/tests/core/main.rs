//! The core from outside: what its errors say, what fused ops promise, and how long a tape may be.

mod errors;
mod fused_ops;
mod long_tapes;
mod matrices;
mod structural_ops;
