//! The tables of the page: the results of the models, the numbers of the curves, and settings.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::comparison::{Comparison, ModelOutcome, Setting};
use super::quantity;

/// What each model reached, and below it what is known exactly.
pub fn outcome(comparison: &Comparison) -> Markup {
    let best = comparison.best_model().map(|model| model.heldout_nats);
    let floors = comparison.ngram_floors.iter();
    let floors = floors.map(|floor| (format!("best possible {}-gram", floor.order), floor.nats));
    let entropy = comparison.entropy_nats.iter();
    let bounds: Vec<(String, f64)> = floors
        .chain(entropy.map(|&entropy| ("entropy of the language".into(), entropy)))
        .collect();
    let gap = |nats: f64| comparison.entropy_nats.map(|entropy| nats - entropy);
    html! {
        h2 id="outcome" { "Outcome" }
        div.scroll role="region" aria-labelledby="outcome" tabindex="0" {
            table.full {
                thead {
                    tr {
                        th scope="col" { "Model" }
                        @for (above, below) in [("Nats per", "token"), ("Above", "entropy"), ("Bits per", "token")] {
                            th scope="col" { (above) br; (below) }
                        }
                        @for heading in ["Perplexity", "Parameters", "FLOPs", "Seconds"] { th scope="col" { (heading) } }
                    }
                }
                "\n"
                tbody {
                    "\n"
                    @for model in &comparison.models { (outcome_row(model, best)) "\n" }
                }
                "\n"
                @if !bounds.is_empty() {
                    tbody {
                        "\n"
                        @for (title, nats) in bounds {
                            tr {
                                th scope="row" { (title) }
                                (losses(nats, gap(nats), nats / std::f64::consts::LN_2, nats.exp()))
                                td {} td {} td {}
                            }
                            "\n"
                        }
                    }
                }
            }
        }
        "\n"
    }
}

fn outcome_row(model: &ModelOutcome, best: Option<f64>) -> Markup {
    html! {
        tr.best[best == Some(model.heldout_nats)] {
            th scope="row" { (model.title) }
            (losses(model.heldout_nats, model.gap_nats, model.heldout_bits, model.perplexity))
            td { (quantity::count(model.parameters)) }
            td { (quantity::large(model.flops)) }
            td { (quantity::seconds(model.seconds)) }
        }
    }
}

/// The four columns that say how good a prediction is.
fn losses(nats: f64, gap: Option<f64>, bits: f64, perplexity: f64) -> Markup {
    html! {
        td { (quantity::nats(nats)) }
        td { (gap.map_or("not known".into(), quantity::difference)) }
        td { (quantity::nats(bits)) }
        td { (quantity::perplexity(perplexity)) }
    }
}

/// All numbers of the curves, as a table that is folded in.
pub fn curve_numbers(comparison: &Comparison) -> Markup {
    let models = &comparison.models;
    let points = models.iter().flat_map(|model| &model.curve);
    let steps: BTreeSet<u64> = points.map(|point| point.step).collect();
    let loss = |model: &ModelOutcome, step: u64| {
        let point = model.curve.iter().find(|point| point.step == step);
        let loss = point.and_then(|point| point.validation_nats);
        loss.map_or(String::new(), quantity::nats)
    };
    if steps.is_empty() {
        return html! {};
    }
    html! {
        details {
            summary { "The numbers of the curves" }
            div.scroll role="region" aria-label="The numbers of the curves" tabindex="0" {
                table {
                    caption { "Validation loss in nats per token" }
                    thead {
                        tr { th scope="col" { "Step" } @for model in models { th scope="col" { (model.title) } } }
                    }
                    tbody {
                        @for step in steps {
                            tr {
                                th scope="row" { (quantity::count(step)) }
                                @for model in models { td { (loss(model, step)) } }
                            }
                        }
                    }
                }
            }
        }
        "\n"
    }
}

/// Settings by name under a heading; nothing if there are none.
pub fn settings(caption: &str, settings: &[Setting]) -> Markup {
    html! {
        @if !settings.is_empty() {
            h3 { (caption) }
            table.settings {
                tbody { @for setting in settings { tr { th scope="row" { (setting.name) } td { (setting.value) } } } }
            }
            "\n"
        }
    }
}
