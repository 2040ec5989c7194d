//! Sizes, inputs and parameters of a program, as declarations.

use super::Writer;
use super::tree::{binary, decl, ident};
use crate::meaning::program::DimValue;
use crate::syntax::ast::*;

impl Writer<'_> {
    pub(super) fn declarations(&mut self) {
        let dims: Vec<(Ident, Option<Expr>)> = self
            .straight
            .dims
            .iter()
            .map(|dim| {
                let value = dim.value.as_ref().map(|value| match value {
                    DimValue::Equal(size) => size.to_expr(),
                    DimValue::Quotient(over, under) => binary(Binary::Div, over.to_expr(), under.to_expr()),
                });
                (ident(&dim.name), value)
            })
            .collect();
        if !dims.is_empty() {
            self.say(StmtKind::Dim(dims));
        }
        for requirement in &self.straight.requirements {
            let condition = binary(
                requirement.comparison,
                requirement.left.to_expr(),
                requirement.right.to_expr(),
            );
            self.say(StmtKind::Require(condition));
        }
        let inputs: Vec<Decl> = self
            .straight
            .inputs
            .iter()
            .map(|input| decl(&input.name, &input.ty))
            .collect();
        if !inputs.is_empty() {
            self.say(StmtKind::Input(inputs));
        }
        for param in &self.straight.params {
            self.say(StmtKind::Param(vec![(
                decl(&param.name, &param.ty),
                param.init.clone(),
            )]));
        }
    }
}
