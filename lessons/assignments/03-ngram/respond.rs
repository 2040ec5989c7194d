//! Connects a submission to the tests of this assignment.

use ndarray::{Array1, Array2, ArrayD};
use submission::{Ngram, mean_nats};
use tapegrad_autograd::Module;

/// This assignment has functions only.
pub fn make(_: &str, _: &[ArrayD<f64>]) -> Option<Box<dyn Module<f64>>> {
    None
}

/// Calls a function of the submission. A model is told by `[order, vocabulary, k]`.
pub fn call(name: &str, x: &[ArrayD<f64>]) -> Option<Vec<ArrayD<f64>>> {
    match (name, x) {
        ("learn", [model, lengths, words]) => {
            let mut model = ngram(model);
            sentences(lengths, words)
                .iter()
                .for_each(|sentence| model.learn(sentence));
            Some(vec![
                table(
                    model
                        .counts
                        .keys()
                        .map(|context| context.iter().map(|t| *t as f64).collect()),
                ),
                table(
                    model
                        .counts
                        .values()
                        .map(|counts| counts.iter().map(|c| *c as f64).collect()),
                ),
            ])
        }
        ("prob", [model, contexts, counts, context, word]) => {
            let mut model = ngram(model);
            for (context, counts) in contexts.rows().into_iter().zip(counts.rows()) {
                let context = context.iter().map(|t| *t as usize).collect();
                model.counts.insert(context, counts.iter().map(|c| *c as u64).collect());
            }
            Some(vec![number(model.prob(&whole(context), whole(word)[0]))])
        }
        ("mean_nats", [model, lengths, words]) => {
            let model = ngram(model);
            // Any distribution will do; this one depends on every token and its place.
            let prob = |context: &[usize], word: usize| {
                let mixed = context.iter().fold(word + 1, |mixed, token| mixed * 5 + token);
                1.0 / (2 + mixed % 11 + context.len()) as f64
            };
            let sentences = sentences(lengths, words);
            Some(vec![number(mean_nats(
                model.order,
                model.start(),
                model.end(),
                &sentences,
                &prob,
            ))])
        }
        _ => None,
    }
}

fn ngram(model: &ArrayD<f64>) -> Ngram {
    Ngram::new(model[0] as usize, model[1] as usize, model[2])
}

fn sentences(lengths: &ArrayD<f64>, words: &ArrayD<f64>) -> Vec<Vec<usize>> {
    let mut words = whole(words).into_iter();
    whole(lengths)
        .into_iter()
        .map(|length| words.by_ref().take(length).collect())
        .collect()
}

fn table(rows: impl Iterator<Item = Vec<f64>>) -> ArrayD<f64> {
    let rows: Vec<Vec<f64>> = rows.collect();
    let width = rows.first().map_or(0, Vec::len);
    Array2::from_shape_fn((rows.len(), width), |(i, j)| rows[i][j]).into_dyn()
}

fn whole(x: &ArrayD<f64>) -> Vec<usize> {
    x.iter().map(|x| *x as usize).collect()
}

fn number(x: f64) -> ArrayD<f64> {
    Array1::from_elem(1, x).into_dyn()
}
