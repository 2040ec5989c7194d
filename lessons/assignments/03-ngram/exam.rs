//! The tests of the assignment on n-grams.

use ndarray::ArrayD;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::Draw;

use tapegrad_lessons::assignment::exam::Visibility::{Hidden, Public};
use tapegrad_lessons::assignment::exam::{Test, numbers, on, row, same, same_number, scalar};
use tapegrad_lessons::assignment::grade::{Complaint, Submission};

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
        name: "nats-of-two-sentences",
        task: "mean-nats",
        points: 6,
        visibility: Public,
        claim: "each word and each end count once, with starts before each sentence",
        run: |student, _| mean_nats(student, 3, 4, &[vec![2, 0, 1], vec![3]]),
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
    let named = counted_wrongly(vocabulary, &all, &given).map_or(String::new(), |what| format!(": {what}"));
    let complain = |what: String| Err(told(order, vocabulary, sentences, &(what + &named)));
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

/// The known mistake that gives these counts, if there is one.
fn counted_wrongly(
    vocabulary: usize,
    all: &[(Vec<usize>, usize)],
    given: &[(Vec<usize>, Vec<f64>)],
) -> Option<&'static str> {
    let (end, start) = (vocabulary, vocabulary + 1);
    if !given.is_empty() && given.iter().all(|(_, counts)| counts.len() != vocabulary + 1) {
        return Some("the row of a context has a place for each word and one for the end, and none for the start");
    }
    let table = |pairs: &mut dyn Iterator<Item = (Vec<usize>, usize)>| {
        let mut table = std::collections::BTreeMap::new();
        for (context, token) in pairs {
            table.entry(context).or_insert_with(|| vec![0.0_f64; vocabulary + 1])[token] += 1.0;
        }
        table
    };
    let given: std::collections::BTreeMap<Vec<usize>, Vec<f64>> = given.iter().cloned().collect();
    let words_only = table(&mut all.iter().filter(|(_, token)| *token != end).cloned());
    let full_only = table(&mut all.iter().filter(|(context, _)| !context.contains(&start)).cloned());
    let swap = |t: &usize| if *t == start { end } else { *t };
    let padded = table(
        &mut all
            .iter()
            .map(|(context, token)| (context.iter().map(swap).collect(), *token)),
    );
    let reversed = table(
        &mut all
            .iter()
            .map(|(context, token)| (context.iter().rev().copied().collect(), *token)),
    );
    let mut once = table(&mut all.iter().cloned());
    once.values_mut()
        .flatten()
        .for_each(|count: &mut f64| *count = count.min(1.0));
    let mistakes = [
        (
            words_only,
            "the end of a sentence is not counted, and it is predicted like a word",
        ),
        (full_only, "the first words are not counted, and they follow starts"),
        (padded, "the contexts begin with ends, and should begin with starts"),
        (
            reversed,
            "the contexts are the wrong way round: the oldest token is first",
        ),
        (once, "each word is counted once at most, however often it came"),
    ];
    let found = mistakes.into_iter().find(|(table, _)| *table == given);
    found.map(|(_, what)| what)
}

/// The probabilities that known mistakes give, for counts after a context.
fn probable_wrongly(after: &[f64], all: f64, word: usize, k: f64) -> Vec<(f64, &'static str)> {
    let (count, total, p) = (after[word], after.iter().sum::<f64>(), after.len() as f64);
    let mut mistakes = vec![
        (
            (count + k) / (total + k * (p - 1.0)),
            "P counts the words and the end; the end was left out",
        ),
        (
            (count + k) / (total + k * (p + 1.0)),
            "P counts the words and the end; the start is never predicted",
        ),
        (
            (count + k) / (total + k),
            "k is added to each of the P counts, so the total grows by k P",
        ),
        (
            (count + k) / (all + k * p),
            "the total is that of all contexts, and should be that of this one",
        ),
    ];
    if total == 0.0 {
        mistakes.push((
            0.0,
            "a context that was never seen has probabilities too: its counts are 0, and k is added to them",
        ));
    } else {
        mistakes.extend([
            (
                (count + k) / total,
                "the total does not have the k that was added to each count",
            ),
            (
                count / (total + k * p),
                "k was added to the total, and not to the count",
            ),
            (count / total, "nothing was added to the counts"),
        ]);
    }
    mistakes
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
        let after: Vec<f64> = counts
            .iter()
            .map(|count| if context == 0 { *count } else { 0.0 })
            .collect();
        let mistakes = probable_wrongly(&after, counts.sum(), word, k);
        same_number("the probability", &given, right, &mistakes).map_err(|what| on(&shown, &what))?;
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
            let mistakes = probable_wrongly(&after, counts.sum(), word, k);
            same_number("the probability", &given, right, &mistakes).map_err(|what| on(&shown, &what))?;
            sum += given[0];
        }
        same("the sum over all words", &scalar(sum), &scalar(1.0))?;
    }
    Ok(())
}

/// The nats of one sentence's tokens under the distribution that `respond.rs` made up.
fn nats(predicted: &[(Vec<usize>, usize)]) -> Vec<f64> {
    let nats_of = |(context, word): &(Vec<usize>, usize)| {
        let mixed = context.iter().fold(word + 1, |mixed, token| mixed * 5 + token);
        ((2 + mixed % 11 + context.len()) as f64).ln()
    };
    predicted.iter().map(nats_of).collect()
}

/// Holds the mean against the distribution that `respond.rs` made up.
fn mean_nats(student: &Submission, order: usize, vocabulary: usize, sentences: &Sentences) -> Result<(), Complaint> {
    let [lengths, words] = text(sentences);
    let given = student.call_for_one("mean_nats", &[model(order, vocabulary, 1.0), lengths, words])?;
    let tokens: Vec<_> = sentences
        .iter()
        .map(|sentence| predicted(order, vocabulary, sentence))
        .collect();
    let by_sentence: Vec<Vec<f64>> = tokens.iter().map(|tokens| nats(tokens)).collect();
    let (all, count) = (by_sentence.concat(), by_sentence.concat().len() as f64);
    let sum = all.iter().sum::<f64>();
    let right = sum / count;
    let words_only: Vec<f64> = by_sentence
        .iter()
        .flat_map(|nats| &nats[..nats.len() - 1])
        .copied()
        .collect();
    let of_words = words_only.iter().sum::<f64>();
    let with_ends: Vec<f64> = tokens
        .iter()
        .flatten()
        .map(|(context, word)| {
            let end = |t: &usize| if *t == vocabulary + 1 { vocabulary } else { *t };
            (context.iter().map(end).collect::<Vec<_>>(), *word)
        })
        .flat_map(|token| nats(&[token]))
        .collect();
    let mean = |nats: &Vec<f64>| nats.iter().sum::<f64>() / nats.len() as f64;
    let means = by_sentence.iter().map(mean).sum::<f64>() / by_sentence.len() as f64;
    let mistakes = [
        (
            right / 2.0_f64.ln(),
            "this is the mean in bits; nats take the natural logarithm, `ln`, not `log2`",
        ),
        (
            right / 10.0_f64.ln(),
            "this is the mean with the logarithm to base 10; nats take the natural one, `ln`",
        ),
        (-right, "the sign is the other way round: a loss is -log p"),
        (right.exp(), "this is the perplexity; the loss is its logarithm"),
        (sum, "this is the sum over the tokens, not their mean"),
        (
            sum / sentences.len() as f64,
            "the sum was divided by the number of sentences, and not of predicted tokens",
        ),
        (
            means,
            "this is the mean of the sentences' means; long sentences weigh more than short ones",
        ),
        (
            of_words / words_only.len() as f64,
            "the ends of the sentences are left out; they are predicted too",
        ),
        (
            sum / words_only.len() as f64,
            "the ends are added up and not counted: divide by all predicted tokens",
        ),
        (of_words / count, "the ends are counted and not added up"),
        (
            mean(&with_ends),
            "the contexts begin with ends, and should begin with starts",
        ),
    ];
    same_number("the mean", &given, right, &mistakes).map_err(|what| told(order, vocabulary, sentences, &what))
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
