//! The picture as SVG, inputs at the bottom and the result at the top, as on the slides.

use std::cell::RefCell;

use maud::{Markup, PreEscaped, html};

use super::frames::Frame;
use super::heat;
use super::layout::{Layout, layout};
use super::{Arrow, BoxKind, Picture, PictureBox};

/// The height of a line of text, the space above and below the lines of a box, and the least height of a box.
pub(super) const LINE: f64 = 16.0;
const PAD: f64 = 4.0;
const HEIGHT_MIN: f64 = 30.0;

/// The space between two layers, and the margin around everything.
const RISE: f64 = 36.0;
const EDGE: f64 = 16.0;

/// The room for the name of a frame above its boxes, and for its lower line below them.
const TITLE: f64 = 18.0;
const FOOT: f64 = 8.0;

/// The width of a letter of the type that is used, and the width of the narrowest box.
pub(super) const LETTER: f64 = 7.3;
const WIDTH_MIN: f64 = 44.0;

/// The height of the legend.
const LEGEND: f64 = 44.0;

/// Colours and type of a drawing, for light and dark surroundings.
pub const STYLE: &str = include_str!("drawing.css");

/// A drawing and its size.
pub(super) struct Drawn {
    pub markup: Markup,
    pub width: f64,
    pub height: f64,
}

/// The picture as an SVG document; the same picture gives the same bytes.
pub fn svg(picture: &Picture) -> String {
    drawn(picture, None).markup.into_string() + "\n"
}

/// The picture as an element; on a page it has the page's style, and a number that its parts are told apart by.
pub(super) fn drawn(picture: &Picture, on_page: Option<usize>) -> Drawn {
    let sizes: Vec<(f64, f64)> = picture.boxes.iter().map(size).collect();
    let widths: Vec<f64> = sizes.iter().map(|size| size.0).collect();
    let places = layout(picture, &widths);
    let has_numbers = picture.boxes.iter().any(|one| one.shown.is_some());
    let (legend, legend_width) = if has_numbers {
        heat::legend(EDGE, EDGE)
    } else {
        (html! {}, 0.0)
    };
    let top = if has_numbers { EDGE + LEGEND } else { EDGE };
    let layers = Layers::of(&places, &sizes, top);
    let has_back = picture.arrows.iter().any(|arrow| arrow.back.is_some());
    let width = 2.0 * EDGE + places.width.max(legend_width) + if has_back { BACK } else { 0.0 };
    let height = layers.height;
    let drawing = Drawing {
        layers,
        sizes,
        places: places.boxes.clone(),
        tips: on_page.map_or(String::new(), |number| number.to_string()),
        is_page: on_page.is_some(),
        rounds: RefCell::default(),
    };
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" class="drawing" viewBox={ "0 0 " (format!("{width:.0} {height:.0}")) }
            width=(format!("{width:.0}")) height=(format!("{height:.0}")) role={ @if drawing.is_page { "group" } @else { "img" } } {
            title { "Computation graph" }
            desc { (picture.boxes.len()) " boxes and " (picture.arrows.len()) " arrows" }
            @if !drawing.is_page { style { (PreEscaped(STYLE)) } }
            defs { (drawing.tip("tip", "auto")) (drawing.tip("back", "auto-start-reverse")) }
            @if !drawing.is_page { path.paper d=(format!("M0 0H{width:.0}V{height:.0}H0Z")) {} }
            (legend)
            @for frame in &places.frames { (drawing.frame(frame)) }
            @for (arrow, route) in picture.arrows.iter().zip(&places.routes) { (drawing.arrow(arrow, route)) }
            @for (number, one) in picture.boxes.iter().enumerate() { (drawing.one_box(number, one, places.boxes[number])) }
        }
    };
    Drawn { markup, width, height }
}

/// The room to the right of everything for what goes back to another round.
const BACK: f64 = 90.0;

/// A coordinate of a drawing, to a tenth.
pub(super) fn at(x: f64) -> String {
    format!("{x:.1}")
}

/// As wide as its longest line and as high as its lines, with the numbers below them.
fn size(one: &PictureBox) -> (f64, f64) {
    let letters = one.lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let (wide, high) = one.shown.as_ref().map_or((0.0, 0.0), heat::size);
    let width = (letters as f64 * LETTER).max(wide) + 16.0;
    let height = one.lines.len() as f64 * LINE + 2.0 * PAD + high;
    (width.max(WIDTH_MIN), height.max(HEIGHT_MIN))
}

/// Where the layers are on the paper.
struct Layers {
    middles: Vec<f64>,
    /// Half the height of the highest box of each layer.
    halves: Vec<f64>,
    height: f64,
}

impl Layers {
    /// Layers below each other, with room for the frames that end there.
    fn of(places: &Layout, sizes: &[(f64, f64)], top: f64) -> Self {
        let mut room = vec![(0usize, 0usize); places.layers];
        for Frame { layers, nested, .. } in &places.frames {
            room[layers.0].0 = room[layers.0].0.max(nested.0);
            room[layers.1].1 = room[layers.1].1.max(nested.1);
        }
        let mut halves = vec![HEIGHT_MIN / 2.0; places.layers];
        for (&(layer, _), size) in places.boxes.iter().zip(sizes) {
            halves[layer] = halves[layer].max(size.1 / 2.0);
        }
        let mut top = top;
        let mut middles = vec![0.0; places.layers];
        for layer in (0..places.layers).rev() {
            top += room[layer].1 as f64 * TITLE;
            middles[layer] = top + halves[layer];
            top += 2.0 * halves[layer] + room[layer].0 as f64 * FOOT + if layer > 0 { RISE } else { 0.0 };
        }
        Self {
            middles,
            halves,
            height: top + EDGE,
        }
    }
}

struct Drawing {
    layers: Layers,
    sizes: Vec<(f64, f64)>,
    /// For each box its layer, and its middle in it.
    places: Vec<(usize, f64)>,
    /// What the names of this drawing's arrowheads end in.
    tips: String,
    is_page: bool,
    /// Where the texts of rounds stand that were drawn so far.
    rounds: RefCell<Vec<(f64, f64)>>,
}

impl Drawing {
    fn tip(&self, name: &str, orient: &str) -> Markup {
        html! {
            marker id={ (name) (self.tips) } class=(name) viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7"
                markerUnits="userSpaceOnUse" orient=(orient) {
                path d="M0 0 L8 4 L0 8 z" {}
            }
        }
    }

    /// The middle of a place, on the paper.
    fn middle(&self, (layer, x): (usize, f64)) -> (f64, f64) {
        (EDGE + x, self.layers.middles[layer])
    }

    /// The frame of an open scope, with its name in the corner.
    fn frame(&self, frame: &Frame) -> Markup {
        let (left, right) = (EDGE + frame.sides.0, EDGE + frame.sides.1);
        let edge = |layer: usize| (self.layers.middles[layer], self.layers.halves[layer]);
        let ((high, above), (low, below)) = (edge(frame.layers.1), edge(frame.layers.0));
        let top = high - above - frame.nested.1 as f64 * TITLE;
        let bottom = low + below + frame.nested.0 as f64 * FOOT;
        html! {
            g class="frame" {
                title { (frame.path.join(" / ")) }
                path d=(format!("M{left:.1} {top:.1} H{right:.1} V{bottom:.1} H{left:.1} Z")) {}
                text x=(at(left + 6.0)) y=(at(top + 13.0)) { (frame.path.last().map_or("", String::as_str)) }
            }
        }
    }

    fn arrow(&self, arrow: &Arrow, route: &[(usize, f64)]) -> Markup {
        let ends = [arrow.from, arrow.to];
        let [from, to] = ends.map(|end| self.is_page.then_some(end));
        if let Some(round) = &arrow.back {
            let (d, x, y) = self.back(route, ends, round);
            return html! {
                path.forward.round data-from=[from] data-to=[to] marker-end={ "url(#tip" (self.tips) ")" } d=(d) {}
                text.round x=(at(x)) y=(at(y)) { (round) }
            };
        }
        html! {
            path class="forward" data-from=[from] data-to=[to] marker-end={ "url(#tip" (self.tips) ")" } d=(self.curve(route, ends, 0.0)) {}
            @if arrow.gradient {
                path class="backward" data-from=[from] data-to=[to] marker-start={ "url(#back" (self.tips) ")" } d=(self.curve(route, ends, 7.0)) {}
            }
        }
    }

    fn one_box(&self, number: usize, one: &PictureBox, place: (usize, f64)) -> Markup {
        let (x, y) = self.middle(place);
        let (width, height) = self.sizes[number];
        let round = if matches!(one.kind, BoxKind::Input | BoxKind::Data) {
            15.0
        } else {
            4.0
        };
        let class = format!("box {:?}", one.kind).to_lowercase();
        let title = format!("{} {}", one.scope.join(" / "), one.lines.join(" "));
        let (left, top) = (x - width / 2.0, y - height / 2.0);
        let text_height = one.lines.len() as f64 * LINE;
        let first = match one.shown {
            Some(_) => top + PAD,
            None => y - text_height / 2.0,
        };
        html! {
            g class=(class) data-box=[self.is_page.then_some(number)] tabindex=[self.is_page.then_some("-1")]
                role=[self.is_page.then_some("button")] aria-label=[self.is_page.then(|| title.trim())] {
                @if !self.is_page { title { (title.trim()) } }
                rect x=(at(left)) y=(at(top)) width=(at(width)) height=(at(height)) rx=(round) {}
                @for (line, text) in one.lines.iter().enumerate() {
                    @let is_name = line == 0 && one.lines.len() > 1;
                    text class=[is_name.then_some("name")] x=(at(x)) y=(at(first + 12.0 + LINE * line as f64)) { (text) }
                }
                @if let Some(shown) = &one.shown { (heat::drawn(shown, x, top + PAD + text_height)) }
            }
        }
    }

    /// A curve from the top of the first box through all bends to the bottom of the last, moved aside by so much.
    fn curve(&self, route: &[(usize, f64)], ends: [usize; 2], aside: f64) -> String {
        let points: Vec<(f64, f64)> = route.iter().map(|&place| self.middle(place)).collect();
        let half = |i: usize| match i {
            0 => self.sizes[ends[0]].1 / 2.0,
            i if i + 1 == route.len() => self.sizes[ends[1]].1 / 2.0,
            i => self.layers.halves[route[i].0],
        };
        let mut path = format!("M{:.1} {:.1}", points[0].0 + aside, points[0].1 - half(0));
        for (i, pair) in points.windows(2).enumerate() {
            let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
            let (x1, x2, top, bottom) = (x1 + aside, x2 + aside, y1 - half(i), y2 + half(i + 1));
            let middle = (top + bottom) / 2.0;
            path += &format!(" C{x1:.1} {middle:.1} {x2:.1} {middle:.1} {x2:.1} {bottom:.1}");
            if i + 2 < points.len() {
                path += &format!(" V{:.1}", y2 - half(i + 1));
            }
        }
        path
    }

    /// What one round hands to the next: from the right of one box around to the right of the other, and the place of
    /// its text.
    fn back(&self, route: &[(usize, f64)], ends: [usize; 2], round: &str) -> (String, f64, f64) {
        let ((x1, y1), (x2, y2)) = (self.middle(route[0]), self.middle(route[route.len() - 1]));
        let (x1, x2) = (x1 + self.sizes[ends[0]].0 / 2.0, x2 + self.sizes[ends[1]].0 / 2.0);
        let far = x1.max(x2) + 30.0;
        let path = format!("M{x1:.1} {y1:.1} C{far:.1} {y1:.1} {far:.1} {y2:.1} {x2:.1} {y2:.1}");
        let (x, wanted) = (far - 6.0, (y1 + y2) / 2.0 + 4.0);
        let y = self.free(x, wanted, round.chars().count() as f64 * LETTER);
        self.rounds.borrow_mut().push((x, y));
        (path, x, y)
    }

    /// The baseline nearest to the wanted one at which a text from `x` on meets no box and no other text of a round.
    fn free(&self, x: f64, wanted: f64, width: f64) -> f64 {
        let (left, right) = (x - 4.0, x + width + 4.0);
        let on_a_box = |y: f64| {
            self.places.iter().zip(&self.sizes).any(|(&place, size)| {
                let middle = self.middle(place);
                let beside = right < middle.0 - size.0 / 2.0 || middle.0 + size.0 / 2.0 < left;
                !beside && (middle.1 + 4.0 - y).abs() < (size.1 + LINE) / 2.0
            })
        };
        let rounds = self.rounds.borrow();
        let on_another = |y: f64| {
            rounds
                .iter()
                .any(|other| (other.0 - x).abs() < BACK && (other.1 - y).abs() < LINE)
        };
        let tries = (0..).map(|i| wanted + f64::from((i + 1) / 2) * if i % 2 == 0 { -8.0 } else { 8.0 });
        let inside = tries
            .take((self.layers.height / 4.0) as usize)
            .filter(|y| (LINE..self.layers.height).contains(y));
        let mut inside = inside.filter(|&y| !on_a_box(y) && !on_another(y));
        inside.next().unwrap_or(wanted)
    }
}
