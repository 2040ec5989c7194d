//! What a reader remembers, against networks that read everything at once.

use super::Reader;
use crate::layers::Bias;
use crate::layers::architecture::{Architecture, Positions};
use crate::lstm_lm::LstmLm;
use crate::network::Network;
use crate::rnn_lm::{RecurrentConfig, RnnLm};
use crate::tokenizer::TokenId;
use crate::transformer_lm::{TransformerConfig, TransformerLm, Tying};
use tapegrad_core::{ParamList, Params, Tape};

const VOCABULARY: usize = 7;
const BLOCK: usize = 4;

fn transformer(list: &mut ParamList, positions: Positions) -> TransformerLm {
    let config = TransformerConfig {
        vocabulary: VOCABULARY,
        block: BLOCK,
        layers: 2,
        heads: 2,
        width: 8,
        bias: Bias::With,
        tying: Tying::Untied,
        architecture: Architecture {
            positions,
            ..Architecture::GPT_2
        },
    };
    TransformerLm::new(list, config)
}

fn recurrent() -> RecurrentConfig {
    RecurrentConfig {
        vocabulary: VOCABULARY,
        embedding: 3,
        hidden: 5,
        layers: 2,
    }
}

/// A network of each kind with parameters that make its logits differ well.
fn networks() -> Vec<(Box<dyn Network>, Params<f64>)> {
    let mut all: Vec<(Box<dyn Network>, ParamList)> = Vec::new();
    for positions in [
        Positions::Learned,
        Positions::Sinusoidal,
        Positions::Relative,
        Positions::Rotary,
        Positions::Alibi,
        Positions::None,
    ] {
        let mut list = ParamList::new();
        all.push((Box::new(transformer(&mut list, positions)), list));
    }
    let mut list = ParamList::new();
    all.push((Box::new(RnnLm::new(&mut list, recurrent())), list));
    let mut list = ParamList::new();
    all.push((Box::new(LstmLm::new(&mut list, recurrent())), list));
    all.into_iter()
        .map(|(network, list)| {
            let mut params = Params::new(&list, 3);
            params.values_mut().iter_mut().for_each(|value| *value *= 3.0);
            (network, params)
        })
        .collect()
}

/// The logits after the last of some tokens, read one by one.
fn read(network: &dyn Network, params: &Params<f64>, tokens: &[TokenId]) -> Vec<f64> {
    let mut reader = Reader::new(network, params.list(), 1);
    let mut logits = Vec::new();
    for &token in tokens {
        logits = reader.read(network, params, &[Some(token)]).to_vec();
    }
    logits
}

/// The same with all read at once.
fn at_once(network: &dyn Network, params: &Params<f64>, tokens: &[TokenId]) -> Vec<f64> {
    let tape = Tape::with(params);
    let ids: Vec<usize> = tokens.iter().map(|&id| id as usize).collect();
    let logits = network.logits(tape.ids("ids", [1, ids.len()], &ids));
    tape.with_value(logits, |all| {
        all.iter().copied().skip((tokens.len() - 1) * VOCABULARY).collect()
    })
}

fn apart(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Sums in another order: some hundred roundings of numbers below 100.
const ROUNDING: f64 = 1e-12;

const TEXT: [TokenId; 19] = [3, 1, 4, 1, 5, 2, 6, 5, 3, 5, 0, 2, 4, 6, 1, 3, 2, 2, 5];

#[test]
fn g8_a_cache_grows_beyond_the_block_where_positions_allow_it_and_forgets_nothing() {
    for (network, params) in networks() {
        for len in [BLOCK, BLOCK + 1, 2 * BLOCK + 1, TEXT.len()] {
            let tokens = &TEXT[..len];
            let logits = read(&*network, &params, tokens);
            // Where the window moved, the model has read what is left of it from the first position.
            let mut window = Vec::new();
            for &token in tokens {
                if window.len() == BLOCK && network.block().is_some() && !network.reads_beyond_block() {
                    window.drain(..BLOCK - BLOCK / 2);
                }
                window.push(token);
            }
            let distance = apart(&logits, &at_once(&*network, &params, &window));
            assert!(distance < ROUNDING, "{network:?}, {len} tokens: {distance} apart");
            let forgot = window.len() < tokens.len();
            assert_eq!(
                forgot,
                network.block().is_some() && !network.reads_beyond_block() && len > BLOCK
            );
        }
    }
}

#[test]
fn sequences_of_different_lengths_are_read_side_by_side_as_each_alone() {
    for (network, params) in networks() {
        let texts = [&TEXT[..3], &TEXT[4..15], &TEXT[2..8], &TEXT[1..10]];
        let mut reader = Reader::new(&*network, params.list(), texts.len());
        let longest = texts.iter().map(|text| text.len()).max().unwrap();
        let mut logits = Vec::new();
        for step in 0..longest {
            // The longest begins first; the last one rests in the middle instead.
            let token = |(row, text): (usize, &&[TokenId])| match row {
                3 if step >= 5 => text.get(step.checked_sub(2)?).copied().filter(|_| step >= 7),
                3 => text.get(step).copied(),
                _ => (step + text.len()).checked_sub(longest).map(|at| text[at]),
            };
            let tokens: Vec<_> = texts.iter().enumerate().map(token).collect();
            logits = reader.read(&*network, &params, &tokens).to_vec();
        }
        for (text, row) in texts.iter().zip(logits.chunks(VOCABULARY)) {
            let alone = read(&*network, &params, text);
            let distance = apart(row, &alone);
            assert!(distance < ROUNDING, "{network:?}: {distance} apart");
        }
    }
}

#[test]
fn a_rearranged_sequence_goes_on_from_what_the_other_has_read() {
    for (network, params) in networks() {
        let mut reader = Reader::new(&*network, params.list(), 2);
        let pairs = [[1, 4], [2, 5], [3, 6]].map(|pair: [TokenId; 2]| pair.map(Some));
        pairs.iter().for_each(|pair| {
            reader.read(&*network, &params, pair);
        });
        reader.rearrange(&[1, 0]);
        let logits = reader.read(&*network, &params, &[Some(0), Some(2)]).to_vec();
        let alone = [
            read(&*network, &params, &[4, 5, 6, 0]),
            read(&*network, &params, &[1, 2, 3, 2]),
        ]
        .concat();
        assert!(apart(&logits, &alone) < ROUNDING, "{network:?}");
    }
}
