//! The picture as SVG, inputs at the bottom and the result at the top, as on the slides.

use std::fmt::Write;

use super::frames::Frame;
use super::layout::{Layout, layout};
use super::{Arrow, BoxKind, Picture, PictureBox};

/// Height of a box, space between two layers, and margin around everything.
const HEIGHT: f64 = 40.0;
const RISE: f64 = 46.0;
const EDGE: f64 = 20.0;

/// The room for the name of a frame above its boxes, and for its lower line below them.
const TITLE: f64 = 18.0;
const FOOT: f64 = 8.0;

/// The width of a letter, nearly, and of the narrowest box.
const LETTER: f64 = 7.4;
const WIDTH_MIN: f64 = 56.0;

/// The picture as an SVG document; the same picture gives the same bytes.
pub fn svg(picture: &Picture) -> String {
    let widths: Vec<f64> = picture.boxes.iter().map(width).collect();
    let places = layout(picture, &widths);
    let has_back = picture.arrows.iter().any(|arrow| arrow.back.is_some());
    let total_width = 2.0 * EDGE + places.width + if has_back { 3.0 * EDGE } else { 0.0 };
    let (middles, total_height) = heights(&places);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total_width:.0} {total_height:.0}\" role=\"img\">\n\
         <title>Computation graph</title>\n<desc>{} boxes and {} arrows</desc>\n{STYLE}",
        picture.boxes.len(),
        picture.arrows.len()
    );
    let drawing = Drawing { middles };
    places.frames.iter().for_each(|frame| drawing.frame(frame, &mut out));
    for (arrow, route) in picture.arrows.iter().zip(&places.routes) {
        drawing.arrow(arrow, route, &widths, &mut out);
    }
    for (number, one) in picture.boxes.iter().enumerate() {
        drawing.one_box(one, places.boxes[number], widths[number], &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// As wide as its longest line, within limits.
fn width(one: &PictureBox) -> f64 {
    let letters = one
        .lines
        .iter()
        .map(|line| line.chars().count().min(LETTERS))
        .max()
        .unwrap_or(0);
    (letters as f64 * LETTER + 18.0).max(WIDTH_MIN)
}

/// The middle of each layer from the top, with room for the frames that end there, and the height of everything.
fn heights(places: &Layout) -> (Vec<f64>, f64) {
    let mut room = vec![(0usize, 0usize); places.layers];
    for Frame { layers, nested, .. } in &places.frames {
        room[layers.0].0 = room[layers.0].0.max(nested.0);
        room[layers.1].1 = room[layers.1].1.max(nested.1);
    }
    let mut top = EDGE;
    let mut middles = vec![0.0; places.layers];
    for layer in (0..places.layers).rev() {
        top += room[layer].1 as f64 * TITLE;
        middles[layer] = top + HEIGHT / 2.0;
        top += HEIGHT + room[layer].0 as f64 * FOOT + if layer > 0 { RISE } else { 0.0 };
    }
    (middles, top + EDGE)
}

struct Drawing {
    middles: Vec<f64>,
}

impl Drawing {
    /// The middle of a place, on the paper.
    fn middle(&self, (layer, x): (usize, f64)) -> (f64, f64) {
        (EDGE + x, self.middles[layer])
    }

    /// The frame of an open scope, with its name in the corner.
    fn frame(&self, frame: &Frame, out: &mut String) {
        let (left, right) = (EDGE + frame.sides.0, EDGE + frame.sides.1);
        let top = self.middles[frame.layers.1] - HEIGHT / 2.0 - frame.nested.1 as f64 * TITLE;
        let bottom = self.middles[frame.layers.0] + HEIGHT / 2.0 + frame.nested.0 as f64 * FOOT;
        let title = escaped(&frame.path.join(" / "));
        let name = escaped(frame.path.last().map_or("", String::as_str));
        let _ = writeln!(
            out,
            "<g class=\"frame\"><title>{title}</title>\n\
             <path d=\"M{left:.1} {top:.1} H{right:.1} V{bottom:.1} H{left:.1} Z\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{name}</text></g>",
            left + 6.0,
            top + 13.0
        );
    }

    fn arrow(&self, arrow: &Arrow, route: &[(usize, f64)], widths: &[f64], out: &mut String) {
        let points: Vec<(f64, f64)> = route.iter().map(|&place| self.middle(place)).collect();
        if let Some(round) = &arrow.back {
            return back(
                points[0],
                points[points.len() - 1],
                [widths[arrow.from], widths[arrow.to]],
                round,
                out,
            );
        }
        let _ = writeln!(out, "<path class=\"forward\" d=\"{}\"/>", curve(&points, 0.0));
        if arrow.gradient {
            let _ = writeln!(out, "<path class=\"backward\" d=\"{}\"/>", curve(&points, 7.0));
        }
    }

    fn one_box(&self, one: &PictureBox, place: (usize, f64), width: f64, out: &mut String) {
        let (x, y) = self.middle(place);
        let round = if matches!(one.kind, BoxKind::Input | BoxKind::Data) {
            HEIGHT / 2.0
        } else {
            4.0
        };
        let class = format!("{:?}", one.kind).to_lowercase();
        let title = format!("{} {}", one.scope.join(" / "), one.lines.join(" "));
        let _ = writeln!(out, "<g class=\"{class}\"><title>{}</title>", escaped(&title));
        let (left, top) = (x - width / 2.0, y - HEIGHT / 2.0);
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" rx=\"{round}\"/>"
        );
        let first = y + 4.5 - 8.0 * (one.lines.len() as f64 - 1.0);
        for (line, text) in one.lines.iter().enumerate() {
            let weight = if line == 0 && one.lines.len() > 1 {
                " class=\"name\""
            } else {
                ""
            };
            let baseline = first + 16.0 * line as f64;
            let text = escaped(&shortened(text));
            let _ = writeln!(out, "<text{weight} x=\"{x:.1}\" y=\"{baseline:.1}\">{text}</text>");
        }
        out.push_str("</g>\n");
    }
}

/// A curve from the top of the first place through all bends to the bottom of the last, moved aside by so much.
fn curve(points: &[(f64, f64)], aside: f64) -> String {
    let (x, y) = points[0];
    let mut path = format!("M{:.1} {:.1}", x + aside, y - HEIGHT / 2.0);
    for (i, pair) in points.windows(2).enumerate() {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        let (x1, x2, top, bottom) = (x1 + aside, x2 + aside, y1 - HEIGHT / 2.0, y2 + HEIGHT / 2.0);
        let middle = (top + bottom) / 2.0;
        let _ = write!(path, " C{x1:.1} {middle:.1} {x2:.1} {middle:.1} {x2:.1} {bottom:.1}");
        if i + 2 < points.len() {
            let _ = write!(path, " V{:.1}", y2 - HEIGHT / 2.0);
        }
    }
    path
}

/// What one round hands to the next: from the right of one box around to the right of the other.
fn back((x1, y1): (f64, f64), (x2, y2): (f64, f64), widths: [f64; 2], round: &str, out: &mut String) {
    let (x1, x2) = (x1 + widths[0] / 2.0, x2 + widths[1] / 2.0);
    let far = x1.max(x2) + 1.8 * EDGE;
    let _ = writeln!(
        out,
        "<path class=\"forward round\" d=\"M{x1:.1} {y1:.1} C{far:.1} {y1:.1} {far:.1} {y2:.1} {x2:.1} {y2:.1}\"/>"
    );
    let (x, y) = (far - 0.4 * EDGE, (y1 + y2) / 2.0);
    let _ = writeln!(
        out,
        "<text class=\"round\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
        escaped(round)
    );
}

const STYLE: &str = "<style>\n\
    text { font: 13px sans-serif; text-anchor: middle; fill: #1a1a1a } .name { font-weight: bold }\n\
    rect { fill: #ffffff; stroke: #404040 }\n\
    .input rect { fill: #dcebfa } .data rect { fill: #eeeeee } .param rect { fill: #fbe9c8 }\n\
    .constant rect { stroke: #b0b0b0; stroke-dasharray: 2 3 } .scope rect { fill: #e6f2e0; stroke-width: 2 }\n\
    .forward { fill: none; stroke: #404040; marker-end: url(#tip) }\n\
    .backward { fill: none; stroke: #b03030; stroke-dasharray: 5 4; marker-start: url(#back) }\n\
    .frame path { fill: #f4f7f2; stroke: #8fa585 } .frame text { text-anchor: start; font-size: 12px; fill: #55704a }\n\
    path.round { stroke-dasharray: 6 3 } text.round { text-anchor: start; font-style: italic }\n\
    </style>\n\
    <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
    orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#404040\"/></marker>\n\
    <marker id=\"back\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
    orient=\"auto-start-reverse\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#b03030\"/></marker></defs>\n";

/// How many letters of a line are shown; the title of the box has them all.
const LETTERS: usize = 24;

/// As much of a text as fits into a box.
fn shortened(text: &str) -> String {
    if text.chars().count() <= LETTERS {
        return text.to_string();
    }
    text.chars().take(LETTERS - 1).chain(['…']).collect()
}

/// A text in which no sign is markup.
pub(crate) fn escaped(text: &str) -> String {
    text.trim()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
