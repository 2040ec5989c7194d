//! Places in source text, and the files in which they lie.

use std::fmt;

/// A stretch of source text, as byte positions over all files of a run.
///
/// Two spans are always equal, so that equal trees compare as equal wherever they were written.
#[derive(Clone, Copy, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The stretch between two byte positions.
    pub fn new(start: usize, end: usize) -> Self {
        let position = |byte| u32::try_from(byte).expect("the source files of one run are smaller than 4 GiB");
        Self {
            start: position(start),
            end: position(end),
        }
    }

    /// The smallest stretch that holds both.
    pub fn to(self, end: Self) -> Self {
        Self {
            start: self.start.min(end.start),
            end: self.end.max(end.end),
        }
    }

    /// The empty stretch before this one.
    pub fn before(self) -> Self {
        Self {
            start: self.start,
            end: self.start,
        }
    }

    /// The empty stretch behind this one.
    pub fn after(self) -> Self {
        Self {
            start: self.end,
            end: self.end,
        }
    }

    /// True if both are the same stretch of the same file; `==` is always true.
    pub fn is_at(self, other: Self) -> bool {
        (self.start, self.end) == (other.start, other.end)
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// One source file with its name in messages and the position of its first byte among those of all files.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// The name in messages.
    pub name: String,
    /// The text.
    pub text: String,
    /// The position of its first byte.
    pub base: usize,
}

/// All source files of a run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceText>,
}

/// A place as a line and a column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position<'s> {
    /// The name of the file.
    pub file: &'s str,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The text of the line.
    pub text: &'s str,
}

impl Sources {
    /// One file.
    pub fn of(name: &str, text: &str) -> Self {
        let mut sources = Self::default();
        sources.add(name, text);
        sources
    }

    /// Adds a file and gives its number.
    pub fn add(&mut self, name: &str, text: &str) -> usize {
        let base = self.files.last().map_or(0, |file| file.base + file.text.len() + 1);
        self.files.push(SourceText {
            name: name.to_string(),
            text: text.to_string(),
            base,
        });
        self.files.len() - 1
    }

    /// Whether one more file can be added: places are counted over all files with 32 bits.
    pub fn has_room_for(&self, text: &str) -> bool {
        let base = self.files.last().map_or(0, |file| file.base + file.text.len() + 1);
        u32::try_from(base + text.len() + 1).is_ok()
    }

    /// The files in the order of their reading.
    pub fn files(&self) -> &[SourceText] {
        &self.files
    }

    /// True if this text stands anywhere in the files.
    pub(crate) fn mention(&self, text: &str) -> bool {
        self.files.iter().any(|file| file.text.contains(text))
    }

    /// The file a span lies in; the first for a span outside all.
    fn file_of(&self, span: Span) -> &SourceText {
        let behind = self.files.partition_point(|file| file.base <= span.start as usize);
        &self.files[behind.saturating_sub(1)]
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        let file = self.file_of(span);
        let (start, end) = (span.start as usize - file.base, span.end as usize - file.base);
        file.text.get(start..end.min(file.text.len())).unwrap_or("")
    }

    /// Where a span begins.
    pub fn position(&self, span: Span) -> Position<'_> {
        let file = self.file_of(span);
        let offset = (span.start as usize - file.base).min(file.text.len());
        let before = &file.text[..offset];
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = file.text[begin..]
            .find('\n')
            .map_or(file.text.len(), |length| begin + length);
        Position {
            file: &file.name,
            line: before.matches('\n').count() + 1,
            column: file.text[begin..offset].chars().count() + 1,
            text: file.text[begin..end].trim_end_matches('\r'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one_in_each_file() {
        let mut sources = Sources::of("a.cg", "graph α {\n  dim T\n}");
        sources.add("b.cg", "x = y");
        let place = sources.position(Span::new(9, 10));
        assert_eq!((place.file, place.line, place.column), ("a.cg", 1, 9));
        let base = sources.files()[1].base;
        let place = sources.position(Span::new(base + 4, base + 5));
        assert_eq!((place.file, place.line, place.column), ("b.cg", 1, 5));
        assert_eq!(sources.text(Span::new(base + 4, base + 5)), "y");
    }
}
