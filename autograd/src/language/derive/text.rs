//! A straight program as text of the language.
//!
//! A value without a name that is used once is written where it is used. What has no operator or function of its own,
//! or whose axes the rules of the language would not line up by themselves, is written as an op of the engine, with
//! `as` to say what its axes are called.

use std::collections::BTreeSet;

use super::rules::expanded_in;
use super::straight::{Line, Straight};
use crate::language::ast::*;
use crate::language::core::{Attribute, DimValue, Op};
use crate::language::print::print as print_file;
use crate::language::size::Size;
use crate::language::span::Span;
use crate::language::token::KEYWORDS;
use crate::language::types::{self, Kind};

/// Which lines the outputs and the objective need.
pub(super) fn needed(straight: &Straight) -> Vec<bool> {
    let mut needed = vec![false; straight.lines.len()];
    let ends = straight
        .outputs
        .iter()
        .map(|(_, line)| *line)
        .chain(straight.objective.map(|(_, line)| line));
    for line in ends {
        needed[line] = true;
    }
    for line in (0..needed.len()).rev() {
        if needed[line] {
            straight.lines[line].args.iter().for_each(|&arg| needed[arg] = true);
        }
    }
    needed
}

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
    taken: BTreeSet<String>,
    stmts: Vec<Stmt>,
    fresh: usize,
}

/// How deep an expression may become before a part of it gets a name.
const DEPTH: usize = 12;

impl<'s> Writer<'s> {
    fn new(straight: &'s Straight) -> Self {
        let needed = needed(straight);
        let mut uses = vec![0; straight.lines.len()];
        for (line, _) in straight.lines.iter().enumerate().filter(|(line, _)| needed[*line]) {
            straight.lines[line].args.iter().for_each(|&arg| uses[arg] += 1);
        }
        for line in (0..uses.len()).rev().filter(|&line| needed[line]) {
            if let Some((source, _)) = expanded_in(&straight.lines, line) {
                uses[source] += uses[line].max(1) - 1;
            }
        }
        let names = straight.lines.iter().filter_map(|line| line.name.clone());
        let dims = straight.dims.iter().map(|dim| dim.name.to_string());
        Self {
            straight,
            needed,
            uses,
            written: vec![None; straight.lines.len()],
            depth: vec![0; straight.lines.len()],
            taken: names.chain(dims).collect(),
            stmts: Vec::new(),
            fresh: 0,
        }
    }

    fn statements(&mut self) -> Vec<Stmt> {
        self.declarations();
        for line in 0..self.straight.lines.len() {
            if self.needed[line] {
                self.line(line);
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

    fn say(&mut self, kind: StmtKind) {
        self.stmts.push(Stmt {
            docs: Vec::new(),
            kind,
            span: Span::default(),
        });
    }

    fn declarations(&mut self) {
        let dims: Vec<(Ident, Option<Expr>)> = self
            .straight
            .dims
            .iter()
            .map(|dim| {
                let value = dim.value.as_ref().map(|value| match value {
                    DimValue::Equal(size) => size.to_expr(),
                    DimValue::Quotient(over, under) => binary(Binary::Div, over.to_expr(), under.to_expr()),
                });
                (ident(&dim.name), value)
            })
            .collect();
        if !dims.is_empty() {
            self.say(StmtKind::Dim(dims));
        }
        for requirement in &self.straight.requirements {
            let condition = binary(
                requirement.comparison,
                requirement.left.to_expr(),
                requirement.right.to_expr(),
            );
            self.say(StmtKind::Require(condition));
        }
        let inputs: Vec<Decl> = self
            .straight
            .inputs
            .iter()
            .map(|input| decl(&input.name, &input.ty))
            .collect();
        if !inputs.is_empty() {
            self.say(StmtKind::Input(inputs));
        }
        for param in &self.straight.params {
            self.say(StmtKind::Param(vec![(
                decl(&param.name, &param.ty),
                param.init.clone(),
            )]));
        }
    }

    /// Writes a line: as a part of what uses it, or as a statement.
    fn line(&mut self, line: usize) {
        let own = &self.straight.lines[line];
        if let Op::Input(_) | Op::Param(..) = own.op {
            self.written[line] = own.name.as_deref().map(name);
            return;
        }
        if own.name.is_none() && expanded_in(&self.straight.lines, line).is_some() && self.only_lined_up(line) {
            return;
        }
        if let Op::Positions = own.op {
            return self.positions(line);
        }
        if own.op == Op::Relabel {
            let value = self.operand(own.args[0]);
            return self.define(line, value, true);
        }
        match self.pretty(line) {
            Some(value) if own.name.is_none() && self.may_stand_inside(line) => self.written[line] = Some(value),
            Some(value) => self.define(line, value, false),
            None => match self.index_equation(line) {
                Some(()) => {}
                None => {
                    let value = self.engine(line);
                    self.define(line, value, true);
                }
            },
        }
    }

    /// True if a line that puts in axes of size 1 is used only by lines that line up operands by themselves.
    fn only_lined_up(&self, line: usize) -> bool {
        let users = self
            .straight
            .lines
            .iter()
            .enumerate()
            .filter(|(user, own)| self.needed[*user] && own.args.contains(&line));
        users
            .clone()
            .all(|(_, own)| matches!(own.op, Op::Binary(_) | Op::Where | Op::Broadcast))
    }

    fn may_stand_inside(&mut self, line: usize) -> bool {
        let own = &self.straight.lines[line];
        let depth = 1 + own.args.iter().map(|&arg| self.depth[arg]).max().unwrap_or(0);
        self.depth[line] = depth;
        let constant = matches!(own.op, Op::Number(_) | Op::Size(_));
        let inside = constant || (self.uses[line] <= 1 && depth < DEPTH);
        if !inside {
            self.depth[line] = 0;
        }
        inside
    }

    /// A statement that gives a line its name; `with_axes` adds what the axes are called.
    fn define(&mut self, line: usize, value: Expr, with_axes: bool) {
        let target = self.name_of(line);
        let ty = &self.straight.lines[line].ty;
        let shape = (with_axes && ty.rank() > 0).then(|| shape(&ty.axes));
        self.depth[line] = 0;
        self.written[line] = Some(name(&target.name));
        let target = Target {
            name: target,
            axes: None,
        };
        self.say(StmtKind::Equation(vec![target], value, shape));
    }

    fn name_of(&mut self, line: usize) -> Ident {
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

    fn fresh_name(&mut self, letter: &str) -> String {
        loop {
            self.fresh += 1;
            let name = format!("{letter}{}", self.fresh);
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// A line as an operand; of one that only puts in axes of size 1, what it puts them in.
    fn operand(&self, line: usize) -> Expr {
        if let Some(written) = &self.written[line] {
            return written.clone();
        }
        let (source, _) = expanded_in(&self.straight.lines, line).expect("every line before this one was written");
        self.operand(source)
    }

    /// The positions of an axis, as an index equation `p[q:T] = q`.
    fn positions(&mut self, line: usize) {
        let target = self.name_of(line);
        let axis = &self.straight.lines[line].ty.axes[0];
        let free = is_name(&axis.label) && !self.taken.contains(&*axis.label);
        let index = if free {
            axis.label.to_string()
        } else {
            self.fresh_name("i")
        };
        let axes = vec![Axis::Size(Some(ident(&index)), axis.size.to_expr())];
        let own = (!free).then(|| shape(std::slice::from_ref(axis)));
        self.written[line] = Some(name(&target.name));
        let target = Target {
            name: target,
            axes: Some(axes),
        };
        self.say(StmtKind::Equation(vec![target], name(&index), own));
    }

    /// The expression by operators and functions, if the rules of the language give it the right axes.
    fn pretty(&self, line: usize) -> Option<Expr> {
        let own = &self.straight.lines[line];
        let arg = |i: usize| self.operand(own.args[i]);
        match &own.op {
            Op::Number(value) if *value < 0.0 => Some(expr(ExprKind::Neg(Box::new(number(-value))))),
            Op::Number(value) => Some(number(*value)),
            Op::Size(size) => Some(size.to_expr()),
            Op::Unary("neg") => Some(expr(ExprKind::Neg(Box::new(arg(0))))),
            Op::Unary(function) => Some(call(function, vec![arg(0)], None)),
            Op::Binary(operator) if self.lines_up(own) => Some(match *operator {
                "maximum" => call("max", vec![arg(0), arg(1)], None),
                "minimum" => call("min", vec![arg(0), arg(1)], None),
                operator => binary(operator_of(operator), arg(0), arg(1)),
            }),
            Op::Where if self.lines_up(own) => Some(self.choice(own)),
            Op::Power(n) => {
                let exponent = if *n < 0.0 {
                    expr(ExprKind::Neg(Box::new(number(-n))))
                } else {
                    number(*n)
                };
                Some(binary(Binary::Pow, arg(0), exponent))
            }
            Op::Clip(..) => None,
            Op::Reduce(function, axes) => self.over(own, function, axes),
            Op::Along(function, axis) => self.over(own, function, &[*axis]),
            Op::Matmul if self.meets(own) => Some(binary(Binary::Matmul, arg(0), arg(1))),
            Op::Permute(order) => self.rearranged(own, order),
            Op::Select(0, at) => Some(expr(ExprKind::Index(Box::new(arg(0)), vec![at.to_expr()]))),
            Op::Broadcast if self.is_part(own.args[0], &own.ty.axes) => {
                let to = Arg::Split(ident("to"), shape(&own.ty.axes));
                let args = vec![Arg::Value(arg(0)), to];
                Some(expr(ExprKind::Call(Box::new(name("broadcast")), args)))
            }
            Op::Embedding if self.names_rows(own) => Some(expr(ExprKind::Index(Box::new(arg(0)), vec![arg(1)]))),
            _ => None,
        }
    }

    /// The axes of a line as the rules see them: without those of size 1 that were put in.
    fn own_axes(&self, line: usize) -> &[types::Axis] {
        match (&self.written[line], expanded_in(&self.straight.lines, line)) {
            (None, Some((source, _))) => &self.straight.lines[source].ty.axes,
            _ => &self.straight.lines[line].ty.axes,
        }
    }

    /// True if the language lines up the operands by itself, with the axes that the line has.
    fn lines_up(&self, own: &Line) -> bool {
        let longest = own
            .args
            .iter()
            .map(|&arg| self.own_axes(arg))
            .rev()
            .max_by_key(|axes| axes.len());
        longest.is_some_and(|longest| *longest == *own.ty.axes)
            && own.args.iter().all(|&arg| self.is_part(arg, &own.ty.axes))
    }

    /// True if the axes of a line are some of these in the same order, without doubt about which.
    fn is_part(&self, line: usize, base: &[types::Axis]) -> bool {
        let own = self.own_axes(line);
        if own.len() == base.len() {
            return own == base;
        }
        let mut rest = base.iter();
        let in_order = own.iter().all(|axis| rest.any(|other| other == axis));
        let once = |axis: &types::Axis| base.iter().filter(|other| other.label == axis.label).count() == 1;
        in_order && own.iter().all(once)
    }

    /// `if c then u else v`, with the comparison that the mask came from.
    fn choice(&self, own: &Line) -> Expr {
        let [mask, yes, no] = [own.args[0], own.args[1], own.args[2]];
        let condition = binary(Binary::NotEqual, self.operand(mask), number(0.0));
        expr(ExprKind::If(
            Box::new(condition),
            Box::new(self.operand(yes)),
            Box::new(self.operand(no)),
        ))
    }

    fn over(&self, own: &Line, function: &str, axes: &[usize]) -> Option<Expr> {
        let of = &self.straight.lines[own.args[0]].ty.axes;
        let mut labels = Vec::new();
        for &axis in axes {
            let label = &of[axis].label;
            let once = of.iter().filter(|other| other.label == *label).count() == 1;
            if !once || !is_name(label) {
                return None;
            }
            labels.push(ident(label));
        }
        let over = (!labels.is_empty()).then_some(labels);
        Some(call(function, vec![self.operand(own.args[0])], over))
    }

    fn meets(&self, own: &Line) -> bool {
        let [a, b] = [own.args[0], own.args[1]].map(|arg| &self.straight.lines[arg].ty.axes);
        let (Some((last, before)), Some((first, after))) = (a.split_last(), b.split_first()) else {
            return false;
        };
        if a.len() > 2 && b.len() > 2 {
            let stack = b.len() - 2;
            let result = before.iter().chain(b.last());
            return a.len() == b.len() && a[..stack] == b[..stack] && *last == b[stack] && result.eq(&own.ty.axes);
        }
        b.len() <= 2 && last == first && before.iter().chain(after).eq(&own.ty.axes)
    }

    fn rearranged(&self, own: &Line, order: &[usize]) -> Option<Expr> {
        let of = &self.straight.lines[own.args[0]].ty.axes;
        let rank = order.len();
        let mut flipped: Vec<usize> = (0..rank).collect();
        flipped.swap(rank - 2, rank - 1);
        let value = self.operand(own.args[0]);
        if *order == flipped {
            return Some(expr(ExprKind::Field(Box::new(value), ident("T"))));
        }
        let unique: BTreeSet<&str> = of.iter().map(|axis| &*axis.label).collect();
        if unique.len() != rank || !unique.iter().all(|label| is_name(label)) {
            return None;
        }
        let names = order.iter().map(|&axis| name(&of[axis].label));
        Some(call("order", std::iter::once(value).chain(names).collect(), None))
    }

    fn names_rows(&self, own: &Line) -> bool {
        let (table, ids) = (
            &self.straight.lines[own.args[0]].ty,
            &self.straight.lines[own.args[1]].ty,
        );
        let expected = ids.axes.iter().chain(&table.axes[1..]);
        matches!(&ids.kind, Kind::Id(of) if *of == table.axes[0].size) && expected.eq(&own.ty.axes)
    }

    /// `c[i, j] = a[i] * b[j]`: a product or sum that lines up only entry by entry.
    fn index_equation(&mut self, line: usize) -> Option<()> {
        let own = self.straight.lines[line].clone();
        let Op::Binary(operator) = own.op else { return None };
        if !matches!(operator, "add" | "sub" | "mul" | "div") {
            return None;
        }
        let rank = own.ty.rank();
        let indices: Vec<String> = (0..rank).map(|_| self.fresh_name("i")).collect();
        let mut labels: Vec<Option<types::Axis>> = vec![None; rank];
        let mut sides = Vec::new();
        for &arg in &own.args {
            let (source, places) = match (&self.written[arg], expanded_in(&self.straight.lines, arg)) {
                (None, Some((source, places))) => {
                    let offset = rank - self.straight.lines[arg].ty.rank();
                    (
                        source,
                        places.into_iter().map(|place| place + offset).collect::<Vec<_>>(),
                    )
                }
                _ => (arg, (rank - self.straight.lines[arg].ty.rank()..rank).collect()),
            };
            let axes = &self.straight.lines[source].ty.axes;
            for (&place, axis) in places.iter().zip(axes) {
                if axis.size != own.ty.axes[place].size {
                    return None;
                }
                labels[place].get_or_insert(axis.clone());
            }
            let positions: Vec<Expr> = places.iter().map(|&place| name(&indices[place])).collect();
            let value = self.operand(source);
            if value.as_name().is_none() && !positions.is_empty() {
                return None;
            }
            sides.push(if positions.is_empty() {
                value
            } else {
                expr(ExprKind::Index(Box::new(value), positions))
            });
        }
        if labels.iter().any(Option::is_none) {
            return None;
        }
        let as_found = labels
            .iter()
            .zip(&own.ty.axes)
            .all(|(found, axis)| found.as_ref() == Some(axis));
        let right = sides.pop().expect("an operator has two sides");
        let left = sides.pop().expect("an operator has two sides");
        let target = self.name_of(line);
        self.written[line] = Some(name(&target.name));
        let target = Target {
            name: target,
            axes: Some(indices.iter().map(|index| Axis::Size(None, name(index))).collect()),
        };
        let named = (!as_found).then(|| shape(&own.ty.axes));
        self.say(StmtKind::Equation(
            vec![target],
            binary(operator_of(operator), left, right),
            named,
        ));
        Some(())
    }

    /// The op of the engine by name.
    fn engine(&mut self, line: usize) -> Expr {
        let own = self.straight.lines[line].clone();
        for &arg in &own.args {
            if self.written[arg].is_none() {
                let value = self.reshape_of(arg);
                self.define(arg, value, true);
            }
        }
        let axes = |axes: &[usize]| axes.iter().map(|&axis| number(axis as f64)).collect::<Vec<Expr>>();
        let sizes = || {
            own.ty
                .axes
                .iter()
                .map(|axis| axis.size.to_expr())
                .collect::<Vec<Expr>>()
        };
        let one = Size::number(1);
        let (op, attributes): (&str, Vec<(&str, Vec<Expr>)>) = match &own.op {
            Op::Binary(name) => (name, Vec::new()),
            Op::Clip(low, high) => ("clip", vec![("lo", vec![signed(*low)]), ("hi", vec![signed(*high)])]),
            Op::Where => ("where", Vec::new()),
            Op::Reduce(name, over) => (name, vec![("over", axes(over))]),
            Op::Along(name, axis) => (name, vec![("axis", axes(&[*axis]))]),
            Op::Matmul => ("matmul", Vec::new()),
            Op::Permute(order) => ("permute", vec![("order", axes(order))]),
            Op::Reshape => ("reshape", vec![("to", sizes())]),
            Op::Broadcast => ("broadcast", vec![("to", sizes())]),
            Op::Select(axis, at) => return self.selected(line, *axis, at),
            Op::Slice(axis, from, to) => {
                let start = from.minus(&one).to_expr();
                (
                    "slice",
                    vec![
                        ("axis", axes(&[*axis])),
                        ("start", vec![start]),
                        ("end", vec![to.to_expr()]),
                    ],
                )
            }
            Op::Concat(axis) => ("concat", vec![("axis", axes(&[*axis]))]),
            Op::Embedding => ("embedding", Vec::new()),
            Op::Pick => ("pick", Vec::new()),
            Op::Engine(name, attributes) => {
                let attributes = attributes
                    .iter()
                    .map(|(field, numbers)| (field.as_str(), numbers.iter().map(written).collect()));
                (name.as_str(), attributes.collect())
            }
            op => unreachable!("{op:?} is always written by an operator or a function"),
        };
        let operands = own.args.iter().map(|&arg| self.operand(arg)).collect();
        engine_call(op, operands, attributes)
    }

    fn reshape_of(&self, line: usize) -> Expr {
        let own = &self.straight.lines[line];
        let sizes = own.ty.axes.iter().map(|axis| axis.size.to_expr()).collect();
        engine_call("reshape", vec![self.operand(own.args[0])], vec![("to", sizes)])
    }

    /// One position of an inner axis: a slice of length 1, and then the axis removed.
    fn selected(&mut self, line: usize, axis: usize, at: &Size) -> Expr {
        let own = self.straight.lines[line].clone();
        let part = self.fresh_name("t");
        let mut axes = self.straight.lines[own.args[0]].ty.axes.clone();
        axes[axis].size = Size::number(1);
        let start = at.minus(&Size::number(1)).to_expr();
        let attributes = vec![
            ("axis", vec![number(axis as f64)]),
            ("start", vec![start]),
            ("end", vec![at.to_expr()]),
        ];
        let value = engine_call("slice", vec![self.operand(own.args[0])], attributes);
        let target = Target {
            name: ident(&part),
            axes: None,
        };
        self.say(StmtKind::Equation(vec![target], value, Some(shape(&axes))));
        let sizes: Vec<Expr> = own.ty.axes.iter().map(|axis| axis.size.to_expr()).collect();
        let attributes = if sizes.is_empty() {
            Vec::new()
        } else {
            vec![("to", sizes)]
        };
        engine_call("reshape", vec![name(&part)], attributes)
    }
}

fn written(number_or_size: &Attribute) -> Expr {
    match number_or_size {
        Attribute::Number(value) => signed(*value),
        Attribute::Size(size) => size.to_expr(),
    }
}

fn engine_call(op: &str, operands: Vec<Expr>, attributes: Vec<(&str, Vec<Expr>)>) -> Expr {
    let callee = expr(ExprKind::Field(Box::new(name("engine")), ident(op)));
    let mut args: Vec<Arg> = operands.into_iter().map(Arg::Value).collect();
    for (field, numbers) in attributes.into_iter().filter(|(_, numbers)| !numbers.is_empty()) {
        let axes = numbers.into_iter().map(|number| Axis::Size(None, number)).collect();
        let shape = Shape {
            axes,
            span: Span::default(),
        };
        args.push(Arg::Split(ident(field), shape));
    }
    expr(ExprKind::Call(Box::new(callee), args))
}

fn operator_of(op: &str) -> Binary {
    match op {
        "add" => Binary::Add,
        "sub" => Binary::Sub,
        "mul" => Binary::Mul,
        "div" => Binary::Div,
        _ => Binary::Pow,
    }
}

fn is_name(label: &str) -> bool {
    let mut letters = label.chars();
    let begins = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    begins && letters.all(|c| c.is_alphabetic() || c == '_' || c.is_ascii_digit()) && !KEYWORDS.contains(&label)
}

fn decl(name: &str, ty: &types::Type) -> Decl {
    let dtype = match &ty.kind {
        Kind::Real | Kind::Unknown => None,
        Kind::Data => Some(Dtype::Data),
        Kind::Bool => Some(Dtype::Bool),
        Kind::Int => Some(Dtype::Int),
        Kind::Id(size) => Some(Dtype::Id(size.to_expr())),
    };
    Decl {
        name: ident(name),
        shape: (ty.rank() > 0).then(|| shape(&ty.axes)),
        dtype,
    }
}

/// The axes as they are written: the label only if it is not the size, and can stand as a name.
fn shape(axes: &[types::Axis]) -> Shape {
    let axis = |axis: &types::Axis| {
        let plain = *axis.label == axis.size.to_string() || !is_name(&axis.label);
        Axis::Size((!plain).then(|| ident(&axis.label)), axis.size.to_expr())
    };
    Shape {
        axes: axes.iter().map(axis).collect(),
        span: Span::default(),
    }
}

fn ident(name: &str) -> Ident {
    Ident {
        name: name.to_string(),
        span: Span::default(),
    }
}

fn expr(kind: ExprKind) -> Expr {
    Expr {
        kind,
        span: Span::default(),
    }
}

fn name(name: &str) -> Expr {
    expr(ExprKind::Name(name.to_string()))
}

fn number(value: f64) -> Expr {
    expr(ExprKind::Number(value))
}

fn signed(value: f64) -> Expr {
    if value < 0.0 {
        expr(ExprKind::Neg(Box::new(number(-value))))
    } else {
        number(value)
    }
}

fn binary(operator: Binary, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary(operator, Box::new(left), Box::new(right)))
}

fn call(function: &str, values: Vec<Expr>, over: Option<Vec<Ident>>) -> Expr {
    let args = values.into_iter().map(Arg::Value).chain(over.map(Arg::Over)).collect();
    expr(ExprKind::Call(Box::new(name(function)), args))
}
