//! How the axes of operands are lined up: by name, never by position alone.
//!
//! The axes of the shorter operand must be some of the longer one's, in the same order; missing axes are repeated. In
//! the index form every axis is an index, so any two operands line up, in the order in which the indices were
//! introduced.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Type};
use crate::syntax::ast::{Binary, Expr, ExprKind, StmtKind};
use crate::syntax::span::Span;

/// Why the axes of two operands do not line up.
enum Misfit {
    Different,
    Ambiguous(String),
}

impl Checker<'_> {
    /// The operands with their axes arranged for the engine's broadcasting, and the axes of the result.
    pub(super) fn align(&mut self, operands: &[ValueId], at: Span) -> Option<(Vec<ValueId>, Vec<Axis>)> {
        let (base, places) = self.lined_up(operands, at)?;
        let ready = operands.iter().zip(places);
        let ready = ready.map(|(&operand, places)| self.expand(operand, &places, &base));
        Some((ready.collect(), base))
    }

    /// The axes of a result, and for each operand the places of its axes among them.
    pub(super) fn lined_up(&mut self, operands: &[ValueId], at: Span) -> Option<(Vec<Axis>, Vec<Vec<usize>>)> {
        if self.any_unknown(operands) {
            return None;
        }
        let base = if self.indices.is_empty() {
            self.longest(operands)
        } else {
            self.union(operands)
        };
        let mut all = Vec::with_capacity(operands.len());
        for &operand in operands {
            match self.places(&self.ty(operand).axes, &base) {
                Ok(places) => all.push(places),
                Err(misfit) => {
                    self.misfit(operands, misfit, at);
                    return None;
                }
            }
        }
        Some((base, all))
    }

    fn longest(&self, operands: &[ValueId]) -> Vec<Axis> {
        let longest = operands.iter().rev().max_by_key(|&&operand| self.ty(operand).rank());
        longest.map_or(Vec::new(), |&operand| self.ty(operand).axes.clone())
    }

    /// All indices of the operands in the order of their introduction.
    pub(super) fn union(&self, operands: &[ValueId]) -> Vec<Axis> {
        let axes: Vec<&Axis> = operands.iter().flat_map(|&operand| &self.ty(operand).axes).collect();
        let named = |index: &super::Index| axes.iter().find(|axis| *axis.label == *index.name);
        self.indices
            .iter()
            .filter_map(named)
            .map(|axis| (*axis).clone())
            .collect()
    }

    /// The place of each axis among those of `base`.
    fn places(&self, axes: &[Axis], base: &[Axis]) -> Result<Vec<usize>, Misfit> {
        let fits = |own: &Axis, other: &Axis| own.label == other.label && self.same(&own.size, &other.size);
        if axes.len() == base.len() {
            let all_fit = axes.iter().zip(base).all(|(own, other)| fits(own, other));
            return if all_fit {
                Ok((0..base.len()).collect())
            } else {
                Err(Misfit::Different)
            };
        }
        let mut places = Vec::new();
        let mut from = 0;
        for own in axes {
            let Some(place) = (from..base.len()).find(|&place| fits(own, &base[place])) else {
                return Err(Misfit::Different);
            };
            places.push(place);
            from = place + 1;
        }
        let twice = axes
            .iter()
            .find(|own| base.iter().filter(|other| other.label == own.label).count() > 1);
        match twice {
            Some(axis) if !axes.is_empty() => Err(Misfit::Ambiguous(axis.label.to_string())),
            _ => Ok(places),
        }
    }

    /// Puts axes of size 1 where an operand has none, unless the engine's rule (aligned at the end) says the same.
    pub(super) fn expand(&mut self, operand: ValueId, places: &[usize], base: &[Axis]) -> ValueId {
        let Some(&first) = places.first() else { return operand };
        if places.iter().copied().eq(base.len() - places.len()..base.len()) {
            return operand;
        }
        let axes = (first..base.len()).map(|place| {
            let size = if places.contains(&place) {
                base[place].size.clone()
            } else {
                Size::number(1)
            };
            Axis {
                size,
                ..base[place].clone()
            }
        });
        let ty = Type {
            axes: axes.collect(),
            kind: self.ty(operand).kind.clone(),
        };
        let span = self.program.values[operand].span;
        self.emit(Operation::Reshape, vec![operand], ty, span)
    }

    fn misfit(&mut self, operands: &[ValueId], misfit: Misfit, at: Span) {
        if let Misfit::Ambiguous(label) = misfit {
            let error = Diagnostic::new(
                Code::E05,
                at,
                format!("two axes are called `{label}`: which one lines up?"),
            )
            .help("name the axes with `as`, as in `as [q:T, k:T]`");
            return self.report(error);
        }
        let [left, right] = match operands {
            [left, right] => [*left, *right],
            _ => [operands[operands.len() - 2], operands[operands.len() - 1]],
        };
        let (l, r) = (self.ty(left).clone(), self.ty(right).clone());
        let (left_span, right_span) = (self.place(left), self.place(right));
        let sorted = |ty: &Type| {
            let mut labels = ty.labels().into_iter().map(str::to_string).collect::<Vec<_>>();
            labels.sort();
            labels
        };
        if sorted(&l) == sorted(&r) && l.labels() != r.labels() {
            let mut error = Diagnostic::new(Code::E03, right_span, r.to_string()).with(left_span, l.to_string());
            let text = self.text(right_span);
            if let Some(plain) = text.strip_suffix(".T") {
                error = error.help("drop `.T`").edit(right_span, plain);
            } else if r.rank() == 2 {
                error = error.help(format!("write `{text}.T`")).edit(right_span.after(), ".T");
            }
            return self.report(error);
        }
        let [l_name, r_name] = [self.text(left_span), self.text(right_span)];
        let error = Diagnostic::new(Code::E02, right_span, format!("{r_name} has {}", axes_text(&r))).with(
            left_span,
            format!("{l_name} has {}; neither list contains the other", axes_text(&l)),
        );
        let error = self.suggest_pairs(error, &l, &r);
        self.report(error);
    }

    /// Help for two vectors with different axes: every pair was probably meant.
    fn suggest_pairs(&self, error: Diagnostic, l: &Type, r: &Type) -> Diagnostic {
        let Some((stmt, value)) = self.equation else {
            return error;
        };
        let ExprKind::Binary(operator, left, right) = &value.kind else {
            return error;
        };
        let ast_target = match &stmt.kind {
            StmtKind::Equation(targets, _, None) if targets.len() == 1 => &targets[0],
            _ => return error,
        };
        let is_vector = |ty: &Type, expr: &Expr| ty.rank() == 1 && expr.as_name().is_some();
        if !is_vector(l, left) || !is_vector(r, right) || ast_target.axes.is_some() || *operator == Binary::Matmul {
            return error;
        }
        let name = &ast_target.name.name;
        let equation = format!(
            "{name}[i, j] = {}[i] {} {}[j]",
            left.as_name().unwrap_or_default(),
            operator.sign(),
            right.as_name().unwrap_or_default()
        );
        error
            .help(format!("for every pair, write an index equation: `{equation}`"))
            .edit(stmt.span, equation)
    }
}

/// `axis [H]`, `axes [T, D]`, or `no axes`.
pub(super) fn axes_text(ty: &Type) -> String {
    match ty.rank() {
        0 => "no axes".to_string(),
        1 => format!("axis {ty}"),
        _ => format!("axes {ty}"),
    }
}
