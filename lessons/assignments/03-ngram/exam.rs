//! The tests of the assignment on n-grams.

use ndarray::ArrayD;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::Draw;

use crate::assignment::exam::Visibility::{Hidden, Public};
use crate::assignment::exam::{Test, numbers, on, row, same, scalar};
use crate::assignment::grade::{Complaint, Submission};

/// All tests, in the order of the tasks.
pub const TESTS: &[Test] = &[
    Test {
        name: "counts-by-hand",
        task: "counting",
        points: 8,
        visibility: Public,
        claim: "the bigrams of the handout's two sentences are counted, starts and ends too",
        run: |student, _| counted(student, 2, 3, &[vec![0, 1, 0, 1], vec![1]]),
    },
    Test {
        name: "counts-of-random-texts",
        task: "counting",
        points: 12,
        visibility: Hidden,
        claim: "texts are counted at every order, empty sentences too",
        run: counts_of_random_texts,
    },
    Test {
        name: "probabilities-by-hand",
        task: "smoothing",
        points: 6,
        visibility: Public,
        claim: "the probabilities of the handout's example are right, also after an unseen context",
        run: probabilities_by_hand,
    },
    Test {
        name: "probabilities-of-random-counts",
        task: "smoothing",
        points: 14,
        visibility: Hidden,
        claim: "each probability is its formula, and after each context they sum to 1",
        run: probabilities,
    },
    Test {
        name: "nats-of-one-sentence",
        task: "mean-nats",
        points: 6,
        visibility: Public,
        claim: "each word and the end count once, with starts before them",
        run: |student, _| mean_nats(student, 3, 4, &[vec![2, 0, 1]]),
    },
    Test {
        name: "nats-of-random-texts",
        task: "mean-nats",
        points: 14,
        visibility: Hidden,
        claim: "the mean is over tokens, not over sentences",
        run: nats_of_random_texts,
    },
];

type Sentences = [Vec<usize>];

fn model(order: usize, vocabulary: usize, k: f64) -> ArrayD<f64> {
    row(&[order as f64, vocabulary as f64, k])
}

fn text(sentences: &Sentences) -> [ArrayD<f64>; 2] {
    let lengths: Vec<usize> = sentences.iter().map(Vec::len).collect();
    [numbers(&lengths), numbers(&sentences.concat())]
}

fn told(order: usize, vocabulary: usize, sentences: &Sentences, what: &str) -> Complaint {
    let lines: Vec<String> = sentences
        .iter()
        .take(6)
        .map(|sentence| format!("  {sentence:?}"))
        .collect();
    format!(
        "{what}\n\nat order {order}, with {vocabulary} words (end {vocabulary}, start {}), on\n{}",
        vocabulary + 1,
        lines.join("\n")
    )
}

/// A sentence as a model sees it: each predicted token with the tokens before it.
fn predicted(order: usize, vocabulary: usize, sentence: &[usize]) -> Vec<(Vec<usize>, usize)> {
    let token = |t: usize| sentence.get(t).copied().unwrap_or(vocabulary);
    let before = |t: usize, back: usize| if t < back { vocabulary + 1 } else { token(t - back) };
    (0..=sentence.len())
        .map(|t| ((1..order).rev().map(|back| before(t, back)).collect(), token(t)))
        .collect()
}

fn counted(student: &Submission, order: usize, vocabulary: usize, sentences: &Sentences) -> Result<(), Complaint> {
    let [lengths, words] = text(sentences);
    let answer = student.call("learn", &[model(order, vocabulary, 1.0), lengths, words])?;
    let [contexts, counts] = &answer[..] else {
        return Err("learn gave no table".to_string());
    };
    let complain = |what: String| Err(told(order, vocabulary, sentences, &what));
    let all: Vec<(Vec<usize>, usize)> = sentences
        .iter()
        .flat_map(|sentence| predicted(order, vocabulary, sentence))
        .collect();
    let given: Vec<(Vec<usize>, Vec<f64>)> = contexts
        .rows()
        .into_iter()
        .zip(counts.rows())
        .map(|(context, counts)| (context.iter().map(|t| *t as usize).collect(), counts.to_vec()))
        .collect();
    if let Some((context, _)) = given
        .iter()
        .find(|(context, _)| all.iter().all(|(known, _)| known != context))
    {
        return complain(format!(
            "the context {context:?} was counted, and is nowhere in the text"
        ));
    }
    for (context, _) in &all {
        let right = |token: usize| all.iter().filter(|(h, w)| h == context && *w == token).count() as f64;
        let right: Vec<f64> = (0..=vocabulary).map(right).collect();
        match given.iter().find(|(known, _)| known == context) {
            Some((_, counts)) if *counts == right => {}
            Some((_, counts)) => {
                return complain(format!(
                    "after {context:?} the counts are {counts:?} and should be {right:?}"
                ));
            }
            None => return complain(format!("the context {context:?} was not counted")),
        }
    }
    Ok(())
}

fn random_text(draw: &mut Draw, vocabulary: usize) -> Vec<Vec<usize>> {
    let sentences = 1 + draw.below(6);
    (0..sentences)
        .map(|_| (0..draw.below(7)).map(|_| draw.below(vocabulary)).collect())
        .collect()
}

fn counts_of_random_texts(student: &Submission, seed: u64) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 5);
    (0..16).try_for_each(|round| {
        let vocabulary = 1 + draw.below(4);
        let text = random_text(&mut draw, vocabulary);
        counted(student, 1 + round % 4, vocabulary, &text)
    })
}

/// A table of counts with one context, for which `P = 3`.
fn probabilities_by_hand(student: &Submission, _: u64) -> Result<(), Complaint> {
    let (contexts, counts) = (
        ndarray::array![[0.0]].into_dyn(),
        ndarray::array![[2.0, 0.0, 4.0]].into_dyn(),
    );
    let cases = [
        (0.5, 0, 0, 2.5 / 7.5),
        (0.5, 0, 1, 0.5 / 7.5),
        (0.5, 0, 2, 4.5 / 7.5),
        (1.0, 1, 0, 1.0 / 3.0),
        (1e-9, 0, 0, (2.0 + 1e-9) / (6.0 + 3e-9)),
    ];
    for (k, context, word, right) in cases {
        let operands = [
            model(2, 2, k),
            contexts.clone(),
            counts.clone(),
            numbers(&[context]),
            numbers(&[word]),
        ];
        let given = student.call_for_one("prob", &operands)?;
        let shown = [
            ("counts after 0", &counts),
            ("k", &scalar(k)),
            ("context", &operands[3]),
            ("word", &operands[4]),
        ];
        same("the probability", &given, &row(&[right])).map_err(|what| on(&shown, &what))?;
    }
    Ok(())
}

fn probabilities(student: &Submission, seed: u64) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 5);
    for round in 0..8 {
        let (order, vocabulary, k) = (1 + round % 3, 1 + draw.below(4), 0.01 + draw.below(100) as f64 / 40.0);
        // Distinct contexts; the one that is asked for is seen every other time.
        let context = |i: usize| -> Vec<usize> { (1..order).map(|place| (i + place) % (vocabulary + 2)).collect() };
        let contexts: Vec<Vec<usize>> = if order == 1 {
            vec![context(0)]
        } else {
            vec![context(0), context(1)]
        };
        let counts = draw.ids(Shape::new(&[contexts.len(), vocabulary + 1]), 9);
        let asked = if order == 1 { context(0) } else { context(round / 3) };
        let flat: Vec<f64> = contexts.concat().iter().map(|t| *t as f64).collect();
        let table = ArrayD::from_shape_vec(vec![contexts.len(), order - 1], flat).map_err(|error| error.to_string())?;
        let seen = contexts.iter().position(|known| *known == asked);
        let after: Vec<f64> = (0..=vocabulary).map(|w| seen.map_or(0.0, |i| counts[[i, w]])).collect();
        let mut sum = 0.0;
        for word in 0..=vocabulary {
            let operands = [
                model(order, vocabulary, k),
                table.clone(),
                counts.clone(),
                numbers(&asked),
                numbers(&[word]),
            ];
            let given = student.call_for_one("prob", &operands)?;
            let right = (after[word] + k) / (after.iter().sum::<f64>() + k * after.len() as f64);
            let shown = [
                ("counts after the context", &row(&after)),
                ("k", &scalar(k)),
                ("word", &operands[4]),
            ];
            same("the probability", &given, &row(&[right])).map_err(|what| on(&shown, &what))?;
            sum += given[0];
        }
        same("the sum over all words", &row(&[sum]), &row(&[1.0]))?;
    }
    Ok(())
}

/// Holds the mean against the distribution that `respond.rs` made up.
fn mean_nats(student: &Submission, order: usize, vocabulary: usize, sentences: &Sentences) -> Result<(), Complaint> {
    let [lengths, words] = text(sentences);
    let given = student.call_for_one("mean_nats", &[model(order, vocabulary, 1.0), lengths, words])?;
    let all = sentences
        .iter()
        .flat_map(|sentence| predicted(order, vocabulary, sentence));
    let nats: Vec<f64> = all
        .map(|(context, word)| {
            let mixed = context.iter().fold(word + 1, |mixed, token| mixed * 5 + token);
            ((2 + mixed % 11 + context.len()) as f64).ln()
        })
        .collect();
    let right = nats.iter().sum::<f64>() / nats.len() as f64;
    same("the mean", &given, &row(&[right])).map_err(|what| told(order, vocabulary, sentences, &what))
}

fn nats_of_random_texts(student: &Submission, seed: u64) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 5);
    (0..16).try_for_each(|round| {
        let vocabulary = 1 + draw.below(4);
        let text = random_text(&mut draw, vocabulary);
        mean_nats(student, 1 + round % 4, vocabulary, &text)
    })
}

#[cfg(test)]
mod tests {
    use super::predicted;

    #[test]
    fn the_judge_sees_a_sentence_with_starts_and_its_end() {
        let right = [(vec![4, 4], 0), (vec![4, 0], 2), (vec![0, 2], 3)];
        assert_eq!(predicted(3, 3, &[0, 2]), right);
        assert_eq!(predicted(1, 3, &[]), [(vec![], 3)]);
    }
}
