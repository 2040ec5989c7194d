//! Settings of the named sizes with numbers, from which the sizes of an op's result are told.

use super::Checker;
use crate::meaning::program::{AttributeNumber, DimValue, ValueId};
use crate::meaning::size::{Bound, Size};
use crate::meaning::types::Axis;

/// Numbers for named sizes; no two names share a number.
const NUMBERS: [i64; 28] = [
    1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
];

/// The first of them to be tried; smaller ones are for arrays that would have too many entries.
const LARGE: usize = 5;

/// How many settings are tried at least, and how many are looked at for one that tells more sizes apart.
const PROBES_MIN: usize = 3;
const CANDIDATES_MAX: usize = 64;

/// How many entries arrays may have together while numbers are tried.
const ENTRIES_MAX: i64 = 1 << 28;

impl Checker<'_> {
    /// Settings of all sizes for which every axis has a size: with `dim S = T - K + 1`, ones in which T is not below K.
    ///
    /// Three, and more as long as two of the `known` axes have the same number in all of them although they are not the
    /// same, or one has always the same number.
    pub(super) fn probes(
        &self,
        values: &[ValueId],
        attributes: &[(String, Vec<AttributeNumber>)],
        known: &[Axis],
    ) -> Vec<Bound> {
        let axes = values
            .iter()
            .flat_map(|&value| self.ty(value).axes.iter().map(|axis| &axis.size));
        let given = attributes.iter().flat_map(|(_, numbers)| numbers);
        let given = given.filter_map(|number| match number {
            AttributeNumber::Size(size) => Some(size),
            AttributeNumber::Number(_) => None,
        });
        let least: Vec<(&Size, i64)> = axes.map(|size| (size, 1)).chain(given.map(|size| (size, 0))).collect();
        let dims: Vec<Size> = self
            .program
            .dims
            .iter()
            .map(|dim| Size::symbol(dim.name.clone()))
            .collect();
        let exists = |bound: &Bound| {
            let values = self.program.dims.iter().filter_map(|dim| match &dim.value {
                Some(DimValue::Equal(size)) => Some(size),
                _ => None,
            });
            dims.iter()
                .chain(values)
                .all(|size| size.value(bound).is_ok_and(|own| own >= 1))
        };
        let fits = |bound: &Bound| {
            exists(bound).then_some(())?;
            least.iter().try_fold(1i64, |entries, (size, least)| {
                let own = size.value(bound).ok().filter(|own| own >= least)?;
                entries
                    .checked_mul(own.max(1))
                    .filter(|entries| *entries <= ENTRIES_MAX)
            })
        };
        // Strides without a factor in common with 28 reach all numbers, in ascending, descending and mixed order.
        let shifts = (LARGE..NUMBERS.len()).chain(0..LARGE);
        let settings = [1, NUMBERS.len() - 1, 5, 23, 9, 19, 11, 17].into_iter();
        let settings = settings.flat_map(|stride| shifts.clone().map(move |shift| (shift, stride)));
        let candidates = settings
            .map(|(shift, stride)| self.probe(shift, stride))
            .filter(|bound| fits(bound).is_some());
        let mut sizes: Vec<Size> = known.iter().map(|axis| self.facts.normal(&axis.size)).collect();
        sizes.sort();
        sizes.dedup();
        let mut probes: Vec<Bound> = Vec::new();
        let mut left = usize::MAX;
        for bound in candidates.take(CANDIDATES_MAX) {
            probes.push(bound);
            let now = confused(&sizes, &probes);
            if probes.len() > PROBES_MIN && now == left {
                probes.pop();
            }
            left = now;
            if probes.len() >= PROBES_MIN && left == 0 {
                break;
            }
        }
        if probes.is_empty() {
            probes.push(self.probe(LARGE, 1));
        }
        probes
    }

    /// Numbers for all named sizes and positions.
    fn probe(&self, shift: usize, stride: usize) -> Bound {
        let mut bound = Bound::new();
        for (i, dim) in self.program.dims.iter().enumerate() {
            bound.insert(dim.name.clone(), NUMBERS[(i * stride + shift) % NUMBERS.len()]);
        }
        for one in &self.loops {
            bound.insert(one.index.clone(), 1);
        }
        self.facts.settle(&mut bound);
        bound
    }
}

/// How many sizes cannot be told from an earlier one, or from a number, by their numbers in these settings.
fn confused(sizes: &[Size], settings: &[Bound]) -> usize {
    let numbers = |size: &Size| -> Vec<_> { settings.iter().map(|bound| size.value(bound).ok()).collect() };
    let rows: Vec<Vec<Option<i64>>> = sizes.iter().map(numbers).collect();
    let is_confused = |&i: &usize| {
        let is_constant = sizes[i].as_number().is_none() && rows[i].iter().all(|number| *number == rows[i][0]);
        is_constant || rows[..i].contains(&rows[i])
    };
    (0..sizes.len()).filter(is_confused).count()
}
