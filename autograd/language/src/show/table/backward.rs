//! The equations of a table: how each value is computed, and its gradient as the sum of what its readers give back.

use std::collections::BTreeMap;

use super::Style;
use super::formula::{Condition, Formula};
use super::index::Index;
use super::indexed::{Writer, binary, mentions};
use super::names::{Names, has_row};
use crate::derive::straight::{Line, Straight};
use crate::derive::{Contributions, contributions, operands_in_order};
use crate::meaning::program::Operation;
use crate::meaning::unroll::Done;

/// Left and right side.
pub(super) type Equation = (Formula, Formula);

/// The forward equation and the backward equations of each value with a row, by its line.
pub(super) fn equations(straight: &Straight, style: Style) -> Done<BTreeMap<usize, (Equation, Vec<Equation>)>> {
    let names = Names::new(straight);
    let is_shown: Vec<bool> = names.shown.iter().map(Option::is_some).collect();
    let found = contributions(straight, &is_shown)?;
    let mut writer = Writer::new(&found.lines, &names);
    for (line, gradient) in found.gradients.iter().enumerate() {
        if let (Some(gradient), Some(shown)) = (gradient, &names.shown[line]) {
            let symbol = names.symbol(shown, Vec::new());
            writer.given[*gradient] = Some(Formula::Gradient(names.gradient.clone(), Box::new(symbol)));
        }
    }
    for (line, name) in &found.weights {
        writer.given[*line] = Some(Formula::name(name));
    }
    let table = Table {
        straight,
        names: &names,
        found: &found,
        writer,
        style,
    };
    let with_rows = |line: &usize| is_shown[*line] && has_row(&straight.lines[*line]);
    (0..straight.lines.len())
        .filter(with_rows)
        .map(|line| Ok((line, (table.forward(line)?, table.backward(line)?))))
        .collect()
}

struct Table<'t> {
    straight: &'t Straight,
    names: &'t Names,
    found: &'t Contributions,
    writer: Writer<'t>,
    style: Style,
}

impl Table<'_> {
    fn forward(&self, line: usize) -> Done<Equation> {
        self.writer.begin();
        let own = &self.straight.lines[line];
        if self.style == Style::Matrix
            && let Some(whole) = self
                .writer
                .whole_computed(line)
                .filter(|whole| whole.fits(own.ty.rank()))
        {
            return Ok((self.symbol(line, &[]), whole.formula));
        }
        self.writer.begin();
        self.writer.with_letters(&own.ty.axes, |at| {
            Ok((self.symbol(line, at), self.writer.computed(line, at)?))
        })
    }

    /// The gradients of which this row is the last to contribute: then the sum is known.
    fn backward(&self, line: usize) -> Done<Vec<Equation>> {
        let mut operands = operands_in_order(&self.straight.lines, line, &|at| self.names.shown[at].is_some());
        // What no row reads gets its gradient from outside alone.
        operands.insert(0, line);
        let mut equations = Vec::new();
        for (i, &operand) in operands.iter().enumerate() {
            let parts = &self.found.parts[operand];
            let is_last = self.last_reader(operand) == Some(line) && !operands[..i].contains(&operand);
            if is_last && !parts.is_empty() {
                let terms: Vec<usize> = parts.iter().map(|(_, part)| *part).collect();
                let reader = (parts.len() == 1).then_some(line);
                equations.extend(self.gradient(operand, &terms, reader)?);
            }
        }
        Ok(equations)
    }

    /// The row whose contribution to a gradient is the last: rows run from the loss down.
    fn last_reader(&self, operand: usize) -> Option<usize> {
        let has_row = |line: &usize| self.names.shown[*line].is_some() && has_row(&self.straight.lines[*line]);
        let mut readers = self.found.parts[operand].iter().map(|(reader, _)| *reader);
        let first = readers.by_ref().filter(has_row).min();
        first.or_else(|| Some(operand).filter(has_row))
    }

    fn gradient(&self, operand: usize, terms: &[usize], reader: Option<usize>) -> Done<Vec<Equation>> {
        self.writer.begin();
        let own = &self.straight.lines[operand];
        let letter = &self.names.gradient;
        let left = |at: &[Index]| Formula::Gradient(letter.clone(), Box::new(self.symbol(operand, at)));
        if self.style == Style::Matrix {
            let wholes: Option<Vec<Formula>> = terms
                .iter()
                .map(|&term| {
                    Some(
                        self.writer
                            .whole(term)
                            .filter(|whole| whole.fits(own.ty.rank()))?
                            .formula,
                    )
                })
                .collect();
            if let Some(wholes) = wholes {
                return Ok(vec![(left(&[]), sum(wholes))]);
            }
        }
        self.writer.begin();
        self.writer.with_letters(&own.ty.axes, |at| {
            let parts: Done<Vec<Formula>> = terms.iter().map(|&term| self.writer.entry(term, at)).collect();
            let whole = sum(parts?);
            let symbol = self.symbol(operand, at);
            let partial = reader
                .filter(|_| self.style == Style::Indexed)
                .and_then(|_| self.split(&whole, &symbol));
            Ok(match partial {
                Some((product, partial, slope)) => vec![(left(at), product), (partial, slope)],
                None => vec![(left(at), whole)],
            })
        })
    }

    fn symbol(&self, line: usize, at: &[Index]) -> Formula {
        let named = self.writer.named(line, at);
        named.expect("invariant: the equations are of values with a name")
    }

    /// A contribution as the upstream gradient times a local derivative, perhaps summed over indices: the product with
    /// `∂y/∂x`, that derivative, and its formula.
    fn split(&self, whole: &Formula, operand: &Formula) -> Option<(Formula, Formula, Formula)> {
        match whole {
            Formula::Operator('*', left, right) => {
                let (upstream, of, slope) = match (&**left, &**right) {
                    (Formula::Gradient(_, of), slope) => (left, of, slope),
                    (slope, Formula::Gradient(_, of)) => (right, of, slope),
                    _ => return None,
                };
                if !is_by_letters(of) || self.names.forbids_partial(of) || self.names.forbids_partial(operand) {
                    return None;
                }
                let partial = Formula::Partial(of.clone(), Box::new(operand.clone()));
                let product = Formula::operator('*', (**upstream).clone(), partial.clone());
                Some((product, partial, slope.clone()))
            }
            Formula::Over("sum", bounds, body) => {
                let is_own = bounds.iter().all(|bound| bound.range == super::formula::Range::Own);
                let (product, partial, slope) = self.split(body, operand).filter(|_| is_own)?;
                // What the derivative alone would say of an index is hidden behind its name.
                let upstream = match &product {
                    Formula::Operator(_, upstream, _) => upstream,
                    _ => return None,
                };
                if !bounds.iter().all(|bound| mentions(upstream, &bound.letter)) {
                    return None;
                }
                Some((Formula::Over("sum", bounds.clone(), Box::new(product)), partial, slope))
            }
            _ => None,
        }
    }
}

/// True for a symbol whose indices are different letters or numbers.
fn is_by_letters(symbol: &Formula) -> bool {
    let Formula::Symbol(_, indices) = symbol else {
        return false;
    };
    let is_new = |i: usize| indices[i].as_whole().is_some() || !indices[..i].contains(&indices[i]);
    let is_simple = |index: &Formula| index.as_name().is_some() || index.as_whole().is_some();
    indices.iter().all(is_simple) && (0..indices.len()).all(is_new)
}

/// The sum of terms that are not 0; terms for one position each are cases of one.
fn sum(terms: Vec<Formula>) -> Formula {
    let mut all: Vec<Formula> = Vec::new();
    for term in terms.into_iter().filter(|term| *term != Formula::Number(0.0)) {
        let joined = all.last().and_then(|last| both_cases(last, &term));
        match (joined, all.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => all.push(term),
        }
    }
    all.into_iter()
        .reduce(|sum, term| binary("add", sum, term))
        .unwrap_or(Formula::Number(0.0))
}

/// `{a if t = 1; 0 otherwise} + {b if t = 2; 0 otherwise}` as one choice.
fn both_cases(first: &Formula, second: &Formula) -> Option<Formula> {
    let (Formula::Cases(first, zero), Formula::Cases(second, other)) = (first, second) else {
        return None;
    };
    let of_place = |(_, condition): &(Formula, Condition)| match condition.rest.as_slice() {
        [("=", place)] => Some((condition.first.clone(), place.as_whole()?)),
        _ => None,
    };
    let all: Vec<(Formula, Condition)> = first.iter().chain(second).cloned().collect();
    let places: Vec<(Formula, i64)> = all.iter().map(of_place).collect::<Option<_>>()?;
    let is_apart = |i: usize| {
        places[..i]
            .iter()
            .all(|(index, place)| *index == places[i].0 && *place != places[i].1)
    };
    let are_zero = zero.as_whole() == Some(0) && other.as_whole() == Some(0);
    (are_zero && (1..places.len()).all(is_apart)).then(|| Formula::Cases(all, zero.clone()))
}

/// The program with a named value as its objective, so that the loss has a row.
pub(super) fn with_named_loss(mut straight: Straight) -> Straight {
    let Some((direction, line)) = straight.objective else {
        return straight;
    };
    let own = &straight.lines[line];
    let is_leaf = matches!(own.op, Operation::Input(_) | Operation::Param(..));
    if own.name.is_some() && !is_leaf {
        return straight;
    }
    let taken = |name: &str| {
        let of_line = |line: &Line| line.name.as_deref() == Some(name);
        straight.lines.iter().any(of_line) || straight.dims.iter().any(|dim| &*dim.name == name)
    };
    let names = ["J", "loss"]
        .into_iter()
        .map(str::to_string)
        .chain((2..).map(|n| format!("loss_{n}")));
    let name = names.into_iter().find(|name| !taken(name));
    if is_leaf {
        let (ty, op) = (own.ty.clone(), Operation::Relabel);
        straight.lines.push(Line {
            op,
            args: vec![line],
            ty,
            name,
        });
        straight.objective = Some((direction, straight.lines.len() - 1));
    } else {
        straight.lines[line].name = name;
    }
    straight
}
