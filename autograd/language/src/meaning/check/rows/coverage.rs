//! Which positions of a row have a value, and the row as one array.

use std::cmp::Ordering;

use super::RowEntry;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::check::{ActiveLoop, Checker};
use crate::meaning::program::{Instruction, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::{Axis, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// True if a position has a value in every round of the loops around.
    pub(in crate::meaning::check) fn covered(&self, at: &[Size], known: &[RowEntry]) -> bool {
        if known.iter().any(|stored| stored.at == at) {
            return true;
        }
        let known: Vec<Block> = known
            .iter()
            .filter(|stored| stored.at.len() == at.len())
            .map(Block::of)
            .collect();
        let contains = |block: &Block| {
            let ends = block.low.iter().zip(&block.high);
            at.iter()
                .zip(ends)
                .all(|(at, (low, high))| self.lies_within(at, low, high))
        };
        // What exists always needs no choice: one block may contain the position only where a branch is taken, and two
        // together always.
        let outer = self.needs_choice.replace(false);
        let ways = known
            .iter()
            .map(|block| (contains(block), self.needs_choice.replace(false)));
        let mut found: Vec<(bool, bool)> = ways.filter(|(is_inside, _)| *is_inside).collect();
        if found.iter().all(|(_, needs_choice)| *needs_choice) {
            let blocks = self.blocks_of(known);
            let made = self.needs_choice.replace(false);
            found.extend(
                blocks
                    .iter()
                    .map(|block| (contains(block), self.needs_choice.replace(false) || made))
                    .filter(|(is_inside, _)| *is_inside),
            );
        }
        let needs_choice = !found.is_empty() && found.iter().all(|(_, needs_choice)| *needs_choice);
        self.needs_choice.set(outer || needs_choice);
        !found.is_empty()
    }

    /// The blocks of positions that have values, and those that two of them make together.
    ///
    /// From `a` to `b` there is a value everywhere if `b` begins at the latest behind the end of `a`; this holds too where
    /// one of them is empty.
    fn blocks_of(&self, mut blocks: Vec<Block>) -> Vec<Block> {
        let (mut at, mut left) = (1, PAIRS_MAX);
        while at < blocks.len() {
            for other in 0..at {
                let [a, b] = [blocks[other].clone(), blocks[at].clone()];
                for joined in [self.joined(&a, &b), self.joined(&b, &a)].into_iter().flatten() {
                    if !blocks.iter().any(|known| self.holds(known, &joined)) {
                        blocks.push(joined);
                    }
                }
                left -= 1;
                if left == 0 {
                    return blocks;
                }
            }
            at += 1;
        }
        blocks
    }

    /// The block that goes on from `a` to the end of `b` along one axis, along which they touch.
    fn joined(&self, a: &Block, b: &Block) -> Option<Block> {
        let one = Size::number(1);
        let inside = |own: &Block, other: &Block, i: usize| {
            self.never_negative(&own.low[i].minus(&other.low[i]))
                && self.never_negative(&other.high[i].minus(&own.high[i]))
        };
        (0..a.low.len()).find_map(|axis| {
            let touch = self.never_negative(&a.high[axis].plus(&one).minus(&b.low[axis]));
            let goes_on = a.low[axis] != b.low[axis] && a.high[axis] != b.high[axis];
            if !touch || !goes_on {
                return None;
            }
            let mut joined = a.clone();
            joined.high[axis] = b.high[axis].clone();
            for i in (0..a.low.len()).filter(|&i| i != axis) {
                let smaller = if inside(a, b, i) {
                    a
                } else {
                    inside(b, a, i).then_some(b)?
                };
                joined.low[i] = smaller.low[i].clone();
                joined.high[i] = smaller.high[i].clone();
            }
            Some(joined)
        })
    }

    /// True if one block holds another.
    fn holds(&self, whole: &Block, part: &Block) -> bool {
        let below = |a: &Size, b: &Size| self.never_negative(&b.minus(a));
        let lows = whole.low.iter().zip(&part.low).all(|(whole, part)| below(whole, part));
        lows && part
            .high
            .iter()
            .zip(&whole.high)
            .all(|(part, whole)| below(part, whole))
    }

    /// Names the first position that has no value.
    pub(in crate::meaning::check) fn never_set(
        &mut self,
        name: &str,
        at: &[Size],
        known: &[RowEntry],
        span: Span,
    ) -> ValueId {
        let is_read = |one: &&ActiveLoop| at.iter().any(|at| at.symbols().contains(&one.index));
        let around: Vec<ActiveLoop> = self.loops.iter().filter(is_read).cloned().collect();
        let element = |at: &[Size]| {
            let place: Vec<String> = at.iter().map(Size::to_string).collect();
            format!("{name}[{}]", place.join(", "))
        };
        let (text, help) = match around.is_empty() {
            false => {
                let first = early_rounds(&around)
                    .into_iter()
                    .map(|round| (placed(at, &round), round));
                let all: Vec<(Vec<Size>, Vec<(ActiveLoop, Size)>)> = first.collect();
                let unset = all
                    .iter()
                    .find(|(place, _)| !self.covered(place, known))
                    .unwrap_or(&all[0]);
                let round: Vec<String> = unset.1.iter().map(|(one, at)| format!("{} = {at}", one.name)).collect();
                let element = element(&unset.0);
                let help = match around.as_slice() {
                    [one] if self.is_ahead(name, at) => format!(
                        "the loop sets it in a later round; read an earlier one, or turn the loop: `for {} = {}..{} down`",
                        one.name, one.high, one.low
                    ),
                    _ => format!("add `{element} = {name}0` before the loop, where {name}0 is the start"),
                };
                (
                    format!("for {} this is {element}, which is never set", round.join(", ")),
                    help,
                )
            }
            true => {
                let text = format!("{} is not set for every size", element(at));
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
        let is_open = |stored: &RowEntry| {
            let runs = |one: &ActiveLoop| stored.at.iter().any(|at| at.symbols().contains(&one.index));
            self.loops.iter().any(runs)
        };
        if stores.iter().any(is_open) {
            let name = &self.program.families[family].name;
            let active = |symbol: &Symbol| self.loops.iter().any(|one| one.index == *symbol);
            let runs_on = |stored: &RowEntry| {
                let running = stored.at.iter().zip(&stored.running).filter(|(_, running)| **running);
                running.into_iter().any(|(at, _)| !at.symbols().iter().any(active))
            };
            let outer = self.loops.iter().find(|one| {
                stores
                    .iter()
                    .any(|stored| stored.at.iter().any(|at| at.symbols().contains(&one.index)))
            });
            let (text, help) = match outer.filter(|_| stores.iter().any(runs_on)) {
                Some(outer) => (
                    format!(
                        "the row {name} is complete only after the loop over {}, which goes on",
                        outer.name
                    ),
                    format!(
                        "leave {} out of the places of {name}, so that each round has a row of its own, or use {name} after \
                         the loop",
                        outer.name
                    ),
                ),
                None => (
                    format!("the row {name} is complete only after its loop"),
                    "use one of its values, or use it after the loop".to_string(),
                ),
            };
            return self.wrong(Diagnostic::new(Code::E10, span, text).help(help));
        }
        let Some(whole) = self.row_axes(family) else {
            return self.unknown(span);
        };
        let one = Size::number(1);
        let end = |(axis, low): &(Axis, Size)| (low.clone(), low.plus(&axis.size).minus(&one));
        self.program.families[family].ranges = whole.iter().map(end).collect();
        let axes = whole
            .into_iter()
            .enumerate()
            .map(|(i, (axis, _))| {
                let axis = Axis { origin: span, ..axis };
                match stores.iter().find_map(|stored| stored.indices.get(i)?.as_ref()) {
                    Some(index) => axis.made_by(index),
                    None => axis,
                }
            })
            .chain(ty.axes);
        let ty = Type {
            axes: axes.collect(),
            kind: ty.kind,
        };
        let out = self.new_value(ty, span);
        self.push(Instruction::Collect { out, family });
        out
    }

    /// The axes of a whole row, each with its first position: the loop's positions, and single ones that join them.
    ///
    /// Before 1 is the start of a recurrence, and so it is behind the last position unless that is a named size.
    pub(in crate::meaning::check) fn row_axes(&self, family: usize) -> Option<Vec<(Axis, Size)>> {
        let stores = &self.stores[family];
        let running = |stored: &&RowEntry| stored.running.iter().filter(|running| **running).count();
        let main = stores.iter().rev().max_by_key(running)?;
        let one = Size::number(1);
        let blocks = self.blocks_of(stores.iter().map(Block::of).collect());
        let has = |axis: usize, place: &Size| {
            let mut part = Block::of(main);
            part.low[axis] = place.clone();
            part.high[axis] = place.clone();
            blocks.iter().any(|block| self.holds(block, &part))
        };
        let axis = |i: usize| {
            let (mut low, mut high) = (main.low[i].clone(), main.high[i].clone());
            while low.minus(&one).is_at_least(1) && has(i, &low.minus(&one)) {
                low = low.minus(&one);
            }
            let may_go_on = |next: &Size| !main.running[i] || self.facts.normal(next).as_symbol().is_some();
            while may_go_on(&high.plus(&one)) && has(i, &high.plus(&one)) {
                high = high.plus(&one);
            }
            let size = self.facts.normal(&high.minus(&low).plus(&one));
            let label = match main.running[i] {
                true if high == main.high[i] => main.labels[i].clone(),
                true => self.size_label(&high),
                false => size.to_string().into(),
            };
            (Axis::new(&label, size, Span::default()), low)
        };
        Some((0..main.at.len()).map(axis).collect())
    }
}

/// Positions of a row between two corners, the ends included.
#[derive(Clone)]
struct Block {
    low: Vec<Size>,
    high: Vec<Size>,
}

impl Block {
    fn of(entry: &RowEntry) -> Self {
        Self {
            low: entry.low.clone(),
            high: entry.high.clone(),
        }
    }
}

/// The first and second rounds of loops, in order: the positions of each.
fn early_rounds(loops: &[ActiveLoop]) -> Vec<Vec<(ActiveLoop, Size)>> {
    let Some((outer, inner)) = loops.split_first() else {
        return vec![Vec::new()];
    };
    let second = Size::number(if outer.down { -1 } else { 1 });
    let first = if outer.down {
        outer.high.clone()
    } else {
        outer.low.clone()
    };
    let positions = [first.clone(), first.plus(&second)];
    let of = |position: Size| {
        let inner = inner.iter().map(|one| {
            let at = |size: &Size| placed(std::slice::from_ref(size), &[(outer.clone(), position.clone())]).remove(0);
            ActiveLoop {
                low: at(&one.low),
                high: at(&one.high),
                ..one.clone()
            }
        });
        let rest = early_rounds(&inner.collect::<Vec<_>>());
        let begun = (outer.clone(), position);
        rest.into_iter()
            .map(move |rest| std::iter::once(begun.clone()).chain(rest).collect())
    };
    positions.into_iter().flat_map(of).collect()
}

/// A position with those of loops in place of their names.
fn placed(at: &[Size], round: &[(ActiveLoop, Size)]) -> Vec<Size> {
    let number = |symbol: &Symbol| {
        round
            .iter()
            .find(|(one, _)| one.index == *symbol)
            .map(|(_, position)| position.clone())
    };
    at.iter().map(|at| at.substitute(&number)).collect()
}

/// How many pairs of blocks are tried to be joined.
const PAIRS_MAX: usize = 400;
