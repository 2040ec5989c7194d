//! A line of a straight program as a formula, entry by entry with indices, or with whole matrices.

use std::collections::BTreeMap;

use super::formula::Formula;
use crate::derive::rules::expanded_in;
use crate::derive::straight::Line;
use crate::meaning::program::Operation;
use crate::meaning::size::Symbol;

/// Writes lines as formulas.
pub(super) struct Writer<'l> {
    pub lines: &'l [Line],
    /// Lines that are written by name, not by what they are computed from.
    pub named: Vec<bool>,
    /// False for whole matrices.
    pub with_indices: bool,
    /// The letters of axes, by label.
    pub letters: BTreeMap<String, String>,
}

const LETTERS: &[&str] = &["i", "j", "k", "l", "m", "n", "p", "r", "s", "u", "v", "w"];

/// A letter for each named size, in the order of declaration: `t` for T, else `i`, `j`, `k`, …
pub(super) fn letters(dims: impl Iterator<Item = Symbol>) -> BTreeMap<String, String> {
    let mut free = LETTERS.iter();
    let mut letters = BTreeMap::new();
    for dim in dims {
        let letter = if &*dim == "T" {
            "t"
        } else {
            free.next().copied().unwrap_or("i")
        };
        letters.insert(dim.to_string(), letter.to_string());
    }
    letters
}

impl Writer<'_> {
    /// The letters of a line's axes; two axes of one name get different ones.
    pub fn indices(&self, line: usize) -> Vec<Formula> {
        let mut taken: Vec<String> = Vec::new();
        if !self.with_indices {
            return Vec::new();
        }
        for axis in &self.lines[line].ty.axes {
            let letter = self
                .letters
                .get(&*axis.label)
                .cloned()
                .unwrap_or_else(|| axis.label.to_lowercase());
            let letter = if letter.len() > 2 { "i".to_string() } else { letter };
            taken.push(self.unless_taken(letter, &taken));
        }
        taken
            .into_iter()
            .map(|letter| Formula::Symbol(letter, Vec::new()))
            .collect()
    }

    fn unless_taken(&self, letter: String, taken: &[String]) -> String {
        if !taken.contains(&letter) {
            return letter;
        }
        let free = LETTERS.iter().find(|free| !taken.iter().any(|own| own == *free));
        free.map_or(letter, |free| (*free).to_string())
    }

    /// The formula of a line at these indices.
    pub fn formula(&self, line: usize, at: &[Formula]) -> Formula {
        if self.named[line] {
            let name = self.lines[line].name.clone().unwrap_or_default();
            return Formula::Symbol(name, at.to_vec());
        }
        self.computed(line, at)
    }

    /// The formula of a line by what it is computed from.
    pub fn computed(&self, line: usize, at: &[Formula]) -> Formula {
        let own = &self.lines[line];
        let arg = |i: usize, at: &[Formula]| self.formula(own.args[i], at);
        match &own.op {
            Operation::Number(value) if *value < 0.0 => Formula::Neg(Box::new(Formula::Number(-value))),
            Operation::Number(value) => Formula::Number(*value),
            Operation::Size(size) => Formula::Symbol(size.to_string(), Vec::new()),
            Operation::Unary("neg") => Formula::Neg(Box::new(arg(0, at))),
            Operation::Unary("sigmoid") => {
                let exponent = Formula::Call("exp".into(), vec![Formula::Neg(Box::new(arg(0, at)))], None);
                let below = Formula::operator('+', Formula::Number(1.0), exponent);
                Formula::operator('/', Formula::Number(1.0), below)
            }
            Operation::Unary(name) => Formula::Call((*name).into(), vec![arg(0, at)], None),
            Operation::Power(n) => Formula::operator('^', arg(0, at), Formula::Number(*n)),
            Operation::Binary(name) => {
                let [a, b] = [0, 1].map(|i| self.lined_up(own.args[i], own.ty.rank(), at));
                match sign(name) {
                    Some(sign) => Formula::operator(sign, a, b),
                    None => Formula::Call((*name).into(), vec![a, b], None),
                }
            }
            Operation::Where => {
                let parts = own.args.iter().map(|&part| self.lined_up(part, own.ty.rank(), at));
                Formula::Call("where".into(), parts.collect(), None)
            }
            Operation::Matmul => self.product(own, at),
            Operation::Reduce(name, axes) => self.reduction(own, name, axes, at),
            Operation::Along(name, axis) => {
                let along = at.get(*axis).map(|index| index.spell(super::Spelling::Text));
                Formula::Call((*name).into(), vec![arg(0, at)], along)
            }
            Operation::Permute(order) if self.with_indices => {
                let mut inner = at.to_vec();
                order
                    .iter()
                    .zip(at)
                    .filter(|(from, _)| **from < at.len())
                    .for_each(|(&from, index)| inner[from] = index.clone());
                arg(0, &inner)
            }
            Operation::Permute(_) => Formula::Transposed(Box::new(arg(0, at))),
            Operation::Relabel => arg(0, at),
            Operation::Reshape | Operation::Broadcast => self.lined_up(own.args[0], own.ty.rank(), at),
            Operation::Select(axis, place) => {
                let mut inner = at.to_vec();
                let place = Formula::Symbol(place.to_string(), Vec::new());
                inner.insert((*axis).min(inner.len()), place);
                arg(0, &inner)
            }
            Operation::Embedding => {
                let ids = self.lines[own.args[1]].ty.rank();
                let (rows, rest) = at.split_at(ids.min(at.len()));
                let picked = self.formula(own.args[1], rows);
                arg(0, &[&[picked][..], rest].concat())
            }
            Operation::Pick => {
                let picked = self.formula(own.args[1], at);
                arg(0, &[at, &[picked]].concat())
            }
            Operation::Engine(name, _) => self.named_call(name, own, at),
            op => self.named_call(&format!("{op:?}").to_lowercase(), own, at),
        }
    }

    fn named_call(&self, name: &str, own: &Line, _: &[Formula]) -> Formula {
        let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let args = own
            .args
            .iter()
            .map(|&part| self.formula(part, &self.indices(part)))
            .collect();
        Formula::Call(name, args, None)
    }

    /// An operand at the indices of the result: without those of axes that it lacks.
    fn lined_up(&self, line: usize, rank: usize, at: &[Formula]) -> Formula {
        if !self.with_indices {
            let source = expanded_in(self.lines, line)
                .filter(|_| !self.named[line])
                .map_or(line, |(source, _)| source);
            return self.formula(source, at);
        }
        let offset = rank.saturating_sub(self.lines[line].ty.rank());
        let own = at.get(offset..).unwrap_or(&[]);
        match expanded_in(self.lines, line).filter(|_| !self.named[line]) {
            Some((source, places)) => {
                let inner: Vec<Formula> = places.iter().filter_map(|&place| own.get(place).cloned()).collect();
                self.formula(source, &inner)
            }
            None => self.formula(line, own),
        }
    }

    fn product(&self, own: &Line, at: &[Formula]) -> Formula {
        let [a, b] = [own.args[0], own.args[1]];
        if !self.with_indices {
            return Formula::operator('@', self.formula(a, at), self.formula(b, at));
        }
        let (a_rank, b_rank) = (self.lines[a].ty.rank(), self.lines[b].ty.rank());
        let inner = self.lines[a]
            .ty
            .axes
            .last()
            .map_or("i".to_string(), |axis| axis.label.to_string());
        let used: Vec<String> = at.iter().map(|index| index.spell(super::Spelling::Text)).collect();
        let letter = self
            .letters
            .get(&inner)
            .cloned()
            .unwrap_or_else(|| inner.to_lowercase());
        let letter = self.unless_taken(letter, &used);
        let k = Formula::Symbol(letter.clone(), Vec::new());
        let stack = if a_rank > 2 && b_rank > 2 { a_rank - 2 } else { 0 };
        let rows = a_rank - 1;
        let a_at: Vec<Formula> = at[..rows.min(at.len())].iter().cloned().chain([k.clone()]).collect();
        let columns = &at[rows.min(at.len())..];
        let b_at: Vec<Formula> = at[..stack]
            .iter()
            .cloned()
            .chain([k])
            .chain(columns.iter().cloned())
            .collect();
        let product = Formula::operator('*', self.formula(a, &a_at), self.formula(b, &b_at));
        Formula::Over("sum", letter, Box::new(product))
    }

    fn reduction(&self, own: &Line, name: &'static str, axes: &[usize], at: &[Formula]) -> Formula {
        let inner = self.indices(own.args[0]);
        if !self.with_indices {
            return Formula::Call(name.into(), vec![self.formula(own.args[0], &[])], None);
        }
        let mut outer = at.iter();
        let mut letters = Vec::new();
        let mut full = Vec::new();
        for (axis, index) in inner.into_iter().enumerate() {
            if axes.contains(&axis) {
                letters.push(index.spell(super::Spelling::Text));
                full.push(index);
            } else {
                full.push(outer.next().cloned().unwrap_or(index));
            }
        }
        let body = self.formula(own.args[0], &full);
        Formula::Over(name, letters.join(","), Box::new(body))
    }
}

fn sign(name: &str) -> Option<char> {
    Some(match name {
        "add" => '+',
        "sub" => '-',
        "mul" => '*',
        "div" => '/',
        "pow" => '^',
        _ => return None,
    })
}
