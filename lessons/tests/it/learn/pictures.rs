//! The pictures of the terminal in the README: drawn from what the terminal draws, so they cannot grow old.

use std::path::Path;
use std::rc::Rc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use tapegrad_lessons::learn::screen::terminal::{Scroll, Theme, draw};
use tapegrad_lessons::learn::{Action, Lesson, LessonState};

use super::lesson;

/// The size of a cell, in units of the picture.
const CELL: (u16, u16) = (8, 17);
const MARGIN: u16 = 10;
const INK: &str = "#d8dee9";
const PAPER: &str = "#1b2028";

/// With this variable set the pictures are written anew.
const WRITE: &str = "TAPEGRAD_PICTURES";

fn drawn(state: &LessonState, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut scroll = Scroll::default();
    terminal
        .draw(|frame| draw(frame, state, &mut scroll, Theme::Colour))
        .unwrap();
    terminal.backend().buffer().clone()
}

fn ink(colour: Color, otherwise: &'static str) -> &'static str {
    match colour {
        Color::Reset => otherwise,
        Color::Cyan => "#88c0d0",
        Color::Yellow => "#ebcb8b",
        Color::Green => "#a3be8c",
        Color::Red => "#e88388",
        Color::DarkGray => "#8a94a6",
        other => panic!("the picture has no colour for {other:?}"),
    }
}

/// Letters and ground of a cell.
fn colours(cell: &Cell) -> (&'static str, &'static str) {
    let (front, back) = (ink(cell.fg, INK), ink(cell.bg, PAPER));
    match cell.modifier.contains(Modifier::REVERSED) {
        true => (back, front),
        false => (front, back),
    }
}

/// A row as runs of cells that look alike: where they begin, and the cells.
fn runs(buffer: &Buffer, row: u16) -> Vec<(u16, Vec<&Cell>)> {
    let mut runs: Vec<(u16, Vec<&Cell>)> = Vec::new();
    let look = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    for column in 0..buffer.area.width {
        let cell = &buffer[(column, row)];
        match runs.last_mut() {
            Some((_, run)) if look(run[0]) == look(cell) => run.push(cell),
            _ => runs.push((column, vec![cell])),
        }
    }
    runs
}

/// A run as a ground, if it has one, and letters that fill exactly its cells, whatever the font.
fn run_svg(begin: u16, row: u16, cells: &[&Cell]) -> String {
    let (front, back) = colours(cells[0]);
    let at = |column: usize| MARGIN + (begin + u16::try_from(column).unwrap()) * CELL.0;
    let top = MARGIN + row * CELL.1;
    let mut svg = String::new();
    if back != PAPER {
        let (x, width) = (at(0), at(cells.len()) - at(0));
        svg += &format!(
            "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{back}\"/>\n",
            CELL.1
        );
    }
    let text: String = cells.iter().map(|cell| cell.symbol()).collect();
    // Characters, not bytes: some blanks are such that no line breaks at them.
    let (first, letters) = (
        text.chars().take_while(|sign| sign.is_whitespace()).count(),
        text.trim(),
    );
    if letters.is_empty() {
        return svg;
    }
    let (x, length) = (at(first), letters.chars().count() * usize::from(CELL.0));
    let bold = if cells[0].modifier.contains(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let line = if cells[0].modifier.contains(Modifier::UNDERLINED) {
        " text-decoration=\"underline\""
    } else {
        ""
    };
    let letters = letters
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace(' ', "\u{a0}");
    svg + &format!(
        "<text x=\"{x}\" y=\"{}\" textLength=\"{length}\" fill=\"{front}\"{bold}{line}>{letters}</text>\n",
        top + 13
    )
}

/// What a terminal shows, as a picture.
fn svg(buffer: &Buffer, title: &str) -> String {
    let (width, height) = (buffer.area.width, buffer.area.height);
    let rows = (0..height).flat_map(|row| {
        runs(buffer, row)
            .into_iter()
            .map(move |(at, cells)| run_svg(at, row, &cells))
    });
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"13\">\n\
         <title>{title}</title>\n<rect width=\"{w}\" height=\"{h}\" rx=\"6\" fill=\"{PAPER}\"/>\n{rows}</svg>\n",
        w = width * CELL.0 + 2 * MARGIN,
        h = height * CELL.1 + 2 * MARGIN,
        rows = rows.collect::<String>(),
    )
}

fn at(lesson: Rc<Lesson>, anchor: &str, answers: &[&str]) -> LessonState {
    let mut state = LessonState::new(lesson);
    state.go(state.trace.anchor(anchor).unwrap());
    for answer in answers {
        answer.chars().for_each(|sign| state.act(Action::Type(sign)));
        state.act(Action::Enter);
    }
    state
}

/// Fails if the picture in the project is another one.
fn is_in_the_readme(name: &str, picture: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let file = root.join("docs/images").join(name);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, picture).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).is_ok_and(|known| known == picture),
        "docs/images/{name} is not what the terminal draws; {WRITE}=1 writes it anew, then look at it"
    );
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(
        readme.contains(&format!("docs/images/{name}")),
        "the README does not show {name}"
    );
}

#[test]
fn the_pictures_of_the_terminal_are_what_it_draws() {
    let question = at(lesson("ledger"), "backward b", &["g_b"]);
    is_in_the_readme(
        "learn-80x24.svg",
        &svg(
            &drawn(&question, 80, 24),
            "A question of lesson 1 in a terminal of 80 by 24",
        ),
    );
    let mut weights = at(lesson("attention"), "backward A", &[]);
    while let Some(open_question) = weights.open_question() {
        weights.answer(&weights.lesson.solution[&open_question.key].clone());
    }
    is_in_the_readme(
        "learn-120x40.svg",
        &svg(
            &drawn(&weights, 120, 40),
            "The backward step of softmax in lesson 8 in a terminal of 120 by 40",
        ),
    );
}
