//! The picture as SVG, inputs at the bottom and the result at the top, as on the slides.

use std::fmt::Write;

use super::layout::layers;
use super::{Kind, Picture};

const WIDTH: usize = 130;
const HEIGHT: usize = 40;
const GAP: usize = 24;
const RISE: usize = 46;
const EDGE: usize = 20;

/// The picture as an SVG document; the same picture gives the same bytes.
pub fn svg(picture: &Picture) -> String {
    let places = layers(picture);
    let height = places.iter().map(|(layer, _)| layer + 1).max().unwrap_or(0);
    let mut widths = vec![0usize; height];
    places.iter().for_each(|(layer, _)| widths[*layer] += 1);
    let widest = widths.iter().max().copied().unwrap_or(0);
    let middle = |number: usize| {
        let (layer, place) = places[number];
        let shift = (widest - widths[layer]) * (WIDTH + GAP) / 2;
        let x = EDGE + shift + place * (WIDTH + GAP) + WIDTH / 2;
        let y = EDGE + (height - 1 - layer) * (HEIGHT + RISE) + HEIGHT / 2;
        (x, y)
    };
    let total_width = 2 * EDGE + (widest * (WIDTH + GAP)).saturating_sub(GAP);
    let total_height = 2 * EDGE + (height * (HEIGHT + RISE)).saturating_sub(RISE);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total_width} {total_height}\" role=\"img\">\n\
         <title>Computation graph</title>\n<desc>{} boxes and {} arrows; the text below lists them</desc>\n{STYLE}",
        picture.boxes.len(),
        picture.arrows.len()
    );
    for arrow in &picture.arrows {
        let ((x1, y1), (x2, y2)) = (middle(arrow.from), middle(arrow.to));
        let (top, bottom) = (y1 - HEIGHT / 2, y2 + HEIGHT / 2);
        let _ = writeln!(
            out,
            "<path class=\"forward\" d=\"M{x1} {top} C{x1} {} {x2} {} {x2} {bottom}\"/>",
            top.saturating_sub(RISE / 2),
            bottom + RISE / 2
        );
        if arrow.gradient {
            let _ = writeln!(
                out,
                "<path class=\"backward\" d=\"M{} {bottom} L{} {top}\"/>",
                x2 + 8,
                x1 + 8
            );
        }
    }
    for (number, one) in picture.boxes.iter().enumerate() {
        let (x, y) = middle(number);
        let round = if matches!(one.kind, Kind::Input | Kind::Data) {
            HEIGHT / 2
        } else {
            4
        };
        let class = format!("{:?}", one.kind).to_lowercase();
        let scope = one.scope.join(" / ");
        let _ = writeln!(
            out,
            "<g class=\"{class}\"><title>{}</title>",
            escaped(&format!("{scope} {}", one.lines.join(" ")))
        );
        let (left, top) = (x - WIDTH / 2, y - HEIGHT / 2);
        let _ = writeln!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{round}\"/>"
        );
        let first = y + 5 - 8 * (one.lines.len() - 1);
        for (line, text) in one.lines.iter().enumerate() {
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\">{}</text>",
                first + 16 * line,
                escaped(&shortened(text))
            );
        }
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

const STYLE: &str = "<style>\n\
    text { font: 13px sans-serif; text-anchor: middle; fill: #1a1a1a }\n\
    rect { fill: #ffffff; stroke: #404040 }\n\
    .input rect { fill: #dcebfa } .data rect { fill: #eeeeee } .param rect { fill: #fbe9c8 }\n\
    .constant rect { stroke: none } .scope rect { fill: #e6f2e0; stroke-width: 2 }\n\
    .forward { fill: none; stroke: #404040 }\n\
    .backward { fill: none; stroke: #b03030; stroke-dasharray: 5 4 }\n\
    </style>\n";

/// As much of a text as fits into a box.
fn shortened(text: &str) -> String {
    const LETTERS: usize = 18;
    if text.chars().count() <= LETTERS {
        return text.to_string();
    }
    text.chars().take(LETTERS - 1).chain(['…']).collect()
}

/// A text in which no sign is markup.
pub(super) fn escaped(text: &str) -> String {
    text.trim()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
