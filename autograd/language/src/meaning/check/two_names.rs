//! An axis that an index equation made with a size, `z[t:T] = ..`, is called by its index, t, and also by its size, T.
//!
//! The index comes first: where an axis of this name is met, that is the one. Where none is, the axis is met as T, if it
//! is the only one that can be. What `as` or a declaration names has that name alone.

use std::rc::Rc;

use super::Checker;
use crate::meaning::program::ValueId;
use crate::meaning::types::{Axis, Type};

impl Checker<'_> {
    /// The name of its size, if the axis has the name of its index.
    pub(super) fn second_name(&self, axis: &Axis) -> Option<Rc<str>> {
        let has_both = axis.index_name() == Some(&*axis.label);
        has_both
            .then(|| self.size_label(&axis.size))
            .filter(|name| *name != axis.label)
    }

    /// The axis under the name of its size, if it has one and the others say so.
    fn by_size(&self, axis: &Axis, wanted: impl Fn(&str) -> bool) -> Option<Axis> {
        let label = self.second_name(axis).filter(|label| wanted(label))?;
        Some(Axis { label, ..axis.clone() })
    }

    /// Operands that do not line up by their first names, under those by which they do.
    pub(super) fn by_second_names(&mut self, operands: &[ValueId]) -> Vec<ValueId> {
        if !self.indices.is_empty() || self.any_unknown(operands) {
            return operands.to_vec();
        }
        let types: Vec<Type> = operands.iter().map(|&operand| self.ty(operand).clone()).collect();
        if self.types_line_up(&types) {
            return operands.to_vec();
        }
        let others_have = |own: usize, label: &str| {
            let others = types.iter().enumerate().filter(|(other, _)| *other != own);
            others.flat_map(|(_, ty)| &ty.axes).any(|axis| *axis.label == *label)
        };
        let renamed: Vec<Type> = (0..types.len())
            .map(|own| {
                let axes = types[own].axes.iter().map(|axis| {
                    let is_met = others_have(own, &axis.label);
                    self.by_size(axis, |label| !is_met && others_have(own, label))
                        .unwrap_or_else(|| axis.clone())
                });
                Type {
                    axes: axes.collect(),
                    kind: types[own].kind.clone(),
                }
            })
            .collect();
        if !self.types_line_up(&renamed) {
            return operands.to_vec();
        }
        let named = operands.iter().zip(renamed);
        named.map(|(&operand, ty)| self.under_names(operand, ty)).collect()
    }

    /// True if the axes of all are among those of the longest, in the same order.
    fn types_line_up(&self, types: &[Type]) -> bool {
        let longest = types.iter().rev().max_by_key(|ty| ty.rank());
        longest.is_none_or(|longest| types.iter().all(|ty| self.places(&ty.axes, &longest.axes).is_ok()))
    }

    /// Both sides of a matrix product under the names by which they meet.
    pub(super) fn meeting_by_second_names(&mut self, [a, b]: [ValueId; 2]) -> [ValueId; 2] {
        let (a_ty, b_ty) = (self.ty(a).clone(), self.ty(b).clone());
        if self.has_product(&a_ty, &b_ty) || a_ty.rank() == 0 || b_ty.rank() == 0 {
            return [a, b];
        }
        let is_stack = a_ty.rank() > 2 && b_ty.rank() > 2;
        let met = if is_stack { b_ty.rank() - 2 } else { 0 };
        let last = a_ty.rank() - 1;
        let at = |ty: &Type, place: usize, other: &str| {
            let mut ty = ty.clone();
            let axis = self.by_size(&ty.axes[place], |label| label == other)?;
            ty.axes[place] = axis;
            Some(ty)
        };
        let [own, other] = [&a_ty.axes[last], &b_ty.axes[met]];
        let [a_size, b_size] = [own, other].map(|axis| self.second_name(axis));
        let mut ways = Vec::new();
        ways.extend(at(&a_ty, last, &other.label).map(|ty| (ty, b_ty.clone())));
        ways.extend(at(&b_ty, met, &own.label).map(|ty| (a_ty.clone(), ty)));
        if let (Some(a_size), Some(b_size)) = (a_size, b_size)
            && a_size == b_size
        {
            ways.extend(at(&a_ty, last, &a_size).zip(at(&b_ty, met, &b_size)));
        }
        match ways.into_iter().find(|(a, b)| self.has_product(a, b)) {
            Some((a_ty, b_ty)) => [self.under_names(a, a_ty), self.under_names(b, b_ty)],
            None => [a, b],
        }
    }

    /// Arrays for `concat` with the names of the first, where a second name allows it.
    pub(super) fn joined_by_second_names(&mut self, values: &[ValueId]) -> Vec<ValueId> {
        let types: Vec<Type> = values.iter().map(|&value| self.ty(value).clone()).collect();
        let rank = types[0].rank();
        if types.iter().any(|ty| ty.rank() != rank) {
            return values.to_vec();
        }
        let mut renamed = types.clone();
        for place in 0..rank {
            let labels: Vec<Rc<str>> = types.iter().map(|ty| ty.axes[place].label.clone()).collect();
            if labels.iter().all(|label| *label == labels[0]) {
                continue;
            }
            let alone = types
                .iter()
                .map(|ty| &ty.axes[place])
                .find(|axis| self.second_name(axis).is_none());
            let first = self.second_name(&types[0].axes[place]);
            let Some(wanted) = alone.map(|axis| axis.label.clone()).or(first) else {
                continue;
            };
            for ty in &mut renamed {
                let axis = self.by_size(&ty.axes[place], |label| *label == *wanted);
                ty.axes[place] = axis.unwrap_or_else(|| ty.axes[place].clone());
            }
        }
        let named = values.iter().zip(renamed);
        named.map(|(&value, ty)| self.under_names(value, ty)).collect()
    }

    fn under_names(&mut self, value: ValueId, ty: Type) -> ValueId {
        let span = self.program.values[value].span;
        let place = self.place(value);
        let named = self.relabel(value, ty, span);
        self.used_at.insert(named, place);
        named
    }
}
