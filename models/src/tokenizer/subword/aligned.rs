//! A text that knows for each of its characters which characters of the original text it stands for.
//!
//! A normaliser changes a text before it is cut: it removes accents, puts a mark in the place of a space, maps letters to
//! small ones. The offsets of a token are still those in the text that a person wrote. So each character carries a place,
//! the characters `start..end` of the original; a character that was put in has the place of its neighbour.

use std::ops::Range;

/// A place in the original text: the first character, and the one behind the last.
pub type Place = (usize, usize);

/// A text with the place of each character in the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aligned {
    text: String,
    places: Vec<Place>,
    /// Where in the original this part begins.
    start: usize,
}

/// What becomes of a text: each character of the new one, and how it replaces those of the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It stands for the next old character, and for so many after that.
    Replaces(usize),
    /// It is put in behind the old character before it.
    PutIn,
}

impl Aligned {
    /// A part of the original that begins at its character `start`.
    pub fn new(text: &str, start: usize) -> Self {
        let count = text.chars().count();
        Self {
            text: text.to_string(),
            places: (start..start + count).map(|at| (at, at + 1)).collect(),
            start,
        }
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where in the original this part begins.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Where in the original this part ends, if it is unchanged.
    pub fn end(&self) -> usize {
        self.start + self.places.len()
    }

    /// The places of some ranges of bytes of the text, in the order of their beginnings. A byte means the whole character
    /// that it belongs to.
    pub fn places<'r>(&self, ranges: impl IntoIterator<Item = &'r Range<usize>>) -> Vec<Place> {
        let bytes = self.text.as_bytes();
        let starts = |range: Range<usize>| bytes[range].iter().filter(|&&byte| (byte as i8) >= -0x40).count();
        // `count` characters begin before the byte `at`.
        let (mut at, mut count) = (0, 0);
        let mut last: Option<(Range<usize>, Place)> = None;
        let place = |range: &Range<usize>| {
            // The bytes of an unknown word are as many tokens at the same place.
            if let Some((own, place)) = &last
                && own == range
            {
                return *place;
            }
            count += starts(at..range.start + 1);
            at = range.start + 1;
            let first = count - 1;
            let place = (self.places[first].0, self.places[first + starts(at..range.end)].1);
            last = Some((range.clone(), place));
            place
        };
        ranges.into_iter().map(place).collect()
    }

    /// Puts another text in the place of this one; `removed` characters at its beginning are left out.
    pub fn change(&mut self, new: impl IntoIterator<Item = (char, Change)>, removed: usize) {
        let old = std::mem::take(&mut self.places);
        let mut at = removed;
        let (mut text, mut places) = (String::with_capacity(self.text.len()), Vec::with_capacity(old.len()));
        for (character, change) in new {
            let place = match change {
                Change::PutIn if at == 0 => (self.start, self.start),
                Change::PutIn => old[at - 1],
                Change::Replaces(also) => {
                    let place = old[at];
                    at += 1 + also;
                    place
                }
            };
            text.push(character);
            places.push(place);
        }
        (self.text, self.places) = (text, places);
    }

    /// Keeps some characters.
    pub fn keep(&mut self, keep: impl Fn(char) -> bool) {
        let mut places = self.places.iter();
        let kept = |(character, place): (char, &Place)| keep(character).then_some((character, *place));
        let kept: (String, Vec<Place>) = self
            .text
            .chars()
            .filter_map(|character| kept((character, places.next()?)))
            .unzip();
        (self.text, self.places) = kept;
    }

    /// Puts one or more characters in the place of each.
    pub fn map<I: IntoIterator<Item = char>>(&mut self, new: impl Fn(char) -> I) {
        let spelt = |(character, place): (char, &Place)| {
            let place = *place;
            new(character).into_iter().map(move |new| (new, place))
        };
        let mapped: (String, Vec<Place>) = self.text.chars().zip(&self.places).flat_map(spelt).unzip();
        (self.text, self.places) = mapped;
    }

    /// Puts a text in front, with the place of the first character; an empty text stays empty.
    pub fn prepend(&mut self, text: &str) {
        if let Some(&first) = self.places.first() {
            let count = text.chars().count();
            self.text.insert_str(0, text);
            self.places.splice(0..0, std::iter::repeat_n(first, count));
        }
    }

    /// Puts a text in the place of some ranges of bytes, which are in order; it has the place of the last character of
    /// each.
    pub fn replace(&mut self, ranges: &[Range<usize>], by: &str) {
        let (mut text, mut places) = (
            String::with_capacity(self.text.len()),
            Vec::with_capacity(self.places.len()),
        );
        let (mut byte, mut at) = (0, 0);
        for range in ranges {
            let before = &self.text[byte..range.start];
            let kept = before.chars().count();
            let removed = self.text[range.clone()].chars().count();
            text.push_str(before);
            places.extend_from_slice(&self.places[at..at + kept]);
            at += kept + removed;
            let place = if at == 0 {
                (self.start, self.start)
            } else {
                self.places[at - 1]
            };
            text.push_str(by);
            places.extend(by.chars().map(|_| place));
            byte = range.end;
        }
        text.push_str(&self.text[byte..]);
        places.extend_from_slice(&self.places[at..]);
        (self.text, self.places) = (text, places);
    }

    /// The parts of the text at some ranges of bytes, which are in order and do not overlap; empty ones are left out.
    pub fn parts(&self, ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<Self> {
        let (mut byte, mut at) = (0, 0);
        let part = |range: Range<usize>| {
            at += self.text[byte..range.start].chars().count();
            let text = &self.text[range.clone()];
            let count = text.chars().count();
            let places = &self.places[at..at + count];
            (byte, at) = (range.end, at + count);
            places.first().map(|&(start, _)| Self {
                text: text.to_string(),
                places: places.to_vec(),
                start,
            })
        };
        ranges.into_iter().filter_map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_that_of_whole_characters() {
        let aligned = Aligned::new("aé漢", 10);
        let places = aligned.places(&[0..1, 1..6, 2..3, 2..3, 3..4, 5..6]);
        assert_eq!(places, [(10, 11), (11, 13), (11, 12), (11, 12), (12, 13), (12, 13)]);
    }

    #[test]
    fn what_is_put_in_has_the_place_of_its_neighbour() {
        let mut aligned = Aligned::new("ab", 0);
        let changes = [
            ('x', Change::Replaces(0)),
            ('y', Change::PutIn),
            ('z', Change::Replaces(0)),
        ];
        aligned.change(changes, 0);
        assert_eq!(
            (aligned.text(), aligned.places(&[1..2, 2..3])),
            ("xyz", vec![(0, 1), (1, 2)])
        );
        aligned.prepend("__");
        assert_eq!(
            (aligned.text(), aligned.places(&[0..2, 2..3])),
            ("__xyz", vec![(0, 1), (0, 1)])
        );
        aligned.replace(&[0..2, 4..5], "é");
        assert_eq!(
            (aligned.text(), aligned.places(&[0..2, 4..6])),
            ("éxyé", vec![(0, 1), (1, 2)])
        );
    }

    #[test]
    fn parts_keep_their_places() {
        let mut aligned = Aligned::new("Éa b", 0);
        aligned.keep(|character| character != ' ');
        aligned.map(char::to_lowercase);
        let parts = aligned.parts([0..2, 2..2, 3..4]);
        let shown: Vec<_> = parts.iter().map(|part| (part.text(), part.start())).collect();
        assert_eq!(shown, [("é", 0), ("b", 3)]);
    }
}
