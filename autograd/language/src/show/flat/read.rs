//! A flat text back to the graph that it stands for.

use std::collections::BTreeMap;
use std::panic::Location;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::attributes;
use crate::meaning::check::literal;
use crate::span::Sources;
use crate::syntax::ast::{Arg, Axis, Decl, Dtype, Expr, ExprKind, Initializer, ItemKind, Stmt, StmtKind};
use crate::syntax::parse::parse_file;
use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::params::{self, ParamList};
use tapegrad_core::shape::{RANK_MAX, Shape};

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
                let (decl, _): &(Decl, Option<Initializer>) = &params[0];
                let unique = format!("{} {}", self.params.specs().len(), decl.name.name);
                let param = self
                    .params
                    .add(&unique, shape_of(decl).map_err(wrong)?, params::Init::Zeros);
                (
                    &decl.name.name,
                    self.graph.push(Source::Param(param), &[], param.shape(), caller),
                )
            }
            StmtKind::Equation(targets, value, None) if targets.len() == 1 && targets[0].axes.is_none() => {
                let id = match literal(value) {
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
        let (mut operands, mut attributes) = (Vec::new(), attributes::Attributes::new());
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
        let op = attributes::decode(&name.name, &attributes)?;
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
    let sizes = sizes.filter(|sizes| sizes.len() <= RANK_MAX);
    sizes
        .map(|sizes| Shape::new(&sizes))
        .ok_or_else(|| "the sizes of a flat text are up to 8 numbers".into())
}

fn number_of(axis: &Axis) -> Option<f64> {
    match axis {
        Axis::Size(None, expr) => literal(expr),
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
