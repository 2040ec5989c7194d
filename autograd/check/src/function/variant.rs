//! Ops that are easily taken for one another: over another axis, the mean for the sum, a mask that sees too much.

use tapegrad_core::ops::{AnyOp, Attention, CrossEntropy, Mean, Reduction, Sees, Slice, Softmax, Sum, Tril};
use tapegrad_core::shape::{Axes, RANK_MAX};

/// The ops that may stand where `op` should, with a key and a sentence each; `rank` is that of the first operand.
pub fn of(op: &AnyOp, rank: usize) -> Vec<(String, String, AnyOp)> {
    let mut variants: Vec<(String, String, AnyOp)> = Vec::new();
    let mut add = |key: &str, sentence: String, op: AnyOp| variants.push((key.to_string(), sentence, op));
    let others = |axis: usize| (0..rank).filter(move |&other| other != axis);
    match op {
        AnyOp::Softmax(Softmax { axis }) => {
            for other in others(*axis) {
                add(&axis_key(other, rank), over(other), Softmax { axis: other }.into());
            }
        }
        AnyOp::Sum(Sum { over: axes }) => {
            add(
                "mean",
                "the mean is taken where the sum is meant".to_string(),
                Mean { over: *axes }.into(),
            );
            for (key, sentence, other) in other_axes(*axes, rank) {
                add(&key, sentence, Sum { over: other }.into());
            }
        }
        AnyOp::Mean(Mean { over: axes }) => {
            add(
                "sum",
                "the sum is taken where the mean is meant".to_string(),
                Sum { over: *axes }.into(),
            );
        }
        AnyOp::CrossEntropy(op) if op.reduction == Reduction::Mean => {
            let summed = CrossEntropy {
                reduction: Reduction::Sum,
                ..*op
            };
            add(
                "sum",
                "the losses are summed where the mean is meant".to_string(),
                summed.into(),
            );
        }
        AnyOp::Slice(op) => {
            for (key, sentence, by) in [
                ("later", "it begins one place later", 1_isize),
                ("earlier", "it begins one place earlier", -1),
            ] {
                let moved = |place: usize| place.checked_add_signed(by);
                if let (Some(start), Some(end)) = (moved(op.start), moved(op.end)) {
                    let sentence = format!("an index is off by one: {sentence}");
                    add(key, sentence, Slice { start, end, ..*op }.into());
                }
            }
        }
        AnyOp::Tril(op) => {
            let sentence = "the mask is off by one: it begins one place below the diagonal".to_string();
            add("below", sentence, Tril { below: op.below + 1 }.into());
            if let Some(below) = op.below.checked_sub(1) {
                let sentence = "the mask is off by one: it begins one place higher".to_string();
                add("above", sentence, Tril { below }.into());
            }
        }
        AnyOp::Attention(op) => {
            let (key, sentence, sees) = match op.sees {
                Sees::Past => ("all", "the causal mask is missing", Sees::All),
                Sees::All => ("past", "there is a causal mask where none is meant", Sees::Past),
            };
            add(key, sentence.to_string(), Attention { sees, ..*op }.into());
        }
        _ => {}
    }
    variants
}

fn axis_key(axis: usize, rank: usize) -> String {
    format!("axis-{}", rank - axis)
}

fn over(axis: usize) -> String {
    format!("it is taken over another axis, axis {axis}")
}

/// The same number of axes, moved: only a single axis is moved.
fn other_axes(axes: Axes, rank: usize) -> Vec<(String, String, Axes)> {
    let named: Vec<usize> = (0..rank.min(RANK_MAX)).filter(|&axis| axes.contains(axis)).collect();
    let [own] = named[..] else { return Vec::new() };
    let others = (0..rank).filter(|&other| other != own);
    others
        .map(|other| (axis_key(other, rank), over(other), Axes::of(&[other])))
        .collect()
}
