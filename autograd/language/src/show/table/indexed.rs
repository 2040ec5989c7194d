//! A line of a straight program as a formula, entry by entry.
//!
//! What is asked for is the entry at given indices. A sum introduces a letter that nothing around it uses, so no index is
//! captured.

use std::cell::{Cell, RefCell};

use super::formula::{Along, Bound, Formula, Range};
use super::index::{Index, before_reshape, groups, size};
use super::names::Names;
use crate::derive::straight::Line;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind};
use crate::meaning::unroll::Done;
use crate::span::Span;

/// How many operations one formula has at most.
const LONGEST: usize = 2_000;

/// Writes lines as formulas.
pub(super) struct Writer<'l> {
    pub lines: &'l [Line],
    /// For each line, the name by which it is written; nothing for what is written by how it is computed.
    pub names: &'l Names,
    /// The gradients and weights among the lines, as formulas without indices of axes.
    pub given: Vec<Option<Formula>>,
    /// The letters that the formulas around use.
    taken: RefCell<Vec<String>>,
    length: Cell<usize>,
}

impl<'l> Writer<'l> {
    pub fn new(lines: &'l [Line], names: &'l Names) -> Self {
        Self {
            lines,
            names,
            given: vec![None; lines.len()],
            taken: RefCell::new(Vec::new()),
            length: Cell::new(0),
        }
    }

    /// Letters for axes while something is written; an axis of size 1 has the position 1.
    pub fn with_letters<V>(&self, axes: &[Axis], write: impl FnOnce(&[Index]) -> Done<V>) -> Done<V> {
        let before = self.taken.borrow().len();
        let mut at = Vec::new();
        for axis in axes {
            if self.names.is_one(axis) {
                at.push(Index::At(Formula::whole(1)));
                continue;
            }
            let letter = self.names.letter(axis, &self.taken.borrow());
            at.push(Index::letter(&letter));
            self.taken.borrow_mut().push(letter);
        }
        let written = write(&at);
        self.taken.borrow_mut().truncate(before);
        written
    }

    /// Begins the count of operations again.
    pub fn begin(&self) {
        self.length.set(0);
    }

    /// What a line is called at these indices, if it has a name.
    pub fn named(&self, line: usize, at: &[Index]) -> Option<Formula> {
        let below: Vec<Formula> = at.iter().map(Index::below).collect();
        if let Some(given) = &self.given[line] {
            return Some(match given {
                Formula::Gradient(letter, of) => Formula::Gradient(letter.clone(), Box::new(self.extended(of, below))),
                own => self.extended(own, below),
            });
        }
        let shown = self.names.shown.get(line)?.as_ref()?;
        Some(self.names.symbol(shown, below))
    }

    fn extended(&self, symbol: &Formula, below: Vec<Formula>) -> Formula {
        match symbol {
            Formula::Symbol(name, places) => self.names.at(name, places.iter().cloned().chain(below).collect()),
            own => own.clone(),
        }
    }

    /// An entry of a line: by name, or by how it is computed.
    pub fn entry(&self, line: usize, at: &[Index]) -> Done<Formula> {
        let own = &self.lines[line];
        let one = |(axis, index): (&Axis, &Index)| match self.names.is_one(axis) {
            true => Index::At(Formula::whole(1)),
            false => index.clone(),
        };
        let at: Vec<Index> = own.ty.axes.iter().zip(at).map(one).collect();
        match self.named(line, &at) {
            Some(name) => Ok(name),
            None => crate::stack::deeper(|| self.computed(line, &at)),
        }
    }

    /// An entry by how it is computed.
    pub fn computed(&self, line: usize, at: &[Index]) -> Done<Formula> {
        self.count()?;
        let own = &self.lines[line];
        let arg = |i: usize, at: &[Index]| self.entry(own.args[i], at);
        let call = |name: &str, args| Formula::Call(name.to_string(), args, Along::Whole);
        Ok(match &own.op {
            Operation::Number(value) => number(*value),
            Operation::Size(value) => size(value),
            Operation::Positions => at[0].position(),
            Operation::Unary(name) => unary(name, arg(0, at)?),
            Operation::Power(n) => Formula::operator('^', arg(0, at)?, number(*n)),
            Operation::Clip(low, high) => call("clip", vec![arg(0, at)?, number(*low), number(*high)]),
            Operation::Binary(name) => {
                let [a, b] = [self.lined_up(own.args[0], at)?, self.lined_up(own.args[1], at)?];
                binary(name, a, b)
            }
            Operation::Where => self.choice(&own.args, at)?,
            Operation::Matmul => self.product(own, at)?,
            Operation::Reduce(name, axes) => self.reduction(own, name, axes, at)?,
            Operation::Along(name, axis) => self.along(own, name, *axis, at)?,
            Operation::Permute(order) => {
                let mut inner = at.to_vec();
                order
                    .iter()
                    .zip(at)
                    .filter(|(from, _)| **from < at.len())
                    .for_each(|(&from, index)| inner[from] = index.clone());
                arg(0, &inner)?
            }
            Operation::Relabel => arg(0, at)?,
            Operation::Broadcast => self.lined_up(own.args[0], at)?,
            Operation::Reshape => {
                let from = &self.lines[own.args[0]].ty.axes;
                arg(0, &before_reshape(self.names, from, &own.ty.axes, at))?
            }
            Operation::Select(axis, place) => {
                let mut inner = at.to_vec();
                inner.insert(*axis, Index::At(size(&self.names.normal(place))));
                arg(0, &inner)?
            }
            Operation::Slice(axis, from, _) => {
                let mut inner = at.to_vec();
                inner[*axis] = inner[*axis].moved(&from.minus(&Size::number(1)));
                arg(0, &inner)?
            }
            Operation::Unfold(places) => arg(0, &self.places(own.args[0], places, at))?,
            Operation::Fold(places) => self.folded(line, places, at)?,
            Operation::Concat(axis) => self.joined(own, *axis, at)?,
            Operation::Embedding => {
                let (rows, rest) = at.split_at(self.lines[own.args[1]].ty.rank());
                let row = Index::Id(self.entry(own.args[1], rows)?);
                arg(0, &[&[row][..], rest].concat())?
            }
            Operation::Pick => {
                let picked = Index::Id(self.entry(own.args[1], at)?);
                arg(0, &[at, &[picked]].concat())?
            }
            Operation::Engine(name, _) if name == "stack" => self.stacked(line, at)?,
            Operation::Engine(name, _) if name == "matmul" => self.product(own, at)?,
            _ => self.of_matrices(line, at)?,
        })
    }

    pub(super) fn count(&self) -> Done<()> {
        self.length.set(self.length.get() + 1);
        if self.length.get() <= LONGEST {
            return Ok(());
        }
        let text = format!("a formula of the table has more than {LONGEST} operations");
        let error = Diagnostic::new(Code::E14, Span::default(), text);
        Err(Box::new(error.help("give parts of the expression a name of their own")))
    }

    /// The entry of an operand that lines up at its end.
    pub(super) fn lined_up(&self, line: usize, at: &[Index]) -> Done<Formula> {
        let offset = at.len() - self.lines[line].ty.rank();
        self.entry(line, &at[offset..])
    }

    pub(super) fn is_id(&self, line: usize) -> bool {
        matches!(self.lines[line].ty.kind, Kind::Id(_))
    }

    /// The axes that one axis of an operand was joined from, if it is not written by name.
    fn joined_from(&self, line: usize, axis: usize) -> Vec<Axis> {
        let own = &self.lines[line];
        let whole = || vec![own.ty.axes[axis].clone()];
        if self.named(line, &[]).is_some() {
            return whole();
        }
        match &own.op {
            Operation::Reshape => {
                let from = &self.lines[own.args[0]].ty.axes;
                let groups = groups(self.names, from, &own.ty.axes);
                match groups.iter().find(|group| group.to == [axis]) {
                    Some(group) if group.from.len() > 1 => {
                        group.from.iter().map(|&place| from[place].clone()).collect()
                    }
                    _ => whole(),
                }
            }
            Operation::Permute(order) => self.joined_from(own.args[0], order[axis]),
            Operation::Relabel | Operation::Unary(_) => self.joined_from(own.args[0], axis),
            _ => whole(),
        }
    }

    /// An index through an axis of an operand, which may have been joined from several.
    fn with_inner<V>(&self, axes: &[Axis], write: impl FnOnce(Index, &[Formula]) -> Done<V>) -> Done<V> {
        self.with_letters(axes, |letters| {
            let positions: Vec<Formula> = letters.iter().map(Index::position).collect();
            let sizes = axes.iter().map(|axis| axis.size.clone());
            let index = match letters {
                [one] => one.clone(),
                _ => Index::Joined(positions.iter().cloned().zip(sizes).collect()),
            };
            write(index, &positions)
        })
    }

    /// `sum_k a_..k b_..k..`, for vectors, matrices and stacks of matrices.
    fn product(&self, own: &Line, at: &[Index]) -> Done<Formula> {
        let [a, b] = [own.args[0], own.args[1]];
        let [a_rank, b_rank] = [a, b].map(|line| self.lines[line].ty.rank());
        let columns = usize::from(b_rank > 1);
        let stack = at.len() - usize::from(a_rank > 1) - columns;
        let of_stack = |rank: usize| &at[stack - rank.saturating_sub(2)..stack];
        let mut inner = self.joined_from(a, a_rank - 1);
        if inner.len() == 1 {
            let of_b = self.joined_from(b, b_rank.saturating_sub(2));
            inner = if of_b.len() > 1 { of_b } else { inner };
        }
        self.with_inner(&inner, |k, letters| {
            let row = &at[stack..at.len() - columns];
            let a_at = [of_stack(a_rank), row, std::slice::from_ref(&k)].concat();
            let b_at = [of_stack(b_rank), &[k], &at[at.len() - columns..]].concat();
            let product = binary("mul", self.entry(a, &a_at)?, self.entry(b, &b_at)?);
            Ok(self.over("sum", letters, &inner, product))
        })
    }

    fn reduction(&self, own: &Line, name: &'static str, axes: &[usize], at: &[Index]) -> Done<Formula> {
        let arg = own.args[0];
        let rank = self.lines[arg].ty.rank();
        self.reduced(arg, name, axes, &mut vec![None; rank], at)
    }

    /// The reduction over these axes, one after the other; `full` has the indices that are known.
    fn reduced(
        &self,
        arg: usize,
        name: &'static str,
        axes: &[usize],
        full: &mut Vec<Option<Index>>,
        at: &[Index],
    ) -> Done<Formula> {
        let Some((&axis, rest)) = axes.split_first() else {
            let mut kept = at.iter();
            let index = |own: &Option<Index>| own.clone().or_else(|| kept.next().cloned());
            let full: Vec<Index> = full.iter().filter_map(index).collect();
            return self.entry(arg, &full);
        };
        let inner = self.joined_from(arg, axis);
        self.with_inner(&inner, |index, letters| {
            full[axis] = Some(index);
            let body = self.reduced(arg, name, rest, full, at)?;
            Ok(self.over(name, letters, &inner, body))
        })
    }

    /// The reduction over these letters; nested ones of a kind become one.
    pub(super) fn over(&self, reducer: &'static str, letters: &[Formula], axes: &[Axis], body: Formula) -> Formula {
        if let (Formula::Neg(inner), "sum" | "mean") = (&body, reducer) {
            return negated(self.over(reducer, letters, axes, (**inner).clone()));
        }
        let mut body = body;
        for (letter, axis) in letters.iter().zip(axes).rev() {
            let Some(letter) = letter.as_name() else { continue };
            let bound = self.bound(letter, &axis.size, &body);
            let is_plain = |bound: &Bound| bound.range == Range::Own;
            body = match body {
                Formula::Over(own, bounds, inner)
                    if own == reducer && is_plain(&bound) && bounds.iter().all(is_plain) && reducer != "logsumexp" =>
                {
                    Formula::Over(own, [vec![bound], bounds].concat(), inner)
                }
                body => Formula::Over(reducer, vec![bound], Box::new(body)),
            };
        }
        body
    }

    /// A letter whose range is said if the places where it stands do not say it.
    pub(super) fn bound(&self, letter: &str, size_of: &Size, body: &Formula) -> Bound {
        let wanted = self.names.normal(size_of);
        let mut all: Vec<bool> = Vec::new();
        body.visit(&mut |part| {
            let Formula::Symbol(name, indices) = part else { return };
            for (place, index) in indices.iter().enumerate() {
                if index.as_name() == Some(letter) {
                    all.push(self.names.size_at(name, place) == Some(&wanted));
                }
            }
        });
        let is_clear = all.iter().any(|&is_own| is_own) && !all.contains(&false);
        Bound {
            letter: letter.to_string(),
            range: if is_clear {
                Range::Own
            } else {
                Range::To(Box::new(size(size_of)))
            },
        }
    }

    /// A function along an axis: softmax, a running sum, the order turned around.
    fn along(&self, own: &Line, name: &str, axis: usize, at: &[Index]) -> Done<Formula> {
        let arg = own.args[0];
        let with = |index: Index| {
            let mut inner = at.to_vec();
            inner[axis] = index;
            inner
        };
        let whole = &own.ty.axes[axis];
        if name == "flip" {
            let last = size(&whole.size).plus(Formula::whole(1));
            return self.entry(arg, &with(Index::At(last.minus(at[axis].position()))));
        }
        let letter = at[axis].position().as_name().map(str::to_string);
        let is_alone = |letter: &String| {
            let mut others = at.iter().enumerate().filter(|(place, _)| *place != axis);
            !others.any(|(_, index)| mentions(&index.position(), letter))
        };
        if let Some(letter) = letter.filter(|letter| name != "cumsum" && is_alone(letter)) {
            let body = self.entry(arg, at)?;
            let bound = self.bound(&letter, &whole.size, &body);
            return Ok(Formula::Call(name.to_string(), vec![body], Along::Index(bound)));
        }
        self.with_letters(std::slice::from_ref(whole), |letters| {
            let body = self.entry(arg, &with(letters[0].clone()))?;
            let position = letters[0].position();
            let Some(letter) = position.as_name() else {
                return Ok(body);
            };
            if name == "cumsum" {
                let range = Range::UpTo(Box::new(at[axis].position()));
                let letter = letter.to_string();
                return Ok(Formula::Over("sum", vec![Bound { letter, range }], Box::new(body)));
            }
            let bound = self.bound(letter, &whole.size, &body);
            let call = Formula::Call(name.to_string(), vec![body], Along::Index(bound));
            Ok(Formula::Entry(Box::new(call), vec![at[axis].below()]))
        })
    }
}

/// True if a letter stands somewhere in a formula.
pub(super) fn mentions(formula: &Formula, letter: &str) -> bool {
    let mut found = false;
    formula.visit(&mut |part| found |= part.as_name() == Some(letter));
    found
}

pub(super) fn number(value: f64) -> Formula {
    match value < 0.0 {
        true => Formula::Neg(Box::new(Formula::Number(-value))),
        false => Formula::Number(value),
    }
}

/// A function of one number; the sigmoid is written out.
pub(super) fn unary(name: &str, of: Formula) -> Formula {
    match name {
        "neg" => negated(of),
        "sigmoid" => {
            let exponent = Formula::Call("exp".into(), vec![negated(of)], Along::Whole);
            let below = Formula::operator('+', Formula::Number(1.0), exponent);
            Formula::operator('/', Formula::Number(1.0), below)
        }
        name => Formula::Call(name.into(), vec![of], Along::Whole),
    }
}

/// The negation; that of a negation is the formula itself.
pub(super) fn negated(of: Formula) -> Formula {
    match of {
        Formula::Neg(inner) => *inner,
        of => Formula::Neg(Box::new(of)),
    }
}

/// An operation on two formulas; the sign of a factor stands before the product.
pub(super) fn binary(name: &str, a: Formula, b: Formula) -> Formula {
    match (name, a, b) {
        ("add", a, Formula::Neg(b)) => Formula::operator('-', a, *b),
        ("sub", a, Formula::Neg(b)) => Formula::operator('+', a, *b),
        ("mul" | "div", Formula::Neg(a), b) => negated(binary(name, *a, b)),
        ("mul" | "div", a, Formula::Neg(b)) => negated(binary(name, a, *b)),
        ("add", a, b) => Formula::operator('+', a, b),
        ("sub", a, b) => Formula::operator('-', a, b),
        ("mul", a, b) => Formula::operator('*', a, b),
        ("div", a, b) => Formula::operator('/', a, b),
        ("pow", a, b) => Formula::operator('^', a, b),
        (name, a, b) => Formula::Call(name.into(), vec![a, b], Along::Whole),
    }
}

/// The message that the table cannot show an op.
pub(super) fn without_formula(op: &str) -> Box<Diagnostic> {
    let text = format!("the table has no formula for engine.{op}");
    let error = Diagnostic::new(Code::E09, Span::default(), text);
    Box::new(error.help("write its formula out with operators and functions of the language"))
}
