//! A recorded graph as text, one node a line, and back: `read(print(g))` is `g`.
//!
//! Each op is called by its name in the registry, with its attributes as numbers, so that the text says exactly what
//! the engine does. A node keeps its name if that can stand as an identifier of the language; any other name, and the
//! scope a node was recorded in, stand in a `///` line above it: `/// block[1] / att: Q'`.

mod read;

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::meaning::attributes;
use crate::syntax::print::number;
use crate::syntax::token::KEYWORDS;
use tapegrad_core::graph::{Graph, NodeId, ScopeId, Source};

pub use read::read;

/// The graph as text.
///
/// **Errors** with a sentence for a node that has no text: a module with its own code, or a constant that is not a
/// number.
pub fn print(graph: &Graph, name: &str) -> Result<String, String> {
    let idents = identifiers(graph);
    let mut out = format!("graph {name} {{\n");
    for node in graph.nodes() {
        let ident = &idents[node.id.index()];
        let own = graph.name(node.id);
        let scope = scope_path(graph, node.scope);
        let plain = own.is_none_or(|own| own == ident);
        if !scope.is_empty() || !plain {
            let scope: Vec<String> = scope.iter().map(|part| quoted(part)).collect();
            let own = own.map_or(String::new(), |own| format!(": {}", quoted(own)));
            let _ = writeln!(out, "    /// {}{own}", scope.join(" / "));
        }
        let sizes: Vec<String> = node.shape.iter().map(|size| size.to_string()).collect();
        let shape = if sizes.is_empty() {
            String::new()
        } else {
            format!("[{}]", sizes.join(", "))
        };
        let line = match node.source {
            Source::Input => format!("input {ident}{shape}"),
            Source::Data => format!("input {ident}{shape}: data"),
            Source::Param(_) => format!("param {ident}{shape}"),
            Source::Constant(value) if value.is_nan() => {
                return Err("a constant that is not a number has no text".into());
            }
            Source::Constant(value) => format!("{ident} = {}", number(*value)),
            Source::Module(_) => return Err("a module with its own forward() and backward() has no text".into()),
            Source::Op(op) => {
                let operands = node.operands.iter().map(|operand| idents[operand.index()].clone());
                let attributes = attributes::encode(op);
                let attributes = attributes.iter().map(|(field, numbers)| {
                    let numbers: Vec<String> = numbers.iter().map(|&value| number(value)).collect();
                    format!("{field} => [{}]", numbers.join(", "))
                });
                let args: Vec<String> = operands.chain(attributes).collect();
                format!("{ident} = engine.{}({})", op.name(), args.join(", "))
            }
        };
        let _ = writeln!(out, "    {line}");
    }
    out.push_str("}\n");
    Ok(out)
}

/// For each node the identifier it has in the text: its name, or `n` with its position.
fn identifiers(graph: &Graph) -> Vec<String> {
    let mut taken = BTreeSet::new();
    graph
        .nodes()
        .map(|node| match graph.name(node.id) {
            Some(name) if is_identifier(name) && taken.insert(name.to_string()) => name.to_string(),
            _ => format!("n{}", node.id.index()),
        })
        .collect()
}

/// True if a name can stand in the text as it is, and cannot be mistaken for the position of a node.
fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let is_position = name
        .strip_prefix('n')
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    let rest = letters.all(|c| c.is_alphabetic() || c == '_' || c.is_ascii_digit());
    begins && rest && !is_position && !KEYWORDS.contains(&name) && !name.starts_with("g_") && name != "engine"
}

/// The names of the scopes around, outermost first.
pub fn scope_path(graph: &Graph, scope: ScopeId) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = graph.scope(scope);
    while let Some(parent) = at.parent {
        path.push(at.name.clone());
        at = graph.scope(parent);
    }
    path.reverse();
    path
}

/// The name as it is, or in quotes if its signs would be misread.
fn quoted(name: &str) -> String {
    let clear = !name.is_empty() && !name.contains(['/', ':', '"', '\n', '\r']) && name.trim() == name;
    if clear {
        name.to_string()
    } else {
        serde_json::to_string(name).expect("text can always be written")
    }
}

/// Everything that two equal graphs have in common, node by node; parameters are told apart by place, not by number.
pub fn canonical(graph: &Graph) -> Vec<String> {
    let line = |id: NodeId| {
        let node = graph.node(id);
        let source = match node.source {
            Source::Param(_) => "param".to_string(),
            source => format!("{source:?}"),
        };
        let scope = scope_path(graph, node.scope);
        format!(
            "{source} {:?} {} {:?} {:?}",
            node.operands,
            node.shape,
            graph.name(id),
            scope
        )
    };
    graph.nodes().map(|node| line(node.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Sources;
    use proptest::prelude::*;
    use tapegrad_core::op::Draw;
    use tapegrad_core::ops::{AnyOp, NAMES};
    use tapegrad_core::tape::Tape;
    use tapegrad_core::var::Var;

    #[test]
    fn names_and_scopes_of_any_spelling_survive() {
        let tape = Tape::<f64>::new();
        let x = tape.input("x", ndarray::array![1.0, 2.0]);
        let record: &dyn tapegrad_core::Record = &tape;
        let y = record.scope("block[1]", || record.scope("a / b: \"c\"", || (x * x).named("y'")));
        record.scope("block[1]", || (y + x).named("x"));
        let text = print(&tape.graph(), "g").unwrap();
        insta::assert_snapshot!(text, @r#"
graph g {
    input x[2]
    /// block[1] / "a / b: \"c\"": y'
    n1 = engine.mul(x, x)
    /// block[1]: x
    n2 = engine.add(n1, x)
}
"#);
        let (again, _) = read(&Sources::of("g", &text)).unwrap();
        assert_eq!(canonical(&again), canonical(&tape.graph()));
    }

    proptest! {
        #[test]
        fn a_graph_of_any_ops_is_read_back_as_itself(seed in any::<u64>()) {
            let tape = Tape::<f64>::new();
            let mut draw = Draw::new(seed, 3);
            for _ in 0..5 {
                let name = draw.one_of(NAMES);
                let sample = AnyOp::sample(name, &mut draw).unwrap();
                let operands: Vec<Var<'_>> = sample.operands.iter().map(|x| tape.data("x", x.clone())).collect();
                if operands.is_empty() {
                    continue;
                }
                Var::record(sample.op, &operands);
            }
            let text = print(&tape.graph(), "g").unwrap();
            let (again, _) = read(&Sources::of("g", &text)).unwrap();
            prop_assert_eq!(canonical(&again), canonical(&tape.graph()), "{}", text);
        }
    }
}
