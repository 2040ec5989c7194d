//! The names of items and statements.

use super::scopes::Resolver;
use super::{Definition, Role};
use crate::span::Span;
use crate::stack;
use crate::syntax::ast::{
    Axis, Block, Decl, Dtype, Expr, ExprKind, ForLoop, Ident, Item, ItemKind, LayerDef, LeftSide, Shape, Stmt, StmtKind,
};

impl<'a> Resolver<'a> {
    pub(super) fn item(&mut self, item: &'a Item) {
        match &item.kind {
            ItemKind::Graph { name, body } => {
                self.define_item(name, Role::Graph, head(item.span, body), &item.docs);
                self.scoped(body.span, |names| names.statements(body));
            }
            ItemKind::Module {
                name,
                dims,
                inputs,
                results,
                body,
            } => {
                self.scoped(item.span, |names| {
                    for dim in dims {
                        names.define(&dim.name, Role::Size, named(dim.span, "dim"), &[]);
                    }
                    names.decls(inputs.iter().collect(), Role::Input, "input", body.span.start, &[]);
                    names.statements(body);
                    for result in results {
                        names.use_name(&result.name.name, result.name.span);
                        names.declared(result);
                    }
                });
                // A module does not know itself, so its name is defined behind its body.
                self.define_item(name, Role::Module, head(item.span, body), &item.docs);
            }
            ItemKind::Function {
                name,
                parameters,
                value,
            } => {
                self.scoped(item.span, |names| {
                    for parameter in parameters {
                        names.define(&parameter.name, Role::Argument, named(parameter.span, ""), &[]);
                    }
                    names.expr(value);
                });
                self.define_item(name, Role::Function, item.span, &item.docs);
            }
        }
    }

    fn statements(&mut self, block: &'a Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        let end = stmt.span.end;
        match &stmt.kind {
            StmtKind::Dim(dims) => {
                let ends = ends(dims.iter().map(|(name, _)| name), end);
                for ((name, size), end) in dims.iter().zip(ends) {
                    size.iter().for_each(|size| self.expr(size));
                    let definition = self.declaration(name, end, "dim");
                    self.define(&name.name, Role::Size, definition, &stmt.docs);
                }
            }
            StmtKind::Input(decls) => self.decls(decls.iter().collect(), Role::Input, "input", end, &stmt.docs),
            StmtKind::Param(params) => {
                let decls = params.iter().map(|(decl, _)| decl).collect();
                self.decls(decls, Role::Param, "param", end, &stmt.docs);
            }
            StmtKind::Const(list) => {
                for (name, shape, value) in list {
                    shape.iter().for_each(|shape| self.shape(shape));
                    self.expr(value);
                    let definition = self.declaration(name, end, "const");
                    self.define(&name.name, Role::Constant, definition, &stmt.docs);
                }
            }
            StmtKind::Layer(layers) => self.layers(layers, end, &stmt.docs),
            StmtKind::Require(value) | StmtKind::Objective(_, value) => self.expr(value),
            StmtKind::Output(names) => names.iter().for_each(|name| self.use_name(&name.name, name.span)),
            StmtKind::For(one) => self.for_loop(one, stmt.span),
            StmtKind::Equation(targets, value, shape) => self.equation(stmt, targets, value, shape.as_ref()),
        }
    }

    /// A declared name with all that is said of it up to `end`.
    fn declaration(&self, name: &Ident, end: u32, word: &'static str) -> Definition {
        let start = name.span.start;
        Definition {
            name: name.span,
            place: None,
            whole: self.trimmed(Span { start, end }),
            word,
        }
    }

    fn decls(&mut self, decls: Vec<&'a Decl>, role: Role, word: &'static str, end: u32, docs: &[String]) {
        let ends = ends(decls.iter().map(|decl| &decl.name), end);
        for (decl, end) in decls.into_iter().zip(ends) {
            self.declared(decl);
            let definition = self.declaration(&decl.name, end, word);
            self.define(&decl.name.name, role, definition, docs);
        }
    }

    /// The axes and the kind of a declaration.
    fn declared(&mut self, decl: &'a Decl) {
        decl.shape.iter().for_each(|shape| self.shape(shape));
        if let Some(Dtype::Id(size)) = &decl.dtype {
            self.expr(size);
        }
    }

    fn layers(&mut self, layers: &'a [LayerDef], end: u32, docs: &[String]) {
        let ends = ends(layers.iter().map(|layer| &layer.name), end);
        for (layer, end) in layers.iter().zip(ends) {
            layer.count.iter().for_each(|count| self.expr(count));
            self.use_item(&layer.module.name, layer.module.span, &[Role::Module]);
            layer.sizes.iter().for_each(|size| self.expr(size));
            let definition = self.declaration(&layer.name, end, "layer");
            self.define(&layer.name.name, Role::Layer, definition, docs);
        }
    }

    fn for_loop(&mut self, one: &'a ForLoop, whole: Span) {
        self.expr(&one.from);
        self.expr(&one.to);
        let definition = Definition {
            whole: self.trimmed(head(whole, &one.body)),
            ..named(one.index.span, "")
        };
        self.scoped(one.body.span, |names| {
            names.define_anew(&one.index.name, Role::Position, definition);
            stack::deeper(|| names.statements(&one.body));
        });
    }

    fn equation(&mut self, stmt: &'a Stmt, targets: &'a [LeftSide], value: &'a Expr, shape: Option<&'a Shape>) {
        let keys: Vec<usize> = targets.iter().map(|target| self.keys(target)).collect();
        self.scoped(stmt.span, |names| {
            for (target, &keys) in targets.iter().zip(&keys) {
                names.indices(target, keys);
            }
            names.expr(value);
            shape.into_iter().for_each(|shape| names.shape(shape));
        });
        for (target, keys) in targets.iter().zip(keys) {
            let definition = Definition {
                name: target.name.span,
                place: place_of(target, keys),
                whole: stmt.span,
                word: "",
            };
            match keys {
                0 => self.define(&target.name.name, Role::Value, definition, &stmt.docs),
                _ => self.define_row(&target.name.name, definition, &stmt.docs),
            }
        }
    }

    /// How many of the brackets' entries say a place of a row, as `t` in `h[t]` does; the others are indices.
    fn keys(&self, target: &LeftSide) -> usize {
        let is_key = |axis: &&Axis| matches!(axis, Axis::Size(None, place) if self.is_size(place));
        target.axes.iter().flatten().take_while(is_key).count()
    }

    /// True for an expression of numbers, sizes and positions.
    fn is_size(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Number(_) => true,
            ExprKind::Name(name) => matches!(self.role(name), Some(Role::Size | Role::Position)),
            ExprKind::Neg(of) => self.is_size(of),
            ExprKind::Binary(..) => {
                let (first, links) = expr.chain();
                self.is_size(first) && links.iter().all(|link| self.is_size(link.right))
            }
            _ => false,
        }
    }

    /// Places are used, indices are bound in the equation.
    fn indices(&mut self, target: &'a LeftSide, keys: usize) {
        for (number, axis) in target.axes.iter().flatten().enumerate() {
            match axis {
                Axis::Size(None, place) if number < keys => self.expr(place),
                Axis::Size(None, index) => match index.as_name() {
                    Some(name) => self.define_anew(name, Role::Index, named(index.span, "")),
                    None => self.expr(index),
                },
                Axis::Size(Some(label), size) => {
                    self.expr(size);
                    let symbol = self.label(label, label.span.to(size.span));
                    self.bind(&label.name, symbol);
                }
                Axis::Rest(_) => {}
            }
        }
    }

    pub(super) fn shape(&mut self, shape: &'a Shape) {
        shape.axes.iter().for_each(|axis| self.axis_of_shape(axis));
    }

    pub(super) fn axis_of_shape(&mut self, axis: &'a Axis) {
        if let Axis::Size(label, size) = axis {
            self.expr(size);
            if let Some(label) = label {
                self.label(label, label.span.to(size.span));
            }
        }
    }
}

/// A name that is defined by standing there.
pub(super) fn named(name: Span, word: &'static str) -> Definition {
    Definition {
        name,
        place: None,
        whole: name,
        word,
    }
}

/// The stretch of the first entries in the brackets of a target, if there are some.
fn place_of(target: &LeftSide, keys: usize) -> Option<Span> {
    let places = target.axes.iter().flatten().take(keys).filter_map(|axis| match axis {
        Axis::Size(_, place) => Some(place.span),
        Axis::Rest(_) => None,
    });
    places.reduce(Span::to)
}

/// What stands before a block.
fn head(whole: Span, body: &Block) -> Span {
    Span {
        start: whole.start,
        end: body.span.start,
    }
}

/// Where each of several declarations ends: where the next one begins.
fn ends<'n>(names: impl Iterator<Item = &'n Ident>, last: u32) -> Vec<u32> {
    let next = names.skip(1).map(|name| name.span.start);
    next.chain(std::iter::once(last)).collect()
}
