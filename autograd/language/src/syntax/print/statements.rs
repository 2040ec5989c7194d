//! Files, items and statements.

use super::expressions::number;
use super::pieces::{Blank, Piece, Printer};
use crate::syntax::ast::{
    Block, Decl, Direction, Dtype, File, ForLoop, Initializer, Item, ItemKind, LayerDef, LeftSide, StmtKind,
};

impl Printer {
    pub(super) fn file(&mut self, file: &File) {
        for used in &file.uses {
            self.push(Piece::Line(Blank::Kept));
            self.word(&format!("use \"{}\"", used.name));
        }
        for (i, item) in file.items.iter().enumerate() {
            let is_apart = if self.has_source { !item.docs.is_empty() } else { i > 0 };
            self.push(Piece::Line(if is_apart { Blank::Always } else { Blank::Kept }));
            self.item(item);
        }
    }

    /// The `///` lines; those of a source are kept beside its tokens, as its comments are.
    fn docs(&mut self, docs: &[String]) {
        if self.has_source {
            return;
        }
        for doc in docs {
            self.push(Piece::Word(format!("///{doc}")));
            self.push(Piece::Line(Blank::Kept));
        }
    }

    fn item(&mut self, item: &Item) {
        self.docs(&item.docs);
        match &item.kind {
            ItemKind::Graph { name, body } => {
                self.word("graph ");
                self.word(&name.name);
                self.push(Piece::Space);
                self.block(body);
            }
            ItemKind::Module {
                name,
                dims,
                inputs,
                results,
                body,
            } => {
                self.word("module ");
                self.word(&name.name);
                self.enclosed(["[", "]"], dims, |p, dim| p.word(&dim.name));
                self.enclosed(["(", ")"], inputs, Self::decl);
                self.word(" -> ");
                match results.as_slice() {
                    [one] => self.decl(one),
                    several => self.enclosed(["(", ")"], several, Self::decl),
                }
                self.push(Piece::Space);
                self.block(body);
            }
            ItemKind::Function {
                name,
                parameters,
                value,
            } => {
                self.word("fn ");
                self.word(&name.name);
                self.enclosed(["(", ")"], parameters, |p, parameter| p.word(&parameter.name));
                self.word(" = ");
                self.expr(value);
            }
        }
    }

    fn block(&mut self, block: &Block) {
        self.word("{");
        self.indented(|p| {
            for stmt in &block.stmts {
                p.push(Piece::Line(Blank::Kept));
                p.docs(&stmt.docs);
                p.stmt_kind(&stmt.kind);
            }
        });
        self.push(Piece::Line(Blank::Kept));
        self.word("}");
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
            StmtKind::Const(list) => {
                self.word("const ");
                self.list(list, |p, (name, shape, value)| {
                    p.word(&name.name);
                    if let Some(shape) = shape {
                        p.shape(shape);
                    }
                    p.word(" = ");
                    p.expr(value);
                });
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
        self.word("for ");
        self.word(&one.index.name);
        self.word(" = ");
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
        self.word(" = ");
        self.word(&layer.module.name);
        self.enclosed(["[", "]"], &layer.sizes, |p, size| p.expr(size));
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
            Some(dtype) => {
                self.word(": ");
                self.word(match dtype {
                    Dtype::F32 => "f32",
                    Dtype::F64 => "f64",
                    Dtype::Bool => "bool",
                    Dtype::Int => "int",
                    Dtype::Data | Dtype::Id(_) => "data",
                });
            }
        }
    }

    fn init(&mut self, init: &Initializer) {
        self.word(" ~ ");
        self.word(&init.name.name);
        if !init.numbers.is_empty() {
            self.enclosed(["(", ")"], &init.numbers, |p, value| p.word(&number(*value)));
        }
    }
}
