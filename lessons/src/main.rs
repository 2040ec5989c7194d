//! The command `tapegrad`.
fn main() {}
