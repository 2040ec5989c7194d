//! What a key means, and what a typed line means in plain mode.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::learn::session::state::{Action, Entry, Panel, State};
use crate::learn::session::status::Tone;

/// What a key means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// The end.
    Quit,
    /// Something that the state knows.
    Act(Action),
    /// Nothing.
    Nothing,
}

/// What a key means at this moment: while something is typed, letters are letters.
pub fn meant(state: &State, key: KeyEvent) -> Meant {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control {
        return if matches!(key.code, KeyCode::Char('c' | 'd' | 'q')) {
            Meant::Quit
        } else {
            Meant::Nothing
        };
    }
    let action = match (key.code, state.entry) {
        (KeyCode::Enter, _) => Action::Enter,
        (KeyCode::Tab, _) => Action::Skip,
        (KeyCode::Esc, _) => Action::Close,
        (KeyCode::Backspace, _) => Action::Erase,
        (KeyCode::Char(sign), Entry::Answer | Entry::Change | Entry::Place) => Action::Type(sign),
        (_, Entry::Answer | Entry::Change | Entry::Place) => return Meant::Nothing,
        (KeyCode::Right, _) => Action::Next,
        (KeyCode::Left, _) => Action::Back,
        (KeyCode::Home, _) => Action::First,
        (KeyCode::End, _) => Action::Last,
        (KeyCode::Char('q'), _) => return Meant::Quit,
        (KeyCode::Char(sign), _) => return letter(sign).map_or(Meant::Nothing, Meant::Act),
        _ => return Meant::Nothing,
    };
    Meant::Act(action)
}

/// The command of a letter.
fn letter(sign: char) -> Option<Action> {
    Some(match sign {
        'n' => Action::Next,
        'p' => Action::Back,
        ' ' | ']' => Action::NextStop,
        '[' => Action::StopBefore,
        't' => Action::Show(Panel::Ledger),
        'w' => Action::Show(Panel::Paths),
        'x' => Action::Show(Panel::Properties),
        'c' => Action::Show(Panel::Changes),
        '?' | 'h' => Action::Show(Panel::Help),
        'e' => Action::Open(Entry::Change),
        'g' => Action::Open(Entry::Place),
        'a' => Action::Open(Entry::Answer),
        'u' => Action::Restore,
        's' => Action::Skip,
        _ => return None,
    })
}

/// A line that was typed in plain mode: a command, or an answer. False if it is the end.
///
/// `: q` and the like are commands even where an answer is asked for; a single letter is one if no question is open,
/// or if it is `n`, `p`, `s`, `q` or `?` and the question is no choice.
pub fn command(state: &mut State, line: &str) -> bool {
    let asked = state.asked().filter(|_| state.entry == Entry::Answer);
    let word = line.strip_prefix(':').map(str::trim);
    let is_choice = asked.as_ref().is_some_and(|asked| !asked.options.is_empty());
    let is_command = match (&asked, line) {
        (None, _) => true,
        (Some(_), "n" | "p" | "s" | "q" | "?") => !is_choice,
        (Some(_), "") => true,
        _ => word.is_some(),
    };
    if !is_command {
        state.answer(line);
        return true;
    }
    let line = word.unwrap_or(line);
    match line {
        "q" => return false,
        "" => state.go(state.step + 1),
        _ => match (line.split_once(' '), line.chars().next()) {
            (Some(("e", change)), _) => state.change(change),
            (Some(("g", place)), _) => {
                state.act(Action::Open(Entry::Place));
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
    true
}
