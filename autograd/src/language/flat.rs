//! The recorded graph as flat text.

use crate::graph::Source;

/// The name of where a node's value comes from.
pub fn source_name(source: &Source) -> &'static str {
    match source {
        Source::Input => "input",
        Source::Data => "data",
        Source::Param(_) => "param",
        Source::Constant(_) => "constant",
        Source::Op(op) => op.name(),
        Source::Module(_) => "module",
    }
}
