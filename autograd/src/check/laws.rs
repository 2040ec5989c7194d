//! The laws of ops: what every line of the registry must meet, on random shapes and values, in `f64`.
//!
//! Each law takes a [`Sample`] and says what is wrong, with the entry and both numbers. The upstream gradient is random
//! and never all ones: for a softmax or a layer norm the gradient of the plain sum is 0, and a wrong backward() passes.

use ndarray::ArrayD;
use smallvec::SmallVec;

use super::{Draw, Sample};
use crate::numbers::{Dual, Real};
use crate::op::{InGradients, Inputs, OperandKind, Saved};
use crate::ops::{AnyOp, NAMES};
use crate::params::{ParamList, Params};
use crate::plan::Plan;
use crate::shape::Shape;
use crate::tape::Tape;
use crate::var::Var;

/// One law: what it is called and how a sample is tried on it.
pub struct Law {
    /// The name in messages.
    pub name: &'static str,
    /// Gives a sentence with the entry and the numbers if the law is broken.
    pub holds: fn(&Sample<AnyOp>, &mut Draw) -> Result<(), String>,
}

/// All laws, in the order in which a mistake is easiest to understand.
pub const LAWS: &[Law] = &[
    Law {
        name: "the values are finite",
        holds: finite,
    },
    Law {
        name: "dual numbers give the same gradient",
        holds: dual_numbers,
    },
    Law {
        name: "finite differences give the same gradient",
        holds: finite_differences,
    },
    Law {
        name: "the composite twin is the same function",
        holds: composite,
    },
    Law {
        name: "backward reads only what it keeps",
        holds: keeps,
    },
    Law {
        name: "forward and backward overwrite, they never add",
        holds: overwrites,
    },
    Law {
        name: "a gradient does not depend on which others are wanted",
        holds: wanted,
    },
    Law {
        name: "contributions of two uses add up",
        holds: fan_out,
    },
    Law {
        name: "a plan gives the same bits as a tape",
        holds: drivers,
    },
];

/// Dual numbers and hand-written gradients differ by rounding only: a few hundred operations of 1e-16 each.
const EXACT: f64 = 1e-10;
/// Two-point Richardson differences with step 1e-3 leave an error of order `h⁴` and rounding of `1e-16 / h`.
const DIFFERENCE: f64 = 1e-7;
/// The step of the finite differences; samples stay farther than this from every kink.
const STEP: f64 = 1e-3;

/// Tries every law on one sample of the op called `name`.
///
/// **Errors** with the law, the op, its operands' shapes, and what differs.
///
/// **Panics** if there is no such op.
pub fn check(name: &str, seed: u64, size_max: usize) -> Result<(), String> {
    let mut draw = Draw::new(seed, size_max);
    let sample = AnyOp::sample(name, &mut draw).unwrap_or_else(|| panic!("no op is called `{name}`: {NAMES:?}"));
    for law in LAWS {
        (law.holds)(&sample, &mut draw).map_err(|why| {
            let shapes: Vec<Shape> = shapes(&sample.operands);
            format!(
                "{:?} on {shapes:?} (seed {seed}, sizes up to {size_max}): {}: {why}",
                sample.op, law.name
            )
        })?;
    }
    Ok(())
}

/// A forward pass of one op outside of any driver.
struct Run<T> {
    x: Vec<Vec<T>>,
    shapes: Vec<Shape>,
    y: Vec<T>,
    y_shape: Shape,
    notes: Vec<T>,
}

impl<T: Real> Run<T> {
    fn new(op: &AnyOp, shapes: Vec<Shape>, x: Vec<Vec<T>>, fill: T) -> Self {
        let y_shape = op
            .shape(&shapes)
            .unwrap_or_else(|error| panic!("a sample must fit its op: {op:?}: {error}"));
        let values: Vec<&[T]> = x.iter().map(Vec::as_slice).collect();
        let inputs = Inputs::new(&values, &shapes);
        op.admits(inputs)
            .unwrap_or_else(|error| panic!("a sample must be admitted by its op: {op:?}: {error}"));
        let mut y = vec![fill; y_shape.len()];
        let mut notes = vec![fill; op.notes(&shapes)];
        op.forward(inputs, &mut y, &mut notes);
        Self {
            x,
            shapes,
            y,
            y_shape,
            notes,
        }
    }

    fn of(sample: &Sample<AnyOp>) -> Self {
        let x = sample
            .operands
            .iter()
            .map(|x| x.iter().map(|&x| T::from_f64(x)).collect())
            .collect();
        Self::new(&sample.op, shapes(&sample.operands), x, T::ZERO)
    }

    /// The gradients of the operands that are `wanted`, each slot filled with `fill` beforehand.
    fn backward(&self, op: &AnyOp, g_y: &[T], wanted: impl Fn(usize) -> bool, fill: T) -> Vec<Option<Vec<T>>> {
        let mut g_x: Vec<Option<Vec<T>>> = (0..self.x.len())
            .map(|i| (is_real(op, i) && wanted(i)).then(|| vec![fill; self.x[i].len()]))
            .collect();
        let values: Vec<&[T]> = self.x.iter().map(Vec::as_slice).collect();
        let at = Saved {
            x: Inputs::new(&values, &self.shapes),
            y: &self.y,
            y_shape: self.y_shape,
            notes: &self.notes,
        };
        op.backward(at, g_y, &mut InGradients::new(g_x.iter_mut().map(|g| g.as_deref_mut())));
        g_x
    }
}

fn finite(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = Run::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let g_x = run.backward(&sample.op, &g_y, |_| true, f64::NAN);
    if let Some(i) = run.y.iter().position(|y| y.is_nan()) {
        return Err(format!("y[{i}] is not a number"));
    }
    for (operand, g) in g_x.iter().enumerate() {
        if let Some(i) = g.iter().flatten().position(|g| !g.is_finite()) {
            return Err(format!("g_{}[{i}] is not finite", sample.op.operand(operand).name));
        }
    }
    Ok(())
}

/// One entry at a time is given the tangent 1; `Σ g_y · ẏ` is then that entry's gradient.
fn dual_numbers(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = Run::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let g_x = run.backward(&sample.op, &g_y, |_| true, f64::NAN);
    let dual = |operands: &[Vec<f64>], at: (usize, usize)| -> Vec<Vec<Dual>> {
        let tangent = |operand, i| if (operand, i) == at { 1.0 } else { 0.0 };
        let of = |(operand, x): (usize, &Vec<f64>)| {
            x.iter()
                .enumerate()
                .map(|(i, &x)| Dual::new(x, tangent(operand, i)))
                .collect()
        };
        operands.iter().enumerate().map(of).collect()
    };
    for (operand, g) in g_x.iter().enumerate() {
        let Some(g) = g else { continue };
        for (i, &analytic) in g.iter().enumerate() {
            let moved = Run::new(
                &sample.op,
                run.shapes.clone(),
                dual(&run.x, (operand, i)),
                Dual::default(),
            );
            let exact: f64 = moved.y.iter().zip(&g_y).map(|(y, g)| y.tangent * g).sum();
            let scale = magnitude(moved.y.iter().zip(&g_y).map(|(y, g)| y.tangent * g));
            close(sample, operand, i, analytic, exact, EXACT * scale)?;
        }
    }
    Ok(())
}

/// Along a random direction `v`: `Σ g_x · v` against the slope of `Σ g_y · y(x + h v)`.
fn finite_differences(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = Run::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let g_x = run.backward(&sample.op, &g_y, |_| true, f64::NAN);
    for operand in (0..run.x.len()).filter(|&i| is_real(&sample.op, i)) {
        let v: Vec<f64> = draw.upstream(run.shapes[operand]).iter().map(|v| v / 2.0).collect();
        let moved = |h: f64| -> f64 {
            let mut x = run.x.clone();
            x[operand].iter_mut().zip(&v).for_each(|(x, v)| *x += h * v);
            let moved = Run::new(&sample.op, run.shapes.clone(), x, 0.0);
            moved
                .y
                .iter()
                .zip(&g_y)
                .map(|(y, g)| if y.is_finite() { y * g } else { 0.0 })
                .sum()
        };
        let slope = |h: f64| (moved(h) - moved(-h)) / (2.0 * h);
        let numeric = (4.0 * slope(STEP / 2.0) - slope(STEP)) / 3.0;
        let g = g_x[operand].as_deref().unwrap_or_default();
        let analytic: f64 = g.iter().zip(&v).map(|(g, v)| g * v).sum();
        let scale = magnitude(g.iter().zip(&v).map(|(g, v)| g * v)) + magnitude(run.y.iter().copied());
        close(sample, operand, usize::MAX, analytic, numeric, DIFFERENCE * scale)?;
    }
    Ok(())
}

/// The fused op and its definition in primitives, forward and backward.
fn composite(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = Run::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let tape = Tape::<f64>::new();
    let x = on_tape(&tape, sample);
    let Some(y) = sample.op.composite(&x) else {
        return Ok(());
    };
    if y.shape() != run.y_shape {
        return Err(format!("the composite gives {}, the op {}", y.shape(), run.y_shape));
    }
    for (i, (&fused, &twin)) in run.y.iter().zip(&tape.value(y)).enumerate() {
        if differ(fused, twin, EXACT * (1.0 + twin.abs())) {
            return Err(format!("y[{i}] is {fused} and {twin} by the composite"));
        }
    }
    let gradients = tape.backward_from(
        y,
        ndarray::ArrayViewD::from_shape(run.y_shape.to_vec(), &g_y).expect("fits"),
    );
    let g_x = run.backward(&sample.op, &g_y, |_| true, f64::NAN);
    for (operand, g) in g_x.iter().enumerate() {
        let Some(g) = g else { continue };
        let scale = 1.0 + magnitude(g.iter().copied());
        let twin = gradients
            .get_of(x[operand])
            .unwrap_or_else(|| ArrayD::zeros(run.shapes[operand].to_vec()));
        for (i, (&fused, &twin)) in g.iter().zip(&twin).enumerate() {
            close(sample, operand, i, fused, twin, EXACT * scale)?;
        }
    }
    Ok(())
}

/// Everything that is not kept is replaced by NaN: the gradients must not notice.
fn keeps(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let mut run = Run::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let before = run.backward(&sample.op, &g_y, |_| true, 0.0);
    let keeps = sample.op.keeps();
    for (position, x) in run
        .x
        .iter_mut()
        .enumerate()
        .filter(|(position, _)| !keeps.reads_input(*position))
    {
        let _ = position;
        x.fill(f64::NAN);
    }
    if !keeps.reads_output() {
        run.y.fill(f64::NAN);
    }
    same_bits(sample, &before, &run.backward(&sample.op, &g_y, |_| true, 0.0))
}

/// The places to write to hold NaN beforehand: the results must not notice.
fn overwrites(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = Run::<f64>::of(sample);
    let poisoned = Run::<f64>::new(&sample.op, run.shapes.clone(), run.x.clone(), f64::NAN);
    if let Some(i) = (0..run.y.len()).find(|&i| run.y[i].to_bits() != poisoned.y[i].to_bits()) {
        return Err(format!("y[{i}] depends on what stood there before"));
    }
    let g_y = upstream(&run, draw);
    let clean = run.backward(&sample.op, &g_y, |_| true, 0.0);
    same_bits(sample, &clean, &poisoned.backward(&sample.op, &g_y, |_| true, f64::NAN))
}

/// Each gradient alone is the same as all together.
fn wanted(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = Run::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let all = run.backward(&sample.op, &g_y, |_| true, 0.0);
    for only in 0..run.x.len() {
        let alone = run.backward(&sample.op, &g_y, |i| i == only, 0.0);
        same_bits(sample, &all[only..=only], &alone[only..=only])?;
    }
    Ok(())
}

/// The op recorded twice on the same variables: each gradient is the sum of both uses' contributions.
fn fan_out(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = Run::<f64>::of(sample);
    let [g_1, g_2] = [upstream(&run, draw), upstream(&run, draw)];
    let parts = [&g_1, &g_2].map(|g| run.backward(&sample.op, g, |_| true, 0.0));
    let tape = Tape::<f64>::new();
    let x = on_tape(&tape, sample);
    if x.is_empty() || run.y.iter().any(|y| !y.is_finite()) {
        return Ok(());
    }
    let weighted = |g: &[f64]| {
        let g = ArrayD::from_shape_vec(run.y_shape.to_vec(), g.to_vec()).expect("an upstream has the result's shape");
        (Var::record(sample.op.clone(), &x) * tape.data("g", g)).sum()
    };
    let j = weighted(&g_1) + weighted(&g_2);
    let gradients = tape.backward(j);
    for operand in (0..x.len()).filter(|&i| is_real(&sample.op, i)) {
        let together = gradients.of(x[operand]);
        let sums = parts[0][operand]
            .iter()
            .flatten()
            .zip(parts[1][operand].iter().flatten());
        for (i, (&g, (a, b))) in together.iter().zip(sums).enumerate() {
            close(sample, operand, i, g, a + b, EXACT * (1.0 + a.abs() + b.abs()))?;
        }
    }
    Ok(())
}

/// The op twice on the same variables, on a tape and in a plan.
fn drivers(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = Run::<f64>::of(sample);
    if run.x.is_empty() || run.y.iter().any(|y| !y.is_finite()) {
        return Ok(());
    }
    let tape = Tape::<f64>::new();
    let x = on_tape(&tape, sample);
    let g = [draw.upstream(run.y_shape), draw.upstream(run.y_shape)].map(|g| tape.data("g", g));
    let [j_1, j_2] = g.map(|g| (Var::record(sample.op.clone(), &x) * g).sum());
    let j = j_1 + j_2;
    let graph = tape.graph().clone();
    let mut plan = Plan::<f64>::new(&graph, &ParamList::new(), &[], Some(j.id())).map_err(|error| error.to_string())?;
    for var in x.iter().chain(&g) {
        tape.with_value(*var, |value| {
            plan.set(var.id(), value.as_slice().expect("a tape's values are contiguous"))
        });
    }
    let mut params = Params::new(&ParamList::new(), 0);
    plan.forward(&params).map_err(|error| error.to_string())?;
    plan.backward(&mut params);
    if plan.value(j.id())[0].to_bits() != tape.number(j).to_bits() {
        return Err(format!(
            "J is {} on the tape and {} in the plan",
            tape.number(j),
            plan.value(j.id())[0]
        ));
    }
    let by_tape = tape.backward(j);
    for operand in (0..x.len()).filter(|&i| is_real(&sample.op, i)) {
        let expected: Vec<f64> = by_tape.of(x[operand]).iter().copied().collect();
        same_bits(
            sample,
            &[Some(expected)],
            &[Some(plan.gradient(x[operand].id()).to_vec())],
        )?;
    }
    Ok(())
}

fn on_tape<'t>(tape: &'t Tape<'_, f64>, sample: &Sample<AnyOp>) -> Vec<Var<'t>> {
    let put = |(position, x): (usize, &ArrayD<f64>)| {
        let name = sample.op.operand(position).name;
        if is_real(&sample.op, position) {
            tape.input(name, x.view())
        } else {
            tape.data(name, x.view())
        }
    };
    sample.operands.iter().enumerate().map(put).collect()
}

fn shapes(operands: &[ArrayD<f64>]) -> Vec<Shape> {
    operands.iter().map(|x| Shape::new(x.shape())).collect()
}

fn is_real(op: &AnyOp, position: usize) -> bool {
    op.operand(position).kind == OperandKind::Real
}

fn upstream<T: Real>(run: &Run<T>, draw: &mut Draw) -> Vec<T> {
    draw.upstream(run.y_shape).iter().map(|&g| T::from_f64(g)).collect()
}

fn magnitude(numbers: impl Iterator<Item = f64>) -> f64 {
    1.0 + numbers.filter(|x| x.is_finite()).map(f64::abs).sum::<f64>()
}

/// True also if one of them is NaN.
fn differ(a: f64, b: f64, tolerance: f64) -> bool {
    !(a == b || (a - b).abs() <= tolerance)
}

fn close(
    sample: &Sample<AnyOp>,
    operand: usize,
    entry: usize,
    analytic: f64,
    reference: f64,
    tolerance: f64,
) -> Result<(), String> {
    if !differ(analytic, reference, tolerance) {
        return Ok(());
    }
    let name = sample.op.operand(operand).name;
    let place = if entry == usize::MAX {
        "along a direction".to_string()
    } else {
        format!("at entry {entry}")
    };
    Err(format!("g_{name} {place} is {analytic}, the witness says {reference}"))
}

fn same_bits(sample: &Sample<AnyOp>, a: &[Option<Vec<f64>>], b: &[Option<Vec<f64>>]) -> Result<(), String> {
    for (operand, (a, b)) in a.iter().zip(b).enumerate() {
        let pairs: SmallVec<[(f64, f64); 8]> = a.iter().flatten().copied().zip(b.iter().flatten().copied()).collect();
        if let Some(i) = pairs.iter().position(|(a, b)| a.to_bits() != b.to_bits()) {
            let name = sample.op.operand(operand).name;
            return Err(format!("g_{name}[{i}] changes from {} to {}", pairs[i].0, pairs[i].1));
        }
    }
    Ok(())
}
