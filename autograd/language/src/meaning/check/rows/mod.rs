//! Rows of values, one for each position of a loop, such as the states `h[0]`, `h[1]`, … of a recurrence.

mod coverage;

use std::cmp::Ordering;

use super::Checker;
use super::names::Binding;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Family, Instruction, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::Type;
use crate::span::Span;
use crate::syntax::ast::{self, Expr, Ident, LeftSide, Stmt, StmtKind};

/// A position of a row that has a value, for all rounds of the loops around it.
#[derive(Clone, Debug)]
pub(super) struct RowEntry {
    pub(super) low: Vec<Size>,
    pub(super) high: Vec<Size>,
    pub(super) at: Vec<Size>,
    /// For each position whether it runs with a loop.
    pub(super) running: Vec<bool>,
    /// The labels of the loops' ends, for the axes of the whole row.
    pub(super) labels: Vec<std::rc::Rc<str>>,
    /// For each number of the place, the name of the loop's position, if that alone is the number.
    pub(super) indices: Vec<Option<Symbol>>,
}

impl<'a> Checker<'a> {
    /// The leading positions of a target: `h[t]` and `h[0]` are places in a row, `a[j]` is an index equation.
    pub(super) fn keys(&self, axes: &[ast::Axis]) -> Vec<Size> {
        let key = |axis: &ast::Axis| match axis {
            ast::Axis::Size(None, expr) => self.as_size(expr),
            _ => None,
        };
        axes.iter().map_while(key).collect()
    }

    /// True for `r[i:N, 0]` and `r[i, 0]`, where an index meets a place of a row.
    pub(super) fn is_border(&self, target: &LeftSide) -> bool {
        let Some(axes) = &target.axes else { return false };
        let is_place = |axis: &ast::Axis| matches!(axis, ast::Axis::Size(None, expr) if expr.as_name().is_none() && self.as_size(expr).is_some());
        let is_index = |axis: &ast::Axis| match axis {
            ast::Axis::Size(Some(_), _) => true,
            // In a loop a name that means nothing is rather another name of the loop's position.
            ast::Axis::Size(None, expr) => {
                self.loops.is_empty() && expr.as_name().is_some_and(|name| self.lookup(name).is_none())
            }
            ast::Axis::Rest(_) => false,
        };
        let first = axes.iter().position(is_index);
        first.is_some_and(|first| axes[first..].iter().any(is_place) || self.is_row_of_places(target, axes))
    }

    /// True if the row has places of so many numbers, and here is an index in the place of one.
    fn is_row_of_places(&self, target: &LeftSide, axes: &[ast::Axis]) -> bool {
        match self.lookup(&target.name.name) {
            Some(Binding::Family(family)) => {
                let own = self.stores[*family].first();
                own.is_some_and(|stored| stored.at.len() == axes.len() && axes.len() > 1)
            }
            _ => false,
        }
    }

    /// Reports an index in the place of a row's position; what the row is afterwards is not known.
    pub(super) fn border(&mut self, target: &LeftSide, value: &str) {
        let axes = target.axes.as_deref().unwrap_or_default();
        let mut places = Vec::new();
        let mut loops = Vec::new();
        for axis in axes {
            let ast::Axis::Size(label, size) = axis else { continue };
            let index = label.as_ref().map(|label| label.name.clone());
            let is_free = |name: &&str| self.lookup(name).is_none();
            match index.or_else(|| size.as_name().filter(is_free).map(str::to_string)) {
                Some(index) => {
                    let end = label.as_ref().map_or("N".to_string(), |_| self.text(size.span));
                    loops.push(format!("for {index} = 1..{end} {{ "));
                    places.push(index);
                }
                None => places.push(self.text(size.span)),
            }
        }
        let name = &target.name.name;
        let text = format!("a place of the row {name} is a number, and here an index stands in it");
        let help = format!(
            "a loop gives the border its values: `{}{name}[{}] = {value}{}`",
            loops.concat(),
            places.join(", "),
            " }".repeat(loops.len())
        );
        self.report(Diagnostic::new(Code::E00, target.name.span, text).help(help));
        let frame = self.frames.last_mut().expect("there is always a frame");
        let unknown = (Binding::Value(usize::MAX), target.name.span);
        frame.names.insert(name.clone(), unknown);
    }

    /// Puts a value into a row; the first value makes the row.
    pub(super) fn store(&mut self, name: &Ident, at: Vec<Size>, value: ValueId) {
        let ty = self.ty(value).clone();
        let family = match self.lookup(&name.name) {
            Some(Binding::Family(family)) => *family,
            _ => self.new_row(name, ty.clone()),
        };
        if let Some(other) = self.stores[family].first().filter(|stored| stored.at.len() != at.len()) {
            let (here, there) = (at.len(), other.at.len());
            let text = format!(
                "positions of the row {} are {there} numbers elsewhere, and {here} here",
                name.name
            );
            return self.report(Diagnostic::new(Code::E20, name.span, text));
        }
        let own = self.program.families[family].ty.clone();
        let Some(value) = self.fitted(value, &own, name.span) else {
            return;
        };
        if own.is_unknown() {
            self.program.families[family].ty = ty;
        }
        let extremes = |highest: bool| at.iter().map(|at| self.extreme(at, highest)).collect();
        let stored = RowEntry {
            low: extremes(false),
            high: extremes(true),
            running: at
                .iter()
                .map(|at| self.loops.iter().any(|one| at.symbols().contains(&one.index)))
                .collect(),
            labels: at.iter().map(|at| self.end_label(at)).collect(),
            indices: at.iter().map(|at| self.position_name(at)).collect(),
            at: at.clone(),
        };
        if stored.running.iter().all(|running| !running)
            && self.stores[family].iter().any(|other| other.at == stored.at)
        {
            let error = Diagnostic::new(Code::E21, name.span, "this position already has a value");
            self.report(error);
        }
        self.stores[family].push(stored);
        self.push(Instruction::Store { family, at, value });
    }

    /// A row without values yet.
    pub(super) fn new_row(&mut self, name: &Ident, ty: Type) -> usize {
        self.program.families.push(Family {
            name: name.name.clone(),
            ty,
            ranges: Vec::new(),
        });
        self.stores.push(Vec::new());
        let family = self.program.families.len() - 1;
        self.define(name, Binding::Family(family));
        family
    }

    /// The value, converted to the type of the row.
    pub(super) fn fitted(&mut self, value: ValueId, own: &Type, span: Span) -> Option<ValueId> {
        let ty = self.ty(value).clone();
        if ty.is_unknown() || own.is_unknown() {
            return Some(value);
        }
        let fits = ty.rank() == own.rank() && ty.axes.iter().zip(&own.axes).all(|(a, b)| self.same(&a.size, &b.size));
        if !fits {
            let text = format!("this is {ty}; the others of this row are {own}");
            self.report(Diagnostic::new(Code::E02, span, text).help("all values of a row have the same axes"));
            return None;
        }
        let ty = Type {
            axes: own.axes.clone(),
            kind: ty.kind,
        };
        let span = self.program.values[value].span;
        Some(self.relabel(value, ty, span))
    }

    pub(super) fn end_label(&self, at: &Size) -> std::rc::Rc<str> {
        let around = self.loops.iter().rev().find(|one| at.symbols().contains(&one.index));
        match around.map(|one| {
            if one.down {
                one.low.clone().max(one.high.clone())
            } else {
                one.high.clone()
            }
        }) {
            Some(end) => self.size_label(&end),
            None => "position".into(),
        }
    }

    /// The name in the text of a loop's position; `None` for any other size.
    fn position_name(&self, at: &Size) -> Option<Symbol> {
        let symbol = at.as_symbol()?;
        let mut names = self.frame().names.iter();
        let is_it = |binding: &Binding| matches!(binding, Binding::Position(own) if own == symbol);
        names.find_map(|(name, (binding, _))| is_it(binding).then(|| name.as_str().into()))
    }

    /// The label of axes of this size.
    pub(super) fn size_label(&self, size: &Size) -> std::rc::Rc<str> {
        let named = self.frame().names.values().find_map(|(binding, _)| match binding {
            Binding::Dim(own, label) if own == size => Some(label.clone()),
            _ => None,
        });
        named.unwrap_or_else(|| size.to_string().into())
    }

    /// Reads a value of a row; gives the value, the number of positions that name it, and of a whole row where it begins.
    pub(super) fn taken_from(&mut self, family: usize, positions: &[Expr], span: Span) -> (ValueId, usize, Vec<Size>) {
        let name = &self.program.families[family].name;
        let mut planned = self.plans.iter().flatten().filter(|(own, _)| own == name);
        let stored = self.stores[family].first().map(|stored| stored.at.len());
        let count = stored
            .or_else(|| planned.next().map(|(_, keys)| keys.len()))
            .unwrap_or(1);
        let keys: Option<Vec<Size>> = positions.iter().take(count).map(|p| self.position_key(p)).collect();
        match keys {
            Some(keys) if keys.len() == count => (self.load(family, keys, span), count, Vec::new()),
            _ => {
                let whole = self.in_tensor_form(|c| c.collect(family, span));
                let ranges = &self.program.families[family].ranges;
                (whole, 0, ranges.iter().map(|(low, _)| low.clone()).collect())
            }
        }
    }

    pub(super) fn position_key(&self, position: &Expr) -> Option<Size> {
        self.place_of(position).filter(|at| !self.runs(at))
    }

    pub(super) fn load(&mut self, family: usize, at: Vec<Size>, span: Span) -> ValueId {
        let mut known = self.stores[family].clone();
        known.retain(|stored| !self.is_later(stored, &at));
        known.extend(self.planned_before(&self.program.families[family].name.clone(), &at));
        if !self.covered(&at, &known) {
            return self.never_set(&self.program.families[family].name.clone(), &at, &known, span);
        }
        let ty = self.program.families[family].ty.clone();
        let out = self.new_value(ty, span);
        self.push(Instruction::Load { out, family, at });
        out
    }

    /// Whether a statement in the loops around gives the place its value in an earlier round, this one, or a later one.
    ///
    /// The outermost loop in which the two places differ decides; `None` if their distance is not a number.
    pub(super) fn round(&self, stored: &[Size], wanted: &[Size]) -> Option<Ordering> {
        for one in &self.loops {
            let mut pairs = stored.iter().zip(wanted);
            let Some((own, wanted)) = pairs.find(|(own, _)| own.symbols().contains(&one.index)) else {
                continue;
            };
            match wanted.minus(own).as_number()?.cmp(&0) {
                Ordering::Equal => {}
                ahead if one.down => return Some(ahead.reverse()),
                ahead => return Some(ahead),
            }
        }
        Some(Ordering::Equal)
    }

    /// True if a store of a loop that still runs gives this position a value only later.
    pub(super) fn is_later(&self, stored: &RowEntry, at: &[Size]) -> bool {
        !matches!(self.round(&stored.at, at), Some(Ordering::Less | Ordering::Equal))
    }

    /// What the loops that still run have stored in earlier rounds, by statements that come later in the text.
    pub(super) fn planned_before(&self, name: &str, at: &[Size]) -> Vec<RowEntry> {
        let places = self
            .plans
            .iter()
            .flatten()
            .filter(|(target, _)| target == name)
            .map(|(_, keys)| keys);
        let earlier = places.filter(|keys| self.round(keys, at) == Some(Ordering::Less));
        earlier
            .map(|keys| {
                let extremes = |highest: bool| keys.iter().map(|at| self.extreme(at, highest)).collect();
                RowEntry {
                    low: extremes(false),
                    high: extremes(true),
                    at: keys.clone(),
                    running: vec![true; keys.len()],
                    labels: Vec::new(),
                    indices: Vec::new(),
                }
            })
            .collect()
    }

    /// The positions of rows that the statements of a loop body define.
    pub(super) fn plan(&self, stmts: &'a [Stmt]) -> Vec<(String, Vec<Size>)> {
        let mut plan = Vec::new();
        for stmt in stmts {
            if let StmtKind::Equation(targets, ..) = &stmt.kind {
                for target in targets {
                    let keys = target.axes.as_deref().map_or(Vec::new(), |axes| self.keys(axes));
                    if !keys.is_empty() {
                        plan.push((target.name.name.clone(), keys));
                    }
                }
            }
        }
        plan
    }
}
