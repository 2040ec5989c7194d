//! One token at a time, from what is remembered, a network says what it says of the whole sequence.

use super::{BLOCK, Subject, VOCABULARY, apart, networks, transformer, words};
use ndarray::{ArrayD, Axis};
use tapegrad_autograd::{Params, Tape};
use tapegrad_models::corpus::Batch;
use tapegrad_models::layers::Bias;
use tapegrad_models::neural::Training;
use tapegrad_models::transformer_lm::{TransformerLm, Tying};
use tapegrad_models::{LanguageModel, Neural, Place, TokenId};

/// The logits of each position by `step`, each on a tape of its own.
pub fn step_by_step(subject: &Subject, params: &Params<f64>, ids: &[TokenId]) -> Vec<ArrayD<f64>> {
    let shapes = subject.network.memory();
    let mut memory: Vec<ArrayD<f64>> = shapes.iter().map(|shape| ArrayD::zeros(shape.to_vec())).collect();
    let mut logits = Vec::new();
    for (position, &id) in ids.iter().enumerate() {
        let tape = Tape::with(params);
        let before: Vec<_> = memory.iter().map(|array| tape.data("memory", array.view())).collect();
        let id = tape.ids("id", [1, 1], &[id as usize]);
        let place = subject.network.block().map(|block| Place {
            position: tape.ids("position", [1, 1], &[position]),
            here: tape.data("here", rows(&[1, block, 1], |row| row == position)),
            seen: tape.data("seen", rows(&[1, block], |row| row <= position)),
        });
        let (y, after) = subject.network.step(id, place, &before);
        logits.push(tape.value(y));
        memory = after.into_iter().map(|after| tape.value(after)).collect();
    }
    logits
}

/// 1 for each row of which it is true, else 0.
fn rows(shape: &[usize], is: impl Fn(usize) -> bool) -> ArrayD<f64> {
    ArrayD::from_shape_fn(shape, |index| f64::from(u8::from(is(index[1]))))
}

/// How far the logits of single steps are from those of the whole sequence, at most.
pub fn differs_from_whole(subject: &Subject, params: &Params<f64>, ids: &[TokenId], steps: &[ArrayD<f64>]) -> f64 {
    let whole = subject.logits(params, 1, ids);
    let positions = steps.iter().enumerate();
    positions
        .map(|(position, step)| apart(step, whole.index_axis(Axis(1), position)))
        .fold(0.0, f64::max)
}

#[test]
fn step_gives_the_logits_of_the_whole_sequence_position_by_position() {
    for subject in networks() {
        let (params, ids) = (subject.params(1), words(BLOCK, 2));
        let whole = subject.logits(&params, 1, &ids);
        for (position, step) in step_by_step(&subject, &params, &ids).iter().enumerate() {
            assert_eq!(step.shape(), [1, 1, VOCABULARY]);
            let distance = apart(step, whole.index_axis(Axis(1), position));
            assert!(
                distance < 1e-12,
                "{}, position {position}: {distance} apart",
                subject.name
            );
        }
    }
}

fn neural() -> Neural<TransformerLm> {
    let training = Training {
        weight_decay: 0.0,
        ..Training::PLAIN
    };
    let config = transformer(Bias::With, Tying::Untied);
    let mut neural = Neural::new(|list| TransformerLm::new(list, config), training, 3);
    // The first values of a Transformer are so small that all words are nearly equally likely.
    let (params, _) = neural.params_and_optimizer_mut();
    params.values_mut().iter_mut().for_each(|value| *value *= 20.0);
    neural
}

#[test]
fn what_next_says_of_a_label_is_what_log_probs_says() {
    let (model, ids) = (neural(), words(BLOCK + 1, 4));
    let batch = Batch::new(BLOCK, ids[..BLOCK].to_vec(), ids[1..].to_vec());
    let whole = model.log_probs(&batch);
    let mut state = model.start();
    for position in 0..BLOCK {
        let logits = model.next(&mut state, ids[position]);
        let next = logits.log_probs()[ids[position + 1] as usize];
        let distance = (next - whole.get(0, position).unwrap()).abs();
        // One token and a whole row are summed in different orders: some dozens of roundings of the largest logit.
        let largest = logits.values().iter().fold(0.0_f64, |largest, y| largest.max(y.abs()));
        let tolerance = 64.0 * f64::from(f32::EPSILON) * largest;
        assert!(
            distance < tolerance,
            "position {position}: {distance} apart in f32, {tolerance} allowed"
        );
    }
}

#[test]
fn a_full_block_starts_again_from_its_later_half() {
    let (model, ids) = (neural(), words(BLOCK + 1, 5));
    let after = |ids: &[TokenId]| {
        let mut state = model.start();
        let mut logits = None;
        ids.iter().for_each(|&id| logits = Some(model.next(&mut state, id)));
        logits.unwrap()
    };
    assert_eq!(after(&ids), after(&ids[BLOCK / 2..]));
    assert_ne!(after(&ids[..BLOCK]), after(&ids[BLOCK / 2..BLOCK]));
}
