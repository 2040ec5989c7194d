//! A case with the truth about its gradients, as the witnesses tell it.

use std::sync::Arc;

use ndarray::ArrayD;

use super::Draw;
use super::doubled::Doubled;
use super::function::Function;
use super::guard::caught;
use super::richardson::Slope;
use super::subject::Case;
use super::witness::{Differences, DoubledDifferences, DualNumbers, EXACT, Witness};
use crate::numbers::Real;

/// A case, an upstream gradient, and what the witnesses say of the gradients.
#[derive(Clone)]
pub struct Exam {
    /// The operands.
    pub case: Case,
    /// What forward() was called with before.
    pub x_old: Vec<ArrayD<f64>>,
    /// The value of the function.
    pub y: ArrayD<f64>,
    /// ∂J/∂y.
    pub g_y: ArrayD<f64>,
    /// The function.
    pub function: Arc<dyn Function>,
    /// For each operand the truth about its gradient; `None` where there is none.
    pub truths: Vec<Option<Truth>>,
}

/// What the witnesses say of the gradient of one operand.
#[derive(Clone, Debug)]
pub struct Truth {
    /// The entries that were looked at.
    pub entries: Vec<Entry>,
    /// Directions along which the whole gradient was looked at, if it is large.
    pub probes: Vec<(Vec<f64>, Entry)>,
    /// `∂y_i/∂x_j` at `i · columns + j`, if all of it is known.
    pub jacobian: Option<Vec<f64>>,
    /// The largest entry of the gradient in magnitude.
    pub scale: f64,
}

/// What the witnesses say of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Its position in the operand, row-major.
    pub index: usize,
    /// By dual numbers.
    pub exact: Option<f64>,
    /// By the derivative that the graph language writes down, where it has one.
    pub symbolic: Option<f64>,
    /// By differences, with a bound on the error; `None` where the function has no slope on both sides.
    pub numeric: Option<(f64, f64)>,
    /// The slopes from the left and from the right, at a kink.
    pub kink: Option<(f64, f64)>,
    /// `Σ |∂y_i/∂x_j| |g_y_i|`: what the sum is made of.
    pub terms: f64,
    /// What rounding of the function alone makes of the derivative.
    pub floor: f64,
}

impl Entry {
    /// The best that is known: by dual numbers if they spoke, else by differences.
    pub fn best(&self) -> f64 {
        self.exact.or(self.numeric.map(|(value, _)| value)).unwrap_or(f64::NAN)
    }

    /// What rounding in `f64` did to the dual numbers, where differences are certain of more digits.
    fn rounding_seen(&self) -> Option<f64> {
        let ((numeric, bound), exact) = (self.numeric?, self.exact?);
        let off = (exact - numeric).abs();
        let is_rounding = off <= 1e-7 * self.terms.max(exact.abs()) || off <= 128.0 * self.floor;
        (is_rounding && bound < 1e-3 * self.floor).then_some(8.0 * off)
    }

    /// True if differences in `f64` leave it open whether a gradient is right to one part in a million, or contradict
    /// the dual numbers.
    fn is_doubtful(&self) -> bool {
        let Some((value, bound)) = self.numeric else {
            return true;
        };
        let is_contradicted = self
            .exact
            .is_some_and(|exact| (exact - value).abs() > bound + self.floor);
        let is_vague = self.terms > 0.0 && bound > self.floor && bound > 1e-9 * self.terms.max(value.abs());
        is_contradicted || is_vague
    }
}

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// A Jacobian with at most so many entries is looked at in full.
    pub pairs_max: usize,
    /// Of a larger one, so many entries of each operand, and probes besides.
    pub entries_max: usize,
    /// Whether differences are asked where dual numbers have an answer.
    pub witnesses: Witnesses,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witnesses {
    /// Everyone: for a verdict.
    All,
    /// The first who can say: for a diagnosis, which needs many Jacobians.
    First,
}

/// Full Jacobians up to 4096 pairs; else 24 entries of each operand and the probes.
pub const FULL: Coverage = Coverage {
    pairs_max: 4096,
    entries_max: 24,
    witnesses: Witnesses::All,
};
/// What a whole model can afford.
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
/// How many random directions look at a gradient that is too large to be looked at in full.
const PROBES: usize = 8;

impl Exam {
    /// Asks the witnesses; `y` is the value of the function at the case.
    pub fn new(
        case: Case,
        x_old: Vec<ArrayD<f64>>,
        y: ArrayD<f64>,
        g_y: ArrayD<f64>,
        function: Arc<dyn Function>,
        coverage: Coverage,
        draw: &mut Draw,
    ) -> Self {
        let mut exam = Self {
            case,
            x_old,
            y,
            g_y,
            function,
            truths: Vec::new(),
        };
        exam.truths = (0..exam.case.operands.len())
            .map(|i| {
                exam.case
                    .real()
                    .any(|real| real == i)
                    .then(|| exam.truth(i, coverage, draw))
            })
            .collect();
        if coverage.witnesses == Witnesses::All {
            exam.ask_the_language();
        }
        exam
    }

    /// The third witness speaks on all operands at once.
    fn ask_the_language(&mut self) {
        let Some(gradients) = caught(|| self.function.symbolic(&self.case.values(), &self.g_y))
            .ok()
            .flatten()
        else {
            return;
        };
        for (truth, gradient) in self.truths.iter_mut().zip(gradients) {
            let (Some(truth), Some(gradient)) = (truth, gradient) else {
                continue;
            };
            let flat: Vec<f64> = gradient.iter().copied().collect();
            for entry in &mut truth.entries {
                entry.symbolic = flat.get(entry.index).copied().filter(|g| g.is_finite());
            }
            for (v, entry) in &mut truth.probes {
                let along: f64 = flat.iter().zip(v.iter()).map(|(g, v)| g * v).sum();
                entry.symbolic = Some(along).filter(|g| g.is_finite());
            }
        }
    }

    fn truth(&self, operand: usize, coverage: Coverage, draw: &mut Draw) -> Truth {
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
        let mut probes: Vec<(Vec<f64>, Entry)> = probes;
        let all = || entries.iter().chain(probes.iter().map(|(_, entry)| entry));
        let rounding = all().filter_map(Entry::rounding_seen).fold(0.0, f64::max);
        let probed = probes.iter_mut().map(|(_, entry)| entry);
        entries
            .iter_mut()
            .chain(probed)
            .for_each(|entry| entry.floor = entry.floor.max(rounding));
        Truth {
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
    ) -> (Entry, Vec<f64>) {
        let dual = DualNumbers.along(&*self.function, x, operand, v);
        let numeric = match (&dual, witnesses) {
            (Some(_), Witnesses::First) => None,
            _ => Differences.along(&*self.function, x, operand, v),
        };
        let column = column_of(dual.as_ref().or(numeric.as_ref()));
        let g: Vec<f64> = self.g_y.iter().copied().collect();
        let terms: f64 = column.iter().zip(&g).map(|(s, g)| used(*s, *g).abs()).sum();
        let weighted =
            |slopes: &Vec<Slope>| -> f64 { column_of(Some(slopes)).iter().zip(&g).map(|(s, g)| used(*s, *g)).sum() };
        let mut entry = Entry {
            index,
            exact: dual.as_ref().map(weighted),
            symbolic: None,
            numeric: numeric.as_ref().and_then(|slopes| sum_of_smooth(slopes, &g)),
            kink: numeric.as_ref().and_then(|slopes| sum_over_kinks(slopes, &g)),
            terms,
            floor: EXACT * terms + self.rounding(&x[operand], v),
        };
        if witnesses == Witnesses::All
            && entry.is_doubtful()
            && let Some(finer) = DoubledDifferences.along(&*self.function, x, operand, v)
        {
            entry.numeric = sum_of_smooth(&finer, &g);
            entry.kink = sum_over_kinks(&finer, &g);
        }
        (entry, column)
    }

    /// The value of the function by its plain loops in doubled precision, rounded; `None` if it cannot be had.
    pub fn value_doubled(&self) -> Option<ArrayD<f64>> {
        let x: Vec<ArrayD<Doubled>> = self.case.values().iter().map(|x| x.mapv(Doubled::from_f64)).collect();
        let y = caught(|| self.function.value_doubled(&x)).ok().flatten()?;
        Some(y.mapv(Doubled::to_f64))
    }

    /// What rounding alone makes of the gradient of one operand.
    pub fn rounding_of(&self, operand: usize) -> f64 {
        let truth = self.truths[operand].as_ref();
        truth.map_or(0.0, |truth| {
            truth.entries.iter().map(|entry| entry.floor).fold(0.0, f64::max)
        })
    }

    /// What rounding of the value alone makes of a derivative along `v`.
    fn rounding(&self, x: &ArrayD<f64>, v: &[f64]) -> f64 {
        let moved = x.iter().zip(v).filter(|(_, v)| **v != 0.0);
        let moved = moved.map(|(x, _)| x.abs()).fold(1.0, f64::max);
        let weighted = self.y.iter().zip(&self.g_y).filter(|(y, _)| y.is_finite());
        let height: f64 = weighted.map(|(y, g)| (y * g).abs()).sum();
        64.0 * f64::EPSILON * height / moved
    }

    /// The gradient of one operand as the witnesses give it; `None` if not all of it was looked at.
    pub fn gradient(&self, operand: usize) -> Option<ArrayD<f64>> {
        let truth = self.truths[operand].as_ref()?;
        truth.jacobian.as_ref()?;
        let values = truth.entries.iter().map(Entry::best).collect();
        ArrayD::from_shape_vec(self.case.operands[operand].value.raw_dim(), values).ok()
    }
}

/// The numbers of a column of a Jacobian; at a kink the middle of both slopes.
fn column_of(slopes: Option<&Vec<Slope>>) -> Vec<f64> {
    let value = |slope: &Slope| match slope {
        Slope::Smooth { value, .. } => *value,
        Slope::Kink { low, high } => (low + high) / 2.0,
        Slope::NoValue => f64::NAN,
    };
    slopes.map_or(Vec::new(), |slopes| slopes.iter().map(value).collect())
}

/// A slope counts with its weight; where the value is infinite and does not move, not at all.
fn used(slope: f64, g: f64) -> f64 {
    if slope == 0.0 { 0.0 } else { slope * g }
}

fn sum_of_smooth(slopes: &[Slope], g: &[f64]) -> Option<(f64, f64)> {
    slopes
        .iter()
        .zip(g)
        .try_fold((0.0, 0.0), |(sum, error), (slope, g)| match slope {
            Slope::Smooth { value, bound } => Some((sum + used(*value, *g), error + bound * g.abs())),
            _ => None,
        })
}

/// The smallest and the largest derivative that one-sided slopes allow, if some entry has a kink.
fn sum_over_kinks(slopes: &[Slope], g: &[f64]) -> Option<(f64, f64)> {
    if !slopes.iter().any(|slope| matches!(slope, Slope::Kink { .. })) {
        return None;
    }
    slopes.iter().zip(g).try_fold((0.0, 0.0), |(least, most), (slope, g)| {
        let (a, b) = match slope {
            Slope::Smooth { value, .. } => (used(*value, *g), used(*value, *g)),
            Slope::Kink { low, high } => (low * g, high * g),
            Slope::NoValue => return None,
        };
        Some((least + a.min(b), most + a.max(b)))
    })
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
