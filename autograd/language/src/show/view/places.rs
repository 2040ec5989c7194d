//! Which entries of its operands an entry of a value reads, for the exploded picture.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::derive::rules::expanded_in;
use crate::derive::straight::Line;
use crate::meaning::program::{AttributeNumber, Operation, Places};
use crate::meaning::size::{Bound, Size};
use crate::meaning::types::Axis;

/// The position that represents all positions of an axis that is not exploded.
pub(super) const ALL: i64 = -1;

/// The part of an operand's axis that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AxisRead {
    /// Every position.
    All,
    /// One position.
    At(i64),
}

/// The entries of straight lines, of which some axes are exploded.
pub(super) struct Elements<'l> {
    pub(super) lines: &'l [Line],
    pub(super) sizes: Vec<Vec<i64>>,
    exploded: Vec<Vec<bool>>,
    pub(super) constants: Vec<bool>,
    pub(super) known: RefCell<BTreeMap<(usize, Vec<i64>), Option<f64>>>,
    pub(super) bound: &'l Bound,
}

impl<'l> Elements<'l> {
    pub(super) fn new(lines: &'l [Line], bound: &'l Bound, axes: &[String]) -> Self {
        let size = |size: &Size| size.value(bound).unwrap_or(1);
        let is_chosen = |axis: &Axis| {
            axes.iter()
                .any(|own| *own == *axis.label || *own == axis.size.to_string())
        };
        let mut constants: Vec<bool> = Vec::with_capacity(lines.len());
        for line in lines {
            let given = matches!(line.op, Operation::Input(_) | Operation::Param(..));
            constants.push(!given && line.args.iter().all(|&arg| constants[arg]));
        }
        let exploded = |line: &Line| -> Vec<bool> {
            let chosen = line.ty.axes.iter().map(is_chosen).enumerate();
            chosen
                .map(|(axis, chosen)| chosen && !matches!(line.op, Operation::Along(_, along) if along == axis))
                .collect()
        };
        Self {
            lines,
            sizes: lines
                .iter()
                .map(|line| line.ty.axes.iter().map(|axis| size(&axis.size)).collect())
                .collect(),
            exploded: lines.iter().map(exploded).collect(),
            constants,
            known: RefCell::default(),
            bound,
        }
    }

    pub(super) fn any_exploded(&self) -> bool {
        self.exploded.iter().flatten().any(|&one| one)
    }

    /// True for a value that depends on no input or parameter.
    pub(super) fn is_constant(&self, line: usize) -> bool {
        self.constants[line]
    }

    /// All positions of a line at these places; axes that are not exploded have the position [`ALL`].
    pub(super) fn positions(&self, line: usize, places: &[AxisRead]) -> impl Iterator<Item = Vec<i64>> + use<> {
        let mut all = vec![Vec::new()];
        for (axis, place) in places.iter().enumerate() {
            let range: Vec<i64> = match (self.exploded[line][axis], place) {
                (false, _) => vec![ALL],
                (true, AxisRead::At(at)) => vec![*at],
                (true, AxisRead::All) => (0..self.sizes[line][axis]).collect(),
            };
            let longer = |at: &Vec<i64>| {
                let at = at.clone();
                range
                    .iter()
                    .map(move |&next| at.iter().copied().chain([next]).collect())
                    .collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all.into_iter()
    }

    /// The entries that one entry of a line reads.
    pub(super) fn operands(&self, line: usize, at: &[i64]) -> Vec<(usize, Vec<i64>)> {
        let own = &self.lines[line];
        let mut read = Vec::new();
        let mut add = |arg: usize, places: &[AxisRead]| read.extend(self.positions(arg, places).map(|at| (arg, at)));
        for inner in self.inner(line) {
            for (i, &arg) in own.args.iter().enumerate() {
                let Some(places) = self.places(line, i, at, inner) else {
                    continue;
                };
                if !self.is_masked(line, at, inner) {
                    add(arg, &places);
                }
            }
        }
        read.sort();
        read.dedup();
        read
    }

    /// The positions of the axis that a line reduces or joins along, if they are told apart; else one that means all.
    pub(super) fn inner(&self, line: usize) -> Vec<i64> {
        let own = &self.lines[line];
        let axis = match (&own.op, own.args.first()) {
            (Operation::Matmul, Some(&a)) => Some((a, self.lines[a].ty.rank() - 1)),
            (Operation::Reduce(_, axes), Some(&a)) if axes.len() == 1 => Some((a, axes[0])),
            (Operation::Along(_, axis), Some(&a)) => Some((a, *axis)),
            _ => None,
        };
        match axis {
            Some((arg, axis)) => (0..self.sizes[arg][axis]).collect(),
            None => vec![ALL],
        }
    }

    /// For each axis of an operand, the part that an entry reads; `None` if it does not read that operand.
    pub(super) fn places(&self, line: usize, i: usize, at: &[i64], inner: i64) -> Option<Vec<AxisRead>> {
        let own = &self.lines[line];
        let arg = own.args[i];
        let rank = self.lines[arg].ty.rank();
        let place = |at: i64| if at == ALL { AxisRead::All } else { AxisRead::At(at) };
        let same = |axis: usize| at.get(axis).map_or(AxisRead::All, |&at| place(at));
        let ends = |axis: usize| match self.sizes[arg][axis] {
            1 => AxisRead::At(0),
            _ => same(axis + at.len() - rank),
        };
        let each = |place_of: &dyn Fn(usize) -> AxisRead| Some((0..rank).map(place_of).collect());
        match &own.op {
            Operation::Unary(_) | Operation::Power(_) | Operation::Clip(..) | Operation::Relabel => each(&same),
            Operation::Where if i > 0 => match self.constant(own.args[0], &self.aligned(own.args[0], at)) {
                Some(mask) if (mask != 0.0) != (i == 1) => None,
                _ => each(&ends),
            },
            Operation::Binary(_) | Operation::Where | Operation::Broadcast => each(&ends),
            Operation::Matmul => each(&|axis| matmul_place(self, line, i, axis, at, place(inner))),
            Operation::Reduce(_, axes) if axes.len() == 1 && axes[0] < rank => each(&|axis| match axis.cmp(&axes[0]) {
                std::cmp::Ordering::Less => same(axis),
                std::cmp::Ordering::Equal => place(inner),
                std::cmp::Ordering::Greater => same(axis - 1),
            }),
            Operation::Reduce(_, axes) => {
                let kept: Vec<usize> = (0..rank).filter(|axis| !axes.contains(axis)).collect();
                each(&|axis| kept.iter().position(|&own| own == axis).map_or(AxisRead::All, same))
            }
            Operation::Along(_, along) => each(&|axis| if axis == *along { place(inner) } else { same(axis) }),
            Operation::Permute(order) => {
                each(&|axis| order.iter().position(|&from| from == axis).map_or(AxisRead::All, same))
            }
            Operation::Reshape => match expanded_in(self.lines, line) {
                Some((_, places)) => each(&|axis| same(places[axis])),
                None => each(&|axis| self.kept_axis(line, arg, axis).map_or(AxisRead::All, same)),
            },
            Operation::Select(axis, position) => {
                let position = position.value(self.bound).unwrap_or(1) - 1;
                each(&|own| match own.cmp(axis) {
                    std::cmp::Ordering::Less => same(own),
                    std::cmp::Ordering::Equal => AxisRead::At(position),
                    std::cmp::Ordering::Greater => same(own - 1),
                })
            }
            Operation::Slice(axis, from, _) => {
                let from = from.value(self.bound).unwrap_or(1) - 1;
                each(&|own| match same(own) {
                    AxisRead::At(at) if own == *axis => AxisRead::At(at + from),
                    other => other,
                })
            }
            Operation::Unfold(places) => each(&|axis| self.unfolded_place(arg, places, axis, at)),
            Operation::Concat(axis) => self.concat_places(own, i, *axis, at),
            Operation::Embedding if i == 0 => {
                let ids = self.lines[own.args[1]].ty.rank();
                each(&|axis| if axis == 0 { AxisRead::All } else { same(ids + axis - 1) })
            }
            Operation::Embedding => each(&same),
            Operation::Pick => each(&same),
            Operation::Engine(name, attributes) if name == "stack" => stack_places(attributes, i, rank, at),
            _ => each(&|_| AxisRead::All),
        }
    }

    /// The axis of a reshaped value that an axis of its operand still is: equal, and with as many entries before it.
    pub(super) fn kept_axis(&self, line: usize, arg: usize, axis: usize) -> Option<usize> {
        let before = |line: usize, axis: usize| self.sizes[line][..axis].iter().product::<i64>();
        (0..self.sizes[line].len())
            .find(|&own| self.sizes[line][own] == self.sizes[arg][axis] && before(line, own) == before(arg, axis))
    }

    /// The place of an axis that runs with indices; unless all of them are told apart, any.
    fn unfolded_place(&self, arg: usize, places: &Places, axis: usize, at: &[i64]) -> AxisRead {
        let number = |size: &Size| size.value(self.bound).ok();
        let moved = |sum: i64, (step, &index): (&Size, &i64)| match (number(step)?, index) {
            (0, _) => Some(sum),
            (_, ALL) => None,
            (step, index) => Some(sum + step * index),
        };
        let place =
            number(&places.start[axis]).and_then(|start| places.steps[axis].iter().zip(at).try_fold(start, moved));
        place.map_or(AxisRead::All, |place| {
            AxisRead::At(place.clamp(0, self.sizes[arg][axis] - 1))
        })
    }

    pub(super) fn concat_places(&self, own: &Line, i: usize, axis: usize, at: &[i64]) -> Option<Vec<AxisRead>> {
        let before: i64 = own.args[..i].iter().map(|&arg| self.sizes[arg][axis]).sum();
        let mut places: Vec<AxisRead> = at
            .iter()
            .map(|&at| if at == ALL { AxisRead::All } else { AxisRead::At(at) })
            .collect();
        if let AxisRead::At(at) = places[axis] {
            let inside = at - before;
            if inside < 0 || inside >= self.sizes[own.args[i]][axis] {
                return None;
            }
            places[axis] = AxisRead::At(inside);
        }
        Some(places)
    }
}

/// An axis of one side of a matrix product, as in `c = a @ b`.
fn matmul_place(elements: &Elements<'_>, line: usize, i: usize, axis: usize, at: &[i64], inner: AxisRead) -> AxisRead {
    let own = &elements.lines[line];
    let [a, b] = [own.args[0], own.args[1]].map(|arg| elements.lines[arg].ty.rank());
    let place = |axis: usize| match at.get(axis) {
        Some(&ALL) | None => AxisRead::All,
        Some(&at) => AxisRead::At(at),
    };
    let stack = if a > 2 && b > 2 { a - 2 } else { 0 };
    match i {
        0 if axis == a - 1 => inner,
        0 => place(axis),
        _ if axis < stack => place(axis),
        _ if axis == stack => inner,
        _ => place(a - 1 + axis - stack - 1),
    }
}

/// An array of a stack is read by the entries at its own position of the new axis.
fn stack_places(
    attributes: &[(String, Vec<AttributeNumber>)],
    i: usize,
    rank: usize,
    at: &[i64],
) -> Option<Vec<AxisRead>> {
    let axis = attributes
        .iter()
        .find(|(name, _)| name == "axis")
        .and_then(|(_, numbers)| numbers.first());
    let axis = match axis {
        Some(AttributeNumber::Number(axis)) => *axis as usize,
        _ => 0,
    };
    if at[axis] != ALL && at[axis] != i as i64 {
        return None;
    }
    let place = |own: usize| match at[own + usize::from(own >= axis)] {
        ALL => AxisRead::All,
        at => AxisRead::At(at),
    };
    Some((0..rank).map(place).collect())
}
