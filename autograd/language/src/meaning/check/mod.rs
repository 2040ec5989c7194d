//! The checker: from a syntax tree to a [`Program`], with every name resolved and every value typed.
//!
//! Each module is checked once by itself, with sizes of its own, and again at each call with the sizes given there,
//! when its instructions become part of the caller's. After a mistake a value has the type *unknown*, which fits everywhere,
//! so that one mistake gives one message.

mod align;
mod arrange;
mod calls;
mod choice;
mod declare;
mod direction;
mod engine;
mod expressions;
mod gradient;
mod guards;
mod ids;
mod index;
mod layers;
mod matmul;
mod matrices;
mod names;
mod noting;
mod probes;
mod proofs;
mod reduce;
mod rows;
mod statements;
mod two_names;
mod unknown;
mod unused;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::limits::{self, Budget, TooMuch};
use crate::meaning::facts::Facts;
use crate::meaning::kinds;
use crate::meaning::notes::Notes;
use crate::meaning::program::{Instruction, Operation, Program, Value, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::{Kind, Type};
use crate::span::{Sources, Span};
use crate::stack;
use crate::syntax::ast::{self, Expr, File, ItemKind};
use crate::syntax::parse::DEPTH_MAX;

pub use calls::literal;
use names::NameScope;

/// The result of checking a file.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The graphs without mistakes, in order.
    pub programs: Vec<Program>,
    /// Mistakes and warnings, by their place.
    pub diagnostics: Vec<Diagnostic>,
    /// What is known about places of the text.
    pub notes: Notes,
}

/// Checks all graphs, modules and functions of a file.
///
/// Each program, and the check itself, may take so many bytes of memory.
pub fn check(file: &File, sources: &Sources, memory: u64) -> Checked {
    let mut checker = Checker::new(sources, memory);
    let mut programs = Vec::new();
    for item in &file.items {
        if let Some(program) = checker.item(item) {
            programs.push(program);
        }
    }
    let mut diagnostics = checker.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.start);
    Checked {
        programs,
        diagnostics,
        notes: checker.notes,
    }
}

/// A loop around what is being checked.
#[derive(Clone, Debug)]
struct ActiveLoop {
    /// The name of the position as it is written.
    name: String,
    index: Symbol,
    low: Size,
    high: Size,
    down: bool,
}

/// An index of the index form: `j` of `a[j] = sum(i: …)`.
#[derive(Clone, Debug)]
struct Index {
    name: String,
    /// What stands for it in places; it counts from 1.
    symbol: Symbol,
    /// Its first position.
    low: Size,
    size: Option<Size>,
    /// True if how far it runs is written, not found from where it stands.
    is_declared: bool,
    label: Option<std::rc::Rc<str>>,
    origin: Span,
}

impl Index {
    /// An index of this name that begins at 1.
    fn new(name: &str, origin: Span) -> Self {
        Self {
            name: name.to_string(),
            symbol: format!("{name}'").into(),
            low: Size::number(1),
            size: None,
            is_declared: false,
            label: None,
            origin,
        }
    }

    /// The position that it stands for.
    fn position(&self) -> Size {
        self.low
            .minus(&Size::number(1))
            .plus(&Size::symbol(self.symbol.clone()))
    }
}

struct Checker<'a> {
    sources: &'a Sources,
    items: BTreeMap<&'a str, &'a ItemKind>,
    diagnostics: Vec<Diagnostic>,
    notes: Notes,
    /// The place of the item being checked, and the values that stand at places in it.
    item_at: Span,
    noted: Vec<(Span, ValueId)>,
    program: Program,
    blocks: Vec<Vec<Instruction>>,
    frames: Vec<NameScope>,
    facts: Facts,
    /// Sizes that are known to be at least 0.
    known: Vec<Size>,
    /// What is at least 0 in the branch being checked, by conditions of sizes and loops: the other branch is not computed.
    settled: Vec<Size>,
    /// What is at least 0 where the value of the branch is taken; it is computed at other indices too.
    masked: Vec<Size>,
    /// Set when something holds only because the other branch is not computed.
    needs_choice: std::cell::Cell<bool>,
    /// The branches around that a mask chooses, in which operations are guarded where they are not taken.
    guards: Vec<guards::Guard>,
    /// In a branch that sizes and loops decide, the type of the other one, if that was checked before.
    other_branch: Option<Type>,
    loops: Vec<ActiveLoop>,
    indices: Vec<Index>,
    stores: Vec<Vec<rows::RowEntry>>,
    /// For each loop around, the places of rows that its body gives values to.
    plans: Vec<Vec<(String, Vec<Size>)>>,
    /// The equation being checked, for suggestions that rewrite it.
    equation: Option<(&'a ast::Stmt, &'a Expr)>,
    in_backward: bool,
    /// True after a mistake in the item being checked, or in a module that it calls, even if that was said before.
    broken: bool,
    /// The statement that says the objective.
    objective_at: Option<Span>,
    /// The names of the outputs of the program so far, and the numbers of its parameters by their paths: a derivative may
    /// have many thousands of both.
    outputs: BTreeSet<String>,
    params: BTreeMap<String, usize>,
    /// The names that the item defines anywhere, with their places.
    defined: Vec<(&'a str, Span)>,
    /// The positions of loops that ended, each with the text of its last one.
    loops_ended: Vec<(String, String)>,
    /// Where each value was used last, which is what a message points to.
    used_at: BTreeMap<ValueId, Span>,
    memory: u64,
    budget: Budget,
    /// Once the budget is used up: a value of type *unknown*, which stands for all that follow.
    stopped: Option<ValueId>,
    /// The modules and functions that are being written out, and how many loops and calls are around.
    active: Vec<String>,
    depth: usize,
}

impl<'a> Checker<'a> {
    fn new(sources: &'a Sources, memory: u64) -> Self {
        Self {
            sources,
            items: BTreeMap::new(),
            diagnostics: Vec::new(),
            notes: Notes::default(),
            item_at: Span::default(),
            noted: Vec::new(),
            program: Program::default(),
            blocks: Vec::new(),
            frames: Vec::new(),
            facts: Facts::default(),
            known: Vec::new(),
            settled: Vec::new(),
            masked: Vec::new(),
            needs_choice: std::cell::Cell::new(false),
            guards: Vec::new(),
            other_branch: None,
            loops: Vec::new(),
            indices: Vec::new(),
            stores: Vec::new(),
            plans: Vec::new(),
            equation: None,
            in_backward: false,
            broken: false,
            objective_at: None,
            outputs: BTreeSet::new(),
            params: BTreeMap::new(),
            defined: Vec::new(),
            loops_ended: Vec::new(),
            used_at: BTreeMap::new(),
            memory,
            budget: Budget::new(memory),
            stopped: None,
            active: Vec::new(),
            depth: 0,
        }
    }

    /// Checks one item; gives the program of a graph without mistakes.
    fn item(&mut self, whole: &'a ast::Item) -> Option<Program> {
        if self.stopped.is_some() {
            return None;
        }
        self.item_at = whole.span;
        let item = &whole.kind;
        let name = item.name();
        self.begin(&name.name);
        if let Some(known) = self.items.get(name.name.as_str()) {
            let place = known.name().span;
            self.report(
                Diagnostic::new(Code::E21, name.span, format!("`{}` is already defined", name.name))
                    .with(place, "here")
                    .help("every name means one thing; choose another"),
            );
        }
        if let ItemKind::Graph { body, .. } | ItemKind::Module { body, .. } = item {
            unknown::defined_names(&body.stmts, &mut self.defined);
        }
        if !matches!(item, ItemKind::Graph { .. }) {
            self.active.push(name.name.clone());
        }
        match item {
            ItemKind::Graph { body, .. } => {
                self.statements(&body.stmts);
                self.finish();
            }
            ItemKind::Module { .. } => self.module_alone(item),
            ItemKind::Function { parameters, value, .. } => {
                for parameter in parameters {
                    let scalar = self.emit(Operation::Number(1.0), Vec::new(), Type::scalar(), parameter.span);
                    self.define(parameter, names::Binding::Value(scalar));
                }
                self.expr(value);
            }
        }
        self.items.entry(&name.name).or_insert(item);
        let is_graph = matches!(item, ItemKind::Graph { .. });
        self.program.instructions = self.blocks.pop().unwrap_or_default();
        kinds::settle(&mut self.program);
        self.keep_types(matches!(item, ItemKind::Function { .. }));
        (is_graph && !self.broken).then(|| std::mem::take(&mut self.program))
    }

    fn begin(&mut self, name: &str) {
        self.program = Program {
            name: name.to_string(),
            memory: self.memory,
            ..Program::default()
        };
        self.blocks = vec![Vec::new()];
        self.frames = vec![NameScope::default()];
        self.facts = Facts::default();
        self.known.clear();
        self.settled.clear();
        self.masked.clear();
        self.guards.clear();
        self.loops.clear();
        self.indices.clear();
        self.stores.clear();
        self.plans.clear();
        self.used_at.clear();
        self.objective_at = None;
        self.outputs.clear();
        self.params.clear();
        self.defined.clear();
        self.loops_ended.clear();
        self.active.clear();
        self.depth = 0;
        self.in_backward = name.contains("_backward");
        self.broken = false;
    }

    /// Reports a mistake or warning once for each place; a module is checked again at every call.
    fn report(&mut self, diagnostic: Diagnostic) {
        // A derivative is written by rules; what it looks like is nobody's slip.
        if self.in_backward && !diagnostic.is_error() {
            return;
        }
        self.broken |= diagnostic.is_error();
        let known = self
            .diagnostics
            .iter()
            .any(|known| known.code == diagnostic.code && known.primary.span.is_at(diagnostic.primary.span));
        if !known {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports a mistake and gives a value of type *unknown*.
    fn wrong(&mut self, diagnostic: Diagnostic) -> ValueId {
        let span = diagnostic.primary.span;
        self.report(diagnostic);
        self.unknown(span)
    }

    fn unknown(&mut self, span: Span) -> ValueId {
        self.new_value(Type::unknown(), span)
    }

    fn new_value(&mut self, ty: Type, span: Span) -> ValueId {
        if let Some(unknown) = self.stopped {
            return unknown;
        }
        if let Some(axis) = ty.axes.iter().find(|axis| axis.size.is_too_large()) {
            let text = format!(
                "the size of the axis {} is beyond what can be computed with",
                axis.label
            );
            return self.wrong(Diagnostic::new(Code::E14, span, text).help(Size::LIMITS));
        }
        let bytes = limits::VALUE + limits::AXIS * ty.rank() as u64;
        let taken = self.budget.take(1, bytes);
        self.program.values.push(Value { name: None, ty, span });
        let value = self.program.values.len() - 1;
        if let Err(too_much) = taken {
            self.stop(value, too_much, span);
        }
        value
    }

    /// Ends the check of all that follows: the program is too large.
    fn stop(&mut self, value: ValueId, too_much: TooMuch, span: Span) {
        self.program.values[value].ty = Type::unknown();
        self.stopped = Some(value);
        let count = self.program.values.len();
        let error = Diagnostic::new(Code::E14, span, too_much.to_string());
        let error = error.note(format!(
            "the program has become {count} values, for each call is written out"
        ));
        self.report(error.help(TooMuch::HELP));
    }

    /// Checks what is inside of a loop or a call.
    fn nested<R>(&mut self, span: Span, inside: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.depth == DEPTH_MAX {
            let text = format!("loops and calls are nested more than {DEPTH_MAX} levels deep here");
            self.report(Diagnostic::new(Code::E00, span, text).help("call what is innermost from further outside"));
            return None;
        }
        self.depth += 1;
        let result = stack::deeper(|| inside(self));
        self.depth -= 1;
        Some(result)
    }

    /// Checks the body of a module or function where it is called, which may not call itself.
    fn written_out<R>(&mut self, name: &str, span: Span, body: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.calls_itself(name, span) {
            return None;
        }
        self.active.push(name.to_string());
        let result = self.nested(span, body);
        self.active.pop();
        result
    }

    /// Reports a call of a module or function inside of its own body.
    fn calls_itself(&mut self, name: &str, span: Span) -> bool {
        let is_active = self.active.iter().any(|active| active == name);
        if is_active {
            let text = format!("`{name}` is used inside of itself, which would never end");
            let help = "a call is written out in full; for repetition, write a loop `for t = 1..T`";
            self.report(Diagnostic::new(Code::E10, span, text).help(help));
        }
        is_active
    }

    /// Adds an instruction to the innermost block.
    fn push(&mut self, instruction: Instruction) {
        self.blocks
            .last_mut()
            .expect("there is always an open block")
            .push(instruction);
    }

    /// Adds an operation and gives its result.
    fn emit(&mut self, op: Operation, args: Vec<ValueId>, ty: Type, span: Span) -> ValueId {
        let out = self.new_value(ty, span);
        self.push(Instruction::Compute { out, op, args });
        out
    }

    fn ty(&self, value: ValueId) -> &Type {
        &self.program.values[value].ty
    }

    /// Where a value was used last, or else where it is defined.
    fn place(&self, value: ValueId) -> Span {
        self.used_at
            .get(&value)
            .copied()
            .unwrap_or(self.program.values[value].span)
    }

    fn text(&self, span: Span) -> String {
        self.sources.text(span).to_string()
    }

    fn same(&self, a: &Size, b: &Size) -> bool {
        self.facts.same(a, b)
    }

    /// The kind of a result computed from these: it has a gradient if one of them has.
    fn joined_kind(&self, values: &[ValueId]) -> Kind {
        let kinds = values.iter().map(|&value| &self.ty(value).kind);
        let any = |wanted: &Kind| kinds.clone().any(|kind| kind == wanted);
        if any(&Kind::Unknown) {
            Kind::Unknown
        } else if any(&Kind::Real) {
            Kind::Real
        } else {
            Kind::Data
        }
    }

    fn any_unknown(&self, values: &[ValueId]) -> bool {
        values.iter().any(|&value| self.ty(value).is_unknown())
    }
}
