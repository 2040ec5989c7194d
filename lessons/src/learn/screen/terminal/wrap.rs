//! Styled text broken into lines: words stay whole, with the signs that touch them.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Text with its style, not yet broken into lines.
pub type StyledText = (String, Style);

/// Text broken at spaces. The first line keeps the spaces that the text begins with; every other line is indented.
pub fn wrapped(runs: &[StyledText], width: usize, indent: usize) -> Vec<Line<'static>> {
    let lead = runs
        .first()
        .map_or(0, |(text, _)| text.len() - text.trim_start_matches(' ').len());
    let begun = |spaces: usize| vec![Span::raw(" ".repeat(spaces))];
    let mut lines: Vec<Vec<Span<'static>>> = vec![begun(lead)];
    let (mut used, mut is_new) = (lead, true);
    for word in words(runs, width.saturating_sub(indent.max(lead)).max(8)) {
        let long: usize = word.iter().map(|(part, _)| part.chars().count()).sum();
        if !is_new && used + 1 + long > width {
            lines.push(begun(indent));
            (used, is_new) = (indent, true);
        }
        let line = lines.last_mut().expect("there is always a line");
        if !is_new {
            line.push(Span::raw(" "));
            used += 1;
        }
        line.extend(word.into_iter().map(|(part, style)| Span::styled(part, style)));
        (used, is_new) = (used + long, false);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_indent_and_their_width() {
        for (text, indent, expected) in [
            ("  Given: a = 1, b = 2", 4, "  Given: a =\n    1, b = 2"),
            ("one two three four", 2, "one two\n  three four"),
            ("  Type a number.", 2, "  Type a\n  number."),
            ("abcdefghijklmnop", 0, "abcdefghijkl\nmnop"),
            ("", 4, ""),
        ] {
            let lines = wrapped(&[(text.to_string(), Style::new())], 12, indent);
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            assert!(lines.iter().all(|line| line.chars().count() <= 12), "{lines:?}");
            assert_eq!(lines.join("\n"), expected);
        }
    }
}
