//! The tables of the page: what the models reached, the numbers of the curves, and settings.

use super::comparison::{Comparison, ModelOutcome, Setting};
use super::quantity;
use super::svg::escape;

/// What each model reached, and below it what is known exactly.
pub fn outcome(comparison: &Comparison) -> String {
    let best = comparison.best_model().map(|model| model.heldout_nats);
    let models: String = comparison.models.iter().map(|model| outcome_row(model, best)).collect();
    let bound = |title: &str, nats: f64| {
        let (bits, hesitation) = (
            quantity::nats(nats / std::f64::consts::LN_2),
            quantity::perplexity(nats.exp()),
        );
        let gap = comparison
            .entropy_nats
            .map_or("not known".into(), |entropy| quantity::difference(nats - entropy));
        format!(
            "<tr><th scope=\"row\">{title}</th><td>{}</td><td>{gap}</td><td>{bits}</td><td>{hesitation}</td>\
             <td></td><td></td><td></td></tr>\n",
            quantity::nats(nats)
        )
    };
    let floors = comparison.ngram_floors.iter();
    let mut bounds: String = floors
        .map(|floor| bound(&format!("best possible {}-gram", floor.order), floor.nats))
        .collect();
    bounds += &comparison
        .entropy_nats
        .map_or(String::new(), |entropy| bound("entropy of the language", entropy));
    let bounds = if bounds.is_empty() {
        bounds
    } else {
        format!("<tbody>\n{bounds}</tbody>\n")
    };
    format!(
        "<h2 id=\"outcome\">Outcome</h2>\n<div class=\"scroll\" role=\"region\" aria-labelledby=\"outcome\" \
         tabindex=\"0\">\n<table class=\"full\">\n<thead><tr><th scope=\"col\">Model</th>\
         <th scope=\"col\">Nats per<br>token</th><th scope=\"col\">Above<br>entropy</th>\
         <th scope=\"col\">Bits per<br>token</th><th scope=\"col\">Perplexity</th><th scope=\"col\">Parameters</th>\
         <th scope=\"col\">FLOPs</th><th scope=\"col\">Seconds</th></tr></thead>\n\
         <tbody>\n{models}</tbody>\n{bounds}</table>\n</div>\n"
    )
}

fn outcome_row(model: &ModelOutcome, best: Option<f64>) -> String {
    let class = if best == Some(model.heldout_nats) {
        " class=\"best\""
    } else {
        ""
    };
    format!(
        "<tr{class}><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
         <td>{}</td></tr>\n",
        escape(&model.title),
        quantity::nats(model.heldout_nats),
        model.gap_nats.map_or("not known".into(), quantity::difference),
        quantity::nats(model.heldout_bits),
        quantity::perplexity(model.perplexity),
        quantity::count(model.parameters),
        quantity::large(model.flops),
        quantity::seconds(model.seconds)
    )
}

/// All numbers of the curves, as a table that is folded in.
pub fn curve_numbers(comparison: &Comparison) -> String {
    let mut steps: Vec<u64> = comparison
        .models
        .iter()
        .flat_map(|model| model.curve.iter().map(|point| point.step))
        .collect();
    steps.sort_unstable();
    steps.dedup();
    if steps.is_empty() {
        return String::new();
    }
    let cell = |model: &ModelOutcome, step: u64| {
        let loss = model
            .curve
            .iter()
            .find(|point| point.step == step)
            .and_then(|point| point.heldout_nats);
        format!("<td>{}</td>", loss.map_or(String::new(), quantity::nats))
    };
    let row = |&step: &u64| {
        let cells: String = comparison.models.iter().map(|model| cell(model, step)).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", quantity::count(step))
    };
    let rows: String = steps.iter().map(row).collect();
    let header = |model: &ModelOutcome| format!("<th scope=\"col\">{}</th>", escape(&model.title));
    let headers: String = comparison.models.iter().map(header).collect();
    format!(
        "<details>\n<summary>The numbers of the curves</summary>\n<div class=\"scroll\" role=\"region\" \
         aria-label=\"The numbers of the curves\" tabindex=\"0\">\n<table>\n\
         <caption>Held-out loss in nats per token</caption>\n\
         <thead><tr><th scope=\"col\">Step</th>{headers}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n</details>\n"
    )
}

/// Settings by name under a heading; nothing if there are none.
pub fn settings(caption: &str, settings: &[Setting]) -> String {
    if settings.is_empty() {
        return String::new();
    }
    let row = |setting: &Setting| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
            escape(&setting.name),
            escape(&setting.value)
        )
    };
    let rows: String = settings.iter().map(row).collect();
    format!(
        "<h3>{}</h3>\n<table class=\"settings\">\n<tbody>\n{rows}</tbody>\n</table>\n",
        escape(caption)
    )
}
