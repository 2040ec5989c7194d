//! What is found out about places of the item being checked, kept for those who read its text.

use super::Checker;
use crate::meaning::program::ValueId;
use crate::span::Span;

impl Checker<'_> {
    /// Notes which value stands at a place of the item being checked; the bodies of what it calls are other items.
    pub(super) fn note(&mut self, at: Span, value: ValueId) {
        if self.item_at.start <= at.start && at.end <= self.item_at.end {
            self.noted.push((at, value));
        }
    }

    /// Keeps the types of the noted values, once their kinds are settled.
    pub(super) fn keep_types(&mut self, is_formula: bool) {
        for (at, value) in std::mem::take(&mut self.noted) {
            let ty = &self.program.values[value].ty;
            if !is_formula && !ty.is_unknown() {
                self.notes.add_type(at, ty.clone());
            }
        }
    }
}
