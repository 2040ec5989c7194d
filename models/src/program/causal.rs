//! Whether the logits of a position depend on tokens that come after it.

use super::{ProgramError, ProgramLm};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_core::{Params, Plan};

/// How many positions are tried; all of a shorter block.
const TRIED: usize = 16;
/// The largest change that rounding explains, over the largest logit: sums in another order, in `f64`.
const ROUNDING: f64 = 1e-9;
/// How much is added to first values, so that a parameter that begins with zeros hides nothing.
const MOVED: f64 = 0.1;

/// An error if changed later tokens change the logits of a position.
///
/// For each position that is tried, all tokens after it are drawn anew.
pub(super) fn check(program: &ProgramLm) -> Result<(), ProgramError> {
    let (block, vocabulary) = (program.block, program.vocabulary);
    if block < 2 || vocabulary < 2 {
        return Ok(());
    }
    let traced = program.traced(1);
    let mut plan = Plan::<f64>::new(&traced.graph, &program.list, &[traced.logits], None)
        .expect("invariant: a plan without an objective asks for no gradients");
    let params = moved(program.first_values(1));
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut token = || f64::from(rng.random_range(0..vocabulary as u32));
    let before: Vec<f64> = (0..block).map(|_| token()).collect();
    let mut logits = |tokens: &[f64]| -> Option<Vec<f64>> {
        plan.set(traced.tokens, tokens);
        plan.forward(&params).ok()?;
        Some(plan.value(traced.logits).to_vec())
    };
    let Some(first) = logits(&before) else { return Ok(()) };
    let largest = first.iter().fold(0.0, |most: f64, y| most.max(y.abs()));
    let tried = TRIED.min(block - 1);
    for number in 1..=tried {
        let own = number * (block - 1) / tried;
        let mut changed = before.clone();
        changed[own..]
            .iter_mut()
            .for_each(|id| *id = (*id + 1.0 + token()) % vocabulary as f64);
        let Some(after) = logits(&changed) else { continue };
        let rows = own * vocabulary;
        let differs = (0..rows).find(|&at| (first[at] - after[at]).abs() > ROUNDING * largest);
        if let Some(at) = differs {
            let position = at / vocabulary + 1;
            return Err(ProgramError::of_file(
                &program.config.file,
                format!(
                    "the logits at position {position} change when the tokens from position {} on do, so the program \
                     sees what it is to predict",
                    own + 1
                ),
                "let each position use only earlier ones: a mask such as `M[q:T, k:T] = if k <= q then 0 else -inf`, \
                 or a loop over the positions",
            ));
        }
    }
    Ok(())
}

/// First values, each moved a little.
fn moved(mut params: Params<f64>) -> Params<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for value in params.values_mut() {
        *value += MOVED * rng.random_range(-1.0..1.0);
    }
    params
}
