//! Laws that relate runs of a language model to each other: no reference values are needed to find a leak.

use tapegrad_core::ops::{Reduction, cross_entropy};
use tapegrad_core::{Params, Shape, Tape};

use crate::corpus::{Batch, NO_LABEL};
use crate::language_model::LanguageModel;
use crate::network::Network;
use crate::tokenizer::TokenId;

/// Causality: the logits at `t` have a derivative of exactly 0 with respect to the embedding of any later token.
///
/// It is tried by value: each later token is exchanged, and no bit of the earlier logits may change.
///
/// **Errors** with the positions that are connected.
pub fn causal<N: Network>(network: &N, params: &Params<f64>, ids: &[usize]) -> Result<(), String> {
    let before = logits(network, params, 1, ids);
    let width = network.vocabulary();
    for later in 1..ids.len() {
        let mut other = ids.to_vec();
        other[later] = (ids[later] + 1) % width;
        let after = logits(network, params, 1, &other);
        for t in 0..later {
            let row = t * width..(t + 1) * width;
            if before[row.clone()] != after[row] {
                return Err(format!(
                    "the logits after token {t} change when token {later}, which comes later, does"
                ));
            }
        }
    }
    Ok(())
}

/// A batch gives what its rows give alone, and a permuted batch gives permuted rows, to `tolerance`.
///
/// **Errors** with the first row that differs.
pub fn rows_alone<N: Network>(
    network: &N,
    params: &Params<f64>,
    rows: &[Vec<usize>],
    tolerance: f64,
) -> Result<(), String> {
    let flat: Vec<usize> = rows.iter().rev().flatten().copied().collect();
    let together = logits(network, params, rows.len(), &flat);
    let len = together.len() / rows.len().max(1);
    for (i, row) in rows.iter().rev().enumerate() {
        let alone = logits(network, params, 1, row);
        if let Some(at) = alone
            .iter()
            .zip(&together[i * len..])
            .position(|(a, b)| (a - b).abs() > tolerance)
        {
            return Err(format!(
                "row {} of the batch differs from the row alone, at entry {at}",
                rows.len() - 1 - i
            ));
        }
    }
    Ok(())
}

/// Reading token by token gives the log-probabilities of whole rows, to `tolerance`.
///
/// **Errors** with the row and position that differ.
pub fn cached_equals_uncached<M: LanguageModel + ?Sized>(
    model: &M,
    batch: &Batch,
    tolerance: f64,
) -> Result<(), String> {
    let whole = model.log_probs(batch);
    for row in 0..batch.rows() {
        let mut state = model.start();
        for position in 0..batch.time() {
            let at = row * batch.time() + position;
            let (token, label): (TokenId, TokenId) = (batch.inputs()[at], batch.labels()[at]);
            if label == NO_LABEL {
                break;
            }
            let stepwise = model.next(&mut state, token).log_probs()[label as usize];
            let together = whole.get(row, position).unwrap_or(f64::NAN);
            if !((stepwise - together).abs() <= tolerance) {
                return Err(format!(
                    "row {row}, position {position}: {stepwise} token by token, {together} at once"
                ));
            }
        }
    }
    Ok(())
}

/// The probabilities of the next token sum to 1, to `tolerance`.
///
/// **Errors** with the sum.
pub fn normalised<M: LanguageModel>(model: &M, context: &[TokenId], tolerance: f64) -> Result<(), String> {
    let mut state = model.start();
    for &token in context {
        let sum: f64 = model
            .next(&mut state, token)
            .log_probs()
            .iter()
            .map(|log_prob| log_prob.exp())
            .sum();
        if !((sum - 1.0).abs() <= tolerance) {
            return Err(format!("after token {token} the probabilities sum to {sum}"));
        }
    }
    Ok(())
}

/// What stands in padded positions, at the end of rows, changes neither the loss nor any gradient by a bit.
///
/// `rows` are ids and labels of equal length; a label of [`NO_LABEL`] does not count.
///
/// **Errors** with the parameter entry that notices.
pub fn padding_is_irrelevant<N: Network>(
    network: &N,
    params: &Params<f64>,
    ids: &[Vec<usize>],
    labels: &[Vec<usize>],
) -> Result<(), String> {
    let before = loss_and_gradients(network, params, ids, labels, 1.0);
    let other: Vec<Vec<usize>> = ids
        .iter()
        .zip(labels)
        .map(|(ids, labels)| {
            let last = labels
                .iter()
                .rposition(|&label| label != NO_LABEL as usize)
                .map_or(0, |last| last + 1);
            let changed = |(i, &id): (usize, &usize)| if i < last { id } else { (id + 1) % network.vocabulary() };
            ids.iter().enumerate().map(changed).collect()
        })
        .collect();
    let after = loss_and_gradients(network, params, &other, labels, 1.0);
    match before.iter().zip(&after).position(|(a, b)| a != b) {
        None => Ok(()),
        Some(0) => Err(format!(
            "the loss changes from {} to {} with what stands in the padding",
            before[0], after[0]
        )),
        Some(at) => Err(format!(
            "the gradient of parameter number {} changes with what stands in the padding",
            at - 1
        )),
    }
}

/// Twice the loss has exactly twice the gradient in every parameter.
///
/// **Errors** with the parameter entry that does not.
pub fn loss_scales<N: Network>(
    network: &N,
    params: &Params<f64>,
    ids: &[Vec<usize>],
    labels: &[Vec<usize>],
) -> Result<(), String> {
    let once = loss_and_gradients(network, params, ids, labels, 1.0);
    let twice = loss_and_gradients(network, params, ids, labels, 2.0);
    match once.iter().zip(&twice).position(|(a, b)| 2.0 * a != *b) {
        None => Ok(()),
        Some(at) => Err(format!(
            "twice the loss changes number {at} by {} and not by 2",
            twice[at] / once[at]
        )),
    }
}

/// The mean loss of the labels that count, `weight` times, and behind it all gradients.
fn loss_and_gradients<N: Network>(
    network: &N,
    params: &Params<f64>,
    ids: &[Vec<usize>],
    labels: &[Vec<usize>],
    weight: f64,
) -> Vec<f64> {
    let mut own = params.clone();
    own.clear_gradients();
    let shape = Shape::new(&[ids.len(), ids.first().map_or(0, Vec::len)]);
    let (loss, gradients) = {
        let tape = Tape::with(params);
        let ids = tape.ids("ids", shape, &ids.concat());
        let labels = tape.ids("labels", shape, &labels.concat());
        let j = cross_entropy(network.logits(ids), labels, Some(NO_LABEL as usize), Reduction::Mean) * weight;
        (tape.number(j), tape.backward(j))
    };
    gradients.write_to(&mut own).unwrap_or_else(|error| panic!("{error}"));
    [loss].into_iter().chain(own.gradients().iter().copied()).collect()
}

/// The logits of rows of equal length, flat.
fn logits<N: Network>(network: &N, params: &Params<f64>, rows: usize, ids: &[usize]) -> Vec<f64> {
    let tape = Tape::with(params);
    let ids = tape.ids("ids", Shape::new(&[rows, ids.len() / rows]), ids);
    tape.with_value(network.logits(ids), |logits| logits.iter().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Place;
    use crate::rnn_lm::{RecurrentConfig, RnnLm};
    use tapegrad_core::{ParamList, Var};

    /// An RNN that reads its tokens from the last to the first.
    #[derive(Debug)]
    struct Leaky(RnnLm);

    impl Network for Leaky {
        fn vocabulary(&self) -> usize {
            self.0.vocabulary()
        }
        fn block(&self) -> Option<usize> {
            None
        }
        fn logits<'t>(&self, ids: Var<'t>) -> Var<'t> {
            let logits = self.0.logits(ids);
            logits
                + logits
                    .sum_over(&[1])
                    .reshape([ids.shape().size(0), 1, self.vocabulary()])
        }
        fn memory(&self) -> Vec<Shape> {
            self.0.memory()
        }
        fn step<'t>(&self, id: Var<'t>, place: Option<Place<'t>>, memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>) {
            self.0.step(id, place, memory)
        }
    }

    #[test]
    fn a_recurrent_network_is_causal_and_one_that_sums_over_time_is_not() {
        let mut list = ParamList::new();
        let config = RecurrentConfig {
            vocabulary: 5,
            embedding: 3,
            hidden: 4,
            layers: 1,
        };
        let network = RnnLm::new(&mut list, config);
        let params = Params::<f64>::new(&list, 3);
        assert_eq!(causal(&network, &params, &[1, 4, 2, 0]), Ok(()));
        assert_eq!(
            rows_alone(&network, &params, &[vec![1, 2, 3], vec![4, 0, 1]], 1e-12),
            Ok(())
        );
        let leak = causal(&Leaky(network), &params, &[1, 4, 2, 0]).unwrap_err();
        assert_eq!(
            leak,
            "the logits after token 0 change when token 1, which comes later, does"
        );
    }

    #[test]
    fn padding_is_irrelevant_to_a_causal_network_and_not_to_one_that_sums_over_time() {
        const NONE: usize = NO_LABEL as usize;
        let mut list = ParamList::new();
        let config = RecurrentConfig {
            vocabulary: 5,
            embedding: 3,
            hidden: 4,
            layers: 1,
        };
        let network = RnnLm::new(&mut list, config);
        let params = Params::<f64>::new(&list, 3);
        let (ids, labels) = (
            [vec![1, 4, 2, 0], vec![3, 0, 0, 0]],
            [vec![4, 2, 3, 0], vec![2, NONE, NONE, NONE]],
        );
        assert_eq!(padding_is_irrelevant(&network, &params, &ids, &labels), Ok(()));
        assert_eq!(loss_scales(&network, &params, &ids, &labels), Ok(()));
        let leak = padding_is_irrelevant(&Leaky(network), &params, &ids, &labels).unwrap_err();
        assert!(leak.contains("with what stands in the padding"), "{leak}");
    }
}
