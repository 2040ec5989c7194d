//! What the filters keep, at their limits and boundaries, and how often the sampler draws each token.

use crate::decode::filters::{min_p, normalised, penalised, softmax, top_k, top_p};
use crate::decode::{Filter, Sampling, SamplingError};
use crate::language_model::Logits;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

fn logits() -> impl Strategy<Value = Logits> {
    let value = prop_oneof![9 => -5.0..5.0f64, 1 => Just(f64::NEG_INFINITY)];
    prop::collection::vec(value, 1..12)
        .prop_filter("some token", |y| y.iter().any(|y| y.is_finite()))
        .prop_map(Logits::new)
}

#[test]
fn g6_top_p_keeps_the_smallest_set_with_more_than_p() {
    let probs = vec![0.25, 0.5, 0.125, 0.125];
    for (p, kept) in [
        (0.4, vec![0.0, 1.0, 0.0, 0.0]),
        // Exactly p is not more than p: one token further.
        (0.5, vec![1.0 / 3.0, 2.0 / 3.0, 0.0, 0.0]),
        (0.6, vec![1.0 / 3.0, 2.0 / 3.0, 0.0, 0.0]),
        (0.75, vec![2.0 / 7.0, 4.0 / 7.0, 1.0 / 7.0, 0.0]),
        (0.875, probs.clone()),
    ] {
        assert_eq!(top_p(probs.clone(), p), kept, "p = {p}");
    }
}

#[test]
fn g5_top_k_keeps_k_tokens_and_lower_ids_among_equals() {
    assert_eq!(top_k(vec![0.25, 0.25, 0.25, 0.25], 2), [0.5, 0.5, 0.0, 0.0]);
    assert_eq!(top_k(vec![0.1, 0.2, 0.3, 0.4], 1), [0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn min_p_keeps_what_has_a_share_of_the_most_probable() {
    let probs = vec![0.5, 0.25, 0.125, 0.125];
    assert_eq!(min_p(probs.clone(), 0.5), [2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0]);
    assert_eq!(min_p(probs.clone(), 0.51), [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(min_p(probs.clone(), 0.25), probs);
    assert_eq!(min_p(vec![0.25; 4], 1.0), [0.25; 4]);
}

#[test]
fn a_penalty_lowers_a_token_that_occurred_on_either_side_of_zero_and_once() {
    let y = [2.0, -1.0, 0.5, f64::NEG_INFINITY];
    assert_eq!(penalised(&y, &[0, 1, 0, 3], 2.0), [1.0, -2.0, 0.5, f64::NEG_INFINITY]);
    assert_eq!(penalised(&y, &[0, 1], 1.0), y);
    let greedy = Sampling::greedy().with_repetition_penalty(5.0).unwrap();
    let logits = Logits::new(y.to_vec());
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    assert_eq!(greedy.choose(&logits, &[], &mut rng), Some(0));
    assert_eq!(greedy.choose(&logits, &[0], &mut rng), Some(2));
}

#[test]
fn greedy_takes_the_first_of_equals() {
    let logits = Logits::new(vec![0.0, 2.0, 2.0]);
    assert_eq!(Sampling::greedy().distribution(&logits, &[]), [0.0, 1.0, 0.0]);
}

#[test]
fn g4_temperature_is_greedy_at_zero_and_uniform_at_infinity() {
    let y = vec![0.0, 3.0, f64::NEG_INFINITY, 1.0];
    assert_eq!(softmax(&y, 0.0), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(softmax(&y, f64::INFINITY), [1.0 / 3.0, 1.0 / 3.0, 0.0, 1.0 / 3.0]);
}

#[test]
fn where_nothing_is_possible_nothing_is_chosen() {
    let logits = Logits::new(vec![f64::NEG_INFINITY; 3]);
    let hot = Sampling::new(f64::INFINITY, Some(2), Some(0.5)).unwrap();
    for sampling in [Sampling::greedy(), Sampling::ancestral(), hot.with_min_p(0.5).unwrap()] {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(sampling.choose(&logits, &[1], &mut rng), None);
        assert_eq!(sampling.distribution(&logits, &[]), [0.0; 3]);
    }
}

#[test]
fn senseless_settings_are_refused() {
    for temperature in [-0.1, f64::NAN, f64::NEG_INFINITY] {
        assert!(matches!(
            Sampling::new(temperature, None, None),
            Err(SamplingError::Temperature { .. })
        ));
    }
    assert_eq!(Sampling::new(1.0, Some(0), None), Err(SamplingError::TopK));
    for p in [0.0, -1.0, 1.0001, f64::NAN] {
        let top_p = Sampling::new(1.0, None, Some(p));
        assert!(matches!(top_p, Err(SamplingError::TopP { .. })));
    }
    for p in [-0.1, 1.1, f64::NAN] {
        let min_p = Sampling::ancestral().with_min_p(p);
        assert!(matches!(min_p, Err(SamplingError::MinP { .. })));
    }
    for penalty in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        let penalised = Sampling::ancestral().with_repetition_penalty(penalty);
        assert!(matches!(penalised, Err(SamplingError::Penalty { .. })));
    }
}

/// Samplers with every filter alone and all together.
fn samplers() -> Vec<Sampling> {
    let filtered = Sampling::new(0.7, Some(5), Some(0.95)).unwrap();
    vec![
        Sampling::ancestral(),
        Sampling::new(1.5, None, None).unwrap(),
        Sampling::new(f64::INFINITY, None, None).unwrap(),
        Sampling::new(1.0, Some(3), None).unwrap(),
        Sampling::new(1.0, None, Some(0.8)).unwrap(),
        Sampling::ancestral().with_min_p(0.3).unwrap(),
        Sampling::ancestral().with_repetition_penalty(1.5).unwrap(),
        filtered.with_min_p(0.05).unwrap().with_repetition_penalty(1.3).unwrap(),
    ]
}

/// The value that chi-square with this many degrees of freedom exceeds with probability 1e-5.
///
/// **Formula**: Wilson and Hilferty 1931, `n (1 - 2/(9n) + z √(2/(9n)))³` with `z = 4.265` of the normal distribution.
fn chi_square_bound(degrees: usize) -> f64 {
    let n = degrees as f64;
    let spread = 2.0 / (9.0 * n);
    n * (1.0 - spread + 4.265 * spread.sqrt()).powi(3)
}

#[test]
fn frequencies_of_samples_are_the_probabilities_by_chi_square() {
    let logits = Logits::new([0.4, 0.25, 0.1, 0.0, 0.1, 0.08, 0.05, 0.02].map(f64::ln).to_vec());
    for sampling in samplers() {
        let probs = sampling.distribution(&logits, &[1, 4]);
        let draws = 20_000;
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut seen = vec![0; probs.len()];
        (0..draws).for_each(|_| seen[sampling.choose(&logits, &[1, 4], &mut rng).unwrap() as usize] += 1);
        let of_ids = || seen.iter().zip(&probs);
        assert!(
            of_ids().all(|(&seen, &prob)| prob > 0.0 || seen == 0),
            "{seen:?} {probs:?}"
        );
        let expected = |prob: f64| prob * f64::from(draws);
        let terms = of_ids().filter(|(_, prob)| **prob > 0.0);
        let terms: Vec<f64> = terms
            .map(|(&seen, &prob)| (f64::from(seen) - expected(prob)).powi(2) / expected(prob))
            .collect();
        let (chi_square, bound) = (terms.iter().sum::<f64>(), chi_square_bound(terms.len() - 1));
        assert!(
            chi_square < bound,
            "{sampling:?}: chi-square {chi_square} of at most {bound}"
        );
    }
    // The test finds a sampler that ignores its filter.
    let (flat, sharp) = (Sampling::new(1.1, None, None).unwrap(), Sampling::ancestral());
    let off: f64 = (flat
        .distribution(&logits, &[])
        .iter()
        .zip(sharp.distribution(&logits, &[])))
    .filter(|(prob, _)| **prob > 0.0)
    .map(|(p, q)| 20_000.0 * (p - q).powi(2) / p)
    .sum();
    assert!(off > chi_square_bound(6), "{off}");
}

#[test]
fn stages_show_the_model_and_each_filter_that_is_set() {
    let logits = Logits::new([0.5, 0.25, 0.25].map(f64::ln).to_vec());
    let shown = |sampling: Sampling| {
        sampling
            .stages(&logits, &[0])
            .into_iter()
            .map(|stage| stage.filter)
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(Sampling::ancestral()), [Filter::Model]);
    let all = Sampling::new(0.5, Some(2), Some(0.9)).unwrap();
    let all = all.with_min_p(0.1).unwrap().with_repetition_penalty(2.0).unwrap();
    let names: Vec<String> = shown(all).iter().map(Filter::to_string).collect();
    assert_eq!(
        names,
        [
            "model",
            "repetition penalty 2",
            "temperature 0.5",
            "top-k 2",
            "top-p 0.9",
            "min-p 0.1"
        ]
    );
    let last = all.stages(&logits, &[0]).pop().unwrap();
    assert_eq!(last.probs, all.distribution(&logits, &[0]));
}

proptest! {
    #[test]
    fn filters_that_keep_everything_change_nothing(logits in logits(), temperature in 0.1..4.0f64) {
        let plain = Sampling::new(temperature, None, None).unwrap().distribution(&logits, &[]);
        for (k, p) in [(Some(plain.len()), None), (None, Some(1.0)), (Some(99), Some(1.0))] {
            let sampling = Sampling::new(temperature, k, p).unwrap().with_min_p(0.0).unwrap();
            let filtered = sampling.with_repetition_penalty(1.0).unwrap().distribution(&logits, &[0]);
            prop_assert!(filtered.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }

    #[test]
    fn what_is_left_sums_to_one_and_keeps_its_odds(
        logits in logits(), temperature in 0.1..4.0f64, k in 1..12usize, p in 0.05..1.0f64, share in 0.0..1.0f64,
    ) {
        let plain = Sampling::new(temperature, None, None).unwrap().distribution(&logits, &[]);
        let sampling = Sampling::new(temperature, Some(k), Some(p)).unwrap().with_min_p(share).unwrap();
        let left = sampling.distribution(&logits, &[]);
        prop_assert!((left.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let kept: Vec<usize> = (0..left.len()).filter(|&id| left[id] > 0.0).collect();
        prop_assert!((1..=k).contains(&kept.len()));
        let mass: f64 = kept.iter().map(|&id| plain[id]).sum();
        prop_assert!(kept.iter().all(|&id| (left[id] - plain[id] / mass).abs() < 1e-9));
        let least = kept.iter().map(|&id| plain[id]).fold(1.0, f64::min);
        prop_assert!((0..plain.len()).all(|id| left[id] > 0.0 || plain[id] <= least));
    }

    #[test]
    fn low_temperature_is_near_greedy_and_high_near_uniform(logits in logits()) {
        let greedy = Sampling::greedy().distribution(&logits, &[]);
        let best = greedy.iter().position(|&prob| prob == 1.0).unwrap();
        let cold = Sampling::new(1e-300, None, None).unwrap().distribution(&logits, &[]);
        prop_assert!(cold[best] > 0.0 && cold.iter().all(|&prob| prob <= cold[best]));
        let hot = Sampling::new(1e15, None, None).unwrap().distribution(&logits, &[]);
        let possible: Vec<f64> = logits.values().iter().map(|y| f64::from(u8::from(y.is_finite()))).collect();
        let uniform = normalised(possible);
        prop_assert!(hot.iter().zip(uniform).all(|(prob, uniform)| (prob - uniform).abs() < 1e-9));
    }
}
