//! What stands in padded places, and how many of them there are, touches neither loss nor gradient.

use super::{BLOCK, VOCABULARY, apart, networks, words};
use tapegrad_models::corpus::{Batch, fit_to_block};
use tapegrad_models::{NO_LABEL, TokenId};

/// Rows of these lengths with a block of `time`; padded inputs are what `filling` gives for their place.
fn padded(lengths: &[usize], time: usize, mut filling: impl FnMut(usize) -> TokenId) -> Batch {
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    for (row, &length) in lengths.iter().enumerate() {
        let tokens = words(length + 1, 10 + row as u64);
        inputs.extend_from_slice(&tokens[..length]);
        inputs.extend((length..time).map(&mut filling));
        labels.extend(fit_to_block(&tokens[1..], time, NO_LABEL));
    }
    Batch::new(time, inputs, labels)
}

const LENGTHS: [usize; 4] = [5, 1, 3, 0];

#[test]
fn the_content_of_padding_changes_no_bit_of_loss_or_gradient() {
    for subject in networks() {
        let params = subject.params(11);
        let outcome = |filling: fn(usize) -> TokenId| {
            let batch = padded(&LENGTHS, 6, filling);
            let (loss, params) = subject.loss_and_gradient(&params, &batch);
            (loss, params.gradients().to_vec())
        };
        let pads = outcome(|_| 0);
        let junk = outcome(|place| (5 * place % VOCABULARY) as TokenId);
        assert_eq!(pads, junk, "{}", subject.name);
        assert!(pads.0 > 0.0 && pads.1.iter().any(|&g| g != 0.0));
    }
}

#[test]
fn the_amount_of_padding_changes_loss_and_gradient_by_rounding_only() {
    for subject in networks() {
        let params = subject.params(12);
        let outcome = |batch: &Batch| {
            let (loss, params) = subject.loss_and_gradient(&params, batch);
            [&[loss], params.gradients()].concat()
        };
        let short = outcome(&padded(&LENGTHS, 5, |_| 0));
        let long = outcome(&padded(&LENGTHS, BLOCK, |_| 0));
        let more_rows = outcome(&padded(&[LENGTHS, [0; 4]].concat(), 5, |_| 0));
        assert!(apart(&short, &long) < 1e-13, "{}: longer rows", subject.name);
        assert!(apart(&short, &more_rows) < 1e-13, "{}: rows of nothing", subject.name);
    }
}

#[test]
fn a_label_that_is_a_token_does_count_wherever_it_stands_and_whatever_its_id() {
    let counted = padded(&[5, 4], 5, |_| 0);
    let mut labels = counted.labels().to_vec();
    *labels.last_mut().unwrap() = 0;
    let one_more = Batch::new(5, counted.inputs().to_vec(), labels);
    for subject in networks() {
        let params = subject.params(13);
        assert_ne!(
            subject.loss(&params, &counted),
            subject.loss(&params, &one_more),
            "{}",
            subject.name
        );
    }
}
