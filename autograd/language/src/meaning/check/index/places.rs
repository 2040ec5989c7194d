//! Places that run with indices: `x[s + k - 1]`, `x[2 * s]`, `A[i, i]`.
//!
//! A place is a sum of indices, each times a size, and of sizes. One that is an index alone over its whole axis only gives
//! the axis the name of the index; indices that are only moved cut a part out; everything else is an unfold.

use super::super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, Places, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Type};
use crate::span::Span;
use crate::syntax::ast::{Expr, ExprKind};

/// A place of an axis that runs with indices.
pub(super) struct RunningPlace {
    /// The axis.
    pub axis: usize,
    /// The place, counted from 1.
    pub at: Size,
    /// Where it is written.
    pub span: Span,
}

impl Checker<'_> {
    /// An expression as a place: sums and products of indices, sizes, positions and whole numbers.
    pub(in crate::meaning::check) fn place_of(&self, expr: &Expr) -> Option<Size> {
        self.polynomial(
            expr,
            &|name| match self.indices.iter().find(|index| index.name == name) {
                Some(index) => Some(index.position()),
                None => self.as_size(&Expr {
                    kind: ExprKind::Name(name.to_string()),
                    span: expr.span,
                }),
            },
        )
    }

    /// True if a place runs with an index.
    pub(in crate::meaning::check) fn runs(&self, at: &Size) -> bool {
        let symbols = at.symbols();
        self.indices.iter().any(|index| symbols.contains(&index.symbol))
    }

    /// The index that stands here alone.
    fn alone(&self, at: &Size) -> Option<usize> {
        self.indices
            .iter()
            .position(|index| Size::symbol(index.symbol.clone()) == *at)
    }

    /// The value with an axis for each index that its places run with, and where its other axes are then.
    pub(super) fn at_running(
        &mut self,
        value: ValueId,
        places: &[RunningPlace],
        text: &str,
    ) -> Option<(ValueId, Vec<usize>)> {
        let ty = self.ty(value).clone();
        for place in places {
            let own = &ty.axes[place.axis];
            if let Some(index) = self.alone(&place.at) {
                self.runs_over(index, own, place.span)?;
            }
        }
        let mut all_inside = true;
        for place in places {
            all_inside &= self.inside(place, &ty.axes[place.axis].size, text)?;
        }
        let used = self.indices_of(places);
        let moved = |place: &RunningPlace| {
            let index = used.iter().find(|&&index| {
                let symbol = Size::symbol(self.indices[index].symbol.clone());
                !place.at.minus(&symbol).symbols().contains(&self.indices[index].symbol)
            });
            index
                .copied()
                .filter(|_| self.indices_of(std::slice::from_ref(place)).len() == 1)
        };
        let each_alone: Option<Vec<usize>> = places.iter().map(moved).collect();
        match each_alone {
            Some(order) if order.len() == used.len() && all_inside => {
                let rest = rest_of(ty.rank(), places);
                Some((self.cut_out(value, places, &order), rest))
            }
            _ => {
                let unfolded = self.unfolded(value, places, &used, all_inside)?;
                Some((unfolded, (used.len()..self.ty(unfolded).rank()).collect()))
            }
        }
    }

    /// The indices that places run with, in the order in which they were introduced.
    fn indices_of(&self, places: &[RunningPlace]) -> Vec<usize> {
        let is_used = |index: &usize| {
            let symbol = &self.indices[*index].symbol;
            places.iter().any(|place| place.at.symbols().contains(symbol))
        };
        (0..self.indices.len()).filter(is_used).collect()
    }

    /// An index stands alone at this axis: it runs over the axis, and its size must be the axis's unless it is declared.
    fn runs_over(&mut self, index: usize, own: &Axis, at: Span) -> Option<()> {
        let known = self.indices[index].clone();
        match &known.size {
            None => {
                let index = &mut self.indices[index];
                index.size = Some(own.size.clone());
                index.origin = at;
                index.label.get_or_insert(own.label.clone());
            }
            Some(size) if self.same(size, &own.size) => {
                self.indices[index].label.get_or_insert(own.label.clone());
            }
            Some(size) if known.is_declared && self.never_negative_where_taken(&own.size.minus(size)) => {}
            // In a branch whose condition keeps the index within the axis, it may run further elsewhere.
            Some(_) if known.is_declared && self.never_negative_where_taken(&own.size.minus(&known.position())) => {}
            Some(size) => {
                let name = &known.name;
                let shorter = [(size, &own.size), (&own.size, size)]
                    .into_iter()
                    .find(|(short, long)| self.never_negative_where_taken(&long.minus(short)));
                let help = match shorter {
                    Some((short, _)) => {
                        format!("say how far it runs, `{name}:{short}` on the left or `sum({name} = 1..{short}: ..)`")
                    }
                    None => "one of the two is the index of another axis; perhaps two indices are swapped".to_string(),
                };
                let error = Diagnostic::new(Code::E16, at, format!("here {name} runs over {}", own.size))
                    .with(known.origin, format!("here {name} runs over {size}"))
                    .help(help);
                self.report(error);
                return None;
            }
        }
        Some(())
    }

    /// Whether a place is known to lie inside an axis without what the branch around masks.
    ///
    /// `None` if it is not known at all, which is reported.
    fn inside(&mut self, place: &RunningPlace, size: &Size, text: &str) -> Option<bool> {
        let unknown = self
            .indices
            .iter()
            .find(|index| index.size.is_none() && place.at.symbols().contains(&index.symbol));
        if let Some(index) = unknown.cloned() {
            let error = Diagnostic::new(
                Code::E17,
                place.span,
                format!("nothing says how far {} runs", index.name),
            );
            let error = match self.furthest(index.symbol.clone(), &place.at, size) {
                Some(far) if !self.runs(&far) => {
                    let far = if self.never_negative(&far.minus(size)) {
                        size.clone()
                    } else {
                        far
                    };
                    error.help(format!(
                        "write it where {0} is introduced: `{0}:{far}` on the left, or `sum({0} = 1..{far}: ...)`",
                        index.name
                    ))
                }
                _ => error.help(format!("write its size where it is introduced: `{}:...`", index.name)),
            };
            self.report(error);
            return None;
        }
        let [low, high] = [place.at.minus(&Size::number(1)), size.minus(&place.at)];
        if self.never_negative(&low) && self.never_negative(&high) {
            return Some(true);
        }
        if !self.masked.is_empty() && self.never_negative_where_taken(&low) && self.never_negative_where_taken(&high) {
            return Some(false);
        }
        self.outside(&place.at, size, text, place.span);
        None
    }

    /// Each index stands at one axis, moved by a size: the axis is cut to the part where it runs, and has its name.
    fn cut_out(&mut self, value: ValueId, places: &[RunningPlace], order: &[usize]) -> ValueId {
        let mut value = value;
        let span = self.program.values[value].span;
        let mut whole = self.ty(value).clone();
        for (place, &index) in places.iter().zip(order) {
            let index = self.indices[index].clone();
            let size = index.size.clone().expect("the caller knows how far it runs");
            let at = |number: &Size| {
                place
                    .at
                    .substitute(&|one| (*one == index.symbol).then(|| number.clone()))
            };
            let (from, to) = (at(&Size::number(1)), at(&size));
            let own = self.ty(value).axes[place.axis].clone();
            if from != Size::number(1) || !self.same(&to, &own.size) {
                let mut ty = self.ty(value).clone();
                ty.axes[place.axis].size = size.clone();
                value = self.emit(Operation::Slice(place.axis, from, to), vec![value], ty, span);
            }
            let own_size = self.ty(value).axes[place.axis].size.clone();
            whole.axes[place.axis] = Axis::new(&index.name, own_size, own.origin);
        }
        self.relabel(value, whole, span)
    }

    /// Indices meet in one place or stand at several axes: an axis for each index, then those that no index runs over.
    fn unfolded(&mut self, value: ValueId, places: &[RunningPlace], used: &[usize], inside: bool) -> Option<ValueId> {
        let ty = self.ty(value).clone();
        let rest = rest_of(ty.rank(), places);
        let [zero, one] = [0, 1].map(Size::number);
        let (mut start, mut steps) = (Vec::new(), Vec::new());
        for axis in 0..ty.rank() {
            let mut row = vec![zero.clone(); used.len() + rest.len()];
            let Some(place) = places.iter().find(|place| place.axis == axis) else {
                let own = rest
                    .iter()
                    .position(|&own| own == axis)
                    .expect("an axis without a place is in the rest");
                row[used.len() + own] = one.clone();
                start.push(zero.clone());
                steps.push(row);
                continue;
            };
            let at_zero = |index: usize, by: i64| {
                let symbol = self.indices[index].symbol.clone();
                move |one: &crate::meaning::size::Symbol| (*one == symbol).then(|| Size::number(by))
            };
            let mut first = place.at.clone();
            for (step, &index) in row.iter_mut().zip(used) {
                let moved = first
                    .substitute(&at_zero(index, 1))
                    .minus(&first.substitute(&at_zero(index, 0)));
                first = first.substitute(&at_zero(index, 1));
                *step = moved;
            }
            let again = used.iter().zip(&row).fold(first.clone(), |sum, (&index, step)| {
                let symbol = Size::symbol(self.indices[index].symbol.clone());
                sum.plus(&step.times(&symbol.minus(&one)))
            });
            if again != place.at {
                let why = "a place is a sum of indices, each times a size";
                self.report(Diagnostic::new(Code::E12, place.span, why));
                return None;
            }
            start.push(first.minus(&one));
            steps.push(row);
        }
        let origin = places
            .first()
            .map_or(self.program.values[value].span, |place| place.span);
        let run = used.iter().map(|&index| {
            let index = &self.indices[index];
            let size = index.size.clone().expect("the caller knows how far it runs");
            Axis::new(&index.name, size, origin)
        });
        let axes = run.chain(rest.iter().map(|&axis| ty.axes[axis].clone())).collect();
        let places = Places { start, steps, inside };
        let span = self.program.values[value].span;
        Some(self.emit(
            Operation::Unfold(places),
            vec![value],
            Type { axes, kind: ty.kind },
            span,
        ))
    }
}

/// The axes that no index runs over.
fn rest_of(rank: usize, places: &[RunningPlace]) -> Vec<usize> {
    let is_free = |axis: &usize| places.iter().all(|place| place.axis != *axis);
    (0..rank).filter(is_free).collect()
}
