//! Marks on a drawing: lines, texts and points as SVG, with a title and a description for screen readers.

use maud::{Markup, html};

/// A drawing that marks are added to.
#[derive(Debug)]
pub struct SvgDrawing {
    width: f64,
    height: f64,
    marks: Vec<Markup>,
}

/// The side of its place on which a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// The text has its middle there.
    Middle,
    /// The text ends there.
    End,
}

impl SvgDrawing {
    /// An empty drawing of this size.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            marks: Vec::new(),
        }
    }

    /// A straight line from one place to another.
    pub fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(tenths);
        self.marks
            .push(html! { line class=(class) x1=(x1) y1=(y1) x2=(x2) y2=(y2) {} });
    }

    /// A line through places; what lies outside the rectangle `clip` is not shown.
    pub fn path(&mut self, class: &str, places: &[[f64; 2]], clip: &str) {
        let step = |(index, [x, y]): (usize, &[f64; 2])| {
            let letter = if index == 0 { 'M' } else { 'L' };
            format!("{letter}{x:.1} {y:.1}")
        };
        let d: String = places.iter().enumerate().map(step).collect();
        self.marks
            .push(html! { path class=(class) clip-path={ "url(#" (clip) ")" } d=(d) {} });
    }

    /// A closed shape around a place, given by its path relative to it.
    pub fn point(&mut self, class: &str, [x, y]: [f64; 2], shape: &str) {
        let to = format!("translate({x:.1} {y:.1})");
        self.marks
            .push(html! { path class=(class) transform=(to) d=(shape) {} });
    }

    /// A rectangle from its upper left corner.
    pub fn rectangle(&mut self, class: &str, corner: [f64; 2], size: [f64; 2]) {
        self.marks.push(rectangle(Some(class), corner, size));
    }

    /// A named rectangle outside of which a [`path`](Self::path) is not shown.
    pub fn clip(&mut self, id: &str, corner: [f64; 2], size: [f64; 2]) {
        self.marks
            .push(html! { clipPath id=(id) { (rectangle(None, corner, size)) } });
    }

    /// A text at a place.
    pub fn text(&mut self, class: &str, [x, y]: [f64; 2], anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let [x, y] = [x, y].map(tenths);
        self.marks
            .push(html! { text class=(class) x=(x) y=(y) text-anchor=(anchor) { (text) } });
    }

    /// The drawing as an `svg` element with this id, title and description.
    pub fn finish(self, id: &str, class: &str, title: &str, description: &str) -> Markup {
        self.element(None, id, class, title, description)
    }

    /// The drawing as a file of its own, with its style.
    pub fn file(self, id: &str, style: &str, title: &str, description: &str) -> String {
        self.element(Some(style), id, "picture", title, description)
            .into_string()
    }

    /// Elements without content are written with an end tag, which HTML and XML both read.
    fn element(self, style: Option<&str>, id: &str, class: &str, title: &str, description: &str) -> Markup {
        let namespace = style.map(|_| "http://www.w3.org/2000/svg");
        let view_box = format!("0 0 {:.0} {:.0}", self.width, self.height);
        html! {
            svg xmlns=[namespace] class=(class) viewBox=(view_box) role="img"
                aria-labelledby={ (id) "-title " (id) "-desc" } {
                "\n" title id={ (id) "-title" } { (title) }
                "\n" desc id={ (id) "-desc" } { (description) }
                "\n" @if let Some(style) = style { style { (style) } "\n" }
                @for mark in self.marks { (mark) "\n" }
            }
            "\n"
        }
    }
}

fn rectangle(class: Option<&str>, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> Markup {
    let [x, y, width, height] = [x, y, width, height].map(tenths);
    html! { rect class=[class] x=(x) y=(y) width=(width) height=(height) {} }
}

/// A length in tenths of a pixel.
fn tenths(length: f64) -> String {
    format!("{length:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_a_title_and_a_description() {
        let mut drawing = SvgDrawing::new(10.0, 20.0);
        drawing.text("tick", [1.0, 2.0], Anchor::End, "a < b");
        insta::assert_snapshot!(drawing.finish("d", "wide", "Title", "What it shows").into_string(), @r#"
        <svg class="wide" viewBox="0 0 10 20" role="img" aria-labelledby="d-title d-desc">
        <title id="d-title">Title</title>
        <desc id="d-desc">What it shows</desc>
        <text class="tick" x="1.0" y="2.0" text-anchor="end">a &lt; b</text>
        </svg>
        "#);
    }
}
