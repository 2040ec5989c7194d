//! The value of a formula that was read: a number, or an array whose axes have names.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn};

use super::arrays::{ROW, at_place, compares, function, met, operator, reduced, transposed};
use super::{Along, Bound, Condition, Node, Read};

/// An array with the names of its axes; a vector may be a row.
#[derive(Clone, Debug)]
pub struct Named {
    pub labels: Vec<String>,
    pub array: ArrayD<f64>,
    pub is_row: bool,
    /// True for ids, which count from 0.
    pub is_id: bool,
}

impl Named {
    pub fn number(value: f64) -> Self {
        Self::new(Vec::new(), ArrayD::from_elem(IxDyn(&[]), value))
    }

    pub fn new(labels: Vec<String>, array: ArrayD<f64>) -> Self {
        Self {
            labels,
            array,
            is_row: false,
            is_id: false,
        }
    }

    pub(super) fn rank(&self) -> usize {
        self.array.ndim()
    }

    pub(super) fn single(&self) -> Read<f64> {
        match self.rank() {
            0 => Ok(self.array.sum()),
            rank => Err(format!("an array with {rank} axes where a number is needed")),
        }
    }

    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(self.labels.clone(), self.array.mapv(f))
    }
}

/// What is known: values and gradients by name; of a value of a loop the name has the positions, `h_2`.
#[derive(Default)]
pub struct Known {
    pub values: BTreeMap<String, Named>,
    pub gradients: BTreeMap<String, Named>,
    /// How many indices of a name are positions in loops.
    pub places: BTreeMap<String, usize>,
    /// What the axes of a whole row are called.
    pub rows: BTreeMap<String, Vec<String>>,
    /// The formulas of local derivatives, by how `∂y/∂x` was read.
    pub partials: RefCell<Vec<(Node, Node)>>,
}

type Letters = BTreeMap<String, i64>;

impl Known {
    /// The value of a formula with these letters.
    pub fn value(&self, node: &Node, letters: &mut Letters) -> Read<Named> {
        match node {
            Node::Number(value) => Ok(Named::number(*value)),
            Node::Letter(letter) => {
                let value = letters
                    .get(letter)
                    .ok_or_else(|| format!("`{letter}` is no index here"))?;
                Ok(Named::number(*value as f64))
            }
            Node::Symbol(name, indices) => self.symbol(&self.values, name, indices, letters),
            Node::Gradient(of) => match &**of {
                Node::Symbol(name, indices) => self.symbol(&self.gradients, name, indices, letters),
                Node::Entry(of, indices) => {
                    let whole = self.value(&Node::Gradient(of.clone()), letters)?;
                    self.entry(whole, indices, letters)
                }
                other => Err(format!("a gradient of {other:?}")),
            },
            Node::Range(..) => Err("a range that is no index".into()),
            Node::Call(name, args, along) => self.call(name, args, along, letters),
            Node::Neg(of) => Ok(self.value(of, letters)?.map(|x| -x)),
            Node::Operator(sign, left, right) => {
                let [left, right] = [self.value(left, letters)?, self.value(right, letters)?];
                operator(*sign, &left, &right)
            }
            Node::Over(reducer, bounds, body) => {
                let mut all = Vec::new();
                self.run_through(bounds, body, letters, &mut all)?;
                Ok(Named::number(reduced(reducer, &all)?))
            }
            Node::Partial(..) => {
                let partials = self.partials.borrow();
                let slope = partials.iter().find(|(partial, _)| partial == node);
                let slope = slope
                    .map(|(_, slope)| slope.clone())
                    .ok_or_else(|| format!("{node:?} has no formula"))?;
                drop(partials);
                self.value(&slope, letters)
            }
            Node::Transposed(of) => transposed(self.value(of, letters)?),
            Node::Cases(cases, otherwise) => self.choice(cases, otherwise, letters),
            Node::Truth(condition) => {
                let (one, zero) = (Node::Number(1.0), Node::Number(0.0));
                self.choice(&[(one, condition.clone())], &zero, letters)
            }
            Node::Entry(of, indices) => {
                if let Node::Call(name, args, Along::Index(bound)) = &**of {
                    let place = self.position(&indices[0], letters)?;
                    return self.along_index(name, &args[0], bound, place, letters);
                }
                let whole = self.value(of, letters)?;
                self.entry(whole, indices, letters)
            }
        }
    }

    /// An index as a position: a bare id names its entry, which is one further on.
    fn position(&self, index: &Node, letters: &mut Letters) -> Read<i64> {
        let value = self.value(index, letters)?;
        let is_bare = matches!(index, Node::Symbol(..));
        let number = value.single()?;
        match number.fract() == 0.0 {
            true => Ok(number as i64 + i64::from(is_bare && value.is_id)),
            false => Err(format!("{number} is no position")),
        }
    }

    /// The place, from 0, if the indices of an entry are all letters with a value.
    fn letters_alone(&self, whole: &Named, indices: &[Node], letters: &Letters) -> Option<Vec<usize>> {
        let one = |index: &Node| match index {
            Node::Letter(letter) => usize::try_from(letters.get(letter)? - 1).ok(),
            _ => None,
        };
        let is_whole = indices.is_empty() || indices.len() != whole.rank();
        (!is_whole).then(|| indices.iter().map(one).collect())?
    }

    fn entry(&self, whole: Named, indices: &[Node], letters: &mut Letters) -> Read<Named> {
        let mut rest = whole;
        let mut kept = 0;
        for index in indices {
            // An array of ids takes rows.
            let value = self.value(index, letters)?;
            if value.rank() > 0 {
                let rows = rest.array.shape()[1..].to_vec();
                let labels = value.labels.iter().chain(&rest.labels[1..]).cloned().collect();
                let shape: Vec<usize> = value.array.shape().iter().chain(&rows).copied().collect();
                let picked = value.array.iter().flat_map(|&id| {
                    let row = rest.array.index_axis(ndarray::Axis(0), id as usize);
                    row.iter().copied().collect::<Vec<f64>>()
                });
                let picked: Vec<f64> = picked.collect();
                let array = ArrayD::from_shape_vec(IxDyn(&shape), picked).map_err(|error| error.to_string())?;
                rest = Named::new(labels, array);
                kept += value.rank();
                continue;
            }
            let place = self.position(index, letters)?;
            if kept >= rest.rank() {
                return Err("an index too many".into());
            }
            if place < 1 || place as usize > rest.array.shape()[kept] {
                return Err(format!("position {place} of an axis of {}", rest.array.shape()[kept]));
            }
            let is_id = rest.is_id;
            let array = rest.array.index_axis_move(ndarray::Axis(kept), place as usize - 1);
            rest.labels.remove(kept);
            rest = Named::new(rest.labels, array);
            rest.is_id = is_id;
        }
        Ok(rest)
    }

    fn symbol(&self, of: &BTreeMap<String, Named>, name: &str, indices: &[Node], letters: &mut Letters) -> Read<Named> {
        let places = self.places.get(name).copied().unwrap_or(0);
        if places == 0 || of.contains_key(name) && indices.is_empty() {
            let whole = of.get(name).ok_or_else(|| format!("`{name}` has no value"))?;
            if let Some(at) = self.letters_alone(whole, indices, letters) {
                let value = whole.array.get(IxDyn(&at)).copied();
                let value = value.ok_or_else(|| format!("position {at:?} of {:?}", whole.array.shape()))?;
                let is_id = whole.is_id;
                return Ok(Named {
                    is_id,
                    ..Named::number(value)
                });
            }
            return self.entry(whole.clone(), indices, letters);
        }
        let (own, rest) = indices.split_at(places.min(indices.len()));
        let whole = self.of_loop(of, name, own, &mut String::new(), letters)?;
        self.entry(whole, rest, letters)
    }

    /// The value of a loop at these positions; along a range, all of them.
    fn of_loop(
        &self,
        of: &BTreeMap<String, Named>,
        name: &str,
        places: &[Node],
        before: &mut String,
        letters: &mut Letters,
    ) -> Read<Named> {
        let Some((first, rest)) = places.split_first() else {
            let full = format!("{name}{before}");
            return of.get(&full).cloned().ok_or_else(|| format!("`{full}` has no value"));
        };
        let (from, to) = match first {
            Node::Range(from, to) => (*from, *to),
            one => {
                let place = self.position(one, letters)?;
                (place, place)
            }
        };
        let mut parts: Vec<Named> = Vec::new();
        for place in from..=to {
            let length = before.len();
            *before += &format!("_{place}").replace('-', "m");
            parts.push(self.of_loop(of, name, rest, before, letters)?);
            before.truncate(length);
        }
        if !matches!(first, Node::Range(..)) {
            return Ok(parts.remove(0));
        }
        let views: Vec<_> = parts.iter().map(|part| part.array.view()).collect();
        let array = ndarray::stack(ndarray::Axis(0), &views).map_err(|error| error.to_string())?;
        // The name of the new axis is that of the whole row.
        let whole = self
            .rows
            .get(name)
            .or_else(|| self.values.get(name).map(|whole| &whole.labels));
        let axis = |labels: &Vec<String>| labels.get(labels.len().checked_sub(array.ndim())?).cloned();
        let label = whole.and_then(axis).unwrap_or_else(|| ROW.to_string());
        let labels = std::iter::once(label).chain(parts[0].labels.clone()).collect();
        Ok(Named::new(labels, array))
    }

    fn call(&self, name: &str, args: &[Node], along: &Along, letters: &mut Letters) -> Read<Named> {
        if let Along::Index(bound) = along {
            let place = *letters
                .get(&bound.letter)
                .ok_or_else(|| format!("`{}` is no index", bound.letter))?;
            return self.along_index(name, &args[0], bound, place, letters);
        }
        let values: Vec<Named> = args.iter().map(|arg| self.value(arg, letters)).collect::<Read<_>>()?;
        let of = &values[0];
        let axes: Vec<usize> = match along {
            Along::Axes(labels) => labels
                .iter()
                .map(|label| {
                    let places: Vec<usize> = (0..of.rank()).filter(|&axis| of.labels[axis] == *label).collect();
                    // The positions of a loop's row, as in `u_{1:3,3}`, have the name of the loop's size.
                    let rows: Vec<usize> = (0..of.rank()).filter(|&axis| of.labels[axis] == ROW).collect();
                    match (places.as_slice(), rows.as_slice()) {
                        ([one], _) | ([], [one]) => Ok(*one),
                        _ => Err(format!("{} axes are called `{label}` in {:?}", places.len(), of.labels)),
                    }
                })
                .collect::<Read<_>>()?,
            _ => (0..of.rank()).collect(),
        };
        match name {
            "softmax" | "log_softmax" | "cumsum" | "flip" => {
                let [axis] = axes.as_slice() else {
                    return Err(format!("{name} along {axes:?}"));
                };
                let mut of = of.clone();
                for mut lane in of.array.lanes_mut(ndarray::Axis(*axis)) {
                    let all: Vec<f64> = lane.iter().copied().collect();
                    for (place, entry) in lane.iter_mut().enumerate() {
                        *entry = at_place(name, &all, place)?;
                    }
                }
                Ok(of)
            }
            "sum" | "mean" | "max" | "min" | "prod" | "logsumexp" if args.len() == 1 => {
                let kept: Vec<usize> = (0..of.rank()).filter(|axis| !axes.contains(axis)).collect();
                let order: Vec<usize> = kept.iter().chain(&axes).copied().collect();
                let shape: Vec<usize> = kept.iter().map(|&axis| of.array.shape()[axis]).collect();
                let turned = of.array.clone().permuted_axes(IxDyn(&order));
                let all: Vec<f64> = turned.iter().copied().collect();
                let count: usize = shape.iter().product();
                let rows = all.chunks(all.len() / count).map(|row| reduced(name, row));
                let array = ArrayD::from_shape_vec(IxDyn(&shape), rows.collect::<Read<_>>()?);
                let labels = kept.iter().map(|&axis| of.labels[axis].clone()).collect();
                Ok(Named::new(labels, array.map_err(|error| error.to_string())?))
            }
            "maximum" | "minimum" | "mod" => {
                let f = |a: f64, b: f64| match name {
                    "maximum" => a.max(b),
                    "minimum" => a.min(b),
                    _ => a.rem_euclid(b),
                };
                met(&[&values[0], &values[1]], &|x| f(x[0], x[1]))
            }
            "inverse" | "solve" | "cholesky" | "logdet" => super::matrices::value(name, &values),
            "clip" => met(&[&values[0], &values[1], &values[2]], &|x| x[0].max(x[1]).min(x[2])),
            _ => {
                function(name, 0.0)?;
                Ok(of.map(|x| function(name, x).unwrap_or(f64::NAN)))
            }
        }
    }

    /// A function along an index of its operand, at one of its positions.
    fn along_index(&self, name: &str, arg: &Node, bound: &Bound, place: i64, letters: &mut Letters) -> Read<Named> {
        let mut all = Vec::new();
        let before = letters.remove(&bound.letter);
        self.run_through(std::slice::from_ref(bound), arg, letters, &mut all)?;
        letters.extend(before.map(|value| (bound.letter.clone(), value)));
        Ok(Named::number(at_place(name, &all, place as usize - 1)?))
    }

    /// The values of a body for all positions of the indices.
    fn run_through(&self, bounds: &[Bound], body: &Node, letters: &mut Letters, all: &mut Vec<f64>) -> Read<()> {
        let Some((bound, rest)) = bounds.split_first() else {
            all.push(self.value(body, letters)?.single()?);
            return Ok(());
        };
        if letters.contains_key(&bound.letter) {
            return Err(format!("`{}` is used already: it is captured", bound.letter));
        }
        let end = match &bound.end {
            Some(end) => self.position(end, letters)?,
            None => self.length(&bound.letter, body)? as i64,
        };
        for place in 1..=end {
            letters.insert(bound.letter.clone(), place);
            self.run_through(rest, body, letters, all)?;
        }
        letters.remove(&bound.letter);
        Ok(())
    }

    /// How far a letter runs: as far as the axes at which it stands, which must agree.
    pub fn length(&self, letter: &str, body: &Node) -> Read<usize> {
        let mut found = Vec::new();
        self.lengths(letter, body, &mut found);
        found.sort();
        found.dedup();
        match found.as_slice() {
            [one] => Ok(*one),
            _ => Err(format!("`{letter}` runs to {found:?} in {body:?}")),
        }
    }

    pub fn lengths(&self, letter: &str, node: &Node, found: &mut Vec<usize>) {
        match node {
            Node::Symbol(name, indices) => {
                let places = self.places.get(name).copied().unwrap_or(0);
                for (place, index) in indices.iter().enumerate() {
                    if *index == Node::Letter(letter.to_string()) && place >= places {
                        let is_own = |of: &str| match of.strip_prefix(name.as_str()) {
                            Some(rest) => {
                                rest.matches('_').count() == places
                                    && rest.chars().all(|c| c.is_ascii_digit() || "_m".contains(c))
                            }
                            None => false,
                        };
                        let value = match places {
                            0 => self.values.get(name),
                            _ => self.values.iter().find(|(of, _)| is_own(of)).map(|(_, value)| value),
                        };
                        found.extend(value.and_then(|value| value.array.shape().get(place - places)).copied());
                    }
                    self.lengths(letter, index, found);
                }
            }
            Node::Gradient(of) | Node::Neg(of) | Node::Transposed(of) => self.lengths(letter, of, found),
            Node::Partial(of, by) => [of, by].into_iter().for_each(|part| self.lengths(letter, part, found)),
            Node::Operator(_, left, right) => [left, right]
                .into_iter()
                .for_each(|part| self.lengths(letter, part, found)),
            Node::Call(_, args, _) => args.iter().for_each(|arg| self.lengths(letter, arg, found)),
            Node::Over(_, _, body) => self.lengths(letter, body, found),
            Node::Entry(of, indices) => {
                self.lengths(letter, of, found);
                indices.iter().for_each(|index| self.lengths(letter, index, found));
            }
            Node::Cases(cases, otherwise) => {
                let sides = cases.iter().flat_map(|(_, condition)| &condition.sides);
                sides
                    .chain(cases.iter().map(|(value, _)| value))
                    .for_each(|part| self.lengths(letter, part, found));
                self.lengths(letter, otherwise, found);
            }
            Node::Truth(condition) => condition
                .sides
                .iter()
                .for_each(|side| self.lengths(letter, side, found)),
            Node::Number(_) | Node::Letter(_) | Node::Range(..) => {}
        }
    }

    fn choice(&self, cases: &[(Node, Condition)], otherwise: &Node, letters: &mut Letters) -> Read<Named> {
        let Some(((value, condition), rest)) = cases.split_first() else {
            return self.value(otherwise, letters);
        };
        let sides: Vec<Named> = condition
            .sides
            .iter()
            .map(|side| self.side(side, condition, letters))
            .collect::<Read<_>>()?;
        let holds = |x: &[f64]| {
            let pairs = x.windows(2).zip(&condition.signs);
            f64::from(u8::from(
                pairs.into_iter().all(|(pair, sign)| compares(pair[0], sign, pair[1])),
            ))
        };
        if sides.iter().all(|side| side.rank() == 0) {
            let all: Vec<f64> = sides.iter().map(Named::single).collect::<Read<_>>()?;
            return match holds(&all) == 1.0 {
                true => self.value(value, letters),
                false => self.choice(rest, otherwise, letters),
            };
        }
        let truth = met(&sides.iter().collect::<Vec<_>>(), &holds)?;
        let [yes, no] = [self.value(value, letters)?, self.choice(rest, otherwise, letters)?];
        met(&[&truth, &yes, &no], &|x| if x[0] == 1.0 { x[1] } else { x[2] })
    }

    /// A side of a comparison: an id by itself against a bare index is the position that it names.
    fn side(&self, side: &Node, condition: &Condition, letters: &mut Letters) -> Read<Named> {
        let value = self.value(side, letters)?;
        let has_letter = condition.sides.iter().any(|side| matches!(side, Node::Letter(_)));
        let is_bare = matches!(side, Node::Symbol(..));
        Ok(match value.is_id && has_letter && is_bare {
            true => value.map(|id| id + 1.0),
            false => value,
        })
    }
}
