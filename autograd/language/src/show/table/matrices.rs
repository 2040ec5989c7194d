//! Functions of matrices, which have no formula for a single entry: the whole matrix stands inside the call.

use super::formula::{Along, Condition, Formula};
use super::index::Index;
use super::indexed::{Writer, without_formula};
use crate::derive::rules::expanded_in;
use crate::meaning::matrices::WORDS;
use crate::meaning::program::{AttributeNumber, Operation};
use crate::meaning::unroll::Done;

impl Writer<'_> {
    /// An entry of what an op of the engine gives: `inverse(A)_ij`.
    pub(super) fn of_matrices(&self, line: usize, at: &[Index]) -> Done<Formula> {
        let own = &self.lines[line];
        let Operation::Engine(name, attributes) = &own.op else {
            return Err(without_formula(own.op.name()));
        };
        if name == "tril" {
            let [.., row, column] = at else {
                return Err(without_formula(name));
            };
            let below = match attributes.iter().find(|(field, _)| field == "below") {
                Some((_, numbers)) => match numbers.as_slice() {
                    [AttributeNumber::Number(below)] => *below as i64,
                    _ => return Err(without_formula(name)),
                },
                None => 0,
            };
            let last = row.position().minus(Formula::whole(below));
            let condition = Condition::new(column.position(), "<=", last);
            let value = self.entry(own.args[0], at)?;
            return Ok(Formula::Cases(vec![(value, condition)], Box::new(Formula::whole(0))));
        }
        let (call, rank) = self.matrix_function(line).ok_or_else(|| without_formula(name))?;
        let below: Vec<Formula> = at[..rank].iter().map(Index::below).collect();
        Ok(match below.is_empty() {
            true => call,
            false => Formula::Entry(Box::new(call), below),
        })
    }

    /// The call of a function of matrices, and how many axes it gives; a column is written as the vector that it is.
    pub(super) fn matrix_function(&self, line: usize) -> Option<(Formula, usize)> {
        let own = &self.lines[line];
        let Operation::Engine(name, _) = &own.op else {
            return None;
        };
        if !WORDS.contains(&name.as_str()) || name == "tril" {
            return None;
        }
        let (mut args, mut rank) = (Vec::new(), own.ty.rank());
        for (i, &arg) in own.args.iter().enumerate() {
            let mut of = arg;
            let vector = expanded_in(self.lines, arg).filter(|_| i == 1 && self.named(arg, &[]).is_none());
            if let Some((source, places)) = vector
                && places.iter().copied().eq(0..self.lines[arg].ty.rank() - 1)
            {
                (of, rank) = (source, rank - 1);
            }
            let whole = self.whole(of).filter(|whole| whole.is_full(self.lines[of].ty.rank()))?;
            args.push(whole.formula);
        }
        Some((Formula::Call(name.clone(), args, Along::Whole), rank))
    }
}
