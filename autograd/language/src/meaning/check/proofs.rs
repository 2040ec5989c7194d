//! What holds for all sizes, in every round of the loops around and for all indices; where it does not, an example.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::bounds;
use crate::meaning::program::{Condition, DimValue};
use crate::meaning::size::{Bound, Size, Symbol};
use crate::span::Span;
use crate::syntax::ast::Binary;

/// Up to which number sizes are tried for an example, and how many choices of numbers.
const EXAMPLE_MAX: i64 = 5;
const EXAMPLES: usize = 20_000;

impl Checker<'_> {
    /// True if a size is never negative; what the branch around assumes is used only if it must be, and that is noted.
    pub(super) fn never_negative(&self, size: &Size) -> bool {
        if self.follows(size, &[]) {
            return true;
        }
        let holds_here = !self.settled.is_empty() && self.follows(size, &self.settled);
        if holds_here {
            self.needs_choice.set(true);
        }
        holds_here
    }

    /// True if a size is never negative where the value of the branch around is taken.
    pub(super) fn never_negative_where_taken(&self, size: &Size) -> bool {
        let assumed: Vec<Size> = self.settled.iter().chain(&self.masked).cloned().collect();
        self.follows(size, &assumed)
    }

    /// True if a position lies between two others whatever the loops and sizes are.
    pub(super) fn lies_within(&self, at: &Size, first: &Size, last: &Size) -> bool {
        self.never_negative(&at.minus(first)) && self.never_negative(&last.minus(at))
    }

    fn follows(&self, size: &Size, assumed: &[Size]) -> bool {
        let rounds = self
            .loops
            .iter()
            .map(|one| one.high.minus(&Size::symbol(one.index.clone())));
        let indices = self.indices.iter().filter_map(|index| {
            let size = index.size.as_ref()?;
            Some(size.minus(&Size::symbol(index.symbol.clone())))
        });
        let known: Vec<Size> = self
            .known
            .iter()
            .chain(assumed)
            .cloned()
            .chain(rounds)
            .chain(indices)
            .collect();
        let known: Vec<Size> = known.iter().map(|own| self.counted_from_one(own)).collect();
        bounds::follows(&self.counted_from_one(size), &known, &self.facts)
    }

    /// The same size with the position of each loop counted from the loop's first one, so that it is at least 1.
    fn counted_from_one(&self, size: &Size) -> Size {
        let one = Size::number(1);
        self.loops.iter().rev().fold(size.clone(), |size, round| {
            let first = round.low.minus(&one);
            size.substitute(&|symbol| (*symbol == round.index).then(|| Size::symbol(symbol.clone()).plus(&first)))
        })
    }

    /// The lowest or highest value of a position over the loops around it.
    pub(super) fn extreme(&self, at: &Size, highest: bool) -> Size {
        self.loops.iter().rev().fold(at.clone(), |at, one| {
            let of = |size: &Size| at.substitute(&|symbol| (*symbol == one.index).then(|| size.clone()));
            let step = of(&Size::symbol(one.index.clone()).plus(&Size::number(1))).minus(&at);
            let far = Size::number(if highest { i64::MAX / 4 } else { i64::MIN / 4 });
            match (step.is_at_least(0), Size::number(0).minus(&step).is_at_least(0)) {
                (true, _) => of(if highest { &one.high } else { &one.low }),
                (_, true) => of(if highest { &one.low } else { &one.high }),
                // It rises and falls, so nothing is said of where it is highest.
                _ => far,
            }
        })
    }

    /// The sizes that are at least 0 when a comparison holds.
    pub(super) fn implied(&self, left: &Size, comparison: Binary, right: &Size) -> Vec<Size> {
        match comparison {
            Binary::NotEqual if self.follows(&left.minus(right), &self.settled) => {
                bounds::implied(left, Binary::Greater, right)
            }
            Binary::NotEqual if self.follows(&right.minus(left), &self.settled) => {
                bounds::implied(left, Binary::Less, right)
            }
            comparison => bounds::implied(left, comparison, right),
        }
    }

    /// Reports that a place is not always inside an axis: with sizes for which it is not, and what to write.
    pub(super) fn outside(&mut self, at: &Size, size: &Size, text: &str, span: Span) {
        let mut error = Diagnostic::new(Code::E19, span, format!("{text} has positions 1 to {size}"));
        if at.as_number() == Some(0) {
            error = error.help("the first one is at 1; only a recurrence has a 0th value, its start");
            return self.report(error);
        }
        if at.as_number().is_some_and(|at| at < 0) {
            error = error.help(format!(
                "positions are not counted from the end; the last one is `{text}[{size}]`"
            ));
            return self.report(error.edit(span, size.to_string()));
        }
        match self.example(at, size) {
            Some((numbers, place, last)) => {
                let numbers = match numbers.is_empty() {
                    true => String::new(),
                    false => format!("for {} ", numbers.join(", ")),
                };
                error = error.note(format!("{numbers}this is position {place} of {last}"));
            }
            None => error = error.note("it does not follow from what is known about the sizes"),
        }
        if let Some(help) = self.mend(at, size, span) {
            error = error.help(help);
        }
        self.report(error);
    }

    /// What would make a place lie inside.
    fn mend(&self, at: &Size, size: &Size, span: Span) -> Option<String> {
        let is_size = |symbol: &Symbol| self.program.dims.iter().any(|dim| dim.name == *symbol);
        let from_one = self.facts.normal(&at.minus(&Size::number(1)));
        if !self.never_negative_where_taken(&from_one) {
            let number = from_one.number_part();
            let named = from_one.minus(&Size::number(number));
            if from_one.symbols().iter().all(is_size) {
                let help = || format!("`require {named} >= {}` before this line", -number);
                return (number < 0 && named.is_at_least(1)).then(help);
            }
            let place = self.text(span);
            let end = match self.never_negative_where_taken(&size.minus(at)) {
                true => String::new(),
                false => format!(" and {place} <= {size}"),
            };
            return Some(format!(
                "say what stands where it lies outside: `if {place} >= 1{end} then .. else ..`"
            ));
        }
        let rest = self.facts.normal(&size.minus(at));
        if rest.symbols().iter().all(is_size) {
            let number = rest.number_part();
            let named = rest.minus(&Size::number(number));
            return (number < 0 && named.is_at_least(1))
                .then(|| format!("`require {named} >= {}` before this line", -number));
        }
        let index = self
            .indices
            .iter()
            .find(|index| rest.symbols().contains(&index.symbol))?;
        let far = self.furthest(index.symbol.clone(), at, size)?;
        let low = &index.low;
        Some(if low.as_number() == Some(1) {
            format!(
                "let {0} run to {far}: `{0}:{far}` on the left, or `sum({0} = 1..{far}: ...)`",
                index.name
            )
        } else {
            format!("let {} run to {}", index.name, far.plus(low).minus(&Size::number(1)))
        })
    }

    /// How far an index may run so that a place stays inside, if it moves the place by 1.
    pub(super) fn furthest(&self, symbol: Symbol, at: &Size, size: &Size) -> Option<Size> {
        let without = at.minus(&Size::symbol(symbol.clone()));
        if without.symbols().contains(&symbol) {
            return None;
        }
        let highest = self.indices.iter().try_fold(without, |at, index| {
            let own = Size::symbol(index.symbol.clone());
            if !at.symbols().contains(&index.symbol) {
                return Some(at);
            }
            let step = at
                .substitute(&|one| (*one == index.symbol).then(|| own.plus(&Size::number(1))))
                .minus(&at);
            let end = match step.is_at_least(0) {
                true => index.size.clone()?,
                false => Size::number(1),
            };
            Some(at.substitute(&|one| (*one == index.symbol).then(|| end.clone())))
        })?;
        Some(size.minus(&self.extreme(&highest, true)))
    }

    /// Numbers for which a place is not inside: how they are written, the place, and the last position.
    fn example(&self, at: &Size, size: &Size) -> Option<(Vec<String>, i64, i64)> {
        let free: Vec<Symbol> = {
            let dims = self.program.dims.iter().filter(|dim| dim.value.is_none());
            dims.map(|dim| dim.name.clone()).collect()
        };
        let mut left = EXAMPLES;
        let mut bound = Bound::new();
        let found = self.tried(&free, &mut bound, &mut left, &|checker, bound| {
            checker.settled_example(at, size, bound)
        })?;
        let shown = |name: &str| {
            let is_read = |size: &Size| size.symbols().iter().any(|one| &**one == name);
            let ends = self.loops.iter().flat_map(|one| [&one.low, &one.high]);
            let runs = self.indices.iter().filter_map(|index| index.size.as_ref());
            let all: Vec<&Size> = [at, size].into_iter().chain(ends).chain(runs).collect();
            let known = self
                .program
                .dims
                .iter()
                .filter(|dim| all.iter().any(|size| size.symbols().contains(&dim.name)));
            let values = known.filter_map(|dim| match &dim.value {
                Some(DimValue::Equal(size)) => Some(vec![size.clone()]),
                Some(DimValue::Quotient(over, under)) => Some(vec![over.clone(), under.clone()]),
                None => None,
            });
            all.iter().any(|size| is_read(size)) || values.flatten().any(|size| is_read(&size))
        };
        let named = |symbol: &Symbol| {
            let index = self.indices.iter().find(|index| index.symbol == *symbol);
            index.map_or(symbol.to_string(), |index| index.name.clone())
        };
        let value = |symbol: &Symbol, number: i64| match self.indices.iter().find(|index| index.symbol == *symbol) {
            Some(index) => number - 1 + index.low.value(&found).unwrap_or(1),
            None => number,
        };
        let numbers = found.iter().filter(|(symbol, _)| shown(symbol));
        let numbers = numbers.map(|(symbol, number)| format!("{} = {}", named(symbol), value(symbol, *number)));
        Some((numbers.collect(), at.value(&found).ok()?, size.value(&found).ok()?))
    }

    /// Tries small numbers for these names, one after another.
    fn tried(
        &self,
        names: &[Symbol],
        bound: &mut Bound,
        left: &mut usize,
        last: &dyn Fn(&Self, &Bound) -> Option<Bound>,
    ) -> Option<Bound> {
        let Some((first, others)) = names.split_first() else {
            *left = left.checked_sub(1)?;
            return last(self, bound);
        };
        for number in 1..=EXAMPLE_MAX {
            bound.insert(first.clone(), number);
            if let Some(found) = self.tried(others, bound, left, last) {
                return Some(found);
            }
        }
        None
    }

    /// The numbers with those of all other names, if the program allows them and the place is outside in some round.
    fn settled_example(&self, at: &Size, size: &Size, bound: &Bound) -> Option<Bound> {
        let mut bound = bound.clone();
        for dim in &self.program.dims {
            let value = match &dim.value {
                None => continue,
                Some(DimValue::Equal(size)) => size.value(&bound).ok()?,
                Some(DimValue::Quotient(over, under)) => {
                    let (over, under) = (over.value(&bound).ok()?, under.value(&bound).ok()?);
                    (under != 0 && over % under == 0).then(|| over / under)?
                }
            };
            bound.insert(dim.name.clone(), (value >= 1).then_some(value)?);
        }
        let holds = |one: &crate::meaning::program::Requirement| {
            let condition = Condition::Compare(one.left.clone(), one.comparison, one.right.clone());
            condition.holds(&|size: &Size| size.value(&bound)).unwrap_or(false)
        };
        if !self.program.requirements.iter().all(holds) {
            return None;
        }
        let loops = self
            .loops
            .iter()
            .map(|one| (one.index.clone(), one.low.clone(), one.high.clone()));
        let indices = self.indices.iter().filter_map(|index| {
            let size = index.size.clone()?;
            Some((index.symbol.clone(), Size::number(1), size))
        });
        let running: Vec<(Symbol, Size, Size)> = loops.chain(indices).collect();
        self.round_outside(at, size, &running, bound)
    }

    fn round_outside(&self, at: &Size, size: &Size, running: &[(Symbol, Size, Size)], bound: Bound) -> Option<Bound> {
        let Some(((symbol, low, high), others)) = running.split_first() else {
            // What is masked is computed all the same, and only indices are kept from it.
            let masked = self.masked.iter().filter(|_| self.runs(at));
            let assumed = self.settled.iter().chain(masked);
            let is_taken = assumed
                .into_iter()
                .all(|size| size.value(&bound).is_ok_and(|value| value >= 0));
            let (at, last) = (at.value(&bound).ok()?, size.value(&bound).ok()?);
            return (is_taken && (at < 1 || at > last)).then_some(bound);
        };
        let (low, high) = (low.value(&bound).ok()?, high.value(&bound).ok()?);
        (low..=high.min(low + 2 * EXAMPLE_MAX)).find_map(|number| {
            let mut bound = bound.clone();
            bound.insert(symbol.clone(), number);
            self.round_outside(at, size, others, bound)
        })
    }
}
