//! Styled text broken into lines: words stay whole, with the signs that touch them.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Text with its style, not yet broken into lines.
pub type StyledText = (String, Style);

/// Text broken at spaces; every line but the first is indented.
pub fn wrapped(runs: &[StyledText], width: usize, indent: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut used = 0;
    for word in words(runs, width.saturating_sub(indent).max(8)) {
        let long: usize = word.iter().map(|(part, _)| part.chars().count()).sum();
        let line = lines.last_mut().expect("there is always a line");
        if used > 0 && used + 1 + long > width {
            lines.push(vec![Span::raw(" ".repeat(indent))]);
            used = indent;
        } else if used > 0 {
            line.push(Span::raw(" "));
            used += 1;
        }
        let line = lines.last_mut().expect("there is always a line");
        line.extend(word.into_iter().map(|(part, style)| Span::styled(part, style)));
        used += long;
    }
    lines.into_iter().map(Line::from).collect()
}

/// The words of a text, each of one or more runs; one that is longer than a line comes in pieces.
fn words(runs: &[StyledText], width: usize) -> Vec<Vec<StyledText>> {
    let mut words: Vec<Vec<StyledText>> = vec![Vec::new()];
    for (text, style) in runs {
        for (index, part) in text.split(' ').enumerate() {
            if index > 0 {
                words.push(Vec::new());
            }
            for (piece, letters) in pieces(part, width).into_iter().enumerate() {
                if piece > 0 {
                    words.push(Vec::new());
                }
                words
                    .last_mut()
                    .expect("there is always a word")
                    .push((letters, *style));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A word in pieces that fit into a line.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(width).map(|piece| piece.iter().collect()).collect()
}
