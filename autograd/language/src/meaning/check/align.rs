//! How the axes of operands are lined up: by name, never by position alone.
//!
//! The axes of the shorter operand must be some of the longer one's, in the same order; missing axes are repeated. In
//! the index form every axis is an index, so any two operands line up, in the order in which the indices were
//! introduced. Two axes of one name line up in their order; W07 says where the indices that made them stand the other
//! way around.

use super::Checker;
use super::unknown::tight;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Type};
use crate::span::Span;
use crate::syntax::ast::{Binary, Expr, ExprKind, StmtKind};

/// Why the axes of two operands do not line up.
pub(super) enum Misfit {
    Different,
    Ambiguous(String),
}

impl Checker<'_> {
    /// The operands with their axes arranged for the engine's broadcasting, and the axes of the result.
    pub(super) fn align(&mut self, operands: &[ValueId], at: Span) -> Option<(Vec<ValueId>, Vec<Axis>)> {
        let operands = self.by_second_names(operands);
        self.align_by_first_names(&operands, at)
    }

    /// The same by the first name of each axis alone.
    pub(super) fn align_by_first_names(&mut self, operands: &[ValueId], at: Span) -> Option<(Vec<ValueId>, Vec<Axis>)> {
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
        let mut base = if self.indices.is_empty() {
            self.longest(operands)
        } else {
            self.union(operands)
        };
        let mut all = Vec::with_capacity(operands.len());
        for &operand in operands {
            let axes = self.ty(operand).axes.clone();
            match self.places(&axes, &base) {
                Ok(places) => {
                    self.indices_turned_around(operand, &places, &base, at);
                    adopt_indices(&axes, &places, &mut base);
                    all.push(places);
                }
                Err(misfit) => {
                    self.misfit(operands, misfit, at);
                    return None;
                }
            }
        }
        Some((base, all))
    }

    /// W07: the same indices in another order, `S[q, k]` beside `R[k, q]`, where the sizes do not tell.
    fn indices_turned_around(&mut self, operand: ValueId, places: &[usize], base: &[Axis], at: Span) {
        fn in_place(axis: &Axis) -> Option<&str> {
            axis.index
                .as_ref()
                .filter(|index| index.in_place)
                .map(|index| &*index.name)
        }
        let own: Option<Vec<&str>> = self.ty(operand).axes.iter().map(in_place).collect();
        let others: Option<Vec<&str>> = places.iter().map(|&place| in_place(&base[place])).collect();
        let (Some(own), Some(others)) = (own, others) else {
            return;
        };
        let sorted = |names: &[&str]| {
            let mut names: Vec<String> = names.iter().map(|name| (*name).to_string()).collect();
            names.sort();
            names
        };
        if own != others && sorted(&own) == sorted(&others) {
            let text = format!(
                "the indices of one side are {}, those of the other {}",
                others.join(", "),
                own.join(", ")
            );
            let warning = Diagnostic::new(Code::W07, at, text);
            self.report(
                warning.help("entries are taken by their place; write an index equation, which takes them by index"),
            );
        }
    }

    pub(super) fn longest(&self, operands: &[ValueId]) -> Vec<Axis> {
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
    pub(super) fn places(&self, axes: &[Axis], base: &[Axis]) -> Result<Vec<usize>, Misfit> {
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
        let [l_name, r_name] = [self.text(left_span), self.text(right_span)];
        let sorted = |ty: &Type| {
            let mut labels = ty.labels().into_iter().map(str::to_string).collect::<Vec<_>>();
            labels.sort();
            labels
        };
        if sorted(&l) == sorted(&r) && l.labels() != r.labels() {
            let error = Diagnostic::new(Code::E03, right_span, r.to_string()).with(left_span, l.to_string());
            let error = turned_over(error, [(left_span, &l_name), (right_span, &r_name)], r.rank());
            return self.report(error);
        }
        let error = Diagnostic::new(Code::E02, right_span, format!("{r_name} has {}", axes_text(&r))).with(
            left_span,
            format!("{l_name} has {}; neither list contains the other", axes_text(&l)),
        );
        let error = self.suggest_product(error, [left_span, right_span], &l, &r);
        let error = self.suggest_pairs(error, &l, &r);
        let error = if error.help.is_some() {
            error
        } else {
            self.suggest_names(error, [(left_span, &l_name, &l), (right_span, &r_name, &r)])
        };
        self.report(error);
    }

    /// Help for `A * B` where `A @ B` is meant.
    fn suggest_product(&self, error: Diagnostic, [left, right]: [Span; 2], l: &Type, r: &Type) -> Diagnostic {
        let between = Span {
            start: left.end,
            end: right.start.max(left.end),
        };
        let sign = self.sources.text(between).trim() == "*";
        if !sign || !self.has_product(l, r) {
            return error;
        }
        error
            .help("`*` multiplies entry by entry; the matrix product is `@`")
            .edit(between, " @ ")
    }

    /// Help for axes of the same sizes under different names: one of the two gets the names of the other, here.
    fn suggest_names(&self, error: Diagnostic, sides: [(Span, &str, &Type); 2]) -> Diagnostic {
        let [l, r] = sides.map(|(_, _, ty)| ty);
        let (long, short) = if l.rank() >= r.rank() { (l, r) } else { (r, l) };
        let is_renamed = long.rank() == short.rank()
            && long
                .axes
                .iter()
                .zip(&short.axes)
                .all(|(a, b)| self.same(&a.size, &b.size));
        if is_renamed {
            // What has names of its own gets the names of the sizes, which others have too.
            let has_own = |ty: &Type| ty.axes.iter().any(|axis| axis.label != self.size_label(&axis.size));
            let [renamed, other] = if has_own(l) && !has_own(r) { [0, 1] } else { [1, 0] };
            let (span, text, _) = sides[renamed];
            let named = format!("({} as {})", tight(text), sides[other].2);
            let help = format!("the sizes agree, the names do not; `as` names the axes anew: `{named}`");
            return error.help(help).edit(span, named);
        }
        let unknown: Vec<&str> = short
            .labels()
            .into_iter()
            .filter(|label| !long.labels().contains(label))
            .collect();
        match unknown.as_slice() {
            [] => error,
            labels => error.help(format!("{long} has no axis {}", labels.join(" or "))),
        }
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
            .or_edit(stmt.span, equation)
    }
}

/// Help for two values with the same axes in another order: one of the two is to be transposed.
fn turned_over(error: Diagnostic, operands: [(Span, &str); 2], rank: usize) -> Diagnostic {
    let plain = |text: &str| {
        text.strip_suffix(".T")
            .filter(|plain| tight(plain) == *plain)
            .map(str::to_string)
    };
    let [_, (_, right)] = operands;
    let error = match plain(right) {
        Some(_) => error.help("drop `.T`"),
        None if rank == 2 => error.help(format!("write `{}.T`", tight(right))),
        None => error.help("put the axes in one order, as in `order(x, k, q)`"),
    };
    operands
        .into_iter()
        .fold(error, |error, (span, text)| match plain(text) {
            Some(plain) => error.or_edit(span, plain),
            None if rank == 2 => error.or_edit(span, format!("{}.T", tight(text))),
            None => error,
        })
}

/// Gives the indices of an operand's axes to those of the result that have none.
fn adopt_indices(axes: &[Axis], places: &[usize], base: &mut [Axis]) {
    for (axis, &place) in axes.iter().zip(places) {
        if base[place].index.is_none() {
            base[place].index.clone_from(&axis.index);
        }
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
