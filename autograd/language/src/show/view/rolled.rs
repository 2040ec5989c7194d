//! The picture of a program before its loops are unrolled: each loop is a scope, and an arrow that goes back shows what a
//! round reads of the round before it.
//!
//! Sizes stay names, so the picture is the same for every number of rounds.

use std::collections::BTreeMap;

use super::{Arrow, BoxKind, Picture, PictureBox};
use crate::meaning::program::{Instruction, Operation, Program, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::Kind;
use crate::syntax::print;

/// The picture of a program with its loops as they are written; `gradients` adds arrows of the backward pass.
pub fn rolled(program: &Program, gradients: bool) -> Picture {
    let mut drawing = Drawing {
        program,
        gradients,
        picture: Picture::default(),
        made: BTreeMap::new(),
        params: BTreeMap::new(),
        stores: vec![Vec::new(); program.families.len()],
        wants: Vec::new(),
        scope: Vec::new(),
        indices: Vec::new(),
    };
    drawing.given(&program.instructions);
    drawing.instructions(&program.instructions);
    drawing.arrows();
    drawing.picture.arrows.sort();
    drawing.picture.arrows.dedup();
    drawing.picture
}

/// Where a value of the program comes from.
#[derive(Clone, Debug)]
enum Made {
    /// A box.
    Box(usize),
    /// A place in a row, read here.
    Load(usize, Vec<Size>),
}

struct Drawing<'p> {
    program: &'p Program,
    gradients: bool,
    picture: Picture,
    made: BTreeMap<ValueId, Made>,
    params: BTreeMap<(usize, Vec<String>), usize>,
    /// For each row, its positions and the values stored there.
    stores: Vec<Vec<(Vec<Size>, ValueId)>>,
    /// What each box reads: the box, the port, the value, and whether a gradient comes back.
    wants: Vec<(usize, usize, ValueId, bool)>,
    scope: Vec<String>,
    /// The positions of all loops of the program.
    indices: Vec<Symbol>,
}

impl Drawing<'_> {
    fn instructions(&mut self, instructions: &[Instruction]) {
        instructions
            .iter()
            .for_each(|instruction| self.instruction(instruction));
    }

    /// Draws boxes for all inputs and parameters, before all other boxes.
    fn given(&mut self, instructions: &[Instruction]) {
        for instruction in Instruction::all(instructions) {
            if let Instruction::Compute { out, op, .. } = instruction
                && matches!(op, Operation::Input(_) | Operation::Param(..))
            {
                self.op(*out, op, &[]);
            }
        }
    }

    fn instruction(&mut self, instruction: &Instruction) {
        match instruction {
            Instruction::Compute { out, .. } if self.made.contains_key(out) => {}
            Instruction::Compute { out, op, args } => self.op(*out, op, args),
            Instruction::Store { family, at, value } => {
                self.name_after(*family, at, *value);
                self.stores[*family].push((at.clone(), *value));
            }
            Instruction::Load { out, family, at } => {
                self.made.insert(*out, Made::Load(*family, at.clone()));
            }
            Instruction::Collect { out, family } => {
                let name = Some(self.program.families[*family].name.clone());
                let number = self.push(BoxKind::Op, name, "stack".to_string(), *out);
                for (port, (_, value)) in self.stores[*family].clone().into_iter().enumerate() {
                    let back = self.has_gradient(*out) && self.has_gradient(value);
                    self.wants.push((number, port, value, back));
                }
            }
            Instruction::Loop {
                index,
                from,
                to,
                down,
                body,
            } => {
                let down = if *down { " down" } else { "" };
                self.indices.push(index.clone());
                self.inside(format!("for {index} = {from}..{to}{down}"), body);
            }
            Instruction::Choice {
                out,
                condition,
                yes,
                no,
            } => {
                self.instructions(&yes.0);
                self.instructions(&no.0);
                let name = self.program.values[*out].name.clone();
                let number = self.push(BoxKind::Op, name, format!("if {condition}"), *out);
                for (port, value) in [yes.1, no.1].into_iter().enumerate() {
                    let back = self.has_gradient(*out) && self.has_gradient(value);
                    self.wants.push((number, port, value, back));
                }
            }
            Instruction::Scope { name, at, body, .. } => {
                let name = at.as_ref().map_or(name.clone(), |at| format!("{name}[{at}]"));
                self.inside(name, body);
            }
        }
    }

    fn inside(&mut self, name: String, body: &[Instruction]) {
        self.scope.push(name);
        self.instructions(body);
        self.scope.pop();
    }

    fn op(&mut self, out: ValueId, op: &Operation, args: &[ValueId]) {
        let ty = &self.program.values[out].ty;
        let (kind, what) = match op {
            Operation::Relabel if self.program.values[out].name.is_none() => {
                if let Some(made) = self.made.get(&args[0]).cloned() {
                    self.made.insert(out, made);
                }
                return;
            }
            Operation::Param(number, at) => return self.param(out, *number, at),
            Operation::Input(_) if ty.kind == Kind::Real => (BoxKind::Input, "input".to_string()),
            Operation::Input(_) => (BoxKind::Data, "data".to_string()),
            Operation::Number(value) => (BoxKind::Constant, print::number(*value)),
            Operation::Size(size) => (BoxKind::Constant, size.to_string()),
            op => (BoxKind::Op, op.name().to_string()),
        };
        let number = self.push(kind, self.program.values[out].name.clone(), what, out);
        for (port, &arg) in args.iter().enumerate() {
            let back = self.has_gradient(out) && self.has_gradient(arg);
            self.wants.push((number, port, arg, back));
        }
    }

    /// A parameter is one box, however often its layer is called.
    fn param(&mut self, out: ValueId, number: usize, at: &[Size]) {
        let places: Vec<String> = at.iter().map(Size::to_string).collect();
        let key = (number, places.clone());
        if let Some(&known) = self.params.get(&key) {
            self.made.insert(out, Made::Box(known));
            return;
        }
        let mut path = self.program.params[number].path.clone();
        for place in places {
            path = path.replacen("[]", &format!("[{place}]"), 1);
        }
        let own = self.push(BoxKind::Param, Some(path), "param".to_string(), out);
        self.params.insert(key, own);
    }

    fn push(&mut self, kind: BoxKind, name: Option<String>, op: String, out: ValueId) -> usize {
        let ty = &self.program.values[out].ty;
        let shape = if ty.rank() == 0 { String::new() } else { ty.to_string() };
        let scope = if kind.is_given() {
            Vec::new()
        } else {
            self.scope.clone()
        };
        let mut own = PictureBox::new(kind, name, op, shape, scope);
        own.origin = Some(out);
        self.picture.boxes.push(own);
        let number = self.picture.boxes.len() - 1;
        self.made.insert(out, Made::Box(number));
        number
    }

    /// Names a computed value after the position of the row that holds it.
    fn name_after(&mut self, family: usize, at: &[Size], value: ValueId) {
        let Some(Made::Box(number)) = self.made.get(&value) else {
            return;
        };
        let one = &mut self.picture.boxes[*number];
        if one.kind == BoxKind::Op {
            let places: Vec<String> = at.iter().map(Size::to_string).collect();
            one.name = Some(format!("{}[{}]", self.program.families[family].name, places.join(", ")));
            one.relabel();
        }
    }

    fn has_gradient(&self, value: ValueId) -> bool {
        self.gradients && self.program.values[value].ty.kind == Kind::Real
    }

    fn arrows(&mut self) {
        for (to, port, value, gradient) in std::mem::take(&mut self.wants) {
            for (from, back) in self.sources(value, None, 0) {
                self.picture.arrows.push(Arrow {
                    from,
                    to,
                    port,
                    gradient,
                    back,
                });
            }
        }
    }

    /// The boxes that a value comes from, each with its round if that is another one.
    fn sources(&self, value: ValueId, back: Option<String>, depth: usize) -> Vec<(usize, Option<String>)> {
        let (family, at) = match self.made.get(&value) {
            Some(Made::Box(number)) => return vec![(*number, back)],
            Some(Made::Load(family, at)) if depth <= self.program.families.len() => (*family, at),
            _ => return Vec::new(),
        };
        let runs = |at: &[Size]| {
            at.iter()
                .any(|at| at.symbols().iter().any(|one| self.indices.contains(one)))
        };
        let stores = &self.stores[family];
        let exact: Vec<_> = stores.iter().filter(|(own, _)| own == at).collect();
        let wanted: Vec<_> = match (exact.is_empty(), runs(at)) {
            (false, _) => exact,
            (true, true) => stores.iter().collect(),
            (true, false) => {
                let ranged: Vec<_> = stores.iter().filter(|(own, _)| runs(own)).collect();
                if ranged.is_empty() {
                    stores.iter().collect()
                } else {
                    ranged
                }
            }
        };
        let mut found = Vec::new();
        for (own, value) in wanted {
            let differs =
                |(own, at): (&Size, &Size)| (own != at && runs(std::slice::from_ref(own))).then(|| at.to_string());
            let round: Vec<String> = match runs(at) {
                true => own.iter().zip(at).filter_map(differs).collect(),
                false => Vec::new(),
            };
            let label = if round.is_empty() {
                back.clone()
            } else {
                Some(round.join(", "))
            };
            found.extend(self.sources(*value, label, depth + 1));
        }
        found
    }
}
