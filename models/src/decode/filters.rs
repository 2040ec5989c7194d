//! What each filter does to logits or probabilities, one function each.

use crate::tokenizer::TokenId;

/// The first of the largest values, unless all are minus infinity.
pub(super) fn most_probable(values: &[f64]) -> Option<usize> {
    let mut best = None;
    for (id, &value) in values.iter().enumerate() {
        if value > best.map_or(f64::NEG_INFINITY, |best: usize| values[best]) {
            best = Some(id);
        }
    }
    best
}

/// **Formula**: `p_i = exp(y_i / T) / sum_j exp(y_j / T)`, in its limits too: for `T = 0` the first of the most probable
/// tokens has 1, for `T = ∞` all possible tokens have the same. All zeros where no token is possible.
pub(crate) fn softmax(values: &[f64], temperature: f64) -> Vec<f64> {
    let Some(best) = most_probable(values) else {
        return vec![0.0; values.len()];
    };
    let one_if = |is: bool| f64::from(u8::from(is));
    let weights = values.iter().enumerate().map(|(id, y)| match temperature {
        0.0 => one_if(id == best),
        f64::INFINITY => one_if(*y > f64::NEG_INFINITY),
        _ => ((y - values[best]) / temperature).exp(),
    });
    normalised(weights.collect())
}

/// Divides the logit of each token that occurred by the penalty where it is above 0, and multiplies it where it is below.
///
/// Logits have no fixed zero, so the effect depends on the model: of an n-gram they are logarithms of probabilities, all
/// below 0. **Source**: Keskar et al. 2019, CTRL, section 4.1, with the multiplication below 0 that libraries added.
pub(super) fn penalised(values: &[f64], before: &[TokenId], penalty: f64) -> Vec<f64> {
    let mut after = values.to_vec();
    if penalty != 1.0 {
        for &id in before {
            // From the value before, so a token that occurred often is penalised once.
            let y = values[id as usize];
            after[id as usize] = if y > 0.0 { y / penalty } else { y * penalty };
        }
    }
    after
}

/// Keeps the k most probable tokens; of equals, those with lower ids.
pub(super) fn top_k(probs: Vec<f64>, k: usize) -> Vec<f64> {
    let kept = by_probability(&probs).into_iter().take(k);
    keep(&probs, kept)
}

/// Keeps the smallest set of tokens whose cumulative probability is greater than p, most probable first.
///
/// "Greater than", not "at least": where the first tokens sum to exactly p, one more is kept.
pub(super) fn top_p(probs: Vec<f64>, p: f64) -> Vec<f64> {
    let mut before = 0.0;
    let kept = by_probability(&probs).into_iter().take_while(|&id| {
        let needed = before <= p;
        before += probs[id];
        needed
    });
    keep(&probs, kept)
}

/// Keeps the tokens with `p_i >= p max(p)`. **Source**: Nguyen et al. 2024, "Turning up the heat".
pub(super) fn min_p(probs: Vec<f64>, p: f64) -> Vec<f64> {
    let bound = p * probs.iter().copied().fold(0.0, f64::max);
    keep(&probs, (0..probs.len()).filter(|&id| probs[id] >= bound))
}

fn by_probability(probs: &[f64]) -> Vec<usize> {
    let mut ids: Vec<usize> = (0..probs.len()).collect();
    // The sort is stable, so equals stay in the order of their ids.
    ids.sort_by(|&a, &b| probs[b].total_cmp(&probs[a]));
    ids
}

fn keep(probs: &[f64], kept: impl Iterator<Item = usize>) -> Vec<f64> {
    let mut left = vec![0.0; probs.len()];
    kept.for_each(|id| left[id] = probs[id]);
    normalised(left)
}

/// The weights over their sum; all zeros where they are.
pub(super) fn normalised(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    weights
}
