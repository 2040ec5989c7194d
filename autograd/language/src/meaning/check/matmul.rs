//! The matrix product: the last axis of the left side meets the first of the right side, by name and by size.

use super::Checker;
use super::names::Binding;
use super::unknown::tight;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;
use crate::syntax::ast::{Expr, ExprKind, Link};

impl Checker<'_> {
    /// The product of the value `a` of the left side of `@` with its right side.
    pub(super) fn matmul(&mut self, a: ValueId, link: &Link<'_>, span: Span) -> ValueId {
        let (left, right) = (link.left, link.right);
        let b = self.expr(right);
        if self.any_unknown(&[a, b]) || !self.takes_no_ids("@", &[a, b], span) {
            return self.unknown(span);
        }
        if !self.indices.is_empty() {
            let error = Diagnostic::new(Code::E18, span, "`@` joins whole axes, and here every axis is an index")
                .help("write the sum: `sum(i: a[j, i] * x[i])`");
            return self.wrong(error);
        }
        let [a, b] = self.meeting_by_second_names([a, b]);
        let (a_ty, b_ty) = (self.ty(a).clone(), self.ty(b).clone());
        let Some(axes) = self.product(&a_ty, &b_ty) else {
            let error = self.no_meeting(left, right, &a_ty, &b_ty, span);
            return self.wrong(error);
        };
        let ty = Type {
            axes,
            kind: self.joined_kind(&[a, b]),
        };
        if b_ty.rank() > 2 && a_ty.rank() <= 2 {
            return self.product_with_stack(a, b, ty, span);
        }
        self.emit(Operation::Matmul, vec![a, b], ty, span)
    }

    /// True if the matrix product of values of these types exists.
    pub(super) fn has_product(&self, a: &Type, b: &Type) -> bool {
        self.product(a, b).is_some()
    }

    /// The axes of the product, if it exists.
    fn product(&self, a: &Type, b: &Type) -> Option<Vec<Axis>> {
        let meets = |own: &Axis, other: &Axis| own.label == other.label && self.same(&own.size, &other.size);
        if a.rank() == 0 || b.rank() == 0 {
            return None;
        }
        let (a_last, a_rest) = a.axes.split_last()?;
        if b.rank() <= 2 || a.rank() <= 2 {
            return meets(a_last, &b.axes[0]).then(|| a_rest.iter().chain(&b.axes[1..]).cloned().collect());
        }
        let stack = b.rank() - 2;
        let fits = a.rank() == b.rank()
            && a.axes[..stack]
                .iter()
                .zip(&b.axes[..stack])
                .all(|(own, other)| meets(own, other))
            && meets(a_last, &b.axes[stack]);
        fits.then(|| a_rest.iter().chain(b.axes.last()).cloned().collect())
    }

    /// A matrix times an array of three axes or more: the engine knows it as a matrix times a wide matrix.
    fn product_with_stack(&mut self, a: ValueId, b: ValueId, ty: Type, span: Span) -> ValueId {
        let b_ty = self.ty(b).clone();
        let width = b_ty.axes[1..]
            .iter()
            .fold(Size::number(1), |w, axis| w.times(&axis.size));
        let wide = Axis::new("_", width, span);
        let flat_ty = Type {
            axes: vec![b_ty.axes[0].clone(), wide.clone()],
            kind: b_ty.kind,
        };
        let flat = self.emit(Operation::Reshape, vec![b], flat_ty, span);
        let a_rest = self.ty(a).axes.len() - 1;
        let product_ty = Type {
            axes: ty.axes[..a_rest].iter().cloned().chain([wide]).collect(),
            kind: ty.kind.clone(),
        };
        let product = self.emit(Operation::Matmul, vec![a, flat], product_ty, span);
        self.emit(Operation::Reshape, vec![product], ty, span)
    }

    fn no_meeting(&self, left: &Expr, right: &Expr, a: &Type, b: &Type, span: Span) -> Diagnostic {
        let at = Span {
            start: left.span.end,
            end: right.span.start,
        };
        let sign = self.sources.text(at).find('@').map_or(span, |offset| {
            let start = at.start as usize + offset;
            Span::new(start, start + 1)
        });
        let [a_text, b_text] = [left, right].map(|side| self.text(side.span));
        let (Some(last), Some(first)) = (a.axes.last(), b.axes.first()) else {
            return Diagnostic::new(
                Code::E01,
                sign,
                "a single number has no axis to join; multiply by it with `*`",
            )
            .help("use `*`, or another value");
        };
        let (meeting, names) = if a.rank() > 2 && b.rank() > 2 {
            (&b.axes[b.rank() - 2], "the last but one axis")
        } else {
            (first, "the first axis")
        };
        let why = if last.label == meeting.label && self.same(&last.size, &meeting.size) {
            "the axes before them differ".to_string()
        } else if *last.label == *meeting.label {
            format!("{} is not {}", last.size, meeting.size)
        } else {
            format!("{} is not {}", last.label, meeting.label)
        };
        let text = format!("@ joins the last axis of {a_text} {a} with {names} of {b_text} {b}: {why}");
        let mut error = Diagnostic::new(Code::E01, sign, text).with(left.span, "");
        if !meeting.origin.is_at(Span::default()) {
            error = error.with(
                meeting.origin,
                format!("{names} of {b_text}, {}, comes from here", meeting.label),
            );
        }
        // Of two roles, `k:T` and `q:T`, the other value may be the wrong one.
        let is_plain = [last, meeting]
            .iter()
            .any(|axis| axis.label == self.size_label(&axis.size));
        if is_plain && last.label != meeting.label && self.same(&last.size, &meeting.size) {
            let named: Vec<String> = a.axes[..a.rank() - 1]
                .iter()
                .chain([meeting])
                .map(Axis::to_string)
                .collect();
            let named = format!("({} as [{}])", tight(&a_text), named.join(", "));
            let whole = format!("{named} @ {}", tight(&b_text));
            return error
                .help(format!(
                    "the sizes agree, the names do not; `as` names the axes anew: `{whole}`"
                ))
                .edit(left.span, named);
        }
        error = error.note("two sizes that happen to be equal in a run would hide this from a check of numbers");
        if let Kind::Id(of) = &a.kind
            && self.same(of, &first.size)
        {
            return error.help(format!("ids pick rows: `{b_text}[{a_text}]`"));
        }
        // Two arrangements with the same axes are the same product.
        let mut known: Vec<Vec<Axis>> = Vec::new();
        for (text, axes) in self.rearranged(left, right, a, b) {
            let Some(axes) = axes.filter(|axes| !known.contains(axes)) else {
                continue;
            };
            if error.help.is_none() {
                error = error.help(format!("`{text}` has type {}", Type::real(axes.clone())));
            }
            if !self.another_fits(a, b, &axes) {
                error = error.or_edit(left.span.to(right.span), text);
            }
            known.push(axes);
        }
        error
    }

    /// True if some other value in the place of one side gives a product with these axes: it may have been meant.
    fn another_fits(&self, a: &Type, b: &Type, axes: &[Axis]) -> bool {
        let mut types = self.frame().names.values().filter_map(|(binding, _)| match binding {
            Binding::Value(value) if *value != usize::MAX => Some(self.ty(*value)),
            _ => None,
        });
        types.any(|ty| {
            [self.product(a, ty), self.product(ty, b)]
                .iter()
                .flatten()
                .any(|own| own == axes)
        })
    }

    /// The products that may have been meant, each with its axes if it exists.
    fn rearranged(&self, left: &Expr, right: &Expr, a: &Type, b: &Type) -> Vec<(String, Option<Vec<Axis>>)> {
        let [l, r] = [left, right].map(|side| self.text(side.span));
        let transposed = |ty: &Type| {
            let mut ty = ty.clone();
            let rank = ty.rank();
            if rank >= 2 {
                ty.axes.swap(rank - 2, rank - 1);
            }
            ty
        };
        let flip = |text: &str, side: &Expr| match text.strip_suffix(".T") {
            Some(plain) if matches!(side.kind, ExprKind::Field(..)) => plain.to_string(),
            _ => format!("{text}.T"),
        };
        let is_tight = |side: &Expr| !matches!(side.kind, ExprKind::Binary(..) | ExprKind::Neg(_) | ExprKind::If(..));
        if !is_tight(left) || !is_tight(right) {
            return Vec::new();
        }
        let mut choices = Vec::new();
        if b.rank() >= 2 {
            choices.push((format!("{l} @ {}", flip(&r, right)), self.product(a, &transposed(b))));
        }
        if a.rank() >= 2 {
            choices.push((format!("{} @ {r}", flip(&l, left)), self.product(&transposed(a), b)));
        }
        let swapped = (format!("{r} @ {l}"), self.product(b, a));
        if a.rank() == 1 || b.rank() == 1 {
            choices.insert(0, swapped)
        } else {
            choices.push(swapped)
        }
        choices
    }
}
