//@ tries: be the reference, by a path that a macro writes
macro_rules! take {
    ($keyword:tt $name:ident $attribute:tt) => { #[$attribute = "{{reference}}"] $keyword $name; pub use $name::*; };
}
take!(mod reference path);
