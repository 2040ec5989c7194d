//! The pictures of the terminal in the README: drawn from what the terminal draws, so they cannot grow old.

use std::path::Path;
use std::rc::Rc;

use maud::{Markup, html};
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
fn run_svg(begin: u16, row: u16, cells: &[&Cell]) -> Markup {
    let (front, back) = colours(cells[0]);
    let at = |column: usize| MARGIN + (begin + u16::try_from(column).unwrap()) * CELL.0;
    let top = MARGIN + row * CELL.1;
    let text: String = cells.iter().map(|cell| cell.symbol()).collect();
    // Characters, not bytes: some blanks are such that no line breaks at them.
    let first = text.chars().take_while(|sign| sign.is_whitespace()).count();
    let letters = text.trim();
    let length = letters.chars().count() * usize::from(CELL.0);
    let has = |modifier| cells[0].modifier.contains(modifier);
    let bold = has(Modifier::BOLD).then_some("bold");
    let line = has(Modifier::UNDERLINED).then_some("underline");
    html! {
        @if back != PAPER {
            rect x=(at(0)) y=(top) width=(at(cells.len()) - at(0)) height=(CELL.1) fill=(back) {} "\n"
        }
        @if !letters.is_empty() {
            text x=(at(first)) y=(top + 13) textLength=(length) fill=(front) font-weight=[bold] text-decoration=[line] {
                (letters.replace(' ', "\u{a0}"))
            }
            "\n"
        }
    }
}

/// What a terminal shows, as a picture.
fn svg(buffer: &Buffer, title: &str) -> String {
    let [width, height] = [buffer.area.width * CELL.0, buffer.area.height * CELL.1].map(|size| size + 2 * MARGIN);
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height)
            role="img" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13" {
            "\n" title { (title) } "\n" rect width=(width) height=(height) rx="6" fill=(PAPER) {} "\n"
            @for row in 0..buffer.area.height {
                @for (at, cells) in runs(buffer, row) { (run_svg(at, row, &cells)) }
            }
        }
        "\n"
    };
    picture.into_string()
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
