//! No position knows of a later one: neither its value nor a gradient.

use super::{BLOCK, VOCABULARY, direction, ids_on, networks, words};
use ndarray::{Array3, Axis};
use tapegrad_autograd::Tape;
use tapegrad_models::TokenId;

#[test]
fn changing_a_token_changes_no_earlier_logits_and_does_change_its_own() {
    for subject in networks() {
        let (params, ids) = (subject.params(6), words(BLOCK, 7));
        let logits = subject.logits(&params, 1, &ids);
        for changed in 0..BLOCK {
            let mut other = ids.clone();
            other[changed] = 1 + other[changed] % (VOCABULARY as TokenId - 1);
            let moved = subject.logits(&params, 1, &other);
            for position in 0..changed {
                assert_eq!(
                    logits.index_axis(Axis(1), position),
                    moved.index_axis(Axis(1), position),
                    "{}: token {changed} shows at position {position}",
                    subject.name
                );
            }
            assert_ne!(
                logits.index_axis(Axis(1), changed),
                moved.index_axis(Axis(1), changed),
                "{}: token {changed} shows nowhere",
                subject.name
            );
        }
    }
}

#[test]
fn the_gradient_of_a_later_token_is_exactly_zero() {
    // Each token stands once, so its row of the embedding shows the gradient of its position alone. A tied table is
    // also the head, and gets a gradient for every token by that use.
    let ids: Vec<TokenId> = (1..=BLOCK as TokenId).rev().collect();
    for subject in networks()
        .into_iter()
        .filter(|subject| subject.name != "tied transformer")
    {
        let params = subject.params(8);
        let table = ["embedding", "tokens", "rows", "emb"]
            .into_iter()
            .find_map(|name| subject.list.find(name));
        let table = table.expect("each network begins with a table");
        for position in 0..BLOCK {
            let weights =
                Array3::from_shape_vec([1, position + 1, VOCABULARY], direction((position + 1) * VOCABULARY, 9));
            let tape = Tape::with(&params);
            let logits = subject.network.logits(ids_on(&tape, 1, &ids)).slice(1, 0..position + 1);
            let gradients = tape.backward((logits * tape.data("weights", weights.unwrap())).sum());
            let rows = gradients.of(tape.param(table));
            for (place, &id) in ids.iter().enumerate() {
                let row = rows.index_axis(Axis(0), id as usize);
                let zero = row.iter().all(|&g| g == 0.0);
                assert_eq!(
                    zero,
                    place > position,
                    "{}: token {place}, logits up to {position}",
                    subject.name
                );
            }
        }
    }
}
