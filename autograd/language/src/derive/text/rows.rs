//! Kept loops, and the rows through which values pass from round to round.

use std::collections::BTreeSet;

use super::Writer;
use super::tree::{expr, ident, name};
use crate::derive::straight::{Line, Round, Straight};
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::span::Span;
use crate::syntax::ast::*;

impl Writer<'_> {
    /// The loop around these statements, if there are any.
    pub(super) fn round(&mut self, round: &Round, stmts: Vec<Stmt>) {
        if stmts.is_empty() {
            return;
        }
        let body = Block {
            stmts,
            span: Span::default(),
        };
        self.say(StmtKind::For(ForLoop {
            index: ident(&round.index),
            from: round.from.to_expr(),
            to: round.to.to_expr(),
            down: round.down,
            body,
        }));
    }

    /// The left side for a line: its name, or its place in a row; from then on it is written so.
    pub(super) fn target(&mut self, line: usize, indices: Vec<Axis>) -> LeftSide {
        if let Some((row, at)) = self
            .stores(line)
            .first()
            .filter(|_| !self.keeps_its_name(line))
            .cloned()
        {
            let axes = std::iter::once(Axis::Size(None, at.to_expr())).chain(indices);
            let axes = Some(axes.collect());
            self.written[line] = self.row(&Operation::Row(row, at));
            let name = ident(&self.straight.rounds.rows[row].0);
            return LeftSide { name, axes };
        }
        let own = self.name_of(line);
        self.written[line] = Some(name(&own.name));
        let axes = (!indices.is_empty()).then_some(indices);
        LeftSide { name: own, axes }
    }

    /// True for a named line outside of loops: a row gets its value, and everything else reads it by its name.
    fn keeps_its_name(&self, line: usize) -> bool {
        self.straight.lines[line].name.is_some() && loop_of(self.straight, line).is_none()
    }

    /// The other rows that a line is put in.
    pub(super) fn also_stored(&mut self, line: usize) {
        let written = usize::from(!self.keeps_its_name(line));
        for (row, at) in self.stores(line).into_iter().skip(written) {
            let target = LeftSide {
                name: ident(&self.straight.rounds.rows[row].0),
                axes: Some(vec![Axis::Size(None, at.to_expr())]),
            };
            let value = self.operand(line);
            self.say(StmtKind::Equation(vec![target], value, None));
        }
    }

    /// The places of rows that are read somewhere which a line is put in.
    pub(super) fn stores(&self, line: usize) -> Vec<(usize, Size)> {
        let list = self.straight.rounds.stores.get(&line).into_iter().flatten();
        list.filter(|(row, _)| self.rows.contains(row)).cloned().collect()
    }

    /// A row, or one of its positions, as it is written.
    pub(super) fn row(&self, op: &Operation) -> Option<Expr> {
        let own = |row: usize| name(&self.straight.rounds.rows[row].0);
        match op {
            Operation::Row(row, at) => Some(expr(ExprKind::Index(Box::new(own(*row)), vec![at.to_expr()]))),
            Operation::Rows(row, _) => Some(own(*row)),
            _ => None,
        }
    }
}

/// Which lines the outputs and the objective need.
pub(in crate::derive) fn needed(straight: &Straight) -> Vec<bool> {
    let mut needed = vec![false; straight.lines.len()];
    let ends = straight
        .outputs
        .iter()
        .map(|(_, line)| *line)
        .chain(straight.objective.map(|(_, line)| line));
    for line in ends {
        needed[line] = true;
    }
    let mut known = 0;
    loop {
        for line in (0..needed.len()).rev().filter(|&line| needed[line]).collect::<Vec<_>>() {
            mark_operands(straight, line, &mut needed);
        }
        let rows = rows_read(straight, &needed);
        for (&line, list) in &straight.rounds.stores {
            needed[line] |= list.iter().any(|(row, _)| rows.contains(row));
        }
        let count = needed.iter().filter(|&&needed| needed).count();
        if count == known {
            return needed;
        }
        known = count;
    }
}

pub(super) fn mark_operands(straight: &Straight, line: usize, needed: &mut [bool]) {
    let mut open = vec![line];
    while let Some(line) = open.pop() {
        for &arg in &straight.lines[line].args {
            if !needed[arg] {
                needed[arg] = true;
                open.push(arg);
            }
        }
    }
}

/// The rows that these lines read.
pub(super) fn rows_read(straight: &Straight, needed: &[bool]) -> BTreeSet<usize> {
    let lines = straight.lines.iter().zip(needed).filter(|(_, needed)| **needed);
    let row = |(line, _): (&Line, &bool)| match line.op {
        Operation::Row(row, _) | Operation::Rows(row, _) => Some(row),
        _ => None,
    };
    lines.filter_map(row).collect()
}

/// Which loop a line stands in.
pub(super) fn loop_of(straight: &Straight, line: usize) -> Option<usize> {
    straight
        .rounds
        .loops
        .iter()
        .position(|round| round.lines.contains(&line))
}
