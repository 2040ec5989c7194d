//! A straight program with its loops unrolled: the positions of loops become numbers.

use std::collections::BTreeMap;

use super::names::Names;
use super::straight::{Line, Straight, StraightParam};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{AttributeNumber, DimValue, Operation, Program, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::meaning::unroll::{Done, Scope, State, Unroll};
use crate::syntax::span::Span;

/// Unrolls a program; `given` has the sizes that its loops run to.
///
/// **Errors** if such a size is missing.
pub fn straighten(program: &Program, given: &BTreeMap<String, i64>) -> Result<Straight, Box<Diagnostic>> {
    let bound = given
        .iter()
        .map(|(name, value)| (name.as_str().into(), *value))
        .collect();
    let mut unroller = Unroller {
        state: State::new(program, bound),
        straight: Straight::of(program),
        params: BTreeMap::new(),
        prefixes: Vec::new(),
        names: Names::of(program),
    };
    unroller.fix_dims(given);
    unroller.unroll(&program.instructions)?;
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
    /// What the names of values begin with, for each scope around.
    prefixes: Vec<String>,
    names: Names,
}

impl<'p> Unroll<'p> for Unroller<'p> {
    type Value = usize;

    fn state(&mut self) -> &mut State<'p, usize> {
        &mut self.state
    }

    fn number(&self, size: &Size) -> Done<i64> {
        size.value(&self.state.bound).map_err(|name| {
            let text = format!("a loop runs to {name}, which has no value here");
            let error = Diagnostic::new(Code::E14, Span::default(), text);
            Box::new(error.help(format!(
                "loops are unrolled for this; give the size, as in `--at {name}=3`"
            )))
        })
    }

    fn compute(&mut self, out: ValueId, op: &Operation, args: Vec<usize>) -> Done<usize> {
        let value = &self.state.program.values[out];
        let here = |axis: &Axis| Axis {
            size: self.here(&axis.size),
            ..axis.clone()
        };
        let ty = Type {
            axes: value.ty.axes.iter().map(here).collect(),
            kind: value.ty.kind.clone(),
        };
        let op = match op {
            Operation::Param(number, at) => return self.param(*number, at, ty),
            Operation::Engine(name, attributes) => {
                let operands: Vec<&Type> = args.iter().map(|&arg| &self.straight.lines[arg].ty).collect();
                let known = super::known::known(name, attributes, &operands);
                known.unwrap_or_else(|| op.clone()).with_sizes(&|size| self.here(size))
            }
            op => op.with_sizes(&|size| self.here(size)),
        };
        let name = value.name.as_ref().map(|name| match op {
            Operation::Input(_) => name.clone(),
            _ => self.names.fresh(&format!("{}{name}", self.prefixes.concat())),
        });
        Ok(self.push(Line { op, args, ty, name }))
    }

    fn name_element(&mut self, line: usize, family: usize, at: &[i64]) {
        if self.straight.lines[line].name.is_none() {
            let places: Vec<String> = at.iter().map(|place| place.to_string().replace('-', "m")).collect();
            let name = format!("{}_{}", self.state.program.families[family].name, places.join("_"));
            self.straight.lines[line].name = Some(self.names.fresh(&name));
        }
    }

    /// Only the whole row has a name.
    fn stack(&mut self, out: ValueId, family: usize, parts: Vec<usize>, depth: usize) -> Done<usize> {
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
        let name = (depth == 0).then(|| self.names.fresh(&self.state.program.families[family].name));
        Ok(self.push(Line {
            op: Operation::Engine("stack".into(), axis),
            args: parts,
            ty,
            name,
        }))
    }

    fn open(&mut self, scope: Scope<'_>) {
        self.prefixes.push(match scope {
            Scope::Round(..) => String::new(),
            Scope::Layer(name, Some(at)) => format!("{name}_{at}_"),
            Scope::Layer(name, None) => format!("{name}_"),
        });
    }

    fn close(&mut self) {
        self.prefixes.pop();
    }
}

impl Unroller<'_> {
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
        let name = self.names.fresh(&path.replace('.', "_"));
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
