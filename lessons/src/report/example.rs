//! Invented outcomes for the tests of the report; nothing here was measured.

use super::comparison::{Comparison, CurvePoint, ModelOutcome, NgramFloor, Setting};

const ENTROPY: f64 = 1.4127;

/// An invented comparison on a language whose entropy is known.
pub fn with_entropy() -> Comparison {
    let floors = [3.1042, 1.9870, 1.7321, 1.6613];
    let comparison = Comparison {
        corpus: "narwhals (generated)".into(),
        vocabulary: 64,
        entropy_nats: Some(ENTROPY),
        models: vec![
            model("ngram", "4-gram", 41_210, 3_200_000, 0.31).with_loss(1.6689, Some(ENTROPY)),
            model("rnn", "RNN", 24_896, 310_000_000_000, 14.2).with_loss(1.5312, Some(ENTROPY)),
            model("lstm", "LSTM", 57_792, 820_000_000_000, 31.9).with_loss(1.4590, Some(ENTROPY)),
            model("transformer", "Transformer", 112_640, 1_900_000_000_000, 48.7).with_loss(1.4331, Some(ENTROPY)),
        ],
        ngram_floors: floors
            .iter()
            .enumerate()
            .map(|(index, &nats)| NgramFloor { order: index + 1, nats })
            .collect(),
        command: "tapegrad compare --seed 0".into(),
        config: vec![
            Setting::new("training tokens", "400 000"),
            Setting::new("held-out tokens", "50 000"),
            Setting::new("steps", 1000),
            Setting::new("seed", 0),
        ],
        seconds: 96.4,
    };
    with_curves(comparison)
}

/// An invented comparison on a text whose entropy is not known.
pub fn without_entropy() -> Comparison {
    let mut comparison = with_entropy();
    comparison.corpus = "a text".into();
    comparison.entropy_nats = None;
    comparison.ngram_floors.clear();
    comparison.models.iter_mut().for_each(|model| model.gap_nats = None);
    // Counting needs one pass, and this curve has only its end.
    let counting = &mut comparison.models[0].curve;
    counting.drain(..counting.len() - 1);
    comparison
}

fn model(name: &str, title: &str, parameters: u64, flops: u64, seconds: f64) -> ModelOutcome {
    ModelOutcome {
        name: name.into(),
        title: title.into(),
        heldout_nats: f64::NAN,
        gap_nats: None,
        heldout_bits: f64::NAN,
        perplexity: f64::NAN,
        parameters,
        flops,
        seconds,
        sample: format!("the narwhal that the {title} saw sings .\nsome whales near the ice swim & dive ."),
        curve: Vec::new(),
        settings: vec![Setting::new("width", 64), Setting::new("learning rate", "0.003")],
    }
}

fn with_curves(mut comparison: Comparison) -> Comparison {
    for (index, model) in comparison.models.iter_mut().enumerate() {
        let pace = [25.0, 60.0, 95.0, 130.0][index];
        let start = 64.0_f64.ln() - model.heldout_nats;
        let loss = |step: f64| model.heldout_nats + start * (-step / pace).exp() + 0.1 * (-step / 260.0).exp();
        let end = loss(1000.0) - model.heldout_nats;
        model.curve = (0..=20)
            .map(|point| {
                let step = 50 * point;
                let heldout = loss(step as f64) - end;
                CurvePoint {
                    step,
                    seconds: Some(model.seconds * step as f64 / 1000.0),
                    train_nats: (step > 0).then_some(heldout - 0.01),
                    validation_nats: Some(heldout),
                }
            })
            .collect();
    }
    comparison
}
