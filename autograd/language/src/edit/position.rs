//! Places as editors count them: lines from 0, and in a line UTF-16 units from 0.
//!
//! `α` is one unit and two bytes, `🦀` two units and four bytes. A line ends with a line feed, a carriage return, or both.

/// A place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 0.
    pub line: u32,
    /// How many UTF-16 units of the line stand before it.
    pub unit: u32,
}

/// A text with the beginnings of its lines.
#[derive(Clone, Debug)]
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines of a text.
    pub fn of(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let ends_line = |&at: &usize| match bytes[at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = std::iter::once(0).chain((0..bytes.len()).filter(ends_line).map(|at| at + 1));
        Self {
            text,
            starts: starts.collect(),
        }
    }

    /// A line without its end.
    fn line(&self, number: usize) -> &'t str {
        let end = self.starts.get(number + 1).copied().unwrap_or(self.text.len());
        self.text[self.starts[number]..end].trim_end_matches(['\n', '\r'])
    }

    /// The byte at a place; a place behind a line or the text is at its end, one inside of a character before it.
    pub fn byte(&self, position: Position) -> usize {
        let number = position.line as usize;
        let Some(&start) = self.starts.get(number) else {
            return self.text.len();
        };
        let mut units = 0;
        for (at, letter) in self.line(number).char_indices() {
            units += letter.len_utf16();
            if units > position.unit as usize {
                return start + at;
            }
        }
        start + self.line(number).len()
    }

    /// The place at a byte; one inside of a character or behind a line is moved to the place before it.
    pub fn position(&self, byte: usize) -> Position {
        let number = self.starts.partition_point(|&start| start <= byte).saturating_sub(1);
        let before = byte - self.starts[number];
        let letters = self.line(number).char_indices();
        let units = letters
            .take_while(|(at, letter)| at + letter.len_utf8() <= before)
            .map(|(_, letter)| letter.len_utf16())
            .sum::<usize>();
        let number = |number: usize| u32::try_from(number).expect("a source file is smaller than 4 GiB");
        Position {
            line: number(self.starts.partition_point(|&start| start <= byte).saturating_sub(1)),
            unit: number(units),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_count_as_many_units_as_utf_16_has_for_them() {
        let text = "ŷ = α // 🦀!\r\nx\ry";
        let lines = Lines::of(text);
        let at = |line, unit| Position { line, unit };
        for (byte, position) in [
            (0, at(0, 0)),
            (text.find('=').unwrap(), at(0, 2)),
            (text.find('🦀').unwrap(), at(0, 9)),
            (text.find('!').unwrap(), at(0, 11)),
            (text.find('\r').unwrap(), at(0, 12)),
            (text.find('x').unwrap(), at(1, 0)),
            (text.find('y').unwrap(), at(2, 0)),
            (text.len(), at(2, 1)),
        ] {
            assert_eq!(lines.position(byte), position, "{byte}");
            assert_eq!(lines.byte(position), byte, "{byte}");
        }
        assert_eq!(lines.byte(at(0, 10)), text.find('🦀').unwrap(), "inside of a pair");
        assert_eq!(lines.byte(at(0, 99)), text.find('\r').unwrap(), "behind a line");
        assert_eq!(lines.byte(at(9, 0)), text.len(), "behind the text");
        assert_eq!(lines.position(1), at(0, 0), "inside of ŷ");
    }
}
