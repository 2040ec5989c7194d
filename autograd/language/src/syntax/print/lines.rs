//! Where lines end: a group that does not fit is broken, the outer before the inner (Oppen 1980).

use super::comments::{Comment, Comments};
use super::pieces::{Blank, Group, Piece};

/// The width of a level.
const LEVEL: usize = 4;

/// The text of pieces with comments, in lines of so many characters where they can be broken.
pub(super) fn text(pieces: &[Piece], comments: &Comments, width: usize) -> String {
    let mut lines = Lines {
        measures: Measures::of(pieces, comments),
        pieces,
        comments,
        width,
        out: String::new(),
        column: 0,
        start: Some(0),
        level: 0,
        line_level: 0,
        word_level: 0,
        waiting: comments.first.iter().collect(),
        must_end: !comments.first.is_empty(),
        groups: Vec::new(),
    };
    (0..pieces.len()).for_each(|at| lines.piece(at));
    lines.end();
    lines.out
}

/// What is known of pieces before any line is broken.
struct Measures {
    /// The width of everything before a piece, on one line.
    before: Vec<usize>,
    /// For each piece the width from it to the next place where a line may end.
    tail: Vec<usize>,
    /// For each beginning of a group its end; for each place in a group the next one, or the end of the group.
    next: Vec<usize>,
    /// For each beginning of a group whether a comment stands in it, behind another word than the last.
    is_cut: Vec<bool>,
}

impl Measures {
    fn of(pieces: &[Piece], comments: &Comments) -> Self {
        let own = |piece: &Piece| match piece {
            Piece::Word(word) => word.chars().count(),
            Piece::Space => 1,
            Piece::Soft(flat) => flat.len(),
            _ => 0,
        };
        let mut measures = Self {
            before: vec![0; pieces.len() + 1],
            tail: vec![0; pieces.len() + 1],
            next: vec![pieces.len(); pieces.len()],
            is_cut: vec![false; pieces.len()],
        };
        for (at, piece) in pieces.iter().enumerate() {
            measures.before[at + 1] = measures.before[at] + own(piece);
        }
        for (at, piece) in pieces.iter().enumerate().rev() {
            let ends = matches!(piece, Piece::Soft(_) | Piece::Line(_));
            measures.tail[at] = if ends { 0 } else { own(piece) + measures.tail[at + 1] };
        }
        // For each open group: its beginning, its last place, and how many comments stood before it.
        let mut open: Vec<(usize, Option<usize>, usize)> = Vec::new();
        let (mut commented, mut behind_last_word) = (0, 0);
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Word(_) => {
                    commented += behind_last_word;
                    behind_last_word = comments.behind[at].len();
                }
                Piece::Open(_) => open.push((at, None, commented + behind_last_word)),
                Piece::Soft(_) => {
                    if let Some((_, last, _)) = open.last_mut()
                        && let Some(last) = last.replace(at)
                    {
                        measures.next[last] = at;
                    }
                }
                Piece::Close => {
                    let (begin, last, before) = open.pop().expect("invariant: groups are nested");
                    measures.next[begin] = at;
                    last.into_iter().for_each(|last| measures.next[last] = at);
                    measures.is_cut[begin] = commented > before;
                }
                _ => {}
            }
        }
        measures
    }
}

struct Lines<'p> {
    measures: Measures,
    pieces: &'p [Piece],
    comments: &'p Comments,
    width: usize,
    out: String,
    column: usize,
    /// The level of the line, if nothing stands on it yet.
    start: Option<usize>,
    level: usize,
    /// The level where the last [`Piece::Line`] stood, and that of the last word.
    line_level: usize,
    word_level: usize,
    /// Comments that get lines of their own when this one ends.
    waiting: Vec<&'p Comment>,
    /// True if the line ends before the next word, because a comment stands on it.
    must_end: bool,
    /// The open groups, each with whether it is broken.
    groups: Vec<(Group, bool)>,
}

impl<'p> Lines<'p> {
    fn piece(&mut self, at: usize) {
        match &self.pieces[at] {
            Piece::Word(word) => self.word(at, word),
            Piece::Space if self.must_end || self.start.is_some() => {}
            Piece::Space => self.put(" "),
            Piece::Soft(_) if self.must_end || self.breaks(at) => {
                self.new_line(self.level, self.level.max(self.word_level));
            }
            Piece::Soft(flat) => self.put(flat),
            Piece::Line(blank) => self.line(at, *blank),
            Piece::Open(group) => {
                let around = self.groups.last().is_none_or(|(_, broken)| *broken);
                let broken = around && (self.measures.is_cut[at] || !self.fits(at));
                self.groups.push((*group, broken));
            }
            Piece::Close => {
                self.groups.pop();
            }
            Piece::In => self.level += 1,
            Piece::Out => self.level -= 1,
        }
    }

    /// True if everything from here to the end of the group, or to its next place, fits on the line.
    fn fits(&self, at: usize) -> bool {
        let Measures { before, tail, next, .. } = &self.measures;
        let end = next[at];
        self.column + before[end] - before[at] + tail[end] <= self.width
    }

    fn breaks(&self, at: usize) -> bool {
        match self.groups.last() {
            Some((Group::Whole, broken)) => *broken,
            Some((Group::Filled, broken)) => *broken && !self.fits(at),
            None => false,
        }
    }

    /// Ends the line; the comments that wait for it, and empty lines, follow.
    fn line(&mut self, at: usize, blank: Blank) {
        let inner = self.level.max(self.line_level);
        let mut always = blank == Blank::Always;
        for comment in std::mem::take(&mut self.waiting) {
            self.end_line();
            if std::mem::take(&mut always) || comment.after_blank {
                self.blank_line();
            }
            self.comment(inner, comment);
        }
        self.new_line(self.level, self.level);
        let next = self.pieces[at..]
            .iter()
            .position(|piece| matches!(piece, Piece::Word(_)));
        let kept = next.is_some_and(|next| self.comments.after_blank[at + next]);
        if kept || always {
            self.blank_line();
        }
        self.line_level = self.level;
    }

    fn word(&mut self, at: usize, word: &str) {
        if self.must_end {
            let level = self.level.max(self.word_level + 1);
            self.new_line(level, level);
        }
        if let Some(level) = self.start.take() {
            self.out.extend(std::iter::repeat_n(' ', LEVEL * level));
        }
        self.put(word);
        self.word_level = self.level;
        for comment in &self.comments.behind[at] {
            match comment.column {
                Some(column) if !self.must_end => self.beside(column, comment),
                _ => self.waiting.push(comment),
            }
            self.must_end = true;
        }
    }

    /// A comment behind a word, at the column that it had if that is free.
    fn beside(&mut self, column: usize, comment: &Comment) {
        let space = column.saturating_sub(self.column).max(1);
        self.out.extend(std::iter::repeat_n(' ', space));
        self.out.push_str(&comment.text);
    }

    fn comment(&mut self, level: usize, comment: &Comment) {
        self.out.extend(std::iter::repeat_n(' ', LEVEL * level));
        self.out.push_str(&comment.text);
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    /// Ends the line, writes the comments that wait for it at their level, and begins another.
    fn new_line(&mut self, level: usize, comments: usize) {
        for comment in std::mem::take(&mut self.waiting) {
            self.end_line();
            self.comment(comments, comment);
        }
        self.end_line();
        self.must_end = false;
        self.start = Some(level);
        self.column = LEVEL * level;
    }

    fn end_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn blank_line(&mut self) {
        let is_first = self.out.is_empty() || self.out.ends_with("{\n");
        if !is_first && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn end(&mut self) {
        for comment in std::mem::take(&mut self.waiting) {
            self.end_line();
            if comment.after_blank {
                self.blank_line();
            }
            self.comment(0, comment);
        }
        self.end_line();
    }
}
