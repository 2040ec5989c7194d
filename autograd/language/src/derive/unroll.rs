//! Unrolling: a program with its loops run through, the positions of which become numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::straight::{Line, Straight, StraightParam};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Attribute, DimValue, Op, Program, Step, ValueId};
use crate::meaning::size::{Bound, Size};
use crate::meaning::types::{Axis, Kind, Type};
use crate::syntax::span::Span;

/// Unrolls a program; `given` has the sizes that its loops run to.
///
/// **Errors** if such a size is missing.
pub fn straighten(program: &Program, given: &BTreeMap<String, i64>) -> Result<Straight, Box<Diagnostic>> {
    let mut unroller = Unroller {
        program,
        bound: given
            .iter()
            .map(|(name, value)| (name.as_str().into(), *value))
            .collect(),
        straight: Straight {
            name: program.name.clone(),
            dims: program.dims.clone(),
            requirements: program.requirements.clone(),
            inputs: program.inputs.clone(),
            ..Straight::default()
        },
        values: vec![usize::MAX; program.values.len()],
        rows: vec![BTreeMap::new(); program.families.len()],
        params: BTreeMap::new(),
        prefix: String::new(),
        taken: BTreeSet::new(),
    };
    unroller
        .taken
        .extend(program.dims.iter().map(|dim| dim.name.to_string()));
    unroller.fix_dims(given);
    unroller.steps(&program.steps)?;
    let at = |value: ValueId| unroller.values[value];
    let objective = program.objective.map(|(direction, value)| (direction, at(value)));
    let outputs = program
        .outputs
        .iter()
        .map(|(name, value)| (name.clone(), at(*value)))
        .collect();
    Ok(Straight {
        objective,
        outputs,
        ..unroller.straight
    })
}

struct Unroller<'p> {
    program: &'p Program,
    bound: Bound,
    straight: Straight,
    values: Vec<usize>,
    rows: Vec<BTreeMap<Vec<i64>, usize>>,
    params: BTreeMap<String, usize>,
    prefix: String,
    taken: BTreeSet<String>,
}

impl Unroller<'_> {
    /// Sizes that are given become equations of the unrolled program.
    fn fix_dims(&mut self, given: &BTreeMap<String, i64>) {
        for dim in &mut self.straight.dims {
            match (&dim.value, given.get(&*dim.name)) {
                (None, Some(&value)) => dim.value = Some(DimValue::Equal(Size::number(value))),
                (Some(DimValue::Equal(size)), None) => {
                    if let Ok(value) = size.value(&self.bound) {
                        self.bound.insert(dim.name.clone(), value);
                    }
                }
                _ => {}
            }
        }
    }

    fn number(&self, size: &Size, span: Span) -> Result<i64, Box<Diagnostic>> {
        size.value(&self.bound).map_err(|name| {
            let text = format!("a loop runs to {name}, which has no value here");
            let error = Diagnostic::new(Code::E14, span, text);
            Box::new(error.help(format!(
                "loops are unrolled for this; give the size, as in `--at {name}=3`"
            )))
        })
    }

    fn numbers(&self, sizes: &[Size]) -> Result<Vec<i64>, Box<Diagnostic>> {
        sizes.iter().map(|size| self.number(size, Span::default())).collect()
    }

    /// A size in which the positions of loops are numbers.
    fn here(&self, size: &Size) -> Size {
        let is_dim = |name: &str| self.program.dims.iter().any(|dim| &*dim.name == name);
        size.substitute(&|symbol| match self.bound.get(symbol) {
            Some(&value) if !is_dim(symbol) => Some(Size::number(value)),
            _ => None,
        })
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), Box<Diagnostic>> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), Box<Diagnostic>> {
        match step {
            Step::Op { out, op, args } => {
                let args = args.iter().map(|&arg| self.values[arg]).collect();
                self.line(*out, op, args)?;
            }
            Step::Store { family, at, value } => {
                let at = self.numbers(at)?;
                let line = self.values[*value];
                let places: Vec<String> = at.iter().map(|place| place.to_string().replace('-', "m")).collect();
                let name = format!("{}_{}", self.program.families[*family].name, places.join("_"));
                if self.straight.lines[line].name.is_none() {
                    self.straight.lines[line].name = Some(self.fresh(&name));
                }
                self.rows[*family].insert(at, line);
            }
            Step::Load { out, family, at } => {
                let at = self.numbers(at)?;
                self.values[*out] = self.rows[*family][&at];
            }
            Step::Collect { out, family } => self.collect(*out, *family)?,
            Step::Loop {
                index,
                from,
                to,
                down,
                body,
            } => {
                let (from, to) = (self.number(from, Span::default())?, self.number(to, Span::default())?);
                let rounds: Vec<i64> = if *down {
                    (to..=from).rev().collect()
                } else {
                    (from..=to).collect()
                };
                for round in rounds {
                    self.bound.insert(index.clone(), round);
                    self.steps(body)?;
                }
                self.bound.remove(index);
            }
            Step::Scope { name, at, body } => {
                let length = self.prefix.len();
                self.prefix.push_str(name);
                if let Some(at) = at {
                    let at = self.number(at, Span::default())?;
                    self.prefix.push_str(&format!("_{at}"));
                }
                self.prefix.push('_');
                self.steps(body)?;
                self.prefix.truncate(length);
            }
        }
        Ok(())
    }

    fn line(&mut self, out: ValueId, op: &Op, args: Vec<usize>) -> Result<(), Box<Diagnostic>> {
        let value = &self.program.values[out];
        let ty = Type {
            axes: value
                .ty
                .axes
                .iter()
                .map(|axis| Axis {
                    size: self.here(&axis.size),
                    ..axis.clone()
                })
                .collect(),
            kind: value.ty.kind.clone(),
        };
        let named = value.name.clone();
        let op = match op {
            Op::Param(number, at) => {
                self.param(out, *number, at, ty)?;
                return Ok(());
            }
            Op::Size(size) => Op::Size(self.here(size)),
            Op::Select(axis, at) => Op::Select(*axis, self.here(at)),
            Op::Engine(name, attributes) => {
                let operands: Vec<&Type> = args.iter().map(|&arg| &self.straight.lines[arg].ty).collect();
                super::known::known(name, attributes, &operands).unwrap_or_else(|| op.clone())
            }
            op => op.clone(),
        };
        let name = named.map(|name| match op {
            Op::Input(_) => name,
            _ => self.fresh(&format!("{}{name}", self.prefix)),
        });
        if let (Op::Input(_), Some(name)) = (&op, &name) {
            self.taken.insert(name.clone());
        }
        self.straight.lines.push(Line { op, args, ty, name });
        self.values[out] = self.straight.lines.len() - 1;
        Ok(())
    }

    /// A parameter stands once, however often its layer is called.
    fn param(&mut self, out: ValueId, number: usize, at: &[Size], ty: Type) -> Result<(), Box<Diagnostic>> {
        let param = &self.program.params[number];
        let mut path = param.path.clone();
        for place in self.numbers(at)? {
            path = path.replacen("[]", &format!("_{place}"), 1);
        }
        if let Some(&line) = self.params.get(&path) {
            self.values[out] = line;
            return Ok(());
        }
        let name = self.fresh(&path.replace('.', "_"));
        self.straight.params.push(StraightParam {
            name: name.clone(),
            ty: ty.clone(),
            init: param.init.clone(),
        });
        self.straight.lines.push(Line {
            op: Op::Param(self.straight.params.len() - 1, Vec::new()),
            args: Vec::new(),
            ty,
            name: Some(name),
        });
        self.values[out] = self.straight.lines.len() - 1;
        self.params.insert(path, self.values[out]);
        Ok(())
    }

    fn collect(&mut self, out: ValueId, family: usize) -> Result<(), Box<Diagnostic>> {
        let mut bounds = Vec::new();
        for (low, high) in &self.program.families[family].ranges {
            bounds.push((self.number(low, Span::default())?, self.number(high, Span::default())?));
        }
        let axes = self.program.values[out].ty.axes.clone();
        self.values[out] = self.stacked(family, &bounds, &mut Vec::new(), &axes);
        let name = self.fresh(&self.program.families[family].name);
        self.straight.lines[self.values[out]].name = Some(name);
        Ok(())
    }

    fn stacked(&mut self, family: usize, bounds: &[(i64, i64)], at: &mut Vec<i64>, axes: &[Axis]) -> usize {
        let Some(&(low, high)) = bounds.get(at.len()) else {
            return self.rows[family][at.as_slice()];
        };
        let mut parts = Vec::new();
        for place in low..=high {
            at.push(place);
            parts.push(self.stacked(family, bounds, at, axes));
            at.pop();
        }
        let real = parts
            .iter()
            .any(|&part| self.straight.lines[part].ty.kind == Kind::Real);
        let ty = Type {
            axes: axes[at.len()..].to_vec(),
            kind: if real { Kind::Real } else { Kind::Data },
        };
        let axis = vec![("axis".to_string(), vec![Attribute::Number(0.0)])];
        self.straight.lines.push(Line {
            op: Op::Engine("stack".into(), axis),
            args: parts,
            ty,
            name: None,
        });
        self.straight.lines.len() - 1
    }

    /// An identifier that nothing else has.
    fn fresh(&mut self, name: &str) -> String {
        let mut unique = name.to_string();
        let mut number = 2;
        let is_input = |name: &str| self.program.inputs.iter().any(|input| input.name == name);
        while is_input(&unique) || !self.taken.insert(unique.clone()) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        unique
    }
}
