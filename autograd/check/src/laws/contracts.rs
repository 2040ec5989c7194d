//! Laws about what an op may read and write, and about what drivers make of it.

use ndarray::ArrayD;

use super::op_run::{EXACT, OpRun, close, is_admitted, is_real, on_tape, same_bits, upstream};
use crate::{Draw, Sample};
use tapegrad_core::numbers::Dual;
use tapegrad_core::op::Inputs;
use tapegrad_core::ops::AnyOp;
use tapegrad_core::params::{ParamList, Params};
use tapegrad_core::plan::Plan;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;

/// Everything that is not kept is replaced by NaN: the gradients must not notice.
pub(super) fn keeps(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let mut run = OpRun::<f64>::of(sample);
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
pub(super) fn overwrites(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
    let poisoned = OpRun::<f64>::new(&sample.op, run.shapes.clone(), run.x.clone(), f64::NAN);
    if let Some(i) = (0..run.y.len()).find(|&i| run.y[i].to_bits() != poisoned.y[i].to_bits()) {
        return Err(format!("y[{i}] depends on what stood there before"));
    }
    let g_y = upstream(&run, draw);
    let clean = run.backward(&sample.op, &g_y, |_| true, 0.0);
    same_bits(sample, &clean, &poisoned.backward(&sample.op, &g_y, |_| true, f64::NAN))
}

/// Written over the operand it names, a result is what it is in memory of its own.
pub(super) fn rewrites(sample: &Sample<AnyOp>, _: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
    let Some(position) = sample.op.rewrites(&run.shapes) else {
        return Ok(());
    };
    let mut y = run.x[position].clone();
    let mut x: Vec<&[f64]> = run.x.iter().map(Vec::as_slice).collect();
    x[position] = &[];
    sample.op.rewrite(Inputs::new(&x, &run.shapes), &mut y);
    same_bits(sample, &[Some(run.y)], &[Some(y)])
}

/// A gradient that is said to be passed on is the gradient of the result.
pub(super) fn passes(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let g_x = run.backward(&sample.op, &g_y, |_| true, 0.0);
    let passed = (0..g_x.len()).filter(|&position| sample.op.passes_gradient(&run.shapes, position));
    for position in passed {
        same_bits(sample, &[Some(g_y.clone())], &g_x[position..=position])?;
    }
    Ok(())
}

/// Each gradient alone is the same as all together.
pub(super) fn wanted(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
    let g_y = upstream(&run, draw);
    let all = run.backward(&sample.op, &g_y, |_| true, 0.0);
    for only in 0..run.x.len() {
        let alone = run.backward(&sample.op, &g_y, |i| i == only, 0.0);
        same_bits(sample, &all[only..=only], &alone[only..=only])?;
    }
    Ok(())
}

/// The op recorded twice on the same variables: each gradient is the sum of both uses' contributions.
pub(super) fn fan_out(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
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
pub(super) fn drivers(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let run = OpRun::<f64>::of(sample);
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

/// One variable given as two operands: its gradient is the slope when both move together, by dual numbers.
///
/// At ties, such as the larger of `x` and `x`, the contributions still add up to the slope of `x`.
pub(super) fn same_twice(sample: &Sample<AnyOp>, draw: &mut Draw) -> Result<(), String> {
    let shape = |i: usize| sample.operands[i].shape();
    let real: Vec<usize> = (0..sample.operands.len()).filter(|&i| is_real(&sample.op, i)).collect();
    let pair = real.iter().flat_map(|&i| real.iter().map(move |&j| (i, j)));
    let Some((i, j)) = pair.into_iter().find(|&(i, j)| i < j && shape(i) == shape(j)) else {
        return Ok(());
    };
    let mut twin = sample.clone();
    twin.operands[j] = twin.operands[i].clone();
    if !is_admitted(&twin) {
        // A value of one operand may be none of the other, such as a target that is no probability.
        return Ok(());
    }
    let run = OpRun::<f64>::of(&twin);
    if run.y.iter().any(|y| !y.is_finite()) {
        return Ok(());
    }
    let g = upstream(&run, draw);
    let tape = Tape::<f64>::new();
    let mut x = on_tape(&tape, &twin);
    x[j] = x[i];
    let weights = ArrayD::from_shape_vec(run.y_shape.to_vec(), g.clone()).expect("an upstream has the result's shape");
    let together = tape.backward((Var::record(twin.op.clone(), &x) * tape.data("g", weights)).sum());
    for (entry, &given) in together.of(x[i]).iter().enumerate() {
        let of = |(operand, x): (usize, &Vec<f64>)| -> Vec<Dual> {
            let moves = |k: usize| f64::from(u8::from((operand == i || operand == j) && k == entry));
            x.iter().enumerate().map(|(k, &x)| Dual::new(x, moves(k))).collect()
        };
        let moved = OpRun::new(
            &twin.op,
            run.shapes.clone(),
            run.x.iter().enumerate().map(of).collect(),
            Dual::default(),
        );
        let slope: f64 = moved.y.iter().zip(&g).map(|(y, g)| y.tangent * g).sum();
        let scale: f64 = 1.0 + moved.y.iter().zip(&g).map(|(y, g)| (y.tangent * g).abs()).sum::<f64>();
        close(&twin, i, entry, given, slope, EXACT * scale)?;
    }
    Ok(())
}
