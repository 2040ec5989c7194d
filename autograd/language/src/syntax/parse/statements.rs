//! Statements, declarations and shapes.

use super::{Parser, Read, Stop};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::syntax::ast::{
    Axis, Binary, Decl, Direction, Dtype, Expr, ForLoop, Ident, Initializer, LayerDef, LeftSide, Shape, Stmt, StmtKind,
};
use crate::syntax::token::TokenKind;

impl Parser {
    pub(super) fn stmt(&mut self) -> Read<Stmt> {
        self.begin = self.at;
        let start = self.peek().span;
        let kind = if self.peek().kind == TokenKind::Keyword {
            let word = self.peek().text.clone();
            self.keyword_stmt(&word)?
        } else {
            self.equation()?
        };
        Ok(Stmt {
            docs: Vec::new(),
            kind,
            span: start.to(self.last_span()),
        })
    }

    fn keyword_stmt(&mut self, word: &str) -> Read<StmtKind> {
        match word {
            "dim" | "input" | "param" | "const" | "layer" | "require" | "output" | "minimize" | "maximize" | "for" => {
                self.at += 1;
            }
            _ => return Err(self.fail("a statement was expected")),
        }
        Ok(match word {
            "dim" => StmtKind::Dim(self.list(Self::dim)?),
            "input" => StmtKind::Input(self.list(Self::decl)?),
            "param" => StmtKind::Param(self.list(Self::param)?),
            "const" => StmtKind::Const(self.list(Self::constant)?),
            "layer" => StmtKind::Layer(self.list(Self::layer)?),
            "require" => StmtKind::Require(self.cond()?),
            "output" => StmtKind::Output(self.list(|p| p.name("the name of a value"))?),
            "minimize" => StmtKind::Objective(Direction::Minimize, self.expr()?),
            "maximize" => StmtKind::Objective(Direction::Maximize, self.expr()?),
            _ => StmtKind::For(self.for_loop()?),
        })
    }

    fn dim(&mut self) -> Read<(Ident, Option<Expr>)> {
        let name = self.name("the name of a size")?;
        let size = if self.eat("=") { Some(self.arith()?) } else { None };
        Ok((name, size))
    }

    fn constant(&mut self) -> Read<(Ident, Option<Shape>, Expr)> {
        let name = self.name("the name of the constant")?;
        let shape = self.optional_shape()?;
        self.expect("=", "before the constant's value")?;
        Ok((name, shape, self.expr()?))
    }

    fn param(&mut self) -> Read<(Decl, Option<Initializer>)> {
        let decl = self.decl()?;
        let init = if self.eat("~") { Some(self.init()?) } else { None };
        Ok((decl, init))
    }

    fn init(&mut self) -> Read<Initializer> {
        let name = self.name("how the parameter begins, such as `zeros` or `normal(0, 0.1)`,")?;
        let mut numbers = Vec::new();
        if self.eat("(") {
            if !self.is(")") {
                numbers = self.list(Self::signed_number)?;
            }
            self.expect(")", "after the numbers")?;
        }
        Ok(Initializer { name, numbers })
    }

    fn signed_number(&mut self) -> Read<f64> {
        let negative = self.eat("-");
        if self.peek().kind != TokenKind::Number {
            return Err(self.fail("a number was expected"));
        }
        let value = self.literal()?;
        Ok(if negative { -value } else { value })
    }

    fn layer(&mut self) -> Read<LayerDef> {
        let name = self.name("the name of the layer")?;
        let count = if self.eat("[") {
            let count = self.arith()?;
            self.expect("]", "after the number of layers")?;
            Some(count)
        } else {
            None
        };
        self.expect("=", "before the module of the layer")?;
        let module = self.name("the name of a module")?;
        self.expect("[", "after the module's name: its sizes follow, as in `Linear[I, O]`")?;
        let sizes = self.list(Self::arith)?;
        let end = self.expect("]", "after the module's sizes")?;
        let span = module.span.to(end);
        Ok(LayerDef {
            name,
            count,
            module,
            sizes,
            span,
        })
    }

    fn for_loop(&mut self) -> Read<ForLoop> {
        let index = self.name("the name of the position")?;
        self.expect("=", "after the name of the position")?;
        let from = self.arith()?;
        self.expect("..", "between the first and the last position")?;
        let to = self.arith()?;
        let down = self.eat("down");
        let body = self.block()?;
        Ok(ForLoop {
            index,
            from,
            to,
            down,
            body,
        })
    }

    fn equation(&mut self) -> Read<StmtKind> {
        let targets = self.list(Self::target)?;
        self.expect("=", "after what is defined")?;
        let value = self.expr()?;
        let shape = if self.eat("as") { Some(self.shape()?) } else { None };
        Ok(StmtKind::Equation(targets, value, shape))
    }

    fn target(&mut self) -> Read<LeftSide> {
        let name = self.name("a statement")?;
        let axes = self.optional_shape()?.map(|shape| shape.axes);
        Ok(LeftSide { name, axes })
    }

    pub(super) fn decl(&mut self) -> Read<Decl> {
        let name = self.name("a name")?;
        let shape = self.optional_shape()?;
        let dtype = if self.eat(":") { Some(self.dtype()?) } else { None };
        Ok(Decl { name, shape, dtype })
    }

    fn dtype(&mut self) -> Read<Dtype> {
        let known = "`f32`, `f64`, `bool`, `int`, `data` or `id[...]`";
        let name = self.name(known)?;
        Ok(match name.name.as_str() {
            "f32" => Dtype::F32,
            "f64" => Dtype::F64,
            "bool" => Dtype::Bool,
            "int" => Dtype::Int,
            "data" => Dtype::Data,
            "id" => {
                self.expect("[", "after `id`: of how many things, as in `id[V]`")?;
                let size = self.arith()?;
                self.expect("]", "after the number of things")?;
                Dtype::Id(size)
            }
            _ => {
                self.at -= 1;
                return Err(self.fail(&format!("a kind of numbers was expected, {known}")));
            }
        })
    }

    fn optional_shape(&mut self) -> Read<Option<Shape>> {
        if self.is("[") { self.shape().map(Some) } else { Ok(None) }
    }

    pub(super) fn shape(&mut self) -> Read<Shape> {
        let start = self.expect("[", "before the axes")?;
        let axes = self.list(Self::axis)?;
        let end = self.expect("]", "after the axes")?;
        Ok(Shape {
            axes,
            span: start.to(end),
        })
    }

    /// A shape, or `[]`: the axes of an op that works along none.
    pub(super) fn shape_or_nothing(&mut self) -> Read<Shape> {
        if !self.is("[") || !self.is_ahead(1, "]") {
            return self.shape();
        }
        let start = self.bump().span;
        let span = start.to(self.bump().span);
        Ok(Shape { axes: Vec::new(), span })
    }

    pub(super) fn axis(&mut self) -> Read<Axis> {
        if self.is("..") {
            return Ok(Axis::Rest(self.bump().span));
        }
        let label = if self.is_name_ahead(0) && self.is_ahead(1, ":") {
            let label = self.name("the name of an axis")?;
            self.at += 1;
            Some(label)
        } else {
            None
        };
        Ok(Axis::Size(label, self.arith()?))
    }

    /// `compare { ("and" | "or") compare }`; `and` binds tighter than `or`.
    pub(super) fn cond(&mut self) -> Read<Expr> {
        self.left_associative(&[Binary::Or], Self::conjunction)
    }

    fn conjunction(&mut self) -> Read<Expr> {
        self.left_associative(&[Binary::And], Self::compare)
    }

    fn compare(&mut self) -> Read<Expr> {
        let left = self.arith()?;
        let operator = Binary::of_sign(&self.peek().text).filter(|operator| operator.is_comparison());
        let Some(operator) = operator else {
            if ["then", "and", "or"].iter().any(|word| self.is(word)) && self.foreign().is_none() {
                let text = "a condition is a comparison, and this is none";
                let error = Diagnostic::new(Code::E00, left.span, text);
                let error =
                    error.help("a value of 0 or 1 is compared with 1: `d[n] == 1`; its opposite is `d[n] == 0`");
                self.diagnostics.push(error.edit(left.span.after(), " == 1"));
                return Err(Stop);
            }
            return Err(self.fail("a comparison such as `<=` was expected"));
        };
        self.at += 1;
        let right = self.arith()?;
        Ok(Self::binary(operator, left, right))
    }
}
