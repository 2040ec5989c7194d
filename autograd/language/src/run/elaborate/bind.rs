//! Numbers for the named sizes: given, inferred from the shapes of values, or computed from other sizes.

use std::collections::BTreeMap;

use super::params::is_at;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Condition, DimValue, Program, Requirement};
use crate::meaning::size::{Bound, NUMBER_MAX, Size, Symbol};
use crate::span::Span;

/// The numbers of all sizes of a program, from those that are given.
///
/// **Errors** if a size is missing, not positive, does not divide, or breaks a requirement.
pub fn bind(program: &Program, given: &BTreeMap<String, i64>) -> Result<Bound, Box<Diagnostic>> {
    let wrong = |span: Span, text: String| Err(Box::new(Diagnostic::new(Code::E14, span, text)));
    let mut bound = Bound::new();
    for dim in &program.dims {
        let value = match &dim.value {
            None => match given.get(&*dim.name) {
                Some(&value) => value,
                None => {
                    let error = Diagnostic::new(Code::E14, dim.span, format!("the size {} has no value", dim.name));
                    return Err(Box::new(error.help(format!("give it, as in `--at {}=4`", dim.name))));
                }
            },
            Some(DimValue::Equal(size)) => number(size, &bound, dim.span)?,
            Some(DimValue::Quotient(over, under)) => {
                let (o, u) = (number(over, &bound, dim.span)?, number(under, &bound, dim.span)?);
                if u == 0 || o % u != 0 {
                    let text = format!(
                        "{} = {over} / {under} is not whole: {over} = {o}, {under} = {u}",
                        dim.name
                    );
                    return wrong(dim.span, text);
                }
                o / u
            }
        };
        if let Some(&told) = given.get(&*dim.name)
            && told != value
        {
            return wrong(
                dim.span,
                format!("{} follows from other sizes as {value}, but {told} is given", dim.name),
            );
        }
        if value < 1 {
            return wrong(dim.span, format!("{} = {value}; a size is at least 1", dim.name));
        }
        if value > NUMBER_MAX {
            return wrong(dim.span, format!("{} = {value}; a size is at most 2^53", dim.name));
        }
        bound.insert(dim.name.clone(), value);
    }
    if let Some(name) = given.keys().find(|name| !bound.contains_key(name.as_str())) {
        return wrong(Span::default(), format!("this graph has no size {name}"));
    }
    program
        .requirements
        .iter()
        .try_for_each(|requirement| check(requirement, &bound))?;
    Ok(bound)
}

/// For each size that follows from the shapes of values: the number, and the values that tell it.
pub type Told = BTreeMap<String, (i64, Vec<String>)>;

/// Adds the sizes that follow from the shapes of inputs and parameters, given by name.
///
/// Where values disagree about a size, most of them are right; if as many say one as the other, the one that is
/// declared first.
pub fn infer(program: &Program, given: &mut BTreeMap<String, i64>, shapes: &[(String, Vec<usize>)]) -> Told {
    let is_free = |name: &Symbol| program.dims.iter().any(|dim| dim.name == *name && dim.value.is_none());
    let inputs = program.inputs.iter().map(|input| (&input.name, &input.ty));
    let params = program.params.iter().map(|param| (&param.path, &param.ty));
    let mut said: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for (path, ty) in inputs.chain(params) {
        for (name, sizes) in shapes
            .iter()
            .filter(|(name, sizes)| is_at(path, name) && sizes.len() == ty.rank())
        {
            for (axis, &size) in ty.axes.iter().zip(sizes) {
                if let Some(symbol) = axis.size.as_symbol().filter(|symbol| is_free(symbol)) {
                    let list = said.entry(symbol.to_string()).or_default();
                    list.push((size as i64, name.clone()));
                }
            }
        }
    }
    let mut told = Told::new();
    for (symbol, list) in said {
        let votes = |number: i64| list.iter().filter(|(own, _)| *own == number).count();
        let Some(most) = list.iter().map(|(number, _)| votes(*number)).max() else {
            continue;
        };
        let first = list
            .iter()
            .map(|(number, _)| *number)
            .find(|&number| votes(number) == most);
        let number = *given.entry(symbol.clone()).or_insert(first.unwrap_or(0));
        let tellers = list.into_iter().filter(|(own, _)| *own == number).map(|(_, name)| name);
        told.insert(symbol, (number, tellers.collect()));
    }
    told
}

fn number(size: &Size, bound: &Bound, span: Span) -> Result<i64, Box<Diagnostic>> {
    size.value(bound)
        .map_err(|why| Box::new(Diagnostic::new(Code::E14, span, why.to_string())))
}

fn check(requirement: &Requirement, bound: &Bound) -> Result<(), Box<Diagnostic>> {
    let Requirement {
        left,
        comparison,
        right,
        span,
    } = requirement;
    let (l, r) = (number(left, bound, *span)?, number(right, bound, *span)?);
    let condition = Condition::Compare(left.clone(), *comparison, right.clone());
    if condition.holds(&|size| number(size, bound, *span))? {
        return Ok(());
    }
    let sign = comparison.sign();
    let text = format!("{left} {sign} {right} is required here: the left side is {l}, the right side {r}");
    let names: Vec<String> = bound.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    Err(Box::new(
        Diagnostic::new(Code::E14, *span, text).note(format!("with {}", names.join(", "))),
    ))
}
