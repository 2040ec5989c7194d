//@ tries: be the reference, by a module with a path
#[path = "{{reference}}"]
mod reference;
pub use reference::*;
