//! A case with its reference gradients, computed by all witnesses.

use std::sync::Arc;

use ndarray::ArrayD;

use crate::function::Function;
use crate::function::double_double::DoubleDouble;
use crate::guard::{self, caught};
use crate::subject::Case;
use crate::witness::finite_difference::Slope;
use crate::witness::reference_gradient::{
    ReferenceEntry, ReferenceGradient, column_of, sum_of_smooth, sum_over_kinks, used,
};
use crate::witness::value_rounding::value_rounding;
use crate::witness::{DoubleDoubleDifferences, DualNumbers, EXACT, FiniteDifferences, Witness};
use tapegrad_core::numbers::Scalar;
use tapegrad_core::op::Draw;

/// A case, an upstream gradient, and the reference gradients of all operands.
#[derive(Clone)]
pub struct Reference {
    /// The case.
    pub case: Case,
    /// The value of the function.
    pub y: ArrayD<f64>,
    /// ∂J/∂y.
    pub g_y: ArrayD<f64>,
    /// The function.
    pub function: Arc<dyn Function>,
    /// The rounding of the values as a share of the largest, where it is more than that of `f64`.
    pub value_rounding: Option<f64>,
    /// The reference gradient of each operand; `None` for operands without a gradient.
    pub gradients: Vec<Option<ReferenceGradient>>,
}

/// How many entries of a gradient are checked, and by which witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// A Jacobian with at most so many entries is computed in full.
    pub pairs_max: usize,
    /// Of a larger one, so many entries of each operand are checked, and random directions besides.
    pub entries_max: usize,
    /// Which witnesses are used.
    pub witnesses: Witnesses,
}

/// Which witnesses compute a derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witnesses {
    /// All witnesses: for a verdict.
    All,
    /// The first witness that has a derivative: for a diagnosis, which needs many Jacobians.
    First,
}

/// Full Jacobians up to 4096 pairs; else 24 entries of each operand and the probes.
pub const FULL: Coverage = Coverage {
    pairs_max: 4096,
    entries_max: 24,
    witnesses: Witnesses::All,
};
/// Few entries and the probes: for a whole model, whose forward() takes long.
pub const STRATIFIED: Coverage = Coverage {
    pairs_max: 12,
    entries_max: 10,
    witnesses: Witnesses::All,
};
/// Full Jacobians from one witness.
pub const JACOBIAN: Coverage = Coverage {
    pairs_max: 4096,
    entries_max: 24,
    witnesses: Witnesses::First,
};
/// A bound above this share of the scale says too little to certify anything.
pub(crate) const CERTIFIES: f64 = 1e-6;
/// The same where the values are rounded more than `f64` does.
const OF_ROUNDED: f64 = 1e-4;
/// The rounding of the values is measured on small cases.
const ROUNDING_NUMBERS_MAX: usize = 4096;
/// How many random directions check a gradient that is too large to be checked entry by entry.
const PROBES: usize = 8;

impl Reference {
    /// Computes the reference gradients; `y` is the value of the function at the case.
    pub fn new(
        case: Case,
        y: ArrayD<f64>,
        g_y: ArrayD<f64>,
        function: Arc<dyn Function>,
        coverage: Coverage,
        draw: &mut Draw,
    ) -> Self {
        let mut reference = Self {
            case,
            y,
            g_y,
            function,
            value_rounding: None,
            gradients: Vec::new(),
        };
        if !reference.function.has_duals() && reference.case.numbers() <= ROUNDING_NUMBERS_MAX {
            let real: Vec<usize> = reference.case.real().collect();
            reference.value_rounding = value_rounding(&*reference.function, &reference.case.values(), &real);
        }
        reference.gradients = (0..reference.case.operands.len())
            .map(|i| {
                reference
                    .case
                    .real()
                    .any(|real| real == i)
                    .then(|| reference.reference_gradient(i, coverage, draw))
            })
            .collect();
        if coverage.witnesses == Witnesses::All {
            reference.ask_the_language();
        }
        reference
    }

    /// Adds the symbolic derivative, which gives the gradients of all operands at once.
    fn ask_the_language(&mut self) {
        let x = self.case.values();
        guard::enter("the derivative of the definition");
        let asked = caught(|| {
            let (symbolic, names) = self.function.program(&x)?;
            symbolic.gradients(&names, &x, &self.g_y)
        });
        let Some(gradients) = asked.ok().flatten() else {
            return;
        };
        // What the op cancels exactly, a derivative that is written down may cancel to rounding.
        let rounding = EXACT * self.g_y.iter().map(|g| g.abs()).sum::<f64>();
        for (expected, gradient) in self.gradients.iter_mut().zip(gradients) {
            let (Some(expected), Some(gradient)) = (expected, gradient) else {
                continue;
            };
            let flat: Vec<f64> = gradient.iter().copied().collect();
            for entry in &mut expected.entries {
                let said = flat.get(entry.index).copied().filter(|g| g.is_finite());
                let is_rounding = |s: f64| (s - entry.best()).abs() <= rounding;
                entry.symbolic = said.map(|s| if is_rounding(s) { entry.best() } else { s });
            }
            for (v, entry) in &mut expected.probes {
                let along: f64 = flat.iter().zip(v.iter()).map(|(g, v)| g * v).sum();
                entry.symbolic = Some(along).filter(|g| g.is_finite());
            }
        }
    }

    fn reference_gradient(&self, operand: usize, coverage: Coverage, draw: &mut Draw) -> ReferenceGradient {
        let columns = self.case.operands[operand].value.len();
        let is_full = columns * self.y.len() <= coverage.pairs_max || columns <= coverage.entries_max.min(8);
        let chosen = if is_full {
            (0..columns).collect()
        } else {
            strata(columns, coverage.entries_max, draw)
        };
        let x = self.case.values();
        let mut jacobian = vec![0.0; if is_full { columns * self.y.len() } else { 0 }];
        let mut entries = Vec::with_capacity(chosen.len());
        for j in chosen {
            let mut v = vec![0.0; columns];
            v[j] = 1.0;
            let (entry, column) = self.entry(&x, operand, j, &v, coverage.witnesses);
            for (i, slope) in column.iter().enumerate().filter(|_| is_full) {
                jacobian[i * columns + j] = *slope;
            }
            entries.push(entry);
        }
        let probes = if is_full { 0 } else { PROBES };
        let probes = (0..probes).map(|n| {
            let v = probe(columns, n, draw);
            let (entry, _) = self.entry(&x, operand, 0, &v, coverage.witnesses);
            (v, entry)
        });
        let probes: Vec<_> = probes.collect();
        let scale = entries.iter().map(|entry| entry.best().abs()).fold(0.0, f64::max);
        let mut probes: Vec<(Vec<f64>, ReferenceEntry)> = probes;
        let all = || entries.iter().chain(probes.iter().map(|(_, entry)| entry));
        let rounding = all().filter_map(ReferenceEntry::rounding_seen).fold(0.0, f64::max);
        // Where one entry cancels to rounding, the others may too, and be 0 in dual numbers by luck.
        let unit = EXACT * self.g_y.iter().map(|g| g.abs()).sum::<f64>();
        let is_cancelled = all().any(|entry| entry.floor >= unit && entry.terms < unit);
        let rounding = if is_cancelled { rounding.max(unit) } else { rounding };
        let probed = probes.iter_mut().map(|(_, entry)| entry);
        entries
            .iter_mut()
            .chain(probed)
            .for_each(|entry| entry.floor = entry.floor.max(rounding));
        ReferenceGradient {
            entries,
            probes,
            jacobian: is_full.then_some(jacobian),
            scale,
        }
    }

    /// The derivative of `Σ g_y y` along `v`, and of `y`.
    fn entry(
        &self,
        x: &[ArrayD<f64>],
        operand: usize,
        index: usize,
        v: &[f64],
        witnesses: Witnesses,
    ) -> (ReferenceEntry, Vec<f64>) {
        guard::enter("the definition");
        let dual = DualNumbers.along(&*self.function, x, operand, v);
        let numeric = match (&dual, witnesses) {
            (Some(_), Witnesses::First) => None,
            _ => match self.value_rounding {
                Some(rounding) => FiniteDifferences.of_rounded(&*self.function, x, (operand, v), rounding),
                None => FiniteDifferences.along(&*self.function, x, operand, v),
            },
        };
        let column = column_of(dual.as_ref().or(numeric.as_ref()));
        let g: Vec<f64> = self.g_y.iter().copied().collect();
        let terms: f64 = column.iter().zip(&g).map(|(s, g)| used(*s, *g).abs()).sum();
        let weighted =
            |slopes: &Vec<Slope>| -> f64 { column_of(Some(slopes)).iter().zip(&g).map(|(s, g)| used(*s, *g)).sum() };
        let mut entry = ReferenceEntry {
            index,
            exact: dual.as_ref().map(weighted),
            symbolic: None,
            numeric: numeric.as_ref().and_then(|slopes| sum_of_smooth(slopes, &g)),
            kink: numeric.as_ref().and_then(|slopes| sum_over_kinks(slopes, &g)),
            terms,
            floor: EXACT * terms + self.rounding(&x[operand], v),
            resolution: if self.value_rounding.is_some() {
                OF_ROUNDED
            } else {
                CERTIFIES
            },
        };
        if witnesses == Witnesses::All
            && entry.is_doubtful()
            && let Some(finer) = DoubleDoubleDifferences.along(&*self.function, x, operand, v)
        {
            entry.numeric = sum_of_smooth(&finer, &g);
            entry.kink = sum_over_kinks(&finer, &g);
        }
        if witnesses == Witnesses::All {
            entry.allow_cancellation(EXACT * g.iter().map(|g| g.abs()).sum::<f64>());
        }
        (entry, column)
    }

    /// The derivative of `Σ g_y y` along a direction in one operand, by all witnesses.
    pub(crate) fn along(&self, operand: usize, index: usize, v: &[f64]) -> ReferenceEntry {
        self.entry(&self.case.values(), operand, index, v, Witnesses::All).0
    }

    /// The value of the function by its plain loops in double-double precision, rounded; `None` if it has no such form.
    pub fn value_double_double(&self) -> Option<ArrayD<f64>> {
        let x: Vec<ArrayD<DoubleDouble>> = self
            .case
            .values()
            .iter()
            .map(|x| x.mapv(DoubleDouble::from_f64))
            .collect();
        let y = caught(|| self.function.value_double_double(&x)).ok().flatten()?;
        Some(y.mapv(DoubleDouble::to_f64))
    }

    /// The largest rounding floor of the gradient of one operand.
    pub fn rounding_of(&self, operand: usize) -> f64 {
        let expected = self.gradients[operand].as_ref();
        expected.map_or(0.0, |expected| {
            expected.entries.iter().map(|entry| entry.floor).fold(0.0, f64::max)
        })
    }

    /// The rounding floor of a derivative along `v` that rounding of the value causes.
    fn rounding(&self, x: &ArrayD<f64>, v: &[f64]) -> f64 {
        let moved = x.iter().zip(v).filter(|(_, v)| **v != 0.0);
        let moved = moved.map(|(x, _)| x.abs()).fold(1.0, f64::max);
        let weighted = self.y.iter().zip(&self.g_y).filter(|(y, _)| y.is_finite());
        let height: f64 = weighted.map(|(y, g)| (y * g).abs()).sum();
        64.0 * f64::EPSILON * height / moved
    }

    /// The reference gradient of one operand; `None` if not all of its entries were computed.
    pub fn gradient(&self, operand: usize) -> Option<ArrayD<f64>> {
        let expected = self.gradients.get(operand)?.as_ref()?;
        expected.jacobian.as_ref()?;
        let values = expected.entries.iter().map(ReferenceEntry::best).collect();
        ArrayD::from_shape_vec(self.case.operands[operand].value.raw_dim(), values).ok()
    }
}

impl Reference {
    /// True if every entry has a finite derivative.
    pub(crate) fn is_smooth(&self) -> bool {
        let entries = self.gradients.iter().flatten().flat_map(|expected| &expected.entries);
        let mut entries =
            entries.map(|entry| entry.kink.is_none() && entry.numeric.is_some() && entry.best().is_finite());
        entries.all(|is_smooth| is_smooth)
    }

    /// The reference gradient of one operand; at a kink the slope that is nearer to what was given.
    pub(crate) fn nearest_gradient(&self, operand: usize, given: &ArrayD<f64>) -> Option<ArrayD<f64>> {
        let right = self.gradient(operand)?;
        if given.shape() != right.shape() {
            return Some(right);
        }
        let entries = &self.gradients[operand].as_ref()?.entries;
        let nearest = entries
            .iter()
            .zip(given)
            .map(|(entry, given)| entry.nearest(*given))
            .collect();
        ArrayD::from_shape_vec(right.raw_dim(), nearest).ok()
    }
}

/// First, last and random positions.
fn strata(len: usize, count: usize, draw: &mut Draw) -> Vec<usize> {
    let mut chosen = vec![0, len - 1];
    while chosen.len() < count.min(len) {
        let index = draw.below(len);
        if !chosen.contains(&index) {
            chosen.push(index);
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// A direction of entries ±1: every entry for even numbers, one in eight for odd ones.
fn probe(len: usize, number: usize, draw: &mut Draw) -> Vec<f64> {
    let sign = |draw: &mut Draw| if draw.coin() { 1.0 } else { -1.0 };
    (0..len)
        .map(|_| {
            if number.is_multiple_of(2) || draw.below(8) == 0 {
                sign(draw)
            } else {
                0.0
            }
        })
        .collect()
}
