//! The comparison as one HTML page that needs nothing else: no network, no script, no file beside it.
//!
//! Pictures are inline SVG, each drawn for a wide and for a narrow page; the stylesheet shows one of them. Every number
//! in a picture also stands in a table.

use maud::{Markup, html};

use super::bars;
use super::comparison::Comparison;
use super::curves::{self, Along};
use super::lines::{self, Width};
use super::{quantity, tables};
use crate::html::{self, printable};

const STYLE: &str = include_str!("page.css");

/// The comparison as one self-contained HTML page.
pub fn page(comparison: &Comparison) -> String {
    let title = title(comparison);
    let body = html! {
        main {
            h1 { (title) } "\n"
            (summary(comparison)) "\n"
            (tables::outcome(comparison))
            (curve(comparison, Along::Steps))
            (curve(comparison, Along::Seconds))
            (gaps(comparison))
            (tables::curve_numbers(comparison))
            (samples(comparison))
            (settings(comparison))
        }
        footer {
            "Made by tapegrad. Losses are mean nats per predicted token, end of sentence included, padding not; \
             held-out text was never trained on."
        }
    };
    html::page(&title, STYLE, None, &body)
}

fn title(comparison: &Comparison) -> String {
    let corpus = printable(&comparison.corpus);
    match comparison.models.len() {
        1 => format!("One language model on {corpus}"),
        count @ 2..=6 => format!(
            "{} language models on {corpus}",
            ["Two", "Three", "Four", "Five", "Six"][count - 2]
        ),
        count => format!("{count} language models on {corpus}"),
    }
}

fn summary(comparison: &Comparison) -> Markup {
    let Some(best) = comparison.best_model() else {
        return html! {};
    };
    let above = match best.gap_nats {
        Some(gap) if gap >= 0.0 => format!(", {} above the entropy of the language", quantity::nats(gap)),
        Some(gap) => format!(
            ", {} below the entropy: a finite held-out text allows this by chance",
            quantity::nats(-gap)
        ),
        None => ". The entropy of this text is not known".into(),
    };
    let floor = comparison.best_floor().map_or(String::new(), |floor| {
        let (order, nats) = (floor.order, quantity::nats(floor.nats));
        format!(" No {order}-gram can have a lower loss than {nats}, with any amount of text.")
    });
    html! {
        p.lead {
            "The " (best.title) " has the lowest loss on held-out text: " (quantity::nats(best.heldout_nats))
            " nats per token" (above) "." (floor)
        }
        p.soft {
            (quantity::count(comparison.vocabulary as u64)) " different tokens; "
            (quantity::seconds(comparison.seconds)) " seconds in all."
        }
    }
}

fn curve(comparison: &Comparison, along: Along) -> Markup {
    let mut caption = match along {
        Along::Steps => "The loss on validation text while the models learn.".to_string(),
        Along::Seconds => "The same losses over time, on a logarithmic axis.".into(),
    };
    if curves::cuts_off(comparison, along) {
        caption += " The highest losses, at the beginning, are above the range of the chart.";
    }
    if comparison.best_floor().is_some() && along == Along::Steps {
        caption += " The dotted line is the loss of the best possible n-gram, the solid line the entropy: \
                    no model can beat it.";
    }
    let picture = |width| lines::picture(comparison, along, width);
    figure(curves::title(along), picture, &caption)
}

fn gaps(comparison: &Comparison) -> Markup {
    let caption = match comparison.ngram_floors.iter().any(|floor| floor.order > 1) {
        true => "Hollow bars are exact: the lowest loss that an n-gram of each order can reach with its short context.",
        false => "",
    };
    figure(
        bars::title(comparison),
        |width| bars::picture(comparison, width),
        caption,
    )
}

/// A picture for both widths of page under its title; nothing if there is nothing to draw.
fn figure(title: &str, picture: impl Fn(Width) -> Option<Markup>, caption: &str) -> Markup {
    let (Some(wide), Some(narrow)) = (picture(Width::Wide), picture(Width::Narrow)) else {
        return html! {};
    };
    html! {
        h2 { (title) } "\n"
        figure {
            (wide) (narrow)
            @if !caption.is_empty() { figcaption { (caption) } }
        }
        "\n"
    }
}

fn samples(comparison: &Comparison) -> Markup {
    html! {
        h2 { "Samples" } "\n"
        @for model in &comparison.models {
            h3 { (model.title) }
            pre { (printable(model.sample.trim_end())) } "\n"
        }
    }
}

fn settings(comparison: &Comparison) -> Markup {
    html! {
        h2 { "How to repeat this run" }
        pre { code { (printable(&comparison.command)) } } "\n"
        h2 { "Settings" } "\n"
        (tables::settings("All models", &comparison.config))
        @for model in &comparison.models { (tables::settings(&model.title, &model.settings)) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::example;
    use super::*;

    /// The values of an attribute, in the order of the page.
    fn attribute<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
        let begin = format!(" {name}=\"");
        page.split(&begin)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect()
    }

    #[test]
    fn the_page_asks_for_nothing_from_outside() {
        let page = page(&example::with_entropy());
        assert!(page.contains("default-src 'none'"));
        for outside in [
            "http:",
            "https:",
            "<script",
            "<link",
            "<img",
            "@import",
            "url(\"",
            " style=\"",
        ] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn ids_are_unique_and_references_have_a_target() {
        let page = page(&example::with_entropy());
        let ids = attribute(&page, "id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len());
        assert!(ids.len() > 10);
        let clips = page.split("url(#").skip(1).filter_map(|rest| rest.split(')').next());
        let labels = attribute(&page, "aria-labelledby")
            .into_iter()
            .flat_map(|ids| ids.split(' '));
        for reference in clips.chain(labels) {
            assert!(unique.contains(reference), "{reference}");
        }
    }

    #[test]
    fn what_a_model_writes_cannot_become_markup() {
        let mut comparison = example::with_entropy();
        comparison.models[0].sample = "</pre><script>alert(1)</script>".into();
        comparison.models[0].title = "<b>".into();
        comparison.corpus = "a & b".into();
        let page = page(&comparison);
        assert!(!page.contains("<script>") && !page.contains("<b>") && page.contains("on a &amp; b"));
    }

    #[test]
    fn every_opened_element_is_closed() {
        let page = page(&example::with_entropy());
        for element in [
            "table", "thead", "tbody", "tr", "th", "td", "svg", "figure", "details", "pre", "h2", "h3", "p",
        ] {
            let opened = page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
            assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
        }
    }

    #[test]
    fn a_comparison_without_entropy_curves_or_settings_still_makes_a_page() {
        let mut comparison = example::without_entropy();
        for model in &mut comparison.models {
            model.curve.clear();
            model.settings.clear();
        }
        let page = page(&comparison);
        assert!(page.contains("is not known") && !page.contains("NaN") && !page.contains("best possible"));
        comparison.models.clear();
        assert!(super::page(&comparison).ends_with("</html>\n"));
    }

    #[test]
    fn the_table_of_the_page_reads_as_on_the_terminal() {
        let page = page(&example::with_entropy());
        let begin = page.find("<table class=\"full\">").unwrap();
        let table = &page[begin..page[begin..].find("</table>").unwrap() + begin];
        let text = table
            .replace("</td>", " | ")
            .replace("</th>", " | ")
            .replace("<br>", " ");
        let plain: String = text
            .split('<')
            .filter_map(|part| part.split_once('>').map(|(_, text)| text))
            .collect();
        insta::assert_snapshot!(plain, @r"
        Model | Nats per token | Above entropy | Bits per token | Perplexity | Parameters | FLOPs | Seconds | 

        4-gram | 1.6689 | +0.2562 | 2.4077 | 5.31 | 41 210 | 3.20 M | 0.31 | 
        RNN | 1.5312 | +0.1185 | 2.2091 | 4.62 | 24 896 | 310 G | 14.2 | 
        LSTM | 1.4590 | +0.0463 | 2.1049 | 4.30 | 57 792 | 820 G | 31.9 | 
        Transformer | 1.4331 | +0.0204 | 2.0675 | 4.19 | 112 640 | 1.90 T | 48.7 | 


        best possible 1-gram | 3.1042 | +1.6915 | 4.4784 | 22.29 |  |  |  | 
        best possible 2-gram | 1.9870 | +0.5743 | 2.8666 | 7.29 |  |  |  | 
        best possible 3-gram | 1.7321 | +0.3194 | 2.4989 | 5.65 |  |  |  | 
        best possible 4-gram | 1.6613 | +0.2486 | 2.3967 | 5.27 |  |  |  | 
        entropy of the language | 1.4127 | +0.0000 | 2.0381 | 4.11 |  |  |  |
        ");
    }

    /// `TAPEGRAD_PAGE=FILE.html cargo test -p tapegrad-lessons the_page_can_be_looked_at` writes the page of the
    /// example, with `TAPEGRAD_PAGE_TEXT=1` that of a text without known entropy.
    #[test]
    fn the_page_can_be_looked_at() {
        let Some(path) = std::env::var_os("TAPEGRAD_PAGE") else {
            return;
        };
        let text = std::env::var_os("TAPEGRAD_PAGE_TEXT").is_some();
        let comparison = if text {
            example::without_entropy()
        } else {
            example::with_entropy()
        };
        std::fs::write(path, page(&comparison)).unwrap();
    }
}
