//! `engine.NAME(a, b, attribute => [1, 2])`: any op of the registry by name, with its attributes as lists of numbers.
//!
//! The shape rule is the op's own. For named sizes it is asked several times with numbers put in, others each time; a
//! result axis is the size whose number it has in all answers.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::attributes;
use crate::meaning::program::{AttributeNumber, Operation, Places, ValueId};
use crate::meaning::size::{Bound, Size};
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;
use crate::syntax::ast::{self, Arg, Ident};
use tapegrad_core::op::OperandKind;
use tapegrad_core::shape::Shape;

impl Checker<'_> {
    pub(super) fn engine(&mut self, name: &Ident, args: &[Arg], span: Span) -> ValueId {
        let (mut values, mut attributes) = (Vec::new(), Vec::new());
        for arg in args {
            match arg {
                Arg::Value(value) => values.push(self.expr(value)),
                Arg::Split(field, shape) => {
                    let Some(numbers) = self.attribute(&shape.axes) else {
                        return self.unknown(span);
                    };
                    attributes.push((field.name.clone(), numbers));
                }
                _ => {
                    let text = "an op of the engine takes values and attributes such as `axes => [0, 1]`";
                    return self.wrong(Diagnostic::new(Code::E20, span, text));
                }
            }
        }
        if self.any_unknown(&values) {
            return self.unknown(span);
        }
        if let [value] = values.as_slice()
            && let Some(operation) = placed(&name.name, self.ty(*value).rank(), &attributes)
        {
            return match operation {
                Ok((operation, axes)) => {
                    let axes = axes
                        .iter()
                        .map(|size| Axis::new(&self.size_label(size), size.clone(), span));
                    let kind = self.entries_kind(&name.name, &values);
                    let ty = Type {
                        axes: axes.collect(),
                        kind,
                    };
                    self.emit(operation, values, ty, span)
                }
                Err(why) => self.wrong(Diagnostic::new(Code::E02, name.span, why)),
            };
        }
        match self.engine_type(&name.name, &values, &attributes, span) {
            Ok(ty) => self.emit(Operation::Engine(name.name.clone(), attributes), values, ty, span),
            Err(why) => {
                let code = if tapegrad_core::ops::NAMES.contains(&name.name.as_str()) {
                    Code::E02
                } else {
                    Code::E09
                };
                self.wrong(Diagnostic::new(code, name.span, why))
            }
        }
    }

    fn attribute(&mut self, axes: &[ast::Axis]) -> Option<Vec<AttributeNumber>> {
        let number = |checker: &mut Self, axis: &ast::Axis| match axis {
            ast::Axis::Size(None, expr) => match super::calls::literal(expr) {
                Some(value) => Some(AttributeNumber::Number(value)),
                None => checker.size(expr).map(AttributeNumber::Size),
            },
            _ => None,
        };
        axes.iter().map(|axis| number(self, axis)).collect()
    }

    fn engine_type(
        &self,
        name: &str,
        values: &[ValueId],
        attributes: &[(String, Vec<AttributeNumber>)],
        span: Span,
    ) -> Result<Type, String> {
        if let Some(ty) = self.joined_type(name, values, attributes) {
            return Ok(ty);
        }
        if let ("slice", &[value]) = (name, values) {
            let mut ty = self.ty(value).clone();
            let (place, axis) = self.cut(&ty, attributes, span)?;
            ty.axes[place] = axis;
            ty.kind = self.entries_kind(name, values);
            return Ok(ty);
        }
        let operands = values.iter().flat_map(|&value| self.ty(value).axes.iter().cloned());
        let given = attributes
            .iter()
            .flat_map(|(_, numbers)| numbers)
            .filter_map(|number| match number {
                AttributeNumber::Size(size) => Some(Axis::new(&size.to_string(), size.clone(), span)),
                AttributeNumber::Number(_) => None,
            });
        let known: Vec<Axis> = operands.chain(given).chain(self.sums(values)).collect();
        let probes = self.probes(values, attributes, &known);
        let answers: Result<Vec<Shape>, String> = probes
            .iter()
            .map(|bound| self.ask(name, values, attributes, bound))
            .collect();
        let answers = answers?;
        let mut axes = Vec::new();
        let is_given = matches!(name, "reshape" | "broadcast");
        let mut sizes = attributes
            .iter()
            .filter(|_| is_given)
            .flat_map(|(_, numbers)| numbers)
            .map(AttributeNumber::size);
        for place in 0..answers[0].rank() {
            if let Some(size) = sizes.next() {
                let same = known.iter().find(|axis| self.same(&axis.size, &size));
                axes.push(
                    same.cloned()
                        .unwrap_or_else(|| Axis::new(&size.to_string(), size, span)),
                );
                continue;
            }
            let numbers = || answers.iter().map(|shape| shape.size(place) as i64);
            let fits = |axis: &&Axis| {
                probes
                    .iter()
                    .zip(numbers())
                    .all(|(bound, number)| axis.size.value(bound) == Ok(number))
            };
            let first = numbers().next().unwrap_or(1);
            let axis = match known.iter().find(fits) {
                Some(axis) => axis.clone(),
                None if numbers().all(|number| number == first) => {
                    Axis::new(&first.to_string(), Size::number(first), span)
                }
                None => return Err("the sizes of the result cannot be told from the names of the sizes".to_string()),
            };
            axes.push(axis);
        }
        let described = tapegrad_core::ops::find(name).map(|op| op.operands);
        let real = values.iter().enumerate().any(|(position, &value)| {
            let kind = described.map_or(OperandKind::Real, |operands| {
                tapegrad_core::op::operand_at(operands, position).kind
            });
            kind == OperandKind::Real && self.ty(value).kind == Kind::Real
        });
        let kind = if real {
            Kind::Real
        } else {
            self.entries_kind(name, values)
        };
        Ok(Type { axes, kind })
    }

    /// The kind of a result without a gradient: ids stay ids where they are only put elsewhere, and where they are added.
    fn entries_kind(&self, name: &str, values: &[ValueId]) -> Kind {
        const COPIES: [&str; 9] = [
            "slice",
            "reshape",
            "permute",
            "broadcast",
            "flip",
            "unfold",
            "detach",
            "concat",
            "stack",
        ];
        let kinds: Vec<&Kind> = values.iter().map(|&value| &self.ty(value).kind).collect();
        match kinds.as_slice() {
            [Kind::Id(a), Kind::Id(b)] if name == "add" => Kind::Id(a.plus(b).minus(&Size::number(1))),
            [first @ Kind::Id(_), others @ ..]
                if COPIES.contains(&name) && others.iter().all(|other| other == first) =>
            {
                (*first).clone()
            }
            _ => self.joined_kind(values),
        }
    }

    /// The place and the axis of what is cut out of `of`: it is `end - start` long, and lies within whatever the sizes are.
    fn cut(
        &self,
        of: &Type,
        attributes: &[(String, Vec<AttributeNumber>)],
        span: Span,
    ) -> Result<(usize, Axis), String> {
        let size = |field: &str| {
            let given = attributes.iter().find(|(own, _)| own == field);
            match given.and_then(|(_, numbers)| numbers.first()) {
                Some(AttributeNumber::Size(size)) => size.clone(),
                Some(AttributeNumber::Number(number)) => Size::number(*number as i64),
                None => Size::default(),
            }
        };
        let [axis, start, end] = ["axis", "start", "end"].map(size);
        let place = axis.as_number().and_then(|axis| usize::try_from(axis).ok());
        let Some((place, whole)) = place.and_then(|place| Some((place, of.axes.get(place)?))) else {
            return Err(format!("there is no axis {axis} in {of}"));
        };
        let zero = Size::number(0);
        let length = self.facts.normal(&end.minus(&start));
        let lies_inside = self.lies_within(&start, &zero, &end) && self.lies_within(&end, &start, &whole.size);
        if !lies_inside {
            let text = format!(
                "{start} to {end} need not lie within 0 to {}, for all sizes",
                whole.size
            );
            return Err(format!(
                "{text}; state what holds with `require`, or slice at sizes that do"
            ));
        }
        let axis = if self.same(&length, &whole.size) {
            whole.clone()
        } else {
            Axis::new(&length.to_string(), length, span)
        };
        Ok((place, axis))
    }

    /// The type of arrays behind each other, if their other axes are the same.
    fn joined_type(
        &self,
        name: &str,
        values: &[ValueId],
        attributes: &[(String, Vec<AttributeNumber>)],
    ) -> Option<Type> {
        let ("concat", [(field, numbers)]) = (name, attributes) else {
            return None;
        };
        let axis = match numbers.as_slice() {
            [AttributeNumber::Number(axis)] if field == "axis" && axis.fract() == 0.0 && *axis >= 0.0 => *axis as usize,
            _ => return None,
        };
        let (first, others) = values.split_first()?;
        let mut ty = self.ty(*first).clone();
        let mut total = ty.axes.get(axis)?.size.clone();
        for &other in others {
            let own = self.ty(other);
            let fits = |i: usize| i == axis || self.same(&own.axes[i].size, &ty.axes[i].size);
            (own.rank() == ty.rank() && (0..ty.rank()).all(fits)).then_some(())?;
            total = total.plus(&own.axes[axis].size);
        }
        ty.axes[axis].size = self.facts.normal(&total);
        ty.kind = self.entries_kind(name, values);
        Some(ty)
    }

    /// For each place the axis that all operands have together: the one that arrays put behind each other get.
    fn sums(&self, values: &[ValueId]) -> Vec<Axis> {
        let rank = values.iter().map(|&value| self.ty(value).rank()).min().unwrap_or(0);
        let sum = |place: usize| {
            let axes = values.iter().map(|&value| &self.ty(value).axes[place]);
            let size = axes.fold(Size::number(0), |sum, axis| sum.plus(&axis.size));
            Axis {
                size,
                ..self.ty(values[0]).axes[place].clone()
            }
        };
        (0..rank).map(sum).collect()
    }

    fn ask(
        &self,
        name: &str,
        values: &[ValueId],
        attributes: &[(String, Vec<AttributeNumber>)],
        bound: &Bound,
    ) -> Result<Shape, String> {
        let numbers = |list: &[AttributeNumber]| -> Result<Vec<f64>, String> {
            list.iter().map(|number| number.value(bound)).collect()
        };
        let attributes: Result<attributes::Attributes, String> = attributes
            .iter()
            .map(|(field, list)| Ok((field.clone(), numbers(list)?)))
            .collect();
        let op = attributes::decode(name, &attributes?)?;
        let shape = |&value: &ValueId| -> Result<Shape, String> {
            let sizes: Result<Vec<i64>, _> = self.ty(value).axes.iter().map(|axis| axis.size.value(bound)).collect();
            let sizes = sizes.map_err(|why| why.to_string())?;
            let entries = sizes.iter().try_fold(1i64, |product, size| product.checked_mul(*size));
            if entries.is_none_or(|entries| entries > i64::from(u32::MAX))
                || sizes.len() > tapegrad_core::shape::RANK_MAX
            {
                return Err(format!("an operand with the axes {} is too large", self.ty(value)));
            }
            Ok(sizes.iter().map(|&size| size.max(0) as usize).collect())
        };
        let shapes: Result<Vec<Shape>, String> = values.iter().map(shape).collect();
        op.shape(&shapes?).map_err(|error| error.to_string())
    }
}

/// `engine.unfold` and `engine.fold`: their sizes are said by the attributes. The operation and the axes of its result.
///
/// `None` for another op; an error if the attributes do not fit.
fn placed(
    name: &str,
    rank: usize,
    attributes: &[(String, Vec<AttributeNumber>)],
) -> Option<Result<(Operation, Vec<Size>), String>> {
    if name != "unfold" && name != "fold" {
        return None;
    }
    if let Some((unknown, _)) = attributes
        .iter()
        .find(|(field, _)| !["to", "start", "steps"].contains(&field.as_str()))
    {
        return Some(Err(format!(
            "there is no attribute {unknown} here; there are: to, start, steps"
        )));
    }
    let size = |number: &AttributeNumber| match number {
        AttributeNumber::Size(size) => Some(size.clone()),
        AttributeNumber::Number(number) if number.fract() == 0.0 && number.abs() < 4e9 => {
            Some(Size::number(*number as i64))
        }
        AttributeNumber::Number(_) => None,
    };
    let list = |field: &str| -> Option<Vec<Size>> {
        let given = attributes.iter().find(|(own, _)| own == field);
        given.map_or(Some(Vec::new()), |(_, numbers)| numbers.iter().map(size).collect())
    };
    let (Some(to), Some(start), Some(steps)) = (list("to"), list("start"), list("steps")) else {
        return Some(Err("to, start and steps are lists of whole numbers".to_string()));
    };
    let (whole, indices) = if name == "unfold" {
        (rank, to.len())
    } else {
        (to.len(), rank)
    };
    if start.len() != whole || steps.len() != whole * indices {
        return Some(Err(format!("this needs {whole} starts and {} steps", whole * indices)));
    }
    if to.iter().any(|size| size.as_number().is_some_and(|size| size < 0)) {
        return Some(Err("an axis has at least 0 positions".to_string()));
    }
    let row = |axis: usize| steps[axis * indices..][..indices].to_vec();
    let places = Places {
        steps: (0..whole).map(row).collect(),
        start,
        inside: false,
    };
    let operation = match name {
        "unfold" => Operation::Unfold(places),
        _ => Operation::Fold(places),
    };
    Some(Ok((operation, to)))
}

impl AttributeNumber {
    /// The number as a size.
    pub fn size(&self) -> Size {
        match self {
            Self::Number(value) => Size::number(*value as i64),
            Self::Size(size) => size.clone(),
        }
    }

    /// The number it is when the sizes have these values.
    pub fn value(&self, bound: &Bound) -> Result<f64, String> {
        match self {
            Self::Number(value) => Ok(*value),
            Self::Size(size) => {
                let value = size.value(bound).map_err(|why| why.to_string())?;
                Ok(value as f64)
            }
        }
    }
}
