//! The rows of a batch do not know of each other.

use super::{BLOCK, VOCABULARY, apart, networks, words};
use ndarray::Axis;
use tapegrad_models::corpus::Batch;

const ROWS: usize = 4;

#[test]
fn a_row_has_the_logits_in_a_batch_that_it_has_alone() {
    for subject in networks() {
        let (params, ids) = (subject.params(14), words(ROWS * BLOCK, 15));
        let together = subject.logits(&params, ROWS, &ids);
        for (row, ids) in ids.chunks(BLOCK).enumerate() {
            let alone = subject.logits(&params, 1, ids);
            let distance = apart(&alone, together.index_axis(Axis(0), row));
            assert!(distance < 1e-13, "{}, row {row}: {distance} apart", subject.name);
        }
        assert_eq!(together.shape(), [ROWS, BLOCK, VOCABULARY]);
    }
}

#[test]
fn permuted_rows_have_the_same_loss_and_gradient() {
    let tokens = words(ROWS * (BLOCK + 1), 16);
    let batch = |order: [usize; ROWS]| {
        let rows = || order.iter().map(|&row| &tokens[row * (BLOCK + 1)..][..=BLOCK]);
        let inputs = rows().flat_map(|row| row[..BLOCK].to_vec()).collect();
        let labels = rows().flat_map(|row| row[1..].to_vec()).collect();
        Batch::new(BLOCK, inputs, labels)
    };
    for subject in networks() {
        let params = subject.params(17);
        let [one, other] = [[0, 1, 2, 3], [2, 0, 3, 1]].map(|order| {
            let (loss, params) = subject.loss_and_gradient(&params, &batch(order));
            [&[loss], params.gradients()].concat()
        });
        assert!(apart(&one, &other) < 1e-13, "{}", subject.name);
    }
}
