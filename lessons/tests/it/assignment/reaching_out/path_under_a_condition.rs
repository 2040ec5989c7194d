//@ tries: be the reference, by a path that only a condition brings
#[cfg_attr(all(), path = "{{reference}}")]
mod reference;
pub use reference::*;
