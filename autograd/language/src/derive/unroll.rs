//! A straight program with its loops unrolled: the positions of loops become numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::known::known;
use super::names::{identifier, in_scope, joined};
use super::rounds_written_out::{at_option, sizes_of_rounds};
use super::straight::{Line, Straight, StraightParam};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::limits::{self, Budget};
use crate::meaning::kinds;
use crate::meaning::program::{AttributeNumber, DimValue, Operation, Program, ValueId};
use crate::meaning::size::{NoNumber, Size, Symbol};
use crate::meaning::types::{Axis, Kind, Type};
use crate::meaning::unroll::{Done, Scope, State, Unroll};
use crate::span::Span;

/// Unrolls a program; `given` has the sizes that its loops run to.
///
/// **Errors** if such a size is missing.
pub fn straighten(program: &Program, given: &BTreeMap<String, i64>) -> Result<Straight, Box<Diagnostic>> {
    let bound = given
        .iter()
        .map(|(name, value)| (name.as_str().into(), *value))
        .collect();
    let mut unroller = Unroller {
        state: State::new(program, bound, Budget::new(program.memory)),
        straight: Straight::of(program),
        params: BTreeMap::new(),
        scopes: Vec::new(),
        rounds: Vec::new(),
        stored: BTreeSet::new(),
        repeats: Vec::new(),
    };
    unroller.fix_dims(given);
    unroller.unroll(&program.instructions)?;
    unroller.remaining_params()?;
    unroller.name_values_of_rounds();
    let at = |value: ValueId| unroller.state.value(value);
    let objective = program.objective.map(|(direction, value)| (direction, at(value)));
    let outputs = program.outputs.iter();
    let outputs = outputs.map(|(name, value)| (name.clone(), at(*value))).collect();
    Ok(Straight {
        objective,
        outputs,
        ..unroller.straight
    })
}

struct Unroller<'p> {
    state: State<'p, usize>,
    straight: Straight,
    params: BTreeMap<String, usize>,
    /// For each scope around, what the names of values begin with, and the positions of the loops outside of it.
    scopes: Vec<(String, Vec<(i64, bool)>)>,
    /// The positions of the loops around, outermost first; those by which a layer is named already are marked.
    rounds: Vec<(i64, bool)>,
    /// The lines that are in a row.
    stored: BTreeSet<usize>,
    /// The lines that collect a row again; what they are called must not take the name of a value of the row.
    repeats: Vec<usize>,
}

impl<'p> Unroll<'p> for Unroller<'p> {
    type Value = usize;

    fn state(&mut self) -> &mut State<'p, usize> {
        &mut self.state
    }

    fn number(&self, size: &Size) -> Done<i64> {
        size.value(&self.state.bound).map_err(|why| {
            let wrong = |text: String| Diagnostic::new(Code::E14, Span::default(), text);
            let NoNumber::Missing(name) = why else {
                return Box::new(wrong(why.to_string()));
            };
            let is_missing = |size: &&Symbol| !self.state.bound.contains_key(*size);
            let sizes = sizes_of_rounds(self.state.program);
            let mut missing: Vec<Symbol> = sizes.iter().filter(is_missing).cloned().collect();
            if missing.is_empty() {
                missing.push(name);
            }
            let names: Vec<&str> = missing.iter().map(|name| &**name).collect();
            let text = match names.as_slice() {
                [name] => format!("a loop or an `if` depends on {name}, which has no value here"),
                names => format!(
                    "loops or `if`s depend on {}, which have no values here",
                    names.join(", ")
                ),
            };
            let sizes = if missing.len() == 1 { "the size" } else { "the sizes" };
            let option = at_option(&missing);
            Box::new(wrong(text).help(format!("both are written out for this; give {sizes}, as in `{option}`")))
        })
    }

    fn compute(&mut self, out: ValueId, op: &Operation, args: Vec<usize>) -> Done<usize> {
        let value = &self.state.program.values[out];
        self.state
            .take(out, limits::VALUE, value.ty.rank() as u64, limits::AXIS)?;
        let here = |axis: &Axis| Axis {
            size: self.here(&axis.size),
            ..axis.clone()
        };
        let mut ty = Type {
            axes: value.ty.axes.iter().map(here).collect(),
            kind: value.ty.kind.clone(),
        };
        // A row has a gradient if one of its values has one; at this position, what is read may have none.
        let is_real = |(position, &arg): (usize, &usize)| {
            self.straight.lines[arg].ty.kind == Kind::Real && kinds::passes_gradient(op, position)
        };
        if ty.kind == Kind::Real && !args.is_empty() && !args.iter().enumerate().any(is_real) {
            ty.kind = Kind::Data;
        }
        let op = match op {
            Operation::Param(number, at) => return self.param(*number, at, ty),
            op => known(op, args.iter().map(|&arg| &self.straight.lines[arg].ty)).with_sizes(&|size| self.here(size)),
        };
        let Some(name) = value.name.clone().filter(|_| !matches!(op, Operation::Input(_))) else {
            let name = value.name.clone();
            return Ok(self.push(Line { op, args, ty, name }));
        };
        let base = in_scope(&self.prefix(), &name);
        let rounds = self.rounds.iter().filter(|(_, is_named)| !is_named);
        let at: Vec<i64> = rounds.map(|(place, _)| *place).collect();
        // The first value of a row, before its loop, has the row's name too.
        let is_of_round = !at.is_empty() || self.state.program.families.iter().any(|row| row.name == name);
        let name = if is_of_round {
            base.clone()
        } else {
            self.straight.names.own(&base)
        };
        let line = self.push(Line {
            op,
            args,
            ty,
            name: Some(name),
        });
        if is_of_round {
            self.straight.elements.insert(line, (base, at));
        }
        Ok(line)
    }

    fn name_element(&mut self, line: usize, family: usize, at: &[i64]) {
        let base = in_scope(&self.prefix(), &self.state.program.families[family].name);
        self.straight.rows.insert(base.clone());
        // A value that has a name in the layer of a round is known by its row; the first row that holds it names it.
        let is_of_round = self.straight.lines[line].name.is_none() || self.straight.elements.contains_key(&line);
        if is_of_round && self.stored.insert(line) {
            self.straight.lines[line].name = Some(base.clone());
            self.straight.elements.insert(line, (base, at.to_vec()));
            // Where the value got the axes of its row, the row's value is what has the name.
            if let (Operation::Relabel, &[source]) =
                (&self.straight.lines[line].op, &self.straight.lines[line].args[..])
                && !self.stored.contains(&source)
                && self.straight.elements.remove(&source).is_some()
            {
                self.straight.lines[source].name = None;
            }
        }
    }

    /// Only the whole row has a name.
    fn stack(&mut self, out: ValueId, family: usize, parts: Vec<usize>, depth: usize) -> Done<usize> {
        self.state.take(out, limits::VALUE, parts.len() as u64, 8)?;
        let is_real = |part: &usize| self.straight.lines[*part].ty.kind == Kind::Real;
        let ty = Type {
            axes: self.state.program.values[out].ty.axes[depth..].to_vec(),
            kind: if parts.iter().any(is_real) {
                Kind::Real
            } else {
                Kind::Data
            },
        };
        let axis = vec![("axis".to_string(), vec![AttributeNumber::Number(0.0)])];
        let base = in_scope(&self.prefix(), &self.state.program.families[family].name);
        let is_first = depth == 0 && self.straight.names.gives(&base);
        let name = match is_first {
            true => Some(self.straight.names.own(&base)),
            false => (depth == 0).then_some(base),
        };
        if depth == 0 && !is_first {
            self.repeats.push(self.straight.lines.len());
        }
        let line = self.push(Line {
            op: Operation::Engine("stack".into(), axis),
            args: parts,
            ty,
            name,
        });
        self.straight.collected.insert(line);
        Ok(line)
    }

    fn empty(&mut self, out: ValueId, depth: usize) -> Done<usize> {
        let axes = self.state.program.values[out].ty.axes[depth..].iter();
        let axes = axes
            .map(|axis| Axis {
                size: self.here(&axis.size),
                ..axis.clone()
            })
            .collect();
        let mut ty = Type {
            axes: Vec::new(),
            kind: Kind::Data,
        };
        let zero = self.push(Line {
            op: Operation::Number(0.0),
            args: Vec::new(),
            ty: ty.clone(),
            name: None,
        });
        ty.axes = axes;
        Ok(self.push(Line {
            op: Operation::Broadcast,
            args: vec![zero],
            ty,
            name: None,
        }))
    }

    fn open(&mut self, scope: Scope<'_>) {
        let rounds = self.rounds.clone();
        let prefix = match scope {
            Scope::Round(_, at) => {
                self.rounds.push((at, false));
                String::new()
            }
            Scope::Layer(name, Some(at)) => {
                let round = self
                    .rounds
                    .iter_mut()
                    .rev()
                    .find(|(place, is_named)| *place == at && !is_named);
                round.into_iter().for_each(|(_, is_named)| *is_named = true);
                format!("{name}_{at}_")
            }
            Scope::Layer(name, None) => format!("{name}_"),
        };
        self.scopes.push((prefix, rounds));
    }

    fn close(&mut self) {
        if let Some((_, rounds)) = self.scopes.pop() {
            self.rounds = rounds;
        }
    }
}

impl Unroller<'_> {
    /// What the names of values begin with here.
    fn prefix(&self) -> String {
        self.scopes.iter().map(|(prefix, _)| prefix.as_str()).collect()
    }

    /// The names of values of loops as identifiers, once it is known which row holds which value.
    fn name_values_of_rounds(&mut self) {
        for (line, (base, at)) in self.straight.elements.clone() {
            self.straight.lines[line].name = Some(self.straight.names.own(&at_places(&base, &at)));
        }
        for line in std::mem::take(&mut self.repeats) {
            let base = self.straight.lines[line].name.take();
            self.straight.lines[line].name = base.map(|base| self.straight.names.own(&base));
        }
    }

    /// Sizes that are given become equations of the unrolled program.
    fn fix_dims(&mut self, given: &BTreeMap<String, i64>) {
        for dim in &mut self.straight.dims {
            match (&dim.value, given.get(&*dim.name)) {
                (None, Some(&value)) => dim.value = Some(DimValue::Equal(Size::number(value))),
                (Some(DimValue::Equal(size)), None) => {
                    if let Ok(value) = size.value(&self.state.bound) {
                        self.state.bound.insert(dim.name.clone(), value);
                    }
                }
                _ => {}
            }
        }
    }

    /// A size in which the positions of loops are numbers.
    fn here(&self, size: &Size) -> Size {
        let is_dim = |name: &str| self.state.program.dims.iter().any(|dim| &*dim.name == name);
        size.substitute(&|symbol| match self.state.bound.get(symbol) {
            Some(&value) if !is_dim(symbol) => Some(Size::number(value)),
            _ => None,
        })
    }

    fn push(&mut self, line: Line) -> usize {
        self.straight.lines.push(line);
        self.straight.lines.len() - 1
    }

    /// Declares the parameters that nothing uses, so that a run of the program may give them values.
    fn remaining_params(&mut self) -> Done<()> {
        for (number, param) in self.state.program.params.iter().enumerate() {
            let counts = self.numbers(&param.counts)?;
            let mut places: Vec<Vec<Size>> = vec![Vec::new()];
            for count in counts {
                let longer = |place: &Vec<Size>| {
                    (1..=count)
                        .map(|at| [place.clone(), vec![Size::number(at)]].concat())
                        .collect::<Vec<_>>()
                };
                places = places.iter().flat_map(longer).collect();
            }
            for place in places {
                let axes = param.ty.axes.iter().map(|axis| Axis {
                    size: self.here(&axis.size),
                    ..axis.clone()
                });
                let ty = Type {
                    axes: axes.collect(),
                    kind: param.ty.kind.clone(),
                };
                self.param(number, &place, ty)?;
            }
        }
        Ok(())
    }

    /// A parameter stands once, however often its layer is called.
    fn param(&mut self, number: usize, at: &[Size], ty: Type) -> Done<usize> {
        let param = &self.state.program.params[number];
        let mut path = param.path.clone();
        for place in self.numbers(at)? {
            path = path.replacen("[]", &format!("_{place}"), 1);
        }
        if let Some(&line) = self.params.get(&path) {
            return Ok(line);
        }
        let name = self.straight.names.own(&identifier(&path));
        self.straight.params.push(StraightParam {
            name: name.clone(),
            ty: ty.clone(),
            init: param.init.clone(),
        });
        let line = self.push(Line {
            op: Operation::Param(self.straight.params.len() - 1, Vec::new()),
            args: Vec::new(),
            ty,
            name: Some(name),
        });
        self.params.insert(path, line);
        Ok(line)
    }
}

/// A name with positions behind it: `h_2`.
fn at_places(name: &str, places: &[i64]) -> String {
    let places = places.iter().map(|place| format!("_{place}").replace('-', "m"));
    let full = places.fold(name.to_string(), |name, place| name + &place);
    if name == "g" { joined(full) } else { full }
}
