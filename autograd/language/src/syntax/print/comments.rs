//! Which word of the canonical text each comment of a source stands behind.
//!
//! The canonical text has the tokens of the source in their order, but for parentheses that nothing needs and for `;`.
//! So a comment is found again between the same two tokens; among the parentheses there, behind as many as before.

use super::pieces::Piece;
use crate::syntax::lexer::Lexer;
use crate::syntax::token::{TokenKind, TokenSource};

/// A comment, or a `///` line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comment {
    /// With its slashes.
    pub text: String,
    /// The column that it keeps behind a word, counted from 0; nothing if it has a line of its own.
    pub column: Option<usize>,
    /// True if an empty line stood before it.
    pub after_blank: bool,
}

/// The comments of a text, and its empty lines.
#[derive(Debug, Default)]
pub(super) struct Comments {
    /// Those before the first word.
    pub first: Vec<Comment>,
    /// For each piece those behind it.
    pub behind: Vec<Vec<Comment>>,
    /// For each piece whether it is a word before which an empty line stood.
    pub after_blank: Vec<bool>,
}

/// What stands between two tokens of the source.
#[derive(Default)]
struct Gap {
    /// Each comment with the number of closing and of opening parentheses before it.
    comments: Vec<(Comment, [usize; 2])>,
    parentheses: [usize; 2],
}

impl Gap {
    /// Counts a parenthesis. The empty pair of a call without arguments belongs to the word before it, with the
    /// comments in it.
    fn count(&mut self, kind: usize) {
        if kind == 1 || self.parentheses[1] == 0 {
            self.parentheses[kind] += 1;
            return;
        }
        self.parentheses[1] -= 1;
        for (_, before) in &mut self.comments {
            before[1] = before[1].min(self.parentheses[1]);
        }
    }
}

impl Comments {
    /// A text without comments.
    pub fn none(pieces: &[Piece]) -> Self {
        Self {
            first: Vec::new(),
            behind: vec![Vec::new(); pieces.len()],
            after_blank: vec![false; pieces.len()],
        }
    }

    /// The comments of a source, which has the tokens of the pieces.
    pub fn of(text: &str, pieces: &[Piece]) -> Self {
        let (mut gaps, blanks) = gaps(text);
        let mut own = Self::none(pieces);
        let words = pieces.iter().enumerate().filter_map(|(at, piece)| match piece {
            Piece::Word(word) => Some((at, word.as_str())),
            _ => None,
        });
        let (mut runs, mut tokens) = (vec![Vec::new()], 0);
        for (at, word) in words {
            if parenthesis(word).is_none() {
                own.after_blank[at] = blanks.get(tokens) == Some(&true);
                if word == "," && tokens < gaps.len() {
                    behind_the_comma(&mut gaps, tokens);
                }
                tokens += 1;
                runs.push(Vec::new());
            }
            runs.last_mut()
                .expect("there is a run before each word")
                .push((at, word));
        }
        assert_eq!(
            blanks.len(),
            tokens,
            "invariant: printing keeps every token but parentheses"
        );
        for (gap, run) in gaps.into_iter().zip(runs) {
            own.place(gap, &run);
        }
        own
    }

    /// Puts the comments of a gap behind the words of a run, which begins with the token before the gap.
    fn place(&mut self, gap: Gap, run: &[(usize, &str)]) {
        let mut counted = [0, 0];
        // The last word before the first parenthesis, then the last before the next, and so on.
        let mut stops: Vec<Option<usize>> = vec![None];
        for (number, &(at, word)) in run.iter().enumerate() {
            let is_pair = |number: usize| matches!(run.get(number..number + 2), Some([(_, "("), (_, ")")]));
            match parenthesis(word) {
                Some(kind) if !(is_pair(number) || (number > 0 && is_pair(number - 1))) => {
                    counted[kind] += 1;
                    stops.push(Some(at));
                }
                _ => *stops.last_mut().expect("there is a first stop") = Some(at),
            }
        }
        let [closing, opening] = counted;
        for (comment, [closed, opened]) in gap.comments {
            let before = match (closed == gap.parentheses[0], opened >= gap.parentheses[1]) {
                (false, _) => closed.min(closing),
                (true, false) => closing + opened.min(opening),
                (true, true) => closing + opening,
            };
            match stops[before] {
                Some(at) => self.behind[at].push(comment),
                None => self.first.push(comment),
            }
        }
    }
}

/// Moves the comments before a comma behind it, so that no line begins with a comma.
fn behind_the_comma(gaps: &mut [Gap], comma: usize) {
    let moved = std::mem::take(&mut gaps[comma].comments);
    let moved = moved.into_iter().map(|(comment, _)| (comment, [0, 0]));
    if let Some(next) = gaps.get_mut(comma + 1) {
        next.comments.splice(0..0, moved);
    }
}

/// 0 for a closing parenthesis, 1 for an opening one.
fn parenthesis(word: &str) -> Option<usize> {
    [")", "("].iter().position(|own| *own == word)
}

/// What stands before each token, and behind the last; and for each token whether an empty line stands before it.
fn gaps(text: &str) -> (Vec<Gap>, Vec<bool>) {
    let mut lexer = Lexer::new(text, 0);
    let (mut gaps, mut blanks, mut comments) = (vec![Gap::default()], Vec::new(), 0);
    loop {
        let token = lexer
            .next_token()
            .expect("invariant: the text was parsed without a mistake");
        let start = token.span.start as usize;
        let gap = gaps.last_mut().expect("there is one gap at least");
        for comment in &lexer.comments()[comments..] {
            let at = comment.span.start as usize;
            let comment = Comment {
                text: format!("//{}", comment.text),
                column: column_behind_text(text, at),
                after_blank: is_after_blank(text, at),
            };
            gap.comments.push((comment, gap.parentheses));
        }
        comments = lexer.comments().len();
        match (token.kind, parenthesis(&token.text)) {
            (TokenKind::End, _) => return (gaps, blanks),
            (TokenKind::Doc, _) => {
                let comment = Comment {
                    text: format!("///{}", token.text),
                    column: None,
                    after_blank: is_after_blank(text, start),
                };
                gap.comments.push((comment, gap.parentheses));
            }
            (TokenKind::Sign, Some(kind)) => gap.count(kind),
            (TokenKind::Sign, None) if token.text == ";" => {}
            _ => {
                blanks.push(is_after_blank(text, start));
                gaps.push(Gap::default());
            }
        }
    }
}

/// The column of this place if a token stands before it on its line; 0 if there is but one space between them.
fn column_behind_text(text: &str, at: usize) -> Option<usize> {
    let line = text[..at].rsplit('\n').next().unwrap_or_default();
    let before = line.trim_end();
    let is_apart = line.len() > before.len() + 1;
    let column = if is_apart { line.chars().count() } else { 0 };
    (!before.trim_start_matches(['\u{feff}', ' ', '\t']).is_empty()).then_some(column)
}

/// True if an empty line stands right before this place.
fn is_after_blank(text: &str, at: usize) -> bool {
    let before = &text[..at];
    before[before.trim_end().len()..].matches('\n').count() > 1
}
