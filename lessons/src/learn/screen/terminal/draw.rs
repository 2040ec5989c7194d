//! The terminal: draws a screen and reads keys; the only state it has is how far the text is scrolled.

use std::io;
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::Paragraph;

use super::keys::{KeyCommand, key_command};
use super::lines::{Theme, lines};
use crate::learn::screen::block::{Prompt, Screen, ScreenBlock};
use crate::learn::screen::view::view;
use crate::learn::session::state::{LessonState, TextEntry};

/// From this width on, text and numbers stand side by side.
const WIDE: u16 = 110;
/// Lines are not longer than this, however wide the terminal is.
pub(super) const MEASURE: u16 = 84;

/// How far the text is scrolled, and what for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// The lines above the window.
    pub lines: usize,
    /// True if there is more below, as of the last drawing.
    pub has_more: bool,
}

/// Where the learner goes from a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LessonEnd {
    /// Back to the shell.
    Quit,
    /// To the lesson after this one.
    NextLesson,
}

/// How often the terminal looks whether somebody has asked the command to end.
const LOOK: Duration = Duration::from_millis(200);

/// Steps through a lesson until the learner leaves it, or until `is_over` says that the command is asked to end.
///
/// `after` is called after each action.
///
/// **Errors** if the terminal cannot be used.
pub fn run(
    state: &mut LessonState,
    after: &mut dyn FnMut(&mut LessonState),
    is_over: &dyn Fn() -> bool,
) -> io::Result<LessonEnd> {
    let mut terminal = ratatui::try_init()?;
    let outcome = steps(&mut terminal, state, after, is_over);
    ratatui::restore();
    outcome
}

pub(super) fn theme() -> Theme {
    match std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        true => Theme::Plain,
        false => Theme::Colour,
    }
}

fn steps(
    terminal: &mut ratatui::DefaultTerminal,
    state: &mut LessonState,
    after: &mut dyn FnMut(&mut LessonState),
    is_over: &dyn Fn() -> bool,
) -> io::Result<LessonEnd> {
    let mut scroll = Scroll::default();
    loop {
        terminal.draw(|frame| draw(frame, state, &mut scroll, theme()))?;
        while !event::poll(LOOK)? {
            if is_over() {
                return Ok(LessonEnd::Quit);
            }
        }
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        if let Some(by) = scrolled(key) {
            let wanted = scroll.lines.saturating_add_signed(by);
            scroll.lines = if by > 0 && !scroll.has_more {
                scroll.lines
            } else {
                wanted
            };
            continue;
        }
        let before = (state.step, state.panel);
        match key_command(state, key) {
            KeyCommand::Quit => return Ok(LessonEnd::Quit),
            KeyCommand::NextLesson => return Ok(LessonEnd::NextLesson),
            KeyCommand::Act(action) => {
                state.act(action);
                after(state);
            }
            KeyCommand::Ignored => {}
        }
        if before != (state.step, state.panel) {
            scroll = Scroll::default();
        }
    }
}

fn scrolled(key: KeyEvent) -> Option<isize> {
    match key.code {
        KeyCode::Down => Some(1),
        KeyCode::Up => Some(-1),
        KeyCode::PageDown => Some(8),
        KeyCode::PageUp => Some(-8),
        _ => None,
    }
}

/// Draws a lesson as it stands.
pub fn draw(frame: &mut Frame<'_>, state: &LessonState, scroll: &mut Scroll, theme: Theme) {
    draw_screen(frame, &view(state), state, scroll, theme);
}

/// Draws a screen; of the state only what is being typed is read.
pub fn draw_screen(frame: &mut Frame<'_>, screen: &Screen, state: &LessonState, scroll: &mut Scroll, theme: Theme) {
    let area = frame.area();
    let width = usize::from(area.width);
    let (head, foot) = (
        head(screen, width, theme),
        foot(screen, state, width, area.height, theme),
    );
    let parts = Layout::vertical([
        Constraint::Length(u16::try_from(head.len()).unwrap_or(u16::MAX)),
        Constraint::Min(1),
        Constraint::Length(u16::try_from(foot.len()).unwrap_or(u16::MAX)),
    ])
    .split(area);
    frame.render_widget(Paragraph::new(head), parts[0]);
    body(frame, screen, parts[1], scroll, theme);
    frame.render_widget(Paragraph::new(foot), parts[2]);
}

/// Where the learner is.
fn head(screen: &Screen, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let blocks = screen
        .blocks
        .iter()
        .filter(|block| matches!(block, ScreenBlock::Title { .. } | ScreenBlock::Graph { .. }));
    let mut head: Vec<Line<'static>> = blocks.flat_map(|block| lines(block, width, theme)).collect();
    head.push(rule(width, "", theme));
    head
}

fn rule(width: usize, note: &str, theme: Theme) -> Line<'static> {
    let line = "─".repeat(width.saturating_sub(note.chars().count()));
    Line::styled(line + note, theme.soft())
}

/// The question being answered, the reply to the last action, and the keys.
fn foot(screen: &Screen, state: &LessonState, width: usize, height: u16, theme: Theme) -> Vec<Line<'static>> {
    let mut foot = asked(screen, width, height, theme);
    if let Some(line) = entry(state, width, theme) {
        foot.push(line);
    }
    if !foot.is_empty() {
        foot.insert(0, rule(width, "", theme));
    }
    let last = |block: &&ScreenBlock| matches!(block, ScreenBlock::Progress { .. } | ScreenBlock::Keys { .. });
    foot.push(rule(width, "", theme));
    foot.extend(
        screen
            .blocks
            .iter()
            .filter(last)
            .rev()
            .flat_map(|block| lines(block, width, theme)),
    );
    foot
}

/// The question being answered with the numbers that it needs, and the reply to the last action.
///
/// Two thirds of the terminal at most. What a learner can do without goes first: how an answer is typed, earlier
/// attempts, the first of two hints.
fn asked(screen: &Screen, width: usize, height: u16, theme: Theme) -> Vec<Line<'static>> {
    let measure = width.min(usize::from(MEASURE) + 20);
    let room = (usize::from(height) * 2 / 3).max(4);
    let shorter: [fn(&mut Prompt); 4] = [
        |_| {},
        |prompt| prompt.form.clear(),
        |prompt| prompt.attempts.clear(),
        |prompt| drop(prompt.hints.drain(..prompt.hints.len().saturating_sub(1))),
    ];
    let mut blocks: Vec<ScreenBlock> = screen
        .blocks
        .iter()
        .filter(|block| is_at_foot(block))
        .cloned()
        .collect();
    let mut foot = Vec::new();
    for shorten in shorter {
        for block in &mut blocks {
            if let ScreenBlock::Prompt(prompt) = block {
                shorten(prompt);
            }
        }
        foot = blocks.iter().flat_map(|block| lines(block, measure, theme)).collect();
        if foot.len() <= room {
            return foot;
        }
    }
    foot.truncate(usize::from(height).saturating_sub(8).max(room));
    foot
}

fn is_at_foot(block: &ScreenBlock) -> bool {
    match block {
        ScreenBlock::Prompt(prompt) => prompt.is_asked,
        ScreenBlock::Feedback { .. } => true,
        _ => false,
    }
}

/// The line that is being typed.
fn entry(state: &LessonState, width: usize, theme: Theme) -> Option<Line<'static>> {
    let label = match state.entry {
        TextEntry::Closed => return None,
        TextEntry::Answer => "> ",
        TextEntry::Change => "change, as in x[1] = 3 > ",
        TextEntry::Step => "go to step, or as in backward z > ",
    };
    let room = width.saturating_sub(label.len() + 1);
    let skipped = state.typed.chars().count().saturating_sub(room);
    let typed: String = state.typed.chars().skip(skipped).collect();
    let cursor = ratatui::text::Span::styled(" ", Style::new().add_modifier(Modifier::REVERSED));
    let label = ratatui::text::Span::styled(label, theme.heading());
    Some(Line::from(vec![label, typed.into(), cursor]))
}

/// Text and numbers: side by side if there is room, else one below the other.
fn body(frame: &mut Frame<'_>, screen: &Screen, area: Rect, scroll: &mut Scroll, theme: Theme) {
    let is_body = |block: &&ScreenBlock| {
        !is_at_foot(block)
            && !matches!(
                block,
                ScreenBlock::Title { .. }
                    | ScreenBlock::Graph { .. }
                    | ScreenBlock::Progress { .. }
                    | ScreenBlock::Keys { .. }
            )
    };
    let blocks: Vec<&ScreenBlock> = screen.blocks.iter().filter(is_body).collect();
    let is_text = |block: &&&ScreenBlock| matches!(block, ScreenBlock::Prose { .. } | ScreenBlock::Prompt(_));
    let (text, numbers): (Vec<&ScreenBlock>, Vec<&ScreenBlock>) = blocks.iter().partition(is_text);
    let columns = if area.width >= WIDE && !text.is_empty() && !numbers.is_empty() {
        let halves =
            Layout::horizontal([Constraint::Percentage(48), Constraint::Length(3), Constraint::Fill(1)]).split(area);
        vec![(text, halves[0]), (numbers, halves[2])]
    } else {
        vec![(blocks, area)]
    };
    scroll.has_more = false;
    let mut longest = 0;
    for (blocks, area) in columns {
        let width = area.width.min(if blocks.iter().any(|block| is_text(&block)) {
            MEASURE
        } else {
            u16::MAX
        });
        let lines = joined(&blocks, usize::from(width), theme);
        longest = longest.max(lines.len());
        let below = lines.len().saturating_sub(scroll.lines + usize::from(area.height));
        scroll.has_more |= below > 0;
        let shown: Vec<Line<'static>> = lines.into_iter().skip(scroll.lines).collect();
        frame.render_widget(Paragraph::new(Text::from(shown)), area);
        if below > 0 && area.height > 0 {
            let note = format!("{} more: Down ", below + 1);
            let last = Rect {
                y: area.y + area.height - 1,
                height: 1,
                ..area
            };
            frame.render_widget(ratatui::widgets::Clear, last);
            frame.render_widget(Paragraph::new(rule(usize::from(area.width), &note, theme)), last);
        }
    }
    scroll.lines = scroll.lines.min(longest.saturating_sub(1));
}

fn joined(blocks: &[&ScreenBlock], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut all: Vec<Line<'static>> = Vec::new();
    for block in blocks {
        if all.last().is_some_and(|last| last.width() > 0) {
            all.push(Line::default());
        }
        all.extend(lines(block, width, theme));
    }
    while all.last().is_some_and(|last| last.width() == 0) {
        all.pop();
    }
    all
}
