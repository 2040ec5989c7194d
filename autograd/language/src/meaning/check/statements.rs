//! Statements, and the checks of a graph as a whole.

use super::names::{Binding, is_word};
use super::{ActiveLoop, Checker};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Instruction, Operation, ValueId};
use crate::meaning::size::Symbol;
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;
use crate::syntax::ast::{Direction, Expr, ExprKind, ForLoop, Ident, ItemKind, LeftSide, Stmt, StmtKind};

impl<'a> Checker<'a> {
    pub(super) fn statements(&mut self, stmts: &'a [Stmt]) {
        for stmt in stmts {
            if self.stopped.is_none() {
                self.stmt(stmt);
            }
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Dim(dims) => dims.iter().for_each(|(name, size)| self.dim(name, size.as_ref())),
            StmtKind::Input(decls) => decls.iter().for_each(|decl| self.input(decl)),
            StmtKind::Param(params) => params.iter().for_each(|(decl, init)| self.param(decl, init.as_ref())),
            StmtKind::Const(list) => {
                for (name, shape, value) in list {
                    let mut found = self.expr(value);
                    if let Some(shape) = shape {
                        found = self.broadcast(found, shape, value.span);
                    }
                    self.name_value(name, found);
                }
            }
            StmtKind::Layer(layers) => layers.iter().for_each(|layer| self.layer(layer)),
            StmtKind::Require(condition) => self.require(condition),
            StmtKind::Output(names) => names.iter().for_each(|name| self.output(name)),
            StmtKind::Objective(direction, value) => self.objective(*direction, value, stmt.span),
            StmtKind::For(one) => self.for_loop(one),
            StmtKind::Equation(targets, value, _) if targets.iter().any(|target| self.is_border(target)) => {
                let value = self.text(value.span);
                targets.iter().for_each(|target| self.border(target, &value));
            }
            StmtKind::Equation(targets, value, shape) => {
                self.equation = Some((stmt, value));
                let mut found = match targets.as_slice() {
                    [one] => vec![self.right_side(one, value)],
                    several => self.right_sides(several, value),
                };
                if let (Some(shape), [one]) = (shape, found.as_slice()) {
                    found = vec![self.rename(*one, shape)];
                }
                self.equation = None;
                for (target, value) in targets.iter().zip(found) {
                    self.assign(target, value);
                }
            }
        }
    }

    fn right_side(&mut self, target: &LeftSide, value: &'a Expr) -> ValueId {
        let axes = target.axes.as_deref().unwrap_or(&[]);
        let keys = self.keys(axes).len();
        if keys < axes.len() {
            return self.index_equation(&target.name, &axes[keys..], value);
        }
        self.expr(value)
    }

    fn right_sides(&mut self, targets: &[LeftSide], value: &'a Expr) -> Vec<ValueId> {
        let results = match &value.kind {
            ExprKind::Call(callee, args) => self.call(callee, args, value.span),
            _ => vec![self.expr(value)],
        };
        if results.len() != targets.len() {
            let text = format!("this gives {} values for {} names", results.len(), targets.len());
            self.report(
                Diagnostic::new(Code::E20, value.span, text).help("write as many names on the left: `h, c = ..`"),
            );
            return targets.iter().map(|target| self.unknown(target.name.span)).collect();
        }
        results
    }

    fn assign(&mut self, target: &LeftSide, value: ValueId) {
        let keys = target.axes.as_deref().map_or(Vec::new(), |axes| self.keys(axes));
        if keys.is_empty() {
            return self.name_value(&target.name, value);
        }
        self.note(target.name.span, value);
        if let Some(Binding::Value(usize::MAX)) = self.lookup(&target.name.name) {
            return;
        }
        if let Some((binding, place)) = self.frame().names.get(&target.name.name)
            && !matches!(binding, Binding::Family(_))
        {
            let place = *place;
            let text = format!("`{}` already has a meaning", target.name.name);
            let error = Diagnostic::new(Code::E21, target.name.span, text).with(place, "here");
            return self.report(error);
        }
        if self.program.values[value].name.is_none() {
            self.program.values[value].name = Some(target.name.name.clone());
        }
        self.store(&target.name, keys, value);
    }

    /// Binds a name to a value.
    pub(super) fn name_value(&mut self, name: &Ident, value: ValueId) {
        self.note(name.span, value);
        if self.program.values[value].name.is_none() {
            let own = &mut self.program.values[value];
            own.name = Some(name.name.clone());
            own.span = name.span;
        }
        if self.frames.len() == 1 && self.loops.is_empty() {
            self.program.names.push((name.name.clone(), value));
        }
        self.define(name, Binding::Value(value));
    }

    fn output(&mut self, name: &Ident) {
        let value = match self.lookup(&name.name).cloned() {
            Some(Binding::Value(usize::MAX)) => return,
            Some(Binding::Value(value)) => value,
            Some(Binding::Family(family)) => self.collect(family, name.span),
            _ => {
                self.unknown_name(&name.name, name.span);
                return;
            }
        };
        if !self.outputs.insert(name.name.clone()) {
            let error = Diagnostic::new(Code::E21, name.span, format!("`{}` is an output already", name.name));
            return self.report(error.help("an output is named once"));
        }
        self.program.outputs.push((name.name.clone(), value));
    }

    fn objective(&mut self, direction: Direction, expr: &Expr, span: Span) {
        let value = self.expr(expr);
        let ty = self.ty(value).clone();
        if ty.rank() != 0 {
            return self.not_one_value(value, expr.span);
        }
        if self.program.objective.is_some() {
            let error = Diagnostic::new(Code::E21, span, "this graph already has an objective");
            return self.report(error.help("add up what is to be minimised"));
        }
        self.objective_at = Some(span);
        self.program.objective = Some((direction, value));
    }

    /// E07: at the term with axes, if only it has some and what it is added to has none.
    fn not_one_value(&mut self, value: ValueId, at: Span) {
        let (ty, text) = (self.ty(value).clone(), self.text(at));
        let error = Diagnostic::new(Code::E07, at, format!("{text} is {ty}, not one value"));
        let labels = ty.labels();
        if let Some(nameless) = labels.iter().find(|label| !is_word(label)) {
            let error = error.help(self.to_be_named(nameless));
            return self.report(error);
        }
        let (wide, labels) = (self.widening_term(value), labels.join(", "));
        self.report(if wide == value {
            error.help(format!(
                "write `sum({text}, over {labels})`, or `mean`; which of the two, only you know"
            ))
        } else {
            let place = self.place(wide);
            let term = self.text(place);
            error
                .with(
                    place,
                    format!("this term is {}; what it is added to is a single number", self.ty(wide)),
                )
                .help(format!(
                    "reduce this term over {labels} too, by `sum({term}, over {labels})` or `mean`"
                ))
        });
    }

    /// Where a value with axes comes from, down through sums and differences with single numbers.
    fn widening_term(&self, value: ValueId) -> ValueId {
        let mut value = value;
        while let Some((Operation::Binary("add" | "sub"), [left, right])) = self.computed(value) {
            value = match [left, right].map(|&term| self.ty(term).rank() == 0) {
                [true, false] => *right,
                [false, true] => *left,
                _ => return value,
            };
        }
        value
    }

    fn for_loop(&mut self, one: &'a ForLoop) {
        let (Some(low), Some(high)) = (self.size(&one.from), self.size(&one.to)) else {
            return;
        };
        let index = self.fresh_position(&one.index.name);
        let (from, to) = (low.clone(), high.clone());
        let (low, high) = if one.down { (high, low) } else { (low, high) };
        let before = self.frame().names.clone();
        self.define(&one.index, Binding::Position(index.clone()));
        self.loops.push(ActiveLoop {
            name: one.index.name.clone(),
            index: index.clone(),
            low,
            high,
            down: one.down,
        });
        let plan = self.plan(&one.body.stmts);
        self.plans.push(plan);
        self.blocks.push(Vec::new());
        self.nested(one.index.span, |checker| checker.statements(&one.body.stmts));
        let body = self.blocks.pop().expect("the block was opened above");
        self.plans.pop();
        self.loops.pop();
        self.loops_ended.push((one.index.name.clone(), self.text(one.to.span)));
        let frame = self.frames.last_mut().expect("there is always a frame");
        frame
            .names
            .retain(|name, (binding, _)| before.contains_key(name) || matches!(binding, Binding::Family(_)));
        self.push(Instruction::Loop {
            index,
            from,
            to,
            down: one.down,
            body,
        });
    }

    /// A name for the position of a loop that no other loop or size of the program has.
    fn fresh_position(&self, name: &str) -> Symbol {
        let uses = |block: &[Instruction], name: &str| {
            Instruction::all(block).any(|one| matches!(one, Instruction::Loop { index, .. } if &**index == name))
        };
        let taken = |name: &str| {
            self.blocks.iter().any(|block| uses(block, name))
                || self.loops.iter().any(|one| &*one.index == name)
                || self.program.dims.iter().any(|dim| &*dim.name == name)
        };
        let mut unique = name.to_string();
        let mut number = 2;
        // A number is added that makes no name which the program has, now or further down.
        while taken(&unique) || (number > 2 && self.sources.mention(&unique)) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        unique.into()
    }

    /// Checks a module by itself, with sizes that are just names, and `..` as one axis of its own.
    pub(super) fn module_alone(&mut self, item: &'a ItemKind) {
        let ItemKind::Module {
            dims,
            inputs,
            results,
            body,
            ..
        } = item
        else {
            return;
        };
        for dim in dims {
            self.dim(dim, None);
        }
        let size = self.new_dim("..", None, Span::default());
        let rest = [Axis::new("..", size, Span::default())];
        for decl in inputs {
            let ty = self.declared(decl, &rest).unwrap_or_else(Type::unknown);
            let value = self.emit(Operation::Input(0), Vec::new(), ty, decl.name.span);
            self.name_value(&decl.name, value);
        }
        self.statements(&body.stmts);
        self.results(results, &rest);
    }

    /// The checks of a graph as a whole.
    pub(super) fn finish(&mut self) {
        if let Some((_, objective)) = self.program.objective
            && self.ty(objective).kind == Kind::Unknown
        {
            return;
        }
        if self.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()) {
            self.warnings();
        }
    }
}
