//! A line of a straight program as a formula over whole arrays, where the lectures have a notation for it.
//!
//! Arrays of which one has axes that the other lacks line up by the names of their axes, as in the language. What
//! has no such formula, such as a product that goes over two axes of a stack, is written entry by entry.

use super::formula::{Along, Condition, Formula};
use super::index::size;
use super::indexed::{Writer, binary, negated, number, unary};
use super::names::Shown;
use super::pieces::{Run, chosen};
use crate::derive::rules::expanded_in;
use crate::meaning::program::Operation;

/// A formula over whole arrays, with the name of each of its axes and its place among the axes of the line; a number
/// that is repeated has none.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub formula: Formula,
    axes: Vec<(String, usize)>,
}

impl Whole {
    /// True if the formula has all axes of a line, in order.
    pub fn is_full(&self, rank: usize) -> bool {
        self.axes.iter().map(|(_, place)| *place).eq(0..rank)
    }

    /// True if it can stand on the right of a value with so many axes.
    pub fn fits(&self, rank: usize) -> bool {
        self.axes.is_empty() || self.is_full(rank)
    }

    /// True if no two of its axes have the same name.
    fn is_clear(&self) -> bool {
        (0..self.axes.len()).all(|i| self.axes[..i].iter().all(|(label, _)| *label != self.axes[i].0))
    }

    fn label(&self, place: usize) -> String {
        self.axes[place].0.clone()
    }
}

impl Writer<'_> {
    /// The formula of a line: its name, or how it is computed.
    pub fn whole(&self, line: usize) -> Option<Whole> {
        match self.named(line, &[]) {
            Some(formula) => Some(self.with_all_axes(line, formula)),
            None => self.whole_computed(line),
        }
    }

    fn with_all_axes(&self, line: usize, formula: Formula) -> Whole {
        let axes = self.lines[line].ty.axes.iter().enumerate();
        Whole {
            formula,
            axes: axes.map(|(place, axis)| (axis.label.to_string(), place)).collect(),
        }
    }

    /// The formula of a line by how it is computed.
    pub fn whole_computed(&self, line: usize) -> Option<Whole> {
        self.count().ok()?;
        let own = &self.lines[line];
        let rank = own.ty.rank();
        let single = |formula| {
            Some(Whole {
                formula,
                axes: Vec::new(),
            })
        };
        match &own.op {
            Operation::Number(value) => single(number(*value)),
            Operation::Size(value) => single(size(value)),
            Operation::Unary(name) => self.mapped(own.args[0], |of| unary(name, of)),
            Operation::Power(n) => self.mapped(own.args[0], |of| Formula::operator('^', of, number(*n))),
            Operation::Clip(low, high) => self.mapped(own.args[0], |of| {
                Formula::Call("clip".into(), vec![of, number(*low), number(*high)], Along::Whole)
            }),
            Operation::Binary(name) => {
                let [a, b] = [self.beside(own.args[0], rank)?, self.beside(own.args[1], rank)?];
                self.pair(name, a, b)
            }
            Operation::Where => self.whole_choice(&own.args, rank),
            Operation::Matmul => self.whole_product(own.args[0], own.args[1]),
            Operation::Reduce(name, axes) => {
                let of = self.whole(own.args[0])?;
                let inner = self.lines[own.args[0]].ty.rank();
                if !of.is_full(inner) {
                    return None;
                }
                let along = match axes.len() == inner {
                    true => Along::Whole,
                    false if !of.is_clear() => return None,
                    false => Along::Axes(axes.iter().map(|&axis| of.label(axis)).collect()),
                };
                let kept = (0..inner).filter(|axis| !axes.contains(axis));
                Some(Whole {
                    axes: kept.enumerate().map(|(to, from)| (of.label(from), to)).collect(),
                    formula: Formula::Call((*name).into(), vec![of.formula], along),
                })
            }
            Operation::Along(name, axis) => {
                let of = self.whole(own.args[0])?;
                let along = match rank {
                    1 => Along::Whole,
                    _ if of.is_clear() && of.is_full(rank) => Along::Axes(vec![of.label(*axis)]),
                    _ => return None,
                };
                let is_full = of.is_full(rank);
                is_full.then(|| Whole {
                    formula: Formula::Call((*name).into(), vec![of.formula.clone()], along),
                    axes: of.axes,
                })
            }
            Operation::Permute(order) => self.whole_transposed(own.args[0], order),
            Operation::Relabel => self.whole(own.args[0]),
            Operation::Broadcast => self.beside(own.args[0], rank),
            Operation::Reshape => {
                let (source, places) = expanded_in(self.lines, line)?;
                self.moved(self.whole(source)?, &places)
            }
            Operation::Select(0, place) => {
                let place = self.names.normal(place);
                self.whole_position(own.args[0], size(&place))
            }
            Operation::Embedding => {
                let (table, ids) = (self.whole(own.args[0])?, self.whole(own.args[1])?);
                let of = self.lines[own.args[1]].ty.rank();
                let (Formula::Symbol(name, places), Formula::Symbol(..)) = (&table.formula, &ids.formula) else {
                    return None;
                };
                let is_plain = places.is_empty() && ids.is_full(of) && self.is_id(own.args[1]);
                let rest = table
                    .axes
                    .iter()
                    .skip(1)
                    .map(|(label, place)| (label.clone(), place - 1 + of));
                is_plain.then(|| Whole {
                    formula: self.names.at(name, vec![ids.formula.clone()]),
                    axes: ids.axes.iter().cloned().chain(rest).collect(),
                })
            }
            Operation::Engine(name, _) if name == "stack" => {
                let (name, runs) = self.row_of(line)?;
                let places = runs.iter().map(|run| match *run {
                    Run::At(place) => Formula::whole(place),
                    Run::From(first, count) => Formula::Range(first, first + count - 1),
                });
                let formula = Formula::Symbol(name, places.collect());
                Some(self.with_all_axes(line, formula))
            }
            Operation::Engine(..) => {
                let (formula, own) = self.matrix_function(line)?;
                let whole = self.with_all_axes(line, formula);
                Some(Whole {
                    axes: whole.axes.into_iter().take(own).collect(),
                    ..whole
                })
            }
            _ => None,
        }
    }

    fn mapped(&self, line: usize, write: impl FnOnce(Formula) -> Formula) -> Option<Whole> {
        let of = self.whole(line)?;
        Some(Whole {
            formula: write(of.formula),
            axes: of.axes,
        })
    }

    /// An operand beside others in an array of this rank, at whose end it lines up.
    fn beside(&self, line: usize, rank: usize) -> Option<Whole> {
        let offset = rank - self.lines[line].ty.rank();
        let of = self.whole(line)?;
        let places: Vec<usize> = (offset..rank).collect();
        self.moved(of, &places)
    }

    fn moved(&self, of: Whole, places: &[usize]) -> Option<Whole> {
        let axes = of
            .axes
            .into_iter()
            .map(|(label, place)| Some((label, *places.get(place)?)));
        Some(Whole {
            formula: of.formula,
            axes: axes.collect::<Option<Vec<_>>>()?,
        })
    }

    /// The axes of values that meet entry by entry: those of one of them, which has all the others'.
    fn met(all: &[&Whole]) -> Option<Vec<(String, usize)>> {
        let most = all.iter().max_by_key(|one| one.axes.len())?;
        let is_part = |one: &&Whole| one.axes.iter().all(|axis| most.axes.contains(axis));
        let is_same = |one: &&Whole| one.axes.is_empty() || one.axes == most.axes;
        let fits = all.iter().all(is_part) && (most.is_clear() || all.iter().all(is_same));
        fits.then(|| most.axes.clone())
    }

    fn pair(&self, name: &str, a: Whole, b: Whole) -> Option<Whole> {
        if let Some(axes) = Self::met(&[&a, &b]) {
            let formula = match name == "mul" && !a.axes.is_empty() && !b.axes.is_empty() {
                true => entry_by_entry(a.formula, b.formula),
                false => binary(name, a.formula, b.formula),
            };
            return Some(Whole { formula, axes });
        }
        // The product of every entry of one vector with every entry of another.
        let ([(_, i)], [(_, j)]) = (a.axes.as_slice(), b.axes.as_slice()) else {
            return None;
        };
        let (column, row) = match i < j {
            true => (a, b),
            false if j < i => (b, a),
            false => return None,
        };
        let is_product = name == "mul";
        is_product.then(|| Whole {
            axes: [column.axes, row.axes].concat(),
            formula: Formula::operator('@', column.formula, transposed(row.formula)),
        })
    }

    /// A value chosen entry by entry, by a condition that speaks of arrays.
    fn whole_choice(&self, args: &[usize], rank: usize) -> Option<Whole> {
        let own = &self.lines[args[0]];
        let is_free = self.named(args[0], &[]).is_none();
        let sign = match own.op {
            Operation::Unary("relu") if is_free => ">",
            Operation::Unary("abs") if is_free => "!=",
            _ => return None,
        };
        let offset = rank - own.ty.rank();
        let difference = own.args[0];
        let sub = &self.lines[difference];
        let places: Vec<usize> = (offset..rank).collect();
        let (left, right) = match sub.op {
            Operation::Binary("sub") if self.named(difference, &[]).is_none() => {
                let own_rank = sub.ty.rank();
                let [a, b] = [self.beside(sub.args[0], own_rank)?, self.beside(sub.args[1], own_rank)?];
                (self.moved(a, &places)?, self.moved(b, &places)?)
            }
            _ => {
                let zero = Whole {
                    formula: Formula::whole(0),
                    axes: Vec::new(),
                };
                (self.moved(self.whole(difference)?, &places)?, zero)
            }
        };
        let [yes, no] = [self.beside(args[1], rank)?, self.beside(args[2], rank)?];
        // `x > y` of two vectors along different axes says nothing by itself.
        Self::met(&[&left, &right])?;
        let axes = Self::met(&[&left, &right, &yes, &no])?;
        let condition = Condition::new(left.formula, sign, right.formula);
        let formula = chosen(condition, yes.formula, no.formula);
        Some(Whole { formula, axes })
    }

    fn whole_product(&self, a: usize, b: usize) -> Option<Whole> {
        let [a_rank, b_rank] = [a, b].map(|line| self.lines[line].ty.rank());
        let [a, b] = [self.whole(a)?, self.whole(b)?];
        if !a.is_full(a_rank) || !b.is_full(b_rank) {
            return None;
        }
        let product = |left, right| Formula::operator('@', left, right);
        let stack = a_rank.saturating_sub(2);
        let (formula, labels): (Formula, Vec<String>) = match (a_rank, b_rank) {
            (1, 1) => (product(transposed(a.formula), b.formula), Vec::new()),
            (1, 2) => (product(transposed(b.formula.clone()), a.formula), vec![b.label(1)]),
            (_, 1) => (
                product(a.formula.clone(), b.formula),
                (0..a_rank - 1).map(|place| a.label(place)).collect(),
            ),
            _ if b_rank == 2 || (b_rank == a_rank && b.axes[..stack] == a.axes[..stack]) => {
                let rows = (0..a_rank - 1).map(|place| a.label(place));
                let labels = rows.chain([b.label(b_rank - 1)]).collect();
                (product(a.formula.clone(), b.formula), labels)
            }
            _ => return None,
        };
        let axes = labels.into_iter().enumerate().map(|(place, label)| (label, place));
        Some(Whole {
            formula,
            axes: axes.collect(),
        })
    }

    /// The last two axes swapped.
    fn whole_transposed(&self, line: usize, order: &[usize]) -> Option<Whole> {
        let of = self.whole(line)?;
        let rank = order.len();
        let mut swapped: Vec<usize> = (0..rank).collect();
        swapped.swap(rank.checked_sub(2)?, rank - 1);
        let fits = order == swapped && of.is_full(rank);
        fits.then(|| Whole {
            axes: order
                .iter()
                .enumerate()
                .map(|(to, &from)| (of.label(from), to))
                .collect(),
            formula: transposed(of.formula),
        })
    }

    /// One position of the first axis.
    fn whole_position(&self, line: usize, place: Formula) -> Option<Whole> {
        let own = &self.lines[line];
        let axes: Vec<(String, usize)> = (1..own.ty.rank())
            .map(|i| (own.ty.axes[i].label.to_string(), i - 1))
            .collect();
        if self.named(line, &[]).is_none()
            && let Operation::Engine(name, attributes) = &own.op
            && name == "stack"
            && crate::derive::stack_axis(attributes) == 0
        {
            let part = own.args.get(usize::try_from(place.as_whole()? - 1).ok()?)?;
            return self.whole(*part);
        }
        let of = self.whole(line)?;
        if !of.is_full(own.ty.rank()) {
            return None;
        }
        let shown = self.names.shown.get(line).and_then(Option::as_ref);
        let formula = match (&of.formula, shown) {
            (Formula::Symbol(..), Some(Shown { name, places })) if places.is_empty() => {
                self.names.at(name, vec![place])
            }
            _ => Formula::Entry(Box::new(of.formula), vec![place]),
        };
        Some(Whole { formula, axes })
    }
}

/// The product of arrays entry by entry; the sign of a factor stands before it.
fn entry_by_entry(a: Formula, b: Formula) -> Formula {
    match (a, b) {
        (Formula::Neg(a), b) => negated(entry_by_entry(*a, b)),
        (a, Formula::Neg(b)) => negated(entry_by_entry(a, *b)),
        (a, b) => Formula::operator('.', a, b),
    }
}

/// The transpose; that of a transpose is the array itself.
fn transposed(of: Formula) -> Formula {
    match of {
        Formula::Transposed(inner) => *inner,
        of => Formula::Transposed(Box::new(of)),
    }
}
