//! Runs side by side: a table, and a page with the curve of each.

use maud::{Markup, html};
use tapegrad_models::train::Line;

use super::scale::{Scale, Spacing};
use super::svg::{Anchor, SvgDrawing};
use crate::html::{page as html_page, printable};

/// One run as it is shown.
pub struct Row {
    /// Its folder.
    pub name: String,
    /// Its model.
    pub model: String,
    /// Its text or grammar.
    pub corpus: String,
    /// The steps of its recipe.
    pub steps: u64,
    /// Its log.
    pub lines: Vec<Line>,
}

impl Row {
    /// The lowest validation loss, with its step.
    pub fn best(&self) -> Option<(u64, f64)> {
        let measured = self.lines.iter().map(|line| (line.step, line.validation_nats));
        measured.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

const HEADERS: [&str; 8] = [
    "run",
    "model",
    "corpus",
    "step",
    "best nats/token",
    "at step",
    "last nats/token",
    "seconds",
];

fn cells(row: &Row) -> [String; 8] {
    let missing = || "-".to_string();
    let last = row.lines.last();
    [
        row.name.clone(),
        row.model.clone(),
        row.corpus.clone(),
        format!("{} of {}", last.map_or(0, |line| line.step), row.steps),
        row.best().map_or_else(missing, |(_, nats)| format!("{nats:.4}")),
        row.best().map_or_else(missing, |(step, _)| step.to_string()),
        last.map_or_else(missing, |line| format!("{:.4}", line.validation_nats)),
        last.map_or_else(missing, |line| format!("{:.1}", line.seconds)),
    ]
}

/// The runs as a table for the terminal.
pub fn table(rows: &[Row]) -> String {
    let all: Vec<[String; 8]> = std::iter::once(HEADERS.map(String::from))
        .chain(rows.iter().map(cells))
        .collect();
    let width = |column: usize| all.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(width);
    all.iter()
        .map(|cells| {
            let cells: Vec<String> = cells
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            cells.join("  ").trim_end().to_string() + "\n"
        })
        .collect()
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;\
background:#fff}table{border-collapse:collapse}th,td{padding:.2rem 1rem .2rem 0;text-align:left;white-space:nowrap}\
.scroll{overflow-x:auto}svg{width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:#1b1b1b}\
.axis{stroke:#8a8a8a}.curve{fill:none;stroke-width:2}.c0{stroke:#3b6ea8}.c1{stroke:#b3541e}.c2{stroke:#3f7f4c}\
.c3{stroke:#7a4a9e}.c4{stroke:#8a6d1b}.c5{stroke:#2f7f86}\
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}svg text{fill:#e8e8e8}}";
const COLOURS: usize = 6;

/// The runs as a page.
pub fn page(rows: &[Row]) -> String {
    let body = html! {
        main {
            h1 { "Runs" }
            p { "The validation loss in nats per token; the lowest stands first." }
            div.scroll { table {
                thead { tr { @for header in HEADERS { th scope="col" { (header) } } } }
                tbody { @for row in rows { tr { @for cell in cells(row) { td { (printable(&cell)) } } } } }
            } }
            @if let Some(picture) = curves(rows) {
                h2 { "Validation loss over steps" }
                (picture)
            }
        }
    };
    html_page("Runs", STYLE, None, &body)
}

/// The curve of each run that was measured at least twice.
fn curves(rows: &[Row]) -> Option<Markup> {
    let places = |row: &Row| -> Vec<[f64; 2]> {
        let measured = row.lines.iter().map(|line| [line.step as f64, line.validation_nats]);
        measured.filter(|[_, nats]| nats.is_finite()).collect()
    };
    let drawn: Vec<(&Row, Vec<[f64; 2]>)> = rows.iter().map(|row| (row, places(row))).collect();
    let drawn: Vec<_> = drawn.into_iter().filter(|(_, places)| places.len() > 1).collect();
    let all = || drawn.iter().flat_map(|(_, places)| places);
    let ends = |axis: usize| {
        all().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], place| {
            [low.min(place[axis]), high.max(place[axis])]
        })
    };
    if drawn.is_empty() {
        return None;
    }
    let (width, height) = (760.0, 320.0 + 20.0 * drawn.len() as f64);
    let steps = Scale::new(Spacing::Linear, ends(0), [60.0, 740.0]);
    let nats = Scale::new(Spacing::Linear, ends(1), [270.0, 20.0]);
    let mut drawing = SvgDrawing::new(width, height);
    drawing.clip("plot", [55.0, 10.0], [690.0, 270.0]);
    drawing.line("axis", [60.0, 280.0], [740.0, 280.0]);
    drawing.line("axis", [60.0, 280.0], [60.0, 20.0]);
    for tick in steps.ticks(6) {
        drawing.text("tick", [tick.pixel, 298.0], Anchor::Middle, &tick.label);
    }
    for tick in nats.ticks(5) {
        drawing.text("tick", [52.0, tick.pixel + 4.0], Anchor::End, &tick.label);
    }
    for (number, (row, places)) in drawn.iter().enumerate() {
        let class = format!("curve c{}", number % COLOURS);
        let pixels: Vec<[f64; 2]> = places.iter().map(|[x, y]| [steps.pixel(*x), nats.pixel(*y)]).collect();
        drawing.path(&class, &pixels, "plot");
        let y = 322.0 + 20.0 * number as f64;
        drawing.line(&class, [60.0, y - 4.0], [90.0, y - 4.0]);
        drawing.text("legend", [98.0, y], Anchor::Start, &printable(&row.name));
    }
    let names: Vec<&str> = drawn.iter().map(|(row, _)| row.name.as_str()).collect();
    let said = format!("The validation loss of {} over training steps.", names.join(", "));
    Some(drawing.finish("curves", "picture", "Validation loss over steps", &said))
}
