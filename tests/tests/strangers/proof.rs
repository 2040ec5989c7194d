//! The corpus's own proof: backward() beside slopes of forward() from both sides, nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::IxDyn;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::{Module, Tape};

use crate::entry::Entry;
use crate::hand::{A, zeros};

/// How backward() is called for the last time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// On a fresh module.
    Fresh,
    /// After forward() and backward() at other operands.
    AfterOthers,
    /// On a module that was made with other parameters, which were set later.
    ParamsSet,
}

/// Whether backward() agrees with the slopes at this case, however it comes to be called; if not, where it does not.
pub fn agrees(entry: &Entry, case: &Case) -> Result<(), String> {
    let slopes = slopes(entry, case);
    for way in [Way::Fresh, Way::AfterOthers, Way::ParamsSet] {
        let computed = catch_unwind(AssertUnwindSafe(|| gradients(entry, case, way)));
        let Ok(computed) = computed else {
            return Err(format!("{way:?}: it panics"));
        };
        compare(entry, case, &slopes, &computed).map_err(|why| format!("{way:?}: {why}"))?;
    }
    forward_is_as_defined(entry, case)
}

/// The case that the entry draws with this seed.
pub fn drawn(entry: &Entry, seed: u64) -> Case {
    (entry.operands)(&mut Draw::of_sizes(seed, [1, 2, 3, 5]))
}

/// The case of the entry's smallest operands.
pub fn smallest(entry: &Entry) -> Case {
    let mut case = drawn(entry, 1);
    assert_eq!(case.operands.len(), entry.shows.len(), "{}: operands", entry.id);
    for (operand, value) in case.operands.iter_mut().zip(&entry.shows) {
        operand.value = value.clone();
    }
    case
}

/// Multiples of 1/32 of both signs, never 0 and never alike.
fn upstream(like: &A) -> A {
    let mut g = zeros(like);
    for (i, g) in g.iter_mut().enumerate() {
        let size = (1 + (i * 37 + 11) % 64) as f64 / 32.0;
        *g = if i % 3 == 1 { -size } else { size };
    }
    g
}

fn given(case: &Case) -> Vec<A> {
    case.operands[..case.given].iter().map(|o| o.value.clone()).collect()
}

/// The value at a case: the definition's if there is one, else that of forward().
fn value(entry: &Entry, case: &Case) -> A {
    if let Some(definition) = &entry.definition {
        let tape = Tape::<f64>::new();
        let operands: Vec<_> = case
            .operands
            .iter()
            .map(|o| tape.input(&o.name, o.value.clone()))
            .collect();
        let y = definition(&operands);
        return tape.value(y).to_owned();
    }
    let x = given(case);
    let x: Vec<_> = x.iter().map(|x| x.view()).collect();
    entry.make(case).forward(&x)
}

/// The slopes of `Σ g y` from the left and from the right, for each entry of each operand.
fn slopes(entry: &Entry, case: &Case) -> Vec<Vec<(f64, f64)>> {
    let y = value(entry, case);
    let g = upstream(&y);
    let objective = |case: &Case| (&value(entry, case) * &g).sum();
    let here = objective(case);
    let slopes_of = |position: usize| {
        let operand = &case.operands[position];
        if operand.kind != OperandKind::Real {
            return Vec::new();
        }
        let at = |i: usize| {
            let moved = |by: f64| {
                let mut case = case.clone();
                let value = &mut case.operands[position].value;
                *value.iter_mut().nth(i).expect("the entry exists") += by;
                objective(&case)
            };
            let size = operand.value.iter().nth(i).map_or(1.0, |x| x.abs().max(1.0));
            let h = entry.step.0 * if entry.step.0 < 1e-9 { 1.0 } else { size };
            ((here - moved(-h)) / h, (moved(h) - here) / h)
        };
        (0..operand.value.len()).map(at).collect()
    };
    (0..case.operands.len()).map(slopes_of).collect()
}

/// The gradients of all operands, parameters last.
fn gradients(entry: &Entry, case: &Case, way: Way) -> Vec<A> {
    let mut other = case.clone();
    for operand in other.operands.iter_mut().filter(|o| o.kind == OperandKind::Real) {
        operand.value.mapv_inplace(|x| 0.9 * x + 0.05);
    }
    let run = |module: &mut dyn Module<f64>, case: &Case| {
        let x = given(case);
        let x: Vec<_> = x.iter().map(|x| x.view()).collect();
        let y = module.forward(&x);
        module.backward(upstream(&y).view())
    };
    let mut module = entry.make(if way == Way::ParamsSet { &other } else { case });
    if way == Way::AfterOthers {
        run(&mut module, &other);
    }
    if way == Way::ParamsSet {
        for (param, operand) in module.params().iter_mut().zip(&case.operands[case.given..]) {
            param.value.assign(&operand.value);
        }
    }
    let mut g = run(&mut module, case);
    g.extend(module.params().iter().map(|param| param.gradient.to_owned()));
    g
}

fn compare(entry: &Entry, case: &Case, slopes: &[Vec<(f64, f64)>], computed: &[A]) -> Result<(), String> {
    if computed.len() != case.operands.len() {
        return Err(format!(
            "{} gradients for {} operands",
            computed.len(),
            case.operands.len()
        ));
    }
    for ((operand, slopes), g) in case.operands.iter().zip(slopes).zip(computed) {
        if operand.kind != OperandKind::Real {
            continue;
        }
        if operand.value.shape() != g.shape() {
            let (is, should) = (g.shape(), operand.value.shape());
            return Err(format!("{}: a gradient of shape {is:?} for {should:?}", operand.name));
        }
        let largest = slopes.iter().fold(0.0_f64, |a, &(l, r)| a.max((l + r).abs() / 2.0));
        for (i, (&g, &(left, right))) in g.iter().zip(slopes).enumerate() {
            let central = (left + right) / 2.0;
            let tolerance = entry.step.1 * largest.max(1e-3);
            let (low, high) = (left.min(right) - tolerance, left.max(right) + tolerance);
            let kink = (right - left).abs() > 1e-2 * largest.max(1e-3);
            let fits = (g - central).abs() <= tolerance || (kink && low <= g && g <= high);
            if !fits {
                return Err(format!(
                    "{}[{i}]: backward() says {g:e}, the slope is {central:e}",
                    operand.name
                ));
            }
        }
    }
    Ok(())
}

fn forward_is_as_defined(entry: &Entry, case: &Case) -> Result<(), String> {
    if entry.definition.is_none() {
        return Ok(());
    }
    let (defined, mut plain) = (value(entry, case), entry.clone());
    plain.definition = None;
    let y = value(&plain, case);
    let tolerance = entry.step.1 * defined.iter().fold(1e-3_f64, |a, y| a.max(y.abs()));
    let fits = y.shape() == defined.shape() && y.iter().zip(&defined).all(|(y, d)| (y - d).abs() <= tolerance);
    if fits {
        Ok(())
    } else {
        Err("forward() is not the definition".to_string())
    }
}

/// An empty array, which some modules must bear.
pub fn empty() -> A {
    A::zeros(IxDyn(&[0]))
}
