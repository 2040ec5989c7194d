//! The numbers of a plot: a gradient against its reference, and the error of a difference quotient over its step.

use std::sync::Arc;
use std::time::Duration;

use ndarray::ArrayD;

use crate::diagnosis::diagnose::is_wrong;
use crate::evaluation::options::{SIZES, seed_of};
use crate::evaluation::prepared_case::PreparedCase;
use crate::function::double_double::DoubleDouble;
use crate::guard::caught;
use crate::subject::Subject;
use crate::verdict::judge::{EntryVerdict, judge_operand};
use crate::witness::reference::{FULL, Reference};
use tapegrad_core::numbers::Scalar;

/// The numbers to plot for the gradient of one operand at one case.
#[derive(Clone, Debug)]
pub struct GradientPlot {
    /// The name of the operand.
    pub operand: String,
    /// The sizes of its axes.
    pub shape: Vec<usize>,
    /// Its entries, row-major.
    pub points: Vec<PlotPoint>,
    /// The step and the relative error of a central difference in `f64`, for the largest entry.
    pub curve: Vec<(f64, f64)>,
    /// The same in double-double precision; empty if the function has no such form.
    pub curve_double_double: Vec<(f64, f64)>,
    /// The seed of the case.
    pub seed: u64,
}

/// One entry of a gradient in a plot.
#[derive(Clone, Copy, Debug)]
pub struct PlotPoint {
    /// The entry that backward() computes.
    pub given: f64,
    /// The reference.
    pub right: f64,
    /// The verdict on the entry.
    pub verdict: EntryVerdict,
}

/// How many cases are searched for the one to plot.
const CASES: u64 = 16;
/// More entries than this cannot be told apart in a picture.
const ENTRIES_MAX: usize = 240;

impl GradientPlot {
    /// A case of the subject that shows what is wrong, or else the one with the most entries; `None` if there is none.
    pub fn of(subject: &Arc<dyn Subject>, seed: u64, limit: Duration) -> Option<Self> {
        let mut best: Option<(bool, Self)> = None;
        for number in 0..CASES {
            let (seed, sizes) = (seed_of(seed, number), SIZES[number as usize % SIZES.len()]);
            let Ok(prepared) = PreparedCase::draw(subject, seed, sizes, FULL) else {
                continue;
            };
            let Ok(evaluation) = prepared.ask(subject, limit) else {
                continue;
            };
            for operand in prepared.reference.case.real() {
                let is_bad = is_wrong(&prepared, &evaluation, operand);
                let Some(plot) = Self::at(&prepared.reference, operand, &evaluation.g_x[operand], seed) else {
                    continue;
                };
                let rank = |is_bad: bool, plot: &Self| (is_bad, plot.points.len());
                if best
                    .as_ref()
                    .is_none_or(|(bad, known)| rank(is_bad, &plot) > rank(*bad, known))
                {
                    best = Some((is_bad, plot));
                }
            }
        }
        let (_, mut plot) = best?;
        plot.draw_curves(subject);
        Some(plot)
    }

    fn at(reference: &Reference, operand: usize, given: &ArrayD<f64>, seed: u64) -> Option<Self> {
        let truth = reference.gradients[operand].as_ref()?;
        let of = &reference.case.operands[operand];
        let is_whole = truth.jacobian.is_some() && (1..=ENTRIES_MAX).contains(&given.len());
        if !is_whole || given.shape() != of.value.shape() {
            return None;
        }
        let judged = judge_operand(given, truth);
        let point =
            |(entry, given, verdict): &(crate::witness::reference_gradient::ReferenceEntry, f64, EntryVerdict)| {
                PlotPoint {
                    given: *given,
                    right: entry.best(),
                    verdict: *verdict,
                }
            };
        Some(Self {
            operand: of.name.clone(),
            shape: of.value.shape().to_vec(),
            points: judged.iter().take(given.len()).map(point).collect(),
            curve: Vec::new(),
            curve_double_double: Vec::new(),
            seed,
        })
    }

    /// The error of a central difference in the largest entry, over steps from 1/2 to 2^-50.
    fn draw_curves(&mut self, subject: &Arc<dyn Subject>) {
        let largest = |a: &usize, b: &usize| self.points[*a].right.abs().total_cmp(&self.points[*b].right.abs());
        let Some(at) = (0..self.points.len()).max_by(largest) else {
            return;
        };
        let truth = self.points[at].right;
        for sizes in SIZES {
            let Ok(prepared) = PreparedCase::draw(subject, self.seed, sizes, FULL) else {
                continue;
            };
            let reference = &prepared.reference;
            let operand = reference.case.operands.iter().position(|x| x.name == self.operand);
            let Some(i) = operand.filter(|&i| reference.case.operands[i].value.shape() == self.shape) else {
                continue;
            };
            if reference.gradient(i).and_then(|g| g.iter().nth(at).copied()) != Some(truth) {
                continue;
            }
            let single = |t: f64| moved(reference, i, at, t);
            let doubled = |t: DoubleDouble| moved_double_double(reference, i, at, t);
            self.curve = curve(reference.case.operands[i].value.iter().nth(at).copied(), truth, single);
            self.curve_double_double = curve(reference.case.operands[i].value.iter().nth(at).copied(), truth, doubled);
            return;
        }
    }
}

/// `Σ g_y y` with one entry of one operand set to `t`.
fn moved(reference: &Reference, operand: usize, at: usize, t: f64) -> Option<f64> {
    let mut x = reference.case.values();
    *x[operand].iter_mut().nth(at)? = t;
    let y = caught(|| reference.function.value(&x)).ok()?;
    Some(
        y.iter()
            .zip(&reference.g_y)
            .filter(|(y, _)| y.is_finite())
            .map(|(y, g)| y * g)
            .sum(),
    )
}

fn moved_double_double(reference: &Reference, operand: usize, at: usize, t: DoubleDouble) -> Option<DoubleDouble> {
    let mut x: Vec<ArrayD<DoubleDouble>> = reference
        .case
        .values()
        .iter()
        .map(|x| x.mapv(DoubleDouble::from_f64))
        .collect();
    *x[operand].iter_mut().nth(at)? = t;
    let y = caught(|| reference.function.value_double_double(&x)).ok().flatten()?;
    let weighted = y.iter().zip(&reference.g_y).filter(|(y, _)| y.to_f64().is_finite());
    Some(weighted.map(|(&y, &g)| y * DoubleDouble::from_f64(g)).sum())
}

fn curve<T: Scalar>(x: Option<f64>, truth: f64, f: impl Fn(T) -> Option<T>) -> Vec<(f64, f64)> {
    let Some(x) = x.filter(|_| truth != 0.0) else {
        return Vec::new();
    };
    let error = |power: i32| {
        let h = 2.0_f64.powi(-power);
        let (x, step) = (T::from_f64(x), T::from_f64(h));
        let slope = (f(x + step)? - f(x - step)?).to_f64() / ((x + step) - (x - step)).to_f64();
        let error = ((slope - truth) / truth).abs();
        error.is_finite().then_some((h, error.max(1e-17)))
    };
    (1..=50).filter_map(error).collect()
}
