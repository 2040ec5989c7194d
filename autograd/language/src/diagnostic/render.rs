//! A diagnostic as plain text: title, place, the lines of the source with marks under them, notes, help.

use std::fmt::Write;

use crate::diagnostic::{Diagnostic, Label};
use crate::span::Sources;

/// How many letters of a line are shown.
const LETTERS_MAX: usize = 160;

/// A mark under a line: its column, length and sign, and the sentence beside it.
#[derive(Clone, Copy)]
struct Mark<'d> {
    column: usize,
    length: usize,
    sign: char,
    text: &'d str,
}

/// The diagnostic as text, ending in a line break.
pub fn text(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = sources.position(diagnostic.primary.span);
    let mut out = format!("{} {}\n", diagnostic.code.name(), diagnostic.code.title());
    let lines = marked_lines(diagnostic, sources);
    let width = lines
        .iter()
        .map(|line| line.number.to_string().len())
        .max()
        .unwrap_or(1);
    let _ = writeln!(out, "{:width$} --> {}:{}:{}", "", place.file, place.line, place.column);
    for line in &lines {
        if line.file != place.file {
            let _ = writeln!(out, "{:width$} --> {}:{}", "", line.file, line.number);
        }
        let (text, marks) = line.around_marks();
        let _ = writeln!(out, "{:>width$} | {text}", line.number);
        for row in rows(&marks, &text) {
            let _ = writeln!(out, "{:width$} | {}", "", row);
        }
    }
    for note in &diagnostic.notes {
        let _ = writeln!(out, "{:width$} = {note}", "");
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "help: {help}");
    }
    out
}

struct Line<'d> {
    file: &'d str,
    number: usize,
    text: &'d str,
    marks: Vec<Mark<'d>>,
}

impl<'d> Line<'d> {
    /// The line with its marks; of a long line only the part around the mistake.
    fn around_marks(&self) -> (String, Vec<Mark<'d>>) {
        let mut letters: Vec<char> = self.text.chars().collect();
        if letters.len() <= LETTERS_MAX {
            return (self.text.to_string(), self.marks.clone());
        }
        let mistake = self.marks.iter().find(|mark| mark.sign == '^').or(self.marks.first());
        let middle = mistake.map_or(0, |mark| mark.column);
        let begin = middle.saturating_sub(LETTERS_MAX / 2).min(letters.len() - LETTERS_MAX);
        let end = begin + LETTERS_MAX;
        for (is_cut, place) in [(begin > 0, begin), (end < letters.len(), end - 1)] {
            if is_cut {
                letters[place] = '…';
            }
        }
        let inside = |mark: &Mark<'d>| {
            let column = mark.column.clamp(begin, end - 1);
            Mark {
                column: column - begin,
                length: mark.length.min(end - column),
                ..*mark
            }
        };
        (
            letters[begin..end].iter().collect(),
            self.marks.iter().map(inside).collect(),
        )
    }
}

/// The lines that hold a place of the diagnostic, in order, each with its marks from left to right.
fn marked_lines<'d>(diagnostic: &'d Diagnostic, sources: &'d Sources) -> Vec<Line<'d>> {
    let primary = std::iter::once((&diagnostic.primary, '^'));
    let others = diagnostic.others.iter().map(|label| (label, '-'));
    let mut labels: Vec<(&Label, char)> = primary.chain(others).collect();
    labels.sort_by_key(|(label, _)| label.span.start);
    let mut lines: Vec<Line<'d>> = Vec::new();
    for (label, sign) in labels {
        let position = sources.position(label.span);
        let covered = sources.text(label.span).lines().next().unwrap_or("").chars().count();
        let mark = Mark {
            column: position.column - 1,
            length: covered.max(1),
            sign,
            text: &label.text,
        };
        match lines.last_mut() {
            Some(line) if line.number == position.line && line.file == position.file => line.marks.push(mark),
            _ => lines.push(Line {
                file: position.file,
                number: position.line,
                text: position.text,
                marks: vec![mark],
            }),
        }
    }
    lines
}

/// The rows under a line: all marks with the words of the last one, then the words of the others, last first.
fn rows(marks: &[Mark<'_>], line: &str) -> Vec<String> {
    let indent = |to: usize| -> String {
        let begin = line.chars().map(|c| if c == '\t' { '\t' } else { ' ' });
        begin.chain(std::iter::repeat(' ')).take(to).collect()
    };
    let mut first: Vec<char> = Vec::new();
    for mark in marks {
        let end = mark.column + mark.length;
        let signs: Vec<char> = indent(end.max(first.len())).chars().collect();
        first.extend_from_slice(&signs[first.len()..]);
        for place in &mut first[mark.column..end] {
            if *place != '^' {
                *place = mark.sign;
            }
        }
    }
    let mut said: Vec<&Mark<'_>> = marks.iter().filter(|mark| !mark.text.is_empty()).collect();
    let mut rows = vec![first.into_iter().collect::<String>()];
    if said
        .last()
        .is_some_and(|last| marks.last().is_some_and(|mark| std::ptr::eq(*last, mark)))
    {
        let last = said.pop().expect("the last mark was just seen");
        rows[0] = format!("{} {}", rows[0], last.text);
    }
    rows.extend(
        said.into_iter()
            .rev()
            .map(|mark| format!("{}{}", indent(mark.column), mark.text)),
    );
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code::Code;
    use crate::span::Span;

    #[test]
    fn two_marks_on_one_line_are_explained_below_each_other() {
        let sources = Sources::of("x.cg", "S = c + b");
        let diagnostic = Diagnostic::new(Code::E02, Span::new(8, 9), "b has axis [H]")
            .with(Span::new(4, 5), "c has axis [T]; neither list contains the other")
            .help("write an index equation");
        insta::assert_snapshot!(diagnostic.render(&sources), @r"
        E02 cannot line up the axes
          --> x.cg:1:9
        1 | S = c + b
          |     -   ^ b has axis [H]
          |     c has axis [T]; neither list contains the other
        help: write an index equation
        ");
    }
}
