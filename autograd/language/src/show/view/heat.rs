//! Numbers in a box: a few as digits, more as a heat map.
//!
//! Each map has its own scale, from -m to m, where m is the largest absolute value of its finite entries; `±m` stands
//! below it. What is infinite or not a number has a sign of its own. Of long arrays the first rows and columns are
//! drawn, and it is said of how many.

use maud::{Markup, html};

use super::svg::{LETTER, LINE, at};
use super::values::{Numbers, Shown};

/// The most numbers that are written as digits.
const DIGITS: usize = 4;

/// The most rows and columns of a map.
const ROWS: usize = 12;
const COLUMNS: usize = 24;

/// The shades on each side of 0.
const SHADES: i32 = 4;

/// The width of a map of few columns, and the least and the most that a cell is wide.
const WIDTH: f64 = 96.0;
const CELL: (f64, f64) = (6.0, 14.0);

/// The space between two maps.
const GAP: f64 = 14.0;

/// What is drawn of an array.
enum Part {
    /// A line of digits.
    Digits(String),
    /// A map, and the lines below it.
    Map {
        cell: f64,
        columns: usize,
        rows: usize,
        /// For each cell its sign.
        cells: Vec<Cell>,
        captions: Vec<String>,
    },
}

/// What a cell shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Shade(i32),
    NotANumber,
    Infinite,
    MinusInfinite,
}

/// A number with four digits.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    match value {
        _ if value.is_nan() => "nan".to_string(),
        _ if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_string(),
        _ if value == 0.0 => "0".to_string(),
        _ if (1e-3..1e4).contains(&size) => {
            let decimals = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
            let text = format!("{value:.decimals$}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_string()
            } else {
                text
            }
        }
        _ => format!("{value:.2e}"),
    }
}

/// The parts of what a box shows, with `=` before the value and `g` before the gradient.
fn parts(shown: &Shown) -> Vec<Part> {
    let named = [("", &shown.value), ("g ", &shown.gradient)];
    named
        .into_iter()
        .filter_map(|(name, numbers)| Some(part(name, numbers.as_ref()?)))
        .collect()
}

fn part(name: &str, numbers: &Numbers) -> Part {
    if numbers.entries.len() <= DIGITS && numbers.shape.len() <= 1 {
        let digits: Vec<String> = numbers.entries.iter().map(|&entry| short(entry)).collect();
        return Part::Digits(format!("{name}= {}", digits.join(", ")));
    }
    let width = numbers.shape.last().copied().unwrap_or(1).max(1);
    let height = numbers.entries.len() / width;
    let (rows, columns) = (height.min(ROWS), width.min(COLUMNS));
    let finite = numbers.entries.iter().filter(|entry| entry.is_finite());
    let most = finite.fold(0.0, |most: f64, entry| most.max(entry.abs()));
    let cells = (0..rows).flat_map(|row| &numbers.entries[row * width..row * width + columns]);
    let cells = cells.map(|&entry| cell(entry, most)).collect();
    let scale = format!("{name}±{}", short(most));
    let cut = match (rows < height, columns < width) {
        (false, false) => None,
        (true, false) => Some(format!("{rows} of {height} rows")),
        (false, true) => Some(format!("{columns} of {width}")),
        (true, true) => Some(format!("{rows} of {height}, {columns} of {width}")),
    };
    Part::Map {
        cell: (WIDTH / columns.max(1) as f64).clamp(CELL.0, CELL.1),
        columns,
        rows,
        cells,
        captions: std::iter::once(scale).chain(cut).collect(),
    }
}

fn cell(entry: f64, most: f64) -> Cell {
    match entry {
        _ if entry.is_nan() => Cell::NotANumber,
        f64::INFINITY => Cell::Infinite,
        f64::NEG_INFINITY => Cell::MinusInfinite,
        _ if most == 0.0 => Cell::Shade(0),
        _ => Cell::Shade((f64::from(SHADES) * entry / most).round() as i32),
    }
}

impl Part {
    fn size(&self) -> (f64, f64) {
        let wide = |text: &str| text.chars().count() as f64 * LETTER;
        match self {
            Self::Digits(text) => (wide(text), LINE),
            Self::Map {
                cell,
                columns,
                rows,
                captions,
                ..
            } => {
                let caption = captions.iter().map(|text| wide(text)).fold(0.0, f64::max);
                let height = *rows as f64 * cell + LINE * captions.len() as f64 + 4.0;
                (caption.max(*columns as f64 * cell), height)
            }
        }
    }

    fn drawn(&self, left: f64, top: f64) -> Markup {
        let width = self.size().0;
        match self {
            Self::Digits(text) => html! {
                text.number x=(at(left + width / 2.0)) y=(at(top + 12.0)) { (text) }
            },
            Self::Map {
                cell,
                columns,
                rows,
                cells,
                captions,
            } => {
                let side = (width - *columns as f64 * cell) / 2.0;
                let mut kinds: Vec<Cell> = cells.clone();
                kinds.sort_unstable();
                kinds.dedup();
                html! {
                    @for kind in kinds {
                        @let places = cells.iter().enumerate().filter(|(_, own)| **own == kind);
                        @let places = places.map(|(i, _)| ((i % columns) as f64 * cell, (i / columns) as f64 * cell));
                        path class=(kind.class()) d=(places.map(|(x, y)| kind.path(left + side + x, top + y, *cell)).collect::<String>()) {}
                    }
                    @for (i, caption) in captions.iter().enumerate() {
                        text.number x=(at(left + width / 2.0)) y=(at(top + *rows as f64 * cell + 13.0 + LINE * i as f64)) { (caption) }
                    }
                }
            }
        }
    }
}

impl Cell {
    fn class(self) -> String {
        match self {
            Self::Shade(shade) => format!("heat s{}", shade + SHADES),
            Self::NotANumber => "heat nan".to_string(),
            Self::Infinite | Self::MinusInfinite => "heat inf".to_string(),
        }
    }

    fn path(self, x: f64, y: f64, cell: f64) -> String {
        let (side, middle) = (cell - 1.0, (cell - 1.0) / 2.0);
        match self {
            Self::Shade(_) => format!("M{x:.1} {y:.1}h{side:.1}v{side:.1}h-{side:.1}z"),
            Self::NotANumber => format!("M{x:.1} {y:.1}l{side:.1} {side:.1}m-{side:.1} 0l{side:.1} -{side:.1}"),
            Self::Infinite => format!("M{x:.1} {:.1}h{side:.1}l-{middle:.1} -{side:.1}z", y + side),
            Self::MinusInfinite => format!("M{x:.1} {y:.1}h{side:.1}l-{middle:.1} {side:.1}z"),
        }
    }
}

/// How wide and how high the numbers of a box are.
pub(super) fn size(shown: &Shown) -> (f64, f64) {
    let parts = parts(shown);
    let sizes: Vec<(f64, f64)> = parts.iter().map(Part::size).collect();
    let most = |all: &dyn Fn(&(f64, f64)) -> f64| sizes.iter().map(all).fold(0.0, f64::max);
    let sum = |all: &dyn Fn(&(f64, f64)) -> f64| sizes.iter().map(all).sum::<f64>();
    if parts.iter().all(|part| matches!(part, Part::Digits(_))) {
        return (most(&|size| size.0), sum(&|size| size.1));
    }
    (
        sum(&|size| size.0) + GAP * (sizes.len().saturating_sub(1)) as f64,
        most(&|size| size.1),
    )
}

/// The numbers of a box: digits below each other, maps side by side.
pub(super) fn drawn(shown: &Shown, middle: f64, top: f64) -> Markup {
    let parts = parts(shown);
    let below = parts.iter().all(|part| matches!(part, Part::Digits(_)));
    let mut corner = (middle - size(shown).0 / 2.0, top);
    let mut corners = Vec::with_capacity(parts.len());
    for part in &parts {
        let (width, height) = part.size();
        if below {
            corners.push((middle - width / 2.0, corner.1));
            corner.1 += height;
        } else {
            corners.push(corner);
            corner.0 += width + GAP;
        }
    }
    html! {
        @for (part, (left, top)) in parts.iter().zip(corners) { (part.drawn(left, top)) }
    }
}

/// What the colours and signs mean, in two lines, and how wide that is.
pub(super) fn legend(left: f64, top: f64) -> (Markup, f64) {
    let lines = [
        "from -m to m; each map has its own m, the largest absolute value, written below it as ±m",
        "▲ inf   ▼ -inf   × not a number   g: gradient of the objective; of long arrays the first rows and columns",
    ];
    let swatch = |shade: i32| left + 16.0 * f64::from(shade + SHADES);
    let beside = left + 16.0 * f64::from(2 * SHADES + 1) + 8.0;
    let drawing = html! {
        @for shade in -SHADES..=SHADES {
            path class=(Cell::Shade(shade).class()) d=(Cell::Shade(shade).path(swatch(shade), top, 16.0)) {}
        }
        text.legend x=(at(beside)) y=(at(top + 12.0)) { (lines[0]) }
        text.legend x=(at(left)) y=(at(top + 30.0)) { (lines[1]) }
    };
    let letters = |line: &str| line.chars().count() as f64 * LETTER;
    (drawing, (beside - left + letters(lines[0])).max(letters(lines[1])))
}

/// The entries as text, rows below each other, with the count of those that are left out.
pub(super) fn text(numbers: &Numbers) -> String {
    let width = numbers.shape.last().copied().unwrap_or(1).max(1);
    let height = numbers.entries.len() / width;
    let row = |row: usize| {
        let entries = &numbers.entries[row * width..(row + 1) * width];
        let mut text: Vec<String> = entries.iter().take(COLUMNS / 2).map(|&entry| short(entry)).collect();
        if width > COLUMNS / 2 {
            text.push(format!("… {width} in all"));
        }
        text.join("  ")
    };
    let mut rows: Vec<String> = (0..height.min(ROWS)).map(row).collect();
    if height > ROWS {
        rows.push(format!("… {height} rows in all"));
    }
    rows.join("\n")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_have_four_digits() {
        let texts = [
            0.0,
            1.0,
            -0.52498,
            12.345678,
            99999.0,
            1e-7,
            f64::NAN,
            f64::NEG_INFINITY,
            9999.96,
        ]
        .map(short);
        assert_eq!(
            texts,
            ["0", "1", "-0.525", "12.35", "1.00e5", "1.00e-7", "nan", "-inf", "10000"]
        );
    }
}
