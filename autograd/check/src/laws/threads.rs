//! The law that the number of threads changes nothing, at sizes where kernels use several.

use super::op_run::OpRun;
use crate::{Draw, Sample};
use tapegrad_core::ops::AnyOp;

/// Sizes of axes at which whole-slice kernels cut their work between threads.
const SIZES: [usize; 2] = [40, 67];
/// Larger samples say no more and take long.
const ENTRIES_MAX: usize = 600_000;

/// Runs an op forwards and backwards on 1, 2 and 4 threads: the same bits.
///
/// **Errors** with the array and the entry that changes.
pub fn same_on_any_number_of_threads(name: &str, seed: u64) -> Result<(), String> {
    let is_fitting = |sample: &Sample<AnyOp>| sample.operands.iter().map(|x| x.len()).sum::<usize>() <= ENTRIES_MAX;
    let samples = (0..8).filter_map(|i| AnyOp::sample(name, &mut Draw::of_sizes(seed.wrapping_add(i), SIZES)));
    let largest = samples
        .filter(is_fitting)
        .max_by_key(|sample| sample.operands.iter().map(|x| x.len()).sum::<usize>());
    let Some(sample) = largest else { return Ok(()) };
    let alone = bits(&sample, 1)?;
    for threads in [2, 4] {
        let together = bits(&sample, threads)?;
        for ((what, one), (_, many)) in alone.iter().zip(&together) {
            if let Some(entry) = (0..one.len()).find(|&i| one[i] != many[i]) {
                let (a, b) = (f64::from_bits(one[entry]), f64::from_bits(many[entry]));
                return Err(format!("{what}[{entry}] is {a} on one thread and {b} on {threads}"));
            }
        }
    }
    Ok(())
}

/// The bits of the value and of all gradients on so many threads.
fn bits(sample: &Sample<AnyOp>, threads: usize) -> Result<Vec<(String, Vec<u64>)>, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| format!("no pool of {threads} threads: {error}"))?;
    Ok(pool.install(|| {
        let run = OpRun::<f64>::of(sample);
        let g_y: Vec<f64> = (0..run.y.len())
            .map(|i| ((i * 37 % 129) as f64 - 64.0) / 64.0)
            .collect();
        let gradients = run.backward(&sample.op, &g_y, |_| true, 0.0);
        let mut all = vec![("y".to_string(), run.y.iter().map(|y| y.to_bits()).collect())];
        for (i, g) in gradients.iter().enumerate() {
            let name = format!("g_{}", sample.op.operand(i).name);
            all.extend(g.as_ref().map(|g| (name, g.iter().map(|g| g.to_bits()).collect())));
        }
        all
    }))
}
