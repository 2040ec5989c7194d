//! The list of lessons in the terminal, to choose one from.

use std::io;

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::draw::{MEASURE, theme};
use super::lines::Theme;
use super::wrap::wrapped;

/// Lets the learner choose a lesson; `None` if none is chosen.
///
/// **Errors** if the terminal cannot be used.
pub fn menu(rows: &[(String, String, String)]) -> io::Result<Option<usize>> {
    let mut terminal = ratatui::try_init()?;
    let mut chosen = 0;
    let outcome = loop {
        if let Err(error) = terminal.draw(|frame| draw_menu(frame, rows, chosen, theme())) {
            break Err(error);
        }
        let key = match event::read() {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => key,
            Ok(_) => continue,
            Err(error) => break Err(error),
        };
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => chosen = (chosen + 1).min(rows.len().saturating_sub(1)),
            KeyCode::Up | KeyCode::Char('k') => chosen = chosen.saturating_sub(1),
            KeyCode::Enter | KeyCode::Right => break Ok(Some(chosen)),
            KeyCode::Char('q') | KeyCode::Esc => break Ok(None),
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => break Ok(None),
            KeyCode::Char(digit) => {
                let by_number = rows
                    .iter()
                    .position(|(title, ..)| title.starts_with(&format!("{digit} ")));
                if let Some(found) = by_number {
                    break Ok(Some(found));
                }
            }
            _ => {}
        }
    };
    ratatui::restore();
    outcome
}

/// Draws the list of lessons, and below it what the chosen one is for.
pub fn draw_menu(frame: &mut Frame<'_>, rows: &[(String, String, String)], chosen: usize, theme: Theme) {
    let area = frame.area();
    let width = usize::from(area.width);
    let bar = format!("{:<width$}", " tapegrad lessons");
    let mut all = vec![
        Line::styled(bar, Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD)),
        Line::default(),
    ];
    let column = rows.iter().map(|(title, ..)| title.chars().count()).max().unwrap_or(0) + 2;
    for (index, (title, standing, _)) in rows.iter().enumerate() {
        let (mark, style) = match index == chosen {
            true => ("▶ ", Style::new().add_modifier(Modifier::REVERSED)),
            false => ("  ", Style::new()),
        };
        let line = vec![
            Span::raw(mark),
            Span::styled(format!("{title:<column$}"), style),
            Span::styled(format!("  {standing}"), theme.soft()),
        ];
        all.push(Line::from(line));
    }
    all.push(Line::default());
    if let Some((_, _, goal)) = rows.get(chosen) {
        all.extend(wrapped(
            &[(goal.clone(), Style::new())],
            width.min(usize::from(MEASURE)),
            0,
        ));
    }
    all.push(Line::default());
    all.push(Line::styled("Up, Down choose   Enter begin   q quit", theme.soft()));
    frame.render_widget(Paragraph::new(all), area);
}
