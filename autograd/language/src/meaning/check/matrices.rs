//! Calls of functions of matrices: square ones, and systems whose sides meet by name and by size.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::matrices::result_axes;
use crate::meaning::program::{AttributeNumber, Operation, ValueId};
use crate::meaning::types::{Axis, Type};
use crate::span::Span;
use crate::syntax::ast::Expr;

impl Checker<'_> {
    /// `inverse(A)`, `cholesky(A)`, `logdet(A)` or `tril(A)`.
    pub(super) fn of_matrix(&mut self, word: &'static str, a: ValueId, at: &Expr, span: Span) -> ValueId {
        let ty = self.ty(a);
        let is_square = |axes: &[Axis]| matches!(axes, [.., rows, columns] if self.same(&rows.size, &columns.size));
        let why = match (ty.rank(), word) {
            (0 | 1, _) => "a matrix has two axes, rows and columns",
            (_, "tril") => "",
            _ if is_square(&ty.axes) => "",
            _ => "its last two axes must have one size",
        };
        if !why.is_empty() {
            let text = format!("{word} needs a matrix, and {} is {ty}: {why}", self.text(at.span));
            return self.wrong(Diagnostic::new(Code::E01, at.span, text));
        }
        self.matrix_function(word, vec![a], span)
    }

    /// `solve(A, b)`.
    pub(super) fn solve(&mut self, [a, b]: [ValueId; 2], at: [&Expr; 2], span: Span) -> ValueId {
        if self.any_unknown(&[a, b]) {
            return self.unknown(span);
        }
        let [a_ty, b_ty] = [a, b].map(|value| self.ty(value).clone());
        let meets = |(own, other): (&Axis, &Axis)| own.label == other.label && self.same(&own.size, &other.size);
        let fits = match a_ty.axes.as_slice() {
            [before @ .., columns] if !before.is_empty() => {
                let rows = &before[before.len() - 1];
                let rank = b_ty.rank();
                self.same(&rows.size, &columns.size)
                    && (rank == before.len() || rank == before.len() + 1)
                    && before.iter().zip(&b_ty.axes).all(meets)
            }
            _ => false,
        };
        if !fits {
            let [a_text, b_text] = at.map(|side| self.text(side.span));
            let text = format!(
                "solve(A, b) gives the x with A @ x = b: A is square, and its axes but the last are those that b \
                 begins with; {a_text} is {a_ty}, {b_text} is {b_ty}"
            );
            return self.wrong(Diagnostic::new(Code::E01, span, text));
        }
        self.matrix_function("solve", vec![a, b], span)
    }

    fn matrix_function(&mut self, word: &'static str, operands: Vec<ValueId>, span: Span) -> ValueId {
        let axes: Vec<&[Axis]> = operands.iter().map(|&value| self.ty(value).axes.as_slice()).collect();
        let axes = result_axes(word, &axes).expect("the caller has looked at the axes of the operands");
        let kind = self.joined_kind(&operands);
        let attributes = match word {
            "tril" => vec![("below".to_string(), vec![AttributeNumber::Number(0.0)])],
            _ => Vec::new(),
        };
        let op = Operation::Engine(word.to_string(), attributes);
        self.emit(op, operands, Type { axes, kind }, span)
    }
}
