//! A recorded graph as text, one node a line, and back: `read(print(g))` is `g`.
//!
//! Each op is called by its name in the registry, with its attributes as numbers, so that the text says exactly what
//! the engine does. A node keeps its name if that can stand as an identifier of the language; any other name, and the
//! scope a node was recorded in, stand in a `///` line above it: `/// block[1] / att: Q'`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::panic::Location;

use super::ast::{Arg, Axis, Decl, Dtype, Expr, ExprKind, Init, ItemKind, Stmt, StmtKind};
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::parse::parse_file;
use super::print::number;
use super::registry;
use super::span::Sources;
use super::token::KEYWORDS;
use crate::graph::{Graph, NodeId, ScopeId, Source};
use crate::params::ParamList;
use crate::shape::Shape;

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
                let attributes = registry::encode(op).ok_or_else(|| format!("the op {} has no text", op.name()))?;
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

/// The graph that a flat text stands for, and the list of its parameters.
///
/// **Errors** at the line that is not one node, or whose op does not fit its operands.
pub fn read(sources: &Sources) -> Result<(Graph, ParamList), Box<Diagnostic>> {
    let mut parsed = parse_file(sources, 0);
    if !parsed.diagnostics.is_empty() {
        return Err(Box::new(parsed.diagnostics.swap_remove(0)));
    }
    let mut reader = Reader::default();
    for item in &parsed.file.items {
        if let ItemKind::Graph { body, .. } = &item.kind {
            body.stmts.iter().try_for_each(|stmt| reader.stmt(stmt))?;
        }
    }
    Ok((reader.graph, reader.params))
}

#[derive(Default)]
struct Reader {
    graph: Graph,
    params: ParamList,
    known: BTreeMap<String, NodeId>,
    open: Vec<String>,
}

impl Reader {
    fn stmt(&mut self, stmt: &Stmt) -> Result<(), Box<Diagnostic>> {
        let wrong = |text: String| Box::new(Diagnostic::new(Code::E00, stmt.span, text));
        let (scope, name) = place(&stmt.docs).map_err(wrong)?;
        self.enter(&scope);
        let caller = Location::caller();
        let (ident, id) = match &stmt.kind {
            StmtKind::Input(decls) if decls.len() == 1 => {
                let source = if decls[0].dtype == Some(Dtype::Data) {
                    Source::Data
                } else {
                    Source::Input
                };
                let shape = shape_of(&decls[0]).map_err(wrong)?;
                (&decls[0].name.name, self.graph.push(source, &[], shape, caller))
            }
            StmtKind::Param(params) if params.len() == 1 => {
                let (decl, _): &(Decl, Option<Init>) = &params[0];
                let unique = format!("{} {}", self.params.specs().len(), decl.name.name);
                let param = self
                    .params
                    .add(&unique, shape_of(decl).map_err(wrong)?, crate::params::Init::Zeros);
                (
                    &decl.name.name,
                    self.graph.push(Source::Param(param), &[], param.shape(), caller),
                )
            }
            StmtKind::Equation(targets, value, None) if targets.len() == 1 && targets[0].axes.is_none() => {
                let id = match super::check::literal(value) {
                    Some(value) => self.graph.push(Source::Constant(value), &[], Shape::SCALAR, caller),
                    None => self.op(value).map_err(wrong)?,
                };
                (&targets[0].name.name, id)
            }
            _ => {
                return Err(wrong(
                    "a line of a flat text is one input, one parameter, or one op".into(),
                ));
            }
        };
        let is_position = *ident == format!("n{}", id.index());
        match name {
            Some(name) => self.graph.set_name(id, name),
            None if !is_position => self.graph.set_name(id, ident.clone()),
            None => {}
        }
        self.known.insert(ident.clone(), id);
        Ok(())
    }

    fn op(&mut self, value: &Expr) -> Result<NodeId, String> {
        let what = "an op is written `engine.NAME(operands, attribute => [numbers])`";
        let ExprKind::Call(callee, args) = &value.kind else {
            return Err(what.into());
        };
        let ExprKind::Field(engine, name) = &callee.kind else {
            return Err(what.into());
        };
        if engine.as_name() != Some("engine") {
            return Err(what.into());
        }
        let (mut operands, mut attributes) = (Vec::new(), registry::Attributes::new());
        for arg in args {
            match arg {
                Arg::Value(value) => {
                    let name = value.as_name().ok_or(what)?;
                    operands.push(
                        *self
                            .known
                            .get(name)
                            .ok_or_else(|| format!("there is no `{name}` above this line"))?,
                    );
                }
                Arg::Split(field, shape) => {
                    let numbers: Option<Vec<f64>> = shape.axes.iter().map(number_of).collect();
                    attributes.push((field.name.clone(), numbers.ok_or(what)?));
                }
                _ => return Err(what.into()),
            }
        }
        let op = registry::decode(&name.name, &attributes)?;
        let shapes: Vec<Shape> = operands.iter().map(|&operand| self.graph.shape(operand)).collect();
        let shape = op.shape(&shapes).map_err(|error| error.to_string())?;
        Ok(self.graph.push(Source::Op(op), &operands, shape, Location::caller()))
    }

    /// Closes and opens scopes until the open ones are these.
    fn enter(&mut self, scope: &[String]) {
        let common = self
            .open
            .iter()
            .zip(scope)
            .take_while(|(open, wanted)| open == wanted)
            .count();
        for _ in common..self.open.len() {
            self.graph.close_scope();
        }
        self.open.truncate(common);
        for name in &scope[common..] {
            self.graph.open_scope(name.clone());
            self.open.push(name.clone());
        }
    }
}

fn shape_of(decl: &Decl) -> Result<Shape, String> {
    let Some(shape) = &decl.shape else {
        return Ok(Shape::SCALAR);
    };
    let sizes: Option<Vec<usize>> = shape
        .axes
        .iter()
        .map(|axis| number_of(axis).filter(|size| *size >= 0.0).map(|size| size as usize))
        .collect();
    let sizes = sizes.filter(|sizes| sizes.len() <= crate::shape::RANK_MAX);
    sizes
        .map(|sizes| Shape::new(&sizes))
        .ok_or_else(|| "the sizes of a flat text are up to 8 numbers".into())
}

fn number_of(axis: &Axis) -> Option<f64> {
    match axis {
        Axis::Size(None, expr) => super::check::literal(expr),
        _ => None,
    }
}

/// Scope and name out of a `///` line: `/// block[1] / att: Q`.
fn place(docs: &[String]) -> Result<(Vec<String>, Option<String>), String> {
    let Some(line) = docs.first() else {
        return Ok((Vec::new(), None));
    };
    let (mut parts, mut name, mut rest) = (Vec::new(), None, line.trim());
    let mut is_name = false;
    while !rest.is_empty() || is_name {
        if let Some(after) = rest.strip_prefix(':') {
            (is_name, rest) = (true, after.trim_start());
            continue;
        }
        let (part, after) = part(rest)?;
        if is_name {
            name = Some(part);
            break;
        }
        parts.push(part);
        rest = after.trim_start();
        rest = rest.strip_prefix('/').map_or(rest, str::trim_start);
    }
    Ok((parts, name))
}

/// One name at the beginning of a text, and what follows it.
fn part(text: &str) -> Result<(String, &str), String> {
    if text.starts_with('"') {
        let mut read = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let name = read
            .next()
            .and_then(Result::ok)
            .ok_or("this text in quotes does not end")?;
        return Ok((name, &text[read.byte_offset()..]));
    }
    let end = text.find(['/', ':']).unwrap_or(text.len());
    Ok((text[..end].trim_end().to_string(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Draw;
    use crate::ops::{AnyOp, NAMES};
    use crate::tape::Tape;
    use crate::var::Var;
    use proptest::prelude::*;

    #[test]
    fn names_and_scopes_of_any_spelling_survive() {
        let tape = Tape::<f64>::new();
        let x = tape.input("x", ndarray::array![1.0, 2.0]);
        let record: &dyn crate::Record = &tape;
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
