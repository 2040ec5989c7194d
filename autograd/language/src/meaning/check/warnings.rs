//! Warnings: programs that have a meaning, but perhaps not the intended one.

use std::collections::BTreeSet;

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Op, Step, ValueId};
use crate::meaning::size::Symbol;
use crate::syntax::ast::{Binary, Direction, Expr, ExprKind};
use crate::syntax::span::Span;

impl Checker<'_> {
    /// All warnings about a graph without mistakes.
    pub(super) fn warnings(&mut self) {
        let steps = self.blocks[0].clone();
        self.unused_params(&steps);
        self.likelihood_minimised(&steps);
        self.sizes_always_together();
        self.loops_without_memory(&steps);
        self.logs_of_softmax(&steps);
    }

    /// W01: a parameter that the objective does not depend on.
    fn unused_params(&mut self, steps: &[Step]) {
        let Some((_, objective)) = self.program.objective else {
            return;
        };
        let reached = self.reached(steps, objective);
        let mut used = BTreeSet::new();
        each_op(steps, &mut |out, op, _| {
            if let Op::Param(param, _) = op
                && reached.contains(&out)
            {
                used.insert(*param);
            }
        });
        for number in 0..self.program.params.len() {
            let param = &self.program.params[number];
            if !used.contains(&number) {
                let text = format!("the objective does not depend on {}", param.path);
                let warning = Diagnostic::new(Code::W01, param.span, text);
                self.report(warning.help("use it, or remove its declaration"));
            }
        }
    }

    /// Everything a value depends on; of a row, all of it.
    fn reached(&self, steps: &[Step], from: ValueId) -> BTreeSet<ValueId> {
        let mut edges: Vec<(ValueId, Vec<ValueId>)> = Vec::new();
        let mut rows: Vec<Vec<ValueId>> = vec![Vec::new(); self.program.families.len()];
        let mut takes: Vec<(ValueId, usize)> = Vec::new();
        each_step(steps, &mut |step| match step {
            Step::Op { out, args, .. } => edges.push((*out, args.clone())),
            Step::Store { family, value, .. } => rows[*family].push(*value),
            Step::Load { out, family, .. } | Step::Collect { out, family } => takes.push((*out, *family)),
            Step::Loop { .. } | Step::Scope { .. } => {}
        });
        edges.extend(takes.into_iter().map(|(out, family)| (out, rows[family].clone())));
        let mut of: Vec<Vec<ValueId>> = vec![Vec::new(); self.program.values.len()];
        for (out, args) in edges {
            of[out] = args;
        }
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(value) = open.pop() {
            if reached.insert(value) {
                open.extend(&of[value]);
            }
        }
        reached
    }

    /// W05: `minimize` of something that grows with the logarithm of a probability.
    fn likelihood_minimised(&mut self, steps: &[Step]) {
        let Some((Direction::Minimize, objective)) = self.program.objective else {
            return;
        };
        if self.grows_with_log(steps, objective, 0) == Some(true) {
            let span = self.program.values[objective].span;
            let warning = Diagnostic::new(
                Code::W05,
                span,
                "this grows when the probability of the right answer grows",
            );
            self.report(warning.help("write `maximize`, or a minus before the logarithm"));
        }
    }

    /// Whether a value grows or falls with a logarithm in it; `None` if there is none.
    fn grows_with_log(&self, steps: &[Step], value: ValueId, depth: usize) -> Option<bool> {
        if depth > 40 {
            return None;
        }
        let of = |value: ValueId| self.grows_with_log(steps, value, depth + 1);
        let mut found = None;
        each_step(steps, &mut |step| match step {
            Step::Op { out, op, args } if *out == value => {
                found = match op {
                    Op::Unary("log") | Op::Along("log_softmax", _) => Some(true),
                    Op::Unary("neg") => of(args[0]).map(|grows| !grows),
                    Op::Binary("sub") => of(args[0]).or(of(args[1]).map(|grows| !grows)),
                    Op::Binary("div") => of(args[0]),
                    Op::Binary("add" | "mul") => of(args[0]).or(of(args[1])),
                    Op::Reduce("sum" | "mean", _)
                    | Op::Relabel
                    | Op::Reshape
                    | Op::Permute(_)
                    | Op::Select(..)
                    | Op::Pick => of(args[0]),
                    _ => None,
                }
            }
            _ => {}
        });
        let mut row = None;
        each_step(steps, &mut |step| match step {
            Step::Load { out, family, .. } | Step::Collect { out, family } if *out == value => row = Some(*family),
            _ => {}
        });
        if let Some(row) = row {
            each_step(steps, &mut |step| {
                if let Step::Store { family, value, .. } = step
                    && *family == row
                    && found.is_none()
                {
                    found = of(*value);
                }
            });
        }
        found
    }

    /// W04: two sizes that no declaration has one without the other.
    fn sizes_always_together(&mut self) {
        let declared: Vec<Vec<Symbol>> = {
            let inputs = self.program.inputs.iter().map(|input| &input.ty);
            let params = self.program.params.iter().map(|param| &param.ty);
            inputs
                .chain(params)
                .map(|ty| ty.axes.iter().flat_map(|axis| axis.size.symbols()).collect())
                .collect()
        };
        let given: Vec<(Symbol, Span)> = {
            let free = self.program.dims.iter().filter(|dim| dim.value.is_none());
            free.map(|dim| (dim.name.clone(), dim.span)).collect()
        };
        for (i, (a, _)) in given.iter().enumerate() {
            for (b, place) in &given[i + 1..] {
                let with = |name: &Symbol| declared.iter().filter(|names| names.contains(name)).count();
                let both = declared
                    .iter()
                    .filter(|names| names.contains(a) && names.contains(b))
                    .count();
                if both >= 2 && with(a) == both && with(b) == both {
                    let text = format!("{a} and {b} stand together in every declaration");
                    let warning = Diagnostic::new(Code::W04, *place, text);
                    self.report(warning.help("if they are the same thing twice, one name is enough"));
                }
            }
        }
    }

    /// W06: a loop in which no round looks at another.
    fn loops_without_memory(&mut self, steps: &[Step]) {
        let mut found: Vec<Span> = Vec::new();
        each_step(steps, &mut |step| {
            let Step::Loop { index, body, .. } = step else { return };
            let (mut remembers, mut place) = (false, None);
            each_step(body, &mut |inner| match inner {
                Step::Load { at, .. } => {
                    let other =
                        |at: &crate::meaning::size::Size| at.symbols().contains(index) && at.as_symbol() != Some(index);
                    remembers |= at.iter().any(other);
                }
                Step::Op {
                    op: Op::Param(_, at), ..
                } => remembers |= !at.is_empty(),
                Step::Op {
                    op: Op::Matmul, out, ..
                } => place = place.or(Some(self.program.values[*out].span)),
                Step::Loop { .. } => remembers = true,
                _ => {}
            });
            if !remembers && let Some(place) = place {
                found.push(place);
            }
        });
        for place in found {
            let warning = Diagnostic::new(Code::W06, place, "no position of this loop looks at another one");
            self.report(warning.help("all positions at once are one matrix product, which runs faster"));
        }
    }

    /// W02: the logarithm of a softmax, which is minus infinity where `log_softmax` still has digits.
    fn logs_of_softmax(&mut self, steps: &[Step]) {
        let mut softmax = BTreeSet::new();
        let mut found = Vec::new();
        each_op(steps, &mut |out, op, args| match op {
            Op::Along("softmax", _) => {
                softmax.insert(out);
            }
            Op::Unary("log") if softmax.contains(&args[0]) => found.push(self.program.values[out].span),
            _ => {}
        });
        for place in found {
            let text = "for very unlikely entries the softmax is 0 and its logarithm minus infinity";
            self.report(Diagnostic::new(Code::W02, place, text).help("write `log_softmax`"));
        }
    }

    /// W03: a mask in which some row is all minus infinity.
    pub(super) fn mask_without_positions(&mut self, value: &Expr, indices: &[&str]) {
        let ExprKind::If(condition, yes, no) = &value.kind else {
            return;
        };
        let is_out =
            |expr: &Expr| matches!(&expr.kind, ExprKind::Neg(inner) if inner.kind == ExprKind::Number(f64::INFINITY));
        let [rows, columns] = indices else { return };
        if is_out(yes) == is_out(no) {
            return;
        }
        const SIZE: i64 = 4;
        let allowed = |row: i64, column: i64| {
            let value_of = |name: &str| match name {
                name if name == *rows => Some(row),
                name if name == *columns => Some(column),
                _ => None,
            };
            holds(condition, &value_of).map(|yes_holds| yes_holds != is_out(yes))
        };
        for row in 1..=SIZE {
            let row_allows: Option<Vec<bool>> = (1..=SIZE).map(|column| allowed(row, column)).collect();
            if row_allows.is_some_and(|row_allows| !row_allows.contains(&true)) {
                let text = format!(
                    "for {} = {row} every {} is excluded: a softmax over this row is not a number",
                    rows, columns
                );
                self.report(Diagnostic::new(Code::W03, condition.span, text).help("did you mean `<=`?"));
                return;
            }
        }
    }
}

/// Whether a condition between indices and whole numbers holds.
fn holds(condition: &Expr, value_of: &dyn Fn(&str) -> Option<i64>) -> Option<bool> {
    let ExprKind::Binary(operator, left, right) = &condition.kind else {
        return None;
    };
    if let Binary::And | Binary::Or = operator {
        let (left, right) = (holds(left, value_of)?, holds(right, value_of)?);
        return Some(if *operator == Binary::And {
            left && right
        } else {
            left || right
        });
    }
    let (left, right) = (whole(left, value_of)?, whole(right, value_of)?);
    Some(match operator {
        Binary::Less => left < right,
        Binary::LessEqual => left <= right,
        Binary::Equal => left == right,
        Binary::NotEqual => left != right,
        Binary::GreaterEqual => left >= right,
        Binary::Greater => left > right,
        _ => return None,
    })
}

fn whole(expr: &Expr, value_of: &dyn Fn(&str) -> Option<i64>) -> Option<i64> {
    match &expr.kind {
        ExprKind::Number(value) if value.fract() == 0.0 && value.abs() < 1e15 => Some(*value as i64),
        ExprKind::Name(name) => value_of(name),
        ExprKind::Binary(Binary::Add, left, right) => Some(whole(left, value_of)? + whole(right, value_of)?),
        ExprKind::Binary(Binary::Sub, left, right) => Some(whole(left, value_of)? - whole(right, value_of)?),
        _ => None,
    }
}

/// Visits every step, those in loops and scopes too, in order.
pub(super) fn each_step(steps: &[Step], visit: &mut dyn FnMut(&Step)) {
    for step in steps {
        visit(step);
        if let Step::Loop { body, .. } | Step::Scope { body, .. } = step {
            each_step(body, visit);
        }
    }
}

fn each_op(steps: &[Step], visit: &mut dyn FnMut(ValueId, &Op, &[ValueId])) {
    each_step(steps, &mut |step| {
        if let Step::Op { out, op, args } = step {
            visit(*out, op, args);
        }
    });
}
