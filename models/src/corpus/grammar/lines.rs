//! The text of a grammar cut into definitions and those into chunks, each with its place.
//!
//! A definition starts at column 1; an indented line continues it. Chunks are separated by blanks, except inside
//! the brackets of `Name[a, b]`. A chunk that begins with `#` starts a comment.

use super::error::{GrammarError, Place, Problem};

/// A piece of text between blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'t> {
    pub(super) text: &'t str,
    pub(super) at: Place,
}

impl Chunk<'_> {
    /// The error that names this chunk's place.
    pub(super) fn error(&self, problem: Problem) -> GrammarError {
        GrammarError { at: self.at, problem }
    }
}

/// The chunks of every definition, in the order of the text; none of the lists is empty.
pub(super) fn definitions(text: &str) -> Result<Vec<Vec<Chunk<'_>>>, GrammarError> {
    let mut definitions: Vec<Vec<Chunk<'_>>> = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text); // the byte order mark some editors write
    for (number, line) in (1..).zip(text.lines()) {
        let chunks = chunks(line, number)?;
        let Some(first) = chunks.first() else { continue };
        if first.at.column == 1 {
            definitions.push(chunks);
        } else {
            let Some(above) = definitions.last_mut() else {
                return Err(first.error(Problem::NothingToContinue));
            };
            above.extend(chunks);
        }
    }
    Ok(definitions)
}

fn chunks(line: &str, number: u32) -> Result<Vec<Chunk<'_>>, GrammarError> {
    let mut chunks = Vec::new();
    let mut started: Option<(usize, Place)> = None;
    let mut in_brackets = false;
    for (column, (index, c)) in (1..).zip(line.char_indices()) {
        if let Some((start, at)) = started {
            in_brackets = match c {
                '[' => !line[start..index].contains('/'),
                ']' => false,
                _ => in_brackets,
            };
            if c.is_whitespace() && !in_brackets {
                chunks.push(Chunk {
                    text: &line[start..index],
                    at,
                });
                started = None;
            }
        } else if c == '#' {
            return Ok(chunks);
        } else if !c.is_whitespace() {
            started = Some((index, Place { line: number, column }));
        }
    }
    if let Some((start, at)) = started {
        let last = Chunk {
            text: &line[start..],
            at,
        };
        if in_brackets {
            return Err(last.error(Problem::OpenBracket));
        }
        chunks.push(last);
    }
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Vec<&str>> {
        let definitions = definitions(text).unwrap();
        definitions
            .iter()
            .map(|chunks| chunks.iter().map(|chunk| chunk.text).collect())
            .collect()
    }

    #[test]
    fn indented_lines_continue_and_comments_are_dropped() {
        let text = "# head\nA -> 2 B[x,  y] # tail\n\n  | ,/. ()\nx = c#d";
        assert_eq!(
            texts(text),
            [
                vec!["A", "->", "2", "B[x,  y]", "|", ",/.", "()"],
                vec!["x", "=", "c#d"]
            ]
        );
    }

    #[test]
    fn places_count_characters_from_one() {
        let definitions = definitions("\nÄ -> 好/N  b/V").unwrap();
        assert_eq!(definitions[0][3].at, Place { line: 2, column: 11 });
    }

    #[test]
    fn a_bracket_belongs_to_a_name_and_not_to_a_word() {
        assert_eq!(texts("A -> [/P a/[ b/V"), [["A", "->", "[/P", "a/[", "b/V"]]);
        assert_eq!(definitions("A -> B[x").unwrap_err().problem, Problem::OpenBracket);
        assert_eq!(
            definitions(" A -> b/V").unwrap_err().problem,
            Problem::NothingToContinue
        );
    }
}
