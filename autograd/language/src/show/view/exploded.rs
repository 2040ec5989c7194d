//! The picture with one box for each position of chosen axes: the slide's drawing of attention.
//!
//! Only values with names are boxes; an expression without a name belongs to the value that uses it. Arrows are found
//! entry by entry: a matrix product reads a row and a column, a reduction its whole axis. Values that depend on no input
//! or parameter have no box. Where such a value is -∞ under a softmax, the weight is 0 and the position is masked: the
//! picture has no arrow from its score or its value.

use std::collections::{BTreeMap, BTreeSet};

use super::places::{ALL, AxisRead, Elements};
use super::{Arrow, BoxKind, Picture, PictureBox};
use crate::derive::straight::{Line, straighten};
use crate::meaning::program::{Operation, Program};
use crate::meaning::types;
use crate::run::RunError;
use crate::run::elaborate::bind;
use crate::stack;

/// The picture of a program with these sizes, in which axes with these names, or of these sizes, are exploded.
///
/// **Errors** if the sizes do not fit, or no axis is called so.
pub fn exploded(program: &Program, dims: &BTreeMap<String, i64>, axes: &[String]) -> Result<Picture, RunError> {
    let bound = bind(program, dims)?;
    let straight = straighten(program, dims)?;
    let elements = Elements::new(&straight.lines, &bound, axes, program.memory);
    if !elements.any_exploded() {
        return Err(RunError::Data {
            place: "--explode".into(),
            message: format!("no axis is called {} or has this size", axes.join(" or ")),
        });
    }
    let ends: Vec<usize> = straight.outputs.iter().map(|(_, line)| *line).collect();
    let ends = ends.into_iter().chain(straight.objective.map(|(_, line)| line));
    let mut drawing = Drawing {
        lines: &straight.lines,
        elements,
        ends: BTreeSet::new(),
        boxes: BTreeMap::new(),
    };
    drawing.ends.extend(ends);
    let picture = drawing.draw();
    drawing.elements.all_seen().map_err(RunError::too_much)?;
    Ok(picture)
}

/// A line, and one of its positions.
type Element = (usize, Vec<i64>);

struct Drawing<'l> {
    lines: &'l [Line],
    elements: Elements<'l>,
    ends: BTreeSet<usize>,
    /// The elements that each drawn element reads.
    boxes: BTreeMap<Element, BTreeSet<Element>>,
}

impl Drawing<'_> {
    fn draw(&mut self) -> Picture {
        let mut open: Vec<Element> = Vec::new();
        for &end in &self.ends {
            open.extend(
                self.elements
                    .positions(end, &vec![AxisRead::All; self.lines[end].ty.rank()])
                    .map(|at| (end, at)),
            );
        }
        while let Some(element) = open.pop() {
            if self.boxes.contains_key(&element) {
                continue;
            }
            let mut reads = BTreeSet::new();
            self.reads(&element, &mut BTreeSet::new(), &mut reads);
            open.extend(reads.iter().cloned());
            self.boxes.insert(element, reads);
        }
        let numbers: BTreeMap<&Element, usize> = self.boxes.keys().zip(0..).collect();
        let mut picture = Picture::default();
        for (element, reads) in &self.boxes {
            for (port, from) in reads.iter().enumerate() {
                picture.arrows.push(Arrow {
                    from: numbers[from],
                    to: numbers[element],
                    port,
                    gradient: false,
                    back: None,
                });
            }
            picture.boxes.push(self.drawn(element));
        }
        picture.arrows.sort();
        picture
    }

    /// The elements that are boxes among what an element is computed from.
    fn reads(&self, element: &Element, seen: &mut BTreeSet<Element>, into: &mut BTreeSet<Element>) {
        for operand in self.elements.operands(element.0, &element.1) {
            if self.elements.is_constant(operand.0) {
                continue;
            }
            if self.is_box(operand.0) {
                into.insert(operand);
            } else if seen.insert(operand.clone()) {
                stack::deeper(|| self.reads(&operand, seen, into));
            }
        }
    }

    fn is_box(&self, line: usize) -> bool {
        self.lines[line].name.is_some() || self.ends.contains(&line)
    }

    /// The op of a line; of one that only names or rearranges a part of its expression, the op of that part.
    fn what(&self, line: usize) -> &str {
        let own = &self.lines[line];
        match (&own.op, own.args.first()) {
            (Operation::Relabel | Operation::Reshape | Operation::Permute(_), Some(&arg)) if !self.is_box(arg) => {
                self.what(arg)
            }
            (op, _) => op.name(),
        }
    }

    fn drawn(&self, (line, at): &Element) -> PictureBox {
        let own = &self.lines[*line];
        let places: Vec<String> = at
            .iter()
            .filter(|at| **at != ALL)
            .map(|at| (at + 1).to_string())
            .collect();
        let name = own.name.as_deref().unwrap_or("objective");
        let title = if places.is_empty() {
            name.to_string()
        } else {
            format!("{name}[{}]", places.join(", "))
        };
        let (kind, what) = match own.op {
            Operation::Param(..) => (BoxKind::Param, "param"),
            Operation::Input(_) if own.ty.kind == types::Kind::Real => (BoxKind::Input, "input"),
            Operation::Input(_) => (BoxKind::Data, "data"),
            _ => (BoxKind::Op, self.what(*line)),
        };
        PictureBox::new(kind, Some(title), what.to_string(), String::new(), Vec::new())
    }
}
