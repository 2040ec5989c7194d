//! Masked entries: constants of the program, and the entries whose weight they make 0.

use super::places::{ALL, AxisRead, Elements, Masked};
use crate::meaning::program::Operation;
use crate::stack;

impl Elements<'_> {
    /// True if the entry at this position of the inner axis has no influence.
    pub(super) fn is_masked(&self, line: usize, at: &[i64], inner: i64) -> bool {
        let own = &self.lines[line];
        let at_arg = |i: usize| -> Vec<i64> {
            let places = self.places(line, i, at, inner).unwrap_or_default();
            places
                .iter()
                .map(|place| if let AxisRead::At(at) = place { *at } else { ALL })
                .collect()
        };
        match own.op {
            Operation::Along("softmax" | "log_softmax", _) => self.is_minus_infinity(own.args[0], &at_arg(0)),
            Operation::Matmul => (0..2).any(|i| self.is_zero(own.args[i], &at_arg(i))),
            Operation::Reduce("sum" | "mean", _) => self.is_zero(own.args[0], &at_arg(0)),
            _ => false,
        }
    }

    /// The position of an operand that lines up at its end.
    pub(super) fn aligned(&self, arg: usize, at: &[i64]) -> Vec<i64> {
        let rank = self.lines[arg].ty.rank();
        let offset = at.len() - rank;
        (0..rank)
            .map(|axis| {
                if self.sizes[arg][axis] == 1 {
                    0
                } else {
                    at[offset + axis]
                }
            })
            .collect()
    }

    /// The number of an entry, if the entry is a constant of the program at this position.
    pub(super) fn constant(&self, line: usize, at: &[i64]) -> Option<f64> {
        if !self.constants[line] {
            return None;
        }
        let key = (line, at.to_vec());
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let value = stack::deeper(|| self.computed(line, at));
        self.known.borrow_mut().insert(key, value);
        value
    }

    pub(super) fn computed(&self, line: usize, at: &[i64]) -> Option<f64> {
        let own = &self.lines[line];
        let arg = |i: usize| {
            let places = self.places(line, i, at, ALL)?;
            let at: Vec<i64> = places
                .iter()
                .map(|place| if let AxisRead::At(at) = place { *at } else { ALL })
                .collect();
            self.constant(own.args[i], &at)
        };
        Some(match &own.op {
            Operation::Number(value) => *value,
            Operation::Size(size) => size.value(self.bound).ok()? as f64,
            Operation::Positions => match at[0] {
                ALL => return None,
                at => (at + 1) as f64,
            },
            Operation::Unary("neg") => -arg(0)?,
            Operation::Unary("relu") => arg(0)?.max(0.0),
            Operation::Unary("abs") => arg(0)?.abs(),
            Operation::Binary("add") => arg(0)? + arg(1)?,
            Operation::Binary("sub") => arg(0)? - arg(1)?,
            Operation::Binary("mul") => arg(0)? * arg(1)?,
            Operation::Binary("div") => arg(0)? / arg(1)?,
            Operation::Binary("maximum") => arg(0)?.max(arg(1)?),
            Operation::Binary("minimum") => arg(0)?.min(arg(1)?),
            Operation::Where => {
                let mask = self.constant(own.args[0], &self.aligned(own.args[0], at))?;
                arg(if mask != 0.0 { 1 } else { 2 })?
            }
            Operation::Relabel
            | Operation::Reshape
            | Operation::Broadcast
            | Operation::Permute(_)
            | Operation::Select(..) => arg(0)?,
            _ => return None,
        })
    }

    /// What is known of an entry, found out at most once.
    fn once(&self, what: Masked, line: usize, at: &[i64], find: impl FnOnce() -> bool) -> bool {
        let key = (what, line, at.to_vec());
        if let Some(known) = self.masked.borrow().get(&key) {
            return *known;
        }
        let found = stack::deeper(find);
        self.masked.borrow_mut().insert(key, found);
        found
    }

    pub(super) fn is_minus_infinity(&self, line: usize, at: &[i64]) -> bool {
        self.once(Masked::MinusInfinity, line, at, || {
            self.becomes_minus_infinity(line, at)
        })
    }

    fn becomes_minus_infinity(&self, line: usize, at: &[i64]) -> bool {
        if self.constant(line, at) == Some(f64::NEG_INFINITY) {
            return true;
        }
        self.follows(line, at, &[0, 1], &|i, arg, at| match (&self.lines[line].op, i) {
            (Operation::Binary("add"), _) | (Operation::Binary("sub"), 0) => self.is_minus_infinity(arg, at),
            (Operation::Where | Operation::Relabel | Operation::Reshape | Operation::Permute(_), _) => {
                self.is_minus_infinity(arg, at)
            }
            _ => false,
        })
    }

    pub(super) fn is_zero(&self, line: usize, at: &[i64]) -> bool {
        self.once(Masked::Zero, line, at, || self.becomes_zero(line, at))
    }

    fn becomes_zero(&self, line: usize, at: &[i64]) -> bool {
        if self.constant(line, at) == Some(0.0) {
            return true;
        }
        self.follows(line, at, &[0, 1], &|i, arg, at| match (&self.lines[line].op, i) {
            (Operation::Along("softmax", _), _) => self.is_minus_infinity(arg, at),
            (Operation::Binary("mul"), _) | (Operation::Binary("div"), 0) => self.is_zero(arg, at),
            (Operation::Relabel | Operation::Reshape | Operation::Permute(_), _) => self.is_zero(arg, at),
            _ => false,
        })
    }

    /// Asks of the operands that an entry reads at one position each.
    pub(super) fn follows(
        &self,
        line: usize,
        at: &[i64],
        of: &[usize],
        ask: &dyn Fn(usize, usize, &[i64]) -> bool,
    ) -> bool {
        let own = &self.lines[line];
        let is_where = own.op == Operation::Where;
        let inner = |along: usize| at.get(along).copied().unwrap_or(ALL);
        let inner = if let Operation::Along(_, along) = own.op {
            inner(along)
        } else {
            ALL
        };
        of.iter().any(|&i| {
            let i = if is_where { i + 1 } else { i };
            let Some(&arg) = own.args.get(i) else { return false };
            let Some(places) = self.places(line, i, at, inner) else {
                return false;
            };
            // Both branches of a choice are read while the mask is not known.
            let mask = is_where.then(|| self.constant(own.args[0], &self.aligned(own.args[0], at)));
            if mask == Some(None) {
                return false;
            }
            let at: Vec<i64> = places
                .iter()
                .map(|place| if let AxisRead::At(at) = place { *at } else { ALL })
                .collect();
            ask(i, arg, &at)
        })
    }
}
