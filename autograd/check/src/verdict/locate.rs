//! Which entries of a gradient are wrong, and by how much, in a sentence; of a large one by halving a wrong direction.

use ndarray::ArrayD;

use crate::verdict::judge::{EntryVerdict, judge, judge_operand};
use crate::witness::reference::Reference;

/// The wrong entry that is farthest off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrongEntry {
    /// The position in the operand, row-major.
    pub index: usize,
    /// What backward() gives.
    pub given: f64,
    /// What it should be.
    pub right: f64,
    /// How many of the entries that were compared are wrong.
    pub wrong: usize,
    /// How many were compared.
    pub compared: usize,
}

/// The wrong entry of an operand that is farthest off; `None` if none is wrong.
pub(crate) fn wrong_entry(reference: &Reference, given: &ArrayD<f64>, operand: usize) -> Option<WrongEntry> {
    let expected = reference.gradients[operand].as_ref()?;
    let judged = judge_operand(given, expected);
    let single = &judged[..expected.entries.len()];
    let wrong = single.iter().filter(|(_, _, verdict)| *verdict == EntryVerdict::Wrong);
    let farthest = wrong.clone().max_by(|a, b| {
        let off = |(entry, given, _): &(_, f64, _)| {
            let entry: &crate::witness::reference_gradient::ReferenceEntry = entry;
            (given - entry.nearest(*given)).abs()
        };
        off(a).total_cmp(&off(b))
    });
    if let Some((entry, given, _)) = farthest {
        return Some(WrongEntry {
            index: entry.index,
            given: *given,
            right: entry.nearest(*given),
            wrong: wrong.count(),
            compared: single.len(),
        });
    }
    let probes = expected.probes.iter().zip(&judged[expected.entries.len()..]);
    let (v, _) = probes
        .clone()
        .find(|(_, (_, _, verdict))| *verdict == EntryVerdict::Wrong)?
        .0;
    halved(reference, given, operand, v)
}

/// Halves a direction along which the gradient is wrong, until one entry is left.
fn halved(reference: &Reference, given: &ArrayD<f64>, operand: usize, v: &[f64]) -> Option<WrongEntry> {
    let flat: Vec<f64> = given.iter().copied().collect();
    let mut support: Vec<usize> = (0..v.len()).filter(|&i| v[i] != 0.0).collect();
    let along = |support: &[usize]| {
        let mut part = vec![0.0; v.len()];
        support.iter().for_each(|&i| part[i] = v[i]);
        let entry = reference.along(operand, support[0], &part);
        let a: f64 = support.iter().map(|&i| flat[i] * v[i]).sum();
        let is_wrong = judge(a, &entry, entry.best().abs()) == EntryVerdict::Wrong;
        (entry, a, is_wrong)
    };
    while support.len() > 1 {
        let (left, right) = support.split_at(support.len() / 2);
        let half = [left, right].into_iter().find(|half| along(half).2);
        support = half?.to_vec();
    }
    let (entry, a, is_wrong) = along(&support);
    is_wrong.then(|| WrongEntry {
        index: support[0],
        given: a * v[support[0]],
        right: entry.best() * v[support[0]],
        wrong: 1,
        compared: v.len(),
    })
}

/// Where an operand's gradient is wrong and by how much, as a sentence; `None` if no entry is wrong.
pub(crate) fn size_sentence(reference: &Reference, given: &ArrayD<f64>, operand: usize) -> Option<String> {
    let name = &reference.case.operands[operand].name;
    let expected = reference.gradients[operand].as_ref()?;
    let Some(worst) = wrong_entry(reference, given, operand) else {
        let judged = judge_operand(given, expected);
        let (entry, a, _) = judged.iter().find(|(_, _, verdict)| *verdict == EntryVerdict::Wrong)?;
        return Some(format!(
            "along a direction of entries ±1, g_{name} gives {}, and the slope is {}",
            number(*a),
            number(entry.best())
        ));
    };
    let place = place(given.shape(), worst.index);
    let off = (worst.given - worst.right).abs();
    let scale = expected.scale.max(worst.right.abs());
    let share = match scale > 0.0 {
        true => format!(", which is {} of the largest entry", share(off / scale)),
        false => ", and all of it should be 0".to_string(),
    };
    let count = match (worst.wrong, worst.compared) {
        (1, 1) => String::new(),
        (wrong, compared) => format!("; {wrong} of {compared} entries are wrong"),
    };
    Some(format!(
        "g_{name}{place} is {} and should be {}: it is off by {}{share}{count}",
        number(worst.given),
        number(worst.right),
        number(off)
    ))
}

/// A number with as many digits as a reader needs.
pub(crate) fn number(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 || (1e-3..1e6).contains(&size) {
        let text = format!("{x:.6}");
        return match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
            false => text,
        };
    }
    format!("{x:.3e}")
}

fn share(share: f64) -> String {
    match share {
        s if s >= 10.0 => format!("{s:.0} times the size"),
        s if s >= 0.001 => format!("{:.1} %", 100.0 * s).replace(".0 %", " %"),
        s => format!("{s:.1e}"),
    }
}

/// `[1, 0]` for the entry at a position in memory.
pub(crate) fn place(shape: &[usize], mut i: usize) -> String {
    let mut index = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        index[axis] = i % shape[axis].max(1);
        i /= shape[axis].max(1);
    }
    match index.is_empty() {
        true => String::new(),
        false => format!("{index:?}"),
    }
}
