//! What `--explain` shows, as a page that needs nothing else.

use maud::{Markup, html};

use super::explain::Explained;
use crate::html::{page as html_page, printable};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;\
color:#1b1b1b;background:#fff}pre{white-space:pre-wrap;background:#f3f3f3;padding:1rem}\
table{border-collapse:collapse}th,td{padding:.15rem .8rem .15rem 0;text-align:left;white-space:nowrap}\
th{font-weight:600}.chosen{font-weight:700}svg{width:8rem;height:.8rem;vertical-align:middle}\
rect{fill:#3b6ea8}.chosen rect{fill:#b3541e}.scroll{overflow-x:auto}\
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}pre{background:#262626}}";

/// The page of a text and of how its tokens were chosen.
pub fn page(text: &str, tokens: &[Explained]) -> String {
    let body = html! {
        main {
            h1 { "How each token was chosen" }
            p {
                "Each row is a token, each column a distribution: that of the model, and what each filter leaves of it. "
                "The chosen token is bold."
            }
            pre { (printable(text)) }
            @for (number, token) in tokens.iter().enumerate() { (table(number + 1, token)) }
        }
    };
    html_page("How each token was chosen", STYLE, None, &body)
}

fn table(number: usize, explained: &Explained) -> Markup {
    html! {
        h2 { "Token " (number) ": " (printable(&explained.name)) }
        p { (format!("{:.4} nats by the model", explained.token.nats)) }
        div.scroll { table {
            thead { tr {
                th scope="col" { "token" }
                @for stage in &explained.stages { th scope="col" { (stage.filter) } }
            } }
            tbody {
                @for (id, name) in &explained.shown {
                    tr.chosen[*id == explained.token.id] {
                        th scope="row" { (printable(name)) }
                        @for stage in &explained.stages { td { (cell(stage.probs[*id as usize])) } }
                    }
                }
            }
        } }
    }
}

/// A probability as a number and a bar.
fn cell(prob: f64) -> Markup {
    html! {
        @if prob > 0.0 {
            svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
                rect x="0" y="0" height="10" width=(format!("{:.2}", 100.0 * prob)) {}
            }
            " " (format!("{prob:.3}"))
        } @else { "–" }
    }
}
