//! The picture as one page that needs no network: drawings in several details and depths, a search, a panel about the
//! box under the pointer or the keyboard, and the same as text.

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use serde_json::{Value, json};

use super::fold::{Detail, folded};
use super::svg::{self, STYLE, drawn};
use super::{BoxKind, Picture, PictureBox, closed, heat, tree};

/// What the first drawing fits into, in pixels: the room beside the panel on a screen of 1280 by 900, and twice its
/// height, because pages are scrolled downwards.
const ROOM: (f64, f64) = (940.0, 1500.0);

/// The number of boxes up to which a page has a drawing of every node.
const ALL_MAX: usize = 2_000;

const PAGE_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page may load: nothing but its own style and script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// One drawing of the page.
struct View {
    name: String,
    picture: Picture,
    drawing: svg::Drawn,
}

/// A picture with a box for each node, as a page; without a detail, the page has several to choose from.
pub fn html(picture: &Picture, title: &str, detail: Option<Detail>) -> String {
    let views = views(picture, detail);
    let first = first(&views);
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(PAGE_STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    (controls(&views, first))
                }
                main {
                    div.stage {
                        @for (number, view) in views.iter().enumerate() {
                            section hidden[number != first] data-view=(number) {
                                div.view tabindex="0" role="region" aria-label={ "Drawing: " (view.name) } { (view.drawing.markup) }
                                details { summary { "The same as text" } pre { (tree(&view.picture)) } }
                            }
                        }
                    }
                    aside id="panel" aria-live="polite" {
                        p { "Point at a box, or go through the boxes with Tab and the arrow keys: up to what reads it, down to what it reads." }
                    }
                }
                script type="application/json" id="boxes" { (PreEscaped(data(&views))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn controls(views: &[View], first: usize) -> Markup {
    markup! {
        p.controls {
            label { "Show " select id="view" {
                @for (number, view) in views.iter().enumerate() {
                    option value=(number) selected[number == first] { (view.name) }
                }
            } }
            label { "Find " input id="find" type="search" autocomplete="off" placeholder="a name or an op"; }
            output id="found" for="find" {}
            span.zoom {
                button type="button" id="smaller" aria-label="Smaller" { "−" }
                button type="button" id="whole" { "Whole" }
                button type="button" id="plain" { "100 %" }
                button type="button" id="larger" aria-label="Larger" { "+" }
            }
        }
    }
}

/// The drawings of the page: values, then operations, from the shallowest depth to the deepest, then every node.
fn views(picture: &Picture, detail: Option<Detail>) -> Vec<View> {
    let details = match detail {
        Some(detail) => vec![detail],
        None if picture.boxes.len() <= ALL_MAX => vec![Detail::Values, Detail::Operations, Detail::All],
        None => vec![Detail::Values, Detail::Operations],
    };
    let mut pictures: Vec<(String, Picture)> = Vec::new();
    for detail in details {
        let folded = folded(picture.clone(), detail);
        let deepest = folded.boxes.iter().map(|one| one.scope.len()).max().unwrap_or(0);
        let what = match detail {
            Detail::Values => "values with names",
            Detail::Operations => "operations",
            Detail::All => "every node",
        };
        let from = if detail == Detail::All { deepest } else { 0 };
        for depth in from..=deepest {
            let scopes = match deepest - depth {
                0 => String::new(),
                _ => format!(", scopes closed from depth {depth}"),
            };
            pictures.push((format!("{what}{scopes}"), closed(folded.clone(), Some(depth))));
        }
    }
    let view = |(number, (name, picture)): (usize, (String, Picture))| {
        let drawing = drawn(&picture, Some(number));
        View { name, picture, drawing }
    };
    pictures.into_iter().enumerate().map(view).collect()
}

/// A drawing as a part of a page, which has [`STYLE`] among its own.
pub struct Figure {
    /// What it shows.
    pub name: String,
    /// An `svg` element; a box in it is an element with `data-box` and its place in the picture.
    pub markup: Markup,
    /// What is drawn.
    pub picture: Picture,
}

/// The drawings of a picture with a box for each node in one detail, from that with all scopes closed to that with all of
/// them open.
pub fn figures(picture: &Picture, detail: Detail) -> Vec<Figure> {
    let figure = |View { name, picture, drawing }| Figure {
        name,
        markup: drawing.markup,
        picture,
    };
    views(picture, Some(detail)).into_iter().map(figure).collect()
}

/// The drawing that shows most of those that fit; if none fits, the one with the fewest boxes.
fn first(views: &[View]) -> usize {
    let fits = |view: &View| view.drawing.width <= ROOM.0 && view.drawing.height <= ROOM.1;
    let is_of_values = |view: &View| view.name.starts_with("values");
    let all: Vec<usize> = (0..views.len()).collect();
    let of_values: Vec<usize> = all.iter().copied().filter(|&one| is_of_values(&views[one])).collect();
    let wanted = if of_values.is_empty() { all } else { of_values };
    let fitting = wanted.iter().copied().filter(|&one| fits(&views[one]));
    let boxes = |one: &usize| views[*one].picture.boxes.len();
    fitting
        .max_by_key(boxes)
        .or(wanted.into_iter().min_by_key(boxes))
        .unwrap_or(0)
}

/// What the panel says of each box of each drawing.
fn data(views: &[View]) -> String {
    let text = |shown: Option<&super::Numbers>| shown.map(heat::text);
    let describe = |one: &PictureBox| {
        let shown = one.shown.as_ref();
        json!({
            "path": one.path(),
            "formula": one.formula,
            "serves": one.serves,
            "op": if one.kind == BoxKind::Scope { Value::Null } else { one.op.clone().into() },
            "shape": if one.kind == BoxKind::Scope { Value::Null } else { one.shape.clone().into() },
            "nodes": one.nodes,
            "value": text(shown.and_then(|shown| shown.value.as_ref())),
            "gradient": text(shown.and_then(|shown| shown.gradient.as_ref())),
        })
    };
    let view = |view: &View| {
        let boxes: Vec<Value> = view.picture.boxes.iter().map(describe).collect();
        let arrows: Vec<Value> = view
            .picture
            .arrows
            .iter()
            .map(|one| json!([one.from, one.to, one.back]))
            .collect();
        json!({"boxes": boxes, "arrows": arrows, "width": view.drawing.width, "height": view.drawing.height})
    };
    let all: Vec<Value> = views.iter().map(view).collect();
    // A text of the program may hold `</script>`.
    Value::Array(all).to_string().replace('<', "\\u003c")
}
