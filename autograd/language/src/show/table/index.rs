//! Indices of entries: positions, ids, and positions of several axes that were joined into one.

use super::formula::Formula;
use super::names::Names;
use crate::meaning::size::Size;
use crate::meaning::types::Axis;

/// Which entry of an axis is meant.
#[derive(Clone, Debug)]
pub(super) enum Index {
    /// A position, counted from 1.
    At(Formula),
    /// The entry that an id names; ids count from 0.
    Id(Formula),
    /// The positions in the axes that were joined, with their sizes.
    Joined(Vec<(Formula, Size)>),
}

impl Index {
    /// A letter.
    pub fn letter(letter: &str) -> Self {
        Self::At(Formula::name(letter))
    }

    /// The position as a formula.
    pub fn position(&self) -> Formula {
        match self {
            Self::At(position) => position.clone(),
            Self::Id(id) => id.clone().plus(Formula::whole(1)),
            Self::Joined(parts) => joined(parts),
        }
    }

    /// What stands below the line: an id by its name alone names its entry.
    pub fn below(&self) -> Formula {
        match self {
            Self::Id(id @ Formula::Symbol(..)) => id.clone(),
            own => own.position(),
        }
    }

    /// The index so many positions further on.
    pub fn moved(&self, by: &Size) -> Self {
        match by.as_number() {
            Some(0) => self.clone(),
            _ => Self::At(self.position().plus(size(by))),
        }
    }
}

/// `(i - 1) n + j` for positions in axes of which the second has size `n`.
fn joined(parts: &[(Formula, Size)]) -> Formula {
    let (last, others) = parts.split_last().expect("what is joined has parts");
    let mut position = last.0.clone();
    let mut stride = last.1.clone();
    for (part, own) in others.iter().rev() {
        let before = part.clone().minus(Formula::whole(1)).times(size(&stride));
        position = before.plus(position);
        stride = stride.times(own);
    }
    position
}

/// A size as a formula.
pub(super) fn size(size: &Size) -> Formula {
    if let Some(value) = size.as_number() {
        return Formula::whole(value);
    }
    let mut sum: Option<Formula> = None;
    for (monomial, coefficient) in size.products() {
        let names = monomial.iter().map(|name| Formula::name(name));
        let factor = (coefficient.abs() != 1 || monomial.is_empty()).then(|| Formula::whole(coefficient.abs()));
        let product = factor
            .into_iter()
            .chain(names)
            .reduce(Formula::times)
            .expect("a term has a factor or a name");
        sum = Some(match sum {
            None if coefficient < 0 => Formula::Neg(Box::new(product)),
            None => product,
            Some(sum) if coefficient < 0 => sum.minus(product),
            Some(sum) => sum.plus(product),
        });
    }
    sum.unwrap_or_else(|| Formula::whole(0))
}

/// Axes of which the same entries are counted: the places in one array and in another, of equal sizes together.
pub(super) struct Group {
    pub from: Vec<usize>,
    pub to: Vec<usize>,
}

/// How the axes of a reshaped array correspond, in groups as small as the sizes tell; axes of size 1 are left out.
pub(super) fn groups(names: &Names, from: &[Axis], to: &[Axis]) -> Vec<Group> {
    let wide = |axes: &[Axis]| -> Vec<usize> { (0..axes.len()).filter(|&place| !names.is_one(&axes[place])).collect() };
    let (from_places, to_places) = (wide(from), wide(to));
    let product = |axes: &[Axis], places: &[usize]| {
        let all = places
            .iter()
            .fold(Size::number(1), |all, &place| all.times(&axes[place].size));
        names.normal(&all)
    };
    let (mut groups, mut f, mut t) = (Vec::new(), 0, 0);
    while f < from_places.len() || t < to_places.len() {
        let ends = (1..=from_places.len() - f).flat_map(|a| (1..=to_places.len() - t).map(move |b| (a, b)));
        let mut fitting: Vec<(usize, usize)> = ends
            .filter(|&(a, b)| product(from, &from_places[f..f + a]) == product(to, &to_places[t..t + b]))
            .collect();
        fitting.sort_by_key(|(a, b)| a + b);
        let all = (from_places.len() - f, to_places.len() - t);
        let (a, b) = fitting.first().copied().unwrap_or(all);
        groups.push(Group {
            from: from_places[f..f + a].to_vec(),
            to: to_places[t..t + b].to_vec(),
        });
        (f, t) = (f + a, t + b);
    }
    groups
}

/// The indices of the entry before it was reshaped.
pub(super) fn before_reshape(names: &Names, from: &[Axis], to: &[Axis], at: &[Index]) -> Vec<Index> {
    let mut inner: Vec<Index> = from.iter().map(|_| Index::At(Formula::whole(1))).collect();
    for group in groups(names, from, to) {
        match (group.from.as_slice(), group.to.as_slice()) {
            // What is left over has size 1 in this run.
            ([], _) | (_, []) => {}
            (&[one], &[other]) => inner[one] = at[other].clone(),
            (&[one], several) => {
                let parts = several
                    .iter()
                    .map(|&place| (at[place].position(), to[place].size.clone()));
                inner[one] = Index::Joined(parts.collect());
            }
            (several, places) => {
                let sizes: Vec<Size> = several.iter().map(|&place| from[place].size.clone()).collect();
                for (&place, index) in several.iter().zip(apart(names, &sizes, &to_one(at, to, places))) {
                    inner[place] = index;
                }
            }
        }
    }
    inner
}

/// The indices of several axes as that of one.
fn to_one(at: &[Index], axes: &[Axis], places: &[usize]) -> Index {
    match places {
        &[one] => at[one].clone(),
        several => {
            let parts = several
                .iter()
                .map(|&place| (at[place].position(), axes[place].size.clone()));
            Index::Joined(parts.collect())
        }
    }
}

/// The positions in axes of these sizes that were joined into one, at a position of that one.
fn apart(names: &Names, sizes: &[Size], at: &Index) -> Vec<Index> {
    if let Index::Joined(parts) = at {
        let same = parts.len() == sizes.len()
            && parts
                .iter()
                .zip(sizes)
                .all(|((_, own), size)| names.normal(own) == names.normal(size));
        if same {
            return parts.iter().map(|(part, _)| Index::At(part.clone())).collect();
        }
    }
    let position = at.position();
    let stride = |place: usize| {
        sizes[place + 1..]
            .iter()
            .fold(Size::number(1), |all, size| all.times(size))
    };
    let one = |place: usize| {
        let (own, stride) = (&sizes[place], stride(place));
        let call = |name: &str, args| Formula::Call(name.to_string(), args, super::formula::Along::Whole);
        let numbers = (
            position.as_whole(),
            names.normal(own).as_number(),
            names.normal(&stride).as_number(),
        );
        if let (Some(position), Some(own), Some(stride)) = numbers {
            return Index::At(Formula::whole((position - 1) / stride % own + 1));
        }
        let blocks = match place + 1 == sizes.len() {
            true => position.clone(),
            false => call("ceil", vec![Formula::operator('/', position.clone(), size(&stride))]),
        };
        Index::At(match place {
            0 => blocks,
            _ => call("mod", vec![blocks.minus(Formula::whole(1)), size(own)]).plus(Formula::whole(1)),
        })
    };
    (0..sizes.len()).map(one).collect()
}
