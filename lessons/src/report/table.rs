//! The comparison as a table for the terminal, with a sample of each model's text below.

use super::comparison::{Comparison, ModelOutcome};
use super::quantity;

const HEADERS: [&str; 8] = [
    "model",
    "nats/token",
    "bits/token",
    "perplexity",
    "above entropy",
    "parameters",
    "FLOPs",
    "seconds",
];

/// The comparison as a table for the terminal, with a sample of each model's text below.
///
/// **Units**: losses in nats and bits per token, FLOPs of the whole training, seconds of the whole training.
pub fn table(comparison: &Comparison) -> String {
    let models: Vec<Vec<String>> = comparison.models.iter().map(cells_of_model).collect();
    let bounds = bounds(comparison);
    let headers: Vec<String> = HEADERS.iter().map(|header| header.to_string()).collect();
    let widths = widths([&headers].into_iter().chain(&models).chain(&bounds));
    let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1)) + "\n";

    let mut text = format!(
        "corpus: {}, {} different tokens\n\n",
        comparison.corpus, comparison.vocabulary
    );
    text += &line(&headers, &widths);
    text += &rule;
    models.iter().for_each(|cells| text += &line(cells, &widths));
    if !bounds.is_empty() {
        text += &rule;
        bounds.iter().for_each(|cells| text += &line(cells, &widths));
    }
    text += "\nsamples\n";
    for model in &comparison.models {
        text += &format!("\n  {}\n", model.title);
        model
            .sample
            .lines()
            .for_each(|sentence| text += &format!("    {sentence}\n"));
    }
    text
}

fn cells_of_model(model: &ModelOutcome) -> Vec<String> {
    vec![
        model.title.clone(),
        quantity::nats(model.heldout_nats),
        quantity::nats(model.heldout_bits),
        quantity::perplexity(model.perplexity),
        model.gap_nats.map_or("not known".into(), quantity::difference),
        quantity::count(model.parameters),
        quantity::large(model.flops),
        quantity::seconds(model.seconds),
    ]
}

/// The rows of what is known exactly: the floors of the n-grams, and the entropy.
fn bounds(comparison: &Comparison) -> Vec<Vec<String>> {
    let row = |title: String, nats: f64| {
        let mut cells = vec![
            title,
            quantity::nats(nats),
            quantity::nats(nats / std::f64::consts::LN_2),
            quantity::perplexity(nats.exp()),
        ];
        cells.extend(
            comparison
                .entropy_nats
                .map(|entropy| quantity::difference(nats - entropy)),
        );
        cells
    };
    let floors = comparison.ngram_floors.iter();
    let floors = floors.map(|floor| row(format!("best possible {}-gram", floor.order), floor.nats));
    let entropy = comparison
        .entropy_nats
        .map(|entropy| row("entropy of the language".into(), entropy));
    floors.chain(entropy).collect()
}

fn widths<'a>(rows: impl Iterator<Item = &'a Vec<String>>) -> Vec<usize> {
    let mut widths = vec![0; HEADERS.len()];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

/// The first column is text and begins at the left; the others are numbers and end at the right.
fn line(cells: &[String], widths: &[usize]) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(column, (cell, &width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
    let joined: Vec<String> = padded.collect();
    joined.join("  ").trim_end().to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::table;

    #[test]
    fn columns_are_aligned_and_the_exact_bounds_stand_below_the_models() {
        insta::assert_snapshot!(table(&example::with_entropy()), @r"
        corpus: narwhals (generated), 64 different tokens

        model                    nats/token  bits/token  perplexity  above entropy  parameters   FLOPs  seconds
        -------------------------------------------------------------------------------------------------------
        4-gram                       1.6689      2.4077        5.31        +0.2562      41 210  3.20 M     0.31
        RNN                          1.5312      2.2091        4.62        +0.1185      24 896   310 G     14.2
        LSTM                         1.4590      2.1049        4.30        +0.0463      57 792   820 G     31.9
        Transformer                  1.4331      2.0675        4.19        +0.0204     112 640  1.90 T     48.7
        -------------------------------------------------------------------------------------------------------
        best possible 1-gram         3.1042      4.4784       22.29        +1.6915
        best possible 2-gram         1.9870      2.8666        7.29        +0.5743
        best possible 3-gram         1.7321      2.4989        5.65        +0.3194
        best possible 4-gram         1.6613      2.3967        5.27        +0.2486
        entropy of the language      1.4127      2.0381        4.11        +0.0000

        samples

          4-gram
            the narwhal that the 4-gram saw sings .
            some whales near the ice swim & dive .

          RNN
            the narwhal that the RNN saw sings .
            some whales near the ice swim & dive .

          LSTM
            the narwhal that the LSTM saw sings .
            some whales near the ice swim & dive .

          Transformer
            the narwhal that the Transformer saw sings .
            some whales near the ice swim & dive .
        ");
    }

    #[test]
    fn an_unknown_entropy_is_said_and_not_shown_as_a_number() {
        let text = table(&example::without_entropy());
        assert!(text.contains("not known") && !text.contains("entropy of the language"));
    }
}
