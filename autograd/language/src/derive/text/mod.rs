//! A straight program as text of the language.
//!
//! A value without a name that is used once is written where it is used. An operation is written as an op of the engine,
//! with `as` to name its axes, if the language has no operator or function for it, or would not align its operands.

mod declarations;
mod engine;
mod operators;
mod rows;
mod tree;

use std::collections::BTreeSet;

use super::names::Names;
use super::rules::expanded_in;
use super::straight::{Round, Straight};
use crate::meaning::program::Operation;
use crate::span::Span;
use crate::syntax::ast::*;
use crate::syntax::print::print as print_file;
pub(super) use rows::needed;
use rows::{loop_of, rows_read};
use tree::{ident, is_name, name, shape};

/// The program as text, with these doc lines.
pub(super) fn print(straight: &Straight, docs: &[String]) -> String {
    let mut writer = Writer::new(straight);
    let stmts = writer.statements();
    print_file(&File {
        uses: Vec::new(),
        items: vec![Item {
            docs: docs.to_vec(),
            kind: ItemKind::Graph {
                name: ident(&straight.name),
                body: Block {
                    stmts,
                    span: Span::default(),
                },
            },
            span: Span::default(),
        }],
    })
}

struct Writer<'s> {
    straight: &'s Straight,
    needed: Vec<bool>,
    uses: Vec<usize>,
    /// For each line, how it is written where it is used.
    written: Vec<Option<Expr>>,
    depth: Vec<usize>,
    names: Names,
    rows: BTreeSet<usize>,
    stmts: Vec<Stmt>,
    fresh: usize,
    /// What axes are called: an index with such a name would make `over` it stand for two axes.
    labels: BTreeSet<String>,
}

/// How deep an expression may become before a part of it gets a name.
const DEPTH: usize = 12;

impl<'s> Writer<'s> {
    pub(super) fn new(straight: &'s Straight) -> Self {
        let needed = needed(straight);
        let rows = rows_read(straight, &needed);
        let mut uses = vec![0; straight.lines.len()];
        for (line, _) in straight.lines.iter().enumerate().filter(|(line, _)| needed[*line]) {
            for &arg in &straight.lines[line].args {
                // What every round of a loop reads gets a name, and is computed once.
                uses[arg] += if loop_of(straight, arg) == loop_of(straight, line) {
                    1
                } else {
                    2
                };
            }
        }
        for line in (0..uses.len()).rev().filter(|&line| needed[line]) {
            if let Some((source, _)) = expanded_in(&straight.lines, line) {
                uses[source] += uses[line].max(1) - 1;
            }
        }
        let axes = straight.lines.iter().flat_map(|line| &line.ty.axes);
        let labels = axes.map(|axis| axis.label.to_string()).collect();
        Self {
            straight,
            needed,
            uses,
            written: vec![None; straight.lines.len()],
            depth: vec![0; straight.lines.len()],
            names: straight.names.clone(),
            rows,
            stmts: Vec::new(),
            fresh: 0,
            labels,
        }
    }

    pub(super) fn statements(&mut self) -> Vec<Stmt> {
        self.declarations();
        let mut before = Vec::new();
        for line in 0..self.straight.lines.len() {
            let begins = |round: &Round| round.lines.start == line && !round.lines.is_empty();
            if self.straight.rounds.loops.iter().any(begins) {
                before = std::mem::take(&mut self.stmts);
            }
            if self.needed[line] {
                self.line(line);
            }
            let ended = self
                .straight
                .rounds
                .loops
                .iter()
                .find(|round| round.lines.end == line + 1);
            if let Some(round) = ended.filter(|round| !round.lines.is_empty()) {
                let body = std::mem::replace(&mut self.stmts, std::mem::take(&mut before));
                self.round(round, body);
            }
        }
        if let Some((direction, line)) = self.straight.objective {
            let value = self.operand(line);
            self.say(StmtKind::Objective(direction, value));
        }
        let outputs: Vec<Ident> = self
            .straight
            .outputs
            .iter()
            .map(|(_, line)| self.name_of(*line))
            .collect();
        if !outputs.is_empty() {
            self.say(StmtKind::Output(outputs));
        }
        std::mem::take(&mut self.stmts)
    }

    pub(super) fn say(&mut self, kind: StmtKind) {
        self.stmts.push(Stmt {
            docs: Vec::new(),
            kind,
            span: Span::default(),
        });
    }

    /// Writes a line: as a part of what uses it, or as a statement.
    pub(super) fn line(&mut self, line: usize) {
        let own = &self.straight.lines[line];
        if let Operation::Input(_) | Operation::Param(..) = own.op {
            self.written[line] = own.name.as_deref().map(name);
            return;
        }
        if own.name.is_none() && expanded_in(&self.straight.lines, line).is_some() && self.only_lined_up(line) {
            return;
        }
        if let Some(value) = self.row(&own.op) {
            if own.name.is_none() && self.stores(line).is_empty() {
                self.written[line] = Some(value);
                return;
            }
            return self.define(line, value, false);
        }
        if let Operation::Positions = own.op {
            return self.positions(line);
        }
        if own.op == Operation::Relabel {
            let value = self.operand(own.args[0]);
            let is_same = self.straight.lines[own.args[0]].ty.axes == own.ty.axes;
            let is_stored = !self.stores(line).is_empty();
            return self.define(line, value, !(is_stored && is_same));
        }
        match self.pretty(line) {
            Some(value) if own.name.is_none() && self.stores(line).is_empty() && self.may_stand_inside(line) => {
                self.written[line] = Some(value);
            }
            Some(value) => self.define(line, value, false),
            None => match self.index_equation(line).or_else(|| self.unfolded(line)) {
                Some(()) => {}
                None => {
                    let value = self.engine(line);
                    self.define(line, value, true);
                }
            },
        }
    }

    /// True if a line that puts in axes of size 1 is used only by lines that line up operands by themselves.
    pub(super) fn only_lined_up(&self, line: usize) -> bool {
        let users = self
            .straight
            .lines
            .iter()
            .enumerate()
            .filter(|(user, own)| self.needed[*user] && own.args.contains(&line));
        users
            .clone()
            .all(|(_, own)| matches!(own.op, Operation::Binary(_) | Operation::Where | Operation::Broadcast))
    }

    pub(super) fn may_stand_inside(&mut self, line: usize) -> bool {
        let own = &self.straight.lines[line];
        let depth = 1 + own.args.iter().map(|&arg| self.depth[arg]).max().unwrap_or(0);
        self.depth[line] = depth;
        let constant = matches!(own.op, Operation::Number(_) | Operation::Size(_));
        let inside = constant || (self.uses[line] <= 1 && depth < DEPTH);
        if !inside {
            self.depth[line] = 0;
        }
        inside
    }

    /// A statement that gives a line its name; `with_axes` adds what the axes are called.
    pub(super) fn define(&mut self, line: usize, value: Expr, with_axes: bool) {
        let ty = &self.straight.lines[line].ty;
        let shape = (with_axes && ty.rank() > 0).then(|| shape(&ty.axes));
        self.depth[line] = 0;
        let target = self.target(line, Vec::new());
        self.say(StmtKind::Equation(vec![target], value, shape));
        self.also_stored(line);
    }

    pub(super) fn name_of(&mut self, line: usize) -> Ident {
        if let Some(Expr {
            kind: ExprKind::Name(name),
            ..
        }) = &self.written[line]
        {
            return ident(name);
        }
        match &self.straight.lines[line].name {
            Some(name) => ident(name),
            None => ident(&self.fresh_name("t")),
        }
    }

    pub(super) fn fresh_name(&mut self, letter: &str) -> String {
        loop {
            self.fresh += 1;
            let name = format!("{letter}{}", self.fresh);
            if !(letter == "i" && self.labels.contains(&name)) && self.names.take(&name) {
                return name;
            }
        }
    }

    /// A line as an operand; of one that only puts in axes of size 1, what it puts them in.
    pub(super) fn operand(&self, line: usize) -> Expr {
        if let Some(written) = &self.written[line] {
            return written.clone();
        }
        let (source, _) = expanded_in(&self.straight.lines, line).expect("every line before this one was written");
        self.operand(source)
    }

    /// The positions of an axis, as an index equation `p[q:T] = q`.
    pub(super) fn positions(&mut self, line: usize) {
        let target = self.name_of(line);
        let axis = &self.straight.lines[line].ty.axes[0];
        let free = is_name(&axis.label) && !self.names.has(&axis.label);
        let index = if free {
            axis.label.to_string()
        } else {
            self.fresh_name("i")
        };
        let axes = vec![Axis::Size(Some(ident(&index)), axis.size.to_expr())];
        let own = (!free).then(|| shape(std::slice::from_ref(axis)));
        self.written[line] = Some(name(&target.name));
        let target = LeftSide {
            name: target,
            axes: Some(axes),
        };
        self.say(StmtKind::Equation(vec![target], name(&index), own));
    }
}
