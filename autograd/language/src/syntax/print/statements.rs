//! Files, items and statements.

use super::Printer;
use super::expressions::number;
use crate::syntax::ast::{
    Block, Decl, Direction, Dtype, File, ForLoop, Initializer, Item, ItemKind, LayerDef, LeftSide, Stmt, StmtKind,
};

impl Printer<'_> {
    pub(super) fn file(&mut self, file: &File) {
        for used in &file.uses {
            self.comments_before(used.span.start);
            self.out.extend(["use \"", &used.name, "\""]);
            self.end_line_with_comment(used.span);
        }
        for (i, item) in file.items.iter().enumerate() {
            self.comments_before(item.span.start);
            if i > 0 && self.original.is_none() {
                self.end_line();
            }
            self.item(item);
        }
    }

    fn docs(&mut self, docs: &[String]) {
        for doc in docs {
            self.indent();
            self.out.extend(["///", doc, "\n"]);
        }
    }

    fn item(&mut self, item: &Item) {
        if item.docs.is_empty() {
            self.empty_line_before(item.span);
        } else if !self.out.is_empty() && self.original.is_some() && !self.out.ends_with("\n\n") {
            self.end_line();
        }
        self.docs(&item.docs);
        match &item.kind {
            ItemKind::Graph { name, body } => {
                self.out.extend(["graph ", &name.name, " "]);
                self.block(body);
            }
            ItemKind::Module {
                name,
                dims,
                inputs,
                results,
                body,
            } => {
                self.out.extend(["module ", &name.name, "["]);
                self.list(dims, |p, dim| p.word(&dim.name));
                self.word("](");
                self.list(inputs, Self::decl);
                self.word(") -> ");
                match results.as_slice() {
                    [one] => self.decl(one),
                    several => {
                        self.word("(");
                        self.list(several, Self::decl);
                        self.word(")");
                    }
                }
                self.word(" ");
                self.block(body);
            }
            ItemKind::Function {
                name,
                parameters,
                value,
            } => {
                self.out.extend(["fn ", &name.name, "("]);
                self.list(parameters, |p, parameter| p.word(&parameter.name));
                self.word(") = ");
                self.expr(value);
            }
        }
        self.end_line_with_comment(item.span);
    }

    fn block(&mut self, block: &Block) {
        self.word("{\n");
        self.level += 1;
        for stmt in &block.stmts {
            self.comments_before(stmt.span.start);
            self.stmt(stmt);
        }
        self.comments_before(block.span.end);
        self.level -= 1;
        self.indent();
        self.word("}");
    }

    fn stmt(&mut self, stmt: &Stmt) {
        if stmt.docs.is_empty() {
            self.empty_line_before(stmt.span);
        }
        self.docs(&stmt.docs);
        self.indent();
        self.stmt_kind(&stmt.kind);
        self.end_line_with_comment(stmt.span);
    }

    fn stmt_kind(&mut self, kind: &StmtKind) {
        match kind {
            StmtKind::Dim(dims) => {
                self.word("dim ");
                self.list(dims, |p, (name, size)| {
                    p.word(&name.name);
                    if let Some(size) = size {
                        p.word(" = ");
                        p.expr(size);
                    }
                });
            }
            StmtKind::Input(decls) => {
                self.word("input ");
                self.list(decls, Self::decl);
            }
            StmtKind::Param(params) => {
                self.word("param ");
                self.list(params, |p, (decl, init)| {
                    p.decl(decl);
                    if let Some(init) = init {
                        p.init(init);
                    }
                });
            }
            StmtKind::Const(name, shape, value) => {
                self.out.extend(["const ", &name.name]);
                if let Some(shape) = shape {
                    self.shape(shape);
                }
                self.word(" = ");
                self.expr(value);
            }
            StmtKind::Layer(layers) => {
                self.word("layer ");
                self.list(layers, Self::layer);
            }
            StmtKind::Require(condition) => {
                self.word("require ");
                self.expr(condition);
            }
            StmtKind::Output(names) => {
                self.word("output ");
                self.list(names, |p, name| p.word(&name.name));
            }
            StmtKind::Objective(direction, value) => {
                self.word(match direction {
                    Direction::Minimize => "minimize ",
                    Direction::Maximize => "maximize ",
                });
                self.expr(value);
            }
            StmtKind::For(one) => self.for_loop(one),
            StmtKind::Equation(targets, value, shape) => {
                self.list(targets, Self::target);
                self.word(" = ");
                self.expr(value);
                if let Some(shape) = shape {
                    self.word(" as ");
                    self.shape(shape);
                }
            }
        }
    }

    fn for_loop(&mut self, one: &ForLoop) {
        self.out.extend(["for ", &one.index.name, " = "]);
        self.expr(&one.from);
        self.word("..");
        self.expr(&one.to);
        self.word(if one.down { " down " } else { " " });
        self.block(&one.body);
    }

    fn layer(&mut self, layer: &LayerDef) {
        self.word(&layer.name.name);
        if let Some(count) = &layer.count {
            self.word("[");
            self.expr(count);
            self.word("]");
        }
        self.out.extend([" = ", &layer.module.name, "["]);
        self.list(&layer.sizes, |p, size| p.expr(size));
        self.word("]");
    }

    fn target(&mut self, target: &LeftSide) {
        self.word(&target.name.name);
        if let Some(axes) = &target.axes {
            self.axes(axes);
        }
    }

    fn decl(&mut self, decl: &Decl) {
        self.word(&decl.name.name);
        if let Some(shape) = &decl.shape {
            self.shape(shape);
        }
        match &decl.dtype {
            None => {}
            Some(Dtype::Id(size)) => {
                self.word(": id[");
                self.expr(size);
                self.word("]");
            }
            Some(dtype) => self.out.extend([
                ": ",
                match dtype {
                    Dtype::F32 => "f32",
                    Dtype::F64 => "f64",
                    Dtype::Bool => "bool",
                    Dtype::Int => "int",
                    Dtype::Data | Dtype::Id(_) => "data",
                },
            ]),
        }
    }

    fn init(&mut self, init: &Initializer) {
        self.out.extend([" ~ ", &init.name.name]);
        if !init.numbers.is_empty() {
            self.word("(");
            self.list(&init.numbers, |p, value| p.word(&number(*value)));
            self.word(")");
        }
    }
}
