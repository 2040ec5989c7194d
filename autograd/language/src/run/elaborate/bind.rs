//! Numbers for the named sizes: given, inferred from the shapes of values, or computed from other sizes.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Condition, DimValue, Program, Requirement};
use crate::meaning::size::{Bound, Size, Symbol};
use crate::syntax::span::Span;

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

/// Adds the sizes that follow from the shapes of inputs and parameters, given by name.
pub fn infer(program: &Program, given: &mut BTreeMap<String, i64>, shapes: &[(String, Vec<usize>)]) {
    let is_free = |name: &Symbol| program.dims.iter().any(|dim| dim.name == *name && dim.value.is_none());
    for (name, sizes) in shapes {
        let inputs = program.inputs.iter().map(|input| (&input.name, &input.ty));
        let params = program.params.iter().map(|param| (&param.path, &param.ty));
        let Some((_, ty)) = inputs.chain(params).find(|(own, _)| *own == name) else {
            continue;
        };
        for (axis, &size) in ty.axes.iter().zip(sizes) {
            if let Some(symbol) = axis.size.as_symbol()
                && is_free(symbol)
                && ty.rank() == sizes.len()
            {
                given.entry(symbol.to_string()).or_insert(size as i64);
            }
        }
    }
}

fn number(size: &Size, bound: &Bound, span: Span) -> Result<i64, Box<Diagnostic>> {
    size.value(bound).map_err(|name| {
        Box::new(Diagnostic::new(
            Code::E14,
            span,
            format!("the size {name} has no value"),
        ))
    })
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
