//! Which positions of a row have a value, and the row as one array.

use std::cmp::Ordering;

use super::{RowEntry, STARTS_MAX};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::check::{ActiveLoop, Checker};
use crate::meaning::program::{Instruction, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Type};
use crate::syntax::span::Span;

impl<'a> Checker<'a> {
    /// True if every position between `low` and `high` has a value.
    pub(in crate::meaning::check) fn covered(
        &self,
        low: &[Size],
        high: &[Size],
        at: &[Size],
        known: &[RowEntry],
    ) -> bool {
        let below = |a: &Size, b: &Size| self.facts.normal(&b.minus(a)).is_at_least(0);
        if known.iter().any(|stored| stored.at == at) {
            return true;
        }
        for stored in known.iter().filter(|stored| stored.at.len() == low.len()) {
            let inside = |i: usize| below(&stored.low[i], &low[i]) && below(&high[i], &stored.high[i]);
            let outside: Vec<usize> = (0..low.len()).filter(|&i| !inside(i)).collect();
            let &[one] = outside.as_slice() else {
                if outside.is_empty() {
                    return true;
                }
                continue;
            };
            let missing_low = stored.low[one].minus(&low[one]).as_number().unwrap_or(-1);
            let missing_high = high[one].minus(&stored.high[one]).as_number().unwrap_or(-1);
            let overlaps = stored.ranges;
            let singles = |from: &Size, count: i64| {
                (0..count).all(|k| {
                    let place = from.plus(&Size::number(k));
                    let replaced = |sizes: &[Size]| {
                        let mut sizes = sizes.to_vec();
                        sizes[one] = place.clone();
                        sizes
                    };
                    let others = known.iter().filter(|other| !std::ptr::eq(*other, stored));
                    let rest: Vec<RowEntry> = others.cloned().collect();
                    let place_low = replaced(low);
                    self.covered(&place_low, &replaced(high), &place_low, &rest)
                })
            };
            if overlaps && (1..=STARTS_MAX).contains(&missing_low) && below(&high[one], &stored.high[one]) {
                return singles(&low[one], missing_low);
            }
            if overlaps && (1..=STARTS_MAX).contains(&missing_high) && below(&stored.low[one], &low[one]) {
                return singles(&stored.high[one].plus(&Size::number(1)), missing_high);
            }
        }
        false
    }

    /// Names the first position that has no value.
    pub(in crate::meaning::check) fn never_set(&mut self, name: &str, at: &[Size], span: Span) -> ValueId {
        let around = self
            .loops
            .iter()
            .rev()
            .find(|one| at.iter().any(|at| at.symbols().contains(&one.index)));
        let (text, help) = match around.cloned() {
            Some(one) => {
                let first = if one.down { &one.high } else { &one.low };
                let place = |at: &Size| at.substitute(&|s| (*s == one.index).then(|| first.clone())).to_string();
                let place: Vec<String> = at.iter().map(place).collect();
                let element = format!("{name}[{}]", place.join(", "));
                let ahead = self.is_ahead(name, at);
                let help = if ahead {
                    let (index, low, high) = (&one.index, &one.low, &one.high);
                    format!(
                        "the loop sets it in a later round; read an earlier one, or turn the loop: `for {index} = {high}..{low} down`"
                    )
                } else {
                    format!("add `{element} = {name}0` before the loop, where {name}0 is the start")
                };
                (
                    format!("for {} = {first} this is {element}, which is never set", one.index),
                    help,
                )
            }
            None => {
                let place: Vec<String> = at.iter().map(Size::to_string).collect();
                let text = format!("{name}[{}] is not set for every size", place.join(", "));
                (
                    text,
                    format!("set it before this line, or read a position that the loop over {name} sets"),
                )
            }
        };
        self.wrong(Diagnostic::new(Code::E10, span, text).help(help))
    }

    /// True for a place that a statement of the loops around sets only in a later round.
    fn is_ahead(&self, name: &str, at: &[Size]) -> bool {
        let places = self.plans.iter().flatten().filter(|(target, _)| target == name);
        let mut rounds = places.map(|(_, keys)| self.round(keys, at));
        rounds.any(|round| round == Some(Ordering::Greater)) && !self.loops.iter().any(|one| one.down)
    }

    /// The row as one array, along new leading axes.
    pub(in crate::meaning::check) fn collect(&mut self, family: usize, span: Span) -> ValueId {
        let stores = self.stores[family].clone();
        let ty = self.program.families[family].ty.clone();
        if ty.is_unknown() {
            return self.unknown(span);
        }
        let is_open = |stored: &&RowEntry| {
            let runs = |one: &ActiveLoop| stored.at.iter().any(|at| at.symbols().contains(&one.index));
            self.loops.iter().any(runs)
        };
        let Some(main) = stores.iter().find(|stored| stored.ranges).or(stores.first()) else {
            return self.unknown(span);
        };
        if stores.iter().any(|stored| is_open(&stored)) {
            let name = &self.program.families[family].name;
            let text = format!("the row {name} is complete only after its loop");
            return self
                .wrong(Diagnostic::new(Code::E10, span, text).help("use one of its values, or use it after the loop"));
        }
        let mut ranges = Vec::new();
        let mut axes = Vec::new();
        for i in 0..main.at.len() {
            let (low, high) = self.extent(&stores, main, i);
            let size = self.facts.normal(&high.minus(&low).plus(&Size::number(1)));
            let label = if main.ranges {
                main.labels[i].clone()
            } else {
                size.to_string().into()
            };
            let axis = Axis::new(&label, size, span);
            axes.push(match stores.iter().find_map(|stored| stored.indices.get(i)?.as_ref()) {
                Some(index) => axis.made_by(index),
                None => axis,
            });
            ranges.push((low, high));
        }
        axes.extend(ty.axes);
        self.program.families[family].ranges = ranges;
        let out = self.new_value(Type { axes, kind: ty.kind }, span);
        self.push(Instruction::Collect { out, family });
        out
    }

    /// First and last position of a whole row: the loop's, and single positions from 1 on that join it.
    pub(in crate::meaning::check) fn extent(&self, stores: &[RowEntry], main: &RowEntry, i: usize) -> (Size, Size) {
        let one = Size::number(1);
        let (mut low, mut high) = (main.low[i].clone(), main.high[i].clone());
        let single = |at: &Size| stores.iter().any(|stored| !stored.ranges && stored.at[i] == *at);
        while single(&low.minus(&one)) && low.minus(&one).is_at_least(1) {
            low = low.minus(&one);
        }
        while single(&high.plus(&one)) && !main.ranges {
            high = high.plus(&one);
        }
        (low, high)
    }
}
