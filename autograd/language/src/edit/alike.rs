//! Whether two programs are the same but for names.
//!
//! Operations that only give axes other names compute nothing, and are looked through: which of them a program has
//! depends on its names.

use std::collections::HashMap;

use crate::meaning::program::{Condition, DimValue, Instruction, Operation, Program, Requirement, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::{Kind, Type};
use crate::stack;

/// True if both compute the same from the same values, whatever sizes, values and axes are called.
pub(super) fn alike(a: &Program, b: &Program) -> bool {
    let mut pairs = Pairs {
        names: HashMap::new(),
        values: HashMap::new(),
        same: [relabelled(a), relabelled(b)],
        programs: [a, b],
    };
    pairs.learn_names()
        && pairs.declarations()
        && pairs.instructions(&a.instructions, &b.instructions)
        && pairs.results()
}

/// For each value that is another one under other names, that one.
fn relabelled(program: &Program) -> HashMap<ValueId, ValueId> {
    let sizes = |value: ValueId| program.values[value].ty.axes.iter().map(|axis| &axis.size);
    let mut same: HashMap<ValueId, ValueId> = HashMap::new();
    for instruction in Instruction::all(&program.instructions) {
        if let Instruction::Compute { out, op, args } = instruction
            && matches!(op, Operation::Relabel | Operation::Broadcast)
            && let &[arg] = args.as_slice()
            && sizes(*out).eq(sizes(arg))
        {
            let origin = same.get(&arg).copied().unwrap_or(arg);
            same.insert(*out, origin);
        }
    }
    same
}

/// True if two lists are equally long and all pairs meet a condition.
fn each<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

/// What the names and values of the first program are in the second.
struct Pairs<'p> {
    names: HashMap<Symbol, Symbol>,
    values: HashMap<ValueId, ValueId>,
    same: [HashMap<ValueId, ValueId>; 2],
    programs: [&'p Program; 2],
}

impl Pairs<'_> {
    /// Pairs the sizes and the positions of loops, in the order of the programs.
    fn learn_names(&mut self) -> bool {
        let [a, b] = self.programs.map(|program| {
            let positions = Instruction::all(&program.instructions).filter_map(|one| match one {
                Instruction::Loop { index, .. } => Some(index),
                _ => None,
            });
            let dims = program.dims.iter().map(|dim| &dim.name);
            dims.chain(positions).cloned().collect::<Vec<Symbol>>()
        });
        let mut add = |(a, b): (&Symbol, &Symbol)| self.names.entry(a.clone()).or_insert_with(|| b.clone()) == b;
        a.len() == b.len() && a.iter().zip(&b).all(&mut add)
    }

    fn declarations(&self) -> bool {
        let [a, b] = self.programs;
        let dims = each(&a.dims, &b.dims, |a, b| match (&a.value, &b.value) {
            (None, None) => true,
            (Some(DimValue::Equal(a)), Some(DimValue::Equal(b))) => self.size(a, b),
            (Some(DimValue::Quotient(a, under)), Some(DimValue::Quotient(b, other))) => {
                self.size(a, b) && self.size(under, other)
            }
            _ => false,
        });
        let requirement = |a: &Requirement, b: &Requirement| {
            a.comparison == b.comparison && self.size(&a.left, &b.left) && self.size(&a.right, &b.right)
        };
        dims && each(&a.requirements, &b.requirements, requirement)
            && each(&a.inputs, &b.inputs, |a, b| self.ty(&a.ty, &b.ty))
            && each(&a.params, &b.params, |a, b| {
                self.ty(&a.ty, &b.ty) && self.sizes(&a.counts, &b.counts) && a.init == b.init
            })
            && each(&a.families, &b.families, |a, b| {
                let range = |a: &(Size, Size), b: &(Size, Size)| self.size(&a.0, &b.0) && self.size(&a.1, &b.1);
                self.ty(&a.ty, &b.ty) && each(&a.ranges, &b.ranges, range)
            })
    }

    fn results(&self) -> bool {
        let [a, b] = self.programs;
        let objective = match (a.objective, b.objective) {
            (Some((direction, a)), Some((other, b))) => direction == other && self.is_pair(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let named = |a: &(String, ValueId), b: &(String, ValueId)| self.is_pair(a.1, b.1);
        objective && each(&a.outputs, &b.outputs, named) && each(&a.names, &b.names, named)
    }

    /// Pairs what two instructions compute; their types must fit.
    fn pair(&mut self, a: ValueId, b: ValueId) -> bool {
        self.values.insert(a, b);
        let [own, other] = self.programs;
        self.ty(&own.values[a].ty, &other.values[b].ty)
    }

    fn is_pair(&self, a: ValueId, b: ValueId) -> bool {
        let origin = |program: usize, value: ValueId| self.same[program].get(&value).copied().unwrap_or(value);
        self.values.get(&origin(0, a)) == Some(&origin(1, b))
    }

    /// A size of the first program in the names of the second.
    fn here(&self, size: &Size) -> Size {
        size.substitute(&|name| self.names.get(name).map(|other| Size::symbol(other.clone())))
    }

    fn size(&self, a: &Size, b: &Size) -> bool {
        self.here(a) == *b
    }

    fn sizes(&self, a: &[Size], b: &[Size]) -> bool {
        each(a, b, |a, b| self.size(a, b))
    }

    fn ty(&self, a: &Type, b: &Type) -> bool {
        let kind = match (&a.kind, &b.kind) {
            (Kind::Id(a), Kind::Id(b)) => self.size(a, b),
            (a, b) => a == b,
        };
        kind && each(&a.axes, &b.axes, |a, b| self.size(&a.size, &b.size))
    }

    fn operation(&self, a: &Operation, b: &Operation) -> bool {
        match (a, b) {
            (Operation::Param(a, at), Operation::Param(b, other)) => a == b && self.sizes(at, other),
            _ => a.with_sizes(&|size| self.here(size)) == *b,
        }
    }

    fn condition(&self, a: &Condition, b: &Condition) -> bool {
        match (a, b) {
            (Condition::Compare(a, comparison, under), Condition::Compare(b, other, right)) => {
                comparison == other && self.size(a, b) && self.size(under, right)
            }
            (Condition::Both(a, parts), Condition::Both(b, others)) => {
                a == b && self.condition(&parts.0, &others.0) && self.condition(&parts.1, &others.1)
            }
            _ => false,
        }
    }

    fn instructions(&mut self, a: &[Instruction], b: &[Instruction]) -> bool {
        let computes = |program: usize| {
            let same = self.same[program].clone();
            move |one: &&Instruction| !matches!(one, Instruction::Compute { out, .. } if same.contains_key(out))
        };
        let (a, b): (Vec<_>, Vec<_>) = (
            a.iter().filter(computes(0)).collect(),
            b.iter().filter(computes(1)).collect(),
        );
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| stack::deeper(|| self.instruction(a, b)))
    }

    fn instruction(&mut self, a: &Instruction, b: &Instruction) -> bool {
        use Instruction::{Choice, Collect, Compute, Load, Loop, Scope, Store};
        let same = match (a, b) {
            (
                Compute { op, args, .. },
                Compute {
                    op: other,
                    args: others,
                    ..
                },
            ) => each(args, others, |&a, &b| self.is_pair(a, b)) && self.operation(op, other),
            (
                Store { family, at, value },
                Store {
                    family: other,
                    at: place,
                    value: stored,
                },
            ) => {
                return family == other && self.sizes(at, place) && self.is_pair(*value, *stored);
            }
            (
                Load { family, at, .. },
                Load {
                    family: other,
                    at: place,
                    ..
                },
            ) => family == other && self.sizes(at, place),
            (Collect { family, .. }, Collect { family: other, .. }) => family == other,
            (
                Loop {
                    from, to, down, body, ..
                },
                Loop {
                    from: first,
                    to: last,
                    down: other,
                    body: rounds,
                    ..
                },
            ) => self.size(from, first) && self.size(to, last) && down == other && self.instructions(body, rounds),
            (
                Choice { condition, yes, no, .. },
                Choice {
                    condition: other,
                    yes: then,
                    no: or,
                    ..
                },
            ) => {
                let mut branch = |a: &(Vec<Instruction>, ValueId), b: &(Vec<Instruction>, ValueId)| {
                    self.instructions(&a.0, &b.0) && self.is_pair(a.1, b.1)
                };
                branch(yes, then) && branch(no, or) && self.condition(condition, other)
            }
            (
                Scope { at, body, .. },
                Scope {
                    at: other,
                    body: inside,
                    ..
                },
            ) => {
                let at = match (at, other) {
                    (Some(a), Some(b)) => self.size(a, b),
                    (a, b) => a.is_none() && b.is_none(),
                };
                at && self.instructions(body, inside)
            }
            _ => false,
        };
        same && match (a.value(), b.value()) {
            (Some(a), Some(b)) => self.pair(a, b),
            (a, b) => a == b,
        }
    }
}
