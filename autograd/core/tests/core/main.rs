//! The core from outside: what its errors say, how accurate its ops are, what fused ops promise, and how long a tape may be.

mod accuracy;
mod errors;
mod fused_ops;
mod long_tapes;
mod matrices;
mod saturation;
mod structural_ops;
