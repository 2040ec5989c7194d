//! The same logits, ids, gradients and steps of training as `transformers` has with the same checkpoint.

use super::{Answers, MODELS, Subject, apart, folder, imported};
use tapegrad_autograd::numbers::Real;
use tapegrad_autograd::ops::{Reduction, cross_entropy};
use tapegrad_autograd::optim::{Adam, AdamConfig, DecayKind, Decayed, Optimizer};
use tapegrad_autograd::{Params, Tape, Var};
use tapegrad_models::exchange::arrays;
use tapegrad_models::{LanguageModel, Model, Network};

/// What rounding leaves of logits of about 10, in some thousand operations.
const ROUNDING_F32: f64 = 1e-5;
const ROUNDING_F64: f64 = 1e-10;
/// Three steps multiply it by the gradient over its own root, which is large where a gradient is small.
const ROUNDING_TRAINED: f64 = 1e-9;

fn logits<T: Real>(network: &impl Network, params: &Params<T>, ids: &[u32]) -> Vec<f64> {
    let tape = Tape::with(params);
    let numbers: Vec<usize> = ids.iter().map(|&id| id as usize).collect();
    let y = network.logits(tape.ids("ids", [1, ids.len()], &numbers));
    tape.value(y).iter().map(|y| y.to_f64()).collect()
}

#[test]
fn the_logits_are_those_of_the_library_in_f32_and_f64() {
    for name in MODELS {
        let (imported, answers) = (imported(&folder(name)), Answers::of(name));
        let ids = answers.ids("greedy");
        let subject = Subject::of(&imported);
        let expected = &answers.arrays["logits"];
        let differ = apart(&logits(&subject.network, &subject.params, &ids), expected);
        assert!(differ < ROUNDING_F64, "{name}: {differ:.1e} in f64");
        let differ = apart(&logits(&subject.network, &subject.params.cast::<f32>(), &ids), expected);
        assert!(differ < ROUNDING_F32, "{name}: {differ:.1e} in f32");
    }
}

#[test]
fn the_likeliest_ids_are_those_of_the_library_one_by_one() {
    for name in MODELS {
        let (imported, answers) = (imported(&folder(name)), Answers::of(name));
        let Model::Transformer(model) = &imported.model else {
            panic!("a checkpoint is a Transformer");
        };
        let (mut ids, greedy) = (answers.ids("prompt"), answers.ids("greedy"));
        let mut state = model.start();
        let mut read = 0;
        while ids.len() < greedy.len() {
            let mut logits = None;
            for &id in &ids[read..] {
                logits = Some(model.next(&mut state, id));
            }
            read = ids.len();
            let logits = logits.unwrap();
            let best = logits.values().iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            ids.push(best.unwrap().0 as u32);
        }
        assert_eq!(ids, greedy, "{name}");
    }
}

/// The mean loss of the stored batch.
fn loss<'t>(network: &impl Network, tape: &'t Tape<'_, f64>, batch: &[Vec<usize>]) -> Var<'t> {
    let time = batch[0].len() - 1;
    let flat = |from: usize| -> Vec<usize> { batch.iter().flat_map(|row| row[from..from + time].to_vec()).collect() };
    let ids = tape.ids("ids", [batch.len(), time], &flat(0));
    let labels = tape.ids("labels", [batch.len(), time], &flat(1));
    cross_entropy(network.logits(ids), labels, None, Reduction::Mean)
}

#[test]
fn gradients_and_three_steps_of_adamw_are_those_of_the_library() {
    for name in MODELS {
        let (imported, answers) = (imported(&folder(name)), Answers::of(name));
        let batch: Vec<Vec<usize>> = serde_json::from_value(answers.said["batch"].clone()).unwrap();
        let losses: Vec<f64> = serde_json::from_value(answers.said["losses"].clone()).unwrap();
        let Subject { network, mut params } = Subject::of(&imported);
        let list = params.list().clone();
        let config = imported.config.as_ref().unwrap();
        let compare = |values: &[f64], kind: &str| {
            let named = arrays(config, &list, values).unwrap();
            let stored = answers.arrays.iter().filter(|(name, _)| name.starts_with(kind));
            let mut count = 0;
            for (array, expected) in stored {
                let differ = apart(&named[&array[kind.len()..]].1, expected);
                assert!(differ < ROUNDING_TRAINED, "{name}, {array}: {differ:.1e}");
                count += 1;
            }
            assert_eq!(count, named.len(), "{name}: the same arrays");
        };
        let mut adam = Adam::<f64>::configured(
            &list,
            AdamConfig {
                betas: [0.9, 0.99],
                epsilon: 1e-8,
                weight_decay: 0.1,
                decay: DecayKind::Decoupled,
                decayed: Decayed::Matrices,
            },
        );
        for (step, expected) in losses.into_iter().enumerate() {
            let tape = Tape::with(&params);
            let j = loss(&network, &tape, &batch);
            let differ = (tape.number(j) - expected).abs();
            assert!(
                differ < ROUNDING_TRAINED,
                "{name}, step {step}: the loss is {differ:.1e} apart"
            );
            let gradients = tape.backward(j);
            drop(tape);
            gradients.write_to(&mut params).unwrap();
            if step == 0 {
                compare(params.gradients(), "gradient.");
            }
            adam.step(&mut params, 1e-2);
        }
        compare(params.values(), "trained.");
    }
}
