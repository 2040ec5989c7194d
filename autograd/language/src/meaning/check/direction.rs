//! W05: whether the objective goes the wrong way.
//!
//! Only what can have one direction alone counts: the log-probability that ids pick, the log-likelihood of a yes or no,
//! `log(sigmoid(a))`, and the squared distance from data. What is weighted by something that may be negative, such as an
//! advantage, and what is an entropy or a divergence, has no direction here.

use std::collections::{BTreeMap, BTreeSet};

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Instruction, Operation, ValueId};
use crate::meaning::types::Kind;
use crate::span::Span;
use crate::stack;
use crate::syntax::ast::Direction;

/// Whether a value is the better the greater it is, or the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Better {
    Greater,
    Smaller,
}

impl Better {
    fn turned(self) -> Self {
        match self {
            Self::Greater => Self::Smaller,
            Self::Smaller => Self::Greater,
        }
    }
}

/// A sum of more terms, or a product of more factors, has no direction here: squares of squares have as many factors as
/// one likes.
const PARTS_MAX: usize = 1000;

/// How the values of a graph are made.
struct Made<'c> {
    checker: &'c Checker<'c>,
    operations: BTreeMap<ValueId, (&'c Operation, &'c [ValueId])>,
    /// What a value read from a row may be.
    read: BTreeMap<ValueId, Vec<ValueId>>,
    /// Answers; `None` as well while a value is being asked about.
    known: BTreeMap<ValueId, Option<Better>>,
}

/// One term of a sum: its sign, and its factors.
struct Term {
    is_negative: bool,
    factors: Vec<ValueId>,
}

impl Checker<'_> {
    /// Warns of `minimize` where greater is better, and of `maximize` where smaller is.
    pub(super) fn objective_turned_around(&mut self, instructions: &[Instruction], statement: Span) {
        let Some((direction, objective)) = self.program.objective else {
            return;
        };
        let better = Made::new(self, instructions).better(objective);
        let (text, word) = match (direction, better) {
            (Direction::Minimize, Some(Better::Greater)) => (
                "this is minimised, and it grows when the right answer becomes more likely",
                "maximize",
            ),
            (Direction::Maximize, Some(Better::Smaller)) => (
                "this is maximised, and it falls when the answers become better",
                "minimize",
            ),
            _ => return,
        };
        let own = Span {
            end: statement.start + "minimize".len() as u32,
            ..statement
        };
        let warning = Diagnostic::new(Code::W05, own, text).with(self.program.values[objective].span, "the objective");
        self.report(warning.help(format!("write `{word}`, or turn its sign around")));
    }
}

impl<'c> Made<'c> {
    fn new(checker: &'c Checker<'c>, instructions: &'c [Instruction]) -> Self {
        let mut stored: BTreeMap<usize, Vec<ValueId>> = BTreeMap::new();
        for instruction in Instruction::all(instructions) {
            if let Instruction::Store { family, value, .. } = instruction {
                stored.entry(*family).or_default().push(*value);
            }
        }
        let (mut operations, mut read) = (BTreeMap::new(), BTreeMap::new());
        for instruction in Instruction::all(instructions) {
            match instruction {
                Instruction::Compute { out, op, args } => {
                    operations.insert(*out, (op, args.as_slice()));
                }
                Instruction::Load { out, family, .. } | Instruction::Collect { out, family } => {
                    read.insert(*out, stored.get(family).cloned().unwrap_or_default());
                }
                _ => {}
            }
        }
        Self {
            checker,
            operations,
            read,
            known: BTreeMap::new(),
        }
    }

    /// The operation that made a value, behind those that only rearrange.
    fn root(&self, value: ValueId) -> (ValueId, Option<(&'c Operation, &'c [ValueId])>) {
        let mut value = value;
        loop {
            if let Some([only]) = self.read.get(&value).map(Vec::as_slice) {
                value = *only;
                continue;
            }
            match self.operations.get(&value) {
                Some((
                    Operation::Relabel
                    | Operation::Reshape
                    | Operation::Permute(_)
                    | Operation::Broadcast
                    | Operation::Select(..),
                    args,
                )) => value = args[0],
                made => return (value, made.copied()),
            }
        }
    }

    fn better(&mut self, value: ValueId) -> Option<Better> {
        if let Some(known) = self.known.get(&value) {
            return *known;
        }
        self.known.insert(value, None);
        let found = stack::deeper(|| self.find(value));
        self.known.insert(value, found);
        found
    }

    fn find(&mut self, value: ValueId) -> Option<Better> {
        if let Some(values) = self.read.get(&value).cloned() {
            let mut all = values.into_iter().filter_map(|value| self.better(value));
            let first = all.next()?;
            return all.all(|other| other == first).then_some(first);
        }
        let (op, args) = *self.operations.get(&value)?;
        match op {
            Operation::Relabel
            | Operation::Reshape
            | Operation::Permute(_)
            | Operation::Select(..)
            | Operation::Reduce("sum" | "mean", _) => self.better(args[0]),
            Operation::Binary("div") if self.is_positive(args[1]) => self.better(args[0]),
            Operation::Binary("add" | "sub" | "mul") | Operation::Unary("neg") => self.of_sum(value),
            Operation::Pick => self
                .is_log(args[0])
                .map(|is_negative| signed(Better::Greater, is_negative)),
            Operation::Unary("log_sigmoid") => self.is_unsigned(args[0]).then_some(Better::Greater),
            Operation::Unary("log") => match self.root(args[0]).1? {
                (Operation::Pick, _) => Some(Better::Greater),
                (Operation::Unary("sigmoid"), inner) => self.is_unsigned(inner[0]).then_some(Better::Greater),
                _ => None,
            },
            Operation::Power(n) if *n == 2.0 => match self.root(args[0]).1? {
                (Operation::Binary("sub"), sides) => {
                    let is_data = [sides[0], sides[1]].map(|side| self.is_data(side));
                    (is_data[0] != is_data[1]).then_some(Better::Smaller)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The direction of a sum: that of its terms which have one, if they agree.
    fn of_sum(&mut self, value: ValueId) -> Option<Better> {
        let mut terms = Vec::new();
        self.terms(value, false, &mut terms);
        if terms.len() > PARTS_MAX || terms.iter().any(|term| term.factors.len() > PARTS_MAX) {
            return None;
        }
        if let [a, b] = terms.as_slice()
            && a.is_negative == b.is_negative
            && (self.is_yes_and_no(a, b) || self.is_yes_and_no(b, a))
        {
            return Some(signed(Better::Greater, a.is_negative));
        }
        let mut found = None;
        for term in terms {
            let one = match term.factors.as_slice() {
                [only] if *only != value => self.better(*only),
                factors => self.of_product(factors),
            };
            match (found, one.map(|one| signed(one, term.is_negative))) {
                // A penalty has no direction of its own; a term with a logarithm may have any.
                (_, None) if term.factors.iter().any(|&factor| self.is_made_with_log(factor)) => return None,
                (_, None) => {}
                (None, Some(one)) => found = Some(one),
                (Some(before), Some(one)) if before == one => {}
                _ => return None,
            }
        }
        found
    }

    /// The direction of the one factor that has one; the others must be positive.
    fn of_product(&mut self, factors: &[ValueId]) -> Option<Better> {
        let (positive, others): (Vec<ValueId>, Vec<ValueId>) =
            factors.iter().partition(|&&factor| self.is_positive(factor));
        match others.as_slice() {
            [only] if !positive.is_empty() => self.better(*only),
            _ => None,
        }
    }

    /// The terms of a sum, with their signs.
    fn terms(&self, value: ValueId, is_negative: bool, terms: &mut Vec<Term>) {
        if terms.len() > PARTS_MAX {
            return;
        }
        match self.root(value).1 {
            Some((Operation::Binary("add"), args)) => {
                stack::deeper(|| self.terms(args[0], is_negative, terms));
                stack::deeper(|| self.terms(args[1], is_negative, terms));
            }
            Some((Operation::Binary("sub"), args)) => {
                stack::deeper(|| self.terms(args[0], is_negative, terms));
                stack::deeper(|| self.terms(args[1], !is_negative, terms));
            }
            Some((Operation::Unary("neg"), args)) => stack::deeper(|| self.terms(args[0], !is_negative, terms)),
            _ => {
                let mut term = Term {
                    is_negative,
                    factors: Vec::new(),
                };
                self.factors(value, &mut term);
                terms.push(term);
            }
        }
    }

    fn factors(&self, value: ValueId, term: &mut Term) {
        if term.factors.len() > PARTS_MAX {
            return;
        }
        let (root, made) = self.root(value);
        match made {
            Some((Operation::Binary("mul"), args)) => {
                stack::deeper(|| self.factors(args[0], term));
                stack::deeper(|| self.factors(args[1], term));
            }
            Some((Operation::Unary("neg"), args)) => {
                term.is_negative = !term.is_negative;
                self.factors(args[0], term);
            }
            Some((Operation::Number(number), _)) if *number < 0.0 => term.is_negative = !term.is_negative,
            _ => term.factors.push(root),
        }
    }

    /// `t * log(y)` and `(1 - t) * log(1 - y)`, with t given.
    fn is_yes_and_no(&self, yes: &Term, no: &Term) -> bool {
        let log = |value: ValueId| match self.root(value).1 {
            Some((Operation::Unary("log"), args)) => Some(self.root(args[0]).0),
            _ => None,
        };
        let rest_of = |value: ValueId| match self.root(value).1 {
            Some((Operation::Binary("sub"), args)) => match self.root(args[0]).1 {
                Some((Operation::Number(one), _)) if *one == 1.0 => Some(self.root(args[1]).0),
                _ => None,
            },
            _ => None,
        };
        let ([a, b], [c, d]) = (yes.factors.as_slice(), no.factors.as_slice()) else {
            return false;
        };
        let orders = |a: ValueId, b: ValueId| [(a, b), (b, a)];
        orders(*a, *b).into_iter().any(|(t, log_y)| {
            let Some(y) = log(log_y).filter(|_| matches!(self.root(t).1, Some((Operation::Input(_), _)))) else {
                return false;
            };
            orders(*c, *d).into_iter().any(|(rest, log_rest)| {
                rest_of(rest) == Some(self.root(t).0) && log(log_rest).and_then(rest_of) == Some(y)
            })
        })
    }

    /// Whether a value is a logarithm of a probability, and then whether with a minus.
    fn is_log(&self, value: ValueId) -> Option<bool> {
        match self.root(value).1? {
            (Operation::Along("log_softmax", _) | Operation::Unary("log"), _) => Some(false),
            (Operation::Unary("neg"), args) => self.is_log(args[0]).map(|negative| !negative),
            _ => None,
        }
    }

    /// True if a value is computed from a logarithm.
    fn is_made_with_log(&self, value: ValueId) -> bool {
        let (mut open, mut seen) = (vec![value], BTreeSet::new());
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            open.extend(self.read.get(&value).into_iter().flatten());
            match self.operations.get(&value) {
                Some((Operation::Unary("log" | "log_sigmoid" | "log1p") | Operation::Along("log_softmax", _), _)) => {
                    return true;
                }
                Some((_, args)) => open.extend(*args),
                None => {}
            }
        }
        false
    }

    fn is_positive(&self, value: ValueId) -> bool {
        let (root, made) = self.root(value);
        match made {
            Some((Operation::Number(number), _)) => *number > 0.0,
            Some((Operation::Size(_), _)) => true,
            _ => self.checker.ty(root).kind == Kind::Bool,
        }
    }

    /// True unless the value has a minus in front: `log(sigmoid(-a))` is the logarithm of the other answer.
    fn is_unsigned(&self, value: ValueId) -> bool {
        !matches!(self.root(value).1, Some((Operation::Unary("neg"), _)))
    }

    fn is_data(&self, value: ValueId) -> bool {
        let (root, made) = self.root(value);
        matches!(made, Some((Operation::Input(_), _))) && self.checker.ty(root).kind != Kind::Real
    }
}

fn signed(better: Better, is_negative: bool) -> Better {
    if is_negative { better.turned() } else { better }
}
