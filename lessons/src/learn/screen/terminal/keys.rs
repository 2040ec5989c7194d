//! From keys, and from typed lines in plain mode, to actions.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::learn::session::state::{Action, LessonState, ScreenPanel, TextEntry};
use crate::learn::session::status::Tone;

/// What a key means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyCommand {
    /// Quit the lesson.
    Quit,
    /// Go on with the lesson after this one.
    NextLesson,
    /// An action on the state.
    Act(Action),
    /// The key has no meaning now.
    Ignored,
}

/// What a typed line led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineCommand {
    /// The state is changed.
    Done,
    /// Quit the lesson.
    Quit,
    /// Go on with the lesson after this one.
    NextLesson,
}

/// What a key means at this moment: while something is typed, letters are letters.
pub fn key_command(state: &LessonState, key: KeyEvent) -> KeyCommand {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control {
        return if matches!(key.code, KeyCode::Char('c' | 'd' | 'q')) {
            KeyCommand::Quit
        } else {
            KeyCommand::Ignored
        };
    }
    let action = match (key.code, state.entry) {
        (KeyCode::Enter, _) if state.lesson_after().is_some() => return KeyCommand::NextLesson,
        (KeyCode::Enter, _) => Action::Enter,
        (KeyCode::Tab, _) => Action::Skip,
        (KeyCode::Esc, _) => Action::Close,
        (KeyCode::Backspace, _) => Action::Erase,
        (KeyCode::Char(sign), TextEntry::Answer | TextEntry::Change | TextEntry::Step) => Action::Type(sign),
        (_, TextEntry::Answer | TextEntry::Change | TextEntry::Step) => return KeyCommand::Ignored,
        (KeyCode::Right, _) => Action::Next,
        (KeyCode::Left, _) => Action::Back,
        (KeyCode::Home, _) => Action::First,
        (KeyCode::End, _) => Action::Last,
        (KeyCode::Char('q'), _) => return KeyCommand::Quit,
        (KeyCode::Char(sign), _) => return letter(sign).map_or(KeyCommand::Ignored, KeyCommand::Act),
        _ => return KeyCommand::Ignored,
    };
    KeyCommand::Act(action)
}

/// The command of a letter.
fn letter(sign: char) -> Option<Action> {
    Some(match sign {
        'n' => Action::Next,
        'p' => Action::Back,
        ' ' | ']' => Action::NextStop,
        '[' => Action::StopBefore,
        't' => Action::Show(ScreenPanel::Ledger),
        'w' => Action::Show(ScreenPanel::Paths),
        'x' => Action::Show(ScreenPanel::Properties),
        'c' => Action::Show(ScreenPanel::Changes),
        '?' | 'h' => Action::Show(ScreenPanel::Help),
        'e' => Action::Open(TextEntry::Change),
        'g' => Action::Open(TextEntry::Step),
        'a' => Action::Open(TextEntry::Answer),
        'u' => Action::Restore,
        's' => Action::Skip,
        'r' => Action::Retry,
        _ => return None,
    })
}

/// A line that was typed in plain mode: a command, or an answer.
///
/// `: q` and the like are commands even where an answer is asked for; a single letter is one if no question is open,
/// or if it is `n`, `p`, `s`, `q` or `?` and the question is no choice.
pub fn line_command(state: &mut LessonState, line: &str) -> LineCommand {
    let open_question = state.open_question().filter(|_| state.entry == TextEntry::Answer);
    let word = line.strip_prefix(':').map(str::trim);
    let is_choice = open_question
        .as_ref()
        .is_some_and(|open_question| !open_question.options.is_empty());
    let is_command = match (&open_question, line) {
        (None, _) => true,
        (Some(_), "n" | "p" | "s" | "q" | "?") => !is_choice,
        _ => word.is_some(),
    };
    if !is_command {
        state.answer(line);
        return LineCommand::Done;
    }
    let line = word.unwrap_or(line);
    match line {
        "q" => return LineCommand::Quit,
        "" if state.lesson_after().is_some() => return LineCommand::NextLesson,
        "" => state.go(state.step + 1),
        _ => match (line.split_once(' '), line.chars().next()) {
            (Some(("e", change)), _) => state.change(change),
            (Some(("g", place)), _) => {
                state.act(Action::Open(TextEntry::Step));
                place.chars().for_each(|sign| state.act(Action::Type(sign)));
                state.act(Action::Enter);
            }
            (None, Some(sign)) if line.chars().count() == 1 => {
                if let Some(action) = letter(sign) {
                    state.act(action);
                }
            }
            _ => {
                let text = "a line is n, p, s, t, w, x, ?, q, `e x[1] = 3`, `g 7`, or an answer";
                state.said = Some((Tone::Note, text.into()));
            }
        },
    }
    LineCommand::Done
}
