//! Marks on a drawing: lines, texts and points as inline SVG, with a title and a description for those who hear it.

use std::fmt::Write;

/// Text as it may stand in HTML and SVG, in content and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            // Other control characters are not allowed in a page at all.
            control if control.is_control() && !matches!(control, '\n' | '\t') => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// A drawing that marks are added to.
#[derive(Debug)]
pub struct Drawing {
    width: f64,
    height: f64,
    body: String,
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

impl Drawing {
    /// An empty drawing of this size.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    /// A straight line from one place to another.
    pub fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        self.add(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        ));
    }

    /// A line through places; what lies outside the rectangle `clip` is not shown.
    pub fn path(&mut self, class: &str, places: &[[f64; 2]], clip: &str) {
        let mut d = String::new();
        for (index, [x, y]) in places.iter().enumerate() {
            let letter = if index == 0 { 'M' } else { 'L' };
            write!(d, "{letter}{x:.1} {y:.1}").expect("writing to a string does not fail");
        }
        self.add(format_args!(
            r#"<path class="{class}" clip-path="url(#{clip})" d="{d}"/>"#
        ));
    }

    /// A closed shape around a place, given by its path relative to it.
    pub fn point(&mut self, class: &str, [x, y]: [f64; 2], shape: &str) {
        self.add(format_args!(
            r#"<path class="{class}" transform="translate({x:.1} {y:.1})" d="{shape}"/>"#
        ));
    }

    /// A rectangle from its upper left corner.
    pub fn rectangle(&mut self, class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) {
        self.add(format_args!(
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        ));
    }

    /// A named rectangle outside of which a [`path`](Self::path) is not shown.
    pub fn clip(&mut self, id: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) {
        self.add(format_args!(
            r#"<clipPath id="{id}"><rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/></clipPath>"#
        ));
    }

    /// A text at a place.
    pub fn text(&mut self, class: &str, [x, y]: [f64; 2], anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.add(format_args!(
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
        ));
    }

    /// The drawing as an `svg` element with this id, title and description.
    pub fn finish(self, id: &str, class: &str, title: &str, description: &str) -> String {
        let Self { width, height, body } = self;
        let (title, description) = (escape(title), escape(description));
        format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-desc\">\n<title id=\"{id}-title\">{title}</title>\n\
             <desc id=\"{id}-desc\">{description}</desc>\n{body}</svg>\n"
        )
    }

    /// The drawing as a file of its own, with its style.
    pub fn file(self, id: &str, style: &str, title: &str, description: &str) -> String {
        let element = self.finish(id, "picture", title, description);
        let element = element.replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
        element.replacen("</desc>\n", &format!("</desc>\n<style>{style}</style>\n"), 1)
    }

    fn add(&mut self, mark: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{mark}").expect("writing to a string does not fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            escape("<script>a & 'b'</script>"),
            "&lt;script&gt;a &amp; &#39;b&#39;&lt;/script&gt;"
        );
        assert_eq!(escape("a\u{0}b\nc"), "a\u{fffd}b\nc");
    }

    #[test]
    fn a_drawing_has_a_title_and_a_description() {
        let mut drawing = Drawing::new(10.0, 20.0);
        drawing.text("tick", [1.0, 2.0], Anchor::End, "a < b");
        insta::assert_snapshot!(drawing.finish("d", "wide", "Title", "What it shows"), @r#"
        <svg class="wide" viewBox="0 0 10 20" role="img" aria-labelledby="d-title d-desc">
        <title id="d-title">Title</title>
        <desc id="d-desc">What it shows</desc>
        <text class="tick" x="1.0" y="2.0" text-anchor="end">a &lt; b</text>
        </svg>
        "#);
    }
}
