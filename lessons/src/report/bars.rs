//! Bars: the distance of each model to the entropy, beside the smallest distance that an n-gram can have.

use maud::Markup;

use super::comparison::Comparison;
use super::labels::shortened;
use super::lines::Width;
use super::scale::{Scale, Spacing};
use super::svg::{Anchor, SvgDrawing};
use super::{quantity, series};

const BAR_HEIGHT: f64 = 18.0;
const ROW_HEIGHT: f64 = 28.0;
const TITLE_LETTERS: usize = 16;

/// The picture of the gaps where the entropy is known, else of the losses themselves.
///
/// Gives `None` if there is no finite number to show.
pub fn picture(comparison: &Comparison, width: Width) -> Option<Markup> {
    let bars = bars(comparison);
    if bars.is_empty() {
        return None;
    }
    let (id, class, total) = match width {
        Width::Wide => ("bars-wide", "wide", 720.0),
        Width::Narrow => ("bars-narrow", "narrow", 340.0),
    };
    let letters = bars.iter().map(|bar| bar.title.chars().count()).max().unwrap_or(0);
    let (left, right) = (10.0 + 6.6 * letters as f64, total - 58.0);
    let largest = bars.iter().map(|bar| bar.nats).fold(0.0, f64::max);
    let scale = Scale::new(Spacing::Linear, [0.0, largest], [left, right]);
    let height = ROW_HEIGHT * bars.len() as f64 + 4.0;
    let mut drawing = SvgDrawing::new(total, height);
    for (row, bar) in bars.iter().enumerate() {
        let y = ROW_HEIGHT * row as f64 + 7.0;
        let end = scale.pixel(bar.nats.max(0.0));
        drawing.text(
            &format!("label {}", bar.class),
            [left - 8.0, y + 13.0],
            Anchor::End,
            &bar.title,
        );
        drawing.rectangle(&format!("bar {}", bar.class), [left, y], [end - left, BAR_HEIGHT]);
        let number = if comparison.entropy_nats.is_some() {
            format!("{:+.3}", bar.nats)
        } else {
            format!("{:.3}", bar.nats)
        };
        drawing.text("number", [end + 6.0, y + 13.0], Anchor::Start, &number);
    }
    drawing.line("axis", [left, 2.0], [left, height - 2.0]);
    Some(drawing.finish(id, class, title(comparison), &description(&bars)))
}

/// The title of the picture.
pub fn title(comparison: &Comparison) -> &'static str {
    match comparison.entropy_nats {
        Some(_) => "Distance to the entropy, nats per token",
        None => "Held-out loss at the end, nats per token",
    }
}

struct Bar {
    class: String,
    title: String,
    nats: f64,
}

fn bars(comparison: &Comparison) -> Vec<Bar> {
    let zero = comparison.entropy_nats.unwrap_or(0.0);
    let models = comparison.models.iter().enumerate().map(|(position, model)| Bar {
        class: series::class(position),
        title: shortened(&model.title, TITLE_LETTERS),
        nats: model.heldout_nats - zero,
    });
    // The floor of order 1 knows no context; its bar would dwarf all others.
    let floors = comparison
        .ngram_floors
        .iter()
        .filter(|floor| floor.order > 1)
        .map(|floor| Bar {
            class: "floor".into(),
            title: format!("best {}-gram", floor.order),
            nats: floor.nats - zero,
        });
    models.chain(floors).filter(|bar| bar.nats.is_finite()).collect()
}

fn description(bars: &[Bar]) -> String {
    let parts: Vec<String> = bars
        .iter()
        .map(|bar| format!("{} {}", bar.title, quantity::nats(bar.nats)))
        .collect();
    format!("One bar each: {}. All in nats per token.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn bars_show_the_gaps_of_models_and_of_floors() {
        let svg = picture(&example::with_entropy(), Width::Wide).unwrap().into_string();
        for text in ["+0.020", "+0.256", "best 3-gram", "+0.319"] {
            assert!(svg.contains(&format!(">{text}<")), "{text}");
        }
    }

    #[test]
    fn a_model_below_the_entropy_has_an_empty_bar_and_its_number() {
        let mut comparison = example::with_entropy();
        comparison.models[3].heldout_nats = comparison.entropy_nats.unwrap() - 0.004;
        let svg = picture(&comparison, Width::Wide).unwrap().into_string();
        assert!(svg.contains(">-0.004<") && svg.contains("width=\"0.0\""));
    }

    #[test]
    fn without_an_entropy_the_bars_are_the_losses() {
        assert!(
            picture(&example::without_entropy(), Width::Wide)
                .unwrap()
                .into_string()
                .contains(">1.433<")
        );
    }
}
